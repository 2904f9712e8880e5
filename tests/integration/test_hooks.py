# SPDX-License-Identifier: LGPL-2.1-or-later
"""config.md, POSIX-platform Hooks; runtime.md, Lifecycle: what hooks are told, where they run, and
what follows when one fails or misbehaves."""

import json
import os
import re
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import harness
from harness import (
    CGROUPS, HostPicture, assert_unchanged, cgroup_mounts, has_cgroup_v1, parse_mounts, wait_until)
from harness.faults import kill_at, syscalls_of_create
from harness.users import own_user_namespace

LONG = str(1000 + os.getpid())  # seconds: of this session alone
KINDS = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
RUNTIME = ["prestart", "createRuntime", "poststart", "poststop"]
IN_CREATE = KINDS[:3]
STATUS = dict(zip(KINDS, ["creating"] * 3 + ["created", "running", "stopped"]))

# Take what a script needs from the state on its stdin.
ID = r"""$(sed 's/.*"id":"\([^"]*\).*/\1/')"""
PID = r"""$(sed 's/.*"pid":\([0-9]*\).*/\1/')"""
PATH = [f"PATH={os.environ['PATH']}"]


class Hooks:
    """Hooks of a bundle: shell scripts that know where to write, on either side of pivot_root."""

    def __init__(self, bundle, work):
        self.bundle, self.config = bundle, bundle.config.setdefault("hooks", {})
        self.notes = work / "notes"
        self.notes.mkdir()
        self.notes.chmod(0o777)
        # Also for those who are somebody else in a user namespace.
        (self.notes / "order").touch()
        (self.notes / "order").chmod(0o666)
        (bundle.rootfs / "notes").mkdir()
        bundle.bind(self.notes, "/notes")

    def add(self, kind, script, **properties):
        """script: of sh, in which $N is the directory of notes."""
        notes = "/notes" if kind == "startContainer" else self.notes
        entry = {"path": "/bin/sh", "args": ["sh", "-c", f"N={notes}\n{script}"], **properties}
        self.config.setdefault(kind, []).append(entry)
        return self

    def note_all(self, *kinds):
        """Each notes that it ran, and what it was told."""
        for kind in kinds or KINDS:
            self.add(kind, f"cat >$N/{kind}; echo {kind} >>$N/order")
        return self

    @property
    def order(self):
        return self.read("order").split()

    def read(self, name):
        return (self.notes / name).read_text()

    def state(self, kind):
        return json.loads(self.read(kind))


@pytest.fixture
def hooks(bundle, work):
    return Hooks(bundle, work)


# What runs when


def test_order(kist, bundle, hooks):
    for kind in reversed(KINDS):
        for i in range(3):
            hooks.add(kind, f"echo {kind}{i} >>$N/order")

    def expected(*kinds):
        return [f"{kind}{i}" for kind in kinds for i in range(3)]

    container = kist.create(bundle.probe("wait"))
    assert hooks.order == expected(*KINDS[:3])
    container.start()
    assert hooks.order == expected(*KINDS[:5])
    container.kill("KILL")
    container.wait()
    assert hooks.order == expected(*KINDS[:5])
    container.delete()
    assert hooks.order == expected(*KINDS)


def test_order_of_run(kist, bundle, hooks):
    hooks.note_all()
    result = kist.run(bundle.probe("echo", "ran"))
    assert (result.code, result.out, result.err) == (0, "ran\n", "")
    assert hooks.order == KINDS


def test_run_detached(kist, bundle, hooks):
    hooks.note_all()
    bundle.probe("wait").write()
    id = kist.new_id()
    with open(os.devnull, "w") as null:
        kist.ok("run", "--detach", "--bundle", bundle.path, id, stdout=null)
    assert hooks.order == KINDS[:5]
    kist.ok("delete", "--force", id)
    assert hooks.order == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_alone(kist, bundle, hooks, kind, host_unchanged):
    hooks.note_all(kind)
    container = kist.start(bundle.probe("exit", 0))
    container.wait()
    container.delete()
    assert hooks.order == [kind]


def test_poststart_is_after_the_program(kist, bundle, hooks):
    hooks.add("poststart", f"tr '\\0' ' ' </proc/{PID}/cmdline >$N/cmdline")
    container = kist.start(bundle.probe("wait"))
    assert hooks.read("cmdline").split() == ["/probe", "wait"]
    container.delete("--force")


def test_nothing_is_kept_without_hooks(kist, bundle):
    """Neither start nor delete has a reason to parse the configuration."""
    container = kist.create(bundle.probe("wait"))
    directory = kist.root / container.id
    assert not {"poststart", "poststop"} & set(json.loads((directory / "record.json").read_text()))
    (directory / "config.json").write_text("{")
    container.start()
    container.delete("--force")


# The state


@pytest.mark.parametrize("command", ["create", "run"])
def test_state(kist, bundle, hooks, command):
    bundle.config["annotations"] = {"com.example.key": "a \"quoted\" välue", '"pid":0': "x"}
    hooks.note_all()
    id = kist.new_id()
    if command == "create":
        container = kist.create(bundle.probe("wait"), id=id)
        pid = container.pid
        container.start()
        container.delete("--force")
    else:
        bundle.probe("exit", 0)
        assert kist.run(bundle, id=id).code == 0
        pid = hooks.state("createRuntime")["pid"]
        assert pid > 1
    for kind in KINDS:
        state = hooks.state(kind)
        assert state["ociVersion"] == "1.3.0"
        assert state["id"] == id
        assert state["status"] == STATUS[kind], kind
        assert state["bundle"] == str(bundle.path)
        assert state["annotations"] == bundle.config["annotations"]
        seen = {"createContainer": 1, "startContainer": 1, "poststop": 0}.get(kind, pid)
        assert state["pid"] == seen, kind


def test_state_in_the_hosts_pid_namespace(kist, bundle, hooks):
    bundle.without_namespace("pid")
    hooks.note_all()
    container = kist.create(bundle.probe("wait"))
    pid = container.pid
    container.start()
    container.delete("--force")
    assert [hooks.state(kind)["pid"] for kind in KINDS] == [pid] * 5 + [0]


