# SPDX-License-Identifier: LGPL-2.1-or-later
"""The engine's end of a container's terminal."""

import array
import json
import os
import select
import socket

from .report import Report


class ConsoleSocket:
    """What conmon and containerd listen on for the terminal's leader."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(str(path))
        self.socket.listen(1)
        self.socket.settimeout(20)

    def receive(self):
        connection, _ = self.socket.accept()
        connection.settimeout(20)
        fds = array.array("i")
        data, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_LEN(fds.itemsize))
        connection.close()
        for level, kind, content in ancillary:
            assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
            fds.frombytes(content)
        assert len(fds) == 1
        return data, fds[0]


def read_terminal(fd, until_end=True):
    """Everything until the other side closes; a pty says so with EIO."""
    text = b""
    while True:
        ready, _, _ = select.select([fd], [], [], 20)
        assert ready, text
        try:
            chunk = os.read(fd, 65536)
        except OSError:
            chunk = b""
        text += chunk
        if not chunk or (not until_end and b"\n" in text):
            return text.decode()


def terminal_report(text):
    start = text.index("{")
    return Report(json.loads(text[start : text.rindex("}") + 1]))
