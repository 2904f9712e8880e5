# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line itself: help, version, mistakes, the log."""

import json
import os
import re
import shutil
import subprocess

import pytest

from harness import CGROUPS, TAG, clone, has_cgroup_v2_only

COMMANDS = "create start state kill delete run list spec features plan help completion".split()


def test_version(kist):
    for flag in ("--version", "-v"):
        lines = kist.ok(flag).out.splitlines()
        assert re.fullmatch(r"kist version \d+\.\d+\.\d+\S*", lines[0])
        assert re.fullmatch(r"commit: \S+", lines[1])
        assert lines[2] == "spec: 1.3.0"


def test_help(kist):
    text = kist.ok("--help").out
    for command in COMMANDS:
        assert re.search(rf"^\s*{command}\b", text, re.MULTILINE), command
    assert kist.ok("-h").out == text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(kist, command):
    text = kist.ok(command, "--help").out
    assert text.startswith(f"usage: kist {command}")
    assert kist.ok("help", command).out == text
    assert kist.ok(command, "-h", "too", "many", "words").out == text


def test_no_command(kist):
    assert kist.ok().out == kist.ok("--help").out == kist.ok("help").out


@pytest.mark.parametrize(
    "args",
    [
        ["nosuch"],
        ["--nosuch"],
        ["state", "--nosuch", "id"],
        ["state"],
        ["state", "one", "two"],
        ["create"],
        ["create", "--bundle"],
        ["create", "--preserve-fds", "x", "id"],
        ["create", "--preserve-fds=-1", "id"],
        ["list", "--format", "yaml"],
        ["--log-format", "xml", "list"],
        ["kill", "id", "TERM", "more"],
        ["help", "nosuch"],
        ["help", "run", "state"],
        ["delete", "-fx", "id"],
    ],
)
def test_mistakes(kist, args, host_unchanged):
    kist.fails(*args)


def test_mistakes_name_the_culprit(kist):
    kist.fails("nosuch", text='"?nosuch"?')
    kist.fails("state", "--nosuch", "id", text="--nosuch")
    kist.fails("list", "--format", "yaml", text="yaml")


@pytest.mark.parametrize(
    "args, meant",
    [
        (["crate", "id"], '"create"'),
        (["help", "strat"], '"start"'),
        (["create", "--bundel", "x", "id"], "--bundle"),
        (["create", "--pidfile=x", "id"], "--pid-file"),
        (["delete", "-forse", "id"], "--force"),
        (["--log-fromat", "json", "list"], "--log-format"),
    ],
)
def test_mistakes_that_are_close(kist, args, meant):
    kist.fails(*args, text=re.escape(f"(did you mean {meant}?)"))


def test_mistakes_say_the_command_once(kist):
    result = kist.fails("kill", "x", "FOO")
    assert result.err == 'kist: kill x: unknown signal "FOO"\n'


def test_bundle_that_is_empty(kist):
    """As from a script's variable that is not set."""
    for args in (["--bundle", ""], ["--bundle="], ["-b", ""]):
        result = kist.fails("create", *args, "id")
        assert result.err == "kist: create: --bundle: the argument is empty\n"


def test_letters_may_be_joined(kist, bundle):
    id = kist.new_id()
    bundle.probe("wait").write()
    kist.ok("create", f"-b{bundle.path}", id)
    assert kist.ok("list", "-qfjson").out == kist.ok("list", "-qf", "table").out == f"{id}\n"
    kist.ok("kill", "-a", "--", id, "KILL")
    kist.ok("delete", "-f", "--", id)


def test_single_dash_long_options(kist, bundle):
    """go-runc writes -no-subreaper and the like."""
    bundle.probe("echo", "ok").write()
    result = kist("run", "-bundle", bundle.path, kist.new_id())
    assert (result.code, result.out) == (0, "ok\n")


def test_option_with_equals_sign(kist, bundle):
    bundle.probe("echo", "ok").write()
    result = kist("run", f"--bundle={bundle.path}", kist.new_id())
    assert (result.code, result.out) == (0, "ok\n")


def test_log_json(kist, work):
    """containerd takes the last line of level error of the log; the text is on stderr as well."""
    log = work / "log.json"
    result = kist.fails("--log", log, "--log-format", "json", "state", "nobody")
    entry = json.loads(log.read_text().splitlines()[-1])
    assert set(entry) == {"level", "msg", "time"}
    assert entry["level"] == "error"
    assert "does not exist" in entry["msg"] and entry["msg"] in result.err
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", entry["time"])


