"""What a running stack is made of, kept in one file so that any later command can find and stop it."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from stack.processes import Process

FORMAT = 1


class StateUnreadable(RuntimeError):
    """The state file is not what this version writes."""


class StackBusy(RuntimeError):
    """Another command is starting or stopping the same stack."""


@dataclass(frozen=True, slots=True)
class StackState:
    """The processes in order of their start, and where each can be reached."""

    processes: tuple[Process, ...] = ()
    urls: dict[str, str] = field(default_factory=dict)

    def with_process(self, process: Process, url: str) -> StackState:
        return StackState((*self.processes, process), {**self.urls, process.name: url})

    def without(self, process: Process) -> StackState:
        urls = {name: url for name, url in self.urls.items() if name != process.name}
        return StackState(tuple(other for other in self.processes if other != process), urls)

    @property
    def alive(self) -> tuple[Process, ...]:
        return tuple(process for process in self.processes if process.is_alive)

    @property
    def is_running(self) -> bool:
        """Whether everything that was started still runs."""
        return bool(self.processes) and self.alive == self.processes


def load(path: Path) -> StackState:
    """The state written last; an empty one where none was. Raises `StateUnreadable`."""
    if not path.exists():
        return StackState()
    try:
        tree = json.loads(path.read_text())
        if tree["format"] != FORMAT:
            raise StateUnreadable(f"{path} has format {tree['format']}, not {FORMAT}")
        return StackState(tuple(Process(**process) for process in tree["processes"]), dict(tree["urls"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StateUnreadable(
            f"{path} is damaged ({error}): end the stack's processes by hand and delete it"
        ) from error


def save(path: Path, state: StackState) -> None:
    """Replaces the file as a whole, so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    tree = {
        "format": FORMAT,
        "processes": [asdict(process) for process in state.processes],
        "urls": state.urls,
    }
    draft.write_text(json.dumps(tree, indent=2) + "\n")
    draft.replace(path)


@contextmanager
def exclusively(path: Path) -> Iterator[None]:
    """Holds `path` as a lock, released with the process. Raises `StackBusy` when somebody else has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackBusy(f"another command is starting or stopping this stack; it holds {path}") from error
        yield
