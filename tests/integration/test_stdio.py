# SPDX-License-Identifier: LGPL-2.1-or-later
"""Standard streams, other descriptors, the terminal."""

import fcntl
import json
import contextlib
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios

import pytest

import harness
from harness import TAG, Report, wait_until
from harness.terminal import ConsoleSocket, read_terminal, terminal_report


def test_nothing_leaks(kist, bundle, work):
    """Engines leave pipes and sockets open without close-on-exec: never the container's."""
    leaked = [os.open(work, os.O_RDONLY) for _ in range(5)]
    high = fcntl.fcntl(leaked[0], fcntl.F_DUPFD, 777)
    try:
        for fd in [*leaked, high]:
            os.set_inheritable(fd, True)
        report = kist.report(bundle, pass_fds=[*leaked, high])
        assert sorted(report["descriptors"]) == ["0", "1", "2"]
        container = kist.create(bundle, pass_fds=[*leaked, high])
        held = {
            os.readlink(f"/proc/{container.pid}/fd/{fd}")
            for fd in os.listdir(f"/proc/{container.pid}/fd")
        }
        assert str(work) not in held
        container.start()
        assert sorted(container.wait_for_report()["descriptors"]) == ["0", "1", "2"]
    finally:
        for fd in [*leaked, high]:
            os.close(fd)


@pytest.mark.parametrize("debug", [False, True])
def test_init_holds_nothing_of_the_host_while_it_waits(kist, bundle, debug):
    """Beside stdio only the start socket: what is open could be opened through /proc."""
    container = harness.Container(kist, kist.new_id(), bundle.probe("wait"))
    bundle.write()
    flags = ["--debug", "--log", kist.scratch / "log"] if debug else []
    kist.ok(*flags, "create", "--bundle", bundle.path, container.id, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
    links = {}
    for fd in os.listdir(f"/proc/{container.pid}/fd"):
        # The connection of a query for the state comes and goes.
        with contextlib.suppress(FileNotFoundError):
            links[fd] = os.readlink(f"/proc/{container.pid}/fd/{fd}")
    others = [link for fd, link in links.items() if int(fd) > 2]
    assert all(link.startswith("socket:") for link in others), links


def test_init_is_not_dumpable_while_it_waits(kist, bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    container = kist.create(bundle)
    assert os.stat(f"/proc/{container.pid}/fd").st_uid == 0, "owned by root: not dumpable"


@pytest.mark.parametrize("count", [1, 3])
def test_preserved_descriptors(kist, bundle, work, count):
    """--preserve-fds N: 3 to 3 + N - 1, and nothing above."""
    (work / "given").write_text("given")
    opened = " ".join(f'{number}<"$given"' for number in range(3, 3 + count + 2))
    kist.prefix = ["sh", "-c", f'given=$0; exec {opened}; exec "$@"', str(work / "given")]
    result = kist.run(bundle.probe("report"), "--preserve-fds", count)
    assert result.code == 0, result
    report = Report(result.json)
    numbers = sorted(map(int, report["descriptors"]))
    assert numbers == list(range(3 + count))
    for number in range(3, 3 + count):
        assert report["descriptors"][str(number)]["ino"] == (work / "given").stat().st_ino


@pytest.mark.parametrize("namespace", ["new", "host"])
@pytest.mark.parametrize("more", [0, 1])
def test_sockets_from_systemd(kist, bundle, work, namespace, more):
    """sd_listen_fds(3): LISTEN_FDS come first, the descriptors of --preserve-fds follow."""
    (work / "given").write_text("given")
    opened = " ".join(f'{number}<"$given"' for number in range(3, 8))
    kist.prefix = [
        *("env", "LISTEN_FDS=2", "LISTEN_FDNAMES=web:admin", "sh", "-c"),
        f'given=$0; exec {opened}; export LISTEN_PID=$$; exec "$@"',
        str(work / "given"),
    ]
    if namespace == "host":
        bundle.linux["namespaces"] = [
            entry for entry in bundle.linux["namespaces"] if entry["type"] != "pid"
        ]
    bundle.process["env"].append("LISTEN_PID=77")
    flags = ["--preserve-fds", str(more)] if more else []
    result = kist.run(bundle.probe("report"), *flags)
    assert result.code == 0, result
    report = Report(result.json)
    assert sorted(map(int, report["descriptors"])) == list(range(5 + more))
    assert report.env["LISTEN_FDS"] == "2"
    assert report.env["LISTEN_FDNAMES"] == "web:admin"
    assert report.env["LISTEN_PID"] == str(report["process"]["pid"])
    assert (report["process"]["pid"] == 1) == (namespace == "new")


def test_sockets_for_somebody_else(kist, bundle):
    """An engine that systemd started, and that did not clear its environment."""
    kist.prefix = ["sh", "-c", 'exec 3</dev/null; LISTEN_FDS=1 LISTEN_PID=$PPID exec "$0" "$@"']
    report = kist.report(bundle)
    assert sorted(report["descriptors"]) == ["0", "1", "2"]
    assert not any(name.startswith("LISTEN_") for name in report.env)


@pytest.mark.parametrize("count", ["x", "-1", "99999999999999999999"])
def test_sockets_that_are_no_number(kist, bundle, count):
    kist.prefix = ["sh", "-c", f'LISTEN_FDS="{count}" LISTEN_PID=$$ exec "$0" "$@"']
    kist.refuses(bundle, f'LISTEN_FDS: "{count}" is not a number of descriptors')


def test_preserved_descriptors_that_are_not_there(kist, bundle):
    kist.refuses(bundle, "preserve", "--preserve-fds", "5", command="create")


@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1, 2]])
def test_closed_streams_become_null(kist, bundle, closed, work):
    """What is opened next would become stdout otherwise."""
    bundle.args = ["/bin/sh", "-c", "/probe report > /result"]

    def close():
        for fd in closed:
            os.close(fd)

    result = kist.run(bundle, preexec_fn=close)
    assert result.code == 0
    report = Report(json.loads((bundle.rootfs / "result").read_text()))
    for fd in closed:
        if fd != 1:
            assert report["descriptors"][str(fd)]["rdev"] == [1, 3]
    assert sorted(report["descriptors"]) == ["0", "1", "2"]