@pytest.mark.parametrize(
    "args, text",
    [
        (["--nosuch", "state", "x"], "unknown option"),
        (["--root", "", "state", "x"], "the argument is empty"),
        (["--cgroup-manager", "nosuch", "state", "x"], "unknown manager"),
        (["nosuch"], "unknown command"),
        (["state", "--nosuch", "x"], "unknown option"),
        (["create", "--preserve-fds", "many", "x"], "is not a number"),
        (["run", "x", "y"], "run x: too many arguments; a command goes with --rootfs, a bundle has "
                            "its own in config.json"),
        (["run", "--rootfs", "/", "x"],
         "run x: --rootfs: a command is needed: kist run --rootfs DIR ID -- CMD [ARG...]"),
        (["run", "--rootfs", "/", "-b.", "x", "y"],
         "run x: --rootfs is for a container without a bundle: leave --bundle and --config out"),
        (["mounts", "ad", "x", "y"], "mounts ad: unknown action (add or remove)"),
        (["list", "--root=/x"], 'unknown option "--root=/x" (it stands before the command; see --help)'),
        (["kill", "-9", "x"], 'unknown option "-9" (the signal stands after the id; see --help)'),
        (["run", "--rootfs", "/", "x", "echo", "-n"],
         'run: unknown option "-n" (the options of a CMD stand after --; see --help)'),
        (["state"], "too few arguments"),
    ],
)
def test_log_of_mistakes(program, work, args, text):
    """containerd and podman show what the log says, not what is on stderr."""
    log = work / "log.json"
    result = subprocess.run(
        [program, "--log", log, "--log-format", "json", *args], capture_output=True, text=True
    )
    assert result.returncode == 1
    (entry,) = map(json.loads, log.read_text().splitlines())
    assert entry["level"] == "error" and text in entry["msg"]
    assert result.stderr == f"kist: {entry['msg']}\n"


@pytest.mark.parametrize("options", [["--bogus", "--log", "LOG", "--log-format", "json"],
                                     ["--log-level", "x", "--log=LOG", "--log-format=json"],
                                     ["-log-format", "json", "--root", "", "-log", "LOG"],
                                     ["--bogus", "--log-format=json", "--log", "LOG"],
                                     ["--bogus", "--log-format=json", "--log=LOG", "--root", "/x"]])
def test_log_of_a_mistake_that_stands_before(program, work, options):
    log = work / "log.json"
    result = subprocess.run([program, *(word.replace("LOG", str(log)) for word in options), "list"],
                            capture_output=True, text=True)
    entry = json.loads(log.read_text())
    assert result.returncode == 1 and result.stderr == f"kist: {entry['msg']}\n"


def test_log_of_a_program_in_the_container(program, work):
    """Is none of kist's."""
    command = [program, "--bogus", "exec", "x", "app", "--log", work / "log"]
    assert subprocess.run(command, capture_output=True).returncode == 1
    assert not (work / "log").exists()


def test_log_to_a_fifo(kist, work):
    """Nobody waits for a reader; one that is there gets what is said."""
    log = work / "log"
    os.mkfifo(log)
    kist.fails("--log", log, "state", "x", text="log file .*nobody reads there, .*: No such device")
    reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    kist.fails("--log", log, "state", "x", text="does not exist")
    assert b"does not exist" in os.read(reader, 4096)
    os.close(reader)


def test_log_is_appended(kist, work):
    log = work / "log"
    for _ in range(2):
        kist.fails("--log", log, "state", "nobody")
    assert log.read_text().count("does not exist") == 2


def test_debug_traces_every_step(kist, bundle, work):
    log = work / "log"
    bundle.probe("exit", 0).write()
    result = kist("--debug", "--log", log, "run", "--bundle", bundle.path, kist.new_id())
    assert (result.code, result.err) == (0, "")
    assert len(log.read_text().splitlines()) > 20


def test_success_is_silent(kist, bundle):
    """Callers read stdout and stderr together: a word too many breaks their JSON."""
    container = kist.create(bundle.probe("wait"))
    for args in (["state", container.id], ["list"], ["start", container.id]):
        kist.ok(*args)


def test_environment_may_be_empty(kist, bundle):
    """podman calls kill, pause and delete with nothing but an empty XDG_RUNTIME_DIR."""
    container = kist.create(bundle.probe("wait"))
    kist.ok("start", container.id, env={"XDG_RUNTIME_DIR": ""})
    kist.ok("kill", container.id, "KILL", env={})
    container.wait()
    kist.ok("delete", "--force", container.id, env={"XDG_RUNTIME_DIR": ""})


