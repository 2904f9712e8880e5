# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the shells make of the scripts of kist completion."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest

# A command line up to the cursor, and all that may stand there.
LINES = [
    ("kist cre", {"create"}),
    ("kist st", {"start", "state"}),
    ("kist --root /x --debug st", {"start", "state"}),
    ("kist --log-format ", {"text", "json"}),
    ("kist --log-format=", {"text", "json"}),
    ("kist list --format t", {"table"}),
    ("kist list -f ", {"table", "json"}),
    ("kist kill --a", {"--all"}),
    ("kist kill x --r", {"--regex"}),
    ("kist kill x KIL", {"KILL"}),
    ("kist kill --all x KIL", {"KILL"}),
    ("kist help st", {"start", "state"}),
    ("kist mounts ", {"add", "remove"}),
    ("kist mounts add x ./a", {"./adir/", "./afile"}),
    ("kist completion ", {"bash", "zsh", "fish"}),
    ("kist create --bundle ./a", {"./adir/"}),
    ("kist create --pid-file ./a", {"./adir/", "./afile"}),
    ("kist create --preserve-fds ", set()),
    ("kist state x y", set()),
    ("kist exec --cap CAP_SYS_P", {"CAP_SYS_PACCT", "CAP_SYS_PTRACE"}),
    ("kist --rootless ", {"true", "false", "auto"}),
    ("kist exec x --ig", {"--ignore-paused"}),
    ("kist exec x sh --", set()),
    ("kist exec -t x sh a -", set()),
    ("kist exec x -- --", set()),
    ("kist run x -- --", set()),
]

BASH = r"""
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_kist
for word in "${COMPREPLY[@]}"; do
    if [[ -d $word ]]; then word+=/; fi # as readline does
    printf '%s\n' "$word"
done
"""


class Shell:
    def __init__(self, name, program, directory):
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed")
        self.script = directory / "_kist"
        self.program, self.directory = program, directory
        self.env = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}",
                    "HOME": str(directory), "TERM": "dumb"}
        self.script.write_text(self.run(program, "completion", name))
        (directory / "adir").mkdir()
        (directory / "afile").touch()

    def run(self, *command):
        result = subprocess.run(
            command, cwd=self.directory, env=self.env, capture_output=True, text=True, timeout=60
        )
        assert (result.returncode, result.stderr) == (0, ""), result
        return result.stdout


class Bash(Shell):
    def complete(self, line):
        """The line as readline takes it apart: at '=' too."""
        words = re.findall(r"=|[^ =]+", line) + ([""] if line.endswith(" ") else [])
        return self.run("bash", "-c", BASH, "bash", self.script, *words).splitlines()


class Fish(Shell):
    def complete(self, line):
        out = self.run("fish", "--no-config", "-c", f"source {self.script}; complete -C '{line}'")
        # Of --option=word, fish says the whole.
        return [row.split("\t")[0].split("=")[-1] for row in out.splitlines()]


class Zsh(Shell):
    """Completion is only to be had from its line editor, on a terminal. What is offered there goes
    through compadd."""

    SETUP = r"""
fpath=($PWD $fpath); autoload -U compinit; compinit -u -C -d $PWD/dump
compadd() {
    if (( ! ${@[(I)-[OAD]]} )); then
        local -a offered
        builtin compadd -A offered "$@"
        print -rl -- $offered >> offered
    fi
    builtin compadd "$@"
}
finish() { print end >> offered }
zle -N finish; bindkey '^X' finish
"""

    def complete(self, line):
        offered = self.directory / "offered"
        offered.write_text("")
        (self.directory / ".zshrc").write_text(self.SETUP)
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(self.directory)
            os.execvpe("zsh", ["zsh", "-i"], {**self.env, "ZDOTDIR": str(self.directory)})
        os.write(fd, line.encode() + b"\t\x18")
        end = time.monotonic() + 20
        while not offered.read_text().endswith("end\n"):
            assert time.monotonic() < end, line
            if select.select([fd], [], [], 0.05)[0]:
                os.read(fd, 65536)
        os.kill(pid, signal.SIGKILL)
        os.close(fd)
        os.waitpid(pid, 0)
        return [word for word in offered.read_text().split("\n")[:-2] if word]


SHELLS = [Bash, Zsh, Fish]


def names(words):
    """Of files without what one shell says and another does not."""
    return {word.rstrip("/").removeprefix("./") for word in words}


@pytest.mark.parametrize("shell", SHELLS)
def test_lines(shell, program, work):
    shell = shell(shell.__name__.lower(), program, work)
    for line, expected in LINES:
        assert names(shell.complete(line)) == names(expected), line


@pytest.mark.parametrize("shell", SHELLS)
def test_ids(shell, kist, bundle, program, work):
    """Those of the --root that was given."""
    shell = shell(shell.__name__.lower(), program, work)
    container = kist.create(bundle.probe("wait"))
    roots = [f"--root {kist.root}", f"--root={kist.root}"]
    if not isinstance(shell, Zsh):  # where one dash is for letters
        roots.append(f"-root {kist.root}")
    home = shell.env["HOME"] = str(kist.root.parent)
    roots += [f"--root {name}/{kist.root.relative_to(home)}" for name in ("~", "$HOME")]
    if not isinstance(shell, Fish):  # which would need them around the whole
        roots.append(f"--root '{kist.root}'")
    for root in roots:
        assert shell.complete(f"kist {root} kill ") == [container.id], root
    assert shell.complete("kist --root /nonexistent kill ") == []
