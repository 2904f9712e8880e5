# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is left when something goes wrong in the middle: nothing, or what delete --force removes."""

import json
import os
import random
import resource
import signal
import subprocess
import time

import pytest

import harness
from harness import wait_until
from harness.faults import ENVIRONMENT, kill_at, syscalls_of_create


def spawn(kist, *args):
    return subprocess.Popen(
        kist.command(*args),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )


def busy_bundle(bundle):
    """Something of everything, so that there are many points to die at."""
    bundle.linux["resources"].update(pids={"limit": 100}, cpu={"shares": 512})
    bundle.linux["sysctl"] = {"net.ipv4.ip_forward": "1"}
    bundle.linux["devices"] = [{"path": "/dev/x", "type": "c", "major": 1, "minor": 3}]
    bundle.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["keyctl"], "action": "SCMP_ACT_ERRNO"}],
    }
    bundle.process["oomScoreAdj"] = int(open("/proc/self/oom_score_adj").read())
    bundle.mount("/data", "tmpfs", "tmpfs").bind("/etc/hosts", "/hosts")
    bundle.probe("wait").write()
    return bundle


def recover(kist, bundle, id, before):
    """delete --force removes whatever is there, and the id can be used again."""
    kist.ok("delete", "--force", id)
    harness.assert_unchanged(before, kist.root)
    container = kist.create(bundle, id=id)
    assert container.status == "created"
    container.delete("--force")
    harness.assert_unchanged(before, kist.root)


