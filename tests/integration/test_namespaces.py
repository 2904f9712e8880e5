# SPDX-License-Identifier: LGPL-2.1-or-later
"""config-linux.md, Namespaces: new, joined, or the caller's; and what is set up in them."""

import os

import pytest

KINDS = {
    "pid": "pid",
    "network": "net",
    "mount": "mnt",
    "ipc": "ipc",
    "uts": "uts",
    "cgroup": "cgroup",
}


def own(kind):
    return os.readlink(f"/proc/self/ns/{kind}")


def test_new_ones(kist, bundle):
    namespaces = kist.report(bundle)["namespaces"]
    for kind in KINDS.values():
        assert namespaces[kind] != own(kind), kind
    for kind in ("user", "time"):
        assert namespaces[kind] == own(kind), kind


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "mount"])
def test_absent_means_the_callers(kist, bundle, kind):
    bundle.without_namespace(kind)
    bundle.config.pop("hostname")
    if kind == "network":
        bundle.unmount("/sys")
    namespaces = kist.report(bundle)["namespaces"]
    for other, name in KINDS.items():
        assert (namespaces[name] == own(name)) == (other == kind), other


@pytest.mark.parametrize("kind, flag", [("network", "--net"), ("ipc", "--ipc"), ("uts", "--uts")])
def test_join(kist, bundle, elsewhere, kind, flag):
    other = elsewhere(flag)
    bundle.namespace(kind, other.namespace(KINDS[kind])).config.pop("hostname")
    namespaces = kist.report(bundle)["namespaces"]
    assert namespaces[KINDS[kind]] == os.readlink(other.namespace(KINDS[kind]))
    for name in set(KINDS.values()) - {KINDS[kind]}:
        assert namespaces[name] != own(name)


def test_join_pid(kist, bundle, elsewhere):
    other = elsewhere("--pid", "--fork", "--mount-proc")
    # unshare itself is outside, its child inside.
    path = f"/proc/{other.process.pid}/ns/pid_for_children"
    bundle.namespace("pid", path)
    report = kist.report(bundle, "/proc")
    assert report["namespaces"]["pid"] == os.readlink(path)
    pids = [name for name in report.path("/proc")["list"] if name.isdigit()]
    assert report["process"]["pid"] > 1 and len(pids) == 2, "beside the other one's init"


def test_join_cgroup(kist, bundle, elsewhere):
    other = elsewhere("--cgroup")
    bundle.namespace("cgroup", other.namespace("cgroup"))
    assert kist.report(bundle)["namespaces"]["cgroup"] == os.readlink(other.namespace("cgroup"))


def test_join_several(kist, bundle, elsewhere):
    """As in a pod."""
    other = elsewhere("--net", "--ipc", "--uts", setup="hostname pod; ip link set lo up")
    for kind in ("network", "ipc", "uts"):
        bundle.namespace(kind, other.namespace(KINDS[kind]))
    bundle.config.pop("hostname")
    report = kist.report(bundle)
    for kind in ("net", "ipc", "uts"):
        assert report["namespaces"][kind] == os.readlink(other.namespace(kind))
    assert report["hostname"] == "pod"


def test_caller_stays_where_it_was(kist, bundle, elsewhere):
    """Also a joined pid namespace is entered for the child only."""
    other = elsewhere("--pid", "--fork")
    bundle.namespace("pid", f"/proc/{other.process.pid}/ns/pid_for_children")
    container = kist.create(bundle.probe("wait"))
    assert container.status == "created"
    assert container.pid > 1 and os.path.exists(f"/proc/{container.pid}")
    container.delete()


@pytest.mark.parametrize("kind, wrong", [("network", "uts"), ("ipc", "net"), ("uts", "ipc")])
def test_wrong_kind(kist, bundle, elsewhere, kind, wrong):
    other = elsewhere("--net", "--ipc", "--uts")
    bundle.namespace(kind, other.namespace(wrong)).config.pop("hostname")
    result = kist.refuses(bundle, "namespace", command="create")
    assert other.namespace(wrong) in result.err and kind in result.err


@pytest.mark.parametrize("path", ["/etc/passwd", "/dev/null", "/proc/self/status", "/"])
def test_path_that_is_no_namespace(kist, bundle, path):
    bundle.namespace("network", path)
    result = kist.refuses(bundle, "namespace", command="create")
    assert path in result.err


def test_loopback(kist, bundle):
    assert kist.report(bundle)["interfaces"] == {"lo": {"up": True}}


def test_joined_network_is_left_as_it_is(kist, bundle, elsewhere):
    other = elsewhere("--net")
    bundle.namespace("network", other.namespace("net"))
    assert kist.report(bundle)["interfaces"] == {"lo": {"up": False}}


def test_names(kist, bundle):
    bundle.config.update(hostname="a-host", domainname="a.domain.example")
    before = os.uname().nodename
    report = kist.report(bundle)
    assert (report["hostname"], report["domainname"]) == ("a-host", "a.domain.example")
    assert os.uname().nodename == before


def test_no_names(kist, bundle):
    del bundle.config["hostname"]
    assert kist.report(bundle)["hostname"] == os.uname().nodename


def test_sysctl(kist, bundle):
    names = {
        "net.ipv4.ip_forward": "1",
        "net/ipv4/ping_group_range": "0 7",
        "kernel.shmmax": "1048576",
        "fs.mqueue.msg_max": "11",
        "kernel.domainname": "sysctl.example",
    }
    bundle.linux["sysctl"] = names
    paths = {name: "/proc/sys/" + name.replace(".", "/") for name in names}
    host = {path: open(path).read() for path in paths.values()}
    report = kist.report(bundle, *paths.values())
    for name, value in names.items():
        assert report.path(paths[name])["text"].split() == value.split(), name
    assert host == {path: open(path).read() for path in host}


@pytest.mark.parametrize(
    "name, namespace",
    [("net.ipv4.ip_forward", "network"), ("kernel.msgmax", "ipc"), ("fs.mqueue.msg_max", "ipc")],
)
def test_sysctl_of_the_host(kist, bundle, name, namespace):
    """Without the namespace it would change the host."""
    bundle.linux["sysctl"] = {name: "1"}
    bundle.without_namespace(namespace)
    kist.refuses(bundle, name, command="create")


def test_sysctl_of_the_host_by_path(kist, bundle):
    bundle.linux["sysctl"] = {"net.ipv4.ip_forward": "1"}
    bundle.namespace("network", "/proc/self/ns/net")
    kist.refuses(bundle, "net.ipv4.ip_forward|host", command="create")


def test_sysctl_that_is_not_there(kist, bundle):
    bundle.linux["sysctl"] = {"net.ipv4.no_such_thing": "1"}
    kist.refuses(bundle, "net.ipv4.no_such_thing", command="create")


def test_sysctl_value_that_is_refused(kist, bundle):
    bundle.linux["sysctl"] = {"net.ipv4.ip_forward": "perhaps"}
    kist.refuses(bundle, "net.ipv4.ip_forward.*Invalid argument", command="create")
