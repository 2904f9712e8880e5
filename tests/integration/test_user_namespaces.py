# SPDX-License-Identifier: LGPL-2.1-or-later
"""config-linux.md, User namespace mappings: as root, and as an ordinary user (rootless)."""

import os
import subprocess
from pathlib import Path

import pytest

from harness import TAG, parse_mounts
from harness.users import FIRST, SIZE, USER, as_user, mapping, own_user_namespace, rootless


def test_ids_and_maps(kist, contained):
    report = kist.report(contained, "/proc/self/uid_map", "/proc/self/setgroups", "/dev/shm")
    first, size = (FIRST, SIZE) if contained.caller == "root" else (USER, 1)
    assert report.path("/proc/self/uid_map")["text"].split() == ["0", str(first), str(size)]
    assert report.status["Uid"].split() == ["0"] * 4
    assert report.status["Gid"].split() == ["0"] * 4
    denied = contained.caller == "rootless"
    assert report.path("/proc/self/setgroups")["text"].strip() == ("deny" if denied else "allow")
    assert report["namespaces"]["user"] != os.readlink("/proc/self/ns/user")


def test_capabilities_are_those_asked_for(kist, contained):
    """Also ones that the caller does not have: in the namespace they are there."""
    asked = ["CAP_SYS_RESOURCE", "CAP_NET_ADMIN", "CAP_CHOWN"]
    contained.process["capabilities"] = {
        kind: asked for kind in ("bounding", "effective", "permitted")
    }
    report = kist.report(contained)
    for kind in ("bounding", "effective", "permitted"):
        assert report.capabilities(kind) == set(asked), kind


def test_default_mounts(kist, contained):
    report = kist.report(contained, "/dev/mqueue", "/dev/shm", "/sys", "/proc/sys")
    for point, type in {
        "/proc": "proc", "/dev": "tmpfs", "/dev/pts": "devpts", "/dev/shm": "tmpfs",
        "/dev/mqueue": "mqueue", "/sys": "sysfs",
    }.items():
        assert report.mount(point).type == type
    # The root of the message queues belongs to the container's root, not to nobody.
    for path in "/dev/mqueue", "/dev/shm":
        assert report.path(path)["follow"]["uid"] == 0, path
    assert "ro" in report.mount("/sys").options
    assert report.path("/proc/sys")["write"] != 0


def test_devices_are_the_hosts(kist, contained):
    names = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8),
             "urandom": (1, 9), "tty": (5, 0)}
    report = kist.report(contained, *(f"/dev/{name}" for name in names))
    for name, numbers in names.items():
        status = report.path(f"/dev/{name}")["follow"]
        assert (status["type"], tuple(status["rdev"])) == ("char", numbers), name
        assert {"nosuid", "noexec"} <= report.mount(f"/dev/{name}").options
    assert report.path("/dev/null")["write"] == 0


def test_a_device_of_the_configuration(kist, contained):
    contained.linux["devices"] = [
        {"path": "/dev/zero", "type": "c", "major": 1, "minor": 5},
        {"path": "/dev/fifo", "type": "p", "fileMode": 0o600},
    ]
    report = kist.report(contained, "/dev/zero", "/dev/fifo")
    assert report.path("/dev/zero")["follow"]["type"] == "char"
    assert report.path("/dev/fifo")["follow"]["type"] == "fifo"


def test_a_device_that_the_host_has_not(kist, contained):
    contained.linux["devices"] = [
        {"path": "/dev/kist-none", "type": "c", "major": 1, "minor": 5}]
    if contained.caller == "root":
        assert kist.report(contained)["dev"]["kist-none"]["rdev"] == [1, 5]
        return
    kist.refuses(contained, r"linux.devices\[0\]: bind from the host: /dev/kist-none: No such")
    contained.linux["devices"] = [{"path": "/dev/null", "type": "c", "major": 1, "minor": 5}]
    kist.refuses(contained, r"/dev/null: exists and is not the character device 1:5")


def test_masked_and_readonly_paths(kist, contained, work):
    contained.linux["maskedPaths"] += ["/etc/passwd", "/home"]
    report = kist.report(contained, "/etc/passwd", "/home", "/proc/keys")
    assert report.path("/etc/passwd")["follow"]["type"] == "char"
    assert report.path("/home")["list"] == {}
    assert report.path("/proc/keys")["follow"]["type"] == "char"


