# SPDX-License-Identifier: LGPL-2.1-or-later
"""Containers without a config.json, and the config.json that kist writes."""

import json
import os
import subprocess

import pytest

from harness import HostPicture, Report, assert_unchanged, is_device


def run_rootfs(kist, rootfs, *command, flags=(), **options):
    return kist("run", "--rootfs", rootfs, *flags, kist.new_id(), "--", *command, **options)


@pytest.fixture
def rootfs(bundle):
    return bundle.rootfs


def test_command(kist, rootfs):
    result = run_rootfs(kist, rootfs, "echo", "one", "two words", "--", "-x")
    assert (result.code, result.out, result.err) == (0, "one two words -- -x\n", "")


def test_exit_status_and_stdio(kist, rootfs):
    assert run_rootfs(kist, rootfs, "/probe", "exit", "9").code == 9
    result = run_rootfs(kist, rootfs, "/probe", "copy", input="typed")
    assert (result.code, result.out) == (0, "typed")


def test_relative_rootfs(kist, rootfs):
    result = kist.ok("run", "--rootfs", "rootfs", kist.new_id(), "--", "echo", "x", cwd=rootfs.parent)
    assert result.out == "x\n"


def test_is_what_spec_prints(kist, rootfs, bundle, work):
    """The very configuration of `kist spec`, with that root, that command and the caller's stdio."""
    (work / "spec").mkdir()
    kist.ok("spec", "--bundle", work / "spec")
    config = json.loads((work / "spec/config.json").read_text())
    config["root"]["path"] = str(rootfs)
    config["process"].update(args=["/probe", "report"], terminal=False)
    (work / "spec/config.json").write_text(json.dumps(config))
    result = kist("run", "--bundle", work / "spec", kist.new_id())
    assert result.code == 0, result
    by_bundle = Report(result.json)
    result = run_rootfs(kist, rootfs, "/probe", "report")
    assert result.code == 0, result
    embedded = Report(result.json)
    for key in ("ids", "capabilities", "umask", "cwd", "env", "hostname", "interfaces"):
        assert embedded[key] == by_bundle[key], key
    assert [(m.point, m.type, m.options) for m in embedded.mounts] == [
        (m.point, m.type, m.options) for m in by_bundle.mounts
    ]
    assert embedded["process"]["nnp"] == by_bundle["process"]["nnp"]
    assert set(embedded["dev"]) == set(by_bundle["dev"])


@pytest.mark.parametrize(
    "args",
    [
        ["run", "--rootfs", "/nonexistent", "ID", "--", "true"],
        ["run", "--rootfs", "/etc/passwd", "ID", "--", "true"],
        ["run", "--rootfs", "", "ID", "--", "true"],
    ],
)
def test_bad_rootfs(kist, args):
    before = HostPicture(kist.root)
    kist.fails(*[kist.new_id() if arg == "ID" else arg for arg in args])
    assert_unchanged(before, kist.root)


def test_rootfs_without_a_command(kist, rootfs, host_unchanged):
    kist.fails("run", "--rootfs", rootfs, kist.new_id(), text="command")


def test_command_without_rootfs(kist, bundle, host_unchanged):
    bundle.write()
    kist.fails("run", "--bundle", bundle.path, kist.new_id(), "--", "true")


def test_rootfs_with_bundle(kist, bundle, host_unchanged):
    bundle.write()
    flags = ["--rootfs", bundle.rootfs, "--bundle", bundle.path]
    kist.fails("run", *flags, kist.new_id(), "--", "true")


def test_missing_command(kist, rootfs, host_unchanged):
    kist.fails(
        "run",
        "--rootfs",
        rootfs,
        kist.new_id(),
        "--",
        "nonexistent",
        text="executable file not found",
    )


# --ephemeral


def test_ephemeral(kist, rootfs, host_unchanged):
    script = "echo changed > /etc/passwd; rm -r /var; mkdir /new; cat /etc/passwd; ls -d /new"
    flags = ["--ephemeral"]
    result = run_rootfs(kist, rootfs, "sh", "-c", script, flags=flags)
    assert (result.code, result.out, result.err) == (0, "changed\n/new\n", "")
    assert (rootfs / "etc/passwd").read_text().startswith("root:")
    assert (rootfs / "var").is_dir() and not (rootfs / "new").exists()
    again = run_rootfs(kist, rootfs, "ls", "/new", flags=flags)
    assert again.code != 0, "thrown away"


def test_ephemeral_is_empty_each_time(kist, rootfs):
    result = run_rootfs(kist, rootfs, "/probe", "report", flags=["--ephemeral"])
    assert result.code == 0, result
    assert Report(result.json).mount("/").type == "overlay"


def test_ephemeral_bundle(kist, bundle):
    """Also for an ordinary bundle."""
    bundle.args = ["/bin/sh", "-c", "echo x > /x; cat /x"]
    result = kist.run(bundle, "--ephemeral")
    assert result.code == 0 and result.out == "x\n", result
    assert not (bundle.rootfs / "x").exists()


def test_ephemeral_readonly_root(kist, bundle):
    bundle.config["root"]["readonly"] = True
    report = kist.report(bundle, "/", flags=["--ephemeral"])
    assert report.path("/")["write"] == 30


# --overlay


def shell(bundle, script):
    bundle.args = ["/bin/sh", "-c", script]
    return bundle


