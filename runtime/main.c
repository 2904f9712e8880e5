/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kist: the command line. A table of commands; the one place that prints an error, and the exit
 * status.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "runtime/command.h"
#include "spec/error.h"
#include "spec/escape.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define OPTIONS(rows)                                                                              \
	{                                                                                          \
		rows, COUNT(rows)                                                                  \
	}

#define AT(member) offsetof(struct command_options, member)

/* clang-format off */
#define HELP {"help", 'h', OPTION_FLAG, AT(help), NULL, "print this help"}
#define BUNDLE {"bundle", 'b', OPTION_STRING, AT(container.bundle), "DIR", "the bundle; default: the working directory"}
#define CONFIG {"config", 'f', OPTION_STRING, AT(container.config), "FILE", "the configuration in it; default: config.json"}
#define CREATE_OPTIONS \
	HELP, BUNDLE, CONFIG, \
	{"console-socket", 0, OPTION_STRING, AT(container.console_socket), "PATH", "socket that gets the terminal's leader"}, \
	{"pid-file", 0, OPTION_STRING, AT(container.pid_file), "FILE", "write the pid of init there"}, \
	{"preserve-fds", 0, OPTION_NUMBER, AT(container.preserve_fds), "N", "pass N descriptors, from 3 on, to the container"}, \
	{"no-pivot", 0, OPTION_FLAG, AT(container.no_pivot), NULL, "change the root without pivot_root (on a ramdisk)"}, \
	{"no-new-keyring", 0, OPTION_FLAG, AT(container.no_new_keyring), NULL, "keep the caller's session keyring"}

static const struct option help_options[] = {HELP};
static const struct option create_options[] = {CREATE_OPTIONS};
static const struct option run_options[] = {
	CREATE_OPTIONS,
	{"detach", 'd', OPTION_FLAG, AT(container.detach), NULL, "return once the program runs"},
	{"keep", 0, OPTION_FLAG, AT(keep), NULL, "do not delete the container when it ends"},
	{"no-subreaper", 0, OPTION_FLAG, AT(no_subreaper), NULL, "do not adopt the container's orphans"},
	{"rootfs", 0, OPTION_STRING, AT(container.rootfs), "DIR", "no bundle: the default configuration with this root"},
	{"ephemeral", 0, OPTION_FLAG, AT(container.ephemeral), NULL, "throw changes to the root filesystem away"},
};
static const struct option kill_options[] = {
	HELP,
	{"all", 'a', OPTION_FLAG, AT(all), NULL, "every process of the container"},
};
static const struct option delete_options[] = {
	HELP,
	{"force", 'f', OPTION_FLAG, AT(force), NULL, "kill a running container first"},
};
static const struct option list_options[] = {
	HELP,
	{"format", 'f', OPTION_STRING, AT(format), "FORMAT", "table or json"},
	{"quiet", 'q', OPTION_FLAG, AT(quiet), NULL, "ids only"},
};
static const struct option spec_options[] = {
	HELP, BUNDLE,
	{"rootless", 0, OPTION_FLAG, AT(rootless), NULL, "for an ordinary user"},
};
static const struct option plan_options[] = {HELP, BUNDLE, CONFIG};

static const struct command commands[] = {
	{"create", "[OPTION...] ID", "create a container that waits for start", OPTIONS(create_options), 1, 1, command_create},
	{"delete", "[OPTION...] ID", "remove a stopped container", OPTIONS(delete_options), 1, 1, command_delete},
	{"features", "", "print what this kist supports", OPTIONS(help_options), 0, 0, command_features},
	{"kill", "[OPTION...] ID [SIGNAL]", "send a signal, SIGTERM by default", OPTIONS(kill_options), 1, 2, command_kill},
	{"list", "[OPTION...]", "list containers", OPTIONS(list_options), 0, 0, command_list},
	{"plan", "[OPTION...] [ID]", "print what create would do", OPTIONS(plan_options), 0, 1, command_plan},
	{"run", "[OPTION...] ID [-- CMD [ARG...]]", "create and start a container, and wait for it", OPTIONS(run_options), 1, -1, command_run},
	{"spec", "[OPTION...]", "write a default config.json", OPTIONS(spec_options), 0, 0, command_spec},
	{"start", "ID", "execute the program of a created container", OPTIONS(help_options), 1, 1, command_start},
	{"state", "ID", "print the state of a container", OPTIONS(help_options), 1, 1, command_state},
};

