# SPDX-License-Identifier: LGPL-2.1-or-later
"""config.md, Process: who the program is and what it starts with."""

import ctypes
import errno
import os
import resource
import signal

import pytest

from harness import CAPABILITIES, DEFAULT_CAPABILITIES, TAG

SETS = ("effective", "permitted", "inheritable", "bounding", "ambient")


def test_defaults(kist, bundle):
    report = kist.report(bundle)
    assert report["ids"] == {"uid": [0] * 4, "gid": [0] * 4, "groups": []}
    assert report["umask"] == 0o022
    assert report["cwd"]["path"] == "/"
    process = report["process"]
    assert (process["pid"], process["ppid"]) == (1, 0)
    assert (process["sid"], process["pgid"]) == (1, 1), "a session of its own"
    assert process["nnp"] == 1
    assert process["deathsig"] == 0, "the caller's end is not the container's"
    assert process["dumpable"] == 1, "an ordinary process once it has executed its program"
    assert report.status["Seccomp"] == "0"


def test_arguments(kist, bundle):
    arguments = ["one", "", "two words", "ümlaut", "$HOME", "*", "-x", "--"]
    result = kist.runs(bundle.probe("echo", *arguments))
    assert result.out == " ".join(arguments) + "\n"


# user


@pytest.mark.parametrize("uid, gid", [(0, 0), (1000, 1000), (0, 5), (65534, 65534), (2**31 - 1, 7)])
def test_user(kist, bundle, uid, gid):
    bundle.process["user"] = {"uid": uid, "gid": gid}
    ids = kist.report(bundle)["ids"]
    assert ids == {"uid": [uid] * 4, "gid": [gid] * 4, "groups": []}


def test_groups(kist, bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 1000, "additionalGids": [5, 20, 1000, 5]}
    assert set(kist.report(bundle)["ids"]["groups"]) == {5, 20, 1000}


def test_callers_groups_are_dropped(kist, bundle):
    assert kist.report(bundle, extra_groups=[4, 27])["ids"]["groups"] == []


def test_passwd_names_are_not_ids(kist, bundle):
    """CVE-2016-3697: the image's passwd has a user called 1001 whose uid is 0."""
    bundle.process["user"] = {"uid": 1001, "gid": 1001}
    report = kist.report(bundle)
    assert report["ids"]["uid"] == [1001] * 4
    assert report.capabilities("effective") == set()


@pytest.mark.parametrize("umask", [0, 0o077, 0o777])
def test_umask(kist, bundle, umask):
    bundle.process["user"]["umask"] = umask
    assert kist.report(bundle)["umask"] == umask


def test_umask_of_the_caller_is_not_inherited(kist, bundle):
    before = os.umask(0o077)
    try:
        report = kist.report(bundle, "/dev", "/proc")
    finally:
        os.umask(before)
    assert report["umask"] == 0o022
    assert report["dev"]["null"]["mode"] == 0o666
    assert report.path("/dev")["mode"] == 0o755


# cwd


def test_cwd(kist, bundle):
    bundle.process["cwd"] = "/usr/bin"
    assert kist.report(bundle)["cwd"]["path"] == "/usr/bin"


def test_cwd_is_made(kist, bundle):
    bundle.process["cwd"] = "/not/there/yet"
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    cwd = kist.report(bundle)["cwd"]
    assert (cwd["path"], cwd["mode"]) == ("/not/there/yet", 0o755)


@pytest.mark.parametrize("uid", [0, 1000])
def test_cwd_is_made_in_a_read_only_root(kist, bundle, uid):
    bundle.config["root"]["readonly"] = True
    bundle.process["cwd"] = "/not/there/yet"
    bundle.process["user"] = {"uid": uid, "gid": uid}
    report = kist.report(bundle, "/")
    assert report["cwd"]["path"] == "/not/there/yet"
    assert report["root"]["write"] == errno.EROFS


def test_cwd_in_a_read_only_mount(kist, bundle, work):
    """It cannot be made there, and is not made anywhere else."""
    (work / "volume").mkdir()
    bundle.bind(work / "volume", "/volume", "bind", "ro").process["cwd"] = "/volume/new"
    for readonly in (True, False):
        bundle.config["root"]["readonly"] = readonly
        kist.refuses(bundle, r"process\.cwd: /volume/new: is missing and cannot be made: Read-only file system")
    assert not list((work / "volume").iterdir())


