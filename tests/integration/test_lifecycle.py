# SPDX-License-Identifier: LGPL-2.1-or-later
"""The operations of runtime.md and the statuses between them, with the wordings callers rely on."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import TAG, tagged_processes, wait_until


def test_whole_life(kist, bundle):
    bundle.probe("wait").config["annotations"] = {"com.example.key": "value"}
    container = kist.create(bundle)
    state = container.state()
    assert state["status"] == "created"
    assert state["id"] == container.id
    assert state["ociVersion"] == "1.3.0"
    assert state["bundle"] == str(bundle.path)
    assert state["rootfs"] == str(bundle.rootfs)
    assert state["annotations"] == {"com.example.key": "value"}
    assert state["owner"] == "root"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", state["created"])
    assert os.path.exists(f"/proc/{state['pid']}")
    assert container.out.read_text() == "", "nothing runs before start"

    container.start()
    container.wait_for_output("ready")
    running = container.state()
    assert running["status"] == "running"
    assert {**running, "status": ""} == {**state, "status": ""}, "nothing else changes"

    container.kill("TERM")
    container.wait()
    assert container.state()["pid"] == 0
    assert container.out.read_text() == f"ready\n{signal.SIGTERM:d}\n"
    container.delete()
    kist.fails("state", container.id, text="does not exist")


def test_create_does_not_run_the_program(kist, bundle):
    container = kist.create(bundle.probe("echo", "ran"))
    assert container.out.read_text() == ""
    container.delete()
    assert container.out.read_text() == ""


@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_run_returns_the_exit_status(kist, bundle, code):
    assert kist.run(bundle.probe("exit", code)).code == code


def test_run_returns_128_and_the_signal(kist, bundle):
    assert kist.run(bundle.probe("die", signal.SIGSEGV)).code == 128 + signal.SIGSEGV


def test_run_deletes_the_container(kist, bundle, host_unchanged):
    id = kist.new_id()
    assert kist.run(bundle.probe("exit", 3), id=id).code == 3
    kist.fails("state", id, text="does not exist")


def test_run_passes_stdio(kist, bundle):
    result = kist.run(bundle.probe("copy"), input="through the container\n")
    assert (result.code, result.out) == (0, "through the container\n")
    result = kist.run(bundle.probe("stderr", "complaint"))
    assert (result.code, result.out, result.err) == (0, "", "complaint\n")


def test_run_forwards_signals(kist, bundle):
    """A foreground run is the container's stand-in: who signals it means the container."""
    import subprocess

    bundle.probe("wait").write()
    out = kist.scratch / "forwarded"
    with out.open("wb") as stdout:
        process = subprocess.Popen(
            kist.command("run", "--bundle", bundle.path, kist.new_id()),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            env={**os.environ, "KIST_TEST": TAG},
        )
    wait_until(lambda: "ready" in out.read_text(), "the container to be ready")
    process.send_signal(signal.SIGUSR1)
    assert process.wait(timeout=60) == 0
    assert out.read_text() == f"ready\n{signal.SIGUSR1:d}\n"


def test_run_detached(kist, bundle):
    bundle.probe("wait")
    id = kist.new_id()
    out = kist.scratch / "detached.out"
    with out.open("wb") as stdout:
        assert kist.run(bundle, "--detach", id=id, stdout=stdout).code == 0
    wait_until(lambda: "ready" in out.read_text(), "the container to be ready")
    assert kist.ok("state", id).json["status"] == "running"
    kist.ok("kill", id, "KILL")
    wait_until(lambda: kist.ok("state", id).json["status"] == "stopped", "the end")
    kist.ok("delete", id)


def test_first_process_reparents(kist, bundle):
    """Callers that are subreapers expect init as their child once create has ended."""
    container = kist.create(bundle)
    state = open(f"/proc/{container.pid}/stat").read().rsplit(")", 1)[1].split()
    parent = int(state[1])
    assert b"kist" not in open(f"/proc/{parent}/cmdline", "rb").read().split(b"\0")[0]


# Wrong state


def test_start_twice(kist, bundle):
    container = kist.start(bundle.probe("wait"))
    kist.fails("start", container.id, text="cannot start an already running container")
    assert container.status == "running"


