# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad input: one clear line, status 1, and nothing was made."""

import json

import pytest

import harness


def refuse_text(kist, bundle, text, pattern):
    bundle.write(text)
    before = harness.HostPicture(kist.root)
    result = kist.fails("create", "--bundle", bundle.path, kist.new_id(), text=pattern)
    harness.assert_unchanged(before, kist.root)
    return result


def test_missing_config(kist, bundle):
    (bundle.path / "config.json").unlink(missing_ok=True)
    result = kist.fails("create", "--bundle", bundle.path, kist.new_id())
    assert "config.json" in result.err and "No such file or directory" in result.err
    assert harness.tagged_cgroups() == set()


def test_missing_bundle(kist, work):
    kist.fails("create", "--bundle", work / "nowhere", kist.new_id(), text="No such file")


@pytest.mark.parametrize("kind", ["directory", "fifo", "huge"])
def test_config_that_is_no_file(kist, bundle, kind):
    import os

    path = bundle.path / "config.json"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        with path.open("w") as file:
            file.truncate(1 << 30)
    kist.fails("create", "--bundle", bundle.path, kist.new_id(), text="config.json")


@pytest.mark.parametrize(
    "text, where",
    [
        ("", r"config\.json:1"),
        ("{", r"config\.json:1"),
        ('{\n"ociVersion": "1.0.0",\n}', r"config\.json:3:1"),
        ('{\n  "ociVersion": nope\n}', r"config\.json:2:"),
        ('{"ociVersion": "1.0.0"} trailing', r"config\.json:1:"),
        ('{"a": 1, "a": 2}', "duplicate"),
        ('{"ociVersion": "1.0.0", "process": {"cwd": "/", "cwd": "/"}}', "duplicate"),
        ("[]", "object"),
        ('"text"', "expected"),
        ('{"ociVersion": "1.0.0\\u0000"}', "config.json"),
        ("[" * 100000, "config.json"),
    ],
)
def test_malformed(kist, bundle, text, where):
    refuse_text(kist, bundle, text, where)


def test_invalid_utf8(kist, bundle):
    bundle.write()
    path = bundle.path / "config.json"
    path.write_bytes(path.read_bytes().replace(b'"container"', b'"\xff\xfe"'))
    kist.fails("create", "--bundle", bundle.path, kist.new_id(), text=r"config\.json:\d+:\d+:.*0xff")


DELETE = "(deleted)"


def set_property(config, path, value):
    """Set config["a"]["b"][0] for "a.b.0"."""
    *parents, last = path.split(".")
    at = config
    for name in parents:
        at = at[int(name)] if isinstance(at, list) else at.setdefault(name, {})
    if value is DELETE:
        del at[last]
    elif isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value


