/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * process.terminal (config.md, Process; config-linux.md, Devices: /dev/console; pty(7),
 * ioctl_tty(2)).
 *
 * The pseudo-terminal is one of the container's own devpts. It is made while nobody else can see
 * the tree, and is verified: a device node of the same name could lead to a terminal of the host
 * (CVE-2025-52565). Its leader goes to the caller, or to --console-socket.
 */
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include "libcontainer/compat.h"
#include "libcontainer/io.h"
#include "libcontainer/process/process.h"
#include "libcontainer/process/sync.h"
#include "libcontainer/rootfs/mountfd.h"
#include "libcontainer/rootfs/path.h"
#include "libcontainer/steps.h"
#include "spec/cleanup.h"

/* The text that the receiver of a console socket gets beside the descriptor: the name of the device
 * that the descriptor is of. */
static const char LEADER_NAME[] = "/dev/ptmx";

/* Every devpts has its ptmx at this inode, as a device of this number. */
enum { PTMX_INODE = 2, PTMX_MAJOR = 5, PTMX_MINOR = 2 };

static bool is_planned(const struct plan *plan)
{
	return plan->config->process->terminal;
}

static bool socket_planned(const struct plan *plan)
{
	return plan->options->console_socket != NULL;
}

/* Whether kist ends while the container runs, so that another process must take the terminal. */
static bool is_detached(const struct plan *plan)
{
	return plan->waits_for_start || plan->options->detach;
}

int console_plan(struct plan *plan, struct error *err)
{
	const char *socket = plan->options->console_socket;

	if (is_planned(plan) && is_detached(plan) && !socket)
		return error_set(
			err, EINVAL,
			"process.terminal: cannot allocate tty if kist will detach without "
			"setting console socket (--console-socket)");
	if (socket && !(is_planned(plan) && is_detached(plan)))
		return error_set(
			err, EINVAL,
			"--console-socket: cannot use console socket if kist will not detach "
			"or allocate tty (it goes with process.terminal, and with create or "
			"--detach)");
	return socket ? io_check_socket(socket, "--console-socket", err) : 0;
}

static int step_connect(struct creation *creation, struct error *err)
{
	const struct container_options *options = creation->plan->options;

	creation->console.socket = io_connect(options->console_socket, options->cancel, err);
	return creation->console.socket < 0 ? error_wrap(err, "--console-socket") : 0;
}

static int verify_ptmx(int leader, struct error *err)
{
	struct statfs fs;
	struct stat status;

	if (fstatfs(leader, &fs) < 0 || fstat(leader, &status) < 0)
		return error_errno(err, "/dev/pts/ptmx");
	if (fs.f_type != DEVPTS_SUPER_MAGIC)
		return error_set(
			err, EINVAL,
			"/dev/pts/ptmx: is not of a devpts (process.terminal needs one mounted "
			"on /dev/pts)");
	if (!S_ISCHR(status.st_mode) || status.st_ino != PTMX_INODE ||
	    status.st_rdev != makedev(PTMX_MAJOR, PTMX_MINOR))
		return error_set(err, EINVAL, "/dev/pts/ptmx: is not the multiplexer of a devpts");
	return 0;
}

/* The file is verified before it is opened: opening a device may have effects, which depend on the
 * device. */
static int open_leader(int tree, struct error *err)
{
	_close_ int pts =
		path_open(tree, "/dev/pts", O_PATH | O_DIRECTORY, PATH_LINKS_REFUSED, err);
	_close_ int ptmx = -1, leader = -1;

	if (pts < 0)
		return error_wrap(err, "process.terminal needs a devpts");
	ptmx = path_open(pts, "ptmx", O_PATH, PATH_LINKS_REFUSED, err);
	if (ptmx < 0)
		return error_wrap(err, "process.terminal needs a devpts on /dev/pts");
	if (verify_ptmx(ptmx, err) < 0)
		return -err->code;
	leader = path_open(pts, "ptmx", O_RDWR | O_NOCTTY, PATH_LINKS_REFUSED, err);
	if (leader < 0)
		return error_wrap(err, "/dev/pts");
	/* The file is verified again, since another process in there could have replaced it
	 * meanwhile. */
	return verify_ptmx(leader, err) < 0 ? -err->code : take(&leader);
}

/* Terminals turn "\n" into "\r\n" on output. The terminal to which kist relays does so, too, so the
 * container's must not. A caller with a console socket gets the terminal as the kernel makes it:
 * engines make their user's terminal raw, and count on that. */
static int set_modes(int leader, const struct plan *plan, struct error *err)
{
	struct termios settings;

	if (plan->options->console_socket)
		return 0;
	if (tcgetattr(leader, &settings) < 0)
		return error_errno(err, "tcgetattr");
	settings.c_oflag &= ~(tcflag_t)ONLCR;
	if (tcsetattr(leader, TCSANOW, &settings) < 0)
		return error_errno(err, "tcsetattr");
	return 0;
}

/* The size in which the program finds its terminal; 0: the kernel's default. */
static struct winsize first_size(const struct plan *plan)
{
	const struct container_terminal_size *relayed = &plan->options->terminal_size;
	const struct console_size *configured = plan->config->process->consoleSize;

