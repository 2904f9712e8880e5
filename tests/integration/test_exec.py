# SPDX-License-Identifier: LGPL-2.1-or-later
"""`kist exec`: another process in a container, as people, conmon and containerd's shim call it."""

import array
import contextlib
import fcntl
import hashlib
import json
import os
import pty
import re
import select
import shlex
import signal
import socket
import struct
import subprocess
import termios
import threading
import time
from pathlib import Path

import pytest

import harness
from harness import CGROUPS, TAG, Report, cgroup_mounts, has_cgroup_v1, wait_until
from harness.host import minds
from harness.running import execute, executes, report, start
from harness.seccomp import Agent
from harness.terminal import ConsoleSocket, read_terminal, terminal_report
from harness.users import USER, own_user_namespace, rootless

FAILED = 255  # whatever goes wrong with exec itself
ENVIRONMENT = {**os.environ, "KIST_TEST": TAG}


@pytest.fixture
def container(kist, bundle):
    """One that runs until it gets a signal."""
    return start(kist, bundle)


def fails(container, *args, text, **options):
    result = execute(container, *args, **options)
    assert result.code == FAILED, result
    assert re.match(r"kist: exec[ :]", result.err) and result.err.count("\n") == 1, result
    assert text in result.err, result
    return result


def process_file(work, **members):
    path = work / "process.json"
    path.write_text(json.dumps({"cwd": "/", "args": ["/probe", "report"], **members}))
    return path


# Its result


@pytest.mark.parametrize("status", [0, 1, 7, 255])
def test_exit_status(container, status):
    assert execute(container, ["/probe", "exit", status]).code == status


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_killed_by_a_signal(container, number):
    assert execute(container, ["/probe", "die", int(number)]).code == 128 + number


def test_streams(container):
    assert executes(container, ["/probe", "copy"], input="through\n").out == "through\n"
    result = execute(container, ["/probe", "stderr", "complaint"])
    assert (result.code, result.out, result.err) == (0, "", "complaint\n")


def test_signals_are_forwarded(container):
    out = container.kist.scratch / "forwarded"
    with out.open("wb") as stdout:
        process = subprocess.Popen(
            container.kist.command("exec", container.id, "/probe", "wait"),
            stdin=subprocess.DEVNULL, stdout=stdout, env=ENVIRONMENT)
    wait_until(lambda: "ready" in out.read_text(), "the process to be ready")
    process.send_signal(signal.SIGUSR1)
    assert process.wait(timeout=60) == 0
    assert out.read_text() == f"ready\n{signal.SIGUSR1:d}\n"
    assert container.status == "running"


def test_options_end_at_the_command(container):
    """Flags may follow the ID; whatever follows the command is the command's."""
    kist, id = container.kist, container.id
    assert kist.ok("exec", id, "sh", "-c", "echo $0 $*", "-t", "-u", "5").out == "-t -u 5\n"
    assert kist.ok("exec", id, "--cwd", "/tmp", "pwd").out == "/tmp\n"
    assert kist.ok("exec", "-cwd=/tmp", id, "--", "pwd").out == "/tmp\n"


# What it inherits, and what each flag changes


def test_everything_is_inherited(kist, bundle):
    limits = {"RLIMIT_NOFILE": [100, 200], "RLIMIT_CORE": [0, 0]}
    score = int(open("/proc/self/oom_score_adj").read()) + 7
    bundle.process.update(
        user={"uid": 1000, "gid": 1001, "umask": 0o027, "additionalGids": [5, 1002]},
        cwd="/tmp",
        env=[*bundle.process["env"], "NAME=value"],
        rlimits=[{"type": name, "soft": soft, "hard": hard}
                 for name, (soft, hard) in limits.items()],
        oomScoreAdj=score,
        capabilities={kind: ["CAP_KILL", "CAP_NET_BIND_SERVICE"] for kind in
                      ("bounding", "permitted", "effective", "inheritable", "ambient")},
    )
    bundle.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["keyctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 18}],
    }
    container = start(kist, bundle)
    # The bundle is not asked again.
    (bundle.path / "config.json").write_text("{}")
    inits = Path(f"/proc/{container.pid}")
    found = report(container)

    assert found["ids"]["uid"] == [1000] * 4 and found["ids"]["gid"] == [1001] * 4
    assert sorted(found["ids"]["groups"]) == [5, 1002]
    assert found["umask"] == 0o027
    assert found["cwd"]["path"] == "/tmp"
    assert found.env["NAME"] == "value" and found.env["HOME"] == "/home/user"
    for name, values in limits.items():
        assert found["limits"][name] == values
    assert found["files"]["/proc/self/oom_score_adj"] == f"{score}\n"
    assert found["process"]["nnp"] == 1 and found["process"]["deathsig"] == 0
    for kind in ("bounding", "permitted", "effective", "inheritable", "ambient"):
        assert found.capabilities(kind) == {"CAP_KILL", "CAP_NET_BIND_SERVICE"}, kind
    assert found.status["Seccomp"] == "2"
    result = executes(container, ["/probe", "syscalls", "keyctl", "getpid"])
    assert result.json == {"keyctl": 18, "getpid": 0}
    assert found["hostname"] == "container"
    for kind, link in found["namespaces"].items():
        assert os.readlink(inits / "ns" / kind) == link, kind
    assert found.signals("SigBlk") == found.signals("SigIgn") == set()


def test_without_no_new_privileges_the_filter_is_there_too(kist, bundle):
    bundle.process["noNewPrivileges"] = False
    bundle.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["keyctl"], "action": "SCMP_ACT_ERRNO"}],
    }
    container = start(kist, bundle)
    result = executes(container, ["/probe", "syscalls", "keyctl"])
    assert result.json == {"keyctl": 1}
    assert report(container)["process"]["nnp"] == 0
    assert report(container, "--no-new-privs")["process"]["nnp"] == 1


def test_it_sees_what_the_container_sees(container):
    """Processes, files, devices, cgroups: nothing of the host."""
    found = report(container, paths=["/proc/1/comm", "/proc/keys"])
    assert found.path("/proc/1/comm")["text"] == "probe\n"
    assert found.path("/proc/keys")["follow"]["rdev"] == [1, 3], "masked"
    assert found["process"]["ppid"] == 0
    paths = {line.split(":", 2)[2] for line in found["files"]["/proc/self/cgroup"].splitlines()}
    assert paths == {"/"}
    assert sorted(found["descriptors"]) == ["0", "1", "2"]


