# SPDX-License-Identifier: LGPL-2.1-or-later
"""What stands in for an engine."""

import pytest

from caller import Caller, Engine, become_subreaper


@pytest.fixture
def engine(kist, engine_bundle, work):
    """Makes an Engine with a captured configuration. What it starts becomes the test's child."""
    become_subreaper(True)
    yield lambda name, flags=(), **how: Engine(
        Caller(kist.program, flags, **how), engine_bundle(name), work
    )
    become_subreaper(False)


@pytest.fixture
def own_run(elsewhere, kist):
    """A /run of its own, for callers that leave --root to the runtime. Return how to get there."""
    enter = elsewhere("--mount", setup="mount -t tmpfs none /run").enter("-m")
    yield enter
    caller = Caller(kist.program, enter=enter)
    left = caller("list", "-q").out.split()
    for id in left:
        caller("delete", "--force", id)
    assert left == []