def test_state_in_a_joined_pid_namespace(kist, bundle, hooks, elsewhere):
    other = elsewhere("--pid", "--fork")
    bundle.namespace("pid", f"/proc/{other.process.pid}/ns/pid_for_children")
    hooks.note_all()
    pid = kist.report(bundle)["process"]["pid"]
    assert pid > 1
    for kind in "createContainer", "startContainer":
        assert hooks.state(kind)["pid"] == pid, kind
    for kind in "prestart", "createRuntime", "poststart":
        assert hooks.state(kind)["pid"] > pid, kind


def test_state_is_the_one_of_state(kist, bundle, hooks):
    """What a hook is told is what kist says when the hook asks, but for what it may leave out."""
    ask = f"{' '.join(kist.command())} state {ID}"
    hooks.note_all()
    for kind in RUNTIME:
        hooks.add(kind, f"{ask} >$N/{kind}.asked")
    container = kist.start(bundle.probe("wait"))
    container.delete("--force")
    for kind in RUNTIME:
        told, asked = hooks.state(kind), json.loads(hooks.read(f"{kind}.asked"))
        assert asked.pop("owner") == "root"
        if STATUS[kind] == "creating":
            del told["pid"], asked["pid"]
        assert told == asked, kind


def test_status_while_poststart_hooks_of_run_run(kist, bundle, hooks):
    """The container runs, and its creator is done with it but for them."""
    hooks.add("poststart", f"{' '.join(kist.command())} state {ID} >$N/asked")
    bundle.probe("wait").write()
    id = kist.new_id()
    with open(os.devnull, "w") as null:
        kist.ok("run", "--detach", "--bundle", bundle.path, id, stdout=null)
    assert hooks.state("asked")["status"] == "running"
    assert hooks.state("asked")["pid"] > 1


def test_status_while_hooks_run(kist, bundle, hooks):
    """created until the program is executed; however many ask, and whoever else wants to start."""
    hooks.add("startContainer", "echo x >$N/began; while [ ! -e $N/go ]; do sleep 0.01; done")
    container = kist.create(bundle.probe("wait"))
    command = kist.command("start", container.id)
    starters = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    wait_until((hooks.notes / "began").exists, "the hook to begin")
    assert [container.status for _ in range(40)] == ["created"] * 40
    (hooks.notes / "go").touch()
    results = sorted((one.wait(timeout=60), one.stderr.read()) for one in starters)
    for one in starters:
        one.stderr.close()
    assert results[0] == (0, "")
    assert results[1][0] == 1
    assert "cannot start an already running container" in results[1][1]
    assert container.status == "running"


@pytest.mark.skipif(not has_cgroup_v1(), reason="only v1 keeps what was killed from its end")
def test_init_that_cannot_be_killed(kist, bundle, hooks):
    """Where a hook has put it. The hook's failure is told all the same, in the end."""
    freezer = Path(cgroup_mounts()["freezer"] + CGROUPS) / "hook"
    freezer.mkdir(parents=True)
    hooks.add("createRuntime", f"echo {PID} >{freezer}/cgroup.procs; cd {freezer}; echo FROZEN >freezer.state; "
              "until grep -qx FROZEN freezer.state; do sleep 0.01; done; exit 1")
    bundle.linux.pop("resources", None)
    del bundle.linux["cgroupsPath"]
    id = kist.new_id()
    try:
        result = kist("--cgroup-manager=disabled", "create", "--bundle", bundle.write().path, id)
    finally:
        (freezer / "freezer.state").write_text("THAWED")
        wait_until(lambda: not (freezer / "cgroup.procs").read_text(), "its end")
        freezer.rmdir()
    assert result.code == 1
    assert result.err.endswith("hooks.createRuntime[0]: /bin/sh: exited with status 1\n"), result
    kist.ok("delete", "--force", id)


def test_the_state_cannot_be_changed(kist, bundle, hooks):
    hooks.add("createRuntime", "echo x 2>/dev/null >>/proc/self/fd/0 && exit 1; cat >$N/state")
    kist.create(bundle).delete()
    assert hooks.state("state")["status"] == "creating"


def test_a_state_larger_than_a_pipe(kist, bundle, hooks):
    bundle.config["annotations"] = {"large": "x" * 300_000}
    hooks.note_all().add("prestart", "exit 0")
    container = kist.start(bundle.probe("wait"))
    container.delete("--force")
    assert hooks.order == KINDS
    for kind in KINDS:
        assert len(hooks.state(kind)["annotations"]["large"]) == 300_000


# What they get


def test_environment_is_the_hooks_own(kist, bundle, hooks):
    """Never the caller's; none when none is given. A variable of the container's is none either."""
    bundle.process["env"].append("LD_PRELOAD_OF_THE_IMAGE=1")
    for kind in KINDS:
        hooks.add(kind, f"env >$N/{kind}.none")
        hooks.add(kind, f"env >$N/{kind}.some", env=["A=1", "EMPTY=", "B=x y"])
    container = kist.create(bundle.probe("wait"), env={**os.environ, "SECRET": "1"})
    container.start()
    container.delete("--force")
    for kind in KINDS:
        none, some = [
            # The shells add these.
            {line for line in hooks.read(f"{kind}.{name}").splitlines()
             if not re.match("(PATH|PWD|SHLVL|OLDPWD|_)=", line)} for name in ("none", "some")]
        assert none == set(), kind
        assert some == {"A=1", "EMPTY=", "B=x y"}, kind


def test_arguments(kist, bundle, hooks, work):
    script = work / "hook"
    script.write_text(f"#!/bin/sh\ntr '\\0' '\\n' </proc/$$/cmdline >>{hooks.notes}/args\n")
    script.chmod(0o755)
    bundle.config["hooks"] = {"createRuntime": [
        {"path": str(script)},
        {"path": str(script), "args": []},
        {"path": str(script), "args": ["name", "one", "", "two words"]},
    ]}
    kist.create(bundle).delete()
    # A script's interpreter and path stand in the place of its own name.
    called = f"/bin/sh\n{script}\n"
    assert hooks.read("args") == called * 3 + "one\n\ntwo words\n"


def test_the_name_of_a_program(kist, bundle, hooks):
    script = f"tr '\\0' ' ' </proc/$$/cmdline >{hooks.notes}/name"
    hooks.config["createRuntime"] = [{"path": "/bin/sh", "args": ["other", "-c", script]}]
    kist.create(bundle).delete()
    assert hooks.read("name").startswith("other -c ")