struct global_options {
	bool help, version, debug, systemd_cgroup;
	const char *root, *log, *log_format, *log_level, *cgroup_manager;
};

#define GLOBAL(member) offsetof(struct global_options, member)
static const struct option global_option_rows[] = {
	{"help", 'h', OPTION_FLAG, GLOBAL(help), NULL, "print this help"},
	{"version", 'v', OPTION_FLAG, GLOBAL(version), NULL, "print the version"},
	{"root", 0, OPTION_STRING, GLOBAL(root), "DIR", "where containers are kept"},
	{"log", 0, OPTION_STRING, GLOBAL(log), "FILE", "append warnings and errors there"},
	{"log-format", 0, OPTION_STRING, GLOBAL(log_format), "FORMAT", "text or json"},
	{"log-level", 0, OPTION_STRING, GLOBAL(log_level), "LEVEL", "error, warning, info or debug"},
	{"debug", 0, OPTION_FLAG, GLOBAL(debug), NULL, "log each step with its duration"},
	{"cgroup-manager", 0, OPTION_STRING, GLOBAL(cgroup_manager), "NAME", "cgroupfs or disabled"},
	{"systemd-cgroup", 0, OPTION_FLAG, GLOBAL(systemd_cgroup), NULL, "not supported yet"},
	{"rootless", 0, OPTION_IGNORED_STRING, 0, "BOOL", "accepted, and decided by who calls"},
};
/* clang-format on */

static const struct options global_options = OPTIONS(global_option_rows);

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void print_help(void)
{
	printf("usage: kist [OPTION...] COMMAND [ARG...]\n\nRun OCI containers.\n\ncommands:\n");
	for (size_t i = 0; i < COUNT(commands); i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].summary);
	printf("\noptions:\n");
	options_print(&global_options, stdout);
}

static void print_command_help(const struct command *command)
{
	printf("usage: kist %s %s\n\n%s\n\noptions:\n", command->name, command->usage,
	       command->summary);
	options_print(&command->options, stdout);
}

/* 0, 1 and 2 must be open, or the first files of kist's own would be taken for them. */
static void secure_stdio(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* What else the caller left open must not reach the container by accident. What he did mean to pass
 * stays as it is: kist's own files are all close-on-exec, so these can be told apart. */
static void secure_descriptors(unsigned preserved)
{
	close_range(STDERR_FILENO + 1 + preserved, ~0U, CLOSE_RANGE_CLOEXEC);
}

/* An ordinary user has a directory of his own; callers set the variable to "" as root. */
static const char *default_root(char *buffer, size_t size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0)
		return "/run/kist";
	if (runtime && *runtime)
		snprintf(buffer, size, "%s/kist", runtime);
	else
		snprintf(buffer, size, "/run/user/%u/kist", geteuid());
	return buffer;
}

static int choose_root(const char *given, char *buffer, size_t size, const char **root,
		       struct error *err)
{
	char working[PATH_MAX];

	if (!given) {
		*root = default_root(buffer, size);
		return 0;
	}
	*root = given;
	if (*given == '/')
		return 0;
	if (!*given || !getcwd(working, sizeof working) ||
	    (size_t)snprintf(buffer, size, "%s/%s", working, given) >= size)
		return error_set(err, EINVAL, "--root: \"%s\" is not a usable directory", given);
	*root = buffer;
	return 0;
}

struct choice {
	const char *name;
	int value;
};

static int choose(const char *option, const char *given, const struct choice *choices, size_t count,
		  int *value, struct error *err)
{
	if (!given)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(choices[i].name, given) == 0) {
			*value = choices[i].value;
			return 0;
		}
	}
	return error_set(err, EINVAL, "--%s: unknown value \"%s\"", option, given);
}

