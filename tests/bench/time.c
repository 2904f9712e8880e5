/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Measures commands against each other: rounds in which every job runs once, so that whatever
 * disturbs the machine disturbs all of them alike. The order is another one in each round, because
 * the kernel takes down a network namespace behind the back of the job that comes next.
 *
 *     time ROUNDS WARMUP PAUSE_US JOB...
 *     JOB: +job NAME [+without-cgroup2] COMMAND [ARG...] [+then COMMAND [ARG...]]... [+reap]...
 *
 * A job's commands run one after the other and are timed as one. "+reap" after a command waits, as
 * part of the job, until every process is gone that it or an earlier one has left behind: this
 * program is their subreaper, so that no zombie depends on the mood of process 1.
 * "+without-cgroup2" runs the job in a mount namespace that has no cgroup2, for runtimes that do
 * not cope with cgroup v1 and cgroup2 side by side; entering it is not timed.
 *
 * The first WARMUP rounds are not counted. Between two jobs there are PAUSE_US microseconds for the
 * kernel to finish what it does in the background.
 *
 * Output, one line for each job and round: NAME TAB nanoseconds TAB KiB, where the last is the
 * largest resident set of any process that was waited for (ru_maxrss). A process starts with the
 * resident set of its creator there, so this program is static and small, and no figure is below
 * its own. A command that fails ends it: exit status 1.
 *
 * The commands' standard output is /dev/null. See posix_spawn(3), wait4(2), getrusage(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct command {
	char **argv; /* ends in NULL */
	bool reap;   /* afterwards */
};

enum { COMMANDS = 8, JOBS = 128 };

struct job {
	const char *name;
	bool without_cgroup2;
	size_t count;
	struct command commands[COMMANDS];
};

struct sample {
	const struct job *job;
	long ns;
	long kib;
};

struct bench {
	long rounds, warmup, pause_us;
	size_t count;
	struct job jobs[JOBS];
	int home, without_cgroup2; /* mount namespaces; -1 when no job needs them */
};

__attribute__((noreturn)) static void die(const char *what, const char *why)
{
	fprintf(stderr, "time: %s: %s\n", what, why);
	exit(1);
}

static void die_errno(const char *what)
{
	die(what, strerror(errno));
}

/*
 * Arguments
 */

static struct command *command_add(struct job *job, char **argv)
{
	if (job->count == COMMANDS)
		die(job->name, "too many commands");
	job->commands[job->count].argv = argv;
	return &job->commands[job->count++];
}

static struct job *job_add(struct bench *bench, const char *name)
{
	if (bench->count == JOBS)
		die(name, "too many jobs");
	bench->jobs[bench->count].name = name;
	return &bench->jobs[bench->count++];
}

static void jobs_check(const struct bench *bench)
{
	if (bench->count == 0)
		die("arguments", "no +job");
	for (size_t i = 0; i < bench->count; i++) {
		const struct job *job = &bench->jobs[i];

		if (job->count == 0)
			die(job->name, "no command");
		for (size_t j = 0; j < job->count; j++)
			if (!job->commands[j].argv[0])
				die(job->name, "empty command");
	}
}

/* The words that begin with a plus become the NULL that ends the command before them. */
static void jobs_read(struct bench *bench, char **argv)
{
	struct job *job = NULL;
	struct command *command = NULL;

	for (; *argv; argv++) {
		char *word = *argv;

		if (word[0] != '+') {
			if (!job)
				die(word, "expected +job");
			if (!command)
				command = command_add(job, argv);
			continue;
		}
		*argv = NULL;
		if (strcmp(word, "+job") == 0 && argv[1]) {
			job = job_add(bench, *++argv);
			command = NULL;
		} else if (strcmp(word, "+without-cgroup2") == 0 && job) {
			job->without_cgroup2 = true;
		} else if (strcmp(word, "+reap") == 0 && command) {
			command->reap = true;
		} else if (strcmp(word, "+then") == 0 && command) {
			command = NULL;
		} else {
			die(word, "misplaced or unknown");
		}
	}
	jobs_check(bench);
}

static long number_read(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (end == text || *end || number < 0)
		die(text, "not a number");
	return number;
}

/*
 * The mount namespace without cgroup2
 */

static int namespace_open(void)
{
	int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die_errno("/proc/self/ns/mnt");
	return fd;
}