def test_where_they_begin(kist, bundle, hooks):
    bundle.process["cwd"] = "/tmp"
    for kind in KINDS:
        hooks.add(kind, f"pwd >$N/{kind}")
    kist.start(bundle.probe("wait"), cwd="/usr").delete("--force")
    for kind in KINDS:
        expected = "/" if kind == "startContainer" else str(bundle.path)
        assert hooks.read(kind) == expected + "\n", kind


def test_descriptors_signals_umask_session(kist, bundle, hooks):
    """Nothing of kist's, nothing of what the caller leaked or preserves for the container."""
    for kind in KINDS:
        # 10 is the shell's own.
        hooks.add(kind, f"for fd in 3 4 5 6 7 8 9 11 12 13 14 15 16 17 18 19 20; do "
                        f"[ ! -e /proc/self/fd/$fd ] || echo $fd; done >$N/{kind}.fds\n"
                        f"umask >$N/{kind}.umask\n"
                        f"grep -E '^Sig(Blk|Ign)' /proc/self/status >$N/{kind}.signals\n"
                        f"cut -d' ' -f5,6 /proc/self/stat >$N/{kind}.session\n"
                        f"for fd in 0 7 2; do readlink /proc/self/fd/$fd 7>&1 "
                        f">>$N/{kind}.stdio; done")
    bundle.process["user"]["umask"] = 0o077
    kist.prefix = ["sh", "-c", 'trap "" PIPE HUP CHLD; umask 0; '
                               'exec 3</dev/null 4</dev/null 9</dev/null; exec "$@"', "sh"]
    container = kist.create(bundle.probe("wait"), "--preserve-fds", "2")
    container.start()
    container.delete("--force")
    for kind in KINDS:
        assert hooks.read(f"{kind}.fds") == "", kind
        assert hooks.read(f"{kind}.umask") == "0022\n", kind
        assert re.findall(r"\t(\S+)", hooks.read(f"{kind}.signals")) == ["0" * 16] * 2, kind
        assert len(set(hooks.read(f"{kind}.session").split())) == 1, kind
        state, *output = hooks.read(f"{kind}.stdio").splitlines()
        assert state.startswith("/memfd:state"), kind
        assert output[0] == output[1] and output[0].startswith("pipe:"), kind


# Where they run

NAMESPACES = ["pid", "net", "mnt", "ipc", "uts", "cgroup"]


def test_namespaces(kist, bundle, hooks):
    for kind in KINDS:
        hooks.add(kind, f"for ns in {' '.join(NAMESPACES)}; do readlink /proc/self/ns/$ns; done "
                        f">$N/{kind}")
    report = kist.report(bundle)
    own = [os.readlink(f"/proc/self/ns/{ns}") for ns in NAMESPACES]
    containers = [report["namespaces"][ns] for ns in NAMESPACES]
    assert not set(own) & set(containers)
    for kind in KINDS:
        expected = own if kind in RUNTIME else containers
        assert hooks.read(kind).split() == expected, kind


def test_create_container_sees_the_hosts_files_and_the_containers_mounts(kist, bundle, hooks, work):
    """runtime namespace: the path; container's: the mounts, where config.json says its root is."""
    (work / "data").mkdir()
    (work / "data/file").write_text("bound")
    (bundle.rootfs / "mnt").mkdir()
    bundle.bind(work / "data", "/mnt")
    root = bundle.rootfs
    script = work / "hook"
    script.write_text(
        f"#!/bin/sh -e\ncat {root}/mnt/file >{hooks.notes}/file\n"
        f"head -c4 {root}/proc/self/status >{hooks.notes}/proc\n"
        f"mount -t tmpfs hook {root}/home\necho made >{root}/home/made\n")
    script.chmod(0o755)
    hooks.config["createContainer"] = [{"path": str(script), "env": PATH}]
    hooks.add("startContainer", "ls / >$N/ls")
    report = kist.report(bundle, "/home/made", "/mnt/file", str(work))
    assert hooks.read("file") == "bound"
    assert hooks.read("proc") == "Name"
    assert report.path("/home/made")["text"] == "made\n", "what the hook mounted is the container's"
    assert report.mount("/home").source == "hook"
    assert report.path("/mnt/file")["text"] == "bound"
    assert report.path(str(work)).get("errno"), "the host is out of sight"
    assert "probe" in hooks.read("ls").split()
    assert not os.path.exists(root / "home/made"), "and the host's are not touched"


def test_create_container_cannot_write_to_a_readonly_root(kist, bundle, hooks):
    bundle.config["root"]["readonly"] = True
    hooks.add("createContainer", f"touch {bundle.rootfs}/x 2>$N/said; [ ! -e {bundle.rootfs}/x ]")
    kist.create(bundle).delete()
    assert "Read-only" in hooks.read("said")


def test_prestart_enters_by_the_pid(kist, bundle, hooks):
    """What Docker's network hook does, and NVIDIA's with the mounts."""
    hooks.add("prestart", f"nsenter -t {PID} -n ip link set lo mtu 1234", env=PATH)
    hooks.add("createRuntime", f"nsenter -t {PID} -m sh -c '"
                               f"ls {bundle.rootfs}/proc/1/status && "
                               f"mount -t tmpfs hook {bundle.rootfs}/home'", env=PATH)
    report = kist.report(bundle, "/sys/class/net/lo/mtu")
    assert report.mount("/home").source == "hook"
    assert report.path("/sys/class/net/lo/mtu")["text"] == "1234\n"


def test_start_container_is_the_containers_user(kist, bundle, hooks):
    """Of the container's files, by its path; with no privilege that the program does not have."""
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    hooks.add("startContainer", "id -u >$N/id; "
                                "grep -E '^Cap(Eff|Bnd)|NoNewPrivs' /proc/self/status >$N/status")
    report = kist.report(bundle)
    assert hooks.read("id") == "1000\n"
    status = dict(line.split(":\t") for line in hooks.read("status").splitlines())
    assert status == {key: report.status[key] for key in status}


