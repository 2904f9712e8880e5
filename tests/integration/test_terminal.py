# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a person sees who works in a container: `run` and `exec` in a terminal of tmux."""

import os
import re
import shlex
import subprocess

import pytest

from harness import TAG, wait_until

WIDTH, HEIGHT = 90, 25


class Screen:
    """A terminal with an interactive shell of the host in it, whose prompt is "host:"."""

    def __init__(self, work):
        self.command = ["tmux", "-S", str(work / "tmux"), "-f", "/dev/null"]
        self.tmux("new-session", "-d", "-x", WIDTH, "-y", HEIGHT, "-e", f"KIST_TEST={TAG}",
                  "-e", "PS1=host:", "/bin/bash", "--norc", "--noprofile")

    def tmux(self, *args):
        env = {name: value for name, value in os.environ.items() if name != "TMUX"}
        result = subprocess.run([*self.command, *map(str, args)], env=env, capture_output=True)
        assert result.returncode == 0, result
        return result.stdout.decode()

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, line):
        self.tmux("send-keys", "-l", line)
        self.press("Enter")

    @property
    def text(self):
        """All of it, as far as it has scrolled; lines that the screen has broken are whole."""
        return self.tmux("capture-pane", "-p", "-J", "-S", "-").rstrip("\n")

    def shows(self, pattern):
        """Wait for a line, the last or any other."""
        def found():
            return re.search(pattern, self.text, re.MULTILINE)
        try:
            wait_until(found, pattern)
        except AssertionError as failure:
            raise AssertionError(f"{failure}; the screen:\n{self.text}") from None

    def ask(self, command, pattern):
        """Type a command into whatever shell is there, on a screen that is empty."""
        self.press("C-l")
        self.tmux("clear-history")
        self.type(command)
        self.shows(pattern)

    @property
    def foreground(self):
        return self.tmux("display-message", "-p", "#{pane_current_command}").strip()

    def close(self):
        subprocess.run([*self.command, "kill-server"], capture_output=True)


@pytest.fixture
def screen(kist, work):
    screen = Screen(work)
    try:
        screen.shows(r"^host:$")
        yield screen
    finally:
        screen.close()


def shell_in(kist, bundle, verb):
    """Return: the id, and the command line of a shell in a container that is made for it"""
    prompt = ["PS1=inside:", "TERM=screen"]
    if verb == "run":
        bundle.process.update(terminal=True, args=["/bin/sh"])
        bundle.process["env"] += prompt
        bundle.write()
        id = kist.new_id()
        return id, kist.command("run", "--bundle", bundle.path, id)
    container = kist.start(bundle.probe("wait"))
    flags = [part for variable in prompt for part in ("--env", variable)]
    return container.id, kist.command("exec", "-t", *flags, container.id, "/bin/sh")


@pytest.fixture(params=["run", "exec"])
def inside(request, kist, bundle, screen):
    """The screen with a shell of a container."""
    screen.type("stty -g >before")
    screen.id, command = shell_in(kist, bundle, request.param)
    screen.verb = request.param
    screen.type(shlex.join(command))
    screen.shows(r"^inside:$")
    return screen


@pytest.fixture(autouse=True)
def in_directory(work, monkeypatch):
    monkeypatch.chdir(work)


def left_with(screen, status):
    """Back in the host's shell, and the terminal is what it was."""
    screen.ask("echo status $?", rf"^status {status}$")
    screen.ask("stty -g | cmp - before && echo as before", r"^as before$")


def test_a_shell(inside):
    inside.ask("tty; id -u", r"^/dev/pts/0\n0$")
    inside.ask("stty size", rf"^{HEIGHT} {WIDTH}$")
    inside.type("exit 3")
    inside.shows(r"^host:$")
    left_with(inside, 3)


def test_the_window_changes(inside):
    inside.ask("trap 'stty size' WINCH; echo set", r"^set$")
    inside.tmux("resize-window", "-x", 70, "-y", 20)
    inside.ask("stty size", r"^20 70$")
    inside.press("C-d")
    inside.shows(r"host:$")
    left_with(inside, 0)


