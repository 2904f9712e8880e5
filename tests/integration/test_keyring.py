# SPDX-License-Identifier: LGPL-2.1-or-later
"""Session keyrings: whoever has one may use the keys in it, so a container has its own."""

import ctypes
import errno
import json
import os
import platform
import subprocess
import sys

import pytest

from harness import without_system_call

NUMBERS = {"x86_64": (248, 250), "aarch64": (217, 219)}
ADD_KEY, KEYCTL = NUMBERS[platform.machine()]
JOIN_SESSION_KEYRING = 1
SESSION = -3

libc = ctypes.CDLL(None, use_errno=True)


def caller_with_a_secret():
    """For preexec_fn: a session keyring with a key in it."""
    libc.syscall(KEYCTL, JOIN_SESSION_KEYRING, None)
    libc.syscall(ADD_KEY, b"user", b"secret", b"value", ctypes.c_size_t(5), SESSION)


def keyring(report):
    """The description of the probe's: type;uid;gid;permissions;name."""
    return report["keyring"]["description"].split(";")


def test_a_keyring_of_its_own(kist, bundle):
    id = kist.new_id()
    report = kist.report(bundle, id=id, preexec_fn=caller_with_a_secret)
    assert keyring(report)[4].startswith(f"_ses.{id}.")
    assert report["keyring"]["secret"] == errno.ENOKEY


def test_the_callers_on_demand(kist, bundle):
    report = kist.report(bundle, flags=["--no-new-keyring"], preexec_fn=caller_with_a_secret)
    assert keyring(report)[4] == "_ses"
    assert report["keyring"]["secret"] == 0


@pytest.mark.parametrize("flags", [[], ["--no-new-keyring"]])
def test_create(kist, bundle, flags):
    bundle.probe("report")
    container = kist.create(bundle, *flags, preexec_fn=caller_with_a_secret)
    record = json.loads((kist.root / container.id / "record.json").read_text())
    container.start()
    report = container.wait_for_report()
    assert report["keyring"]["secret"] == (0 if flags else errno.ENOKEY)
    # By this name a process that joins the container finds it.
    assert record.get("keyring") == (None if flags else keyring(report)[4])


@pytest.mark.parametrize("uid", [0, 1000])
def test_containers_do_not_share_one(kist, bundle, uid):
    """Nor do two of one name, after one another or of different roots."""
    bundle.process["user"] = {"uid": uid, "gid": uid}
    id = kist.new_id()
    first, second = (kist.report(bundle, id=id)["keyring"] for _ in range(2))
    assert first["id"] != second["id"] and first["description"] != second["description"]


def test_in_a_user_namespace(kist, bundle):
    bundle.linux["namespaces"].append({"type": "user"})
    for kind in ("uidMappings", "gidMappings"):
        bundle.linux[kind] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    report = kist.report(bundle, preexec_fn=caller_with_a_secret)
    assert keyring(report)[1:4] == ["0", "0", "3f1b0000"]
    assert report["keyring"]["secret"] == errno.ENOKEY


HOARDER = f"""
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
os.setgid(723456); os.setuid(723456)
libc.syscall({KEYCTL}, {JOIN_SESSION_KEYRING}, None)
number = 0
while libc.syscall({ADD_KEY}, b"user", b"%d" % number, b"x", ctypes.c_size_t(1), {SESSION}) >= 0:
    number += 1
print(ctypes.get_errno(), flush=True)
time.sleep(1000)
"""


def test_no_room_for_one(kist, bundle):
    """Rather no container than one with the caller's keys."""
    bundle.linux["namespaces"].append({"type": "user"})
    for kind in ("uidMappings", "gidMappings"):
        bundle.linux[kind] = [{"containerID": 0, "hostID": 723456, "size": 65536}]
    hoarder = subprocess.Popen([sys.executable, "-c", HOARDER], stdout=subprocess.PIPE, text=True)
    try:
        assert hoarder.stdout.readline() == f"{errno.EDQUOT}\n"
        kist.refuses(bundle, r"keyring: join _ses\..*Disk quota exceeded \(.*maxkeys")
        assert kist.runs(bundle.probe("echo", "ran"), "--no-new-keyring").out == "ran\n"
    finally:
        hoarder.kill()
        hoarder.wait()
        hoarder.stdout.close()


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EPERM])
def test_where_there_are_no_keys(kist, bundle, work, code):
    """A kernel without them, or a runtime that may not use them: nothing to keep apart."""
    log = work / "log"
    bundle.probe("echo", "ran").write()
    kist.prefix = without_system_call(KEYCTL, code)
    result = kist("--log", log, "run", "--bundle", bundle.path, kist.new_id())
    assert (result.code, result.out, result.err) == (0, "ran\n", "")
    assert f"no session keyring: {os.strerror(code)}" in log.read_text()
    kist.prefix = []


def test_where_it_is_refused(kist, bundle):
    kist.prefix = without_system_call(KEYCTL, errno.EACCES)
    kist.refuses(bundle, r"keyring: join _ses\.kt.*: Permission denied")
    kist.prefix = []