def test_start_when_others_say_nothing(kist, bundle):
    """`state` knocks at the same door, and may be stopped before it has left."""
    container = kist.create(bundle.probe("wait"))
    callers = []
    directory = os.open(kist.root / container.id, os.O_PATH)
    for _ in range(7):
        callers.append(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        callers[-1].connect(f"/proc/self/fd/{directory}/start")
    container.start()
    assert container.status == "running"
    for caller in callers:
        assert caller.recv(1) == b""
        caller.close()
    os.close(directory)


def test_output_that_nobody_reads(kist, bundle):
    """A log is lost when its reader has left, and nothing else is."""
    reader, writer = os.pipe()
    os.close(reader)
    bundle.probe("exit", 7).write()
    process = subprocess.run(
        kist.command("run", "--bundle", bundle.path, kist.new_id()), stderr=writer, timeout=60)
    assert process.returncode == 7
    process = subprocess.run(
        [kist.program, "--root", kist.root, "--debug", "run", "--bundle", bundle.path, kist.new_id()],
        stderr=writer, timeout=60)
    assert process.returncode == 7
    assert subprocess.run([kist.program, "--help"], stdout=writer).returncode == -signal.SIGPIPE
    process = subprocess.run(["sh", "-c", 'trap "" PIPE; "$0" --help', kist.program], stdout=writer,
                             stderr=subprocess.PIPE, text=True)
    assert process.returncode == 1
    assert process.stderr == "kist: write to stdout: Broken pipe\n"
    os.close(writer)


def test_run_deletes_its_own_container_only(kist, bundle):
    """Somebody else has deleted it, and made another one by that id, before it came to do so."""
    bundle.probe("wait").write()
    id = kist.new_id()
    process = subprocess.Popen(kist.command("run", "--bundle", bundle.path, id),
                               stdin=subprocess.DEVNULL, env={**os.environ, "KIST_TEST": TAG})
    wait_until(lambda: (kist.root / id).exists() and
               kist.ok("state", id).json["status"] == "running", "the container to run")
    process.send_signal(signal.SIGSTOP)
    kist.ok("delete", "--force", id)
    other = kist.start(bundle, id=id)
    process.send_signal(signal.SIGCONT)
    assert process.wait(timeout=60) == 137
    assert other.status == "running"


def test_kill_all_when_init_has_gone(kist, bundle):
    """Without a pid namespace others live on, and may keep what the container has open."""
    bundle.without_namespace("pid")
    bundle.args = ["sh", "-c", "setsid sleep 1000 & exec sleep 0.1"]
    container = kist.start(bundle)
    wait_until(lambda: container.status == "stopped", "init to end")
    left = set(tagged_processes())
    assert left
    kist.fails("kill", container.id, "KILL", text="container not running")
    kist.ok("kill", "--all", container.id, "KILL")
    wait_until(lambda: not left & set(tagged_processes()), "the others to end")
    kist.fails("kill", "--all", container.id, "KILL", text="container not running")


def test_kill_all_leaves_others_alone(kist, bundle, make_bundle):
    """Whose cgroup it is by now, where nobody can have outlived init."""
    path = bundle.linux["cgroupsPath"]
    first = kist.start(bundle.probe("exit", 0))
    first.wait()
    other = make_bundle("other")
    other.linux["cgroupsPath"] = path
    second = kist.start(other.probe("wait"))
    kist.fails("kill", "--all", first.id, "KILL", text="container not running")
    assert second.status == "running"
    second.delete("--force")
    first.delete("--force")


def test_start_with_no_descriptor_left(kist, bundle):
    """Init cannot hear it then, and says so rather than try without end."""
    bundle.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 3, "hard": 3}]
    container = kist.create(bundle.probe("wait"))
    assert kist("start", container.id, timeout=60).code == 1
    container.delete("--force")


def test_id_too_long_for_a_cgroup(kist, bundle):
    del bundle.linux["cgroupsPath"]
    bundle.write()
    result = kist.fails("create", "--bundle", bundle.path, "x" * 251, text="cgroupsPath: is needed")
    assert not (kist.root / ("x" * 251)).exists(), result


