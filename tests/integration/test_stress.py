# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commands that meet: each round of a race has answers that are right, and no others.

KIST_STRESS_ROUNDS says how many rounds each race has.
"""

import collections
import contextlib
import itertools
import json
import os
import re
import subprocess
import threading
import time

import pytest

from harness import TAG, Result

ROUNDS = int(os.environ.get("KIST_STRESS_ROUNDS", "300"))
EXEC_FAILED = 255

RUNNING = "cannot start an already running container"
STOPPED = "cannot start a container that has stopped"
NOT_RUNNING = "container not running"
GONE = "does not exist"
IN_USE = "already exists"
NOT_STOPPED = "that is not stopped"


class Racer:
    """A command under way, that begins a moment later than the test goes on."""

    def __init__(self, kist, *args, silent=False):
        self.args = args
        # What a container inherits is not to be waited for.
        stream = subprocess.DEVNULL if silent else subprocess.PIPE
        self.process = subprocess.Popen(
            kist.command(*args), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, text=True,
            env={**os.environ, "KIST_TEST": TAG})

    def end(self):
        out, err = self.process.communicate(timeout=60)
        return Result(self.args, self.process.returncode, out or "", err or "")


def pause(number):
    """From nothing to longer than a command takes."""
    time.sleep(number % 25 / 3000)


def fails_with(result, *sentences, code=1):
    """One line that has one of these sentences; return which."""
    assert result.code == code, result
    assert result.out == "" and re.fullmatch(r"kist: .*\n", result.err), result
    found = [sentence for sentence in sentences if sentence in result.err]
    assert found, result
    return found[0]


def answer(result, *sentences, good=(0,), code=1):
    """The status, of a success that is silent; or the sentence."""
    if result.code in good:
        assert result.err == "", result
        return result.code
    return fails_with(result, *sentences, code=code)


@pytest.fixture
def small(bundle):
    """No more than the races need: hundreds of containers are made of it."""
    bundle.config["mounts"] = bundle.config["mounts"][:1]
    bundle.without_namespace("network")
    return bundle


@pytest.fixture
def make(kist, small):
    """Create, and perhaps start, one more container; by an id that has not been there before."""
    numbers = itertools.count()
    unwritten = [True]

    def create(*args, start=False):
        id = f"{TAG}-stress-{next(numbers)}"
        if args or unwritten:
            small.probe(*(args or ["wait"])).write()
            unwritten.clear()
        assert Racer(kist, "create", "--bundle", small.path, id, silent=True).end().code == 0
        if start:
            kist.ok("start", id)
        return id

    return create


def test_exec_right_after_start(kist, make):
    """Into what is created or running: it runs, and its status is its own."""
    for number in range(ROUNDS // 2):
        id = make()
        start = Racer(kist, "start", id)
        pause(number)
        assert answer(Racer(kist, "exec", id, "/probe", "exit", "6").end(), good=[6]) == 6
        assert answer(start.end()) == 0
        kist.ok("delete", "--force", id)


def test_exec_while_the_container_dies(kist, make, luck):
    """It ran to its end, was killed with the others, or did not run."""
    for number in luck.rounds(ROUNDS, NOT_RUNNING):
        id = make(start=True)
        kill = Racer(kist, "kill", id, "KILL")
        pause(number)
        result = Racer(kist, "exec", id, "/probe", "exit", "6").end()
        luck[answer(result, NOT_RUNNING, good=[6, 137], code=EXEC_FAILED)] += 1
        assert answer(kill.end()) == 0
        kist.ok("delete", "--force", id)
    luck.held()


@pytest.mark.parametrize("words", [["wait"], ["exit", 0]], ids=lambda words: words[0])
def test_two_starts(kist, make, words):
    """One of them starts it; for the other it runs, or has ended again."""
    reasons = [RUNNING] if words == ["wait"] else [RUNNING, STOPPED]
    for number in range(ROUNDS // 2):
        id = make(*words)
        racers = [Racer(kist, "start", id)]
        pause(number)
        racers.append(Racer(kist, "start", id))
        answers = [answer(racer.end(), *reasons) for racer in racers]
        assert answers.count(0) == 1, answers
        kist.ok("delete", "--force", id)


@pytest.mark.parametrize("force", [True, False], ids=["force", "plain"])
def test_two_deletes(kist, make, small, work, force):
    """It goes once, with one run of its hook. By force both are content; else one may find nothing."""
    small.config["hooks"] = {
        "poststop": [{"path": "/bin/sh", "args": ["sh", "-c", f"echo gone >>{work}/hooks"]}]}
    flags = ["--force"] if force else []
    for number in range(ROUNDS // 2):
        id = make()
        racers = [Racer(kist, "delete", *flags, id)]
        pause(number // 2)
        racers.append(Racer(kist, "delete", *flags, id))
        answers = [answer(racer.end(), *([] if force else [GONE])) for racer in racers]
        assert 0 in answers
        fails_with(kist("state", id), GONE)
        assert (work / "hooks").read_text() == "gone\n"
        (work / "hooks").unlink()


def test_two_creates(kist, small):
    """One of them gets the id; what the other has begun leaves no trace of it."""
    small.probe("wait").write()
    id = f"{TAG}-stress"
    for number in range(ROUNDS // 2):
        racers = []
        for _ in range(2):
            log = kist.scratch / f"log{len(racers)}"
            log.unlink(missing_ok=True)
            command = ["--log", log, "create", "--bundle", small.path, id]
            racers.append(Racer(kist, *command, silent=True))
            pause(number)
        codes = sorted(racer.end().code for racer in racers)
        logs = "".join(log.read_text() for log in kist.scratch.glob("log?"))
        assert codes == [0, 1] and logs.count(IN_USE) == 1, logs
        assert kist.ok("state", id).json["status"] == "created"
        kist.ok("delete", "--force", id)


def test_delete_while_it_is_created(kist, small):
    """By force: what there is goes, at the latest with the second delete."""
    small.probe("wait").write()
    id = f"{TAG}-stress"
    seen = collections.Counter()
    for number in range(ROUNDS // 2):
        create = Racer(kist, "create", "--bundle", small.path, id, silent=True)
        pause(number)
        assert answer(Racer(kist, "delete", "--force", id).end()) == 0
        seen[create.end().code] += 1
        kist.ok("delete", "--force", id)
        assert not os.listdir(kist.root)
    assert set(seen) == {0}, seen


def test_start_while_it_is_deleted(kist, make):
    """It started before it went, or it was dead, or had gone."""
    for number in range(ROUNDS // 2):
        id = make()
        racers = [Racer(kist, "delete", "--force", id)]
        pause(number // 2)
        racers.append(Racer(kist, "start", id))
        assert answer(racers[0].end()) == 0
        answer(racers[1].end(), STOPPED, GONE)
        fails_with(kist("state", id), GONE)


def test_start_while_it_is_deleted_unless_it_runs(kist, make, luck):
    """One of them has its way: what was started is there, and what was deleted never ran."""
    for number in luck.rounds(ROUNDS, "started", "deleted"):
        id = make()
        racers = [Racer(kist, *args) for args in
                  sorted([["start", id], ["delete", id]], reverse=number % 2)]
        answers = {racer.args[0]: answer(racer.end(), STOPPED, GONE, NOT_STOPPED)
                   for racer in racers}
        if answers["start"] == 0:
            assert answers["delete"] == NOT_STOPPED, answers
            assert kist.ok("state", id).json["status"] == "running"
            kist.ok("delete", "--force", id)
        else:
            assert answers == {"start": answers["start"], "delete": 0}
            fails_with(kist("state", id), GONE)
        luck["deleted" if answers["start"] else "started"] += 1
    luck.held()


@pytest.mark.parametrize("flags", [[], ["--all"]], ids=["init", "all"])
def test_kill_of_what_is_dying(kist, make, luck, flags):
    """The signal was sent, or there was nobody any more; and from then on there is nobody."""
    for number in luck.rounds(ROUNDS // 2, "sent", "nobody"):
        id = make("exit", 0)
        start = Racer(kist, "start", id)
        pause(number)
        first = answer(Racer(kist, "kill", *flags, id, "CONT").end(), NOT_RUNNING)
        second = answer(Racer(kist, "kill", *flags, id, "CONT").end(), NOT_RUNNING)
        assert second == NOT_RUNNING or first == 0
        luck["nobody" if first else "sent"] += 1
        assert answer(start.end()) == 0
        kist.ok("delete", "--force", id)
    luck.held()


def test_state_goes_one_way(kist, make):
    """Created, running, stopped; asked of all the while, and never an error."""
    order = ["created", "running", "stopped"]
    for number in range(ROUNDS // 6):
        id = make("exit", 0)
        start = Racer(kist, "start", id)
        states = [kist.ok("state", id).json for _ in range(5)]
        assert answer(start.end()) == 0
        seen = [order.index(state["status"]) for state in states]
        assert seen == sorted(seen), seen
        for state in states:
            assert (state["pid"] == 0) == (state["status"] == "stopped")
        kist.ok("delete", "--force", id)


STATUSES = {"creating", "created", "running", "stopped"}


def storm(kist, small, name, enough, failures):
    """Containers come and go by one name: for a while, and until it is enough."""
    id = f"{TAG}-storm-{name}"
    for number in itertools.count():
        if number >= ROUNDS // 4 and enough.is_set():
            return
        for args in (["create", "--bundle", small.path, id], ["start", id],
                     ["delete", "--force", id]):
            result = Racer(kist, *args, silent=args[0] == "create").end()
            if result.code != 0 or result.err:
                failures.append(result)
                return


@contextlib.contextmanager
def storms(kist, small, enough, failures):
    threads = [
        threading.Thread(target=storm, args=(kist, small, name, enough, failures))
        for name in ("one", "two")]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        enough.set()
        for thread in threads:
            thread.join()


def test_list_during_a_storm(kist, make, small, luck):
    """Each answer is whole: who stays is there every time, who comes and goes with what is known."""
    stays = make(start=True)
    small.linux.pop("cgroupsPath")
    small.write()
    failures, enough = [], threading.Event()
    names = {stays: "stays", f"{TAG}-storm-one": "one", f"{TAG}-storm-two": "two"}
    with storms(kist, small, enough, failures) as threads:
        for number in itertools.count():
            if number >= ROUNDS // 10 and (luck["one"] and luck["two"] or number >= 10 * ROUNDS):
                enough.set()
            if not any(thread.is_alive() for thread in threads):
                break
            result = kist.ok("list", "--format", "json")
            states = {state["id"]: state for state in json.loads(result.out)}
            assert states[stays]["status"] == "running"
            assert all(state["status"] in STATUSES for state in states.values())
            luck.update(names[id] for id in states)
            assert stays in kist.ok("list", "-q").out.split()
    assert failures == []
    if not (luck["one"] and luck["two"]):
        pytest.skip("what comes and goes was never seen")
