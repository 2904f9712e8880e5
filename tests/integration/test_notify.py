# SPDX-License-Identifier: LGPL-2.1-or-later
"""sd_notify(3): what the container says to the service manager that has started kist."""

import array
import os
import re
import socket
import subprocess
import time

import pytest

from harness import TAG, wait_until
from harness.users import own_user_namespace, rootless

PATH = "/run/notify/notify.sock"


class Manager:
    """A service manager as kist sees it: a datagram socket, which closes the barriers it gets."""

    def __init__(self, name):
        self.name = str(name)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + self.name[1:] if self.name[0] == "@" else self.name)
        if self.name[0] == "/":
            os.chmod(self.name, 0o777)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.messages, self.pids, self.barriers = [], [], []
        self.closes = True

    def receive(self, seconds=10):
        """The next message; None when there is none for so long."""
        self.socket.settimeout(seconds)
        try:
            text, controls, flags, _ = self.socket.recvmsg(65536, 4096)
        except (TimeoutError, BlockingIOError):
            return None
        assert not flags & socket.MSG_CTRUNC
        descriptors = array.array("i")
        for level, kind, data in controls:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                descriptors.frombytes(data)
            else:
                self.pids.append(array.array("i", data)[0])
        assert len(descriptors) == (text == b"BARRIER=1"), text
        self.barriers += descriptors
        if self.closes:
            self.close_barriers()
        self.messages.append(text.decode())
        return self.messages[-1]

    def close_barriers(self):
        while self.barriers:
            os.close(self.barriers.pop())

    def receive_all(self):
        while self.receive(0) is not None:
            pass
        return self.messages

    def close(self):
        self.close_barriers()
        self.socket.close()


@pytest.fixture(params=["path", "abstract"])
def any_manager(request, work):
    manager = Manager(work / "manager" if request.param == "path" else f"@{TAG}-{work.name}")
    yield manager
    manager.close()


@pytest.fixture
def manager(work):
    manager = Manager(work / "manager")
    yield manager
    manager.close()


def environment(manager):
    name = manager.name if isinstance(manager, Manager) else manager
    return {**os.environ, "KIST_TEST": TAG, "NOTIFY_SOCKET": name}


def shell(bundle, script):
    bundle.args = ["/bin/sh", "-c", script]
    return bundle


def begin(kist, *args, **options):
    """kist in the background."""
    options.setdefault("stdin", subprocess.DEVNULL)
    out = (kist.scratch / f"background-{next(kist.numbers)}").open("wb")
    process = subprocess.Popen(kist.command(*args), stdout=out, stderr=out, **options)
    process.out = out.name
    return process


def begin_run(kist, bundle, manager, *flags):
    bundle.write()
    bundle.id = kist.new_id()
    return begin(kist, "run", "--bundle", bundle.path, *flags, bundle.id,
                 env=environment(manager))


def init_pid(kist, bundle):
    return kist.ok("state", bundle.id).json["pid"]


def end(kist, bundle, process):
    """The container is no longer needed. Return: kist's exit status"""
    kist.ok("kill", bundle.id, "KILL")
    return process.wait(timeout=60)


def ready(pid, *before):
    return "\n".join([*before, "READY=1", f"MAINPID={pid}"])


# In the container


def test_socket(kist, bundle, manager):
    """Its own, for everybody in there, and neither to be removed nor replaced."""
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.process["env"].append("NOTIFY_SOCKET=/elsewhere")
    report = kist.report(bundle, "/run/notify", PATH, env=environment(manager))
    assert report.env["NOTIFY_SOCKET"] == PATH
    assert report.path(PATH)["type"] == "socket"
    assert report.path("/run/notify")["write"] != 0
    mount = report.mount("/run/notify")
    assert mount.type == "tmpfs" and {"ro", "nosuid", "nodev", "noexec"} <= mount.options
    assert sorted(report["descriptors"]) == ["0", "1", "2"]
    assert manager.receive_all() == []


def test_without_a_manager(kist, bundle):
    """Nothing changes: what config.json says is the container's."""
    bundle.process["env"].append("NOTIFY_SOCKET=/elsewhere")
    report = kist.report(bundle, "/run/notify", env={"KIST_TEST": TAG, "NOTIFY_SOCKET": ""})
    assert report.env["NOTIFY_SOCKET"] == "/elsewhere"
    assert "errno" in report.path("/run/notify")
    assert not any(mount.point == "/run/notify" for mount in report.mounts)
    assert not (bundle.rootfs / "run").exists()