def test_keys_that_are_signals(inside):
    """They are for the program in the container's foreground."""
    sleep = "sh -c 'echo ready; exec sleep 1000'"
    inside.ask(sleep, "^ready$")
    inside.press("C-c")
    inside.ask("echo $?", r"^130$")
    inside.ask(sleep, "^ready$")
    inside.press("C-z")
    inside.shows(r"\[1\]\+ +Stopped")
    inside.ask("kill -9 %1; wait; echo killed", r"^killed$")
    inside.ask(sleep, "^ready$")
    inside.press("C-\\")
    inside.ask("echo $?", r"^131$")
    inside.type("exit")
    inside.shows(r"^host:$")


def test_an_editor(inside):
    """Of the whole screen, with the keys that programs give a meaning of their own."""
    inside.type("vi /tmp/file || echo no editor")
    inside.shows("^~$")
    inside.press("i")
    inside.type("one")
    inside.press("two", "Escape")
    inside.shows("^- /tmp/file ")
    inside.type(":wq")
    inside.shows("^inside:$")
    inside.ask("cat /tmp/file", r"^one\ntwo$")
    inside.type("exit")
    inside.shows(r"^host:$")
    left_with(inside, 0)


def test_much_is_pasted(inside, work):
    (work / "text").write_text("".join(f"line {number:04}\n" for number in range(3000)))
    inside.ask("stty -echo; echo quiet; wc -l", "^quiet$")
    inside.tmux("load-buffer", work / "text")
    inside.tmux("paste-buffer")
    inside.press("C-d")
    inside.shows(r"^3000$")
    inside.type("stty echo; exit")
    inside.shows(r"host:$")


def test_much_is_shown(inside):
    inside.tmux("set-option", "-g", "history-limit", 100)
    inside.ask("seq 200000; echo end", r"^199999\n200000\nend$")
    inside.type("exit")
    inside.shows(r"^host:$")


def test_killed_from_elsewhere(inside, kist):
    if inside.verb == "run":
        kist.ok("kill", inside.id, "KILL")
    else:
        inside.type("kill -9 $$")
    inside.shows(r"host:$")
    left_with(inside, 137)