def test_features(kist):
    features = kist.ok("features").json
    assert features["ociVersionMin"] == "1.0.0"
    assert features["ociVersionMax"] == "1.3.0"
    linux = features["linux"]
    assert set(linux["namespaces"]) >= {"pid", "network", "ipc", "uts", "mount", "cgroup"}
    assert "CAP_CHOWN" in linux["capabilities"]
    assert linux["cgroup"]["v1"] is True and linux["cgroup"]["v2"] is True
    assert linux["seccomp"]["enabled"] is True
    assert "SCMP_ACT_ERRNO" in linux["seccomp"]["actions"]
    for option in ("ro", "bind", "rbind", "rprivate", "nosuid", "rro"):
        assert option in features["mountOptions"]


def test_features_needs_nothing(program, work):
    """No root directory, no privilege, no environment."""
    result = subprocess.run(
        [program, "features"], env={}, cwd=work, user=65534, group=65534, capture_output=True
    )
    assert result.returncode == 0 and result.stderr == b""
    json.loads(result.stdout)


def test_plan_needs_nothing(program, bundle, work):
    bundle.write()
    os.chmod(bundle.path / "config.json", 0o644)
    result = subprocess.run(
        [program, "plan", "-b", bundle.path],
        env={},
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert "/probe" in result.stdout and "/dev/null" in result.stdout


def test_plan_does_nothing(kist, bundle, host_unchanged):
    bundle.write()
    assert kist.ok("plan", "--bundle", bundle.path).out
    assert not kist.root.exists()


def test_list_fits_its_content(kist, make_bundle):
    """Columns as wide as needed, and nothing in a name that a terminal would obey."""
    names = ["short", "längst-" + "x" * 40, "\x1b[31mred\n"]
    for number, name in enumerate(names):
        bundle = make_bundle(name).probe("wait")
        bundle.linux["cgroupsPath"] = f"{CGROUPS}/list-{number}"
        kist.create(bundle, id=f"{TAG}-list-{number}")
    lines = kist.ok("list").out.splitlines()
    assert len(lines) == 1 + len(names), lines
    titles = "ID PID STATUS BUNDLE CREATED OWNER".split()
    starts = [lines[0].index(title) for title in titles]
    rows = [
        [line[start:end].rstrip() for start, end in zip(starts, [*starts[1:], None])]
        for line in lines
    ]
    assert rows[0] == titles
    for row, state, name in zip(rows[1:], kist.list(), [*names[:2], r"\x1b[31mred\x0a"]):
        assert row[3].endswith(f"/{name}")
        assert row[:3] == [state["id"], str(state["pid"]), state["status"]]
        assert row[4:] == [state["created"], state["owner"]]
    for column in range(len(titles) - 1):
        widest = max(len(row[column]) for row in rows)
        assert starts[column + 1] - starts[column] == widest + 3


def test_stdout_that_cannot_be_written(kist, bundle):
    """A caller that reads nothing must not take nothing for an answer."""
    container = kist.create(bundle)
    answers = [
        ["state", container.id],
        ["list"],
        ["list", "-q"],
        ["list", "-fjson"],
        ["features"],
        ["plan", "--bundle", bundle.path],
        ["help"],
        ["list", "--help"],
        ["--version"],
    ]
    with open("/dev/full", "w") as full:
        for args in answers:
            result = kist(*args, stdout=full)
            assert result.code == 1 and "No space left on device" in result.err, args


SPEC_CAPABILITIES = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
SPEC = {
    "ociVersion": "1.3.0",
    "process": {
        "terminal": True,
        "user": {"uid": 0, "gid": 0},
        "args": ["sh"],
        "env": [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "TERM=xterm",
        ],
        "cwd": "/",
        "capabilities": {
            kind: SPEC_CAPABILITIES for kind in ("bounding", "effective", "permitted", "ambient")
        },
        "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
        "noNewPrivileges": True,
    },
    "root": {"path": "rootfs", "readonly": True},
    "hostname": "kist",
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {
            "destination": "/dev",
            "type": "tmpfs",
            "source": "tmpfs",
            "options": ["nosuid", "strictatime", "mode=755", "size=65536k"],
        },
        {
            "destination": "/dev/pts",
            "type": "devpts",
            "source": "devpts",
            "options": "nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5".split(),
        },
        {
            "destination": "/dev/shm",
            "type": "tmpfs",
            "source": "shm",
            "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
        },
        {
            "destination": "/dev/mqueue",
            "type": "mqueue",
            "source": "mqueue",
            "options": ["nosuid", "noexec", "nodev"],
        },
        {
            "destination": "/sys",
            "type": "sysfs",
            "source": "sysfs",
            "options": ["nosuid", "noexec", "nodev", "ro"],
        },
        {
            "destination": "/sys/fs/cgroup",
            "type": "cgroup",
            "source": "cgroup",
            "options": ["nosuid", "noexec", "nodev", "relatime", "ro"],
        },
    ],
    "linux": {
        "resources": {"devices": [{"allow": False, "access": "rwm"}]},
        "namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")],
        "maskedPaths": [
            "/proc/acpi",
            "/proc/asound",
            "/proc/kcore",
            "/proc/keys",
            "/proc/latency_stats",
            "/proc/timer_list",
            "/proc/timer_stats",
            "/proc/sched_debug",
            "/sys/firmware",
            "/proc/scsi",
        ],
        "readonlyPaths": [
            "/proc/bus",
            "/proc/fs",
            "/proc/irq",
            "/proc/sys",
            "/proc/sysrq-trigger",
        ],
    },
}


