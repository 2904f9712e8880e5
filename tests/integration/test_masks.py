# SPDX-License-Identifier: LGPL-2.1-or-later
"""config-linux.md, Masked Paths and Readonly Paths."""

import os


READ_ONLY = 30  # EROFS


def assert_masked_file(report, path):
    entry = report.path(path)
    assert (entry["type"], entry["rdev"]) == ("char", [1, 3]), f"{path} is not the null device"


def assert_masked_directory(report, path):
    entry = report.path(path)
    assert entry["type"] == "dir" and entry["list"] == {}, f"{path} is not empty"
    assert entry["write"] == READ_ONLY


def test_masks(kist, bundle):
    # Paths that exist everywhere: a missing one is masked by nothing, and the test by luck.
    (bundle.rootfs / "secret").mkdir()
    (bundle.rootfs / "secret/file").write_text("secret")
    (bundle.rootfs / "file").write_text("secret")
    paths = ["/proc/version", "/proc/keys", "/sys/firmware", "/secret", "/file"]
    bundle.linux["maskedPaths"] = paths
    report = kist.report(bundle, *paths)
    for path in ("/proc/version", "/proc/keys", "/file"):
        assert_masked_file(report, path)
    for path in ("/sys/firmware", "/secret"):
        assert_masked_directory(report, path)


def test_missing_paths_are_skipped(kist, bundle):
    bundle.linux["maskedPaths"] = ["/no/such/path", "/etc/passwd/below"]
    bundle.linux["readonlyPaths"] = ["/no/such/path"]
    report = kist.report(bundle, "/no")
    assert report.path("/no") == {"errno": 2}, "and not made"


def test_masks_cannot_be_taken_off(kist, bundle):
    bundle.linux["maskedPaths"] = ["/proc/version"]
    bundle.args = ["/bin/sh", "-c", "umount /proc/version; cat /proc/version"]
    result = kist.run(bundle)
    assert (result.code, result.out) == (0, "") and "umount" in result.err, result


def test_readonly_paths(kist, bundle):
    bundle.linux["readonlyPaths"] = ["/proc/sys", "/etc"]
    report = kist.report(bundle, "/etc", "/proc/sys/kernel/hostname", "/tmp")
    for path in ("/etc", "/proc/sys/kernel/hostname"):
        assert report.path(path)["write"] == READ_ONLY, path
        assert report.path(path)["read"] == 0
    assert report.path("/tmp")["write"] == 0
    # The flags of the mount below are kept.
    assert report.mount("/proc/sys").type == "proc"


def test_readonly_path_with_a_mount_below(kist, bundle):
    """Recursive, or what is mounted below stays writable."""
    bundle.mount("/data/below", "tmpfs", "tmpfs")
    bundle.linux["readonlyPaths"] = ["/data"]
    report = kist.report(bundle, "/data", "/data/below")
    assert report.path("/data")["write"] == READ_ONLY
    assert report.path("/data/below")["write"] == READ_ONLY


def test_masks_do_not_touch_the_rootfs(kist, bundle):
    (bundle.rootfs / "file").write_text("still there")
    bundle.linux["maskedPaths"] = ["/file"]
    kist.report(bundle)
    assert (bundle.rootfs / "file").read_text() == "still there"


def test_many_masks(kist, bundle):
    paths = [f"/d{number}" for number in range(200)]
    for path in paths:
        os.mkdir(f"{bundle.rootfs}{path}")
        (bundle.rootfs / path[1:] / "x").touch()
    bundle.linux["maskedPaths"] = paths
    report = kist.report(bundle, paths[0], paths[-1])
    assert_masked_directory(report, paths[0])
    assert_masked_directory(report, paths[-1])