def test_streams_belong_to_the_container_user(kist, bundle):
    """/dev/stdout must be possible to open for an ordinary user when it is a pipe."""
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.args = ["/bin/sh", "-c", "echo opened > /dev/stdout"]
    bundle.write()
    process = subprocess.Popen(
        kist.command("run", "--bundle", bundle.path, kist.new_id()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "KIST_TEST": TAG},
    )
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, b"opened\n")


def test_what_is_only_read_keeps_its_owner(kist, bundle, work):
    """/etc/hosts as somebody's stdin must not become his; what he writes to anyway may."""
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.args = ["sh", "-c", "cat; ! echo x 2>/dev/null >/proc/self/fd/0"]
    bundle.write()
    read, written = work / "read", work / "written"
    read.write_text("text")
    with read.open() as stdin, written.open("w") as stdout:
        kist.ok("run", "--bundle", bundle.path, kist.new_id(), stdin=stdin, stdout=stdout)
    assert (read.read_text(), written.read_text()) == ("text", "text")
    assert (read.stat().st_uid, written.stat().st_uid) == (0, 1000)


def test_null_keeps_its_owner(kist, bundle):
    before = os.stat("/dev/null")
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    with open("/dev/null", "w") as null:
        assert kist.run(bundle.probe("exit", 0), stdout=null).code == 0
    after = os.stat("/dev/null")
    assert (before.st_uid, before.st_gid, before.st_mode) == (
        after.st_uid,
        after.st_gid,
        after.st_mode,
    )


# Terminals


