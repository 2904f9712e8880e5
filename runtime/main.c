/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kist: the command line. The one place that prints an error, and the exit status.
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

/* What kist was called with. */
struct call {
	void (*on_broken_pipe)(int); /* SIGPIPE */
	char **words;
	struct container_command_line place; /* where the kernel shows it */
};

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

/* One word after the other, as the kernel puts them. */
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

/* Init overwrites the place where they were. They are needed to the end. */
static void move_words(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		argv[i] = copy_word(argv[i]);
}

/* Options are taken out of argv. */
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

/* Room for any answer but the longest, so that it is the last write that fails, whose reason is
 * known. */
static void buffer_stdout(void)
{
	static char buffer[1 << 16];

	setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
}

/* Half an answer must not pass for one; but a reader that has left wants none (`kist list | head`). */
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
	struct call call;
	struct error err;
	int failure = EXIT_FAILURE;
	int status;

	secure_stdio();
	/* Nothing here is made for callers who may not do themselves what kist does for them. */
	if (argc < 1 || getauxval(AT_SECURE)) {
		fputs("kist: refuses to run set-user-ID\n", stderr);
		return EXIT_FAILURE;
	}
	/* Whoever reads the log, or the errors, may leave: no reason to stop in the middle. */
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
