"""Jobs being computed: those of one model together, models side by side."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass

from oracle.answering import Answered
from oracle.batching import Batching, Task
from oracle.serving import Loaded
from protocol.facts import JobRecord
from protocol.rules import RuleSet
from protocol.types import JobId, ModelId, Request


@dataclass(frozen=True, slots=True)
class Finished:
    """What a worker hands back for a request: an answer, an error, or neither when it was stopped."""

    job: JobId
    request: Request
    answered: Answered | None
    error: BaseException | None
    seconds: float


@dataclass(frozen=True, slots=True)
class _Running:
    request: Request
    future: Future[tuple[Answered | None, float]]
    stop: threading.Event


class Workers:
    """Started and asked from one thread."""

    def __init__(self, batch: int, slack: float) -> None:
        """`batch`: jobs of a model computed together, at most; `slack` as for `Batching`."""
        self._batch, self._slack = batch, slack
        self._batchings: dict[ModelId, Batching] = {}
        self._running: dict[JobId, _Running] = {}

    @property
    def running(self) -> frozenset[JobId]:
        """Jobs in hand, those included that were told to stop and have not yet."""
        return frozenset(self._running)

    def start(self, record: JobRecord, loaded: Loaded, rules: RuleSet, prompt_tokens: int, seconds: float) -> None:
        """Computes a job that is due in `seconds`."""
        submission = record.submission
        deadline = time.monotonic() + seconds
        task = Task(submission.input, submission.sampling, rules, prompt_tokens, deadline)
        self._batching(record.sheet.model, loaded).add(task)
        self._running[record.id] = _Running(record.offer.request, task.future, task.stop)

    def _batching(self, model: ModelId, loaded: Loaded) -> Batching:
        found = self._batchings.get(model)
        if found is None or found.is_idle:
            name = f"inference-{model.hex()[:8]}"
            found = Batching(loaded, most=self._batch, slack=self._slack, name=name)
            self._batchings[model] = found
        return found

    def stop(self, job: JobId) -> None:
        """Asks for an end before the next token."""
        self._running[job].stop.set()

    def finished(self) -> list[Finished]:
        """What ended since the last call."""
        ended = [(job, running) for job, running in self._running.items() if running.future.done()]
        for job, _ in ended:
            del self._running[job]
        return [_finished(job, running) for job, running in ended]

    def close(self) -> None:
        """Stops everything and waits for it: at most a token each."""
        for running in self._running.values():
            running.stop.set()
        for batching in self._batchings.values():
            batching.join()


def _finished(job: JobId, running: _Running) -> Finished:
    error = running.future.exception()
    if error is not None:
        return Finished(job, running.request, None, error, 0.0)
    answered, seconds = running.future.result()
    return Finished(job, running.request, answered, None, seconds)
