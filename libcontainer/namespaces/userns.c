/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/namespaces/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcontainer/compat.h"
#include "libcontainer/io.h"
#include "libcontainer/process/birth.h"
#include "spec/cleanup.h"
#include "spec/config.h"

enum {
	LINES_MAX = 340, /* the kernel's limit, user_namespaces(7) */
	LINE_BYTES = 33, /* three numbers of ten digits, spaces, line feed */
	MAP_BYTES = LINES_MAX * LINE_BYTES + 1,
};

/* Formats one line of /proc/PID/uid_map, and returns its length. */
static size_t format_line(const struct id_mapping *mapping, char line[static LINE_BYTES + 1])
{
	return (size_t)snprintf(line, LINE_BYTES + 1, "%u %u %u\n", mapping->containerID,
				mapping->hostID, mapping->size);
}

int userns_check_count(const struct id_mappings *mappings, const char *property, struct error *err)
{
	if (mappings->count <= LINES_MAX)
		return 0;
	return error_set(err, EINVAL, "%s: %zu mappings are more than the kernel takes, %d",
			 property, mappings->count, LINES_MAX);
}

int userns_check_size(const struct id_mappings *mappings, const char *property, struct error *err)
{
	size_t limit = (size_t)sysconf(_SC_PAGESIZE) - 1, used = 0;
	char line[LINE_BYTES + 1];

	if (userns_check_count(mappings, property, err) < 0)
		return -err->code;
	for (size_t i = 0; i < mappings->count; i++)
		used += format_line(&mappings->at[i], line);
	if (used <= limit)
		return 0;
	return error_set(err, EINVAL, "%s: %zu bytes of text are more than the kernel takes, %zu",
			 property, used, limit);
}

/* The kernel takes a map only in a single write(2), so the whole text is put together. The plan has
 * checked that it fits. */
static void format_map(const struct id_mappings *mappings, char text[static MAP_BYTES])
{
	for (size_t i = 0; i < mappings->count; i++)
		text += format_line(&mappings->at[i], text);
}

static const char *explain(int code)
{
	switch (code) {
	case EINVAL:
		return " (do mappings overlap?)";
	case EPERM:
		return " (an id of the host that the caller may not map)";
	default:
		return "";
	}
}

int userns_write_map(pid_t pid, const char *name, const struct id_mappings *mappings,
		     const char *property, struct error *err)
{
	char path[64], text[MAP_BYTES] = "";

	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	format_map(mappings, text);
	if (io_write_file(AT_FDCWD, path, text, err) < 0)
		return error_set(err, err->code, "%s: write %s: %s%s", property, name,
				 error_describe(err->code), explain(err->code));
	return 0;
}

int userns_of(pid_t pid, struct error *err)
{
	char path[64];
	int descriptor;

	snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
	descriptor = open(path, O_RDONLY | O_CLOEXEC);
	return descriptor < 0 ? error_errno(err, "%s", path) : descriptor;
}

/* Without CAP_SYS_PTRACE only the guarded process itself can open its namespace. */
static int send_own_namespace(int socket, struct error *err)
{
	_close_ int userns = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);

	if (userns < 0)
		return error_errno(err, "/proc/self/ns/user");
	return io_send_descriptor(socket, "", 1, userns, err);
}

/* The process keeps the new user namespace alive until the other end of the socket is closed: by
 * its maker, or by the kernel when the maker is killed. It holds nothing else open. */
__attribute__((noreturn)) static void member_run(int socket)
{
	struct error err;
	char byte;

	if (dup2(socket, 0) == 0 && close_range(1, UINT_MAX, 0) == 0 &&
	    send_own_namespace(0, &err) == 0)
		while (read(0, &byte, 1) < 0 && errno == EINTR)
			;
	_exit(0);
}

static pid_t spawn_member(bool guarded, int socket, struct error *err)
{
	struct clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	pid_t pid = birth_clone(&args, guarded, err);

	if (pid == 0)
		member_run(socket);
	return pid;
}

static int write_maps(pid_t pid, const struct id_mappings *uid_map,
		      const struct id_mappings *gid_map, struct error *err)
{
	if (userns_write_map(pid, "uid_map", uid_map, "uidMappings", err) < 0)
		return -err->code;
	return userns_write_map(pid, "gid_map", gid_map, "gidMappings", err);
}

static int receive_namespace(int socket, struct error *err)
{
	int userns = -1;
	char byte;

	if (io_receive_descriptor(socket, &byte, 1, &userns, err) < 0)
		return -err->code;
	return userns < 0 ? error_set(err, EIO, "the user namespace was not handed over") : userns;
}

int userns_make(bool guarded, const struct id_mappings *uid_map, const struct id_mappings *gid_map,
		struct error *err)
{
	_close_ int own = -1, members = -1, userns = -1;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(err, "socketpair");
	own = pair[0];
	members = pair[1];
	pid = spawn_member(guarded, members, err);
	if (pid < 0)
		return pid;
	close(take(&members));
	if (write_maps(pid, uid_map, gid_map, err) == 0)
		userns = receive_namespace(own, err);
	close(take(&own));
	while (waitid(P_PID, (id_t)pid, NULL, WEXITED) < 0 && errno == EINTR)
		;
	return userns < 0 ? -err->code : take(&userns);
}

/* Reads a line "CONTAINER-ID HOST-ID SIZE", which the kernel pads with spaces. */
static const char *read_line(const char *text, struct id_mapping *mapping)
{
	uint32_t *const numbers[] = {&mapping->containerID, &mapping->hostID, &mapping->size};
	char *end;

	for (size_t i = 0; i < 3; i++) {
		*numbers[i] = (uint32_t)strtoul(text, &end, 10);
		if (end == text)
			return NULL;
		text = end;
	}
	return text;
}

int userns_host_id(pid_t pid, const char *map, uint32_t id, uint32_t *host_id, struct error *err)
{
	/* Each line has three columns of ten digits, with a separator after each. */
	char path[64], text[LINES_MAX * 3 * 11 + 1];
	struct id_mapping mapping;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, map);
	if (io_read_file(AT_FDCWD, path, text, sizeof text, err) < 0)
		return -err->code;
	for (const char *line = read_line(text, &mapping); line; line = read_line(line, &mapping))
		if (id - mapping.containerID < mapping.size) {
			*host_id = mapping.hostID + (id - mapping.containerID);
			return 0;
		}
	return error_set(err, ENOENT, "%u is not in %s", id, map);
}
