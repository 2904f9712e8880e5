/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libcontainer/seccomp/thread.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "libcontainer/compat.h"
#include "libcontainer/process/sync.h"

enum { BEGUN, IDLE, ASKED, SPINNING, DONE };

/* The threads share libc's errno, too, which does no harm: only one of them makes system calls at a
 * time. */
static long futex(_Atomic uint32_t *word, int operation, uint32_t value)
{
	return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, NULL);
}

static void spin_until_done(struct seccomp_thread *thread)
{
	while (atomic_load(&thread->state) != DONE)
		cpu_relax();
}

static struct seccomp_thread *allocate(struct error *err)
{
	struct seccomp_thread *thread = mmap(NULL, sizeof *thread, PROT_READ | PROT_WRITE,
					     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (thread != MAP_FAILED)
		return thread;
	error_errno(err, "mmap");
	return NULL;
}

/* pthread_create(3) is of no use here, since it expects a process that libc has set up. */
static struct seccomp_thread *start_thread(struct seccomp_thread *thread, int (*run)(void *),
					   struct error *err)
{
	const int flags =
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;

	if (clone(run, thread->stack + sizeof thread->stack, flags, thread) >= 0)
		return thread;
	error_set(err, errno, "clone a second thread: %s%s", error_describe(errno),
		  errno == EAGAIN
			  ? " (do linux.resources.pids.limit or RLIMIT_NPROC leave no room?)"
			  : "");
	munmap(thread, sizeof *thread);
	return NULL;
}

/*
 * Load
 */

static int drop_bounding_set(void)
{
	for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return -1;
	return 0;
}

/* Give up all capabilities but CAP_SYS_ADMIN. The securebits keep root from getting others when
 * this thread executes a program. */
static int keep_only_sys_admin(void)
{
	const unsigned long securebits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
					 SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const uint32_t mask = 1U << CAP_SYS_ADMIN;
	struct __user_cap_data_struct data[2] = {{.effective = mask, .permitted = mask}};

	if (drop_bounding_set() < 0 || prctl(PR_SET_SECUREBITS, securebits, 0, 0, 0) < 0)
		return -1;
	return capset(&header, data);
}

/* Wait until init has made its last system call: it then sleeps, which is proven by waking it,
 * or spins. While init sleeps it leaves the processor, of which there may be only one, to this
 * thread. */
static void wait_for_init(struct seccomp_thread *thread)
{
	while (futex(&thread->turn, FUTEX_WAKE, 1) != 1 && atomic_load(&thread->state) != SPINNING)
		sched_yield();
}

static long load_into_all(const struct seccomp_thread *thread)
{
	long answer = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			      thread->flags | SECCOMP_FILTER_FLAG_TSYNC, thread->program);

	return answer < 0 ? -errno : answer;
}

__attribute__((noreturn)) static int run_load(void *context)
{
	struct seccomp_thread *thread = context;

	thread->answer = keep_only_sys_admin() < 0 ? -errno : 0;
	atomic_store(&thread->state, IDLE);
	futex(&thread->state, FUTEX_WAKE, 1);
	while (atomic_load(&thread->state) == IDLE)
		futex(&thread->state, FUTEX_WAIT, IDLE);
	wait_for_init(thread);
	thread->answer = load_into_all(thread);
	atomic_store(&thread->state, DONE);
	/* The filter is this thread's, too, and need not let the thread end: execve ends it. But if
	 * the filter ends init alone at execve, nobody would notice, so this thread then ends the
	 * process. */
	while (atomic_load(&thread->init))
		cpu_relax();
	__builtin_trap();
}

struct seccomp_thread *seccomp_thread_begin_load(const struct sock_fprog *program, unsigned flags,
						 struct error *err)
{
	struct seccomp_thread *thread = allocate(err);

	if (!thread)
		return NULL;
	thread->program = program;
	thread->flags = flags;
	if (!start_thread(thread, run_load, err))
		return NULL;
	while (atomic_load(&thread->state) == BEGUN)
		futex(&thread->state, FUTEX_WAIT, BEGUN);
	if (thread->answer == 0)
		return thread;
	error_set(err, (int)-thread->answer, "give up capabilities: %s",
		  error_describe((int)-thread->answer));
	return NULL;
}

long seccomp_thread_load(struct seccomp_thread *thread)
{
	uint32_t asked = ASKED;

	atomic_store(&thread->init, (uint32_t)syscall(SYS_set_tid_address, &thread->init));
	atomic_store(&thread->state, ASKED);
	futex(&thread->state, FUTEX_WAKE, 1);
	futex(&thread->turn, FUTEX_WAIT, 0);
	atomic_compare_exchange_strong(&thread->state, &asked, SPINNING);
	spin_until_done(thread);
	return thread->answer;
}

/*
 * Send
 */

static int send_listener(const struct seccomp_thread *thread)
{
	struct error err;

	if (sync_send_listener(thread->sync, thread->listener, &err) < 0)
		return -err.code;
	return sync_receive_go(thread->sync, &err);
}

static int run_send(void *context)
{
	struct seccomp_thread *thread = context;

	while (atomic_load(&thread->state) != ASKED)
		sched_yield();
	if (thread->listener >= 0) {
		/* A program without its agent would wait for ever, so the process ends. The system
		 * call is bare, since libc's function may be replaced by one that looks for its own
		 * stack (sanitizers). */
		if (send_listener(thread) < 0)
			syscall(SYS_exit_group, EXIT_FAILURE);
		close(thread->listener);
	}
	atomic_store(&thread->state, DONE);
	return 0;
}

struct seccomp_thread *seccomp_thread_begin_send(int sync, struct error *err)
{
	struct seccomp_thread *thread = allocate(err);

	if (!thread)
		return NULL;
	thread->sync = sync;
	return start_thread(thread, run_send, err);
}

void seccomp_thread_send(struct seccomp_thread *thread, int listener)
{
	thread->listener = listener;
	atomic_store(&thread->state, ASKED);
	spin_until_done(thread);
}
