/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The main function of kist, which calls the command that the command line names. This is the one
 * place that prints an error, and that makes an exit status of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "runtime/command.h"
#include "runtime/global.h"
#include "spec/cleanup.h"
#include "spec/escape.h"

/* What kist was called with, from before anything was changed. */
struct call {
	void (*on_broken_pipe)(int); /* what the caller has set for SIGPIPE */
	char **words;
	struct container_command_line place; /* where /proc/PID/cmdline shows it */
};

/* Descriptors 0, 1 and 2 must be open, or the first files that kist opens would be taken for
 * standard streams. */
static void secure_stdio(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static int dispatch(char **argv, const struct call *call, int *failure, struct error *err)
{
	struct global global;

	if (global_read(&global, argv, err) < 0)
		return -err->code;
	global.call = call->words;
	global.command_line = call->place;
	*failure = command_failure(argv[0]);
	if (global.version) {
		fputs(container_version(), stdout);
		return 0;
	}
	if (global.help || !argv[0]) {
		command_print_all();
		return 0;
	}
	return command_call(&global, argv, err);
}

/* The kernel puts the words one after the other. */
static struct container_command_line find_command_line(int argc, char **argv)
{
	char *end = argv[0];

	for (int i = 0; i < argc && argv[i] == end; i++)
		end += strlen(end) + 1;
	return (struct container_command_line){argv[0], (size_t)(end - argv[0])};
}

static char *copy_word(const char *word)
{
	char *copy = strdup(word);

	if (!copy)
		abort();
	return copy;
}

/* Init overwrites the place where the kernel has put the words, but kist needs them to the end. */
static void move_words(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		argv[i] = copy_word(argv[i]);
}

/* Parsing takes the options out of argv, so the whole command line is kept in a copy. */
static char **copy_words(int argc, char **argv)
{
	char **copy = reallocarray(NULL, (size_t)argc + 1, sizeof *copy);

	if (!copy)
		abort();
	memcpy(copy, argv, ((size_t)argc + 1) * sizeof *copy);
	return copy;
}

static void free_words(char **words)
{
	for (char **word = words; *word; word++)
		free(*word);
	free(words);
}

/* The buffer has room for any output but the longest. So it is the last write that fails, whose
 * errno is known then. */
static void buffer_stdout(void)
{
	static char buffer[1 << 16];

	setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
}

/* Half an output must not pass for a whole one. But a reader that has left wants none (`kist list |
 * head`): then kist ends by SIGPIPE, as it would have without ignoring it. */
static int finish_stdout(const struct call *call, struct error *err)
{
	errno = EIO;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	if (errno == EPIPE) {
		signal(SIGPIPE, call->on_broken_pipe);
		raise(SIGPIPE);
		errno = EPIPE;
	}
	return error_errno(err, "write to stdout");
}

/* An error goes to stderr for people, and to the log for callers. */
static void print_error(const struct error *err)
{
	char text[ESCAPE_FACTOR * sizeof err->text + 1];

	escape(text, sizeof text, err->text, ESCAPE_TEXT);
	fprintf(stderr, "kist: %s\n", text);
	container_log(CONTAINER_LOG_ERROR, "%s", err->text);
}

int main(int argc, char **argv)
{
	struct call call;
	struct error err;
	int failure = EXIT_FAILURE;
	int status;

	secure_stdio();
	/* Nothing in kist is made for callers who may not do themselves what kist does for them. */
	if (argc < 1 || getauxval(AT_SECURE)) {
		fputs("kist: refuses to run set-user-ID\n", stderr);
		return EXIT_FAILURE;
	}
	/* Whoever reads the log or the errors may leave, which is no reason to stop in the
	 * middle. */
	call.on_broken_pipe = signal(SIGPIPE, SIG_IGN);
	buffer_stdout();
	call.place = find_command_line(argc, argv);
	move_words(argc, argv);
	call.words = copy_words(argc, argv);
	status = dispatch(argv + 1, &call, &failure, &err);
	if (status >= 0 && finish_stdout(&call, &err) < 0)
		status = -err.code;
	if (status < 0)
		print_error(&err);
	free_words(call.words);
	return status < 0 ? failure : status;
}
