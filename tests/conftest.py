# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fixtures of all tests in Python. The environment says what is tested:

KIST   the executable, build/runtime/kist by default
PROBE  the static probe, tests/integration/probe of the same build directory by default
"""

import fcntl
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

import harness
from harness import Bundle, HostPicture, Kist, RuntimeUnderSomething, assert_unchanged
from harness.bundle import copy_root, make_busybox_root
from harness.host import remove_cgroups
from harness.luck import Luck

SOURCE = Path(__file__).resolve().parent.parent
CACHE = SOURCE / ".cache"


def let_signals_through():
    """What started the tests may ignore signals (nohup, a job of a shell in the background), and kist
    would leave alone what it finds ignored. A handler is no more after execve."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *ignored: None)


def pytest_sessionstart(session):
    let_signals_through()
    if os.geteuid() != 0:
        pytest.exit("the integration tests make real containers and need root", returncode=1)


@pytest.fixture(scope="session")
def program():
    path = Path(os.environ.get("KIST", SOURCE / "build/runtime/kist")).resolve()
    assert os.access(path, os.X_OK), f"{path} is not there: build it, or set KIST"
    return path


@pytest.fixture(scope="session")
def probe(program):
    path = Path(os.environ.get("PROBE", program.parents[1] / "tests/integration/probe")).resolve()
    assert os.access(path, os.X_OK), f"{path} is not there: build it, or set PROBE"
    return path


@pytest.fixture(scope="session")
def scratch():
    """A directory for the session; every user may pass through it, as into /var/lib/engine."""
    path = Path(tempfile.mkdtemp(prefix=f"{harness.TAG}-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def cgroups():
    yield
    remove_cgroups()


@pytest.fixture(scope="session")
def busybox_root(scratch, probe):
    path = scratch / "busybox"
    path.mkdir()
    make_busybox_root(path, probe)
    return path


def debian_mirror(release):
    """Where apt gets this release from."""
    output = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)"]
        + [f"Codename: {release}", "Created-By: Packages", "Component: main"],
        capture_output=True,
        text=True,
    ).stdout
    return output.split()[:1]


def make_debian(path, release, log):
    # debootstrap mounts something there, which is not to be taken for a container's.
    partial = Path(tempfile.mkdtemp(prefix=f"{harness.TAG}-", dir=path.parent))
    partial.chmod(0o755)
    with log.open("w") as output:
        code = subprocess.run(
            ["debootstrap", "--variant=minbase", release, partial, *debian_mirror(release)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ).returncode
    assert code == 0, log.read_text()[-3000:]
    # Nobody sees half a Debian, whenever this is interrupted.
    partial.rename(path)


@pytest.fixture(scope="session")
def debian_root(scratch):
    """A Debian made by debootstrap, kept for the next run. Tests do not write to it."""
    release = subprocess.check_output(
        ["sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME"], text=True
    ).strip()
    path = CACHE / f"root-{release}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another session may be making it
        if not path.exists():
            make_debian(path, release, scratch / "debootstrap.log")
    return path


numbers = itertools.count()
last_picture = None  # of the host, after the test before this one


@pytest.fixture
def work(scratch):
    """A directory for one test."""
    path = scratch / f"t{next(numbers)}"
    path.mkdir()
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def kist(program, work, elsewhere):
    """The runtime. After the test nothing may be left on the host, whatever the test did.

    `elsewhere` is asked for only to outlive it: a test may have moved the runtime there.
    """
    global last_picture
    root = work / "root"
    before, last_picture = HostPicture(None, last_picture), None
    kist = Kist(program, root, work)
    yield kist
    ignored = kist.ignored()
    complaints = kist.clean_up()
    assert not complaints, "\n".join(complaints)
    left = sorted(os.listdir(root)) if root.is_dir() else []
    assert left == []
    last_picture = assert_unchanged(before, None)
    assert not ignored, f"the test does not ask whether this worked: {ignored}"


@pytest.fixture
def make_bundle(work, busybox_root):
    """Makes bundles with a busybox root of their own."""

    def make(name=None, config=None):
        path = work / (name or f"bundle{next(numbers)}")
        path.mkdir()
        copy_root(busybox_root, path / "rootfs")
        bundle = Bundle(path, config)
        if config is None:
            bundle.linux["cgroupsPath"] = f"{harness.CGROUPS}/{work.name}-{path.name}"
        return bundle

    return make


@pytest.fixture
def bundle(make_bundle):
    return make_bundle("bundle")


@pytest.fixture
def host_unchanged(kist):
    """The host before the test's body must be the host after it."""
    before = HostPicture(kist.root)
    yield
    assert_unchanged(before, kist.root)


@pytest.fixture
def elsewhere():
    """Makes processes with namespaces of their own, and ends them."""
    made = []

    def make(*unshare, setup=":"):
        made.append(RuntimeUnderSomething(*unshare, setup=setup))
        return made[-1]

    yield make
    for one in made:
        one.end()


@pytest.fixture
def luck(request):
    """Counts the outcomes of a race, for the test and for the end of the report."""
    luck = Luck()
    yield luck
    request.node.user_properties.append(("luck", luck.text()))


def pytest_terminal_summary(terminalreporter):
    """What luck has decided."""
    for report in itertools.chain(*terminalreporter.stats.values()):
        for name, text in getattr(report, "user_properties", ()):
            if name == "luck" and report.when == "teardown":
                terminalreporter.write_line(f"luck of {report.nodeid}: {text}")


def stand_in_for_dockerd(work):
    """What it does with the network namespace of the pid that its hook is told."""
    script = work / "dockerd"
    script.write_text(
        "#!/bin/sh -e\n"
        f"echo \"$@\" >{work}/arguments\n"
        f"pid=$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/')\n"
        f"readlink /proc/$pid/ns/net >{work}/network\n")
    script.chmod(0o755)
    return script


@pytest.fixture
def engine_bundle(make_bundle, work, elsewhere):
    """Make a captured configuration run here: with the files and namespaces its engine had made."""

    def make(name):
        files = work / "files"
        files.mkdir()
        for file in (".containerenv", "hostname", "hosts", "resolv.conf"):
            (files / file).write_text(f"the engine's {file}\n")
        (files / "shm").mkdir(mode=0o1777)
        bundle = make_bundle("bundle")
        text = (harness.CONFIGS / name).read_text()
        values = {
            "ROOTFS": str(bundle.rootfs),
            "FILES": str(files),
            "CGROUPS": harness.CGROUPS,
            "ID": work.name,
            "PID": str(os.getpid()),
        }
        if "@NAMESPACES@" in text:
            pod = elsewhere("--net", "--ipc", "--uts", setup="hostname pod")
            values["NAMESPACES"] = f"/proc/{pod.process.pid}/ns"
        for key, value in values.items():
            text = text.replace(f"@{key}@", value)
        assert "@" not in text.replace("@@", "")
        bundle.config = json.loads(text)
        for hooks in bundle.config.get("hooks", {}).values():
            for hook in hooks:
                hook["path"] = str(stand_in_for_dockerd(work))
        return bundle

    return make