def test_cwd(container):
    assert report(container, "--cwd", "/home/user")["cwd"]["path"] == "/home/user"
    assert report(container, "--cwd", "/made/for/it")["cwd"]["path"] == "/made/for/it"
    fails(container, "--cwd", "tmp", ["pwd"], text='--cwd: "tmp" is not an absolute path')
    fails(container, "--cwd", "", ["pwd"], text="--cwd: the argument is empty")


def test_env(container):
    found = report(container, "-e", "A=1", "--env", "B=2=3", "-eA=2", "--env=PATH=/bin")
    assert (found.env["A"], found.env["B"], found.env["PATH"]) == ("2", "2=3", "/bin")
    assert found.env["KIST_TEST"] == TAG, "what is not said is the container's"
    for text in ("A", "=1", ""):
        fails(container, "--env", text, ["env"], text=f'--env: "{text}" is not NAME=VALUE')


@pytest.mark.parametrize("text, uid, gid", [
    ("0", 0, 0), ("1", 1, 0), ("1:2", 1, 2), ("65534", 65534, 0), ("1001", 1001, 0),
    ("2147483647:4294967294", 2147483647, 4294967294),
])
def test_user(container, text, uid, gid):
    found = report(container, "--user", text)
    assert (found["ids"]["uid"], found["ids"]["gid"]) == ([uid] * 4, [gid] * 4)


@pytest.mark.parametrize("text", [
    "-1", "4294967295", "4294967296", "18446744073709551617", "1:", ":1", "1:x", "0x1", " 1",
    "1 ", "1:2:3", "+1", "01", "1:01", "user", "1:-1", "1,2",
])
def test_users_that_are_none(container, text):
    """CVE-2026-30892: what is no number is not 0."""
    fails(container, f"--user={text}", ["id"], text=f'--user: "{text}" is not UID[:GID]')


def test_home_is_the_users(container):
    assert report(container, "-u", "1000").env["HOME"] == "/home/user"
    assert report(container, "-u", "1000", "-e", "HOME=/x").env["HOME"] == "/x"


def test_additional_groups(kist, bundle):
    bundle.process["user"]["additionalGids"] = [5]
    container = start(kist, bundle)
    assert sorted(report(container, "-g", "10", "--additional-gids", "7")["ids"]["groups"]) == [
        5, 7, 10]
    fails(container, "-g", "x", ["id"], text='--additional-gids: "x" is not a group id')


def test_capabilities_are_added(container):
    """Never to the inheritable set: CVE-2022-29162."""
    own = set(harness.DEFAULT_CAPABILITIES)
    found = report(container, "--cap", "CAP_SYS_TIME", "-c", "CAP_CHOWN")
    for kind in ("bounding", "permitted", "effective"):
        assert found.capabilities(kind) == own | {"CAP_SYS_TIME", "CAP_CHOWN"}, kind
    assert found.capabilities("inheritable") == found.capabilities("ambient") == set()
    assert report(container).capabilities("effective") == own
    fails(container, "--cap", "CAP_NOT", ["id"], text='--cap: unknown capability "CAP_NOT"')


def test_capabilities_of_a_container_without(kist, bundle):
    del bundle.process["capabilities"]
    container = start(kist, bundle)
    assert report(container).capabilities("effective") == set()
    assert report(container, "-c", "CAP_CHOWN").capabilities("effective") == {"CAP_CHOWN"}


def test_labels_that_this_host_does_not_know(container):
    """AppArmor is tested in the virtual machine."""
    for option, module in (("apparmor", "AppArmor"), ("process-label", "SELinux")):
        fails(container, f"--{option}", "x", ["id"], text=module)


def test_scheduling_is_inherited(kist, bundle):
    bundle.process["scheduler"] = {"policy": "SCHED_BATCH", "nice": 7}
    bundle.process["ioPriority"] = {"class": "IOPRIO_CLASS_IDLE", "priority": 0}
    bundle.linux["personality"] = {"domain": "LINUX32"}
    bundle.linux["memoryPolicy"] = {"mode": "MPOL_BIND", "nodes": "0"}
    own = kist.report(bundle)
    found = report(start(kist, bundle))
    assert (found["scheduler"]["policy"], found["scheduler"]["nice"]) == (3, 7)
    for key in ("scheduler", "personality", "memory_policy", "machine"):
        assert found[key] == own[key], key


def test_keyring_is_the_containers(kist, bundle):
    container = start(kist, bundle)
    record = json.loads((kist.root / container.id / "record.json").read_text())
    assert report(container)["keyring"]["description"].endswith(";" + record["keyring"])


def test_no_keyring_of_its_own(kist, bundle):
    container = kist.create(bundle.probe("wait"), "--no-new-keyring")
    container.start()
    container.wait_for_output("ready")
    assert not report(container)["keyring"]["description"].split(";")[-1].startswith("_ses.")


def cpus(found):
    return found.status["Cpus_allowed_list"]


def test_cpu_affinity(container, kist):
    """Neither the caller's, nor that of init."""
    kist.prefix = ["taskset", "-c", "0"]
    online = Path("/sys/devices/system/cpu/online").read_text().strip()
    assert cpus(report(container)) == online


@pytest.mark.skipif(os.cpu_count() < 2, reason="needs two CPUs")
@pytest.mark.parametrize("affinity, expected", [
    ({"final": "1"}, "1"), ({"initial": "0", "final": "0-1"}, "0-1"), ({"initial": "0"}, None)])
def test_exec_cpu_affinity(container, work, affinity, expected):
    path = process_file(work, execCPUAffinity=affinity)
    result = container.kist.ok("exec", "--process", path, container.id)
    online = Path("/sys/devices/system/cpu/online").read_text().strip()
    assert cpus(Report(result.json)) == (expected or online)


def test_exec_cpu_affinity_that_is_not_there(container, work):
    for member in ("initial", "final"):
        path = process_file(work, execCPUAffinity={member: "8000"})
        result = container.kist("exec", "--process", path, container.id)
        assert result.code == FAILED
        assert f"process.execCPUAffinity.{member}: 8000: Invalid argument" in result.err


