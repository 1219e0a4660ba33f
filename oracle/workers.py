"""Jobs being computed: one thread a model, whose engine runs one job at a time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from oracle.answering import Answered, answer
from oracle.engine import Engine
from protocol.facts import JobRecord
from protocol.rules import RuleSet
from protocol.types import JobId, ModelId, Request, Sampling


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

    def __init__(self) -> None:
        self._pools: dict[ModelId, ThreadPoolExecutor] = {}
        self._running: dict[JobId, _Running] = {}

    @property
    def running(self) -> frozenset[JobId]:
        """Jobs in hand, those included that were told to stop and have not yet."""
        return frozenset(self._running)

    def start(self, record: JobRecord, engine: Engine, rules: RuleSet) -> None:
        """Queues the job behind others of its model."""
        stop = threading.Event()
        pool = self._pools.setdefault(
            record.sheet.model, ThreadPoolExecutor(1, thread_name_prefix=f"inference-{record.sheet.model.hex()[:8]}")
        )
        future = pool.submit(_compute, record, engine, rules, stop)
        self._running[record.id] = _Running(record.offer.request, future, stop)

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
            running.future.cancel()
        for pool in self._pools.values():
            pool.shutdown()


def _compute(record: JobRecord, engine: Engine, rules: RuleSet, stop: threading.Event) -> tuple[Answered | None, float]:
    started = time.monotonic()
    sampling = Sampling.unpack(record.submission.sampling)
    answered = answer(engine, rules, record.submission.input, sampling, stop.is_set)
    return answered, time.monotonic() - started


def _finished(job: JobId, running: _Running) -> Finished:
    error = running.future.exception()
    if error is not None:
        return Finished(job, running.request, None, error, 0.0)
    answered, seconds = running.future.result()
    return Finished(job, running.request, answered, None, seconds)