@pytest.mark.parametrize("command", ["create", "run"])
def test_killed_at_any_moment(kist, bundle, luck, command):
    busy_bundle(bundle)
    id = kist.new_id()
    kist.create(bundle, id=id).delete("--force")
    before = harness.HostPicture(kist.root)

    start = time.monotonic()
    kist.create(bundle, id=id).delete("--force")
    whole = time.monotonic() - start
    rounds = int(os.environ.get("KIST_KILL_ROUNDS", "40"))
    dice = random.Random(1)
    for _ in luck.rounds(rounds, "killed", least=rounds // 4):
        process = spawn(kist, command, "--bundle", bundle.path, id)
        time.sleep(dice.uniform(0, whole))
        process.kill()
        killed = process.wait() == -signal.SIGKILL
        luck["killed" if killed else "too late"] += 1
        # How long it takes changes with what else the machine has to do.
        whole *= 1.1 if killed else 0.9
        kist.ok("delete", "--force", id)
        harness.assert_unchanged(before, kist.root)
    recover(kist, bundle, id, before)
    luck.held()


@pytest.mark.skipif(not os.path.exists("/usr/bin/strace"), reason="needs strace")
def test_killed_at_every_system_call(kist, bundle):
    """From the first thing made to the last: each system call of the host side, one by one."""
    if os.environ.get("KIST_SANITIZED"):
        pytest.skip("the sanitizers' own calls are not kist's, and strace is in LeakSanitizer's way")
    busy_bundle(bundle)
    id = kist.new_id()
    kist.create(bundle, id=id).delete("--force")
    before = harness.HostPicture(kist.root)
    names, first = syscalls_of_create(kist, bundle, id)
    points = [(name, names[: i + 1].count(name)) for i, name in enumerate(names)][first:]
    stride = max(1, len(points) // int(os.environ.get("KIST_KILL_POINTS", "60")))
    for name, occurrence in points[::stride]:
        kill_at(kist, bundle, id, name, occurrence)
        result = kist("delete", "--force", id)
        assert (result.code, result.err) == (0, ""), f"killed at {name} #{occurrence}: {result}"
        try:
            harness.assert_unchanged(before, kist.root)
        except AssertionError as error:
            raise AssertionError(f"killed at {name} #{occurrence}: {error}") from None
    recover(kist, bundle, id, before)


def test_half_made_container_is_visible_and_only_force_removes_it(kist, bundle):
    """What a killed creator left has a state, is listed, and keeps its id until it is removed."""
    busy_bundle(bundle)
    id = kist.new_id()
    before = harness.HostPicture(kist.root)
    kill_at(kist, bundle, id, "clone3", 1)
    if not (kist.root / id).exists():
        pytest.skip("this build makes its process in another way")
    assert id in kist.ok("list", "-q").out.split()
    kist.fails("create", "--bundle", bundle.path, id, text="in use")
    recover(kist, bundle, id, before)


def test_init_dies_with_its_creator(kist, bundle):
    """End-of-file and the parent-death signal: no init waits for a host side that is gone."""
    busy_bundle(bundle)
    before = harness.HostPicture(kist.root)
    id = kist.new_id()
    killed = 0
    for name in ("recvmsg", "recvfrom", "poll", "ppoll", "prlimit64", "renameat"):
        if kill_at(kist, bundle, id, name, 1):
            killed += 1
            wait_until(lambda: not harness.tagged_processes(), f"init to end, killed at {name}")
        kist.ok("delete", "--force", id)
    assert killed, "no point of death was ever reached"
    harness.assert_unchanged(before, kist.root)


# Steps that fail: one for each stage of create, from the first to the last


def fails_in_sources(bundle):
    bundle.bind("/nonexistent", "/data")


def fails_in_cgroup(bundle):
    bundle.linux["resources"]["cpu"] = {"cpus": "9999"}


def fails_in_namespaces(bundle):
    bundle.namespace("network", "/proc/self/ns/uts")


def fails_in_mounts(bundle):
    bundle.mount("/data", "tmpfs", "tmpfs", ["size=x"])


def fails_in_devices(bundle):
    bundle.linux["devices"] = [{"path": "/etc/passwd", "type": "c", "major": 1, "minor": 3}]


def fails_in_sysctl(bundle):
    bundle.linux["sysctl"] = {"net.ipv4.ip_forward": "x"}


def fails_in_cwd(bundle):
    bundle.process["cwd"] = "/etc/passwd"


def fails_in_pid_file(bundle):
    pass


STAGES = [
    fails_in_sources,
    fails_in_cgroup,
    fails_in_namespaces,
    fails_in_mounts,
    fails_in_devices,
    fails_in_sysctl,
    fails_in_cwd,
    fails_in_pid_file,
]


@pytest.mark.parametrize("command", ["create", "run"])
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__.removeprefix("fails_in_"))
def test_failing_step(kist, bundle, command, stage):
    """No directory, cgroup, mount, process or network namespace: the host is what it was."""
    busy_bundle(bundle)
    stage(bundle)
    flags = ["--pid-file", "/nonexistent/pid"] if stage is fails_in_pid_file else []
    kist.refuses(bundle, None, *flags, command=command)


def test_failing_step_keeps_the_id_free(kist, bundle):
    fails_in_cwd(busy_bundle(bundle))
    bundle.write()
    id = kist.new_id()
    kist.fails("create", "--bundle", bundle.path, id)
    bundle.process["cwd"] = "/"
    kist.create(bundle, id=id).delete("--force")


@pytest.mark.parametrize("limit", range(3, 24, 2))
def test_no_descriptors_left(kist, bundle, limit):
    """EMFILE at any depth: an error, not a half container."""
    if os.environ.get("KIST_SANITIZED"):
        pytest.skip("the sanitizers need descriptors of their own")
    busy_bundle(bundle)
    before = harness.HostPicture(kist.root)
    id = kist.new_id()
    result = kist(
        "create",
        "--bundle",
        bundle.path,
        id,
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, 4096)),
    )
    if result.code == 0:
        kist.ok("delete", "--force", id)
    harness.assert_unchanged(before, kist.root)


# execve


@pytest.mark.parametrize("name", ["nonexistent", "/nonexistent"])
def test_missing_program_run(kist, bundle, name, host_unchanged):
    bundle.args = [name]
    bundle.write()
    kist.fails(
        "run", "--bundle", bundle.path, kist.new_id(), text="executable file not found"
    )


@pytest.mark.parametrize("detach", [[], ["--detach"]])
def test_unexecutable_program_leaves_no_pid_file(kist, bundle, work, detach, host_unchanged):
    """Only execve finds out, after it was written; and its pid is soon somebody else's."""
    (bundle.rootfs / "wrong").write_text("neither a program nor a script")
    (bundle.rootfs / "wrong").chmod(0o755)
    bundle.args = ["/wrong"]
    bundle.write()
    kist.fails("run", *detach, "--bundle", bundle.path, "--pid-file", work / "pid", kist.new_id(),
               text="exec format error")
    assert not (work / "pid").exists()