def test_preserved_descriptors(container, work):
    (work / "given").write_text("given")
    container.kist.prefix = [
        "sh", "-c", 'exec 3<"$0" 4<"$0" 5<"$0"; exec "$@"', str(work / "given")]
    found = report(container, "--preserve-fds", 2)
    assert sorted(found["descriptors"]) == ["0", "1", "2", "3", "4"]
    assert found["descriptors"]["4"]["ino"] == (work / "given").stat().st_ino
    assert sorted(report(container)["descriptors"]) == ["0", "1", "2"]
    fails(container, "--preserve-fds", 5, ["id"], text="--preserve-fds: descriptor 6 is not open")


def test_pid_file(container, work):
    """Of the process, where kist is; relative to the caller's directory; without a newline."""
    result = executes(container, "--pid-file", "pid", ["sh", "-c", "cat /proc/self/comm"], cwd=work)
    assert result.out == "cat\n"
    pid = (work / "pid").read_text()
    assert pid.isdigit() and int(pid) != container.pid
    assert sorted(os.listdir(work)).count("pid") == 1


def test_pidfd_socket(container, work):
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    receiver.bind(str(work / "socket"))
    receiver.listen(1)
    executes(container, "--detach", "--pidfd-socket", work / "socket", "--pid-file", work / "pid",
             ["/probe", "wait"], stdout=subprocess.DEVNULL)
    connection, _ = receiver.accept()
    fds = array.array("i")
    _, ancillary, _, _ = connection.recvmsg(64, socket.CMSG_LEN(fds.itemsize))
    fds.frombytes(ancillary[0][2])
    info = Path(f"/proc/self/fdinfo/{fds[0]}").read_text()
    assert f"Pid:\t{(work / 'pid').read_text()}\n" in info
    signal.pidfd_send_signal(fds[0], signal.SIGKILL)
    assert select.select([fds[0]], [], [], 20)[0], "it ends"
    os.close(fds[0])


@pytest.mark.parametrize("option", ["--pidfd-socket", "--console-socket"])
def test_socket_that_closes_early(container, work, luck, option):
    """Which says nothing about the container: its end is not waited for."""
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    receiver.bind(str(work / "socket"))
    receiver.listen(1)
    tty = ["--tty"] if option == "--console-socket" else []
    for _ in luck.rounds(1, "quick", most=20):
        closer = threading.Thread(target=lambda: receiver.accept()[0].close())
        closer.start()
        begin = time.monotonic()
        fails(container, "--detach", *tty, option, work / "socket", ["/probe", "wait"],
              text=f"{option}: the other side has closed the connection")
        closer.join()
        luck["quick" if time.monotonic() - begin < 1.5 else "slow"] += 1
    assert luck["quick"], "it waits"


def test_create_has_a_pidfd_socket_too(kist, bundle, work):
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    receiver.bind(str(work / "socket"))
    receiver.listen(1)
    container = kist.create(bundle, "--pidfd-socket", work / "socket")
    connection, _ = receiver.accept()
    fds = array.array("i")
    _, ancillary, _, _ = connection.recvmsg(64, socket.CMSG_LEN(fds.itemsize))
    fds.frombytes(ancillary[0][2])
    assert f"Pid:\t{container.pid}\n" in Path(f"/proc/self/fdinfo/{fds[0]}").read_text()
    os.close(fds[0])


def test_sockets_that_nobody_listens_on(container, work):
    fails(container, "--pidfd-socket", work / "none", ["id"],
          text=f"--pidfd-socket: {work}/none: connect: No such file or directory")


# A process from a file


def test_process_file(container, work):
    path = process_file(work, cwd="/tmp", env=["A=1"], user={"uid": 3, "gid": 4},
                        capabilities={"bounding": ["CAP_CHOWN"]})
    found = report_of_file(container, path)
    assert found["cwd"]["path"] == "/tmp"
    assert set(found.env) == {"A", "HOME"}, "its own environment, and no other"
    assert (found["ids"]["uid"], found["ids"]["gid"]) == ([3] * 4, [4] * 4)
    assert found.capabilities("bounding") == {"CAP_CHOWN"}


def report_of_file(container, path, *flags):
    result = container.kist.ok("exec", "--process", path, *flags, container.id)
    return Report(result.json)


def test_process_file_leaves_the_rest_to_the_container(kist, bundle, work):
    bundle.process["user"]["umask"] = 0o077
    bundle.process["rlimits"] = [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]
    container = start(kist, bundle)
    found = report_of_file(container, process_file(work))
    assert found["limits"]["RLIMIT_CORE"] == [0, 0]
    assert found["umask"] == 0o077
    assert found.capabilities("bounding") == set(harness.DEFAULT_CAPABILITIES)
    assert found["process"]["nnp"] == 1, "is never taken back"
    found = report_of_file(container, process_file(
        work, noNewPrivileges=False,
        rlimits=[{"type": "RLIMIT_NOFILE", "soft": 50, "hard": 60}]))
    assert found["limits"]["RLIMIT_NOFILE"] == [50, 60]
    assert found["process"]["nnp"] == 1


def test_flags_change_a_process_file(container, work):
    path = process_file(work, user={"uid": 3, "gid": 4}, env=["A=1", "B=1"])
    found = report_of_file(container, path, "--user", "7", "-e", "B=2", "--cwd", "/tmp")
    assert (found["ids"]["uid"][0], found["ids"]["gid"][0]) == (7, 4)
    assert (found.env["A"], found.env["B"], found["cwd"]["path"]) == ("1", "2", "/tmp")


def test_process_files_that_are_wrong(container, work):
    path = process_file(work, rlimits=[{"type": "RLIMIT_CORE", "soft": 2, "hard": 1}])
    fails(container, "-p", path, [], text="process.rlimits[0]: RLIMIT_CORE: soft limit 2 is above")
    path.write_text('{"cwd": "/", "args": []}')
    fails(container, "-p", path, [], text="args")
    path.write_text('{"cwd": "tmp", "args": ["x"]}')
    fails(container, "-p", path, [], text="cwd")
    path.write_text("{")
    fails(container, "-p", path, [], text=str(path))
    fails(container, "-p", work / "none", [], text="No such file or directory")
    fails(container, "-p", process_file(work), ["id"], text="the file has a command of its own")
    fails(container, [], text="a command is needed")


@pytest.mark.parametrize("how", ["<(cat {})", "/dev/stdin <{}", "/dev/stdin < <(cat {})", "- <{}",
                                 "/dev/fd/5 5<{}", "fifo"])
