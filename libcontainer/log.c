/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "libcontainer/timestamp.h"
#include "spec/cleanup.h"
#include "spec/error.h"
#include "spec/escape.h"

enum { MESSAGE_BYTES = sizeof((struct error *)NULL)->text + 256 };

static struct {
	int file; /* -1: none */
	bool json;
	enum container_log_level level;
} sink = {.file = -1, .level = CONTAINER_LOG_WARNING};

static const char *const level_names[] = {
	[CONTAINER_LOG_ERROR] = "error",
	[CONTAINER_LOG_WARNING] = "warning",
	[CONTAINER_LOG_INFO] = "info",
	[CONTAINER_LOG_DEBUG] = "debug",
};

int container_log_open(const char *file, bool json, enum container_log_level level,
		       struct error *err)
{
	int opened = -1;

	if (file) {
		opened = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
		if (opened < 0)
			return error_errno(err, "log file %s", file);
	}
	cleanup_close(&sink.file);
	sink.file = opened;
	sink.json = json;
	sink.level = level;
	return 0;
}

/* Without a file, debugging goes to stderr; but the error that ends a command is printed there by
 * the one who called. */
int log_descriptor(void)
{
	if (sink.file >= 0)
		return sink.file;
	return sink.level == CONTAINER_LOG_DEBUG ? STDERR_FILENO : -1;
}

bool log_wants(enum container_log_level level)
{
	if (level > sink.level)
		return false;
	return sink.file >= 0 ||
	       (sink.level == CONTAINER_LOG_DEBUG && level != CONTAINER_LOG_ERROR);
}

static size_t format_line(char *line, size_t size, enum container_log_level level,
			  const char *message)
{
	char time[TIMESTAMP_BYTES], text[ESCAPE_FACTOR * MESSAGE_BYTES];

	timestamp_now(time);
	escape(text, sizeof text, message, sink.json ? ESCAPE_JSON : ESCAPE_TEXT);
	if (!sink.json)
		return (size_t)snprintf(line, size, "%s %s: %s\n", time, level_names[level], text);
	return (size_t)snprintf(line, size, "{\"level\":\"%s\",\"msg\":\"%s\",\"time\":\"%s\"}\n",
				level_names[level], text, time);
}

/* One write(2) a line: others append to the same file. What cannot be logged is lost: a log that
 * is full must not stop a container. */
void container_log(enum container_log_level level, const char *format, ...)
{
	char message[MESSAGE_BYTES];
	char line[ESCAPE_FACTOR * MESSAGE_BYTES + 128];
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	(void)!write(log_descriptor(), line, format_line(line, sizeof line, level, message));
}