def test_start_container_is_not_filtered(kist, bundle, hooks):
    """The filter is the program's: a profile need allow nothing on a hook's behalf."""
    bundle.linux["seccomp"] = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["mkdir", "mkdirat", "clone", "clone3", "memfd_create", "ppoll"],
                      "action": "SCMP_ACT_ERRNO"}],
    }
    hooks.add("startContainer", "mkdir $N/made")
    assert kist.report(bundle).status["Seccomp"] == "2"
    assert (hooks.notes / "made").is_dir()


def test_without_pivot_root(kist, bundle, hooks):
    hooks.note_all()
    report = kist.report(bundle, str(hooks.notes), flags=["--no-pivot"])
    assert hooks.order == KINDS
    assert report.path(str(hooks.notes)).get("errno")


def test_nothing_is_seen_under_no_pivot(kist, bundle, hooks, work):
    """Who escapes from a mere chroot comes out in the container's own root, hooks or none."""
    for kind in "effective", "permitted", "bounding":
        bundle.process["capabilities"][kind].append("CAP_SYS_CHROOT")
    hooks.note_all("createContainer")
    escape = work / "escape.c"
    escape.write_text(
        "#include <unistd.h>\n#include <sys/stat.h>\n#include <stdio.h>\n"
        "int main(void) { mkdir(\"/tmp/jail\", 0755); if (chroot(\"/tmp/jail\")) return 2;\n"
        "for (int i = 0; i < 64; i++) if (chdir(\"..\")) return 3;\n"
        "if (chroot(\".\")) return 4;\n"
        f"puts(access(\"{hooks.notes}\", F_OK) ? \"contained\" : \"escaped\"); return 0; }}\n")
    subprocess.run(["cc", "-static", "-o", bundle.rootfs / "escape", escape], check=True)
    bundle.args = ["/escape"]
    assert kist.runs(bundle, "--no-pivot").out == "contained\n"


@pytest.mark.parametrize("propagation", ["shared", "slave", "private", "unbindable", "rshared"])
def test_root_propagation(kist, bundle, hooks, propagation):
    bundle.linux["rootfsPropagation"] = propagation
    hooks.note_all()
    hooks.add("createContainer", f"mount -t tmpfs hook {bundle.rootfs}/home", env=PATH)
    assert kist.report(bundle).mount("/home").source == "hook"
    assert hooks.order == KINDS


def test_root_is_a_mount_of_its_own(kist, bundle, hooks, elsewhere):
    """As with an overlay that an engine has mounted for the container, shared with the host."""
    other = elsewhere("--mount", "--propagation", "shared",
                      setup=f"mount --bind {bundle.rootfs} {bundle.rootfs}")
    kist.prefix = other.enter("--mount")
    hooks.note_all()
    hooks.add("createContainer", f"mount -t tmpfs hook {bundle.rootfs}/home", env=PATH)
    assert kist.report(bundle).mount("/home").source == "hook"
    assert hooks.order == KINDS
    mounts = parse_mounts(open(f"/proc/{other.process.pid}/mountinfo").read())
    found = [mount.point for mount in mounts if mount.point.startswith(str(bundle.rootfs))]
    assert found == [str(bundle.rootfs)], "nothing comes through to the host"


def test_ephemeral(kist, bundle, hooks):
    hooks.note_all()
    hooks.add("createContainer", f"echo kept >{bundle.rootfs}/home/kept")
    report = kist.report(bundle, "/home/kept", flags=["--ephemeral"])
    assert report.path("/home/kept")["text"] == "kept\n"
    assert not (bundle.rootfs / "home/kept").exists()


def test_a_terminal(kist, bundle, hooks, work):
    """Its leader crosses before the pause for hooks."""
    hooks.note_all()
    bundle.process["terminal"] = True
    bundle.probe("exit", 3).write()
    command = " ".join(kist.command("run", "--bundle", bundle.path, kist.new_id()))
    result = subprocess.run(["script", "-qec", command, "/dev/null"], stdin=subprocess.DEVNULL,
                            capture_output=True, timeout=60)
    assert result.returncode == 3, result
    assert hooks.order == KINDS


# Failure


def expect_destroyed(kist, hooks, before, *kinds):
    """Nothing is left, and the poststop hooks have run."""
    assert hooks.order == [*kinds, "poststop"]
    assert hooks.state("poststop")["status"] == "stopped"
    assert_unchanged(before, kist.root)


@pytest.mark.parametrize("command", ["create", "run"])
@pytest.mark.parametrize("kind", IN_CREATE)
def test_a_hook_of_create_fails(kist, bundle, hooks, kind, command):
    hooks.note_all()
    hooks.add(kind, "echo the reason; exit 3").add(kind, f"echo {kind}-after >>$N/order")
    bundle.probe("echo", "ran").write()
    kist.root.mkdir()
    before = HostPicture(kist.root)
    kist.fails(command, "--bundle", bundle.path, kist.new_id(),
               text=rf"hooks\.{kind}\[1\]: /bin/sh: exited with status 3: the reason")
    expect_destroyed(kist, hooks, before, *KINDS[:KINDS.index(kind) + 1])


@pytest.mark.parametrize("kind", ["startContainer", "poststart"])
def test_a_hook_of_start_fails(kist, bundle, hooks, kind):
    """The caller of start hears it, and the container is destroyed."""
    hooks.note_all()
    hooks.add(kind, "echo the reason >&2; exit 3").add(kind, f"echo {kind}-after >>$N/order")
    kist.root.mkdir()
    before = HostPicture(kist.root)
    container = kist.create(bundle.probe("wait"))
    pid = container.pid
    kist.fails("start", container.id,
               text=rf"hooks\.{kind}\[1\]: /bin/sh: exited with status 3: the reason")
    expect_destroyed(kist, hooks, before, *KINDS[:KINDS.index(kind) + 1])
    kist.fails("state", container.id, text="does not exist")
    assert ("ready" in container.out.read_text()) <= (kind == "poststart")
    # Whoever cleans up after a failed start finds nothing to do.
    kist.ok("delete", "--force", container.id)
    # A zombie is the host's init's to reap.
    assert not os.path.exists(f"/proc/{pid}/exe")


