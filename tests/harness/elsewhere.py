# SPDX-License-Identifier: LGPL-2.1-or-later
"""Another host than this one: namespaces to run the runtime in, and kernels that lack a call."""

import signal
import subprocess
import sys


class RuntimeUnderSomething:
    """A process that holds namespaces of its own, for tests that need another host."""

    def __init__(self, *unshare, setup=":"):
        # What it has forked is in the way of nobody, and would stay.
        forks = ["--kill-child"] if "--fork" in unshare else []
        self.process = subprocess.Popen(
            ["unshare", *unshare, *forks, "sh", "-c", f"set -e; {setup}; echo ready; exec sleep 1000"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    def namespace(self, kind):
        return f"/proc/{self.process.pid}/ns/{kind}"

    def enter(self, *flags):
        return ["nsenter", "-t", str(self.process.pid), *flags, "--"]

    def end(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


# Classic BPF (seccomp(2)): one system call fails, the others do not; or only where an argument has
# one of some bits.
WITHOUT_SYSTEM_CALL = """
import ctypes, os, struct, sys
number, code, argument, bits = map(int, sys.argv[1:5])
only = [(0x20, 0, 0, 16 + 8 * argument), (0x45, 0, 1, bits)] if bits else []
program = b"".join(struct.pack("HBBI", *instruction) for instruction in [
    (0x20, 0, 0, 0), (0x15, 0, 1 + len(only), number), *only,
    (0x06, 0, 0, 0x00050000 | code), (0x06, 0, 0, 0x7fff0000)])
instructions = ctypes.create_string_buffer(program)


class Program(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("at", ctypes.c_void_p)]
filter = Program(len(program) // 8, ctypes.addressof(instructions))
assert ctypes.CDLL(None).prctl(22, 2, ctypes.byref(filter), 0, 0) == 0
os.execvp(sys.argv[5], sys.argv[5:])
"""


def without_system_call(number, code, argument=0, bits=0):
    """For Kist.prefix: a kernel, or a sandbox, that answers a system call with an error."""
    return [sys.executable, "-c", WITHOUT_SYSTEM_CALL,
            *map(str, (number, code, argument, bits))]