@pytest.mark.parametrize("readonly", [True, False])
def test_cwd_by_a_link(kist, bundle, work, readonly):
    """A link of the image leads below the root, also when it names a directory of the host."""
    (work / "outside").mkdir()
    (bundle.rootfs / "link").symlink_to(work / "outside")
    bundle.config["root"]["readonly"] = readonly
    bundle.process["cwd"] = "/link/new"
    kist.refuses(bundle, r"process\.cwd: ")
    assert not list((work / "outside").iterdir())


def test_cwd_on_a_mount(kist, bundle, work):
    (work / "volume").mkdir()
    bundle.bind(work / "volume", "/volume", "bind").process["cwd"] = "/volume"
    cwd = kist.report(bundle)["cwd"]
    assert cwd["path"] == "/volume" and cwd["ino"] == (work / "volume").stat().st_ino


def test_cwd_that_is_a_file(kist, bundle):
    bundle.process["cwd"] = "/etc/passwd"
    kist.refuses(bundle, "Not a directory")


def test_cwd_that_the_user_may_not_enter(kist, bundle):
    (bundle.rootfs / "private").mkdir(mode=0o700)
    bundle.process.update(cwd="/private", user={"uid": 1000, "gid": 1000})
    # Entered with the privileges of root, as the peers do.
    result = kist.run(bundle.probe("exit", 0))
    assert result.code == 0 or "Permission denied" in result.err


# env


def test_env_is_all_there_is(kist, bundle):
    bundle.process["env"] = ["A=1", "B=two words", "C=", "A=2", f"KIST_TEST={TAG}"]
    report = kist.report(bundle)
    assert report.env == {
        "A": "2",
        "B": "two words",
        "C": "",
        "HOME": "/root",
        "KIST_TEST": TAG,
    }
    assert len(report["env"]) == 5, "the later of two equal names wins, the other one is gone"


@pytest.mark.parametrize("uid, home", [(0, "/root"), (1000, "/home/user"), (4242, "/")])
def test_home(kist, bundle, uid, home):
    bundle.process["user"] = {"uid": uid, "gid": 0}
    assert kist.report(bundle).env["HOME"] == home


def test_home_given(kist, bundle):
    bundle.process["env"].append("HOME=/elsewhere")
    assert kist.report(bundle).env["HOME"] == "/elsewhere"


def test_home_empty(kist, bundle):
    bundle.process["env"].append("HOME=")
    assert kist.report(bundle).env["HOME"] == "/root"


@pytest.mark.parametrize("kind", ["missing", "fifo", "link", "huge", "garbage"])
def test_home_with_a_strange_passwd(kist, bundle, kind, work):
    """The file is the image's: it may mislead about HOME, but neither stop kist nor lead outside."""
    path = bundle.rootfs / "etc/passwd"
    path.unlink()
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "link":
        (work / "outside").write_text("root:x:0:0::/outside:/bin/sh\n")
        path.symlink_to(work / "outside")
    elif kind == "huge":
        path.write_text("x" * 10_000_000 + "\nroot:x:0:0::/root:/bin/sh\n")
    elif kind == "garbage":
        path.write_bytes(b"::::\n\0\0\nroot\nroot:x:zero:0::/zero:/\n:" + b"\xff" * 100)
    assert kist.report(bundle).env["HOME"] in ("/", "/root")


# args[0]


def test_program_by_path_variable(kist, bundle):
    bundle.args = ["true"]
    assert kist.run(bundle).code == 0
    (bundle.rootfs / "opt").mkdir()
    (bundle.rootfs / "probe").rename(bundle.rootfs / "opt/probe")
    bundle.args = ["probe", "echo", "found"]
    bundle.process["env"] = ["PATH=/nowhere:/opt"]
    assert kist.runs(bundle).out == "found\n"


def test_program_relative_to_cwd(kist, bundle):
    bundle.process["cwd"] = "/bin"
    bundle.args = ["./echo", "here"]
    assert kist.runs(bundle).out == "here\n"


@pytest.mark.parametrize("name", ["nonexistent", "/nonexistent", "./nonexistent", "/bin/no/such"])
def test_missing_program(kist, bundle, name):
    bundle.args = [name]
    result = kist.refuses(bundle, "executable file not found")
    assert name in result.err