@pytest.mark.parametrize("kind", ["startContainer", "poststart"])
@pytest.mark.parametrize("flags", [[], ["--detach"]])
def test_a_later_hook_of_run_fails(kist, bundle, hooks, kind, flags):
    hooks.note_all()
    hooks.add(kind, "echo the reason >&2; exit 3")
    bundle.probe("wait").write()
    kist.root.mkdir()
    before = HostPicture(kist.root)
    result = kist("run", *flags, "--bundle", bundle.path, kist.new_id())
    assert result.code == 1
    assert f"hooks.{kind}[1]: /bin/sh: exited with status 3: the reason" in result.err
    expect_destroyed(kist, hooks, before, *KINDS[:KINDS.index(kind) + 1])


def test_poststop_fails(kist, bundle, hooks, work):
    """A warning; the others run, and the container goes."""
    hooks.add("poststop", "exit 1").add("poststop", "kill -9 $$").note_all("poststop")
    hooks.config["poststop"].insert(1, {"path": "/nonexistent"})
    container = kist.start(bundle.probe("exit", 0))
    container.wait()
    log = work / "log"
    kist.ok("--log", log, "delete", container.id)
    assert hooks.order == ["poststop"]
    lines = log.read_text().splitlines()
    assert len(lines) == 3 and all("warning" in line for line in lines)
    assert "hooks.poststop[0]: /bin/sh: exited with status 1" in lines[0]
    assert "hooks.poststop[1]: /nonexistent: execute: No such file or directory" in lines[1]
    assert "hooks.poststop[2]: /bin/sh: was killed by signal 9 (SIGKILL)" in lines[2]
    kist.fails("state", container.id, text="does not exist")


def test_poststop_deletes_its_own_container(kist, bundle, hooks):
    """It waits for the delete that waits for it; not without end."""
    container = kist.create(bundle)
    command = f"{kist.program} --root {kist.root} delete --force {container.id} 2>$N/said"
    container.delete("--force")
    hooks.add("poststop", f"{command}; echo $? >$N/status")
    container = kist.create(bundle, id=container.id)
    began = time.monotonic()
    container.delete("--force")
    assert time.monotonic() - began < 60
    assert (hooks.notes / "status").read_text() == "1\n"
    assert "is being started or deleted by another process" in (hooks.notes / "said").read_text()


def test_poststop_when_the_container_has_gone(kist, bundle, hooks):
    """Neither process nor cgroup are left when they run."""
    path = bundle.linux["cgroupsPath"]
    hooks.add("prestart", f"echo {PID} >$N/pid")
    hooks.add("poststop", "[ ! -e /proc/$(cat $N/pid)/exe ] || echo alive >$N/found; "
                          f"for m in /sys/fs/cgroup /sys/fs/cgroup/*; do "
                          f"[ ! -d $m{path} ] || echo $m >>$N/found; done")
    bundle.without_namespace("pid").probe("fork", 3)
    container = kist.start(bundle)
    container.wait_for_output("ready")
    container.delete("--force")
    assert not (hooks.notes / "found").exists()


@pytest.mark.parametrize("when", ["before", "after"])
def test_poststop_is_owed_once_hooks_ran(kist, bundle, hooks, when):
    """A create that fails before that was never attempted."""
    if when == "before":
        hooks.note_all()
        bundle.mount("/x", type="no-such-filesystem")
        kist.refuses(bundle, "no-such-filesystem|No such device", command="create")
        assert hooks.order == []
        return
    hooks.note_all("prestart", "poststop")
    bundle.args = ["/no-such-program"]
    kist.refuses(bundle, "executable file not found", command="create")
    assert hooks.order == ["prestart", "poststop"]


def test_poststop_alone_is_not_owed_by_a_create_that_fails(kist, bundle, hooks):
    hooks.note_all("poststop")
    bundle.args = ["/no-such-program"]
    kist.refuses(bundle, "executable file not found", command="create")
    assert hooks.order == []


def test_poststop_after_a_start_that_fails(kist, bundle, hooks):
    """A program that cannot be executed: the container is stopped, and deleted as ever."""
    hooks.note_all("poststart", "poststop")
    container = kist.create(bundle.probe("wait"))
    (bundle.rootfs / "probe").unlink()
    kist.fails("start", container.id, text="executable file not found")
    assert hooks.order == []
    container.wait()
    container.delete()
    assert hooks.order == ["poststop"]


@pytest.mark.parametrize("force", [False, True])
def test_poststop_runs_once_whoever_deletes(kist, bundle, hooks, force):
    """Others wait until the first has done it, and find that there is no such container."""
    hooks.add("poststop", "echo ran >>$N/ran; sleep 0.5")
    container = kist.create(bundle.probe("wait"))
    flags = ["--force"] if force else []
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: kist("delete", *flags, container.id), range(4)))
    assert hooks.read("ran") == "ran\n"
    errors = [result.err for result in results if result.code != 0]
    expected = f'kist: delete {container.id}: container "{container.id}" does not exist\n'
    assert errors == ([] if force else [expected] * 3)
    assert not (kist.root / container.id).exists()


def test_poststop_that_hangs_keeps_others_waiting_for_a_while_only(kist, bundle, hooks):
    hooks.add("poststop", "echo ran >>$N/ran; while [ ! -e $N/go ]; do sleep 0.05; done")
    container = kist.create(bundle.probe("wait"))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(kist, "delete", container.id)
        wait_until(lambda: (hooks.notes / "ran").exists(), "the hook to run")
        second = kist("delete", "--force", container.id)
        (hooks.notes / "go").touch()
        assert first.result().code == 0, first.result()
    assert second.code == 1 and second.err == (
        f'kist: delete {container.id}: container "{container.id}" is being started or deleted by '
        "another process, which may wait for a hook\n")
    assert hooks.read("ran") == "ran\n"
    assert not (kist.root / container.id).exists()


@pytest.mark.parametrize("command", ["start", "run"])
def test_poststop_runs_once_when_start_fails_meanwhile(kist, bundle, hooks, command):
    """A poststart hook that fails has the container destroyed, which another one does already."""
    id = kist.new_id()
    delete = " ".join(kist.command("delete", "--force", id))
    hooks.add("poststop", "echo ran >>$N/ran; sleep 0.5")
    hooks.add("poststart", f"setsid {delete} </dev/null >/dev/null 2>&1 &\n"
                           "while [ ! -e $N/ran ]; do sleep 0.01; done; exit 1")
    if command == "start":
        kist.create(bundle.probe("wait"), id=id)
        result = kist("start", id)
    else:
        bundle.probe("wait").write()
        result = kist("run", "--bundle", bundle.path, id)
    assert result.code == 1 and "hooks.poststart[0]" in result.err, result
    assert hooks.read("ran") == "ran\n"
    wait_until(lambda: not (kist.root / id).exists(), "deleted")