def test_binds(kist, contained, work):
    (work / "data").mkdir(mode=0o755)
    (work / "data" / "file").write_text("data")
    (work / "one").write_text("one")
    contained.bind(work / "data", "/mnt/data", "bind", "ro", "nosuid")
    contained.bind(work / "one", "/mnt/one", "bind")
    # In an image that belongs to somebody else the container's root can make nothing.
    (contained.rootfs / "mnt/data").mkdir(parents=True)
    (contained.rootfs / "mnt/one").touch()
    report = kist.report(contained, "/mnt/data/file", "/mnt/one", "/mnt/data")
    assert report.path("/mnt/data/file")["text"] == "data"
    assert report.path("/mnt/one")["text"] == "one"
    assert {"ro", "nosuid"} <= report.mount("/mnt/data").options


def test_read_only_root(kist, contained):
    contained.config["root"]["readonly"] = True
    report = kist.report(contained, "/")
    assert "ro" in report.mount("/").options


def test_host_network_shows_the_hosts_sysfs(kist, contained):
    """A sysfs of its own needs a network namespace of its own: the host's is bound instead."""
    contained.without_namespace("network")
    report = kist.report(contained, "/sys/class")
    assert report.mount("/sys").type == "sysfs"
    assert "ro" in report.mount("/sys").options
    assert report["namespaces"]["net"] == os.readlink("/proc/self/ns/net")


def test_host_pids_show_the_hosts_procfs(kist, contained):
    contained.without_namespace("pid")
    report = kist.report(contained)
    assert report.mount("/proc").type == "proc"
    assert report["process"]["pid"] > 1


def test_another_user(kist, bundle):
    own_user_namespace(bundle)
    bundle.process["user"] = {"uid": 1000, "gid": 1001, "additionalGids": [7, 8]}
    report = kist.report(bundle)
    assert report.status["Uid"].split() == ["1000"] * 4
    assert report.status["Gid"].split() == ["1001"] * 4
    assert report.status["Groups"].split() == ["7", "8"]


def test_several_mappings(kist, bundle):
    several = [mapping(0, FIRST, 10), mapping(10, FIRST + 5000, 90), mapping(1000, FIRST + 9000, 1)]
    own_user_namespace(bundle, several)
    bundle.unmount("/dev/pts")
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    report = kist.report(bundle, "/proc/self/uid_map")
    assert report.path("/proc/self/uid_map")["text"].split() == [
        str(number) for one in several for number in one.values()]


def test_without_root(kist, bundle):
    """Nobody is mapped to 0: the first id that is mapped builds the container."""
    own_user_namespace(bundle, [mapping(1000, FIRST, 10)])
    bundle.unmount("/dev/pts")
    bundle.process["user"] = {"uid": 1003, "gid": 1004}
    report = kist.report(bundle, "/dev/shm")
    assert report.status["Uid"].split() == ["1003"] * 4
    assert report.path("/dev/shm")["follow"]["uid"] == 1000


@pytest.mark.parametrize("kind, flag", [("network", "--net"), ("ipc", "--ipc"), ("uts", "--uts"),
                                        ("cgroup", "--cgroup")])
def test_join_a_namespace_of_the_host(kist, bundle, elsewhere, kind, flag):
    """Init, in its user namespace, may not enter it: the host side does, and comes back."""
    names = {"network": "net"}
    other = elsewhere(flag)
    path = other.namespace(names.get(kind, kind))
    own_user_namespace(bundle).namespace(kind, path).config.pop("hostname")
    if kind == "ipc":
        bundle.unmount("/dev/mqueue")  # it belongs to another user namespace
    report = kist.report(bundle)
    assert report["namespaces"][names.get(kind, kind)] == os.readlink(path)