def test_another_process(kist, bundle, manager):
    """exec: the socket is init's business."""
    container = kist.start(bundle.probe("wait"))
    result = kist.ok("exec", container.id, "/bin/env", env=environment(manager))
    assert "NOTIFY_SOCKET" not in result.out


def test_hooks_do_not_see_the_manager(kist, bundle, manager, work):
    hook = {"path": "/bin/sh", "args": ["sh", "-c", f"env >> {work}/hook"]}
    bundle.config["hooks"] = {
        kind: [hook] for kind in ("prestart", "createRuntime", "poststart", "poststop")
    }
    assert kist.run(bundle.probe("exit", 0), env=environment(manager)).code == 0
    text = (work / "hook").read_text()
    assert text.count("PWD=") == 4 and "NOTIFY_SOCKET" not in text


def test_plan(kist, bundle, manager):
    bundle.write()
    with_it = kist.ok("plan", "--bundle", bundle.path, env=environment(manager)).out
    assert PATH in with_it
    assert PATH not in kist.ok("plan", "--bundle", bundle.path).out


# In the foreground


def test_foreground(kist, bundle, any_manager):
    """All its life, in the order in which it was said."""
    manager = any_manager
    process = begin_run(kist, shell(bundle, """
        /probe notify STATUS=starting EXTEND_TIMEOUT_USEC=5 READY=1 STATUS=up
        read wait < /fifo
        /probe notify RELOADING=1 READY=1 WATCHDOG=1 STOPPING=1
        exit 7
    """), manager)
    subprocess.run(["mkfifo", bundle.rootfs / "fifo"], check=True)
    for _ in range(5):
        assert manager.receive() is not None
    pid = init_pid(kist, bundle)
    assert manager.messages == ["STATUS=starting", "EXTEND_TIMEOUT_USEC=5", ready(pid),
                                "BARRIER=1", "STATUS=up"]
    # Until it has said which process is the main one it is itself, then that one.
    assert manager.pids == [process.pid] * 4 + [pid]
    (bundle.rootfs / "fifo").write_text("\n")
    assert process.wait(timeout=60) == 7
    assert manager.receive_all()[5:] == ["RELOADING=1", "READY=1", "WATCHDOG=1", "STOPPING=1"]
    assert open(process.out).read() == ""


@pytest.mark.parametrize(
    "said, heard",
    [
        ("STATUS=one\nREADY=1\nX=2", "STATUS=one\nREADY=1\nMAINPID=%d"),
        ("MAINPID=1\nREADY=1", "READY=1\nMAINPID=%d"),
        ("READY=1\nMAINPID=1\n", "READY=1\nMAINPID=%d"),
        ("\n\nREADY=1\n\n", "READY=1\nMAINPID=%d"),
    ],
)
def test_several_lines(kist, bundle, manager, said, heard):
    bundle.args = ["/bin/sh", "-c", '/probe notify "$0"; exec sleep 1000', said]
    process = begin_run(kist, bundle, manager)
    assert manager.receive() == heard % init_pid(kist, bundle)
    end(kist, bundle, process)


@pytest.mark.parametrize(
    "said",
    ["MAINPID=1", "FDSTORE=1", "FDSTOREREMOVE=1\nFDNAME=x", "BARRIER=1", "ERRNO=2",
     "BUSERROR=x", "WATCHDOG_USEC=1", "NOTIFYACCESS=all", "X_KIST=1", "READY=0", "READY=11",
     "READY", "ready=1", " READY=1", "STATUS", "STATUS=\x1b[2J", "STATUS=\r", "=", "\n",
     "EXTEND_TIMEOUT_USEC=", "EXTEND_TIMEOUT_USEC=-1", "WATCHDOG=x", "STOPPING=1 MAINPID=1",
     "STATUS=" + "x" * 5000],
    ids=lambda said: repr(said[:20]),
)
def test_what_is_not_passed_on(kist, bundle, manager, said):
    bundle.args = ["/probe", "notify", said, "STATUS=end"]
    assert kist.run(bundle, env=environment(manager)).code == 0
    assert manager.receive_all() == ["STATUS=end"]


