/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "libcontainer/timestamp.h"
#include "spec/cleanup.h"
#include "spec/error.h"
#include "spec/escape.h"

enum {
	MESSAGE_BYTES = sizeof((struct error *)NULL)->text + 256,
	TEXT_BYTES = ESCAPE_FACTOR * MESSAGE_BYTES,
	LINE_BYTES = TEXT_BYTES + 256,
	NAME_BYTES = 64,
	SOCKET_WAIT_US = 100000, /* how long a message waits for a daemon that does not read */
};

/* A kind of place for a log; the part of --log before the path or the name says which kind. */
struct target {
	const char *prefix;
	int (*open)(const char *rest, struct error *err);
	/* Format one entry, whose text is harmless already. Return: bytes, as snprintf(3) */
	int (*format)(char *line, size_t size, enum container_log_level level, const char *text);
};

static struct {
	int file; /* -1: none */
	bool json;
	enum container_log_level level;
	const struct target *target; /* set when the log is opened */
	char name[NAME_BYTES];       /* the sender of the messages, as a daemon is told */
} sink = {.file = -1, .level = CONTAINER_LOG_WARNING};

static const char *const level_names[] = {
	[CONTAINER_LOG_ERROR] = "error",
	[CONTAINER_LOG_WARNING] = "warning",
	[CONTAINER_LOG_INFO] = "info",
	[CONTAINER_LOG_DEBUG] = "debug",
};

static const int priorities[] = {
	[CONTAINER_LOG_ERROR] = LOG_ERR,
	[CONTAINER_LOG_WARNING] = LOG_WARNING,
	[CONTAINER_LOG_INFO] = LOG_INFO,
	[CONTAINER_LOG_DEBUG] = LOG_DEBUG,
};

/* Open a file, or a fifo that somebody reads: opening does not wait for a reader to come, but later
 * writes wait until the reader takes everything. */
static int open_file(const char *path, struct error *err)
{
	int fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);

	if (fd < 0)
		return error_errno(err, "log file %s%s", path,
				   errno == ENXIO ? " (nobody reads there, or it is a socket)"
						  : "");
	fcntl(fd, F_SETFL, O_APPEND);
	return fd;
}

/* The socket is connected when the log is opened: later the process may have another root. */
static int open_socket(const char *path, struct error *err)
{
	const struct timeval wait = {.tv_usec = SOCKET_WAIT_US};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_errno(err, "log socket");
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) < 0)
		return error_errno(err, "log socket %s", path);
	return take(&fd);
}

/* A newline in the name would begin another field, or another message. */
static int check_name(const char *name, struct error *err)
{
	if (strlen(name) >= NAME_BYTES)
		return error_set(err, ENAMETOOLONG, "log name %s: longer than %d bytes", name,
				 NAME_BYTES - 1);
	for (const char *byte = name; *byte; byte++)
		if ((unsigned char)*byte <= ' ' || *byte == 0x7f)
			return error_set(err, EINVAL,
					 "log name %s: has a space or a control character", name);
	return 0;
}

static int open_daemon(const char *path, const char *name, struct error *err)
{
	int fd;

	if (check_name(name, err) < 0)
		return -err->code;
	fd = open_socket(path, err);
	if (fd >= 0)
		snprintf(sink.name, sizeof sink.name, "%s", *name ? name : "kist");
	return fd;
}

static int open_journald(const char *name, struct error *err)
{
	return open_daemon("/run/systemd/journal/socket", name, err);
}

/* The time zone is read when the log is opened, so that it is not read from the container's files
 * later. */
static int open_syslog(const char *name, struct error *err)
{
	tzset();
	return open_daemon("/dev/log", name, err);
}

static int format_file(char *line, size_t size, enum container_log_level level, const char *text)
{
	char time[TIMESTAMP_BYTES];

	timestamp_now(time);
	if (!sink.json)
		return snprintf(line, size, "%s %s: %s\n", time, level_names[level], text);
	return snprintf(line, size, "{\"level\":\"%s\",\"msg\":\"%s\",\"time\":\"%s\"}\n",
			level_names[level], text, time);
}

/* An entry of systemd's "Native Journal Protocol" has one field in each line. */
static int format_journald(char *line, size_t size, enum container_log_level level,
			   const char *text)
{
	return snprintf(line, size, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE=%s\n",
			priorities[level], sink.name, text);
}

/* RFC 3164, as syslog(3) writes it. */
static int format_syslog(char *line, size_t size, enum container_log_level level, const char *text)
{
	time_t now = time(NULL);
	char date[32] = "";
	struct tm local;

	if (localtime_r(&now, &local))
		strftime(date, sizeof date, "%b %e %T", &local);
	return snprintf(line, size, "<%d>%s %s[%d]: %s", LOG_USER | priorities[level], date,
			sink.name, getpid(), text);
}

/* The last row matches what begins like none of the others. */
static const struct target targets[] = {
	{"file:", open_file, format_file},
	{"journald:", open_journald, format_journald},
	{"syslog:", open_syslog, format_syslog},
	{"", open_file, format_file},
};

static const struct target *find_target(const char *text)
{
	const struct target *target = targets;

	while (strncmp(text, target->prefix, strlen(target->prefix)) != 0)
		target++;
	return target;
}

int container_log_open(const char *where, bool json, enum container_log_level level,
		       struct error *err)
{
	const struct target *target = find_target(where ? where : "");
	int opened = where ? target->open(where + strlen(target->prefix), err) : -1;

	if (where && opened < 0)
		return opened;
	cleanup_close(&sink.file);
	sink.file = opened;
	sink.target = target;
	sink.json = json && target->format == format_file;
	sink.level = level;
	return 0;
}

/* Without a file debug messages go to stderr, but errors do not: the caller prints the error that
 * ends a command there itself. */
int log_descriptor(void)
{
	if (sink.file >= 0)
		return sink.file;
	return sink.level == CONTAINER_LOG_DEBUG ? STDERR_FILENO : -1;
}

void log_end(void)
{
	if (sink.file < 0)
		return;
	close(take(&sink.file));
	sink.level = CONTAINER_LOG_ERROR;
}

bool log_wants(enum container_log_level level)
{
	if (level > sink.level)
		return false;
	return sink.file >= 0 ||
	       (sink.level == CONTAINER_LOG_DEBUG && level != CONTAINER_LOG_ERROR);
}

/* Each entry is one write(2): others append to the same file, and a daemon takes each write for one
 * message. An entry that cannot be written is lost, since a full log must not stop a container. */
void container_log(enum container_log_level level, const char *format, ...)
{
	char message[MESSAGE_BYTES], text[TEXT_BYTES], line[LINE_BYTES];
	va_list args;
	int length;

	if (!log_wants(level))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	escape(text, sizeof text, message, sink.json ? ESCAPE_JSON : ESCAPE_TEXT);
	length = sink.target->format(line, sizeof line, level, text);
	(void)!write(log_descriptor(), line, (size_t)length);
}
