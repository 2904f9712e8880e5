# SPDX-License-Identifier: LGPL-2.1-or-later
"""The runtime under test, called as its callers do, and a container of its making.

A container's init keeps its standard streams open, so they are files here, never pipes that
somebody waits on.
"""

import itertools
import json
import os
import re
import subprocess
from pathlib import Path

from .host import TAG, HostPicture, assert_unchanged, cgroup_mounts, wait_until
from .report import Report


class Result:
    """How a command ended. Whoever calls one asks for its status, or says that it does not matter:
    `Kist.ignored` finds the others."""

    def __init__(self, args, code, out, err):
        self.args, self._code, self.out, self.err = args, code, out, err
        self.asked = False

    @property
    def code(self):
        self.asked = True
        return self._code

    def whatever(self):
        """The test holds either way."""
        self.asked = True
        return self

    def __repr__(self):
        out = self.out if len(self.out) < 1000 else self.out[:1000] + "..."
        return f"{self.args}: status {self._code}\nstdout: {out!r}\nstderr: {self.err!r}"

    @property
    def json(self):
        return json.loads(self.out)


SANITIZER = re.compile(r"(Address|Leak|UndefinedBehavior)Sanitizer|runtime error:")


class Kist:
    """The runtime under test with a private --root."""

    def __init__(self, program, root, scratch):
        self.program = str(program)
        self.root = Path(root)
        self.scratch = Path(scratch)
        self.prefix = []  # a command to run it with, such as nsenter
        self.numbers = itertools.count()
        self.results = []

    def new_id(self):
        return f"{TAG}-{self.scratch.name}-{next(self.numbers)}"

    def command(self, *args):
        return [*self.prefix, self.program, "--root", str(self.root), *map(str, args)]

    def __call__(self, *args, input=None, timeout=60, env=None, **options):
        """Run one command to its end. A sanitizer's report is a failure of every test."""
        number = next(self.numbers)
        out, err = self.scratch / f"out-{number}", self.scratch / f"err-{number}"
        environment = {**os.environ, "KIST_TEST": TAG} if env is None else env
        stdin = subprocess.DEVNULL
        if input is not None:
            source = self.scratch / f"in-{number}"
            source.write_text(input)
            stdin = source.open("rb")
        with out.open("wb") as stdout, err.open("wb") as stderr:
            options.setdefault("stdin", stdin)
            options.setdefault("stdout", stdout)
            options.setdefault("stderr", stderr)
            code = subprocess.run(
                self.command(*args), timeout=timeout, env=environment, **options
            ).returncode
        result = Result(
            args, code, out.read_text(errors="replace"), err.read_text(errors="replace")
        )
        self.results.append(result)
        assert not SANITIZER.search(result.err), result
        return result

    def ignored(self):
        """Commands of whose success nobody has asked."""
        return [result for result in self.results if not result.asked]

    def ok(self, *args, **options):
        """A command that succeeds, and therefore writes nothing to stderr."""
        result = self(*args, **options)
        assert result.code == 0, result
        assert result.err == "", result
        return result

    def fails(self, *args, text=None, **options):
        """A command that fails as agreed: status 1, one line on stderr, nothing on stdout."""
        result = self(*args, **options)
        assert result.code == 1, result
        assert result.out == "", result
        assert result.err.startswith("kist: ") and result.err.endswith("\n"), result
        assert result.err.count("\n") == 1, result
        if text is not None:
            assert re.search(text, result.err), f"{text!r} is not in {result}"
        return result

    def run(self, bundle, *flags, id=None, **options):
        """`kist run` in the foreground."""
        bundle.write()
        return self("run", "--bundle", bundle.path, *flags, id or self.new_id(), **options)

    def runs(self, bundle, *flags, **options):
        """`kist run` of a program that ends well, and says nothing on stderr."""
        result = self.run(bundle, *flags, **options)
        assert result.code == 0 and result.err == "", result
        return result

    def report(self, bundle, *paths, flags=(), **options):
        """Run the probe in the foreground and return what it saw."""
        bundle.probe("report", *paths)
        return Report(self.runs(bundle, *flags, **options).json)

    def refuses(self, bundle, text, *flags, command="run"):
        """Neither run nor anything of it: a failure that leaves nothing."""
        bundle.write()
        id = self.new_id()
        before = HostPicture(self.root)
        result = self.fails(command, "--bundle", bundle.path, *flags, id, text=text)
        assert_unchanged(before, self.root)
        return result

    def create(self, bundle, *flags, id=None, **options):
        bundle.write()
        container = Container(self, id or self.new_id(), bundle)
        container.create(*flags, **options)
        return container

    def start(self, bundle, *flags, **options):
        """Create and start."""
        container = self.create(bundle, *flags, **options)
        container.start()
        return container

    def list(self):
        return self.ok("list", "--format", "json").json

    def clean_up(self):
        """Delete every container; return the complaints."""
        complaints = []
        if self.root.is_dir():
            for id in sorted(os.listdir(self.root)):
                result = self("delete", "--force", id)
                if result.code != 0:
                    complaints.append(repr(result))
        return complaints


class Container:
    def __init__(self, kist, id, bundle):
        self.kist, self.id, self.bundle = kist, id, bundle
        name = f"container-{next(kist.numbers)}"
        self.out, self.err = kist.scratch / f"{name}.out", kist.scratch / f"{name}.err"

    def create(self, *flags, **options):
        with self.out.open("wb") as out, self.err.open("wb") as err:
            result = self.kist(
                "create",
                "--bundle",
                self.bundle.path,
                *flags,
                self.id,
                stdout=out,
                stderr=err,
                **options,
            )
        assert result.code == 0, f"{result} {self.err.read_text()}"
        assert self.err.read_text() == ""

    def start(self):
        self.kist.ok("start", self.id)

    def state(self):
        return self.kist.ok("state", self.id).json

    @property
    def status(self):
        return self.state()["status"]

    @property
    def pid(self):
        return self.state()["pid"]

    def kill(self, *args):
        return self.kist.ok("kill", self.id, *args)

    def delete(self, *flags):
        return self.kist.ok("delete", *flags, self.id)

    def wait(self, status="stopped"):
        wait_until(lambda: self.status == status, f"{self.id} to be {status}")

    def wait_for_output(self, text):
        wait_until(lambda: text in self.out.read_text(), f"{text!r} on {self.out}")

    def wait_for_report(self):
        self.wait()
        return Report(json.loads(self.out.read_text()))

    def cgroup(self, controller):
        """The container's directory on the host: from its init, which must live."""
        mount = cgroup_mounts()[controller]
        for line in Path(f"/proc/{self.pid}/cgroup").read_text().splitlines():
            _, names, path = line.split(":", 2)
            if controller in names.split(","):
                return Path(mount + path)
        raise AssertionError(f"{controller} is not among the cgroups of {self.id}")
