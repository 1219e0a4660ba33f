"""One stack on this machine: started service by service, stopped as a whole, known by its home folder."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from stack import processes, state
from stack.processes import Process
from stack.services import Service
from stack.state import StackState
from stack.waiting import wait_for


class LocalStack:
    """The stack whose state, logs and data lie in `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._file = home / "stack.json"

    @property
    def state(self) -> StackState:
        """What was started and not stopped. Raises `StateUnreadable`."""
        return state.load(self._file)

    def exclusively(self) -> AbstractContextManager[None]:
        """Keeps other commands from starting or stopping this stack. Raises `StackBusy`."""
        return state.exclusively(self.home / "stack.lock")

    def log_of(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"

    def start(self, service: Service) -> Process:
        """Starts a service, writes it down, and waits until it is well. Raises `NeverReady`."""
        log = self.log_of(service.name)
        log.unlink(missing_ok=True)
        process = processes.start(service.name, service.command, log, service.environment)
        state.save(self._file, self.state.with_process(process, service.url))
        wait_for(process, service.is_ready, log, service.patience)
        return process

    def stop_one(self, name: str) -> None:
        """Stops one service and goes on without it."""
        for process in self.state.processes:
            if process.name == name:
                processes.stop(process)
                state.save(self._file, self.state.without(process))

    def stop(self) -> list[Process]:
        """Stops what was started, last first, and forgets it. Returns those that still ran."""
        stopped = [process for process in reversed(self.state.processes) if processes.stop(process)]
        self._file.unlink(missing_ok=True)
        return stopped