def test_process_file_that_is_none(container, work, how):
    """What a shell makes of a pipe, or has open already."""
    path, fifo = process_file(work, cwd="/tmp"), work / "fifo"
    os.mkfifo(fifo)
    command = shlex.join(container.kist.command("exec", container.id, "-p"))
    if how == "fifo":
        script = f"cat {path} >{fifo} & {command} {fifo}"
    else:
        script = f"{command} {how.format(path)}"
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0 and result.stderr == "", result
    assert Report(json.loads(result.stdout))["cwd"]["path"] == "/tmp"


def test_process_file_that_nobody_writes(container, work):
    """Whoever waits for it can leave."""
    os.mkfifo(work / "fifo")
    process = subprocess.Popen(container.kist.command("exec", "-p", work / "fifo", container.id),
                               stderr=subprocess.PIPE, text=True)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60) == (None, "")
    assert process.returncode == -signal.SIGINT


def test_process_file_without_end(container):
    fails(container, "-p", "/dev/zero", [], text="--process: /dev/zero: too large, at most 16777216")
    fails(container, "-p", "/tmp", [], text="--process: /tmp: ")


# Programs that cannot be executed


@pytest.mark.parametrize("name, text", [
    ("nosuch", "executable file not found in $PATH"),
    ("/nosuch", "no such file or directory"),
    ("/etc/passwd", "permission denied"),
    ("/tmp", "permission denied"),
])
def test_execve_fails(container, work, name, text):
    """The caller hears it, whether it waits or not, and nothing is left."""
    before = harness.HostPicture(container.kist.root)
    fails(container, [name], text=text)
    fails(container, "--detach", [name], text=text)
    harness.assert_unchanged(before, container.kist.root)
    assert container.status == "running"


def test_execve_fails_after_the_filter(container, bundle, work):
    (bundle.rootfs / "bin/script").write_text("#!/no/such/interpreter\n")
    (bundle.rootfs / "bin/script").chmod(0o755)
    (bundle.rootfs / "bin/wrong").write_text("neither a program nor a script")
    (bundle.rootfs / "bin/wrong").chmod(0o755)
    fails(container, ["script"], text="no such file or directory")
    fails(container, "--pid-file", work / "pid", ["wrong"], text="exec format error")
    assert not (work / "pid").exists(), "its pid is soon somebody else's"


# In which state


def test_created(kist, bundle):
    """Before start everything is in place but the program."""
    container = kist.create(bundle.probe("wait"))
    found = report(container)
    assert found["hostname"] == "container"
    assert found["namespaces"]["mnt"] == os.readlink(f"/proc/{container.pid}/ns/mnt")
    assert container.status == "created"
    assert container.out.read_text() == ""
    container.start()
    container.wait_for_output("ready")


def freeze(container, frozen):
    """As an engine that knows nothing of kist does it."""
    (container.cgroup("") / "cgroup.freeze").write_text(str(int(frozen)))
    events = container.cgroup("") / "cgroup.events"
    wait_until(lambda: f"frozen {frozen:d}" in events.read_text(), "the freezer")


@pytest.mark.skipif("" not in cgroup_mounts(), reason="needs cgroup2's freezer")
def test_paused(container):
    freeze(container, True)
    try:
        fails(container, ["/probe", "exit", 0], text="cannot exec in a paused container")
        process = subprocess.Popen(
            container.kist.command("exec", "--ignore-paused", container.id, "/probe", "exit", "3"),
            stdin=subprocess.DEVNULL, env=ENVIRONMENT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
    finally:
        freeze(container, False)
    assert process.wait(timeout=60) == 3


def child_of(process):
    """The one in the container's cgroup of cgroup2, once it is there."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return next((int(pid) for pid in children if "/kt" in Path(f"/proc/{pid}/cgroup").read_text()), 0)


def test_interrupted_while_nobody_accepts(container, work):
    receiver, first = (socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(2))
    receiver.bind(str(work / "socket"))
    receiver.listen(0)
    first.connect(str(work / "socket"))
    process = subprocess.Popen(
        container.kist.command("exec", "--pidfd-socket", work / "socket", container.id, "true"),
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    wait_until(lambda: minds(process.pid, signal.SIGINT), "kist to be there")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == FAILED
    assert err.endswith("/socket: connect: interrupted\n"), err


@pytest.mark.skipif("" not in cgroup_mounts(), reason="needs cgroup2's freezer")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP])
def test_what_the_callers_terminal_sends(container, number):
    """It does not reach the process before that leads a session: it means kist, which forwards it."""
    freeze(container, True)
    try:
        process = subprocess.Popen(
            container.kist.command("exec", "--ignore-paused", container.id, "/probe", "exit", "3"),
            stdin=subprocess.DEVNULL, env=ENVIRONMENT)
        os.kill(wait_until(lambda: child_of(process), "a child in the container"), number)
    finally:
        freeze(container, False)
    assert process.wait(timeout=60) == 3


def freeze_v1(container, frozen):
    (container.cgroup("freezer") / "freezer.state").write_text("FROZEN" if frozen else "THAWED")


@pytest.mark.parametrize("freezer, freeze", [("", freeze), ("freezer", freeze_v1)])
def test_interrupted(container, work, freezer, freeze):
    """Ctrl-C while the process cannot come to be. Of v1 it dies once it is thawed."""
    if freezer not in cgroup_mounts():
        pytest.skip("needs that freezer")
    tasks = container.cgroup(freezer) / "cgroup.procs"
    freeze(container, True)
    try:
        with (work / "err").open("w") as err:
            process = subprocess.Popen(
                container.kist.command("exec", "--ignore-paused", container.id, "/probe", "wait"),
                stdin=subprocess.DEVNULL, stderr=err, env=ENVIRONMENT)
        wait_until(lambda: len(tasks.read_text().split()) > 1, "a second process in the container")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == FAILED
    finally:
        freeze(container, False)
    text = (work / "err").read_text()
    assert text.startswith("kist: exec ") and text.endswith(": interrupted\n"), text
    wait_until(lambda: len(tasks.read_text().split()) == 1, "the process to end")
    assert container.status == "running"


def test_command_line(kist, bundle):
    """That of kist may hold secrets, which everybody in the container could read."""
    bundle.args = ["sh", "-c", "while :; do cat /proc/[0-9]*/cmdline 2>/dev/null; done"]
    container = kist.start(bundle)
    container.wait_for_output("cat")

    def seen():
        for _ in range(10):
            assert execute(container, "--env", "TOKEN=s3cret", ["true"]).code == 0
        return container.out.read_text()

    wait_until(lambda: "kist init" in seen(), "the process to be seen")
    text = seen()
    assert "s3cret" not in text and "exec" not in text and str(kist.root) not in text


def test_command_line_of_a_created_container(kist, bundle):
    container = kist.create(bundle.probe("wait"))
    result = executes(container, ["cat", "/proc/1/cmdline"])
    assert result.out.rstrip("\0") == "kist init", result
    container.start()
    container.wait_for_output("ready")


def test_stopped(container):
    container.kill("KILL")
    container.wait()
    fails(container, ["id"], text="cannot exec in a stopped container: container not running")


def test_no_such_container(kist):
    result = kist("exec", kist.new_id(), "id")
    assert result.code == FAILED and "does not exist" in result.err


@pytest.mark.parametrize("args", [
    ["exec"], ["exec", "--nosuch", "x"], ["exec", "--user"], ["exec", "x"]])
def test_every_failure_is_255(kist, args):
    result = kist(*args)
    assert result.code == FAILED and result.err.startswith("kist: exec"), result


def test_the_container_survives_and_ends_it(container):
    """Init's end is the end of everything in its pid namespace."""
    process = subprocess.Popen(
        container.kist.command("exec", container.id, "sleep", "1000"),
        stdin=subprocess.DEVNULL, env=ENVIRONMENT)
    wait_until(lambda: "sleep" in executes(container, ["ps"]).out, "sleep")
    container.kill("KILL")
    assert process.wait(timeout=60) == 128 + signal.SIGKILL


# Detached


def test_detached(container, work):
    out = work / "out"
    with out.open("wb") as stdout:
        result = execute(container, "--detach", "--pid-file", work / "pid", ["/probe", "wait"],
                         stdout=stdout)
    assert result.code == 0 and result.err == ""
    wait_until(lambda: "ready" in out.read_text(), "it")
    pid = int((work / "pid").read_text())
    assert os.readlink(f"/proc/{pid}/ns/pid") == os.readlink(f"/proc/{container.pid}/ns/pid")
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: out.read_text() == f"ready\n{signal.SIGTERM:d}\n", "its end")


