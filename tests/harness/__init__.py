# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests in Python share, one subject a file.

Everything a test makes carries the session's tag: container ids, cgroups, the temporary directory
and the environment of every process. So what is left over can be found by name, also while others
use the machine. A worker of pytest-xdist is a session of its own.

What nearly every test needs stands here; the rest is imported from its file.
"""

from .bundle import CONFIGS, DEFAULT_CAPABILITIES, Bundle, clone
from .elsewhere import RuntimeUnderSomething, without_system_call
from .host import (
    CGROUPS, TAG, HostPicture, assert_unchanged, cgroup_mounts, has_cgroup_v1, has_cgroup_v2_only,
    is_device, kernel_version, network_namespaces, parse_mounts, tagged_cgroups, tagged_processes,
    wait_until)
from .report import CAPABILITIES, Report
from .runtime import Container, Kist, Result

__all__ = [
    "CAPABILITIES", "CGROUPS", "CONFIGS", "DEFAULT_CAPABILITIES", "TAG", "Bundle", "Container",
    "HostPicture", "Kist", "Report", "Result", "RuntimeUnderSomething", "assert_unchanged",
    "cgroup_mounts", "clone", "has_cgroup_v1", "has_cgroup_v2_only", "is_device", "kernel_version",
    "network_namespaces", "parse_mounts", "tagged_cgroups", "tagged_processes", "wait_until",
    "without_system_call",
]