def test_last_words(kist, bundle, manager):
    """What was said right before the end."""
    bundle.probe("notify", *(f"STATUS={number}" for number in range(8)), "STOPPING=1")
    for _ in range(5):
        manager.messages.clear()
        assert kist.run(bundle, env=environment(manager)).code == 0
        assert manager.receive_all()[-2:] == ["STATUS=7", "STOPPING=1"]


def test_terminal(kist, bundle, manager):
    """Both are relayed at the same time."""
    bundle.process["terminal"] = True
    shell(bundle, "/probe notify READY=1; for i in $(seq 2000); do echo line $i; done")
    result = kist.run(bundle, env=environment(manager))
    assert result.code == 0 and result.out.endswith("line 2000\n"), result
    assert [re.sub(r"\d+$", "", text) for text in manager.receive_all()][0] == "READY=1\nMAINPID="


def test_a_barrier_of_the_container(kist, bundle, manager):
    assert kist.run(bundle.probe("notify-barrier"), env=environment(manager)).code == 0
    assert manager.receive_all() == []


# Detached


def test_detached(kist, bundle, any_manager):
    """kist waits until the container is ready, and says so."""
    manager = any_manager
    shell(bundle, """
        /probe notify STATUS=starting
        read wait < /fifo
        /probe notify READY=1
        exec sleep 1000
    """)
    subprocess.run(["mkfifo", bundle.rootfs / "fifo"], check=True)
    process = begin_run(kist, bundle, manager, "--detach")
    assert manager.receive() == "STATUS=starting"
    time.sleep(0.2)
    assert process.poll() is None
    manager.closes = False
    (bundle.rootfs / "fifo").write_text("\n")
    assert manager.receive() == ready(init_pid(kist, bundle))
    assert manager.receive() == "BARRIER=1"
    time.sleep(0.2)
    assert process.poll() is None, "the manager has not heard it yet"
    manager.close_barriers()
    assert process.wait(timeout=60) == 0
    assert open(process.out).read() == ""


def test_start(kist, bundle, manager):
    """create has nothing to wait for; start has."""
    shell(bundle, "/probe notify 'MAINPID=1\nREADY=1'; exec sleep 1000")
    container = kist.create(bundle, env=environment(manager))
    assert container.status == "created"
    assert manager.receive_all() == []
    process = begin(kist, "start", container.id, env=environment(manager))
    assert manager.receive() == ready(container.pid)
    assert manager.receive() == "BARRIER=1"
    assert process.wait(timeout=60) == 0
    assert open(process.out).read() == ""
    assert container.status == "running"


def test_started_by_somebody_else(kist, bundle, manager):
    """Whose manager is another one, or none: nobody listens, and nobody waits."""
    shell(bundle, "read wait </fifo; /probe notify READY=1; echo $?; exec sleep 1000")
    os.mkfifo(bundle.rootfs / "fifo")
    container = kist.create(bundle, env=environment(manager))
    container.start()
    (bundle.rootfs / "fifo").write_text("\n")
    container.wait_for_output("1\n")
    assert manager.receive_all() == []


def test_created_by_somebody_else(kist, bundle, manager):
    """There is no socket in the container: nothing to wait for."""
    container = kist.create(bundle.probe("wait"))
    kist.ok("start", container.id, env=environment(manager))
    assert container.status == "running"


def test_start_hooks(kist, bundle, manager, work):
    """While they run nothing is lost; and a manager that hears nothing is waited for, but not for
    ever."""
    bundle.config["hooks"] = {
        "startContainer": [{"path": "/probe", "args": ["probe", "exit"]}],
        "poststart": [{"path": "/bin/sleep", "args": ["sleep", "0.3"]}],
    }
    shell(bundle, "/probe notify READY=1; exec sleep 1000")
    container = kist.create(bundle, env=environment(manager))
    began = time.monotonic()
    kist.ok("start", container.id, env=environment(manager), timeout=120)
    assert time.monotonic() - began >= 30
    assert manager.receive_all() == [ready(container.pid), "BARRIER=1"]


@pytest.mark.parametrize("verb", ["run", "start"])
def test_never_ready(kist, bundle, manager, verb):
    """The end of the container is the end of the wait, too."""
    shell(bundle, "/probe notify STATUS=failing; sleep 0.3; exit 3")
    if verb == "run":
        assert begin_run(kist, bundle, manager, "--detach").wait(timeout=60) == 0
    else:
        container = kist.create(bundle, env=environment(manager))
        kist.ok("start", container.id, env=environment(manager))
        assert container.status == "stopped"
    assert manager.receive_all() == ["STATUS=failing"]


