/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runtime/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/activation.h"
#include "runtime/seal.h"

#define AT(member) OPTION_AT(struct command_options, member)

/* clang-format off */
#define HELP {"help", 'h', AT(help), NULL, "print this help"}
#define BUNDLE {"bundle", 'b', AT(container.bundle), "DIR", "the bundle; default: the working directory"}
#define CONFIG {"config", 'f', AT(container.config), "FILE", "the configuration in it; default: config.json"}
#define REGEX {"regex", 'r', AT(regex), NULL, "ID is a regular expression: every container that it matches"}
#define PROCESS_OPTIONS \
	{"console-socket", 0, AT(container.console_socket), "PATH", "socket that gets the terminal's leader"}, \
	{"pidfd-socket", 0, AT(container.pidfd_socket), "PATH", "socket that gets a pidfd of the process"}, \
	{"pid-file", 0, AT(container.pid_file), "FILE", "write the pid of the process there"}, \
	{"preserve-fds", 0, AT(container.preserve_fds), "N", "pass N descriptors, from 3 on, to the container"}
#define DETACH {"detach", 'd', AT(container.detach), NULL, "return once the program runs"}
#define CREATE_OPTIONS \
	HELP, BUNDLE, CONFIG, PROCESS_OPTIONS, \
	{"no-pivot", 0, AT(container.no_pivot), NULL, "change the root without pivot_root (on a ramdisk)"}, \
	{"no-subreaper", 0, AT(no_subreaper), NULL, "do not adopt the container's orphans"}, \
	{"no-new-keyring", 0, AT(container.no_new_keyring), NULL, "keep the caller's session keyring"}

static const struct option help_options[] = {HELP};
static const struct option create_options[] = {CREATE_OPTIONS};
static const struct option run_options[] = {
	CREATE_OPTIONS,
	DETACH,
	{"keep", 0, AT(keep), NULL, "do not delete the container when it ends"},
	{"rootfs", 0, AT(container.rootfs), "DIR", "no bundle: the default configuration with this root"},
	{"ephemeral", 0, AT(container.ephemeral), NULL, "throw changes to the root filesystem away"},
	{"overlay", 0, AT(container.overlay), "DIR", "keep changes to the root filesystem in DIR/upper"},
};
static const struct option exec_options[] = {
	HELP, PROCESS_OPTIONS, DETACH,
	{"process", 'p', AT(process), "FILE", "a process as in config.json, instead of the container's"},
	{"tty", 't', AT(exec.terminal), NULL, "give it a terminal"},
	{"cwd", 0, AT(exec.cwd), "DIR", "its working directory in the container"},
	{"env", 'e', AT(exec.env), "NAME=VALUE", "one more variable"},
	{"user", 'u', AT(exec.user), "UID[:GID]", "who it is"},
	{"additional-gids", 'g', AT(exec.additional_gids), "GID", "one more group"},
	{"cap", 'c', AT(exec.capabilities), "CAP_NAME", "one more capability: bounding, permitted, effective"},
	{"no-new-privs", 0, AT(exec.no_new_privileges), NULL, "execve never grants it privileges"},
	{"apparmor", 0, AT(exec.apparmor), "PROFILE", "AppArmor profile of the process"},
	{"process-label", 0, AT(exec.process_label), "LABEL", "SELinux label of the process"},
	{"cgroup", 0, AT(exec.cgroups), "[CTRL,...:]PATH", "a cgroup below the container's"},
	{"ignore-paused", 0, AT(exec.ignore_paused), NULL, "in a paused container, too, where it waits"},
};
static const struct option kill_options[] = {
	HELP,
	{"all", 'a', AT(all), NULL, "every process of the container"},
	REGEX,
};
static const struct option delete_options[] = {
	HELP,
	{"force", 'f', AT(force), NULL, "kill a running container first"},
	REGEX,
};
static const struct word list_formats[] = {{"table", false}, {"json", true}};
static const struct option list_options[] = {
	HELP,
	{"format", 'f', AT(json), "FORMAT", "table or json", WORDS("format", list_formats)},
	{"quiet", 'q', AT(quiet), NULL, "ids only"},
};
static const struct option spec_options[] = {
	HELP, BUNDLE,
	{"file", 'f', AT(container.config), "FILE", "the file to write in it; default: config.json"},
	{"rootless", 0, AT(rootless), NULL, "for an ordinary user"},
};
static const struct option plan_options[] = {HELP, BUNDLE, CONFIG};

static int seal(const struct command_options *, char **, struct error *);
static int seal_run(const struct command_options *, char **, struct error *);

/* The options of a command, with a hint for the error about an unknown option: what the caller may
 * have meant. */
#define HINTED(rows, words) {.at = rows, .count = sizeof(rows) / sizeof *(rows), .before = &global_options, .hint = words}
#define OPTIONS_OF(rows) HINTED(rows, NULL)