def test_terminal(kist, contained):
    contained.process["terminal"] = True
    contained.args = ["/bin/sh", "-c", "tty; ls -ln /dev/console"]
    contained.write()
    # script(1) has a terminal for it.
    command = kist.command("run", "--bundle", contained.path, kist.new_id())
    result = subprocess.run(
        ["script", "-qec", " ".join(command), "/dev/null"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        env={**os.environ, "KIST_TEST": TAG},
    )
    assert result.returncode == 0 and "/dev/pts/0" in result.stdout, result
    assert "crw" in result.stdout


def test_what_needs_no_privilege(kist, contained):
    """Also where its user is not the caller."""
    contained.process["scheduler"] = {"policy": "SCHED_BATCH", "nice": 5}
    contained.process["ioPriority"] = {"class": "IOPRIO_CLASS_IDLE", "priority": 0}
    contained.linux["memoryPolicy"] = {"mode": "MPOL_BIND", "nodes": "0"}
    contained.linux["personality"] = {"domain": "LINUX32"}
    report = kist.report(contained)
    assert (report["scheduler"]["policy"], report["scheduler"]["nice"]) == (3, 5)
    assert report["scheduler"]["io"] == 3 << 13
    assert report["memory_policy"] == {"mode": 2, "nodes": 1}
    assert report["personality"] == 8
    assert "_ses.kt" in report["keyring"]["description"]


def test_life(kist, contained):
    contained.args = ["/bin/sleep", "1000"]
    container = kist.create(contained)
    assert container.status == "created"
    container.start()
    assert container.status == "running"
    container.kill("KILL")
    container.wait()
    container.delete()


def test_embedded(kist, bundle, work):
    """kist spec --rootless is what a user starts with."""
    bundle.linux["cgroupsPath"] = "unused"
    as_user(kist, bundle)
    place = work / "spec"
    place.mkdir()
    os.chown(place, USER, USER)
    kist.ok("spec", "--rootless", "--bundle", place)
    (place / "rootfs").symlink_to(bundle.rootfs)
    command = kist.command("run", "--bundle", str(place), kist.new_id())
    result = subprocess.run(
        ["script", "-qec", " ".join(command), "/dev/null"],
        input="id -u; exit 3\n", capture_output=True, text=True, timeout=60,
        env={**os.environ, "KIST_TEST": TAG},
    )
    assert result.returncode == 3, result


def test_newuidmap(kist, bundle, helpers):
    own_user_namespace(bundle, helpers)
    bundle.process["user"] = {"uid": 7, "gid": 8, "additionalGids": [9]}
    report = kist.report(bundle, "/proc/self/gid_map")
    assert report.path("/proc/self/gid_map")["text"].split() == [
        str(number) for one in helpers for number in one.values()]
    assert report.status["Uid"].split() == ["7"] * 4
    assert report.status["Groups"].split() == ["9"]


def test_newuidmap_refuses(kist, bundle, helpers):
    own_user_namespace(bundle, [mapping(0, USER, 1), mapping(1, FIRST + SIZE, 10)])
    kist.refuses(bundle, r"linux.gidMappings: newgidmap: .*not allowed")


def test_newuidmap_is_missing(kist, bundle, helpers):
    own_user_namespace(bundle, helpers)
    kist.prefix += ["env", "PATH=/nonexistent"]
    kist.refuses(bundle, r"newgidmap: No such file or directory \(is the package uidmap installed")


def test_mappings_are_needed(kist, bundle):
    bundle.namespace("user")
    kist.refuses(bundle, "linux.uidMappings: missing: a new user namespace needs them")


def test_more_mappings_than_the_kernel_takes(kist, bundle):
    """Said before anything is done: by the plan."""
    own_user_namespace(bundle, [mapping(i, FIRST + i, 1) for i in range(341)])
    kist.refuses(bundle, "linux.uidMappings: 341 mappings are more than the kernel takes, 340")
    own_user_namespace(bundle, [mapping(0, FIRST, 1)] + [
        mapping(10**9 + i, 10**9 + i, 1) for i in range(200)])
    text = r"linux.uidMappings: \d+ bytes of text are more than the kernel takes, 4095"
    kist.refuses(bundle, text)
    kist.fails("plan", "--bundle", bundle.path, text=text)


def test_the_longest_map(kist, bundle):
    longest = [mapping(0, FIRST, SIZE), mapping(10**9 + 500, 10**8, 1)]
    longest += [mapping(10**9 + i, 10**9 + i, 1) for i in range(169)]
    lines = [f"{one['containerID']} {one['hostID']} {one['size']}\n" for one in longest]
    assert len("".join(lines)) == 4095
    report = kist.report(own_user_namespace(bundle, longest), "/proc/self/uid_map")
    assert report.path("/proc/self/uid_map")["text"].startswith(f"         0 {FIRST:10} {SIZE:10}\n")


def test_the_user_must_be_mapped(kist, bundle):
    own_user_namespace(bundle, [mapping(0, FIRST, 10)])
    bundle.process["user"] = {"uid": 10, "gid": 0}
    kist.refuses(bundle, "process.user.uid: 10 is not mapped by linux.uidMappings")
    bundle.process["user"] = {"uid": 0, "gid": 0, "additionalGids": [9, 11]}
    kist.refuses(bundle, "process.user.additionalGids: 11 is not mapped by linux.gidMappings")


def test_groups_of_an_ordinary_user(kist, bundle):
    rootless(kist, bundle)
    bundle.process["user"]["additionalGids"] = [0]
    kist.refuses(bundle, "process.user.additionalGids: an ordinary user who maps no group but")


@pytest.mark.parametrize("score", ["own", 500])
def test_oom_score(kist, contained, score):
    own = int(open("/proc/self/oom_score_adj").read())
    contained.process["oomScoreAdj"] = own if score == "own" else score
    found = kist.report(contained).status and kist.report(contained)["files"]["/proc/self/oom_score_adj"]
    assert int(found) == contained.process["oomScoreAdj"]


def ambient(kist, work, *without):
    """From here on an ordinary user with capabilities calls kist, as from a service of systemd."""
    kist.root.mkdir(mode=0o700)
    os.chown(kist.root, USER, USER)
    names = {"sys_admin", "setuid", "setgid", "setpcap", "dac_override", "dac_read_search", "chown",
             "fowner", "net_admin", "kill", "mknod", "setfcap", "sys_ptrace", "sys_chroot"} - set(without)
    words = ",".join(f"+{name}" for name in sorted(names))
    kist.prefix = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups",
                   f"--inh-caps={words}", f"--ambient-caps={words}", "--"]