def test_ready_and_over(kist, bundle, manager):
    """Ready, and ended before anybody looked."""
    bundle.probe("notify", "READY=1")
    container = kist.create(bundle, env=environment(manager))
    pid = container.pid
    process = begin(kist, "start", container.id, env=environment(manager))
    assert manager.receive() == ready(pid)
    assert manager.receive() == "BARRIER=1"
    assert process.wait(timeout=60) == 0


def test_a_program_that_is_not_there(kist, bundle, manager):
    bundle.args = ["/nonexistent"]
    kist.refuses(bundle, "nonexistent", "--detach")
    bundle.write()
    kist.fails("run", "--detach", "--bundle", bundle.path, kist.new_id(), text="nonexistent",
               env=environment(manager))


# Who else may be in there


@pytest.mark.parametrize("uid", [0, 1000])
def test_user_namespace(kist, bundle, manager, uid):
    own_user_namespace(bundle)
    bundle.process["user"] = {"uid": uid, "gid": uid}
    (bundle.rootfs / "run/notify").mkdir(parents=True)
    process = begin_run(kist, shell(bundle, "/probe notify READY=1; exec sleep 1000"), manager)
    assert manager.receive() == ready(init_pid(kist, bundle))
    end(kist, bundle, process)


@pytest.mark.parametrize("verb", ["run", "start"])
def test_rootless(kist, bundle, manager, verb):
    rootless(kist, bundle)
    (bundle.rootfs / "run/notify").mkdir(parents=True)
    shell(bundle, "/probe notify READY=1 STATUS=up; exec sleep 1000")
    if verb == "run":
        process = begin_run(kist, bundle, manager)
        assert manager.receive() == ready(init_pid(kist, bundle))
        assert manager.receive() == "BARRIER=1"
        # Only root may speak for another process.
        assert manager.receive() == "STATUS=up"
        assert manager.pids == [process.pid] * 3
        end(kist, bundle, process)
    else:
        container = kist.create(bundle, env=environment(manager))
        process = begin(kist, "start", container.id, env=environment(manager))
        assert [manager.receive(), manager.receive()] == [ready(container.pid), "BARRIER=1"]
        assert process.wait(timeout=60) == 0


def test_read_only_root(kist, bundle, manager):
    bundle.config["root"]["readonly"] = True
    bundle.probe("notify", "STATUS=end")
    assert kist.run(bundle, env=environment(manager)).code == 0
    assert manager.receive_all() == ["STATUS=end"]


def test_what_the_configuration_mounts_there(kist, bundle, manager, work):
    """As an engine does that knows of sd_notify: kist's own counts."""
    (work / "other").mkdir()
    bundle.mount("/run", "tmpfs", "tmpfs", ["mode=755"])
    bundle.bind(work / "other", "/run/notify", "bind", "ro")
    bundle.probe("notify", "STATUS=end")
    assert kist.run(bundle, env=environment(manager)).code == 0
    assert manager.receive_all() == ["STATUS=end"]