def test_root_that_is_none(kist, bundle, work):
    """A bundle in a directory that is taken for the root is not half removed."""
    bundle.write()
    before = (bundle.path / "config.json").read_text()
    command = [kist.program, "--root", work]
    result = subprocess.run([*command, "delete", "--force", "bundle"], capture_output=True, text=True)
    assert result.returncode == 1 and re.fullmatch(
        r'kist: delete bundle: "bundle" is no container: its directory holds rootfs, which is not '
        "kist's\n", result.stderr), result
    assert (bundle.path / "config.json").read_text() == before
    for root in ("/", "//"):
        result = subprocess.run([kist.program, "--root", root, "list"], capture_output=True, text=True)
        assert (result.returncode, result.stderr) == (1, "kist: --root: / is the root directory\n")


def test_list_of_what_is_not_there_yet(kist, bundle, luck):
    """What has an id and nothing else is no entry; each that is one is complete."""
    bundle.write()
    id, stop = kist.new_id(), threading.Event()

    def come_and_go():
        while not stop.is_set():
            kist.ok("create", "--bundle", bundle.path, id)
            kist.ok("delete", "--force", id)

    with ThreadPoolExecutor() as pool:
        other = pool.submit(come_and_go)
        try:
            for _ in luck.rounds(100, "there"):
                entries = kist.ok("list", "--format", "json").json or []
                # One that a busy machine leaves half made or removed for long is shown as it is.
                whole = [entry for entry in entries if entry["bundle"]]
                assert all(entry["bundle"] == str(bundle.path) and entry["created"]
                           for entry in whole), whole
                luck["there" if whole else "in the making" if entries else "not there"] += 1
        finally:
            stop.set()
        other.result()
    luck.held()


def test_start_stopped(kist, bundle):
    container = kist.start(bundle.probe("exit", 0))
    container.wait()
    kist.fails("start", container.id, text="cannot start a container that has stopped")


def test_delete_running(kist, bundle):
    container = kist.start(bundle.probe("wait"))
    kist.fails("delete", container.id, text="running")
    assert container.status == "running"
    container.delete("--force")
    kist.fails("state", container.id, text="does not exist")


def test_delete_created(kist, bundle, host_unchanged):
    kist.create(bundle).delete()


def test_delete_force_created(kist, bundle, host_unchanged):
    kist.create(bundle).delete("--force")


def test_kill_stopped(kist, bundle):
    container = kist.start(bundle.probe("exit", 0))
    container.wait()
    kist.fails("kill", container.id, text="container not running")
    kist.fails("kill", container.id, "0", text="container not running")


def test_kill_created(kist, bundle):
    container = kist.create(bundle.probe("wait"))
    container.kill("KILL")
    container.wait()


def test_kill_created_with_a_signal_that_ends_nothing(kist, bundle):
    container = kist.create(bundle.probe("wait"))
    container.kill("0")
    assert container.status == "created"


@pytest.mark.parametrize("command", ["start", "state", "kill", "delete"])
def test_missing_container(kist, command):
    kist.fails(command, "nobody", text="does not exist")


def test_delete_force_missing_container(kist):
    kist.ok("delete", "--force", "nobody")


@pytest.mark.parametrize("name", ["USR1", "SIGUSR1", "usr1", str(int(signal.SIGUSR1))])
def test_signal_names(kist, bundle, name):
    container = kist.start(bundle.probe("wait"))
    container.wait_for_output("ready")
    container.kill(name)
    container.wait()
    assert container.out.read_text() == f"ready\n{signal.SIGUSR1:d}\n"


def test_default_signal(kist, bundle):
    container = kist.start(bundle.probe("wait"))
    container.wait_for_output("ready")
    container.kill()
    container.wait()
    assert container.out.read_text() == f"ready\n{signal.SIGTERM:d}\n"


@pytest.mark.parametrize("name", ["", "NOSUCH", "65", "-1", "9x", "SIGSIGKILL"])
def test_unknown_signal(kist, bundle, name):
    container = kist.start(bundle.probe("wait"))
    kist.fails("kill", container.id, "--", name, text="signal")
    assert container.status == "running"


def test_kill_all(kist, bundle):
    """--all comes before the id in containerd's calls."""
    container = kist.start(bundle.probe("fork", 3))
    container.wait_for_output("ready")
    kist.ok("kill", "--all", container.id, "KILL")
    container.wait()


