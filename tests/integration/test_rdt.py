# SPDX-License-Identifier: LGPL-2.1-or-later
"""linux.intelRdt on a host without resctrl, which is what most are; that groups are made, entered and
removed is in tests/unit/libcontainer/test_rdt.c."""

from pathlib import Path

import pytest
from harness import parse_mounts

REASON = r"config\.json: linux\.intelRdt: no resctrl file system is mounted; .*mount -t resctrl"


@pytest.fixture(autouse=True)
def without_resctrl():
    mounts = parse_mounts(Path("/proc/self/mountinfo").read_text())
    if any(mount.type == "resctrl" for mount in mounts):
        pytest.skip("resctrl is mounted here")


@pytest.mark.parametrize("rdt", [{}, {"closID": "/"}, {"closID": "a", "schemata": ["L3:0=f"]}])
@pytest.mark.parametrize("command", ["create", "run"])
def test_is_refused_where_it_is_not_mounted(kist, bundle, command, rdt):
    """config-linux.md, IntelRdt: the runtime MUST generate an error; and nothing is left."""
    bundle.linux["intelRdt"] = rdt
    kist.refuses(bundle, REASON, command=command)


def test_plan_says_so(kist, bundle):
    bundle.linux["intelRdt"] = {"enableMonitoring": True}
    bundle.write()
    kist.fails("plan", "--bundle", bundle.path, text=REASON)


def test_null_asks_for_nothing(kist, bundle):
    bundle.linux["intelRdt"] = None
    result = kist.run(bundle.probe("echo", "ran"))
    assert (result.code, result.out, result.err) == (0, "ran\n", "")


def test_features(kist):
    """features-linux.md: irrelevant to the availability on the host."""
    rdt = kist.ok("features").json["linux"]["intelRdt"]
    assert rdt == {"enabled": True, "schemata": True, "monitoring": True}