def test_ends_with_the_terminal(inside, kist):
    """Whoever closes the window is gone, and so is the shell."""
    def shells():
        return [entry for entry in os.listdir("/proc") if entry.isdigit() and is_shell(entry)]

    def is_shell(pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as cmdline, \
                 open(f"/proc/{pid}/environ", "rb") as environ:
                return (cmdline.read() == b"/bin/sh\0" and
                        f"KIST_TEST={TAG}".encode() in environ.read())
        except OSError:
            return False

    assert shells()
    inside.close()
    wait_until(lambda: not shells(), "the shell to end")
    if inside.verb == "run":
        wait_until(lambda: not (kist.root / inside.id).exists(), "the container to be deleted")


@pytest.mark.parametrize("verb", ["run", "exec"])
def test_in_the_background(kist, bundle, screen, verb):
    """It goes on, and takes the terminal when it is brought to the foreground."""
    script = "echo up; read line; echo got $line; stty size; exit 4"
    if verb == "run":
        bundle.process.update(terminal=True, args=["/bin/sh", "-c", script])
        command = kist.command("run", "--bundle", bundle.write().path, kist.new_id())
    else:
        container = kist.start(bundle.probe("wait"))
        command = kist.command("exec", "-t", container.id, "sh", "-c", script)
    screen.type("stty -g >before")
    screen.type(shlex.join(command) + " & sleep 1")
    screen.shows("^up$")
    screen.ask("stty -g | cmp - before && echo as before", "^as before$")
    screen.ask("jobs", r"^\[1\]\+ +Running")
    screen.type("fg")
    screen.tmux("resize-window", "-x", 70, "-y", 20)
    screen.type("this")
    screen.shows(r"^got this\n20 70$")
    screen.shows("^host:$")
    left_with(screen, 4)


@pytest.mark.parametrize("flags", [["-t"], []])
def test_a_job_in_the_background_is_ended(kist, bundle, screen, flags):
    container = kist.start(bundle.probe("wait"))
    script = "echo >/tmp/began; exec sleep 1000"
    screen.type(shlex.join(kist.command("exec", *flags, container.id, "sh", "-c", script)) + " &")
    wait_until((bundle.rootfs / "tmp" / "began").exists, "the program to begin")
    screen.ask("jobs", r"^\[1\]\+ +Running")
    screen.type("kill %1; wait %1; echo status $?")
    screen.shows("^status 143$")
    command = shlex.join(kist.command("exec", *flags, container.id, "echo", "said"))
    screen.ask(f"timeout 10 {command}; echo status $?", r"^said\nstatus 0$")


@pytest.mark.parametrize("then", ["kill", "fg"])
def test_output_stops_a_job_in_the_background(kist, bundle, screen, then):
    container = kist.start(bundle.probe("wait"))
    screen.type("stty tostop")
    screen.type(shlex.join(kist.command("exec", container.id, "echo", "said")) + " & sleep 1")
    screen.ask("jobs", r"^\[1\]\+ +Stopped")
    if then == "fg":
        screen.ask("fg", "^said$")
    else:
        screen.ask("kill %1; wait %1; echo ended", "^ended$")
        assert "said" not in screen.text.replace("echo said", "")


@pytest.mark.parametrize("script, background", [
    ("exec 3<&0; (while read line <&3; do echo $line; done) >/tmp/stolen 2>&1 & echo started", ""),
    ("echo started; exec cat >/tmp/stolen", " &"),
])
def test_the_persons_terminal_is_not_given_away(kist, bundle, screen, script, background):
    """What a container leaves behind, or has in the background, does not read what is typed."""
    command = kist.command("exec", kist.start(bundle.probe("wait")).id)
    screen.ask(shlex.join([*command, "sh", "-c", script]) + background, "started$")
    for word in ("one", "two"):
        # Ahead of the host's shell, and to it.
        screen.type("sleep 0.5")
        screen.ask(f"echo ahead {word}", f"^ahead {word}$")
        screen.ask(f"echo typed {word}", f"^typed {word}$")
    assert (bundle.rootfs / "tmp" / "stolen").read_text() == ""


def test_a_pager_beside_it(kist, bundle, screen):
    """A container that reads nothing leaves the keys to those who do."""
    container = kist.start(bundle.probe("wait"))
    command = shlex.join(kist.command("exec", container.id, "seq", "300000"))
    screen.type(f"{command} | (while read line </dev/tty; do echo got $line; done)")
    for word in ("first", "second", "third"):
        screen.type(word)
    screen.shows("^got second$")
    screen.shows("^got third$")
    screen.press("C-d")
    screen.shows("^host:$")


def test_no_terminal_is_needed(kist, bundle, screen):
    """Its input is the person's, line by line, and Ctrl-C reaches init through kist."""
    bundle.args = ["/bin/sh", "-c", "trap 'echo interrupted; exit 9' INT; echo ready; read line;"
                   "echo got $line; while :; do sleep 0.1; done"]
    bundle.write()
    screen.type("stty -g >before")
    screen.type(shlex.join(kist.command("run", "--bundle", bundle.path, kist.new_id())))
    screen.shows("^ready$")
    screen.type("this")
    screen.shows("^got this$")
    screen.press("C-c")
    screen.shows(r"interrupted$")
    screen.shows(r"^host:$")
    left_with(screen, 9)


def test_a_refusal_leaves_the_terminal_alone(kist, bundle, screen):
    screen.type("stty -g >before")
    bundle.process.update(terminal=True, args=["/nonexistent"])
    bundle.write()
    screen.type(shlex.join(kist.command("run", "--bundle", bundle.path, kist.new_id())))
    screen.shows('"/nonexistent": executable file not found: no such file or directory$')
    left_with(screen, 1)


@pytest.mark.parametrize("verb", ["run", "exec"])
def test_recorded_by_script(kist, bundle, work, verb):
    """The terminal of another program, without one of its own."""
    _, command = shell_in(kist, bundle, verb)
    result = subprocess.run(
        ["script", "--quiet", "--return", "--command", shlex.join(command), work / "typescript"],
        input=b"tty; exit 5\n", capture_output=True, timeout=60,
        env={**os.environ, "KIST_TEST": TAG})
    assert result.returncode == 5, result
    assert b"inside:" in result.stdout and b"/dev/pts/0\r\n" in result.stdout, result