def test_poststop_of_a_bundle_that_has_gone(kist, bundle, hooks, work):
    """The copy of config.json counts, and there is no bundle to begin in."""
    hooks.add("poststop", "pwd >$N/pwd")
    container = kist.create(bundle.probe("wait"))
    (bundle.path / "config.json").write_text('{"hooks": "changed"}')
    bundle.path.rename(work / "elsewhere")
    container.delete()
    assert hooks.read("pwd") == "/\n"


def test_poststop_with_a_damaged_copy(kist, bundle, hooks, work):
    hooks.note_all("poststop")
    container = kist.create(bundle.probe("wait"))
    (kist.root / container.id / "config.json").write_text("{")
    kist.ok("--log", work / "log", "delete", container.id)
    assert "warning: hooks.poststop: config.json:1" in (work / "log").read_text()


def test_poststart_with_a_damaged_copy(kist, bundle, hooks):
    """Found out before anything runs."""
    hooks.note_all("poststart")
    container = kist.create(bundle.probe("wait"))
    (kist.root / container.id / "config.json").write_text("{")
    kist.fails("start", container.id, text=f"kist: start {container.id}: config.json:1:")
    assert container.status == "created"


# Misbehaviour. Each kind, whoever runs it.

WAYS = {
    "status": ("exit 255", "exited with status 255"),
    "signal": ("kill -SEGV $$", r"was killed by signal 11 \(SIGSEGV\)"),
    "megabytes": ("head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2; echo; echo done; "
                  "exit 1", "exited with status 1: done$"),
    "long line": ("head -c 100000 /dev/zero | tr '\\0' y; exit 1",
                  "exited with status 1: y{100,600}$"),
    "controls": ("printf 'a\\033[31mb\\r\\nc\\033]x\\n'; exit 1",
                 r"exited with status 1: c\\x1b\]x$"),
    "hangs": ("sleep " + LONG, "timed out after 1 s and was killed$"),
    "forks": ("for i in 1 2 3; do sleep " + LONG + " & done; echo waiting; wait",
              "timed out after 1 s and was killed: waiting$"),
    "leaves": ("sleep " + LONG + " & exit 1", "exited with status 1$"),
    "floods": ("while :; do echo x; done", "timed out after 1 s and was killed: x?$"),
    "stopped": ("kill -STOP $$", "timed out after 1 s and was killed$"),
}


def call(kist, bundle, kind):
    """The command that runs a kind of hooks, as far as it comes, and what it says."""
    bundle.probe("wait")
    if kind in IN_CREATE:
        bundle.write()
        return kist("create", "--bundle", bundle.path, kist.new_id())
    container = kist.create(bundle)
    if kind == "poststop":
        return kist("--log", container.err, "delete", container.id)
    return kist("start", container.id)


@pytest.mark.parametrize("kind", KINDS[1:5])
@pytest.mark.parametrize("way", WAYS)
def test_misbehaviour(kist, bundle, hooks, kind, way):
    script, pattern = WAYS[way]
    hooks.add(kind, script, timeout=1 if "timed" in pattern else 100)
    kist.root.mkdir()
    before, began = HostPicture(kist.root), time.monotonic()
    sleeping = sleepers()
    result = call(kist, bundle, kind)
    assert time.monotonic() - began < 50
    assert result.code == 1 and re.search(pattern, result.err.rstrip("\n")), result
    assert_unchanged(before, kist.root)
    wait_until(lambda: sleepers() <= sleeping, "what the hook left to be gone")


def sleepers():
    """Those of the hooks, which have nothing else to be known by."""
    found = set()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/cmdline") as file:
                    if file.read().split("\0")[:2] == ["sleep", LONG]:
                        found.add(entry)
            except OSError:
                pass
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("script", [
    "exec </dev/null", "exec <&- >&- 2>&-", "head -c 20000000 /dev/zero", "exit 0"])
def test_harmless(kist, bundle, hooks, kind, script):
    """stdin ignored or closed, nothing closed, and much to say."""
    hooks.add(kind, script, timeout=60).note_all()
    container = kist.start(bundle.probe("wait"))
    container.delete("--force")
    assert hooks.order == KINDS


@pytest.mark.parametrize("kind", RUNTIME)
def test_a_daemon_is_left_alone(kist, bundle, hooks, kind):
    """A hook may start one, and though it holds the hook's pipe nobody waits for it."""
    hooks.add(kind, "sleep " + LONG + " & echo $! >$N/pid", timeout=100)
    began = time.monotonic()
    container = kist.start(bundle.probe("wait"))
    container.delete("--force")
    assert time.monotonic() - began < 50
    os.kill(int(hooks.read("pid")), signal.SIGKILL)


def test_poststop_hangs(kist, bundle, hooks, work):
    hooks.add("poststop", "sleep " + LONG, timeout=1).note_all("poststop")
    container = kist.create(bundle.probe("wait"))
    kist.ok("--log", work / "log", "delete", container.id)
    assert "timed out after 1 s and was killed" in (work / "log").read_text()
    assert hooks.order == ["poststop"]


def begin_hanging(kist, bundle, hooks, kind, *prefix):
    """A container in the foreground, one of whose hooks hangs."""
    hooks.add(kind, "touch $N/begun; until test -e $N/end; do sleep 0.1; done")
    hooks.note_all("poststop")
    bundle.probe("exit", 0).write()
    process = subprocess.Popen(
        [*prefix, *kist.command("run", "--bundle", bundle.path, kist.new_id())],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "KIST_TEST": harness.TAG})
    wait_until((hooks.notes / "begun").exists, "the hook to begin")
    return process


@pytest.mark.parametrize("kind", ["prestart", "createRuntime", "createContainer", "startContainer",
                                  "poststart"])