def test_detached_is_the_subreapers(container, work):
    """conmon is one, and waits for what exec has made."""
    script = f"""
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
subprocess.run(sys.argv[1:], check=True, stdin=subprocess.DEVNULL)
pid = int(open({str(work / "pid")!r}).read())
print(os.WEXITSTATUS(os.waitpid(pid, 0)[1]))
"""
    command = container.kist.command(
        "exec", "--detach", "--pid-file", work / "pid", container.id, "sh", "-c", "sleep 0.2; exit 9")
    output = subprocess.run(["/usr/bin/python3", "-c", script, *command], env=ENVIRONMENT,
                            capture_output=True, text=True, timeout=60)
    assert output.stdout == "9\n", output


def test_its_parents_death(container, work):
    """Engines ask to be told of their own runtime's end; the process is not to be."""
    executes(container, "--detach", "--pid-file", work / "pid", ["sleep", "1000"])
    pid = int((work / "pid").read_text())
    assert Path(f"/proc/{pid}/comm").read_text() == "sleep\n"


# Terminals


class Terminal:
    """A person in front of kist."""

    def __init__(self, command, rows=33, columns=77):
        self.leader, self.follower = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.follower)
        self.text = ""
        self.process = subprocess.Popen(
            command, stdin=self.follower, stdout=self.follower, stderr=self.follower,
            env=ENVIRONMENT, start_new_session=True)

    def resize(self, rows, columns):
        fcntl.ioctl(self.follower, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.leader, text)

    def read_until(self, what):
        while what not in self.text:
            assert select.select([self.leader], [], [], 20)[0], self.text
            self.text += os.read(self.leader, 65536).decode()

    def finish(self):
        while self.process.poll() is None or select.select([self.leader], [], [], 0)[0]:
            if select.select([self.leader], [], [], 0.1)[0]:
                self.text += os.read(self.leader, 65536).decode()
        assert termios.tcgetattr(self.follower) == self.before, "raw mode is over"
        os.close(self.follower)
        os.close(self.leader)
        return self.process.returncode


def check_terminal(found, rows, columns):
    terminal = found["terminal"]
    assert (terminal["rows"], terminal["columns"]) == (rows, columns)
    assert terminal["controlling"] and terminal["own_session"]
    assert terminal["name"].startswith("/dev/pts/")
    assert all(found["descriptors"][fd]["tty"] for fd in "012")
    assert sorted(found["descriptors"]) == ["0", "1", "2"]
    name = terminal["name"].rsplit("/", 1)[1]
    assert found["pts"][name]["uid"] == found["ids"]["uid"][0]


@pytest.mark.parametrize("uid", [0, 1000])
def test_terminal(container, uid):
    terminal = Terminal(container.kist.command(
        "exec", "-t", "-u", uid, container.id, "/probe", "report"))
    assert terminal.finish() == 0, terminal.text
    check_terminal(terminal_report(terminal.text), 33, 77)


def test_terminal_is_relayed(container):
    terminal = Terminal(container.kist.command(
        "exec", "--tty", container.id, "sh", "-c",
        "trap 'stty size; exit 5' WINCH; read line; echo got $line; while :; do sleep 0.1; done"))
    terminal.type(b"hello\n")
    terminal.read_until("got hello")
    terminal.resize(20, 50)
    terminal.process.send_signal(signal.SIGWINCH)
    terminal.read_until("20 50")
    assert terminal.finish() == 5


def test_interrupt_from_the_terminal(container):
    terminal = Terminal(container.kist.command(
        "exec", "-t", container.id, "sh", "-c", "echo on; exec sleep 1000"))
    terminal.read_until("on")
    terminal.type(b"\x03")
    assert terminal.finish() == 128 + signal.SIGINT


def test_nothing_is_lost_at_the_end(container):
    terminal = Terminal(container.kist.command("exec", "-t", container.id, "seq", "1", "20000"))
    assert terminal.finish() == 0
    assert terminal.text.replace("\r", "") == "".join(f"{i}\n" for i in range(1, 20001))