	if (relayed->rows && relayed->columns)
		return (struct winsize){.ws_row = relayed->rows, .ws_col = relayed->columns};
	if (configured)
		return (struct winsize){.ws_row = configured->height, .ws_col = configured->width};
	return (struct winsize){0};
}

static int set_size(int leader, const struct plan *plan, struct error *err)
{
	struct winsize size = first_size(plan);

	if (size.ws_row && size.ws_col && ioctl(leader, TIOCSWINSZ, &size) < 0)
		return error_errno(err, "process.consoleSize: TIOCSWINSZ");
	return 0;
}

/* Open the other side of the terminal from its leader's descriptor, and not by a name below
 * /dev/pts. */
static int open_peer(int leader, const struct plan *plan, struct error *err)
{
	uint32_t uid = plan->config->process->user.uid;
	_close_ int peer = -1;
	int locked = 0;

	if (ioctl(leader, TIOCSPTLCK, &locked) < 0)
		return error_errno(err, "TIOCSPTLCK");
	peer = ioctl(leader, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (peer < 0)
		return error_errno(err, "TIOCGPTPEER");
	if (set_modes(leader, plan, err) < 0 || set_size(leader, plan, err) < 0)
		return -err->code;
	if (fchown(peer, uid, (gid_t)-1) < 0)
		return error_errno(err, "chown to %u", uid);
	return take(&peer);
}

/* Mount the terminal on /dev/console, which must be a regular file or a terminal: an image could
 * have left anything there. */
static int bind_console(int tree, int peer, struct error *err)
{
	_close_ int file = path_make_file(tree, "/dev/console", 0600, PATH_LINKS_REFUSED, err);
	_close_ int mount = -1;
	struct stat status;

	if (file < 0)
		return file;
	if (fstat(file, &status) < 0)
		return error_errno(err, "/dev/console");
	if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode))
		return error_set(err, EINVAL, "/dev/console: is neither a file nor a terminal");
	mount = mountfd_clone(peer, "", 0, err);
	if (mount < 0 || mountfd_attach(mount, file, err) < 0)
		return error_wrap(err, "/dev/console");
	return 0;
}

/* Init leads a session without a terminal by now, and this terminal becomes the session's. */
static int become_stdio(int peer, struct error *err)
{
	for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
		if (dup2(peer, descriptor) < 0)
			return error_errno(err, "dup2");
	if (ioctl(STDIN_FILENO, TIOCSCTTY, 0) < 0)
		return error_errno(err, "TIOCSCTTY");
	return 0;
}

/* Make a terminal of the devpts below tree, and hand its leader to the host side. */
static int open_terminal(struct creation *creation, int tree, struct error *err)
{
	_close_ int leader = open_leader(tree, err);
	_close_ int peer = -1;

	if (leader < 0)
		return leader;
	peer = open_peer(leader, creation->plan, err);
	if (peer < 0)
		return peer;
	if (sync_send_descriptor(creation->sync, leader, err) < 0)
		return -err->code;
	return take(&peer);
}

static int step_open(struct creation *creation, struct error *err)
{
	int tree = creation->rootfs.tree;
	_close_ int peer = open_terminal(creation, tree, err);

	if (peer < 0)
		return peer;
	if (bind_console(tree, peer, err) < 0)
		return -err->code;
	return become_stdio(peer, err);
}

static int step_add(struct creation *creation, struct error *err)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_close_ int peer = -1;

	if (root < 0)
		return error_errno(err, "/");
	peer = open_terminal(creation, root, err);
	return peer < 0 ? peer : become_stdio(peer, err);
}

static int step_send(struct creation *creation, struct error *err)
{
	if (creation->console.leader < 0)
		return error_set(err, EPROTO, "init has not handed over its terminal");
	if (io_give_descriptor(creation->console.socket, LEADER_NAME, sizeof LEADER_NAME - 1,
			       creation->console.leader, err) < 0)
		return error_wrap(err, "--console-socket");
	close(take(&creation->console.leader));
	close(take(&creation->console.socket));
	return 0;
}

const struct step console_send = {
	"console",
	.run = step_send,
	.when = socket_planned,
};

static void print_step(const struct plan *plan, FILE *out)
{
	struct winsize size = first_size(plan);

	fputs("\t\tfrom /dev/pts, bound to /dev/console", out);
	if (size.ws_row && size.ws_col)
		fprintf(out, ", %u rows, %u columns", size.ws_row, size.ws_col);
	fputc('\n', out);
}

const struct step console_open = {
	"terminal",
	.run = step_open,
	.when = is_planned,
	.print = print_step,
};

const struct step console_add = {
	"terminal",
	.run = step_add,
	.when = is_planned,
	.print = print_step,
};

static void print_socket(const struct plan *plan, FILE *out)
{
	fprintf(out, "\t\t%s\n", plan->options->console_socket);
}

static void finish(struct creation *creation)
{
	cleanup_close(&creation->console.socket);
}

const struct step console_connect = {
	"console socket",      .run = step_connect, .when = socket_planned,
	.print = print_socket, .finish = finish,
};