@pytest.mark.parametrize("without", ["nothing", "sys_ptrace", "dac_override"])
def test_a_caller_with_ambient_capabilities(kist, bundle, work, without):
    """Init is guarded, and its maps, its score and the mounts that follow them are there."""
    source = work / "source"
    source.mkdir()
    os.chown(source, 5, 6)
    own_user_namespace(bundle)
    (bundle.rootfs / "data").mkdir()
    bundle.bind(source, "/data", "bind", "idmap").process["oomScoreAdj"] = 500
    if without == "dac_override":
        bundle.linux.pop("cgroupsPath")
    ambient(kist, work, without)
    report = kist.report(bundle, "/proc/self/uid_map", "/data")
    assert report.path("/proc/self/uid_map")["text"].split() == ["0", str(FIRST), str(SIZE)]
    assert [report.path("/data")[key] for key in ("uid", "gid")] == [5, 6]
    assert report["files"]["/proc/self/oom_score_adj"] == "500\n"


def test_a_caller_who_may_not_enter(kist, bundle, work):
    """Init opens the sources, as for ordinary users."""
    own_user_namespace(bundle)
    (work / "source").mkdir()
    (work / "source/file").write_text("there")
    (bundle.rootfs / "data").mkdir()
    bundle.bind(work / "source", "/data", "bind")
    ambient(kist, work, "sys_chroot")
    assert kist.report(bundle, "/data/file").path("/data/file")["text"] == "there"
    bundle.config["mounts"][-1]["options"].append("idmap")
    kist.refuses(bundle, r"mounts\[6\]: options: idmap: takes CAP_SYS_CHROOT")


# Joining one by path


class Pod:
    """What an engine prepares: a user namespace with its maps, and others that belong to it."""

    def __init__(self, elsewhere, *others):
        self.made = elsewhere("--user", *others, setup="read line </dev/null || :")
        self.pid = self.made.process.pid
        for kind in ("uid", "gid"):
            with open(f"/proc/{self.pid}/{kind}_map", "w") as file:
                file.write(f"0 {FIRST} {SIZE}")

    def namespace(self, kind):
        return self.made.namespace(kind)

    def inode(self, kind):
        return os.readlink(self.namespace(kind))


