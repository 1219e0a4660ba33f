"""Processes that outlive the command that started them, known by more than a pid.

A pid is reused; a pid together with its start time and the machine's boot is not. Signals go through a
pidfd that is opened before the identity is checked, so that no other process can ever receive them.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

GRACE_SECONDS = 10.0
STDIN, STDOUT, STDERR = 0, 1, 2
START_TICKS_FIELD = 19  # of /proc/<pid>/stat, counted after the command's name


@dataclass(frozen=True, slots=True)
class Process:
    """A process that was started here. `start_ticks` counts from the boot that `boot` names."""

    name: str
    pid: int
    start_ticks: int
    boot: str

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs; a zombie does not."""
        return self.boot == _boot() and _start_ticks(self.pid) == self.start_ticks


def start(name: str, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Process:
    """Starts `command` in a session of its own, its output appended to `log`.

    Raises `FileNotFoundError` when the program is missing.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        pid = os.posix_spawnp(
            command[0],
            list(command),
            dict(environment),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, STDIN, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output, STDOUT),
                (os.POSIX_SPAWN_DUP2, output, STDERR),
            ],
            setsid=True,
        )
    finally:
        os.close(output)
    return Process(name, pid, _start_ticks(pid) or 0, _boot())


def stop(process: Process, grace: float = GRACE_SECONDS) -> bool:
    """Ends the process: politely, then after `grace` seconds by force. False when it was gone already."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        if not process.is_alive:
            return False
        _end(handle, grace)
    finally:
        os.close(handle)
    with suppress(ChildProcessError):
        os.waitpid(process.pid, 0)
    return True


def _end(handle: int, grace: float) -> None:
    exited = select.poll()
    exited.register(handle, select.POLLIN)
    signal.pidfd_send_signal(handle, signal.SIGTERM)
    if exited.poll(grace * 1000):
        return
    signal.pidfd_send_signal(handle, signal.SIGKILL)
    exited.poll()


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _start_ticks(pid: int) -> int | None:
    """Start time of a running process in clock ticks since boot; None when there is none, or a zombie."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else int(fields[START_TICKS_FIELD - 1])
