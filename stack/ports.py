"""Ports on the loopback interface: a free one, and who holds one that is taken."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
LISTENING = "0A"  # state of a socket in /proc/net/tcp


class PortTaken(RuntimeError):
    """Somebody else listens on the port; the message names them where the system tells."""

    def __init__(self, port: int, purpose: str, option: str) -> None:
        holder = holder_of(port) or "another process"
        super().__init__(
            f"port {port}, wanted for the {purpose}, is taken by {holder}: "
            f"stop it, or choose another with {option} (0: any free one)"
        )
        self.port = port


def choose(port: int, purpose: str, option: str) -> int:
    """`port` itself when it is free, a free one when it is 0. Raises `PortTaken`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise PortTaken(port, purpose, option) from error
        chosen: int = probe.getsockname()[1]
        return chosen


def holder_of(port: int) -> str | None:
    """Name and pid of the process that listens on `port`, as far as this user may see."""
    inodes = _listeners(port)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and inodes & _sockets(entry):
            with suppress(OSError):
                return f"{(entry / 'comm').read_text().strip()} (pid {entry.name})"
    return None


def _listeners(port: int) -> set[str]:
    inodes = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for row in table.read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    return inodes


def _sockets(process: Path) -> set[str]:
    sockets = set()
    with suppress(OSError):
        for handle in (process / "fd").iterdir():
            with suppress(OSError):
                sockets.add(str(handle.readlink()))
    return sockets