def joined(bundle, pod, *kinds):
    bundle.namespace("user", pod.namespace("user"))
    for kind in kinds:
        bundle.namespace({"net": "network"}.get(kind, kind), pod.namespace(kind))
    subprocess.run(["chown", "-hR", f"{FIRST}:{FIRST}", bundle.rootfs], check=True)
    return bundle


@pytest.mark.parametrize("mapped", [True, False])
def test_joining(kist, bundle, elsewhere, mapped):
    """With the maps in config.json, as containerd writes it, and without."""
    pod = Pod(elsewhere)
    joined(bundle, pod)
    if mapped:
        bundle.linux["uidMappings"] = bundle.linux["gidMappings"] = [mapping(0, FIRST, SIZE)]
    report = kist.report(bundle, "/proc/self/uid_map", "/dev/shm")
    assert report["namespaces"]["user"] == pod.inode("user")
    assert report.path("/proc/self/uid_map")["text"].split() == ["0", str(FIRST), str(SIZE)]
    assert report.status["Uid"].split() == ["0"] * 4
    for kind in ("mnt", "pid", "net", "ipc", "uts", "cgroup"):
        assert report["namespaces"][kind] not in (pod.inode(kind), os.readlink(f"/proc/self/ns/{kind}"))
    assert {"/proc", "/dev", "/dev/mqueue", "/sys"} <= {mount.point for mount in report.mounts}


def test_joining_a_pod(kist, bundle, elsewhere):
    """Also the namespaces that belong to it; its pid namespace, too."""
    pod = Pod(elsewhere, "--net", "--ipc", "--uts", "--pid", "--fork")
    child = open(f"/proc/{pod.pid}/task/{pod.pid}/children").read().split()[0]
    joined(bundle, pod, "net", "ipc", "uts")
    bundle.config.pop("hostname", None)
    bundle.namespace("pid", f"/proc/{child}/ns/pid")
    bundle.config["mounts"] = [m for m in bundle.config["mounts"] if m["type"] != "sysfs"]
    report = kist.report(bundle)
    for kind in ("user", "net", "ipc", "uts"):
        assert report["namespaces"][kind] == pod.inode(kind), kind
    assert report["namespaces"]["pid"] == os.readlink(f"/proc/{child}/ns/pid")


def test_joining_and_the_hosts_network(kist, bundle, elsewhere):
    """One that belongs to the host is joined before the privileges for it are gone."""
    pod = Pod(elsewhere)
    net = elsewhere("--net")
    joined(bundle, pod)
    bundle.namespace("network", net.namespace("net"))
    report = kist.report(bundle)
    assert report["namespaces"]["net"] == os.readlink(net.namespace("net"))
    assert report["namespaces"]["user"] == pod.inode("user")


def test_life_of_a_container_that_joined(kist, bundle, elsewhere, host_unchanged):
    pod = Pod(elsewhere)
    container = kist.create(joined(bundle, pod).probe("wait"))
    assert os.readlink(f"/proc/{container.pid}/ns/user") == pod.inode("user")
    assert kist.ok("state", container.id).json["status"] == "created"
    container.start()
    container.wait_for_output("ready")
    result = kist("exec", container.id, "/bin/id", "-u")
    assert (result.code, result.out, result.err) == (0, "0\n", "")
    container.kill("KILL")
    container.wait()
    container.delete()


def test_joining_with_idmapped_mounts(kist, bundle, elsewhere, work):
    (work / "source").mkdir()
    os.chown(work / "source", 5, 6)
    (bundle.rootfs / "data").mkdir()
    joined(bundle, Pod(elsewhere)).mount("/data", work / "source", "bind", ["bind", "idmap"])
    report = kist.report(bundle, "/data")
    assert [report.path("/data")[key] for key in ("uid", "gid")] == [5, 6]


def test_joining_one_without_maps(kist, bundle, elsewhere):
    other = elsewhere("--user")
    bundle.namespace("user", other.namespace("user"))
    kist.refuses(bundle, r"setgroups: Operation not permitted \(has the user namespace its maps\?\)")


