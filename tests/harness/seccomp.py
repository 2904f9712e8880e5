# SPDX-License-Identifier: LGPL-2.1-or-later
"""Filters for the probe, and an agent that answers for the kernel (seccomp_unotify(2))."""

import errno
import fcntl
import json
import select
import socket
import struct
import threading


def rule(names, action, **more):
    return {"names": names, "action": action, **more}


PROBE_CALLS = (
    "access arch_prctl brk close dup dup2 execve exit exit_group fcntl fstat fstatfs futex "
    "getcwd getdents64 getegid geteuid getgid getgroups getpgid getpid getppid getrandom "
    "getresgid getresuid getrlimit getsid getuid ioctl lseek lstat mmap mprotect munmap "
    "newfstatat open openat prctl prlimit64 read readlink rseq rt_sigaction rt_sigprocmask "
    "set_robust_list set_tid_address setfsgid setfsuid socket stat statfs umask uname write "
    "bind capget getsockname mkdir recvmsg rmdir sendto sysinfo "
    "get_mempolicy getpriority ioprio_get keyctl personality sched_getaffinity sched_getattr"
).split()


RECV, SEND = 0xC0502100, 0xC0182101

CONTINUE = 1
NUMBERS = {"uname": 63, "mkdir": 83, "sendmsg": 46, "recvmsg": 47, "close_range": 436, "execve": 59}


class Agent(threading.Thread):
    """Serves one listener. answers: {call: errno, or 0 to let the kernel go on}."""

    def __init__(self, path, answers):
        super().__init__(daemon=True)
        self.answers = {NUMBERS[name]: answer for name, answer in answers.items()}
        self.state, self.after, self.descriptors, self.calls = None, None, [], []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(str(path))
        self.socket.listen(4)
        self.start()

    def run(self):
        connection, _ = self.socket.accept()
        with connection:
            data, self.descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 8)
            self.state = json.loads(data)
            self.after = connection.recv(1)
        if self.descriptors:
            self.serve(self.descriptors[0])

    def serve(self, listener):
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        while True:
            ready = poll.poll(20000)
            if not ready or ready[0][1] & select.POLLHUP:
                return
            request = bytearray(80)
            try:
                fcntl.ioctl(listener, RECV, request)
            except OSError as error:
                assert error.errno == errno.ENOENT  # the caller has gone meanwhile
                continue
            identity, _, _, number = struct.unpack_from("QIIi", request)
            self.calls.append(number)
            code = self.answers.get(number, 0)
            reply = struct.pack("QqiI", identity, 0, -code, 0 if code else CONTINUE)
            fcntl.ioctl(listener, SEND, bytearray(reply))