def test_kill_all_in_a_shared_pid_namespace(kist, bundle):
    """Without a pid namespace of its own, init's death does not end the others: --all does."""
    bundle.without_namespace("pid").probe("fork", 3)
    container = kist.start(bundle)
    container.wait_for_output("ready")
    processes = container.cgroup("pids") / "cgroup.procs"
    assert len(processes.read_text().split()) == 4
    kist.ok("kill", "--all", container.id, "KILL")
    container.wait()
    wait_until(lambda: not processes.read_text().split(), "the children to end")


def test_delete_ends_what_init_left(kist, bundle):
    bundle.without_namespace("pid").probe("fork", 3)
    container = kist.start(bundle)
    container.wait_for_output("ready")
    processes = container.cgroup("pids") / "cgroup.procs"
    container.kill("KILL")
    container.wait()
    assert len(processes.read_text().split()) == 3
    container.delete("--force")
    assert not processes.exists()


# Ids


@pytest.mark.parametrize("id", ["a", "A-b_c.d+e", "0" * 255, "...", "_", "x-"])
def test_good_ids(kist, bundle, id):
    kist.create(bundle, id=id).delete()


@pytest.mark.parametrize(
    "id", ["", ".", "..", "/", "a/b", "../a", "a b", "a\n", "x" * 256, "ä", "a:b", "*"]
)
@pytest.mark.parametrize("command", ["create", "run", "state", "start", "kill", "delete"])
def test_bad_ids(kist, bundle, id, command, host_unchanged):
    flags = ["--bundle", bundle.write().path] if command in ("create", "run") else []
    kist.fails(command, *flags, id, text="container id")


def test_delete_force_refuses_bad_ids(kist):
    """A container that does not exist is no error, a name that leads elsewhere is."""
    for id in ("", ".", "..", "../etc", "/"):
        kist.fails("delete", "--force", id, text="container id")


def test_id_with_a_leading_dash(kist, bundle, host_unchanged):
    bundle.write()
    kist.fails("create", "--bundle", bundle.path, "--", "-x", text="container id")


def test_id_in_use(kist, bundle):
    container = kist.create(bundle.probe("wait"))
    for command in ("create", "run"):
        result = kist.fails(command, "--bundle", bundle.path, container.id)
        assert container.id in result.err and "in use" in result.err
    assert container.status == "created"
    container.delete()
    container.create()
    container.delete()


# --pid-file


def test_pid_file(kist, bundle, work):
    container = kist.create(bundle, "--pid-file", work / "pid")
    assert (work / "pid").read_text() == str(container.pid), "decimal, without a newline"


def test_pid_file_relative(kist, bundle, work):
    container = kist.create(bundle, "--pid-file", "pid", cwd=work)
    assert (work / "pid").read_text() == str(container.pid)


def test_pid_file_is_replaced(kist, bundle, work):
    (work / "pid").write_text("12345678901234567890")
    container = kist.create(bundle, f"--pid-file={work}/pid")
    assert (work / "pid").read_text() == str(container.pid)


def test_pid_file_is_not_followed(kist, bundle, work):
    (work / "victim").write_text("untouched")
    (work / "pid").symlink_to(work / "victim")
    container = kist.create(bundle, "--pid-file", work / "pid")
    assert (work / "victim").read_text() == "untouched"
    assert (work / "pid").read_text() == str(container.pid)


@pytest.mark.parametrize("kind", ["device", "directory", "link"])
def test_pid_file_that_is_none(kist, bundle, work, kind):
    """What the whole host needs stays what it is."""
    path = work / "pid"
    if kind == "directory":
        path.mkdir()
    elif kind == "device":
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    else:
        path.symlink_to("/dev/null")
    kist.refuses(bundle, f"{path}: exists and is not a regular file", "--pid-file", path)
    assert path.is_char_device() or path.is_dir()
    assert path.is_symlink() == (kind == "link")


def test_pid_file_in_a_missing_directory(kist, bundle, work):
    kist.refuses(bundle, "No such file or directory", "--pid-file", work / "no/pid", command="create")


# list


def test_list_nothing(kist):
    assert kist.ok("list", "--format", "json").json == []
    assert kist.ok("list", "--quiet").out == ""