@pytest.mark.parametrize("command", ["create", "run"])
@pytest.mark.parametrize(
    "name, words",
    [
        ("nonexistent", "executable file not found in $PATH"),
        ("", "executable file not found in $PATH"),
        ("/nonexistent", "no such file or directory"),
        ("bin/nonexistent", "no such file or directory"),
        ("/etc/passwd/x", "no such file or directory"),
        ("/etc/passwd", "permission denied"),
        (".", "permission denied"),
    ],
)
def test_words_for_a_program_that_is_not_there(kist, bundle, command, name, words):
    """Docker and Podman look for them, as they are written, to choose between 126 and 127."""
    bundle.args = [name]
    result = kist.refuses(bundle, f'exec: "{name}": ', command=command)
    assert result.err.endswith(f"{words}\n"), result


def test_program_along_the_path_that_is_none(kist, bundle):
    """What cannot be executed is passed over; it is the reason only when nothing else is found."""
    (bundle.rootfs / "opt").mkdir()
    (bundle.rootfs / "opt/probe").write_text("no program")
    (bundle.rootfs / "opt/other").write_text("no program")
    (bundle.rootfs / "opt/echo").mkdir()
    (bundle.rootfs / "file").write_text("")
    bundle.process["env"] = ["PATH=/file:/opt:/nowhere:/:/bin"]
    bundle.args = ["probe", "echo", "found"]
    assert kist.runs(bundle).out == "found\n"
    bundle.args = ["echo", "found"]
    assert kist.runs(bundle).out == "found\n"
    bundle.args = ["other"]
    kist.refuses(bundle, 'exec: "other": permission denied\n$')


def test_program_that_only_root_may_execute(kist, bundle):
    """Found with root's eyes, and executed with its user's: `start` says why it cannot be."""
    (bundle.rootfs / "probe").chmod(0o700)
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    container = kist.create(bundle.probe("echo", "ran"))
    kist.fails("start", container.id, text='exec: "/probe": permission denied\n$')
    container.wait()
    container.delete()
    kist.refuses(bundle, 'exec: "/probe": permission denied\n$')


@pytest.mark.parametrize("name", ["/etc/passwd", "/bin", "/dev/null"])
def test_program_that_cannot_be_executed(kist, bundle, name):
    bundle.args = [name]
    kist.refuses(bundle, "(?i)permission denied")


def test_program_in_a_wrong_format(kist, bundle):
    (bundle.rootfs / "bin/broken").write_text("\x7fELF, or so\n")
    (bundle.rootfs / "bin/broken").chmod(0o755)
    bundle.args = ["broken"]
    kist.refuses(bundle, "(?i)exec format error")


def test_script(kist, bundle):
    (bundle.rootfs / "bin/script").write_text("#!/bin/sh\necho script $1\n")
    (bundle.rootfs / "bin/script").chmod(0o755)
    bundle.args = ["script", "ran"]
    assert kist.runs(bundle).out == "script ran\n"


def test_script_with_a_missing_interpreter(kist, bundle):
    (bundle.rootfs / "bin/script").write_text("#!/no/such/interpreter\n")
    (bundle.rootfs / "bin/script").chmod(0o755)
    bundle.args = ["script"]
    kist.refuses(bundle, "(?i)no such file or directory.*interpreter")


# capabilities


def test_five_sets(kist, bundle):
    bundle.process["capabilities"] = {
        "bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_NET_RAW"],
        "permitted": ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"],
        "effective": ["CAP_CHOWN", "CAP_KILL"],
        "inheritable": ["CAP_KILL"],
        "ambient": ["CAP_KILL"],
    }
    # As root an execve gives the whole bounding set; only another user shows the sets as they are.
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    report = kist.report(bundle)
    assert report.capabilities("bounding") == {"CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_NET_RAW"}
    assert report.capabilities("inheritable") == {"CAP_KILL"}
    assert report.capabilities("ambient") == {"CAP_KILL"}
    # What an execve of a program without file capabilities leaves: the ambient ones.
    assert report.capabilities("permitted") == {"CAP_KILL"}
    assert report.capabilities("effective") == {"CAP_KILL"}


