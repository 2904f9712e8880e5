# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fixtures that several subjects of the integration tests share."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from harness import TAG, Bundle
from harness.host import mounts_of
from harness.hostile import make_marker, picture_of
from harness.shared_host import SharedHost
from harness.users import FIRST, SIZE, USER, as_user, mapping, own_user_namespace, rootless


@pytest.fixture(params=["root", "rootless"])
def contained(request, kist, bundle):
    """A bundle with a user namespace, and the one who runs it."""
    if request.param == "root":
        own_user_namespace(bundle)
    else:
        rootless(kist, bundle)
    bundle.caller = request.param
    return bundle


@pytest.fixture
def helpers(kist, bundle, work):
    """newuidmap and newgidmap as an administrator sets them up, in a mount namespace of its own."""
    (work / "subid").write_text(f"kistuser:{FIRST}:{SIZE}\n")
    (work / "passwd").write_text(
        "root:x:0:0:root:/root:/bin/sh\n" f"kistuser:x:{USER}:{USER}::/:/bin/sh\n")
    binds = "".join(
        f"mount --bind {work}/{source} {target}; "
        for source, target in
        (("subid", "/etc/subuid"), ("subid", "/etc/subgid"), ("passwd", "/etc/passwd")))
    as_user(kist, bundle, "unshare", "--mount", "sh", "-ec", binds + 'exec "$@"', "sh",
            bounded=False)
    return [mapping(0, USER, 1), mapping(1, FIRST, 1000)]


@pytest.fixture
def marker(work):
    path = make_marker(work / "marker")
    before = picture_of(path)
    mounts = mounts_of("self")
    yield path
    assert picture_of(path) == before
    assert mounts_of("self") == mounts


@pytest.fixture
def hostile(work):
    """A bundle that asks for little, so that it is quick to run; its image comes later."""
    path = work / "bundle"
    path.mkdir()
    bundle = Bundle(path)
    bundle.config["mounts"] = []
    bundle.mount("/proc", "proc", "proc")
    bundle.linux.update(cgroupsPath=f"/{TAG}-hostile", maskedPaths=[], readonlyPaths=[])
    bundle.linux["namespaces"] = [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")]
    return bundle.probe("report")


@pytest.fixture
def memory(scratch):
    """A directory for one test, in memory where that is possible: there races are quick."""
    memory = Path("/dev/shm")
    usable = memory.is_mount() and not os.statvfs(memory).f_flag & os.ST_NOEXEC
    path = Path(tempfile.mkdtemp(prefix=f"{TAG}-", dir=memory if usable else scratch))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def swap(probe):
    """The enemy, beside the probe."""
    path = probe.with_name("swap")
    assert os.access(path, os.X_OK), f"{path} is not there: build it"
    return path


@pytest.fixture
def host(kist, bundle, work, elsewhere):
    """kist runs on it."""
    (work / "volume").mkdir()
    process = elsewhere(
        "--mount",
        # Not with this host, where other sessions mount something, too.
        setup="mount --make-rshared /; "
              f"mount --bind {bundle.rootfs} {bundle.rootfs}; "
              f"mount -t tmpfs below {bundle.rootfs}/home; mkdir {bundle.rootfs}/home/later; "
              f"mount -t tmpfs volume {work}/volume; mkdir {work}/volume/sub {work}/volume/later",
    )
    kist.prefix = process.enter("--mount")
    host = SharedHost(process.process)
    for point in (bundle.rootfs, f"{bundle.rootfs}/home", work / "volume"):
        assert host.mount(point).propagation, "it must be shared"
    host.has_changed()
    yield host
    host.file.close()