def test_failures_after_joining(kist, bundle, elsewhere):
    joined(bundle, Pod(elsewhere)).process["args"] = ["nonexistent"]
    kist.refuses(bundle, "executable file not found")


def test_a_user_namespace_that_denies_setgroups(kist, bundle):
    """Whoever is root in one that an ordinary user made for himself."""
    rootless(kist, bundle)
    bundle.linux["uidMappings"] = bundle.linux["gidMappings"] = [mapping(0, 0, 1)]
    kist.prefix += ["unshare", "--user", "--map-root-user", "--mount", "--"]
    report = kist.report(bundle, "/proc/self/setgroups")
    assert report.path("/proc/self/setgroups")["text"] == "deny\n"
    assert report.status["Uid"].split() == ["0"] * 4


@pytest.mark.parametrize("own", [[], ["--mount"]], ids=["", "mount"])
@pytest.mark.parametrize("separate", [False, True], ids=["", "userns"])
def test_a_caller_in_a_user_namespace(kist, bundle, work, elsewhere, separate, own):
    """He is root, but can make no devices; and without a mount namespace of his own (unshare -Ur) the
    mounts are somebody else's: then init has some of its own."""
    rootless(kist, bundle)
    caller = elsewhere("--user", *own)
    for name in ("uid_map", "gid_map"):
        Path(f"/proc/{caller.process.pid}/{name}").write_text(f"0 {USER} 1")
    kist.prefix = caller.enter("--user", *own, "-S0", "-G0")
    own_user_namespace(bundle, [mapping(0, 0, 1)])
    if not separate:
        bundle.without_namespace("user")
        del bundle.linux["uidMappings"], bundle.linux["gidMappings"]
    (work / "source").mkdir()
    (work / "source/file").write_text("there")
    (bundle.rootfs / "data").mkdir()
    bundle.bind(work / "source", "/data").linux["maskedPaths"] += ["/etc/passwd"]
    report = kist.report(bundle, "/data/file", "/etc/passwd")
    assert report.path("/data/file")["text"] == "there"
    assert "root" not in report.path("/etc/passwd").get("text", "")
    assert report["dev"]["null"]["rdev"] == [1, 3]
    bundle.mount("/mapped", work / "source", "bind", ["idmap"])
    bundle.config["mounts"][-1]["uidMappings"] = [mapping(0, 0, 1)]
    bundle.config["mounts"][-1]["gidMappings"] = [mapping(0, 0, 1)]
    kist.refuses(bundle, "idmap: takes CAP_SYS_ADMIN" if not own else "idmap: Operation not permitted")


def test_locked_flags_stay(kist, bundle, work):
    """What the host mounted read-only no user namespace makes writable."""
    rootless(kist, bundle)
    locked = work / "locked"
    locked.mkdir()
    (bundle.rootfs / "mnt").mkdir()
    kist.prefix = ["unshare", "--mount", "sh", "-ec",
                   f"mount -t tmpfs -o ro,nosuid,nodev,noexec none {locked}; exec \"$@\"", "sh",
                   *kist.prefix]
    bundle.bind(locked, "/mnt", "rbind")
    report = kist.report(bundle)
    assert {"ro", "nosuid", "nodev", "noexec"} <= report.mount("/mnt").options
    for option in "rw", "suid", "dev", "exec", "rrw":
        bundle.config["mounts"][-1]["options"] = ["rbind", option]
        kist.refuses(bundle, r"mounts\[6\]: /mnt: options: one of them clears what the source has")


@pytest.fixture
def locked(kist, bundle, work, elsewhere):
    """A host that shows a volume read-only and hides a file below a mount, in the image, too."""
    volume = work / "volume"
    for path in volume, bundle.rootfs / "volume", bundle.rootfs / "home/hidden":
        path.mkdir()
    host = elsewhere("--mount", setup=f"""
        mount -t tmpfs -o mode=755 below {volume}; mkdir {volume}/sub {volume}/sub/hidden
        mount -t tmpfs over {volume}/sub; mount -o remount,bind,ro,nosuid,nodev {volume}
        mount --bind {bundle.rootfs} {bundle.rootfs}; mount -t tmpfs over {bundle.rootfs}/home
        mount -o remount,bind,nosuid,nodev {bundle.rootfs}""")
    kist.prefix = host.enter("--mount")
    bundle.config["process"]["capabilities"] = {
        kind: ["CAP_SYS_ADMIN"] for kind in ("bounding", "effective", "permitted")}
    return bundle.bind(volume, "/volume", "rbind")


