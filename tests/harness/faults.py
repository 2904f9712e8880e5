# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kill the runtime at a system call of one's choice, with strace."""

import os
import signal
import subprocess

from .host import TAG

ENVIRONMENT = {**os.environ, "KIST_TEST": TAG}


def syscalls_of_create(kist, bundle, id):
    """How many system calls kist itself, without init, makes in a create."""
    trace = kist.scratch / "trace"
    subprocess.run(
        ["strace", "-qq", "-o", trace, *kist.command("create", "--bundle", bundle.path, id)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
        check=True,
    )
    kist.ok("delete", "--force", id)
    lines = trace.read_text().splitlines()
    names = [line.split("(")[0] for line in lines if "(" in line and not line.startswith("---")]
    first = next(i for i, line in enumerate(lines) if "record.json" in line or "mkdirat" in line)
    return names, first


def kill_at(kist, bundle, id, name, occurrence):
    """Run create and kill kist as it enters the nth call of a name. Return whether that happened."""
    code = subprocess.run(
        [
            "strace",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            f"inject={name}:signal=SIGKILL:when={occurrence}",
            *kist.command("create", "--bundle", bundle.path, id),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
        timeout=60,
    ).returncode
    # strace ends as what it traces did.
    return code == -signal.SIGKILL
