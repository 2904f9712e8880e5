/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The caller's terminal, where it is stdin, and job control (credentials(7), termios(3)).
 *
 * In the background kist neither reads there nor changes the modes: both stop it (SIGTTIN, SIGTTOU),
 * and then the signals that end it are not read. It goes on without input, and takes the terminal when
 * it is brought to the foreground. Shells do not always say so by SIGCONT: it looks once in a while.
 */
#ifndef KIST_TTY_H
#define KIST_TTY_H

#include <stdbool.h>
#include <sys/ioctl.h>
#include <termios.h>

struct tty {
	bool used;       /* stdin is a terminal, and read */
	bool make_raw;   /* in the foreground */
	bool foreground; /* when it was looked at last */
	bool raw;        /* made so; not yet made the other again */
	struct termios modes, raw_modes;
};

/**
 * tty_size() - of whichever of stdin, stdout and stderr is a terminal that knows it; zeros without.
 */
struct winsize tty_size(void);

/**
 * tty_copy_size() - tell it to another terminal, if it is known.
 */
void tty_copy_size(int terminal);

/**
 * tty_update() - whether it is kist's turn. Makes the terminal raw when it has become so.
 *
 * Return: whether it has just become so
 */
bool tty_update(struct tty *tty);

/**
 * tty_continued() - kist was perhaps stopped, and others had the terminal.
 */
void tty_continued(struct tty *tty);

/**
 * tty_may_read() - after tty_update(), whether stdin may be read.
 */
bool tty_may_read(const struct tty *tty);

/**
 * tty_is_taken() - whether another job has the terminal at this moment.
 */
bool tty_is_taken(const struct tty *tty);

/**
 * tty_forbids_output() - whether writing there stops a job in the background, which kist is.
 */
bool tty_forbids_output(int fd);

/**
 * tty_timeout_ms() - when to look again, at the latest; -1: that need not be.
 */
int tty_timeout_ms(const struct tty *tty);

/**
 * tty_restore() - make the modes what they were.
 */
void tty_restore(const struct tty *tty);

#endif
