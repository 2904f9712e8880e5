# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bundles that others write: kist spec, runc spec, crun spec, and what the engines ask for."""

import json
import os
import pty
import select
import shutil
import subprocess
from pathlib import Path

import pytest

from harness import CAPABILITIES, CONFIGS, TAG, Bundle


def run_in_a_terminal(command, typed):
    """As a person would: a real terminal, a shell, typed commands. Return status and screen."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env={**os.environ, "KIST_TEST": TAG},
        start_new_session=True,
    )
    os.close(follower)
    os.write(leader, typed.encode())
    screen = b""
    while select.select([leader], [], [], 20)[0]:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        screen += chunk
    code = process.wait(timeout=60)
    os.close(leader)
    return code, screen.decode(errors="replace")


@pytest.mark.parametrize("writer", ["kist", "runc", "crun"])
def test_bundles_by_spec(kist, work, busybox_root, writer):
    """Untouched, as the writer left it: a shell on a terminal."""
    program = kist.program if writer == "kist" else shutil.which(writer)
    if not program:
        pytest.skip(f"{writer} is not installed")
    path = work / "bundle"
    path.mkdir()
    subprocess.run(["cp", "-a", busybox_root, path / "rootfs"], check=True)
    subprocess.run([program, "spec"], cwd=path, check=True)
    config = json.loads((path / "config.json").read_text())
    assert config["process"]["terminal"] is True

    code, screen = run_in_a_terminal(
        kist.command("run", "--bundle", path, kist.new_id()),
        "echo $((6 * 7)) on $(tty) in $(hostname)\nexit 5\n",
    )
    assert code == 5, screen
    assert f"42 on /dev/pts/0 in {config['hostname']}" in screen

    # And without a terminal.
    bundle = Bundle(path, config)
    bundle.process["terminal"] = False
    report = kist.report(bundle)
    assert report.capabilities("bounding") == set(config["process"]["capabilities"]["bounding"])
    assert report["process"]["nnp"] == config["process"].get("noNewPrivileges", False)
    limits = {entry["type"]: entry for entry in config["process"].get("rlimits", [])}
    for name, entry in limits.items():
        assert report["limits"][name] == [entry["soft"], entry["hard"]]


# What the engines' configurations ask for that kist refuses for now, by the property's name; None:
# they run. One row for each file in configs/.
ENGINES = {
    "buildah-1.28-run.json": None,
    "buildah-1.28-tty.json": None,
    "containerd-1.6-privileged.json": None,
    "containerd-1.6-run.json": None,
    "containerd-2.1-run.json": None,
    "containerd-2.1-userns.json": None,
    "docker-20.10-bridge.json": None,
    "docker-20.10-privileged.json": None,
    "docker-28-bridge.json": None,
    "docker-28-cgroup2.json": None,
    "docker-swarm-20.10.json": None,
    "podman-4.3-pod.json": None,
    "podman-4.3-rootless.json": None,
    "podman-4.3-run.json": None,
    "podman-4.3-userns.json": None,
    "podman-5.8-privileged.json": None,
    "podman-5.8-run.json": None,
    "podman-5.8-systemd.json": None,
}


def test_every_configuration_has_its_row():
    assert sorted(path.name for path in CONFIGS.glob("*.json")) == sorted(ENGINES)


def expected_capabilities(config, kind):
    names = set(config["process"]["capabilities"].get(kind, []))
    status = Path("/proc/self/status").read_text()
    bounding = int(next(l.split()[1] for l in status.splitlines() if l.startswith("CapBnd")), 16)
    return {name for name in names if bounding >> CAPABILITIES.index(name) & 1}


def check_as_asked(report, config):
    """Everything that the configuration asks for and the probe can see."""
    process, linux = config["process"], config["linux"]
    assert report["ids"]["uid"] == [process["user"]["uid"]] * 4
    assert report["ids"]["gid"] == [process["user"]["gid"]] * 4
    assert report["umask"] == process["user"].get("umask", 0o022)
    assert set(process["env"]) <= set(report["env"])
    assert report["process"]["nnp"] == process.get("noNewPrivileges", False)
    assert report.status["Seccomp"] == ("2" if linux.get("seccomp") else "0")
    assert report.capabilities("bounding") == expected_capabilities(config, "bounding")
    if "hostname" in config:
        assert report["hostname"] == config["hostname"]
    for mount in config["mounts"]:
        found = report.mount(mount["destination"])
        options = set(mount["options"])
        assert options & {"nosuid", "nodev", "noexec"} <= found.options
        if mount["type"] != "cgroup":
            assert ("ro" in options) == ("ro" in found.options), found
        if mount["type"] in ("proc", "sysfs", "devpts", "mqueue", "tmpfs"):
            assert found.type == mount["type"]
    for device in linux.get("devices", []):
        # The link to the container's own ptmx stays, whatever is listed.
        if os.path.dirname(device["path"]) == "/dev" and device["path"] != "/dev/ptmx":
            found = report["dev"][os.path.basename(device["path"])]
            assert found["rdev"] == [device["major"], device["minor"]]
    for limit in process.get("rlimits", []):
        assert report["limits"][limit["type"]] == [limit["soft"], limit["hard"]]
    for entry in linux["namespaces"]:
        kind = {"network": "net", "mount": "mnt"}.get(entry["type"], entry["type"])
        own = report["namespaces"][kind]
        if "path" in entry:
            assert own == os.readlink(entry["path"])
        else:
            assert own != os.readlink(f"/proc/self/ns/{kind}")


@pytest.mark.parametrize("name", [name for name, refused in ENGINES.items() if not refused])
def test_engine_configurations_run(kist, engine_bundle, work, name):
    bundle = engine_bundle(name)
    if bundle.process.get("terminal"):
        # buildah takes the terminal by a socket; see test_stdio.py.
        bundle.process["terminal"] = False
    config = json.loads(json.dumps(bundle.config))
    if config["linux"].get("uidMappings"):
        # The engines give an image's files to the namespace's root.
        first = config["linux"]["uidMappings"][0]["hostID"]
        subprocess.run(["chown", "-hR", f"{first}:{first}", bundle.rootfs], check=True)
    bundle.process["env"].append(f"KIST_TEST={TAG}")
    probed = kist.report(bundle, *[mount["destination"] for mount in config["mounts"]])
    check_as_asked(probed, config)
    if config.get("hooks"):
        assert (work / "arguments").read_text().startswith("-exec-root=")
        assert (work / "network").read_text().strip() == probed["namespaces"]["net"]

    # And its own command, by the two steps that its engine takes.
    bundle.config = config
    if config["process"]["args"][0] == "sleep":
        return
    container = kist.start(bundle)
    container.wait()
    said = container.out.read_text()
    arguments = config["process"]["args"]
    if os.path.basename(arguments[0]) == "echo":
        assert said == arguments[1] + "\n"
    elif arguments[0] == "id":
        assert said.startswith("uid=0(root)")
    container.delete()


@pytest.mark.parametrize("name", [name for name, refused in ENGINES.items() if refused])
def test_engine_configurations_that_are_refused(kist, engine_bundle, name):
    bundle = engine_bundle(name)
    result = kist.refuses(bundle, "not supported yet", command="create")
    assert ENGINES[name] in result.err


@pytest.mark.xdist_group("debian")  # it may have to be made, which one process waits for
def test_debian(kist, make_bundle, debian_root):
    """A root filesystem with a dynamic linker, a libc and a shell of its own."""
    bundle = make_bundle()
    shutil.rmtree(bundle.rootfs)
    bundle.config["root"] = {"path": str(debian_root), "readonly": True}
    bundle.args = ["bash", "-c", ". /etc/os-release; echo $ID; id -un; dpkg --version | head -n 1"]
    result = kist.run(bundle)
    assert result.code == 0 and result.err == "", result
    lines = result.out.splitlines()
    assert lines[:2] == ["debian", "root"] and "dpkg" in lines[2]


@pytest.mark.xdist_group("debian")
def test_debian_as_a_user_on_a_throwaway_root(kist, make_bundle, debian_root):
    bundle = make_bundle()
    shutil.rmtree(bundle.rootfs)
    bundle.config["root"] = {"path": str(debian_root)}
    bundle.process["user"] = {"uid": 33, "gid": 33}
    bundle.args = ["sh", "-c", "echo $(id -un) $HOME; echo x > /tmp/x && cat /tmp/x"]
    result = kist.run(bundle, "--ephemeral")
    assert (result.code, result.out, result.err) == (0, "www-data /var/www\nx\n", "")
    assert not (debian_root / "tmp/x").exists()
