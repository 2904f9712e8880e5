# SPDX-License-Identifier: LGPL-2.1-or-later
"""A host in which every mount is shared, and which tells of each that comes and goes."""

import select
from pathlib import Path

from .host import parse_mounts


class SharedHost:
    """A mount namespace whose mounts are all shared, and what happens in it."""

    def __init__(self, process):
        self.mountinfo = Path(f"/proc/{process.pid}/mountinfo")
        self.file = self.mountinfo.open("rb")
        self.poll = select.poll()
        self.poll.register(self.file, select.POLLPRI)

    def text(self):
        return self.mountinfo.read_text()

    def mount(self, point):
        return [mount for mount in parse_mounts(self.text()) if mount.point == str(point)][-1]

    def has_changed(self):
        """Whether the mount table has, since the last time this was asked."""
        return bool(self.poll.poll(0))


def kinds(mount):
    return {word.split(":")[0] for word in mount.propagation}