def rootless_spec(uid, gid):
    config = clone(SPEC)
    config["mounts"][2]["options"].remove("gid=5")
    config["mounts"][5] = {
        "destination": "/sys",
        "type": "none",
        "source": "/sys",
        "options": ["rbind", "nosuid", "noexec", "nodev", "ro"],
    }
    linux = config["linux"]
    del linux["resources"]
    linux["uidMappings"] = [{"containerID": 0, "hostID": uid, "size": 1}]
    linux["gidMappings"] = [{"containerID": 0, "hostID": gid, "size": 1}]
    linux["namespaces"] = [{"type": kind} for kind in ("pid", "ipc", "uts", "mount", "user")]
    return config


def add_cgroup_namespace(config):
    """Where cgroup2 is all there is."""
    if has_cgroup_v2_only():
        kinds = config["linux"]["namespaces"]
        kinds.insert(kinds.index({"type": "mount"}) + 1, {"type": "cgroup"})
    return config


@pytest.mark.parametrize("flags, expected", [([], SPEC), (["--rootless"], rootless_spec(0, 0))])
def test_spec(kist, work, flags, expected):
    """Member by member, lists in order."""
    kist.ok("spec", "-b", work, *flags)
    assert json.loads((work / "config.json").read_text()) == add_cgroup_namespace(clone(expected))


def test_spec_is_for_its_caller(program, work):
    work.chmod(0o777)
    subprocess.run(
        [program, "spec", "--rootless"], cwd=work, env={}, user=1234, group=4321, check=True
    )
    written = json.loads((work / "config.json").read_text())
    assert written == add_cgroup_namespace(rootless_spec(1234, 4321))


@pytest.mark.skipif(not shutil.which("runc"), reason="runc is not installed")
@pytest.mark.parametrize("flags", [[], ["--rootless"]])
@pytest.mark.parametrize("unified", [False, True])
def test_spec_is_what_runc_writes(kist, work, elsewhere, flags, unified):
    """Down to the order of members and the indent; but for what names the writer, and for what one
    version of runc writes and another does not."""
    setup = "umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup" if unified else ":"
    host = elsewhere("--mount", setup=setup)
    texts = []
    for program in ("runc", str(kist.program)):
        subprocess.run([*host.enter("-m"), program, "spec", "-b", work, *flags], check=True)
        text = (work / "config.json").read_text()
        text = re.sub(r'("ociVersion|"hostname)": ".*"', r"\1", text)
        text = re.sub(r'\n\t\t\t"/proc/interrupts",', "", text)
        text = re.sub(r',\n\t\t\t"ambient": \[[^]]*\]', "", text)
        texts.append(text.rstrip("\n"))
        (work / "config.json").unlink()
    assert texts[0] == texts[1]


def test_spec_with_another_name(kist, work):
    """As crun's: in the bundle."""
    (work / "bundle").mkdir()
    kist.ok("spec", "-b", work / "bundle", "-f", "other.json")
    kist.ok("spec", "--file", work / "third.json", cwd=work)
    assert sorted(os.listdir(work / "bundle")) == ["other.json"]
    assert (work / "third.json").read_text() == (work / "bundle/other.json").read_text()
    result = kist.fails("spec", "-b", work / "bundle", "--file=other.json")
    assert result.err == f"kist: spec: {work}/bundle/other.json exists; move it away first\n"


def test_spec_that_cannot_be_written(kist, work):
    """Nor is half a config.json left."""
    result = kist.fails("spec", "-b", work / "nosuch", text="No such file or directory")
    assert "spec: spec" not in result.err
    (work / "config.json").touch()
    kist.fails("spec", "-b", work, text="config.json exists")
    assert (work / "config.json").read_text() == ""


def test_log_without_its_daemon(kist, elsewhere):
    """Nothing is done by a command whose log cannot be had."""
    host = elsewhere("--mount", setup="mount -t tmpfs none /run; mount -t tmpfs none /dev")
    kist.prefix = host.enter("-m")
    for target, path in (("journald:x", "/run/systemd/journal/socket"), ("syslog:x", "/dev/log")):
        result = kist.fails("--log", target, "list")
        assert result.err == f"kist: log socket {path}: No such file or directory\n"