const struct command commands[] = {
	{"completion", "SHELL", "print a script that completes command lines", OPTIONS_OF(help_options), 1, 1, command_completion},
	{"create", "[OPTION...] ID", "create a container that waits for start", OPTIONS_OF(create_options), 1, 1, command_create, .seal = seal, .activated = true},
	{"delete", "[OPTION...] ID", "remove a stopped container", OPTIONS_OF(delete_options), 1, 1, command_delete},
	{"exec", "[OPTION...] ID [CMD [ARG...]]", "run another process in a container", OPTIONS_OF(exec_options), 1, -1, command_exec, .seal = seal, .words = 2, .failure = 255},
	{"features", "", "print what this kist supports", OPTIONS_OF(help_options), 0, 0, command_features},
	{"help", "[COMMAND]", "print this help, or a command's", OPTIONS_OF(help_options), 0, 1, command_help},
	{"kill", "[OPTION...] ID [SIGNAL]", "send a signal, SIGTERM by default", HINTED(kill_options, "the signal stands after the id"), 1, 2, command_kill},
	{"list", "[OPTION...]", "list containers", OPTIONS_OF(list_options), 0, 0, command_list},
	{"mounts", "add|remove ID FILE", "add or remove mounts of a running container", OPTIONS_OF(help_options), 3, 3, command_mounts, .seal = seal},
	{"plan", "[OPTION...] [ID]", "print what create would do", OPTIONS_OF(plan_options), 0, 1, command_plan},
	{"run", "[OPTION...] ID [-- CMD [ARG...]]", "create and start a container, and wait for it", HINTED(run_options, "the options of a CMD stand after --"), 1, -1, command_run, .seal = seal_run, .activated = true},
	{"spec", "[OPTION...]", "write a default config.json", OPTIONS_OF(spec_options), 0, 0, command_spec},
	{"start", "ID", "execute the program of a created container", OPTIONS_OF(help_options), 1, 1, command_start},
	{"state", "ID", "print the state of a container", OPTIONS_OF(help_options), 1, 1, command_state},
};
/* clang-format on */

const size_t command_count = sizeof commands / sizeof *commands;

static const struct command *look_up(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

bool command_exists(const char *name)
{
	return look_up(name);
}

static const struct command *find_command(const char *name, struct error *err)
{
	const struct command *found = look_up(name);
	const char *closest = NULL;

	if (found)
		return found;
	for (size_t i = 0; i < command_count; i++)
		closest = name_closer(closest, commands[i].name, name);
	if (closest)
		error_set(err, EINVAL, "unknown command \"%s\" (did you mean \"%s\"?)", name,
			  closest);
	else
		error_set(err, EINVAL, "unknown command \"%s\" (see kist --help)", name);
	return NULL;
}

void command_print_all(void)
{
	printf("usage: kist [OPTION...] COMMAND [ARG...]\n\nRun OCI containers.\n\ncommands:\n");
	for (size_t i = 0; i < command_count; i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].summary);
	printf("\noptions:\n");
	options_print(&global_options, stdout);
}

static void print_help(const struct command *command)
{
	printf("usage: kist %s%s%s\n\n%s\n\noptions:\n", command->name, *command->usage ? " " : "",
	       command->usage, command->summary);
	options_print(&command->options, stdout);
}

int command_help(const struct global *global, struct command_options *options, char **argv,
		 struct error *err)
{
	const struct command *command;

	(void)global;
	(void)options;
	if (!argv[0]) {
		command_print_all();
		return 0;
	}
	command = find_command(argv[0], err);
	if (!command)
		return -err->code;
	print_help(command);
	return 0;
}

/* Descriptors that the caller has left open must not reach the container by accident. Those that he
 * means to pass stay as they are: kist's own files are all close-on-exec, so the two can be told
 * apart. */
static void secure_descriptors(unsigned preserved)
{
	close_range(STDERR_FILENO + 1 + preserved, ~0U, CLOSE_RANGE_CLOEXEC);
}

int command_failure(const char *name)
{
	const struct command *command = name ? look_up(name) : NULL;

	return command && command->failure ? command->failure : EXIT_FAILURE;
}

static int check_count(const struct command *command, int count, struct error *err)
{
	if (count >= command->least && (command->most < 0 || count <= command->most))
		return 0;
	return error_set(err, EINVAL, "%s: too %s arguments; usage: kist %s %s", command->name,
			 count < command->least ? "few" : "many", command->name, command->usage);
}

static int seal(const struct command_options *options, char **call, struct error *err)
{
	(void)options;
	return seal_executable(call, err);
}

static int seal_run(const struct command_options *options, char **call, struct error *err)
{
	return options->container.detach ? seal_executable(call, err) : seal_lightly(call, err);
}

static int call(const struct command *command, const struct global *global,
		struct command_options *options, char **argv, struct error *err)
{
	int count = options_parse(&command->options, argv, command->words, options, err);
	int status;

	if (count < 0)
		return error_wrap(err, "%s", command->name);
	if (options->help) {
		print_help(command);
		return 0;
	}
	if (check_count(command, count, err) < 0)
		return -err->code;
	if (command->activated && activation_read(&options->container, err) < 0)
		return error_wrap(err, "%s", command->name);
	/* Kist is executed again here with the same words, of which a path such as /dev/fd/5 may
	 * name a descriptor of the caller. So this comes before the descriptors become
	 * close-on-exec. */
	if (command->seal && command->seal(options, global->call, err) < 0)
		return error_wrap(err, "%s", command->name);
	secure_descriptors(options->container.preserve_fds);
	options->container.root = global->root;
	options->container.command_line = global->command_line;
	options->container.cgroup_manager = (enum container_cgroup_manager)global->cgroup_manager;
	status = command->run(global, options, argv, err);
	if (status >= 0)
		return status;
	return argv[0] ? error_wrap(err, "%s %s", command->name, argv[0])
		       : error_wrap(err, "%s", command->name);
}

int command_call(const struct global *global, char **argv, struct error *err)
{
	const struct command *command = find_command(argv[0], err);
	struct command_options options = {0};
	int status;

	if (!command)
		return -err->code;
	status = call(command, global, &options, argv + 1, err);
	options_finish(&command->options, &options);
	return status;
}