def test_console_socket(container, work):
    """As conmon calls: the file says that there is a terminal, and how large."""
    console = ConsoleSocket(work / "console")
    path = process_file(work, terminal=True, consoleSize={"height": 25, "width": 91})
    container.kist.ok("exec", "--pid-file", work / "pid", "--process", path, "--detach",
                      "--console-socket", console.path, container.id)
    _, leader = console.receive()
    check_terminal(terminal_report(read_terminal(leader)), 25, 91)
    os.close(leader)


def test_containers_own_terminal_is_left_alone(kist, bundle, work):
    """What exec gets is another one, and only on demand."""
    console = ConsoleSocket(work / "console")
    bundle.process["terminal"] = True
    container = kist.create(bundle.probe("wait"), "--console-socket", console.path)
    _, leader = console.receive()
    container.start()
    result = execute(container, ["tty"])
    assert (result.code, result.out) == (1, "not a tty\n"), result
    terminal = Terminal(kist.command("exec", "-t", container.id, "/probe", "report"))
    assert terminal.finish() == 0, terminal.text
    found = terminal_report(terminal.text)
    assert found["terminal"]["name"] == "/dev/pts/1"
    assert found["dev"]["console"]["rdev"] == found["pts"]["0"]["rdev"]
    os.close(leader)


def test_terminal_without_a_taker(container, work):
    fails(container, "-t", "--detach", ["id"], text="cannot allocate tty if kist will detach")
    ConsoleSocket(work / "console")
    fails(container, "--console-socket", work / "console", ["id"],
          text="cannot use console socket if kist will not detach")


def test_terminal_of_a_container_that_lies(container):
    """/dev/pts/ptmx must be a devpts': CVE-2025-52565."""
    executes(container, ["sh", "-c", "rm /dev/ptmx; ln -s /etc/passwd /dev/ptmx"])
    terminal = Terminal(container.kist.command("exec", "-t", container.id, "true"))
    assert terminal.finish() == 0, terminal.text


@pytest.mark.parametrize("name", ["/dev/stdin", "/dev/fd/0", "/dev/tty"])
def test_process_that_is_typed(container, name):
    """It is for kist, what is typed after it for the process."""
    command = container.kist.command("exec", "-p", name, container.id)
    terminal = Terminal(["setsid", "-cw", *command] if name == "/dev/tty" else command)
    terminal.type(json.dumps({"cwd": "/", "args": ["cat"]}).encode() + b"\n\x04")
    wait_until(lambda: " cat\n" in executes(container, ["ps"]).out, "the process")
    terminal.type(b"line\n\x04")
    assert terminal.finish() == 0, terminal.text
    assert terminal.text.endswith("line\r\nline\r\n")


def test_failure_on_a_terminal_that_is_stopped(container):
    """As after Ctrl-S: what cannot be said keeps nobody from ending kist."""
    terminal = Terminal(["sleep", "0"])
    terminal.process.wait()
    termios.tcflow(terminal.follower, termios.TCOOFF)
    process = subprocess.Popen(
        container.kist.command("exec", container.id, "/nonexistent"), stdin=terminal.follower,
        stdout=terminal.follower, stderr=terminal.follower, start_new_session=True, env=ENVIRONMENT)
    time.sleep(0.5)
    assert process.poll() is None
    process.terminate()
    assert process.wait(timeout=60) == -signal.SIGTERM
    termios.tcflow(terminal.follower, termios.TCOON)
    terminal.finish()


def test_sockets_of_the_caller_are_not_passed_on(container):
    """sd_listen_fds(3) is for run and create."""
    container.kist.prefix = ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@" 3</dev/null']
    found = report(container)
    assert not [name for name in found.env if name.startswith("LISTEN")]
    assert sorted(found["descriptors"]) == ["0", "1", "2"]


def test_container_that_stops_whoever_comes(kist, bundle):
    """kist does not wait for a process that others have stopped before it was the program's."""
    bundle.process["args"] = ["/bin/sh", "-c", "echo ready; while :; do kill -STOP -1; done"]
    container = kist.start(bundle)
    container.wait_for_output("ready")
    results = [execute(container, "--detach", ["true"]) for _ in range(3)]
    stopped = [result for result in results if result.code == FAILED]
    assert stopped
    for result in stopped:
        assert result.err.endswith("the process was stopped\n"), result
    container.delete("--force")


# User namespaces, and an ordinary user


def test_user_namespace(kist, contained):
    container = start(kist, contained)
    found = report(container, "--cap", "CAP_NET_ADMIN", paths=["/proc/self/uid_map"])
    assert found["ids"]["uid"] == [0] * 4 and found["ids"]["gid"] == [0] * 4
    assert found["ids"]["groups"] == []
    assert found.capabilities("effective") == {"CAP_NET_ADMIN", *harness.DEFAULT_CAPABILITIES}
    for kind, link in found["namespaces"].items():
        assert os.readlink(f"/proc/{container.pid}/ns/{kind}") == link, kind
    assert sorted(found["descriptors"]) == ["0", "1", "2"]


def test_user_namespace_terminal(kist, contained):
    container = start(kist, contained)
    terminal = Terminal(kist.command("exec", "-t", container.id, "/probe", "report"))
    assert terminal.finish() == 0, terminal.text
    check_terminal(terminal_report(terminal.text), 33, 77)


def test_user_namespace_file_is_roots(kist, contained):
    container = start(kist, contained)
    executes(container, ["touch", "/dev/shm/made"])
    assert report(container, paths=["/dev/shm/made"]).path("/dev/shm/made")["uid"] == 0


def test_user_that_is_not_mapped(kist, contained):
    container = start(kist, contained)
    fails(container, "--user", "70000", ["id"],
          text="process.user.uid: 70000 is not mapped by linux.uidMappings")


def test_user_of_a_range(kist, bundle, helpers):
    """Ids from newuidmap: the process is not even the caller's."""
    own_user_namespace(bundle, helpers)
    bundle.process["user"] = {"uid": 7, "gid": 8, "additionalGids": [9]}
    kist_prefix = kist.prefix
    container = start(kist, bundle)
    assert kist.prefix == kist_prefix
    found = report(container)
    assert found["ids"]["uid"] == [7] * 4 and found["ids"]["groups"] == [9]
    assert report(container, "-u", "0:0", "-g", "10")["ids"]["groups"] == [9, 10]