# property, value, what the error says
REFUSED = [
    # types
    ("ociVersion", 1, r"ociVersion.*string"),
    ("ociVersion", DELETE, r"ociVersion"),
    ("ociVersion", "2.0.0", r"ociVersion.*2\.0\.0"),
    ("ociVersion", "one", r"ociVersion"),
    ("ociVersion", "01.0.0", r"ociVersion.*SemVer"),
    ("ociVersion", "4294967297.0.0", r"ociVersion.*only 1\.x\.y"),
    ("process", [], r"process.*object"),
    ("process.args", "sh", r"process\.args"),
    ("process.args", [], r"process\.args"),
    ("process.args", DELETE, r"process\.args"),
    ("process.args", [1], r"process\.args\[0\]"),
    ("process.cwd", DELETE, r"process\.cwd"),
    ("process.cwd", "relative", r"process\.cwd.*absolute"),
    ("process.env", ["PATH=/bin", "NOEQUALS"], r"process\.env\[1\].*NOEQUALS"),
    ("process.env", ["=value"], r"process\.env\[0\]"),
    ("process.terminal", "yes", r"process\.terminal"),
    (
        "process",
        {"terminal": True, "consoleSize": {"height": 1, "width": 65536}},
        r"consoleSize\.width",
    ),
    ("process.noNewPrivileges", 1, r"process\.noNewPrivileges"),
    ("process.user.uid", -1, r"process\.user\.uid"),
    ("process.user.uid", 4294967295, r"process\.user\.uid.*4294967295"),
    ("process.user.uid", 4294967296, r"process\.user\.uid"),
    ("process.user.uid", 1.0, r"process\.user\.uid"),
    ("process.user.uid", "1000", r"process\.user\.uid"),
    ("process.user.uid", "\x7f0000000000000007", r"uid: expected an integer, not a string"),
    ("process.user.gid", 4294967295, r"process\.user\.gid.*4294967295"),
    ("process.user.additionalGids", [1, -1], r"process\.user\.additionalGids\[1\]"),
    ("process.user.umask", 0o1000, r"process\.user\.umask"),
    ("process.oomScoreAdj", 1001, r"process\.oomScoreAdj"),
    ("process.oomScoreAdj", -1001, r"process\.oomScoreAdj"),
    ("process.rlimits", [{"type": "RLIMIT_FOO", "soft": 1, "hard": 1}], r"rlimits\[0\].*RLIMIT_FOO"),
    ("process.rlimits", [{"type": "RLIMIT_CORE", "soft": 2, "hard": 1}], r"rlimits\[0\]"),
    ("process.rlimits", [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}] * 2, r"RLIMIT_CORE"),
    ("process.rlimits", [{"type": "RLIMIT_CORE", "soft": 0}], r"rlimits\[0\]\.hard"),
    ("root", DELETE, r"root"),
    ("root.path", DELETE, r"root\.path"),
    ("root.path", "", r"root\.path"),
    ("root.path", "missing", r"missing.*No such file or directory"),
    ("root.path", "config.json", r"Not a directory"),
    ("root.readonly", 1, r"root\.readonly"),
    ("hostname", 7, r"hostname: expected a string, not a number"),
    ("hostname", 2**64 - 1, r"hostname: expected a string, not a number"),
    ("hostname", "x" * 65, r"hostname"),
    ("mounts.0.destination", DELETE, r"mounts\[0\]\.destination"),
    ("mounts.0.destination", 1, r"mounts\[0\]\.destination"),
    ("mounts.1.options", ["nosuid", 1], r"mounts\[1\]\.options\[1\]"),
    ("annotations", {"": "x"}, r"annotations"),
    ("annotations", {"a": 1}, r"annotations\.a"),
    # words
    ("linux.namespaces", "pid", r"linux\.namespaces: expected an array, not a string"),
    ("linux.namespaces.1.type", "foo", r'linux\.namespaces\[1\]\.type: unknown namespace "foo"'),
    ("linux.namespaces.1.type", "pid", r"linux\.namespaces.*pid"),
    ("linux.namespaces.1.path", "relative", r"linux\.namespaces\[1\]\.path.*absolute"),
    ("linux.namespaces.1.path", "/nonexistent", r"/nonexistent.*No such file or directory"),
    ("linux.rootfsPropagation", "public", r"linux\.rootfsPropagation.*public"),
    ("linux.devices", [{"type": "x", "path": "/dev/x"}], r"linux\.devices\[0\]\.type"),
    ("linux.devices", [{"type": "c", "path": "/dev/x"}], r"linux\.devices\[0\]"),
    ("linux.devices", [{"type": "c", "path": "x", "major": 1, "minor": 3}], r"devices\[0\]\.path"),
    (
        "linux.devices",
        [{"type": "c", "path": "/dev/x", "major": 1, "minor": 3, "fileMode": 0o60666}],
        r"devices\[0\]\.fileMode.*octal 60666",
    ),
    ("linux.maskedPaths", ["relative"], r"linux\.maskedPaths\[0\].*absolute"),
    ("linux.readonlyPaths", ["relative"], r"linux\.readonlyPaths\[0\].*absolute"),
    ("linux.sysctl", {"kernel.core_pattern": "x"}, r"kernel\.core_pattern"),
    ("linux.sysctl", {"kernel/core_pattern": "x"}, r"kernel/core_pattern"),
    ("linux.sysctl", {"net.x/../../kernel.core_pattern": "x"}, r"linux\.sysctl"),
    ("linux.sysctl", {"": "x"}, r"linux\.sysctl"),
    ("linux.sysctl", {"net.ipv4.ip_forward": 1}, r"linux\.sysctl"),
    ("linux.resources.devices", [{"allow": True, "access": "rwz"}], r"devices\[0\]\.access"),
    ("linux.resources.devices", [{"access": "rwm"}], r"devices\[0\]\.allow"),
    ("linux.resources.cpu", {"shares": -1}, r"linux\.resources\.cpu\.shares"),
    ("linux.resources.memory", {"swappiness": 101}, r"linux\.resources\.memory\.swappiness"),
    ("linux.resources.memory", {"limit": "1M"}, r"linux\.resources\.memory\.limit"),
    ("linux.cgroupsPath", "/a/../../b", r"linux\.cgroupsPath"),
    ("linux.intelRdt", {"closID": 1}, r"linux\.intelRdt\.closID"),
    ("linux.intelRdt", {"memBwSchema": "L3:0=f"}, r"linux\.intelRdt\.memBwSchema.*MB:"),
    ("linux.intelRdt", {"schemata": ["L3:0=f", "L2:0=f\n"]}, r"intelRdt\.schemata\[1\]"),
    ("linux.seccomp", {}, r"linux\.seccomp\.defaultAction"),
    ("linux.seccomp", {"defaultAction": "SCMP_ACT_FOO"}, r"SCMP_ACT_FOO"),
    (
        "linux.seccomp",
        {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_VAX"]},
        r"architectures\[0\].*SCMP_ARCH_VAX",
    ),
    (
        "linux.seccomp",
        {"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_FOO"]},
        r"flags\[0\].*SECCOMP_FILTER_FLAG_FOO",
    ),
    (
        "linux.seccomp",
        {
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [{"names": [], "action": "SCMP_ACT_ERRNO"}],
        },
        r"syscalls\[0\]\.names",
    ),
    (
        "linux.seccomp",
        {
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [
                {
                    "names": ["read"],
                    "action": "SCMP_ACT_ERRNO",
                    "args": [{"index": 6, "value": 0, "op": "SCMP_CMP_EQ"}],
                }
            ],
        },
        r"args\[0\]\.index",
    ),
    # several properties together
    ("linux.uidMappings", [{"containerID": 0, "hostID": 0, "size": 1}], r"uidMappings"),
]