static int open_log(const struct global_options *options, struct error *err)
{
	static const struct choice levels[] = {
		{"error", CONTAINER_LOG_ERROR},
		{"warning", CONTAINER_LOG_WARNING},
		{"info", CONTAINER_LOG_INFO},
		{"debug", CONTAINER_LOG_DEBUG},
	};
	static const struct choice formats[] = {{"text", 0}, {"json", 1}};
	int level = CONTAINER_LOG_WARNING, json = 0;

	if (choose("log-level", options->log_level, levels, COUNT(levels), &level, err) < 0 ||
	    choose("log-format", options->log_format, formats, COUNT(formats), &json, err) < 0)
		return -err->code;
	if (options->debug)
		level = CONTAINER_LOG_DEBUG;
	return container_log_open(options->log, json, (enum container_log_level)level, err);
}

static int choose_manager(const struct global_options *options, struct global *global,
			  struct error *err)
{
	static const struct choice managers[] = {
		{"cgroupfs", CONTAINER_CGROUPFS},
		{"systemd", CONTAINER_SYSTEMD},
		{"disabled", CONTAINER_NO_CGROUP},
	};
	int manager = options->systemd_cgroup ? CONTAINER_SYSTEMD : CONTAINER_CGROUPFS;

	if (choose("cgroup-manager", options->cgroup_manager, managers, COUNT(managers), &manager,
		   err) < 0)
		return -err->code;
	global->cgroup_manager = (enum container_cgroup_manager)manager;
	return 0;
}

static int run_command(const struct command *command, const struct global *global, char **argv,
		       struct error *err)
{
	struct command_options options = {0};
	int count = options_parse(&command->options, argv, false, &options, err);
	int status;

	if (count < 0)
		return error_wrap(err, "%s", command->name);
	if (options.help) {
		print_command_help(command);
		return 0;
	}
	secure_descriptors(options.container.preserve_fds);
	options.container.root = global->root;
	options.container.cgroup_manager = global->cgroup_manager;
	if (count < command->least || (command->most >= 0 && count > command->most))
		return error_set(err, EINVAL, "%s: too %s arguments; usage: kist %s %s",
				 command->name, count < command->least ? "few" : "many",
				 command->name, command->usage);
	status = command->run(global, &options, argv, err);
	if (status >= 0)
		return status;
	return argv[0] ? error_wrap(err, "%s %s", command->name, argv[0])
		       : error_wrap(err, "%s", command->name);
}

static int run_global(char **argv, struct error *err)
{
	struct global_options options = {0};
	struct global global = {0};
	char root[PATH_MAX];
	const struct command *command;

	if (options_parse(&global_options, argv, true, &options, err) < 0)
		return -err->code;
	if (options.version) {
		fputs(container_version(), stdout);
		return 0;
	}
	if (options.help || !argv[0] || strcmp(argv[0], "help") == 0) {
		print_help();
		return 0;
	}
	if (open_log(&options, err) < 0 || choose_manager(&options, &global, err) < 0 ||
	    choose_root(options.root, root, sizeof root, &global.root, err) < 0)
		return -err->code;
	command = find_command(argv[0]);
	if (!command)
		return error_set(err, EINVAL, "unknown command \"%s\" (see kist --help)", argv[0]);
	return run_command(command, &global, argv + 1, err);
}

/* Once, for people on stderr and for callers in the log. */
static void print_error(const struct error *err)
{
	char text[ESCAPE_FACTOR * sizeof err->text + 1];

	escape(text, sizeof text, err->text, ESCAPE_TEXT);
	fprintf(stderr, "kist: %s\n", text);
	container_log(CONTAINER_LOG_ERROR, "%s", err->text);
}

int main(int argc, char **argv)
{
	struct error err;
	int status;

	secure_stdio();
	/* Nothing here is made for callers who may not do themselves what kist does for them. */
	if (argc < 1 || getauxval(AT_SECURE)) {
		fputs("kist: refuses to run set-user-ID\n", stderr);
		return EXIT_FAILURE;
	}
	status = run_global(argv + 1, &err);
	/* Half an answer must not pass for one. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && status >= 0)
		status = error_errno(&err, "write to stdout");
	if (status < 0)
		print_error(&err);
	return status < 0 ? EXIT_FAILURE : status;
}