def test_root_joins_an_ordinary_users_container(kist, bundle):
    """It is /proc of init that says whether setgroups is denied, not who calls."""
    rootless(kist, bundle)
    container = start(kist, bundle)
    kist.prefix = []
    os.chown(kist.root, 0, 0)  # root trusts nobody else's
    assert report(container)["ids"]["uid"] == [0] * 4
    fails(container, "-g", "0", ["id"], text="additionalGids")


NOT_BEFORE = "an ordinary user cannot join a container before it is started"


def test_created_container_of_an_ordinary_user(kist, bundle):
    """Init guards itself until it is started, but tells its owner where it is: Linux 6.11."""
    rootless(kist, bundle)
    container = kist.create(bundle.probe("wait"))
    namespaces = {link: os.readlink(f"/proc/{container.pid}/ns/{link}")
                  for link in os.listdir(f"/proc/{container.pid}/ns")}
    if harness.kernel_version() < (6, 11):
        fails(container, ["id"], text=NOT_BEFORE)
        return
    for _ in range(3):
        found = report(container)
        assert found["ids"]["uid"] == [0] * 4 and found["descriptors"].keys() == {"0", "1", "2"}
        for kind, link in found["namespaces"].items():
            assert namespaces[kind] == link, kind
        assert container.status == "created"
    container.start()
    container.wait_for_output("ready")
    assert report(container)["namespaces"] == found["namespaces"]