def test_interrupted(kist, bundle, hooks, kind, host_unchanged):
    """Ctrl-C, before there is a program that it could be meant for: everything is undone."""
    process = begin_hanging(kist, bundle, hooks, kind)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and err.count("\n") == 1, err
    assert err.endswith("interrupted\n"), err
    assert hooks.order == ["poststop"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_ended(kist, bundle, hooks, number, host_unchanged):
    process = begin_hanging(kist, bundle, hooks, "createRuntime")
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert err.endswith("hooks.createRuntime[0]: /bin/sh: interrupted\n"), err


def test_not_interrupted(kist, bundle, hooks):
    """By what the caller of kist ignores, or what does not end a program."""
    process = begin_hanging(kist, bundle, hooks, "createRuntime",
                            "sh", "-c", "trap '' HUP INT; exec \"$@\"", "sh")
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGWINCH, signal.SIGUSR1):
        process.send_signal(number)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.5)
    (hooks.notes / "end").touch()
    assert process.communicate(timeout=60) == (None, "")
    assert process.returncode == 0


def test_undoing_is_not_interrupted(kist, bundle, hooks, host_unchanged):
    hooks.add("poststop", "touch $N/undoing; sleep 1; echo undone >>$N/order")
    process = begin_hanging(kist, bundle, hooks, "createRuntime")
    process.send_signal(signal.SIGINT)
    wait_until((hooks.notes / "undoing").exists, "the poststop hook to begin")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and err.endswith("interrupted\n"), err
    assert hooks.order == ["undone", "poststop"]


def test_a_hook_in_time(kist, bundle, hooks):
    for kind in KINDS:
        hooks.add(kind, "sleep 0.2", timeout=60)
    began = time.monotonic()
    container = kist.start(bundle.probe("wait"))
    container.delete("--force")
    assert time.monotonic() - began >= 1.2


def test_a_start_container_hook_under_the_containers_limits(kist, bundle, hooks):
    """Where there is no room for the state, it is an error; also where the limit's signal kills."""
    bundle.process["rlimits"] = [{"type": "RLIMIT_FSIZE", "soft": 0, "hard": 0}]
    hooks.add("startContainer", "exit 0")
    container = kist.create(bundle.probe("wait"))
    kist.fails("start", container.id, text=r"hooks\.startContainer\[0\]: .*: File too large")
    bundle.without_namespace("pid")
    container = kist.create(bundle.probe("wait"))
    kist.fails("start", container.id, text="init was killed while hooks ran|File too large")


def test_what_cannot_be_executed(kist, bundle, hooks, work):
    (work / "plain").write_text("")
    for path, reason in {"/nonexistent": "No such file or directory",
                         work / "plain": "Permission denied", "/": "Permission denied"}.items():
        bundle.config["hooks"] = {"prestart": [{"path": str(path)}]}
        kist.refuses(bundle, rf"hooks\.prestart\[0\]: {path}: execute: {reason}", command="create")


def test_a_path_resolves_where_the_hook_runs(kist, bundle, work):
    """A startContainer hook is a program of the container, all others are the host's."""
    script = work / "hook"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    for kind in KINDS:
        path = "/probe" if kind == "startContainer" else str(script)
        bundle.config["hooks"] = {kind: [{"path": path, "args": ["probe", "exit", "0"]}]}
        container = kist.start(bundle.probe("wait"))
        container.delete("--force")
    bundle.config["hooks"] = {"startContainer": [{"path": str(script)}]}
    container = kist.create(bundle)
    kist.fails("start", container.id, text=rf"{script}: execute: No such file or directory")
    for kind in IN_CREATE:
        bundle.config["hooks"] = {kind: [{"path": "/probe"}]}
        kist.refuses(bundle, "/probe: execute: No such file or directory", command="create")


# A killed kist


@pytest.mark.parametrize("kind", IN_CREATE)
def test_kist_is_killed_while_a_hook_runs(kist, bundle, hooks, kind):
    """The hook dies with it, and what is left is known to owe the poststop hooks."""
    hooks.note_all("poststop").add(kind, "echo $$ >$N/new; mv $N/new $N/pid; exec sleep " + LONG)
    bundle.probe("wait").write()
    sleeping = sleepers()
    id = kist.new_id()
    with open(os.devnull, "w") as null:
        creator = subprocess.Popen(kist.command("create", "--bundle", bundle.path, id),
                                   stdin=null, stdout=null, stderr=null)
    wait_until((hooks.notes / "pid").exists, "the hook to begin")
    creator.kill()
    creator.wait()
    wait_until(lambda: sleepers() <= sleeping, "the hook to be gone")
    kist.ok("delete", "--force", id)
    assert hooks.order == ["poststop"]