def check_terminal(report, rows, columns):
    terminal = report["terminal"]
    assert (terminal["rows"], terminal["columns"]) == (rows, columns)
    assert terminal["controlling"] and terminal["own_session"]
    assert terminal["name"] == "/dev/pts/0"
    for fd in "012":
        assert report["descriptors"][fd]["tty"]
    assert sorted(report["descriptors"]) == ["0", "1", "2"]
    console = report["dev"]["console"]
    assert console["type"] == "char" and console["rdev"][0] == 136, "the pty itself"
    assert report.mount("/dev/console").type == "devpts"
    # The container's devpts has this one terminal, not the host's.
    assert set(report["pts"]) == {"0", "ptmx"}
    assert report["pts"]["0"]["uid"] == report["ids"]["uid"][0]


@pytest.mark.parametrize("uid", [0, 1000])
def test_console_socket(kist, bundle, work, uid):
    bundle.process.update(terminal=True, consoleSize={"height": 25, "width": 91})
    bundle.process["user"] = {"uid": uid, "gid": uid}
    console = ConsoleSocket(work / "console")
    container = kist.create(bundle, "--console-socket", console.path)
    _, leader = console.receive()
    container.start()
    check_terminal(terminal_report(read_terminal(leader)), 25, 91)
    os.close(leader)


def test_run_with_a_terminal(kist, bundle):
    """A person at a shell: kist's own terminal is relayed, its size taken over and restored."""
    bundle.process["terminal"] = True
    bundle.probe("report").write()
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
    before = termios.tcgetattr(follower)
    process = subprocess.Popen(
        kist.command("run", "--bundle", bundle.path, kist.new_id()),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "KIST_TEST": TAG},
        start_new_session=True,
    )
    text = ""
    while process.poll() is None or select.select([leader], [], [], 0)[0]:
        if select.select([leader], [], [], 0.1)[0]:
            text += os.read(leader, 65536).decode()
    assert process.returncode == 0, text
    check_terminal(terminal_report(text), 33, 77)
    assert termios.tcgetattr(follower) == before
    os.close(follower)
    os.close(leader)


def test_run_relays_what_is_typed(kist, bundle):
    bundle.process["terminal"] = True
    bundle.args = ["/bin/sh", "-c", "read line; echo got $line; stty size; read x"]
    bundle.write()
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        kist.command("run", "--bundle", bundle.path, kist.new_id()),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "KIST_TEST": TAG},
        start_new_session=True,
    )
    text = ""

    def read_until(what):
        nonlocal text
        while what not in text:
            assert select.select([leader], [], [], 20)[0], text
            text += os.read(leader, 4096).decode()

    os.write(leader, b"hello\n")
    read_until("got hello")
    os.write(leader, b"\x03")  # the container's terminal makes it SIGINT for the container's shell
    assert process.wait(timeout=60) in (130, 0, 1)
    os.close(follower)
    os.close(leader)


@pytest.mark.parametrize("verb", ["run", "exec"])
@pytest.mark.parametrize("text", ["", "hi\n", "no line", "line\n" * 3000])
def test_the_end_of_stdin_reaches_a_terminal(kist, bundle, verb, text):
    """As `echo hi | ssh -tt`: a program that reads until the end comes to it, and loses nothing."""
    command = ["/bin/sh", "-c", "stty -echo; /bin/cat; echo end"]
    if verb == "run":
        bundle.process.update(terminal=True, args=command)
        result = kist.run(bundle, input=text)
    else:
        container = kist.start(bundle.probe("wait"))
        result = kist("exec", "--tty", container.id, *command, input=text)
    assert result.code == 0, result
    # What arrives before stty is echoed as well.
    assert result.out.endswith(text + "end\n"), result


def test_terminal_without_a_taker(kist, bundle):
    bundle.process["terminal"] = True
    kist.refuses(bundle, "console.socket", command="create")
    kist.refuses(bundle, "console.socket", "--detach", command="run")


def test_console_socket_without_a_terminal(kist, bundle, work):
    ConsoleSocket(work / "console")
    kist.refuses(bundle, "console socket", "--console-socket", work / "console", command="create")