def test_list(kist, make_bundle):
    one, two = make_bundle(), make_bundle()
    created = kist.create(one.probe("wait"), id="b-created")
    running = kist.start(two.probe("wait"), id="a-running")
    listed = kist.list()
    assert [entry["id"] for entry in listed] == ["a-running", "b-created"]
    assert [entry["status"] for entry in listed] == ["running", "created"]
    for entry, container in zip(listed, (running, created)):
        assert entry == container.state()
    assert kist.ok("list", "-q").out == "a-running\nb-created\n"
    lines = kist.ok("list").out.splitlines()
    assert lines[0].split() == ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]
    assert lines[1].split()[:4] == ["a-running", str(running.pid), "running", str(two.path)]
    assert lines[2].split()[:4] == ["b-created", str(created.pid), "created", str(one.path)]


def test_list_with_a_damaged_container(kist, bundle):
    """One broken record hides no other container, and is reported to the log only."""
    container = kist.create(bundle)
    (kist.root / "broken").mkdir(mode=0o700)
    listed = kist.ok("list", "--format", "json").json
    assert [entry["id"] for entry in listed if entry["id"] != "broken"] == [container.id]
    kist.ok("delete", "--force", "broken")


# The record


def test_record_of_another_version(kist, make_bundle):
    """Neither managed nor, by force, removed by halves; and it hides no other container."""
    container, other = kist.create(make_bundle()), kist.create(make_bundle())
    record = kist.root / container.id / "record.json"
    text = record.read_text()
    record.write_text(text.replace('"version":"1"', '"version":"2"'))
    for command in (["state"], ["start"], ["kill"], ["delete"], ["delete", "--force"]):
        kist.fails(*command, container.id, text="made by another version of kist")
    assert [entry["id"] for entry in kist.ok("list", "--format", "json").json] == [other.id]
    record.write_text(text)
    assert container.status == "created"


def test_config_is_a_snapshot(kist, bundle):
    """runtime.md: changes of config.json after create have no effect."""
    container = kist.create(bundle.probe("echo", "as created"))
    (bundle.path / "config.json").write_text("{}")
    container.start()
    container.wait()
    assert container.out.read_text() == "as created\n"


def test_bundle_may_vanish(kist, bundle):
    container = kist.create(bundle.probe("wait"))
    (bundle.path / "config.json").unlink()
    assert container.status == "created"
    container.start()
    container.delete("--force")


def test_record_is_private(kist, bundle):
    container = kist.create(bundle)
    directory = kist.root / container.id
    assert directory.stat().st_mode & 0o777 == 0o700
    assert json.loads((directory / "record.json").read_text())["id"] == container.id
    assert (directory / "config.json").read_text() == (bundle.path / "config.json").read_text()


def test_pid_reuse_is_noticed(kist, bundle):
    """A record whose process is another one now: stopped, and nobody is signalled."""
    container = kist.start(bundle.probe("wait"))
    container.wait_for_output("ready")
    path = kist.root / container.id / "record.json"
    record = json.loads(path.read_text())
    text = path.read_text()
    changed = {**record}
    for key in record:
        if key in ("pidfs_inode", "start_time"):
            changed[key] = record[key] + 1
    path.write_text(json.dumps(changed))
    assert container.status == "stopped"
    kist.fails("kill", container.id, "KILL", text="container not running")
    path.write_text(text)
    assert container.status == "running"


# Where bundles are


def test_bundle_is_the_working_directory(kist, bundle):
    bundle.probe("echo", "here").write()
    assert kist.ok("run", kist.new_id(), cwd=bundle.path).out == "here\n"


def test_bundle_relative(kist, bundle):
    bundle.probe("wait").write()
    id = kist.new_id()
    with open(os.devnull, "w") as null:
        kist.ok("create", "-b", bundle.path.name, id, cwd=bundle.path.parent, stdout=null)
    assert kist.ok("state", id).json["bundle"] == str(bundle.path)


def test_other_config_name(kist, bundle):
    bundle.probe("echo", "other").write()
    (bundle.path / "config.json").rename(bundle.path / "other.json")
    result = kist("run", "--bundle", bundle.path, "--config", "other.json", kist.new_id())
    assert (result.code, result.out) == (0, "other\n")


def test_root_is_made(kist, bundle):
    kist.root = kist.root / "deep/er"
    kist.root.parent.parent.mkdir()
    kist.root.parent.mkdir()
    kist.create(bundle).delete()
    assert kist.root.is_dir()
    os.rmdir(kist.root)
    os.rmdir(kist.root.parent)
