/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The caller's terminal, where stdin is one, and job control (credentials(7), termios(3)).
 *
 * In the background kist neither reads from the terminal nor changes its modes: both would stop
 * kist (SIGTTIN, SIGTTOU), and a kist that is stopped does not read the signals that end it. Kist
 * goes on without input, and takes the terminal when it is brought to the foreground. Shells do not
 * always announce that by SIGCONT, so kist checks once in a while.
 */
#ifndef KIST_TTY_H
#define KIST_TTY_H

#include <stdbool.h>
#include <sys/ioctl.h>
#include <termios.h>

struct tty {
	bool used;       /* stdin is a terminal, and kist reads from it */
	bool make_raw;   /* the terminal is to be raw while kist is in the foreground */
	bool foreground; /* kist was in the foreground at the last tty_update() */
	bool raw;        /* kist has made the terminal raw, and has not restored it */
	struct termios modes, raw_modes;
};

/**
 * tty_size() - the size of whichever of stdin, stdout and stderr is a terminal that knows it; zeros
 * when none does.
 */
struct winsize tty_size(void);

/**
 * tty_copy_size() - set the size of another terminal to tty_size(), if that is known.
 */
void tty_copy_size(int terminal);

/**
 * tty_update() - find out whether kist is in the foreground, and make the terminal raw when kist
 * has just come there.
 *
 * Return: whether kist has just come to the foreground
 */
bool tty_update(struct tty *tty);

/**
 * tty_continued() - note that kist may have been stopped, and that others may have had the
 * terminal.
 */
void tty_continued(struct tty *tty);

/**
 * tty_may_read() - whether stdin may be read, by the last tty_update().
 */
bool tty_may_read(const struct tty *tty);

/**
 * tty_is_taken() - whether another job has the terminal at this moment.
 */
bool tty_is_taken(const struct tty *tty);

/**
 * tty_forbids_output() - whether kist is in the background, and writing to the terminal would stop
 * it.
 * @fd: where kist wants to write
 */
bool tty_forbids_output(int fd);

/**
 * tty_timeout_ms() - in how many milliseconds the next tty_update() is due; -1: none is.
 */
int tty_timeout_ms(const struct tty *tty);

/**
 * tty_restore() - make the modes what they were before kist made the terminal raw.
 */
void tty_restore(const struct tty *tty);

#endif
