"""Jobs of a model computed together: the same answers as alone, deadlines kept, faults kept apart."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.answering import Answered
from oracle.batching import Batching, Task
from oracle.engine import Engine, Stream
from oracle.models import Model
from oracle.safety import RulesDoNotCover
from oracle.serving import Loaded
from protocol.payload import encode_tokens
from protocol.rules import Deny, Prefix, RuleSet, Scope
from protocol.types import Outcome, Sampling
from tests.oracle.asking import answer
from tests.oracle.tiny import spelt

FREE = RuleSet((Deny(Scope.INPUT, b"secret"),))
PATIENCE = 30.0
FAST = 1e6
"""Tokens a second: no deadline keeps anyone apart."""


class Watched(Engine):
    """An engine that waits to be let go, and notes how many it was given at each step."""

    def __init__(self, model: Model, before: Callable[[Sequence[Stream]], None] = lambda _: None) -> None:
        super().__init__(model)
        self.go = threading.Event()
        self.widths: list[int] = []
        self._before = before

    def step(self, streams: Sequence[Stream]) -> None:
        assert self.go.wait(PATIENCE)
        self.widths.append(len(streams))
        self._before(streams)
        super().step(streams)


def task(text: str = "hello", tokens: int = 6, seed: int = 0, seconds: float = 60.0, rules: RuleSet = FREE) -> Task:
    payload = encode_tokens(spelt(text))
    deadline = time.monotonic() + seconds
    return Task(payload, Sampling(tokens, 1_000, seed).pack(), rules, len(spelt(text)), deadline)


def batching(engine: Engine, most: int = 8, rate: float = FAST) -> Batching:
    return Batching(Loaded(engine, rate, rate), most=most, slack=2.0, name="test")


def together(engine: Watched, tasks: Sequence[Task], most: int = 8, rate: float = FAST) -> None:
    """Adds the tasks before the first step, and waits until all have ended."""
    jobs = batching(engine, most, rate)
    for each in tasks:
        jobs.add(each)
    engine.go.set()
    jobs.join()
    assert jobs.is_idle


def alone(engine: Engine, of: Task) -> Answered | None:
    return answer(engine, of.rules, of.payload, Sampling.unpack(of.sampling))


def found(of: Task) -> Answered | None:
    return of.future.result(0)[0]


def same(left: Answered | None, right: Answered | None) -> bool:
    assert left is not None
    assert right is not None
    return (left.outcome, left.output) == (right.outcome, right.output)


@settings(max_examples=15, deadline=None)
@given(
    asked=st.lists(st.tuples(st.text("abc", min_size=1, max_size=20), st.integers(1, 9), st.integers(0, 9)), min_size=1)
)
def test_company_changes_no_answer(tiny_model: Model, tiny_engine: Engine, asked: list[tuple[str, int, int]]) -> None:
    tasks, engine = [task(*each) for each in asked], Watched(tiny_model)
    together(engine, tasks)
    assert all(same(found(each), alone(tiny_engine, each)) for each in tasks)


def test_jobs_share_their_steps(tiny_model: Model) -> None:
    engine = Watched(tiny_model)
    together(engine, [task(tokens=6, seed=seed) for seed in range(5)])
    assert engine.widths[1:5] == [5] * 4
    assert len(engine.widths) <= 7


def test_no_more_than_the_most_are_computed_at_once(tiny_model: Model) -> None:
    engine = Watched(tiny_model)
    tasks = [task(seed=seed) for seed in range(7)]
    together(engine, tasks, most=3)
    assert max(engine.widths) == 3
    assert all(found(each) for each in tasks)


def test_nobody_joins_who_might_cost_another_its_deadline(tiny_model: Model) -> None:
    """At four tokens a second two of eight tokens take four seconds together, eight with slack."""
    engine = Watched(tiny_model)
    together(engine, [task("a", 8, seconds=5.0), task("b", 8, seconds=60.0)], rate=4.0)
    assert engine.widths[:3] == [1, 1, 1], "until what is left of the first fits"
    engine = Watched(tiny_model)
    together(engine, [task("a", 8, seconds=50.0), task("b", 8, seconds=60.0)], rate=4.0)
    assert engine.widths[1:3] == [2, 2]


def test_whose_deadline_is_first_begins_first(tiny_model: Model) -> None:
    ended: list[str] = []
    engine, jobs = Watched(tiny_model), [("late", 50.0), ("later", 60.0), ("soon", 20.0)]
    running = batching(engine, most=1)
    running.add(task("running", 3))
    for name, seconds in jobs:
        waiting = task(name, 3, seconds=seconds)
        waiting.future.add_done_callback(lambda _, name=name: ended.append(name))  # type: ignore[misc]
        running.add(waiting)
    engine.go.set()
    running.join()
    assert ended == ["soon", "late", "later"]


def test_one_that_is_stopped_leaves_the_others_as_they_were(tiny_model: Model, tiny_engine: Engine) -> None:
    tasks = [task(tokens=9, seed=seed) for seed in range(3)]
    engine = Watched(tiny_model, lambda streams: tasks[1].stop.set() if len(streams[0].output) == 3 else None)
    together(engine, tasks)
    assert found(tasks[1]) is None
    assert all(same(found(tasks[i]), alone(tiny_engine, tasks[i])) for i in (0, 2))


def test_one_that_is_stopped_before_it_began_is_never_computed(tiny_model: Model) -> None:
    engine, tasks = Watched(tiny_model), [task(seed=0), task(seed=1)]
    jobs = batching(engine, most=1)
    for each in tasks:
        jobs.add(each)
    tasks[1].stop.set()
    engine.go.set()
    jobs.join()
    assert found(tasks[0]) is not None
    assert found(tasks[1]) is None
    assert len(engine.widths) == 6


def test_a_fault_of_one_costs_no_other_its_answer(tiny_model: Model, tiny_engine: Engine) -> None:
    def breaks(streams: Sequence[Stream]) -> None:
        if any(stream.sampling.seed == 2 and len(stream.output) == 4 for stream in streams):
            raise MemoryError("not enough for this one")

    tasks = [task(tokens=9, seed=seed) for seed in range(4)]
    together(Watched(tiny_model, breaks), tasks)
    assert isinstance(tasks[2].future.exception(0), MemoryError)
    assert all(same(found(tasks[i]), alone(tiny_engine, tasks[i])) for i in (0, 1, 3))


def test_refusals_and_rules_that_do_not_cover_end_their_own_job_alone(tiny_model: Model, tiny_engine: Engine) -> None:
    strange = task(rules=RuleSet((Prefix(bytes(32), (1,), "For another."),)))
    refused, answered = task("secret"), task("fine")
    together(Watched(tiny_model), [strange, refused, answered])
    with pytest.raises(RulesDoNotCover):
        strange.future.result(0)
    result = found(refused)
    assert result is not None
    assert result.outcome is Outcome.INPUT_REFUSED
    assert same(found(answered), alone(tiny_engine, answered))


def test_a_newcomer_joins_those_under_way(tiny_model: Model, tiny_engine: Engine) -> None:
    late = task("late", 5, seed=9)

    def joining(streams: Sequence[Stream]) -> None:
        if len(streams) == 1 and len(streams[0].output) == 4:
            jobs.add(late)

    engine = Watched(tiny_model, joining)
    jobs, first = batching(engine), task(tokens=12, seed=1)
    jobs.add(first)
    engine.go.set()
    jobs.join()
    assert 2 in engine.widths
    assert all(same(found(each), alone(tiny_engine, each)) for each in (first, late))