def test_console_socket_that_nobody_listens_on(kist, bundle, work):
    bundle.process["terminal"] = True
    kist.refuses(
        bundle, "No such file or directory", "--console-socket", work / "none", command="create"
    )


def test_console_size_without_a_terminal(kist, bundle):
    """config.md: ignored."""
    bundle.process["consoleSize"] = {"height": 1, "width": 1}
    assert kist.run(bundle.probe("exit", 0)).code == 0


def run_on_terminal(command, **streams):
    """A person's terminal that controls kist, and is its streams, but for those given.

    Return: exit status, what was shown"""
    leader, follower = pty.openpty()

    def control():
        os.setsid()
        fcntl.ioctl(follower, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        command,
        **{"stdin": follower, "stdout": follower, "stderr": follower, **streams},
        preexec_fn=control,
        env={**os.environ, "KIST_TEST": TAG},
    )
    text = b""
    while process.poll() is None or select.select([leader], [], [], 0)[0]:
        if select.select([leader], [], [], 0.1)[0]:
            text += os.read(leader, 65536)
    os.close(follower)
    os.close(leader)
    return process.returncode, text.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("verb", ["run", "exec"])
def test_callers_terminal_is_not_the_containers(kist, bundle, verb):
    """CVE-2016-10124, CVE-2017-5226: neither controlling, nor open, without terminal: true."""
    if verb == "run":
        bundle.probe("report").write()
        command = kist.command("run", "--bundle", bundle.path, kist.new_id())
    else:
        command = kist.command("exec", kist.start(bundle.probe("wait")).id, "/probe", "report")
    status, text = run_on_terminal(command)
    assert status == 0, text
    report = Report(json.loads(text))
    assert not report["terminal"]["controlling"]
    for fd in "012":
        assert report["descriptors"][fd]["type"] == "fifo" and not report["descriptors"][fd]["tty"]
    assert sorted(report["descriptors"]) == ["0", "1", "2"]


def test_what_is_no_terminal_is_passed_on(kist, bundle, work):
    bundle.probe("report").write()
    (work / "in").write_text("")
    command = kist.command("run", "--bundle", bundle.path, kist.new_id())
    with (work / "in").open() as stdin, (work / "out").open("w") as stdout:
        status, text = run_on_terminal(command, stdin=stdin, stdout=stdout)
    assert (status, text) == (0, "")
    descriptors = Report(json.loads((work / "out").read_text()))["descriptors"]
    assert descriptors["0"]["ino"] == (work / "in").stat().st_ino
    assert descriptors["1"]["ino"] == (work / "out").stat().st_ino
    assert descriptors["2"]["type"] == "fifo"


def test_preserved_descriptors_beside_a_terminal(kist, bundle, work):
    """The pipes do not pass for what the caller meant to give, and did not."""
    command = kist.command("run", "--preserve-fds", 5, "--bundle", bundle.write().path, kist.new_id())
    status, text = run_on_terminal(command)
    assert status == 1 and text.endswith("--preserve-fds: descriptor 3 is not open\n"), text