static void cgroup2_unmount(void)
{
	char line[4096], path[4096], type[64];
	FILE *mounts = fopen("/proc/self/mounts", "re");

	if (!mounts)
		die_errno("/proc/self/mounts");
	while (fgets(line, sizeof line, mounts))
		if (sscanf(line, "%*s %4095s %63s", path, type) == 2 &&
		    strcmp(type, "cgroup2") == 0 && umount2(path, MNT_DETACH) < 0)
			die_errno(path);
	fclose(mounts);
}

static void namespaces_make(struct bench *bench)
{
	bool wanted = false;

	for (size_t i = 0; i < bench->count; i++)
		wanted |= bench->jobs[i].without_cgroup2;
	if (!wanted)
		return;
	bench->home = namespace_open();
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die_errno("mount namespace");
	cgroup2_unmount();
	bench->without_cgroup2 = namespace_open();
	if (setns(bench->home, CLONE_NEWNS) < 0)
		die_errno("setns");
}

/*
 * Running
 */

static long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

static void process_check(const struct job *job, const char *command, int status)
{
	if (status == 0)
		return;
	fprintf(stderr, "time: %s: %s: %s %d\n", job->name, command,
		WIFEXITED(status) ? "exit status" : "killed by signal",
		WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	exit(1);
}

static void orphans_reap(long *kib)
{
	struct rusage usage;

	while (wait4(-1, NULL, 0, &usage) > 0)
		if (usage.ru_maxrss > *kib)
			*kib = usage.ru_maxrss;
}

static void command_run(const struct job *job, const struct command *command, long *kib)
{
	struct rusage usage;
	pid_t pid;
	int status, code = posix_spawn(&pid, command->argv[0], NULL, NULL, command->argv, environ);

	if (code)
		die(command->argv[0], strerror(code));
	if (wait4(pid, &status, 0, &usage) < 0)
		die_errno("wait4");
	process_check(job, command->argv[0], status);
	if (usage.ru_maxrss > *kib)
		*kib = usage.ru_maxrss;
	if (command->reap)
		orphans_reap(kib);
}

static struct sample job_run(const struct bench *bench, const struct job *job)
{
	struct sample sample = {.job = job};
	long start;

	if (job->without_cgroup2 && setns(bench->without_cgroup2, CLONE_NEWNS) < 0)
		die_errno("setns");
	start = now_ns();
	for (size_t i = 0; i < job->count; i++)
		command_run(job, &job->commands[i], &sample.kib);
	sample.ns = now_ns() - start;
	if (job->without_cgroup2 && setns(bench->home, CLONE_NEWNS) < 0)
		die_errno("setns");
	return sample;
}

/* xorshift32: the same orders in every call, so that two of them can be compared. */
static uint32_t random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Fisher-Yates */
static void order_shuffle(size_t *order, size_t count, uint32_t *state)
{
	for (size_t i = count; i > 1; i--) {
		size_t other = random_next(state) % i;
		size_t moved = order[i - 1];

		order[i - 1] = order[other];
		order[other] = moved;
	}
}

static void samples_take(const struct bench *bench, struct sample *samples)
{
	size_t order[JOBS];
	uint32_t state = 1;

	for (size_t i = 0; i < bench->count; i++)
		order[i] = i;
	for (long round = -bench->warmup; round < bench->rounds; round++) {
		order_shuffle(order, bench->count, &state);
		for (size_t i = 0; i < bench->count; i++) {
			struct sample sample = job_run(bench, &bench->jobs[order[i]]);

			if (round >= 0)
				*samples++ = sample;
			usleep((useconds_t)bench->pause_us);
		}
	}
}

static FILE *output_take(void)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	FILE *output = fdopen(fd, "w");

	if (!output || null < 0 || dup2(null, STDOUT_FILENO) < 0)
		die_errno("standard output");
	return output;
}

int main(int argc, char **argv)
{
	static struct bench bench = {.home = -1, .without_cgroup2 = -1};
	struct sample *samples;
	FILE *output;

	if (argc < 5)
		die("usage", "time ROUNDS WARMUP PAUSE_US +job NAME COMMAND...");
	bench.rounds = number_read(argv[1]);
	bench.warmup = number_read(argv[2]);
	bench.pause_us = number_read(argv[3]);
	jobs_read(&bench, argv + 4);
	output = output_take();
	namespaces_make(&bench);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	samples = calloc((size_t)bench.rounds * bench.count + 1, sizeof *samples);
	if (!samples)
		die_errno("memory");
	samples_take(&bench, samples);
	for (long i = 0; i < bench.rounds * (long)bench.count; i++)
		fprintf(output, "%s\t%ld\t%ld\n", samples[i].job->name, samples[i].ns,
			samples[i].kib);
	return fclose(output) == 0 ? 0 : 1;
}
