"""One model's jobs, computed together: those under way advance a token at a time, and newcomers join between tokens.

Together they read the weights once a token, so many take little longer than one (continuous batching, as Orca has it:
Yu et al. 2022). Integers see to it that none changes a bit of another.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field

from oracle.answering import Answered, Question, question_of
from oracle.engine import Stream
from oracle.serving import Loaded
from protocol.rules import RuleSet
from protocol.types import Sampling


@dataclass(slots=True, eq=False)
class Task:
    """A job to compute: what was submitted, tokens it will read, and by when, on the monotonic clock.

    Once `stop` is set it ends before its next token.
    """

    payload: bytes
    sampling: int
    rules: RuleSet
    prompt_tokens: int
    deadline: float
    stop: threading.Event = field(default_factory=threading.Event)
    future: Future[tuple[Answered | None, float]] = field(default_factory=Future)
    alone: bool = False


@dataclass(slots=True, eq=False)
class _Running:
    task: Task
    question: Question
    stream: Stream

    @property
    def left(self) -> int:
        """Tokens yet to write, at most."""
        return self.stream.room - len(self.stream.output)


class Batching:
    """A thread that lives while there is something to compute."""

    def __init__(self, loaded: Loaded, *, most: int, slack: float, name: str) -> None:
        """`most`: jobs computed at once. `slack`: how many times the measured duration must fit before a deadline."""
        self._loaded, self._most, self._slack = loaded, most, slack
        self._lock = threading.Lock()
        self._waiting: list[Task] = []
        self._running: list[_Running] = []
        self._thread: threading.Thread | None = None
        self._name = name

    def add(self, task: Task) -> None:
        """Takes a job in; whose deadline is first, begins first."""
        with self._lock:
            self._waiting.append(task)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name)
                self._thread.start()

    @property
    def is_idle(self) -> bool:
        return self._thread is None

    def join(self) -> None:
        """Waits until all that was added has ended."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while self._has_work():
            self._drop_stopped()
            while (task := self._next()) is not None:
                self._begin(task)
            if self._running:
                self._step()

    def _has_work(self) -> bool:
        with self._lock:
            if not (self._waiting or self._running):
                self._thread = None
            return self._thread is not None

    def _drop_stopped(self) -> None:
        with self._lock:
            stopped = [task for task in self._waiting if task.stop.is_set()]
            self._waiting = [task for task in self._waiting if task not in stopped]
        for task in stopped:
            task.future.set_result((None, 0.0))
        for running in self._running:
            if running.task.stop.is_set():
                self._end(running)
        self._running = [running for running in self._running if not running.task.future.done()]

    # ---------------------------------------------------------------- who joins

    def _next(self) -> Task | None:
        """The first in line, if it can join now."""
        with self._lock:
            task = min(self._waiting, key=lambda waiting: waiting.deadline, default=None)
            if task is None or not self._may_join(task):
                return None
            self._waiting.remove(task)
            return task

    def _may_join(self, task: Task) -> bool:
        if not self._running:
            return True
        alone = task.alone or any(running.task.alone for running in self._running)
        return not alone and len(self._running) < self._most and self._leaves_time(task)

    def _leaves_time(self, task: Task) -> bool:
        """Whether those under way keep their deadlines even if computing together gains nothing."""
        unread = task.prompt_tokens + sum(len(running.stream.pending) for running in self._running)
        reading = unread / self._loaded.prompt_rate
        writing = (len(self._running) + 1) / self._loaded.output_rate
        now = time.monotonic()
        return all(
            now + self._slack * (reading + running.left * writing) <= running.task.deadline for running in self._running
        )

    def _begin(self, task: Task) -> None:
        engine = self._loaded.engine
        started = time.monotonic()
        try:
            question = question_of(engine.model, task.rules, task.payload, Sampling.unpack(task.sampling))
            if isinstance(question, Answered):
                task.future.set_result((question, time.monotonic() - started))
                return
            self._running.append(_Running(task, question, engine.open(question.prompt_ids, question.sampling)))
        except Exception as error:
            task.future.set_exception(error)

    # ---------------------------------------------------------------- the next token

    def _step(self) -> None:
        going = [running.stream for running in self._running if running.stream.ended is None]
        try:
            if going:
                self._loaded.engine.step(going)
        except Exception as error:
            self._failed(error)
            return
        for running in self._running:
            if running.stream.ended is not None:
                self._end(running)
        self._running = [running for running in self._running if not running.task.future.done()]

    def _end(self, running: _Running) -> None:
        generation = self._loaded.engine.generation(running.stream)
        try:
            running.task.future.set_result((running.question.answered(generation), generation.seconds))
        except Exception as error:
            running.task.future.set_exception(error)

    def _failed(self, error: Exception) -> None:
        """One alone has failed by itself; of several, each begins anew alone, so that none suffers for another."""
        failed, self._running = self._running, []
        if len(failed) == 1:
            failed[0].task.future.set_exception(error)
            return
        with self._lock:
            for running in failed:
                running.task.alone = True
                self._waiting.append(running.task)