def test_pipes_belong_to_the_container_user(kist, bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.args = ["/bin/sh", "-c", "echo out >/dev/stdout; echo err >/dev/stderr; : </dev/stdin"]
    command = kist.command("run", "--bundle", bundle.write().path, kist.new_id())
    assert run_on_terminal(command) == (0, "out\nerr\n")


def test_order_on_a_terminal(kist, bundle):
    bundle.args = ["/bin/sh", "-c", "for i in 1 2 3; do echo out $i; echo err $i >&2; done"]
    bundle.write()
    status, text = run_on_terminal(kist.command("run", "--bundle", bundle.path, kist.new_id()))
    assert (status, text) == (0, "".join(f"out {i}\nerr {i}\n" for i in (1, 2, 3)))


def test_much_on_a_terminal(kist, bundle):
    """Right up to the end."""
    bundle.args = ["/bin/sh", "-c", "seq 30000; seq 30000 >&2"]
    bundle.write()
    status, text = run_on_terminal(kist.command("run", "--bundle", bundle.path, kist.new_id()))
    assert (status, text) == (0, 2 * "".join(f"{i + 1}\n" for i in range(30000)))


def test_a_refusal_on_a_terminal(kist, bundle):
    """It reaches the person, and so does what was said before."""
    bundle.args = ["/nonexistent"]
    command = kist.command("run", "--bundle", bundle.write().path, kist.new_id())
    status, text = run_on_terminal(command)
    assert status == 1 and text.startswith("kist: run ") and "not found" in text
    command.insert(1, "--debug")
    assert " debug: " in run_on_terminal(command)[1]


@pytest.mark.parametrize("verb, failure", [("run", 1), ("exec", 255)])
def test_output_of_a_terminal_that_cannot_be_written(kist, bundle, verb, failure):
    id = kist.new_id()
    if verb == "run":
        bundle.process.update(terminal=True, args=["/bin/sh", "-c", "seq 5"])
        command = kist.command("run", "--bundle", bundle.write().path, id)
    else:
        command = kist.command("exec", "-t", kist.start(bundle.probe("wait")).id, "seq", "5")
    with open("/dev/full", "w") as full:
        status, text = run_on_terminal(command, stdout=full)
    assert status == failure and text.endswith(": stdout: No space left on device\n"), text
    assert not (kist.root / id).exists()


@pytest.mark.parametrize("verb, status", [("run", 1), ("exec", 128 + signal.SIGHUP)])
def test_output_of_a_terminal_that_nobody_reads(kist, bundle, verb, status):
    """As `kist exec -t web yes | head -1`. SIGHUP does not end an init, whose writing fails then."""
    if verb == "run":
        bundle.process.update(terminal=True, args=["/bin/sh", "-c", "yes"])
        command = kist.command("run", "--bundle", bundle.write().path, kist.new_id())
    else:
        command = kist.command("exec", "-t", kist.start(bundle.probe("wait")).id, "yes")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               env={**os.environ, "KIST_TEST": TAG})
    assert process.stdout.readline() == b"y\n"
    process.stdout.close()
    assert process.wait(timeout=60) == status


# Run in a mount namespace of its own: whose directories, whose command are arguments.
TWO_TERMINALS = """
import fcntl, os, subprocess, sys
leaders, followers = [], []
for directory in sys.argv[1:3]:
    os.mkdir(directory)
    subprocess.run(["mount", "-t", "devpts", "-o", "ptmxmode=600", "devpts", directory], check=True)
    leaders.append(os.open(directory + "/ptmx", os.O_RDWR | os.O_NOCTTY))
    fcntl.ioctl(leaders[-1], 0x40045431, bytes(4))  # TIOCSPTLCK: unlock it
    followers.append(os.open(directory + "/0", os.O_RDWR | os.O_NOCTTY))
status = subprocess.run(sys.argv[3:], stdout=followers[0], stderr=followers[1]).returncode
assert os.read(leaders[0], 100) == b"out\\r\\n"
assert os.read(leaders[1], 100) == b"err\\r\\n"
sys.exit(status)
"""


def test_two_terminals_of_one_number(kist, bundle, work):
    """They are not one: each devpts numbers its own."""
    bundle.process["args"] = ["/bin/sh", "-c", "echo out; echo err >&2; exit 3"]
    command = kist.command("run", "--bundle", bundle.write().path, kist.new_id())
    result = subprocess.run(
        ["unshare", "-m", sys.executable, "-c", TWO_TERMINALS, work / "pts1", work / "pts2", *command],
        capture_output=True, text=True, timeout=60, env={**os.environ, "KIST_TEST": TAG})
    assert (result.returncode, result.stderr) == (3, "")


def test_detached_streams_stay_open(kist, bundle, work):
    """create returns while init keeps the streams: they are the container's for its life."""
    container = kist.create(bundle.probe("echo", "later"))
    wait_until(lambda: container.status == "created", "created")
    container.start()
    container.wait_for_output("later")
