"""Runs a command in a network that has the loopback interface and nothing else.

`python loopback_only.py <command…>`: a network namespace of its own, in which every other connection is refused by the
kernel. Exit code 77: this kernel does not let us make one.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys

NOT_PERMITTED = 77
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def enter() -> bool:
    """Moves this process into an empty network; as an ordinary user within a user namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    return bool(libc.unshare(CLONE_NEWNET) == 0 or libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)


def raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


if __name__ == "__main__":
    try:
        if not enter():
            sys.exit(NOT_PERMITTED)
        raise_loopback()
    except PermissionError:
        sys.exit(NOT_PERMITTED)
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606
