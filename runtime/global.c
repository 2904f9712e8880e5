/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/global.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/command.h"
#include "spec/cleanup.h"

#define AT(member) OPTION_AT(struct global, member)

/* clang-format off */
static const struct word log_formats[] = {{"text", false}, {"json", true}};

static const struct word log_levels[] = {
	{"error", CONTAINER_LOG_ERROR},
	{"warning", CONTAINER_LOG_WARNING},
	{"info", CONTAINER_LOG_INFO},
	{"debug", CONTAINER_LOG_DEBUG},
};

static const struct word cgroup_managers[] = {
	{"cgroupfs", CONTAINER_CGROUPFS},
	{"systemd", CONTAINER_SYSTEMD},
	{"disabled", CONTAINER_NO_CGROUP},
};

static const struct option rows[] = {
	{"help", 'h', AT(help), NULL, "print this help"},
	{"version", 'v', AT(version), NULL, "print the version"},
	{"root", 0, AT(root), "DIR", "where containers are kept"},
	{"log", 0, AT(log), "FILE", "append warnings and errors there; or journald:NAME, syslog:NAME"},
	{"log-format", 0, AT(log_json), "FORMAT", "text or json", WORDS("format", log_formats)},
	{"log-level", 0, AT(log_level), "LEVEL", "error, warning, info or debug", WORDS("level", log_levels)},
	{"debug", 0, AT(debug), NULL, "log each step with its duration"},
	{"cgroup-manager", 0, AT(cgroup_manager), "NAME", "cgroupfs or disabled", WORDS("manager", cgroup_managers)},
	{"systemd-cgroup", 0, AT(systemd_cgroup), NULL, "not supported yet"},
	{"criu", 0, OPTION_IGNORED, 0, "PATH", "ignored"},
	{"rootless", 0, OPTION_IGNORED, 0, "BOOL", "ignored: who calls decides"},
};
/* clang-format on */

const struct options global_options = OPTIONS(rows);

/* Callers read errors in the log, so --log is also looked for after the option at fault. Words
 * after the command's name are left alone, since they may be for a program of the container. */
static void find_log(struct global *global, char **argv)
{
	for (char **word = argv; *word && !command_exists(*word); word++) {
		char *pair[] = {word[0], strchr(word[0], '=') ? NULL : word[1], NULL};
		struct global found = *global;
		struct error ignored;

		if (strncmp(*word + strspn(*word, "-"), "log", strlen("log")) == 0 &&
		    options_parse(&global_options, pair, 1, &found, &ignored) >= 0)
			*global = found;
	}
}

/* The initial user namespace is the only one that maps all ids (user_namespaces(7)). */
static bool in_user_namespace(void)
{
	FILE *map _fclose_ = fopen("/proc/self/uid_map", "re");
	unsigned inside, outside, count;

	return map && fscanf(map, "%u %u %u", &inside, &outside, &count) == 3 && count != UINT_MAX;
}

/* Whether the caller is root. A user who has made himself root in a user namespace of his own
 * (unshare -Ur, podman) is not: USER still holds his own name. */
static bool is_root(void)
{
	const char *name = getenv("USER");

	return geteuid() == 0 && !(name && strcmp(name, "root") != 0 && in_user_namespace());
}

/* An ordinary user has a runtime directory of his own. Callers that are root set XDG_RUNTIME_DIR to
 * "", which is as good as not set. */
static const char *default_root(char *buffer, size_t size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	/* The XDG Base Directory Specification says that a relative path is invalid and to be
	 * ignored. */
	bool given = runtime && *runtime == '/';

	if (geteuid() == 0 && (!given || is_root()))
		return "/run/kist";
	if (given)
		snprintf(buffer, size, "%s/kist", runtime);
	else
		snprintf(buffer, size, "/run/user/%u/kist", geteuid());
	return buffer;
}

static int choose_root(struct global *global, struct error *err)
{
	char working[PATH_MAX];
	int length;

	if (!global->root)
		global->root = default_root(global->root_buffer, sizeof global->root_buffer);
	/* Every directory below / would pass for a container. */
	if (strspn(global->root, "/") == strlen(global->root))
		return error_set(err, EINVAL, "--root: / is the root directory");
	if (*global->root == '/')
		return 0;
	if (!getcwd(working, sizeof working))
		return error_errno(err, "--root %s: working directory", global->root);
	length = snprintf(global->root_buffer, sizeof global->root_buffer, "%s/%s", working,
			  global->root);
	if ((size_t)length >= sizeof global->root_buffer)
		return error_set(err, ENAMETOOLONG, "--root: the path is too long");
	global->root = global->root_buffer;
	return 0;
}

int global_read(struct global *global, char **argv, struct error *err)
{
	struct error mistake;
	int parsed, opened;

	*global = (struct global){.log_level = CONTAINER_LOG_WARNING};
	parsed = options_parse(&global_options, argv, 1, global, &mistake);
	if (parsed < 0)
		find_log(global, argv);
	opened = container_log_open(global->log, global->log_json,
				    global->debug ? CONTAINER_LOG_DEBUG
						  : (enum container_log_level)global->log_level,
				    err);
	if (parsed < 0) {
		*err = mistake;
		return parsed;
	}
	if (opened < 0)
		return opened;
	if (global->systemd_cgroup)
		global->cgroup_manager = CONTAINER_SYSTEMD;
	return choose_root(global, err);
}
