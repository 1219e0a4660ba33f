"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from stack.processes import Process

POLL_SECONDS = 0.05
LOG_LINES = 15


class NeverReady(RuntimeError):
    """A process ended, or did not become healthy in time; the message carries the end of its log."""


def wait_for(process: Process, is_ready: Callable[[], bool], log: Path, timeout: float) -> None:
    """Returns once `is_ready()`. Raises `NeverReady` when the process dies, or after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not is_ready():
        if not process.is_alive:
            raise NeverReady(f"the {process.name} ended at start; {log} says:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise NeverReady(f"the {process.name} was not healthy within {timeout:.0f} s; {log} says:\n{_tail(log)}")
        time.sleep(POLL_SECONDS)


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"    {line}" for line in lines[-LOG_LINES:]) or "    (nothing)"