@pytest.mark.parametrize("link", ["/run", "/run/notify", "/run/notify/notify.sock"])
def test_links_of_the_image(kist, bundle, manager, work, link):
    """They lead nowhere but into the container."""
    outside = work / "outside"
    outside.mkdir()
    place = bundle.rootfs / link[1:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(f"../../../../../..{outside}" if link != "/run/notify" else outside)
    (bundle.rootfs / str(outside)[1:]).mkdir(parents=True)
    bundle.probe("notify", "STATUS=end")
    assert kist.run(bundle, env=environment(manager)).code == 0
    assert manager.receive_all() == ["STATUS=end"]
    assert os.listdir(outside) == []


# Hostile containers


def test_flood(kist, bundle, manager):
    """It waits itself; kist has time for everything else, and the manager for others."""
    process = begin_run(kist, bundle.probe("notify-flood", "STATUS=x"), manager)
    assert manager.receive() == "STATUS=x"
    began = time.monotonic()
    before = cpu_seconds(process.pid)
    while time.monotonic() - began < 1:
        assert manager.receive() == "STATUS=x"
    assert len(manager.messages) < 150
    assert cpu_seconds(process.pid) - before < 0.5
    process.terminate()
    kist.ok("kill", bundle.id, "KILL")
    assert process.wait(timeout=60) == 137


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_flood_without_a_pid_namespace(kist, bundle, manager):
    """What goes on after the end of init does not keep kist."""
    bundle.without_namespace("pid")
    shell(bundle, "/probe notify-flood STATUS=x & sleep 0.3; exit 5")
    process = begin_run(kist, bundle, manager)
    # Nobody reads: not even that holds it up for long.
    assert process.wait(timeout=60) == 5


def test_a_manager_that_does_not_read(kist, bundle, manager):
    """Signals and the end arrive all the same."""
    shell(bundle, "/probe notify-flood STATUS=x & trap 'exit 9' TERM; while :; do sleep 0.05; done")
    process = begin_run(kist, bundle, manager)
    time.sleep(1)
    process.terminate()
    assert process.wait(timeout=60) == 9


def test_a_manager_that_is_not_there(kist, bundle, work):
    """The container runs; the log knows."""
    bundle.probe("notify", "READY=1")
    bundle.write()
    log = work / "log"
    for flags in [], ["--detach"]:
        result = kist("--log", log, "run", *flags, "--bundle", bundle.path, kist.new_id(),
                      env=environment(str(work / "nobody")))
        assert (result.code, result.err) == (0, "")
    assert log.read_text().count("No such file or directory") == 2


def test_a_manager_that_keeps_the_barrier(kist, bundle, manager):
    """In the foreground it holds nothing up."""
    manager.closes = False
    shell(bundle, "/probe notify READY=1; sleep 0.3; exit 4")
    process = begin_run(kist, bundle, manager)
    assert process.wait(timeout=60) == 4
    assert manager.receive_all()[1] == "BARRIER=1"


def test_descriptors_that_nobody_may_close(kist, bundle, manager):
    """A socket with SO_LINGER: whoever closes it last waits."""
    shell(bundle, "trap 'exit 9' TERM; /probe notify-linger; /probe notify STATUS=up;"
                  "while :; do sleep 0.05; done")
    process = begin_run(kist, bundle, manager)
    assert manager.receive() == "STATUS=up"
    process.terminate()
    assert process.wait(timeout=60) == 9


def test_many_descriptors(kist, bundle, manager):
    """Then it is no longer heard, nor waits for that; and kist has some left."""
    shell(bundle, """
        /probe notify STATUS=up
        for i in $(seq 80); do /probe notify-linger & done
        sleep 3
        for i in $(seq 20); do /probe notify STATUS=late; done
        exit 3
    """)
    process = begin_run(kist, bundle, manager)
    assert process.wait(timeout=60) == 3
    assert manager.receive_all() == ["STATUS=up"]


# NOTIFY_SOCKET itself


@pytest.mark.parametrize(
    "name, text",
    [
        ("relative", "neither an absolute path nor the name of an abstract socket"),
        ("vsock:2:1", "neither an absolute path"),
        ("/", "neither an absolute path"),
        ("@", "neither an absolute path"),
        ("/" + "x" * 107, "longer than 107 bytes"),
        ("@" + "x" * 108, "longer than 108 bytes"),
    ],
)
def test_addresses_that_are_none(kist, bundle, host_unchanged, name, text):
    bundle.write()
    for verb in "run", "create":
        kist.fails(verb, "--bundle", bundle.path, kist.new_id(), env=environment(name), text=text)
    kist.fails("start", kist.new_id(), env=environment(name), text=text)


@pytest.mark.parametrize("first, length", [("/", 107), ("@", 108)])
def test_the_longest_addresses(kist, bundle, work, first, length):
    name = first + TAG if first == "@" else f"{work}/"
    manager = Manager(name + "x" * (length - len(name)))
    assert kist.run(bundle.probe("notify", "STATUS=end"), env=environment(manager)).code == 0
    assert manager.receive_all() == ["STATUS=end"]
    manager.close()


def test_nothing_stays_on_the_host(kist, bundle, manager):
    container = kist.create(bundle.probe("wait"), env=environment(manager))
    assert sorted(os.listdir(kist.root / container.id)) == ["config.json", "record.json", "start"]
    process = begin(kist, "start", container.id, env=environment(manager))
    wait_until(lambda: container.status == "running", "running")
    container.delete("--force")
    assert process.wait(timeout=60) == 0
