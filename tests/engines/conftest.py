# SPDX-License-Identifier: LGPL-2.1-or-later
"""The fixtures of the integration tests, and what stands in for an engine."""

import importlib.util
import sys
from pathlib import Path

import pytest

INTEGRATION = Path(__file__).resolve().parent.parent / "integration"
sys.path.insert(0, str(INTEGRATION))


def load_fixtures():
    """Both files have the name that pytest wants of them."""
    spec = importlib.util.spec_from_file_location("fixtures", INTEGRATION / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: value for name, value in vars(module).items() if not name.startswith("_")}


globals().update(load_fixtures())

from caller import Caller, Engine, become_subreaper  # noqa: E402


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