@pytest.mark.parametrize("path, value, pattern", REFUSED, ids=lambda value: str(value)[:40])
def test_refused_properties(kist, bundle, path, value, pattern):
    set_property(bundle.config, path, value)
    kist.refuses(bundle, pattern, command="create")


# Valid, and not there yet: refused by name, never ignored.
UNSUPPORTED = {
    "linux.netDevices": {"eth0": {}},
    "linux.resources.blockIO": {"weight": 100},
    "linux.resources.hugepageLimits": [{"pageSize": "2MB", "limit": 0}],
    "linux.resources.network": {"classID": 1},
    "linux.resources.rdma": {"mlx5_1": {"hcaHandles": 3}},
    "linux.resources.unified": {"memory.high": "1"},
    "vm": {"kernel": {"path": "/boot/vmlinuz"}},
}


@pytest.mark.parametrize("path", UNSUPPORTED)
def test_unsupported_properties(kist, bundle, path):
    set_property(bundle.config, path, UNSUPPORTED[path])
    kist.refuses(bundle, path.replace(".", r"\.") + r".*: not supported yet", command="create")


def test_unsupported_namespaces(kist, bundle):
    bundle.namespace("time")
    kist.refuses(bundle, "not supported yet", command="create")


def test_empty_objects_ask_for_nothing(kist, bundle):
    """Engines write them: an empty value refuses nothing, and null is absent."""
    bundle.config["hooks"] = {"prestart": [], "poststop": None}
    bundle.process["apparmorProfile"] = ""
    bundle.process["selinuxLabel"] = ""
    bundle.process["scheduler"] = None
    bundle.linux["mountLabel"] = ""
    bundle.linux["netDevices"] = {}
    bundle.linux["uidMappings"] = []
    bundle.linux["resources"].update(hugepageLimits=[], blockIO={"weight": 0}, unified={}, rdma={})
    result = kist.run(bundle.probe("echo", "ran"))
    assert (result.code, result.out, result.err) == (0, "ran\n", "")


