/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/tty.h"

#include <unistd.h>

enum { UPDATE_MS = 200 };

/* A terminal that does not know its size says 0. */
struct winsize tty_size(void)
{
	struct winsize size;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
			return size;
	return (struct winsize){0};
}

void tty_copy_size(int terminal)
{
	struct winsize size = tty_size();

	if (size.ws_row)
		ioctl(terminal, TIOCSWINSZ, &size);
}

/* Without job control, on a terminal that controls another session, or none, there is no
 * background. */
static bool in_foreground(int fd)
{
	pid_t group = tcgetpgrp(fd);

	return group < 0 || group == getpgrp();
}

static bool is_raw(const struct tty *tty, const struct termios *modes)
{
	return tty->raw && modes->c_lflag == tty->raw_modes.c_lflag &&
	       modes->c_iflag == tty->raw_modes.c_iflag;
}

/* The modes to be restored are those of now, not those from before kist went to the background.
 * Nothing changes for output, so there is no need to wait until it is written, which never ends in
 * a terminal that is stopped (Ctrl-S). */
static void set_raw(struct tty *tty)
{
	struct termios modes;

	if (tcgetattr(STDIN_FILENO, &modes) < 0 || is_raw(tty, &modes))
		return;
	tty->raw = true;
	tty->modes = tty->raw_modes = modes;
	cfmakeraw(&tty->raw_modes);
	/* The container's terminal leaves the end of a line to this one, which has to translate
	 * it. */
	tty->raw_modes.c_oflag = modes.c_oflag | OPOST;
	tcsetattr(STDIN_FILENO, TCSANOW, &tty->raw_modes);
}

bool tty_update(struct tty *tty)
{
	bool before = tty->foreground;

	if (!tty->used)
		return false;
	tty->foreground = in_foreground(STDIN_FILENO);
	if (before || !tty->foreground)
		return false;
	if (tty->make_raw)
		set_raw(tty);
	return true;
}

void tty_continued(struct tty *tty)
{
	tty->foreground = false;
}

bool tty_may_read(const struct tty *tty)
{
	return !tty->used || tty->foreground;
}

bool tty_is_taken(const struct tty *tty)
{
	return tty->used && !in_foreground(STDIN_FILENO);
}

bool tty_forbids_output(int fd)
{
	struct termios modes;

	return !in_foreground(fd) && tcgetattr(fd, &modes) == 0 && modes.c_lflag & TOSTOP;
}

int tty_timeout_ms(const struct tty *tty)
{
	return tty_may_read(tty) ? -1 : UPDATE_MS;
}

void tty_restore(const struct tty *tty)
{
	if (tty->raw && in_foreground(STDIN_FILENO))
		tcsetattr(STDIN_FILENO, TCSANOW, &tty->modes);
}