def test_created_container_whose_filter_is_in_force(kist, bundle, work):
    """It need allow nothing on kist's behalf, and might kill: init does not try."""
    rootless(kist, bundle)
    agent = Agent(work / "agent", {})
    (work / "agent").chmod(0o666)
    bundle.process["noNewPrivileges"] = False
    bundle.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "listenerPath": str(work / "agent"),
        "syscalls": [{"names": ["pidfd_open", "ioctl"], "action": "SCMP_ACT_KILL_PROCESS"},
                     {"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}],
    }
    container = kist.create(bundle.probe("wait"))
    fails(container, ["id"], text=NOT_BEFORE)
    assert container.status == "created"
    agent.socket.close()


@pytest.mark.parametrize("name", ["INT", "TERM"])
def test_init_that_has_no_time_to_tell(kist, bundle, name):
    """It runs a hook. Whoever waits for it can leave."""
    rootless(kist, bundle)
    if harness.kernel_version() < (6, 11):
        pytest.skip("init cannot tell before Linux 6.11")
    bundle.config["hooks"] = {"startContainer": [{"path": "/bin/sh", "args": ["sh", "-c", "sleep 1000"]}]}
    container = kist.create(bundle.probe("wait"))
    starter = subprocess.Popen(kist.command("start", container.id), stderr=subprocess.DEVNULL)
    hooks = Path(f"/proc/{container.pid}/task/{container.pid}/children")
    wait_until(hooks.read_text, "the hook to run")
    process = subprocess.Popen(kist.command("exec", container.id, "id"), stderr=subprocess.PIPE,
                               text=True)
    number = signal.Signals["SIG" + name]
    wait_until(lambda: minds(process.pid, number), "kist to be there")
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(number)
    assert process.communicate(timeout=60)[1].endswith(": interrupted\n")
    assert process.returncode == FAILED
    container.kill("KILL")
    assert starter.wait(timeout=60) == 1


def test_many_ask_a_created_container(kist, bundle):
    """Each is answered; nobody else may ask."""
    rootless(kist, bundle)
    container = kist.create(bundle.probe("wait"))
    if harness.kernel_version() < (6, 11):
        pytest.skip("init cannot tell before Linux 6.11")
    results = []
    threads = [threading.Thread(target=lambda: results.append(
        [execute(container, ["/probe", "exit", 7]).code for _ in range(10)])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[7] * 10] * 4
    before, kist.prefix = kist.prefix, [
        "setpriv", "--reuid", str(USER + 1), "--regid", str(USER + 1), "--clear-groups", "--"]
    assert execute(container, ["id"]).code == FAILED
    kist.prefix = before
    container.start()
    container.wait_for_output("ready")


def test_somebody_elses_container(kist, container):
    kist.root.chmod(0o755)
    for path in (kist.root / container.id).rglob("*"):
        path.chmod(0o666)
    (kist.root / container.id).chmod(0o755)
    kist.prefix = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", "--"]
    fails(container, ["id"], text="nor one of somebody else")
    kist.prefix = []


@pytest.mark.parametrize("kind", ["network", "uts", "ipc", "cgroup"])
def test_host_namespaces(kist, bundle, kind):
    bundle.without_namespace(kind)
    del bundle.config["hostname"]
    container = start(kist, bundle)
    found = report(container)
    name = {"network": "net"}.get(kind, kind)
    assert found["namespaces"][name] == os.readlink(f"/proc/self/ns/{name}")


def test_host_pid_namespace(kist, bundle):
    container = start(kist, bundle.without_namespace("pid"))
    found = report(container)
    assert found["namespaces"]["pid"] == os.readlink("/proc/self/ns/pid")


def test_namespaces_of_init_and_not_of_the_caller(kist, container, elsewhere):
    """Also those that the container shares with whoever created it."""
    other = elsewhere("--net", "--uts", "--ipc")
    kist.prefix = other.enter("--net", "--uts", "--ipc")
    found = report(container)
    for kind in "net", "uts", "ipc":
        assert found["namespaces"][kind] == os.readlink(f"/proc/{container.pid}/ns/{kind}")
    kist.prefix = []


# cgroups


def cgroups_of(pid):
    return {names: path for _, names, path in
            (line.split(":", 2) for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines())}


def detached(container, work, *flags):
    result = execute(container, "--detach", "--pid-file", work / "pid", *flags, ["sleep", "1000"])
    assert result.code == 0, result
    return int((work / "pid").read_text())


def test_cgroup_of_init(container, work):
    assert cgroups_of(detached(container, work)) == cgroups_of(container.pid)


def make_subgroups(container, name="sub"):
    made = []
    for mount in set(cgroup_mounts().values()):
        path = Path(mount + container.bundle.linux["cgroupsPath"]) / name
        path.mkdir()
        if (path / "cpuset.mems").exists() and not (path / "cpuset.mems").read_text().strip():
            for file in ("cpuset.cpus", "cpuset.mems"):
                (path / file).write_text((path.parent / file).read_text())
        made.append(path)
    return made


def test_cgroup_that_init_has_moved_to(container, work):
    for path in make_subgroups(container):
        (path / "cgroup.procs").write_text(str(container.pid))
    own = container.bundle.linux["cgroupsPath"]
    assert set(cgroups_of(detached(container, work)).values()) == {f"{own}/sub"}
    found = report(container, "--cgroup", "/")
    assert found["files"]["/proc/self/cgroup"]
    assert set(cgroups_of(detached(container, work, "--cgroup", "/")).values()) == {own}


def test_subgroup(container, work):
    make_subgroups(container)
    own = container.bundle.linux["cgroupsPath"]
    for text in ("sub", "/sub", "sub/"):
        assert set(cgroups_of(detached(container, work, "--cgroup", text)).values()) == {
            f"{own}/sub"}


@pytest.mark.skipif(not has_cgroup_v1(), reason="v1: controllers are apart")
def test_subgroup_of_controllers(container, work):
    make_subgroups(container)
    own = container.bundle.linux["cgroupsPath"]
    found = cgroups_of(detached(container, work, "--cgroup", "memory,pids:sub", "--cgroup", "cpu:/"))
    for names, path in found.items():
        assert path == (f"{own}/sub" if names in ("memory", "pids") else own), names
    fails(container, "--cgroup", "nosuch:sub", ["id"], text="no such controller is mounted")


@pytest.mark.parametrize("text, reason", [
    ("nosuch", "nosuch does not exist"), ("../x", 'must not contain ".."'),
    ("sub/../..", 'must not contain ".."'), ("./sub", 'must not contain "."'),
])
def test_subgroups_that_are_none(container, text, reason):
    """Never a cgroup beside the container's."""
    fails(container, "--cgroup", text, ["id"], text=reason)


def test_unified_alone(kist, bundle, work, elsewhere):
    """v2: born in the container's cgroup."""
    host = elsewhere("--mount", setup="umount -l /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup")
    kist.prefix = host.enter("--mount")
    bundle.linux["resources"] = {}
    bundle.linux["cgroupsPath"] = f"{CGROUPS}/{work.name}-v2"
    container = start(kist, bundle)
    found = report(container)
    assert "0::/\n" in found["files"]["/proc/self/cgroup"]
    pid = detached(container, work)
    assert cgroups_of(pid)[""] == bundle.linux["cgroupsPath"] == cgroups_of(container.pid)[""]
    container.kist.ok("delete", "--force", container.id)


def test_without_a_cgroup(kist, bundle):
    bundle.linux.pop("cgroupsPath")
    bundle.linux.pop("resources")
    container = harness.Container(kist, kist.new_id(), bundle)
    bundle.probe("wait").write()
    with container.out.open("wb") as out:
        kist.ok("--cgroup-manager", "disabled", "create", "-b", bundle.path, container.id, stdout=out)
    container.start()
    container.wait_for_output("ready")
    assert execute(container, ["/probe", "exit", 4]).code == 4
    fails(container, "--cgroup", "x", ["id"], text="--cgroup: the container has no cgroup")


# What the container could take from it


def test_what_the_container_could_take_from_it(kist, bundle):
    """CVE-2016-9962, CVE-2019-5736: somebody in the container, who may trace everybody, watches. And a
    script has kist executed there once more."""
    digest = hashlib.sha256(Path(kist.program).read_bytes()).hexdigest()
    bundle.process["capabilities"] = {
        kind: harness.CAPABILITIES for kind in ("bounding", "permitted", "effective")}
    (bundle.rootfs / "bin/script").write_text("#!/proc/self/exe\n")
    (bundle.rootfs / "bin/script").chmod(0o755)
    container = kist.start(bundle.probe("spy"))
    container.wait_for_output("watching")
    for _ in range(60):
        assert execute(container, ["true"]).code == 0
        assert execute(container, ["script"]).code != 0
    container.kill("USR1")
    container.wait()
    seen = json.loads(container.out.read_text().splitlines()[1])
    # The precondition: it was looked at before it had executed its program, and often.
    assert seen["observations"] > 1000 and seen["memory"] > 10, seen
    host = os.stat(kist.program)
    assert [host.st_dev, host.st_ino] not in seen["executables"], "the host's own file"
    assert seen["written"] == [], "what is behind /proc/PID/exe could be written to"
    assert seen["foreign"] == [], "directories, roots and descriptors of the host"
    assert hashlib.sha256(Path(kist.program).read_bytes()).hexdigest() == digest


# Races


def test_two_at_once(container):
    """Each has its own result, again and again."""
    results = {}

    def many(number):
        results[number] = [
            execute(container, ["/probe", "exit", number]).code for _ in range(40)]

    threads = [threading.Thread(target=many, args=(number,)) for number in (3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {3: [3] * 40, 4: [4] * 40}
    left = executes(container, ["sh", "-c", "set -- /proc/[0-9]*; echo $#"])
    assert left.out == "2\n", "init and the shell"


def test_right_after_start(kist, bundle):
    for _ in range(30):
        container = kist.start(bundle.probe("wait"))
        assert execute(container, ["/probe", "exit", 6]).code == 6
        container.delete("--force")


ROUNDS = int(os.environ.get("KIST_EXEC_ROUNDS", "200"))


def test_while_the_container_dies(kist, bundle, luck):
    """It ran (and was killed), or it did not and says that the container is not running."""
    for number in luck.rounds(ROUNDS, FAILED):
        container = kist.start(bundle.probe("wait"))
        killer = threading.Timer(
            number % 20 / 4000, os.kill, (container.pid, signal.SIGKILL))
        killer.start()
        result = execute(container, ["/probe", "exit", 6])
        killer.join()
        if result.code == FAILED:
            assert "container not running" in result.err, result
        else:
            assert result.code in (6, 128 + signal.SIGKILL) and result.err == "", result
        luck[result.code] += 1
        kist.ok("delete", "--force", container.id)
    luck.held()


def test_killed_kist_leaves_nothing(container, luck):
    """Whatever moment it is: what was on its way dies with it."""
    before = harness.HostPicture(container.kist.root)
    for number in luck.rounds(40, "killed", least=10):
        process = subprocess.Popen(
            container.kist.command("exec", container.id, "/probe", "exit", "0"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=ENVIRONMENT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=number % 40 / 4000)
        process.kill()
        luck["killed" if process.wait() == -signal.SIGKILL else "too late"] += 1
    harness.assert_unchanged(before, container.kist.root)
    luck.held()