TAMPER = {
    "mount -o remount,bind,rw,nosuid,nodev /volume": "/volume",
    "mount -o remount,bind,ro,suid,nodev /volume": "/volume",
    "mount -o remount,bind,ro,nosuid,dev /volume": "/volume",
    "mount -o remount,bind,suid,nodev /": "/",
    "umount /volume/sub": "/volume/sub",
    "umount /home": "/home",
}


@pytest.mark.parametrize("command", TAMPER)
def test_what_the_host_locked_stays_locked(kist, locked, command):
    """mount_namespaces(7), restrictions: whoever is root in a user namespace can neither clear what
    the host has set, nor see what it covers; also when kist itself could."""
    own_user_namespace(locked)
    locked.args = ["/bin/sh", "-c",
                   f"{command} 2>/dev/null; echo $?; ls -d /volume/sub/* /home/* 2>/dev/null;"
                   "cat /proc/self/mountinfo"]
    result = kist.runs(locked)
    code, *mountinfo = result.out.splitlines()
    assert int(code) != 0 and "hidden" not in result.out, result
    options = {mount.point: mount.options for mount in parse_mounts("\n".join(mountinfo))}
    assert {"ro", "nosuid", "nodev"} <= options["/volume"]
    assert {"nosuid", "nodev"} <= options["/"]
    assert {"/volume/sub", "/home"} <= set(options)


def test_nothing_is_locked_without_a_user_namespace(kist, locked):
    """What the tests above rest on."""
    locked.args = ["/bin/sh", "-c", " && ".join([*TAMPER, "ls /volume/sub /home"])]
    result = kist.run(locked)
    assert result.code == 0 and result.out.count("hidden") == 2, result


def test_a_locked_mount_is_not_uncovered(kist, locked):
    """Nor by a bind without what is mounted below its source."""
    own_user_namespace(locked)
    locked.config["mounts"][-1]["options"] = ["bind"]
    kist.refuses(locked, r"mount sources: mounts\[6\]: /volume: source .*/volume: Invalid argument "
                 r"\(is it on an unbindable mount, or are there mounts below it, which a user "
                 r"namespace sees with rbind only\?\)")


def test_sources_that_only_the_host_can_reach(kist, bundle, work):
    """They and the image are opened with the caller's privileges."""
    own_user_namespace(bundle)
    private = work / "private"
    private.mkdir(mode=0o700)
    os.chown(private, USER, USER)
    bundle.path.rename(private / "bundle")
    bundle.path = private / "bundle"
    (private / "source").mkdir()
    (private / "source/file").write_text("reached")
    (private / "bundle/rootfs/data").mkdir()
    bundle.bind(private / "source", "/data", "rbind")
    assert kist.report(bundle, "/data/file").path("/data/file")["text"] == "reached"


def test_more_sources_than_one_message_holds(kist, bundle, work):
    """SCM_RIGHTS takes 253 descriptors: just so many, one more, and many."""
    own_user_namespace(bundle)
    kist.prefix = ["prlimit", "--nofile=1024:4096", "--"]
    (work / "source").mkdir()
    (work / "source/file").write_text("there")
    for count in (245, 246, 247, 248, 600):
        for i in range(count):
            (bundle.rootfs / f"data{i}").mkdir(exist_ok=True)
        mounts = bundle.config["mounts"]
        bundle.config["mounts"] = mounts[:6]
        for i in range(count):
            bundle.bind(work / "source", f"/data{i}", "bind")
        report = kist.report(bundle, "/data0/file", f"/data{count - 1}/file")
        assert report.path(f"/data{count - 1}/file")["text"] == "there"
        assert report.path("/data0/file")["text"] == "there"
        assert sorted(report["descriptors"]) == ["0", "1", "2"]