def test_capabilities_of_root(kist, bundle):
    report = kist.report(bundle)
    expected = set(DEFAULT_CAPABILITIES)
    for kind in ("bounding", "permitted", "effective"):
        assert report.capabilities(kind) == expected
    # CVE-2022-24769, CVE-2022-29162: inheritable only where it is asked for.
    assert report.capabilities("inheritable") == set()
    assert report.capabilities("ambient") == set()


@pytest.mark.parametrize("value", ["absent", {}, {"bounding": []}])
def test_no_capabilities(kist, bundle, value):
    """Absent means none, never the caller's."""
    if value == "absent":
        del bundle.process["capabilities"]
    else:
        bundle.process["capabilities"] = value
    report = kist.report(bundle)
    for kind in SETS:
        assert report.capabilities(kind) == set(), kind


def test_capabilities_of_an_ordinary_user(kist, bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    report = kist.report(bundle)
    assert report.capabilities("effective") == set()
    assert report.capabilities("permitted") == set()
    assert report.capabilities("bounding") == set(DEFAULT_CAPABILITIES)


def test_capabilities_that_cannot_be_given(kist, bundle, work):
    """config.md: a warning, and no failure; docker --privileged asks for all of them."""
    names = CAPABILITIES + ["CAP_FROM_THE_FUTURE"]
    bundle.process["capabilities"] = {
        kind: names for kind in ("bounding", "permitted", "effective")
    }
    report = kist.report(bundle)
    with open("/proc/self/status") as file:
        own = next(line.split()[1] for line in file if line.startswith("CapBnd"))
    have = {name for bit, name in enumerate(CAPABILITIES) if int(own, 16) >> bit & 1}
    assert report.capabilities("effective") == have
    log = work / "log"
    kist.ok("--log", log, "run", "--bundle", bundle.path, kist.new_id())
    assert "CAP_FROM_THE_FUTURE" in log.read_text()
    for name in set(CAPABILITIES) - have:
        assert name in log.read_text()


def test_ambient_without_inheritable(kist, bundle):
    """The kernel refuses such a set; it is granted as far as possible."""
    bundle.process["capabilities"] = {
        kind: ["CAP_KILL"] for kind in ("bounding", "permitted", "effective", "ambient")
    }
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    report = kist.report(bundle)
    assert report.capabilities("ambient") == set()


def test_ambient_capabilities_that_securebits_forbid(kist, bundle, work):
    """What cannot be granted for yet another reason: a warning, too."""
    PR_SET_SECUREBITS, NO_CAP_AMBIENT_RAISE = 28, 1 << 6
    prctl = ctypes.CDLL(None).prctl
    bundle.process["capabilities"] = {kind: ["CAP_KILL"] for kind in SETS}
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.probe("report").write()
    result = kist(
        *("--log", work / "log", "run", "--bundle", bundle.path, kist.new_id()),
        preexec_fn=lambda: prctl(PR_SET_SECUREBITS, NO_CAP_AMBIENT_RAISE),
    )
    assert (result.code, result.err) == (0, "")
    assert result.json["capabilities"]["ambient"] == 0
    assert "securebits forbid it: CAP_KILL" in (work / "log").read_text()


def test_warnings_name_set_and_reason(kist, bundle, work):
    bundle.process["capabilities"] = {
        "bounding": ["CAP_KILL", "CAP_FUTURE", "CAP_CHOWN"],
        "permitted": ["CAP_KILL"],
        "effective": ["CAP_KILL", "CAP_CHOWN"],
    }
    for command in ("create", "run"):
        log = work / f"log-{command}"
        id = kist.new_id()
        bundle.probe("exit", 0).write()
        kist.ok("--log", log, command, "--bundle", bundle.path, id)
        kist.ok("delete", "--force", id)
        lines = [line.split(" ", 1)[1] for line in log.read_text().splitlines()]
        assert lines == [
            "warning: process.capabilities.bounding: cannot be granted, since it is unknown: "
            "CAP_FUTURE",
            "warning: process.capabilities.effective: cannot be granted, since it is not "
            "permitted: CAP_CHOWN",
        ]


@pytest.mark.parametrize("value", [True, False])
def test_no_new_privileges(kist, bundle, value):
    bundle.process["noNewPrivileges"] = value
    report = kist.report(bundle)
    assert report["process"]["nnp"] == value
    assert report.status["NoNewPrivs"] == str(int(value))


# limits


def test_rlimits(kist, bundle):
    limits = {"RLIMIT_NOFILE": (100, 200), "RLIMIT_CORE": (0, 0), "RLIMIT_STACK": (1 << 20, 1 << 22)}
    bundle.process["rlimits"] = [
        {"type": name, "soft": soft, "hard": hard} for name, (soft, hard) in limits.items()
    ]
    report = kist.report(bundle)["limits"]
    for name, limit in limits.items():
        assert report[name] == list(limit)
    assert report["RLIMIT_NPROC"] == list(resource.getrlimit(resource.RLIMIT_NPROC))


@pytest.mark.parametrize(
    "name, value", [("RLIMIT_NOFILE", 5), ("RLIMIT_NPROC", 1)]
)
def test_small_rlimits_do_not_hit_the_runtime(kist, bundle, name, value):
    """Also for another user than the caller, and without the privilege to raise limits."""
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.process["rlimits"] = [{"type": name, "soft": value, "hard": value}]
    container = kist.start(bundle.probe("exit", 0))
    container.wait()
    assert kist.report(bundle)["limits"][name] == [value, value]


def test_rlimit_that_cannot_be_raised(kist, bundle):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    status = open("/proc/self/status").read()
    if int(next(l.split()[1] for l in status.splitlines() if l.startswith("CapEff")), 16) >> 24 & 1:
        pytest.skip("this host may raise limits")
    bundle.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": hard + 1}]
    result = kist.refuses(bundle, "RLIMIT_NOFILE")
    assert "Operation not permitted" in result.err


@pytest.mark.parametrize("score", [0, 500, 1000])
def test_oom_score(kist, bundle, score):
    own = int(open("/proc/self/oom_score_adj").read())
    if score < own:
        pytest.skip("lowering needs CAP_SYS_RESOURCE")
    bundle.process["oomScoreAdj"] = score
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    assert kist.report(bundle)["files"]["/proc/self/oom_score_adj"] == f"{score}\n"


def test_oom_score_unset_is_unchanged(kist, bundle):
    own = open("/proc/self/oom_score_adj").read()
    assert kist.report(bundle)["files"]["/proc/self/oom_score_adj"] == own


# labels: a host with AppArmor is in tests/vm; here the modules are built at most


def has_apparmor():
    try:
        return bool(open("/proc/self/attr/apparmor/current").read())
    except OSError:
        return False


@pytest.mark.skipif(has_apparmor(), reason="this host has AppArmor")
@pytest.mark.parametrize("command", ["create", "run"])
def test_profile_without_apparmor(kist, bundle, command):
    bundle.process["apparmorProfile"] = "docker-default"
    pattern = (
        r'process\.apparmorProfile: "docker-default": AppArmor is not active on this host\n$'
    )
    kist.refuses(bundle, pattern, command=command)


@pytest.mark.skipif(has_apparmor(), reason="this host has AppArmor")
@pytest.mark.parametrize("profile", ["unconfined", ""])
def test_no_profile_without_apparmor(kist, bundle, profile):
    """Docker asks for the first one in a privileged container."""
    bundle.process["apparmorProfile"] = profile
    assert kist.runs(bundle.probe("echo", "ran")).out == "ran\n"


@pytest.mark.skipif(os.path.ismount("/sys/fs/selinux"), reason="this host has SELinux")
def test_label_without_selinux(kist, bundle):
    bundle.process["selinuxLabel"] = "system_u:system_r:container_t:s0:c1,c2"
    kist.refuses(bundle, r"process\.selinuxLabel: .*: SELinux is not active on this host\n$")


# signals


def test_signals_are_reset(kist, bundle):
    """conmon ignores SIGPIPE, podman blocks SIGUSR1: not the container's business."""

    def spoil():
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGRTMIN})

    report = kist.report(bundle, preexec_fn=spoil, restore_signals=False)
    for name in ("SigIgn", "SigBlk", "SigCgt", "SigPnd"):
        assert report.signals(name) == set(), name
    bundle.probe("report")
    container = kist.start(bundle, preexec_fn=spoil, restore_signals=False)
    report = container.wait_for_report()
    for name in ("SigIgn", "SigBlk", "SigCgt"):
        assert report.signals(name) == set(), name


def test_parent_death_does_not_end_a_detached_container(kist, bundle):
    container = kist.create(bundle)
    container.start()
    assert container.wait_for_report()["process"]["deathsig"] == 0
