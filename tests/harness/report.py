# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the probe, the program inside the containers under test, says."""

from .host import parse_mounts

CAPABILITIES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE "
    "NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO "
    "SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME "
    "SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG "
    "WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
).split()


CAPABILITIES = [f"CAP_{name}" for name in CAPABILITIES]


class Report(dict):
    """The probe's JSON, with the text files of /proc taken apart."""

    @property
    def mounts(self):
        return parse_mounts(self["files"]["/proc/self/mountinfo"])

    def mount(self, point):
        """The topmost mount at a mount point."""
        found = [mount for mount in self.mounts if mount.point == point]
        assert found, f"nothing is mounted at {point}: {self.mounts}"
        return found[-1]

    @property
    def status(self):
        lines = self["files"]["/proc/self/status"].splitlines()
        return {key: value.strip() for key, value in (line.split(":", 1) for line in lines)}

    def capabilities(self, kind):
        mask = self["capabilities"][kind] & (2**64 - 1)
        return {name for bit, name in enumerate(CAPABILITIES) if mask >> bit & 1}

    @property
    def env(self):
        return dict(entry.split("=", 1) for entry in self["env"])

    def path(self, name):
        return self["paths"][name]

    def signals(self, name):
        mask = int(self.status[name], 16)
        return {number for number in range(1, 65) if mask >> (number - 1) & 1}
