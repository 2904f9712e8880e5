# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exit statuses and sentences that callers depend on, whoever they are: on stderr and in the JSON log
at once, and the same text in both."""

import os

import pytest

from caller import Caller, last_error, log_entries, wait_for

# In which state a container is, what is asked of it, the status, and the words. ID stands for its id.
CASES = [
    ("none", ["state", "ID"], 1, "does not exist"),
    ("none", ["start", "ID"], 1, "does not exist"),
    ("none", ["kill", "ID", "9"], 1, "does not exist"),
    ("none", ["kill", "--all", "ID", "9"], 1, "does not exist"),
    ("none", ["delete", "ID"], 1, "does not exist"),
    ("none", ["exec", "ID", "true"], 255, "does not exist"),
    ("none", ["delete", "--force", "ID"], 0, None),
    ("none", ["delete", "-f", "ID"], 0, None),
    ("created", ["create", "--bundle", "BUNDLE", "ID"], 1, "already exists"),
    ("created", ["run", "--bundle", "BUNDLE", "ID"], 1, "already exists"),
    ("created", ["kill", "ID", "0"], 0, None),
    ("created", ["state", "ID"], 0, None),
    ("running", ["start", "ID"], 1, "cannot start an already running container"),
    ("running", ["delete", "ID"], 1, "that is not stopped: running"),
    ("running", ["kill", "ID", "NOSUCH"], 1, 'unknown signal "NOSUCH"'),
    ("running", ["kill", "ID", "65"], 1, 'unknown signal "65"'),
    ("running", ["kill", "ID", "0"], 0, None),
    ("running", ["kill", "--all", "ID", "CONT"], 0, None),
    ("running", ["kill", "-a", "ID", "sigcont"], 0, None),
    ("running", ["exec", "ID", "nosuch"], 255,
     'exec: "nosuch": executable file not found in $PATH'),
    ("running", ["exec", "ID", "/nosuch"], 255,
     'exec: "/nosuch": executable file not found: no such file or directory'),
    ("running", ["exec", "ID", "/etc/passwd"], 255, 'exec: "/etc/passwd": permission denied'),
    ("running", ["exec", "--nosuch", "ID", "true"], 255, "unknown option"),
    ("running", ["exec", "ID", "sh", "-c", "exit 9"], 9, None),
    ("running", ["exec", "ID", "sh", "-c", "kill -9 $$"], 137, None),
    ("stopped", ["start", "ID"], 1, "cannot start a container that has stopped"),
    ("stopped", ["kill", "ID"], 1, "container not running"),
    ("stopped", ["kill", "ID", "9"], 1, "container not running"),
    ("stopped", ["kill", "ID", "0"], 1, "container not running"),
    ("stopped", ["kill", "--all", "ID", "9"], 1, "container not running"),
    ("stopped", ["exec", "ID", "true"], 255,
     "cannot exec in a stopped container: container not running"),
    ("stopped", ["state", "ID"], 0, None),
    ("none", ["nosuch"], 1, "unknown command"),
    ("none", ["state"], 1, "state: too few arguments"),
    ("none", ["state", "--nosuch", "ID"], 1, "unknown option"),
    ("none", ["create", "--bundle", "/nonexistent", "ID"], 1, "No such file or directory"),
    ("none", ["create", "--bundle", "WORK", "ID"], 1, "config.json: No such file or directory"),
    ("none", ["create", "--bundle", "BUNDLE", "../x"], 1, "container id"),
]


@pytest.fixture
def states(engine, kist, work):
    """Bring a container into a state."""
    one = engine("podman-4.3-run.json", ["--root", kist.root])
    one.write("sleep", "1000")

    def reach(state):
        if state == "none":
            return one
        one.call.ok("create", "--bundle", one.bundle.path, "--pid-file", one.pid_file, one.id,
                    out=null, err=null)
        if state == "created":
            return one
        one.call.ok("start", one.id)
        if state == "running":
            return one
        pid = one.pid()
        one.call.ok("kill", one.id, "KILL")
        wait_for(pid)
        return one

    with open(os.devnull, "w") as null:
        yield reach


@pytest.mark.parametrize("state, args, status, words", CASES,
                         ids=[f"{case[0]}-{'-'.join(case[1])}" for case in CASES])
def test_wording(states, work, kist, state, args, status, words):
    one = states(state)
    log = work / "log.json"
    values = {"ID": one.id, "BUNDLE": str(one.bundle.path), "WORK": str(work)}
    args = [values.get(arg, arg) for arg in args]
    flags = ["--root", kist.root, "--log", log, "--log-format", "json"]
    result = one.call(*args, flags=flags)
    assert result.code == status, result
    if words is None:
        assert result.err == "" and log_entries(log) == []
        return
    assert result.out == ""
    assert words in last_error(log)
    assert len(log_entries(log)) == 1
    assert result.err == f"kist: {last_error(log)}\n"


def test_options_of_engines_that_do_nothing(program, kist):
    """go-runc has --rootless=true, Kubernetes' tools --debug=false, people either form."""
    call = Caller(program)
    for flags in (["--rootless=true"], ["--rootless", "false"], ["--rootless=auto"], ["-rootless=true"],
                  ["--debug=false"], ["--systemd-cgroup=false"], ["-log-format=json"]):
        assert call.ok("--root", kist.root, *flags, "list", "-q").out == ""


@pytest.mark.parametrize("when", ["before", "after"])
def test_mistakes_among_the_first_options(program, kist, work, when):
    """Wherever --log stands, and its format."""
    log = work / "log.json"
    logged = ["--log", log, "--log-format", "json"]
    mistake = ["--nosuch"]
    args = [*logged, *mistake] if when == "before" else [*mistake, *logged]
    result = Caller(program)(*args, "list")
    assert result.code == 1 and "unknown option" in result.err
    assert result.err == f"kist: {last_error(log)}\n"


@pytest.mark.parametrize("args, meant", [
    (["--lgo", "x", "list"], "--log"),
    (["--rooot", "x", "list"], "--root"),
    (["craete", "x"], '"create"'),
    (["exec", "--proces", "f", "x"], "--process"),
])
def test_did_you_mean(program, args, meant):
    result = Caller(program)(*args)
    assert result.code != 0 and f"(did you mean {meant}?)" in result.err


def test_version_names_what_is_compiled_in(program):
    """crun's way, in the line after the three that go-runc wants; and it is what features says."""
    call = Caller(program)
    lines = call.ok("--version").out.splitlines()
    assert len(lines) == 4
    linux = call.ok("features").json["linux"]
    named = {
        "SECCOMP": linux["seccomp"]["enabled"],
        "APPARMOR": linux["apparmor"]["enabled"],
        "SELINUX": linux["selinux"]["enabled"],
        "CAP": bool(linux["capabilities"]),
        "CGROUP_V1": linux["cgroup"]["v1"],
        "CGROUP_V2": linux["cgroup"]["v2"],
        "SYSTEMD": linux["cgroup"]["systemd"],
    }
    assert set(lines[3].split()) == {f"+{name}" for name, there in named.items() if there}