@pytest.mark.skipif(not os.path.exists("/usr/bin/strace"), reason="needs strace")
def test_kist_is_killed_at_every_system_call(kist, bundle, hooks):
    """Whatever moment it is: delete takes everything back, and where a hook ran, poststop does."""
    if os.environ.get("KIST_SANITIZED"):
        pytest.skip("strace is in LeakSanitizer's way")
    hooks.note_all()
    bundle.probe("wait").write()
    id = kist.new_id()
    kist.create(bundle, id=id).delete("--force")
    before = HostPicture(kist.root)
    names, first = syscalls_of_create(kist, bundle, id)
    points = [(name, names[: i + 1].count(name)) for i, name in enumerate(names)][first:]
    seen = set()
    for name, occurrence in points[::max(1, len(points) // 60)]:
        (hooks.notes / "order").write_text("")
        kill_at(kist, bundle, id, name, occurrence)
        ran = hooks.order
        kist.ok("delete", "--force", id)
        assert ran == KINDS[:len(ran)] and len(ran) <= 3
        expected = [[*ran, "poststop"]] if ran else [["poststop"], []]
        assert hooks.order in expected, (name, occurrence)
        assert_unchanged(before, kist.root)
        seen.add(len(ran))
    assert seen == {0, 1, 2, 3}, "some died before, between and after all hooks"


def test_init_is_killed_while_a_hook_runs(kist, bundle, hooks):
    hooks.add("createRuntime", f"kill -9 {PID}").note_all("poststop")
    kist.refuses(bundle, "init was killed", command="create")
    assert hooks.order == ["poststop"]


def test_init_is_killed_while_its_hook_runs(kist, bundle, hooks):
    hooks.add("startContainer", "echo x >$N/began; sleep " + LONG)
    container = kist.create(bundle.probe("wait"))
    command = kist.command("start", container.id)
    starter = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_until((hooks.notes / "began").exists, "the hook to begin")
    container.kill("KILL")
    assert starter.wait(timeout=60) == 1
    assert "init was killed while hooks ran" in starter.stderr.read()
    starter.stderr.close()
    container.wait()
    container.delete()


def test_start_is_killed_while_a_hook_of_init_runs(kist, bundle, hooks):
    """What was told to start does, whatever becomes of the one who said it."""
    hooks.add("startContainer", "echo x >$N/began; while [ ! -e $N/go ]; do sleep 0.01; done")
    container = kist.create(bundle.probe("wait"))
    starter = subprocess.Popen(kist.command("start", container.id), stderr=subprocess.DEVNULL)
    wait_until((hooks.notes / "began").exists, "the hook to begin")
    starter.kill()
    starter.wait()
    (hooks.notes / "go").touch()
    container.wait_for_output("ready")
    assert container.status == "running"


def test_init_of_run_is_killed_while_its_hook_runs(kist, bundle, hooks):
    """The hook kills it: of the host's pid namespace, or the kernel would not let it."""
    bundle.without_namespace("pid")
    hooks.add("startContainer", f"kill -9 {PID}; sleep " + LONG).note_all("poststop")
    bundle.probe("wait").write()
    result = kist("run", "--bundle", bundle.path, kist.new_id())
    assert result.code == 1 and "init was killed while hooks ran" in result.err
    assert hooks.order == ["poststop"]
    assert list(kist.root.iterdir()) == []


# User namespaces


def test_in_a_user_namespace(kist, contained, hooks):
    hooks.note_all()
    for kind in KINDS:
        hooks.add(kind, f"readlink /proc/self/ns/user >$N/{kind}.user; id -u >$N/{kind}.uid")
    report = kist.report(contained)
    assert hooks.order == KINDS
    own = os.readlink("/proc/self/ns/user")
    for kind in KINDS:
        inside = kind not in RUNTIME
        namespace = report["namespaces"]["user"] if inside else own
        assert hooks.read(f"{kind}.user") == namespace + "\n", kind
        expected = "424242\n" if contained.caller == "rootless" and not inside else "0\n"
        assert hooks.read(f"{kind}.uid") == expected, kind
        assert hooks.state(kind)["status"] == STATUS[kind]


def test_mounts_in_a_user_namespace(kist, contained, hooks):
    hooks.add("createContainer", f"[ -e {contained.rootfs}/proc/self/status ] && "
                                 f"mount -t tmpfs hook {contained.rootfs}/home",
              env=PATH)
    report = kist.report(contained)
    assert report.mount("/home").source == "hook"


@pytest.mark.parametrize("kind", KINDS[:5])
def test_failure_in_a_user_namespace(kist, contained, hooks, kind):
    hooks.note_all()
    hooks.add(kind, "echo the reason; exit 3")
    contained.probe("wait").write()
    before = HostPicture(kist.root)
    result = kist("run", "--bundle", contained.path, kist.new_id())
    assert result.code == 1
    assert f"hooks.{kind}[1]: /bin/sh: exited with status 3: the reason" in result.err
    assert hooks.order == [*KINDS[:KINDS.index(kind) + 1], "poststop"]
    if contained.caller == "root":
        assert_unchanged(before, kist.root)
    else:
        assert list(kist.root.iterdir()) == []


def test_a_bundle_that_the_mapped_root_may_not_enter(kist, bundle, hooks):
    """Then its hooks may not either, and begin in the root."""
    own_user_namespace(bundle)
    bundle.path.chmod(0o700)
    hooks.add("createContainer", "pwd >$N/pwd")
    result = kist.run(bundle.probe("echo", "ran"))
    assert (result.code, result.out, result.err) == (0, "ran\n", "")
    assert hooks.read("pwd") == "/\n"


# What is refused when config.json is read


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hook, pattern", [
    ({"path": "bin/true"}, r'\[1\]\.path: "bin/true" is not an absolute path'),
    ({"path": ""}, r'\[1\]\.path: '),
    ({"args": ["true"]}, r"\[1\]\.path: required property is missing"),
    ({"path": 1}, r"\[1\]\.path: "),
    ({"path": "/bin/true", "timeout": 0}, r"\[1\]\.timeout: 0 is out of range"),
    ({"path": "/bin/true", "timeout": -1}, r"\[1\]\.timeout: -1 is out of range"),
    ({"path": "/bin/true", "timeout": 2**31}, r"\[1\]\.timeout: 2147483648 is out of range"),
    ({"path": "/bin/true", "timeout": 1.5}, r"\[1\]\.timeout: "),
    ({"path": "/bin/true", "env": ["A"]}, r"\[1\]\.env\[0\]: "),
    ({"path": "/bin/true", "env": {"A": "1"}}, r"\[1\]\.env: "),
    ({"path": "/bin/true", "args": "x"}, r"\[1\]\.args: "),
    ("/bin/true", r"\[1\]: "),
], ids=lambda value: str(value)[:30])
def test_bad_input(kist, bundle, kind, hook, pattern):
    bundle.config["hooks"] = {kind: [{"path": "/bin/true"}, hook]}
    kist.refuses(bundle, rf"config\.json: hooks\.{kind}{pattern}", command="create")


def test_bad_lists(kist, bundle):
    for value in (1, "x", {"path": "/bin/true"}):
        bundle.config["hooks"] = {"prestart": value}
        kist.refuses(bundle, r"config\.json: hooks\.prestart: ", command="create")
    bundle.config["hooks"] = []
    kist.refuses(bundle, r"config\.json: hooks: ", command="create")


def test_plan(kist, bundle, hooks):
    for kind in KINDS:
        hooks.config[kind] = [{"path": f"/hook/{kind}", "args": ["x", "arg"], "timeout": 7}]
    text = kist.ok("plan", "--bundle", bundle.write().path).out
    for kind in KINDS:
        assert f"/hook/{kind} arg  within 7 s\n" in text, kind


def test_features(kist):
    assert kist.ok("features").json["hooks"] == KINDS