def test_overlay_keeps_changes(kist, bundle, work):
    kept = work / "kept: a, b\\c"
    script = "echo changed > /etc/passwd; rm -r /var; mkdir -m 750 /new; echo x > /new/x"
    result = kist.run(shell(bundle, script), "--overlay", kept)
    assert (result.code, result.err) == (0, ""), result
    assert sorted(os.listdir(kept / "upper")) == ["etc", "new", "var"], "the difference only"
    assert (kept / "upper/etc/passwd").read_text() == "changed\n"
    assert is_device(kept / "upper/var", "c", 0, 0), "a whiteout"
    assert (bundle.rootfs / "etc/passwd").read_text().startswith("root:")
    assert (bundle.rootfs / "var").is_dir() and not (bundle.rootfs / "new").exists()
    again = kist.run(shell(bundle, "cat /etc/passwd /new/x; ls -d /var"), "--overlay", kept)
    assert again.code != 0 and again.out == "changed\nx\n"
    result = kist.run(shell(bundle, "ls -d /var /new"))
    assert (result.code, result.out) == (1, "/var\n"), "only with --overlay"


def test_overlay_looks_like_the_root(kist, bundle, work):
    bundle.rootfs.chmod(0o751)
    os.chown(bundle.rootfs, 3, 4)
    report = kist.report(bundle, "/", flags=["--overlay", work / "kept"])
    assert report.mount("/").type == "overlay"
    assert [report.path("/")[key] for key in ("mode", "uid", "gid")] == [0o751, 3, 4]


def test_overlay_below_the_callers_directory(kist, bundle, work):
    result = kist.run(shell(bundle, "touch /x"), "--overlay", "kept", cwd=work)
    assert result.code == 0, result
    assert (work / "kept/upper/x").exists()


def test_overlay_that_cannot_be_made(kist, bundle, work):
    kist.refuses(bundle, f"--overlay {work}/no/such: mkdir: No such file or directory",
                 "--overlay", work / "no/such")
    (work / "file").write_text("")
    kist.refuses(bundle, f"--overlay {work}/file: open: Not a directory",
                 "--overlay", work / "file")
    (work / "kept").mkdir()
    (work / "kept/upper").symlink_to("/etc")
    kist.refuses(bundle, f"--overlay {work}/kept: upper: must not be, or lead through, a symbolic",
                 "--overlay", work / "kept")


def test_overlay_or_ephemeral(kist, bundle, work):
    kist.refuses(bundle, r"either kept \(overlay\) or thrown away \(ephemeral\)",
                 "--overlay", work / "kept", "--ephemeral")
    assert not (work / "kept").exists()


def test_hosts_own_root(kist, host_unchanged):
    """The first container on a fresh machine needs no image."""
    marker = "/kist-test-marker"
    script = f"touch {marker}; ls -d {marker}; cat /proc/sys/kernel/hostname; echo /proc/[0-9]*"
    result = run_rootfs(kist, "/", "sh", "-c", script, flags=["--ephemeral"])
    assert result.code == 0 and result.err == "", result
    lines = result.out.splitlines()
    assert lines[0] == marker and lines[1] == "kist"
    assert "/proc/1" in lines[2].split() and len(lines[2].split()) <= 2
    assert not os.path.exists(marker)
    assert is_device("/dev/null", "c", 1, 3)


def test_hosts_own_root_destroyed(kist, host_unchanged):
    # What others do in them meanwhile is their affair: that they are there is not.
    places = [path for path in ("/etc/passwd", "/etc/group", "/media", "/mnt", "/srv")
              if os.path.exists(path)]
    before = [os.stat(path).st_ino for path in places]
    script = f"rm -rf {' '.join(places)}; ls -d {' '.join(places)}"
    result = run_rootfs(kist, "/", "sh", "-c", script, flags=["--ephemeral"])
    assert result.code != 0 and result.out == "", result
    assert [os.stat(path).st_ino for path in places] == before


# spec


def test_spec(kist, work):
    kist.ok("spec", cwd=work)
    config = json.loads((work / "config.json").read_text())
    assert config["ociVersion"] == "1.3.0"
    assert config["root"]["path"] == "rootfs"
    assert config["process"]["args"] == ["sh"]
    assert {n["type"] for n in config["linux"]["namespaces"]} >= {"pid", "mount", "network"}


def test_spec_rootless(kist, work):
    kist.ok("spec", "--rootless", "--bundle", work)
    config = json.loads((work / "config.json").read_text())
    kinds = {entry["type"] for entry in config["linux"]["namespaces"]}
    assert "user" in kinds and "network" not in kinds
    assert config["linux"]["uidMappings"] == [{"containerID": 0, "hostID": 0, "size": 1}]
    assert "resources" not in config["linux"]


@pytest.mark.parametrize("flags", [[], ["--rootless"]])
def test_spec_refuses_to_overwrite(kist, work, flags):
    (work / "config.json").write_text("precious")
    kist.fails("spec", *flags, "--bundle", work, text="config.json")
    assert (work / "config.json").read_text() == "precious"


def test_spec_does_not_write_through_a_link(kist, work):
    (work / "config.json").symlink_to(work / "elsewhere")
    kist.fails("spec", "--bundle", work, text="config.json")
    assert not (work / "elsewhere").exists()


def test_spec_in_a_missing_directory(kist, work):
    kist.fails("spec", "--bundle", work / "missing", text="No such file or directory")


def test_spec_that_cannot_be_written_whole(kist, work, elsewhere):
    """No half of a file is left."""
    fill = f"cat /dev/zero 2>/dev/null >{work}/x || true"
    host = elsewhere("--mount", setup=f"mount -t tmpfs -o size=4k full {work}; {fill}")
    command = [*host.enter("--mount"), str(kist.program), "spec", "--bundle", str(work)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1 and "No space left on device" in result.stderr
    left = subprocess.check_output([*host.enter("--mount"), "ls", work], text=True)
    assert left == "x\n"