def start_fails(kist, container, text):
    """`start` reports it, and the container is stopped."""
    result = kist.fails("start", container.id, text=text)
    container.wait()
    container.delete()
    return result


def test_missing_program_start(kist, bundle, host_unchanged):
    """As late as possible: the program vanishes between create and start."""
    container = kist.create(bundle.probe("exit", 0))
    (bundle.rootfs / "probe").unlink()
    result = start_fails(kist, container, "executable file not found")
    assert "/probe" in result.err


def test_missing_program_create_or_start(kist, bundle, host_unchanged):
    bundle.args = ["nonexistent"]
    bundle.write()
    id = kist.new_id()
    out = kist.scratch / "start-missing"
    with out.open("w") as file:
        result = kist("create", "--bundle", bundle.path, id, stdout=file)
    if result.code == 0:
        kist.fails("start", id, text="executable file not found")
        kist.ok("delete", id)
    else:
        assert "executable file not found" in result.err


def test_unexecutable_program_start(kist, bundle, host_unchanged):
    container = kist.create(bundle.probe("exit", 0))
    (bundle.rootfs / "probe").chmod(0o644)
    start_fails(kist, container, "(?i)permission denied")


def test_init_killed_while_it_waits(kist, bundle):
    container = kist.create(bundle.probe("exit", 0))
    os.kill(container.pid, signal.SIGKILL)
    container.wait()
    kist.fails("start", container.id, text="cannot start a container that has stopped")
    container.delete()


def test_start_killed(kist, bundle):
    """Whoever starts may die: the container is started or not, and can be removed."""
    busy_bundle(bundle)
    for delay in (0, 0.001, 0.002, 0.004):
        container = kist.create(bundle)
        process = spawn(kist, "start", container.id)
        time.sleep(delay)
        process.kill()
        process.wait()
        wait_until(lambda: container.status in ("created", "running", "stopped"), "a status")
        container.delete("--force")


def test_two_starts_at_once(kist, bundle):
    for _ in range(10):
        container = kist.create(busy_bundle(bundle))
        starts = [spawn(kist, "start", container.id) for _ in range(2)]
        codes = sorted(process.wait(timeout=60) for process in starts)
        assert codes == [0, 1], codes
        assert container.status == "running"
        container.delete("--force")


def test_two_creates_of_one_id(kist, make_bundle):
    one, two = (busy_bundle(make_bundle()) for _ in range(2))
    for _ in range(10):
        id = kist.new_id()
        creates = [spawn(kist, "create", "--bundle", b.path, id) for b in (one, two)]
        codes = sorted(process.wait(timeout=60) for process in creates)
        assert codes == [0, 1], codes
        assert kist.ok("state", id).json["status"] == "created"
        kist.ok("delete", "--force", id)


def test_delete_while_creating(kist, bundle):
    """delete --force does not pull the ground from under a creator that lives."""
    busy_bundle(bundle)
    id = kist.new_id()
    for _ in range(10):
        process = spawn(kist, "create", "--bundle", bundle.path, id)
        wait_until(lambda: (kist.root / id).exists() or process.poll() is not None, "the id")
        kist("delete", "--force", id).whatever()  # it may refuse, while the creator lives
        process.wait(timeout=60)
        kist.ok("delete", "--force", id)
    assert harness.tagged_cgroups() == set()


def test_full_disk(kist, bundle, elsewhere):
    """No room for the record: nothing is left."""
    os.mkdir(kist.root, mode=0o700)
    host = elsewhere("--mount", setup=f"mount -t tmpfs -o size=4k,nr_inodes=3 full {kist.root}")
    kist.prefix = host.enter("--mount")
    busy_bundle(bundle)
    kist.fails("create", "--bundle", bundle.path, kist.new_id(), text="No space left on device")
    assert harness.tagged_cgroups() == set() and not harness.tagged_processes()


def test_report_after_all(kist, bundle):
    """The harness itself: what the tests above compare is really seen."""
    before = harness.HostPicture(kist.root)
    container = kist.create(bundle)
    difference = before.difference(harness.HostPicture(kist.root))
    for word in ("cgroups", "processes", "files"):
        assert word in difference
    pid = container.pid
    assert pid in harness.tagged_processes()
    assert json.loads((kist.root / container.id / "record.json").read_text())["pid"] == pid