def test_tmpcopyup(kist, contained):
    data = contained.rootfs / "data"
    data.mkdir()
    (data / "file").write_text("from the image")
    first = FIRST if contained.caller == "root" else USER
    for path in (data, data / "file"):
        os.chown(path, first, first)
    contained.mount("/data", "tmpfs", "tmpfs", ["tmpcopyup"])
    report = kist.report(contained, "/data", "/data/file")
    assert report.path("/data/file")["text"] == "from the image"
    for path in ("/data", "/data/file"):
        assert [report.path(path)[key] for key in ("uid", "gid")] == [0, 0]
    assert report.path("/data")["write"] == 0


def test_mount_over_the_root(kist, contained, work):
    other = work / "other"
    subprocess.run(["cp", "-a", contained.rootfs, other], check=True)
    (other / "marker").write_text("other")
    contained.config["mounts"].insert(
        0, {"destination": "/", "source": str(other), "options": ["rbind"]}
    )
    report = kist.report(contained, "/marker", "/../marker")
    assert report.path("/marker")["text"] == "other"
    assert report.path("/../marker")["text"] == "other"
    assert [mount.point for mount in report.mounts].count("/") == 1


def give_image(bundle):
    """The image's files to the root of the namespace."""
    first = FIRST if bundle.caller == "root" else USER
    subprocess.run(["chown", "-hR", f"{first}:{first}", bundle.rootfs], check=True)
    return first


def test_ephemeral(kist, contained):
    give_image(contained)
    contained.process["args"] = ["/bin/sh", "-c", "rm -r /var; mkdir /var /new; echo x >/var/x; ls /var"]
    result = kist.run(contained, "--ephemeral")
    assert (result.code, result.out, result.err) == (0, "x\n", "")
    assert not (contained.rootfs / "new").exists()
    assert not (contained.rootfs / "var/x").exists()


def test_overlay(kist, contained, work):
    first = give_image(contained)
    place = work / "place"
    place.mkdir()
    if contained.caller == "rootless":
        os.chown(place, USER, USER)
    kept = place / "kept"
    contained.process["args"] = ["/bin/sh", "-c", "rm -r /var; mkdir /var; echo x >/var/x; cat /var/x"]
    for expected in ("x\n", "x\n"):
        result = kist.run(contained, "--overlay", kept)
        assert (result.code, result.out, result.err) == (0, expected, "")
    assert (kept / "upper/var/x").read_text() == "x\n"
    assert (kept / "upper/var/x").stat().st_uid == first
    assert not (contained.rootfs / "var/x").exists()


def test_a_caller_who_may_not_enter_inits_namespace(kist, locked, work):
    """Then init opens the sources itself, which is no less safe, with what the mapped root may. To
    enter it needs no CAP_SYS_PTRACE."""
    own_user_namespace(locked)
    for capability in "sys_ptrace", "sys_chroot":
        kist.prefix += ["setpriv", f"--bounding-set=-{capability}", f"--inh-caps=-{capability}", "--"]
        locked.args = ["/bin/sh", "-c", "umount /volume/sub 2>/dev/null; echo $?; ls /volume/sub"]
        assert kist.runs(locked).out == "1\n"
        if capability == "sys_ptrace":
            del kist.prefix[-4:]
    locked.config["mounts"][-1]["options"] = ["rbind", "idmap"]
    kist.refuses(locked, r"mounts\[6\]: options: idmap: takes CAP_SYS_CHROOT, too")


@pytest.mark.parametrize("name, mine", [("somebody", True), ("root", False), (None, False)])
def test_root_in_a_user_namespace_of_his_own(kist, name, mine):
    """Who is still called by his name has no /run/kist (rootless podman). The host's own /run is
    covered: it may hold a /run/kist, which he may not read."""
    user = ["-u", "USER"] if name is None else [f"USER={name}"]
    for made, complaint in ("true", ""), ("mkdir -m 700 /run/kist", "/run/kist: Permission denied"):
        result = subprocess.run(
            ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o mode=755 tmpfs /run; {made}; exec "$@"', "sh",
             "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "-Ur", "env",
             *user, "XDG_RUNTIME_DIR=/dev/null", kist.program, "list", "-q"],
            capture_output=True, text=True)
        complaint = "/dev/null/kist: Not a directory" if mine else complaint
        assert result.stderr == (f"kist: list: {complaint}\n" if complaint else "")
