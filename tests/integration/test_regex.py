# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill and delete --regex: one command for every container whose id matches."""

import pytest

from harness import TAG


@pytest.fixture
def three(kist, make_bundle):
    """Two that are called web, and one that is not."""
    return [
        kist.start(make_bundle(name).probe("wait"), id=f"{TAG}-{name}")
        for name in ("web-1", "web-2", "db")
    ]


def test_kill(kist, three):
    kist.ok("kill", "--regex", f"^{TAG}-web-[0-9]+$", "KILL")
    for container in three[:2]:
        container.wait()
    assert three[2].status == "running"


def test_delete(kist, three):
    kist.ok("delete", "--force", "-r", f"^{TAG}-(web-1|db)")
    assert [state["id"] for state in kist.list()] == [three[1].id]


def test_those_that_fail_do_not_stop_the_others(kist, three):
    first, second, _ = three
    first.kill("KILL")
    first.wait()
    pattern = f"{TAG}-web"
    result = kist.fails("kill", "-r", pattern, "KILL")
    assert result.err == f"kist: kill {pattern}: {first.id}: container not running\n"
    second.wait()
    result = kist.fails("kill", "-r", pattern, "KILL")
    assert result.err == (
        f"kist: kill {pattern}: 2 of 2 containers failed, the first {first.id}: "
        "container not running\n"
    )
    result = kist.fails("delete", "-r", TAG, text=f"{three[2].id}: cannot delete .* not stopped")
    assert [state["id"] for state in kist.list()] == [three[2].id]


def test_none_matches(kist, three, host_unchanged):
    for command in ("kill", "delete"):
        result = kist.fails(command, "-r", "^nosuch")
        assert result.err == (
            f"kist: {command} ^nosuch: --regex: no container has an id that matches\n"
        )
    kist.ok("delete", "--force", "-r", "^nosuch")


def test_no_regular_expression(kist, host_unchanged):
    for command in ("kill", "delete"):
        kist.fails(command, "-r", "(", text=r"\(: --regex: .*[Uu]nmatched")
    kist.fails("delete", "-fr", "(", text="--regex")


def test_without_the_option_an_id_is_an_id(kist, three, host_unchanged):
    kist.fails("kill", f"{TAG}-web-.", "KILL", text="does not exist")