def test_unknown_properties_are_ignored(kist, bundle):
    """config.md: a runtime must not fail on an unknown property."""
    bundle.config["com.example.extension"] = {"a": [1, 2, {"b": None}]}
    bundle.process["future"] = True
    bundle.linux["resources"]["future"] = {"x": 1.5}
    bundle.config["mounts"][0]["future"] = "x"
    result = kist.run(bundle.probe("echo", "ran"))
    assert (result.code, result.out, result.err) == (0, "ran\n", "")


def test_no_user_is_root(kist, bundle):
    """config.md: the user object is not required, what is in it is."""
    del bundle.process["user"]
    assert kist.report(bundle)["ids"]["uid"] == [0, 0, 0, 0]


@pytest.mark.parametrize("version", ["1.0.0", "1.0.2-dev", "1.2.1", "1.3.0", "1.99.0"])
def test_versions(kist, bundle, version):
    bundle.config["ociVersion"] = version
    assert kist.run(bundle.probe("exit", 0)).code == 0


def test_missing_rootfs(kist, bundle):
    import shutil

    shutil.rmtree(bundle.rootfs)
    result = kist.refuses(bundle, "No such file or directory")
    assert str(bundle.rootfs) in result.err


@pytest.mark.parametrize("path, who", [
    (None, "without it, the host"),
    ("/proc/self/ns/mnt", "whoever is in the one that is joined"),
])
def test_new_mount_namespace_is_required(kist, bundle, path, who):
    """Else mounts would be made in somebody else's, and the message says so."""
    bundle.without_namespace("mount")
    if path:
        bundle.namespace("mount", path)
    else:
        kist.refuses(bundle, 'mounts: needs a namespace of type "mount" in linux.namespaces, or it '
                             "would change the host", command="create")
        bundle.config["mounts"] = []
        bundle.linux["maskedPaths"] = bundle.linux["readonlyPaths"] = []
    kist.refuses(bundle, f'a new namespace of type "mount" is needed: {who} would see', command="create")


def test_hostname_needs_a_uts_namespace(kist, bundle):
    bundle.without_namespace("uts")
    kist.refuses(bundle, "hostname.*uts", command="create")


def test_error_is_one_short_line(kist, bundle):
    """Also when the value at fault is huge, or holds control characters."""
    bundle.config["linux"]["rootfsPropagation"] = "x\n\x1b[31m" * 100000
    result = kist.refuses(bundle, "linux.rootfsPropagation", command="create")
    assert len(result.err) < 2000 and "\x1b" not in result.err


def test_big_configuration(kist, bundle):
    """2021-43784: what is large must not overflow into what is next to it."""
    bundle.process["env"] += [f"V{i}={'x' * 1000}" for i in range(1000)]
    bundle.config["annotations"] = {f"key{i}": "v" * 1000 for i in range(2000)}
    report = kist.report(bundle)
    own = {kind: link for kind, link in report["namespaces"].items()}
    import os

    for kind in ("pid", "net", "mnt", "ipc", "uts", "cgroup"):
        assert own[kind] != os.readlink(f"/proc/self/ns/{kind}")
    assert json.dumps(report.env["V999"]) == json.dumps("x" * 1000)
