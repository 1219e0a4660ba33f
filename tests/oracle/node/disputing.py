"""Both sides of disputes on a chain: operators that post what they like, and watchers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property

import pytest

from oracle.answering import Question, question_of
from oracle.dispute.defence import Defence
from oracle.dispute.defender import answers
from oracle.dispute.docket import DISPUTE_EVENTS, Docket
from oracle.dispute.held import HeldTrace, hold
from oracle.dispute.known import Shown
from oracle.dispute.matter import Matter, book_of
from oracle.dispute.solver import ModelBook
from oracle.dispute.watcher import Watcher
from oracle.engine import Engine
from oracle.health import Health
from oracle.metrics import Metrics
from oracle.service import open_watcher
from oracle.store import Store
from protocol import rules
from protocol.cast import CAST
from protocol.chain import Chain
from protocol.computation import Evidence
from protocol.events import Event, decode
from protocol.facts import JobRecord
from protocol.intents import Call
from protocol.parts import list_head
from protocol.payload import encode_elements, encode_tokens
from protocol.plan import DOLLAR
from protocol.recovery import recover_job
from protocol.reverts import Reverted
from protocol.solidity import Address
from protocol.trace import NO_TRACE
from protocol.types import JobId, JobStatus, Outcome, Sampling
from tests.chain import World
from tests.oracle.node.operators import PATIENCE, RULES, ask, settings_of

BOND = 4 * DOLLAR
"""Of the jobs here: twice the client's most."""
STAKE = 100 * DOLLAR


@dataclass
class Cheat:
    """An operator that posts what it likes, and shows what it committed to."""

    world: World
    engine: Engine
    name: str = "operator2"
    document: bytes = RULES
    defences: dict[JobId, Defence] = field(default_factory=dict)

    @cached_property
    def book(self) -> ModelBook:
        return book_of(self.engine.model)

    def question(self, job: JobId) -> Question:
        record = self.record(job)
        sampling = Sampling.judged(record.submission.sampling)
        found = question_of(self.engine.model, rules.decode(self.document), record.submission.input, sampling)
        assert isinstance(found, Question)
        return found

    def record(self, job: JobId) -> JobRecord:
        return recover_job(self.world.chain, self.world.deployment, job)

    def matter(self, job: JobId) -> Matter:
        model = self.engine.model
        return Matter(self.record(job), rules.decode(self.document), model, self.book)

    def right(self, job: JobId) -> tuple[int, ...]:
        """The output's tokens; none of a model that embeds."""
        if self.engine.model.program.embeds:
            return ()
        question = self.question(job)
        return self.engine.run(question.prompt_ids, question.sampling).output

    def serve_longer_than_the_context(self, job: JobId) -> None:
        """Posts more tokens than the program can read, and the sizes and hashes of such a trace, made up."""
        escrow, question = self.world.contracts.escrow, self.question(job)
        self.world.send(self.name, escrow.accept_job(job, self.record(job).offer))
        work = self.record(job).work
        assert work is not None
        tokens = (7,) * self.engine.model.program.context_length
        held = hold(self.engine, question.prompt_ids, tokens[:1])
        columns = [*held.columns[:-1], held.columns[-1].repeat(len(tokens), 0)]
        made_up = HeldTrace(columns, [*question.prompt_ids, *tokens], len(tokens), [7] * len(tokens))
        self.defences[job] = Defence(self.book, made_up)
        trace = made_up.trace.commitment(job)
        self.world.send(self.name, escrow.post_result(job, work, Outcome.ANSWERED, trace, encode_tokens(tokens)))

    def refuse_input(self, job: JobId, witness: bytes, trace: bytes = NO_TRACE) -> None:
        """Says that a rule forbids the input."""
        escrow = self.world.contracts.escrow
        self.world.send(self.name, escrow.accept_job(job, self.record(job).offer))
        work = self.record(job).work
        assert work is not None
        self.world.send(self.name, escrow.post_result(job, work, Outcome.INPUT_REFUSED, trace, witness))

    def refuse_output(self, job: JobId, tokens: tuple[int, ...], witness: bytes) -> None:
        """Says that a rule forbids to show what it generated, and commits to these tokens."""
        escrow = self.world.contracts.escrow
        self.world.send(self.name, escrow.accept_job(job, self.record(job).offer))
        work = self.record(job).work
        assert work is not None
        self.defences[job] = Defence(self.book, hold(self.engine, self.question(job).prompt_ids, tokens))
        trace = self.defences[job].held.trace.commitment(job)
        self.world.send(self.name, escrow.post_result(job, work, Outcome.OUTPUT_REFUSED, trace, witness))

    def serve(
        self, job: JobId, tokens: tuple[int, ...], wrong: Callable[[Defence], Defence] = lambda found: found
    ) -> None:
        """Posts these tokens, or what it embeds, with the trace of a computation in which something may be wrong."""
        escrow = self.world.contracts.escrow
        self.world.send(self.name, escrow.accept_job(job, self.record(job).offer))
        work = self.record(job).work
        assert work is not None
        held = hold(self.engine, self.question(job).prompt_ids, tokens)
        defence = self.defences[job] = wrong(Defence(self.book, held))
        trace = defence.held.trace.commitment(job)
        output = encode_elements(defence.embedding) if self.engine.model.program.embeds else encode_tokens(tokens)
        self.world.send(self.name, escrow.post_result(job, work, Outcome.ANSWERED, trace, output))

    def answer(self, job: JobId, docket: Docket | None = None) -> None:
        """Shows all that is due; or what was when this docket was read. What rests on nothing cannot be asked for."""
        if job not in self.defences:
            return
        client, docket = self.world.contracts.disputes, docket or docket_of(self.world, job)
        for showing in answers(client, self.matter(job), docket, self.defences[job], self.world.now()):
            with suppress(Reverted):  # what a reorganisation took back is asked again
                self.world.send(self.name, showing.call)


def dispute_events(world: World, job: JobId) -> list[Event]:
    logs = world.chain.logs(world.deployment.block, "latest", [world.contracts.disputes.address])
    events = [decode(raw) for raw in logs]
    return [event for event in events if isinstance(event, DISPUTE_EVENTS) and getattr(event, "id") == job]  # noqa: B009


def docket_of(world: World, job: JobId) -> Docket:
    docket = Docket()
    for event in dispute_events(world, job):
        docket.take(event)
    return docket


@contextmanager
def watching(world: World, store: Store, name: str = "watcher", **changes: object) -> Iterator[Watcher]:
    settings = settings_of(world, store, name, **changes)
    health = Health(settings.stale_seconds)
    with open_watcher(settings, Chain.of(settings.chain), world.deployment, health, Metrics()) as watcher:
        yield watcher


def play(watcher: Watcher, cheat_: Cheat, job: JobId) -> None:
    """Until the job is convicted: each in turn."""
    deadline = time.monotonic() + 2 * PATIENCE
    while cheat_.world.contracts.escrow.status_of(job) is not JobStatus.CONVICTED:
        if time.monotonic() > deadline:
            pytest.fail(f"not convicted: {docket_of(cheat_.world, job).demands.keys()}")
        watcher.round()
        cheat_.answer(job)


def submitted(world: World) -> JobId:
    return world.submit(submission=ask(max_tokens=6))


@dataclass(frozen=True)
class Purse:
    """What everybody owns: in the escrow, and at the referee."""

    client: int
    operator: int
    watcher: int
    treasury: int

    @classmethod
    def of(cls, world: World) -> Purse:
        escrow, disputes, asset = world.contracts.escrow, world.contracts.disputes, world.contracts.asset

        def owned(address: Address) -> int:
            account = escrow.account_of(address)
            return account.free + account.locked + disputes.balance_of(address) + asset.balance_of(address)

        names = (CAST[name].address for name in ("client", "operator2", "watcher"))
        return cls(*map(owned, names), owned(world.deployment.address_of("CommonholdTimelock")))


def repaid(world: World, job: JobId) -> int:
    """What a conviction pays to those who had things shown."""
    shown = [demand for demand in docket_of(world, job).demands.values() if demand.shown]
    return len(shown) * world.contracts.disputes.showing_cost()


def due_calls(operator: Cheat, job: JobId, docket: Docket) -> list[Call]:
    """What the operator would send to show all that is due."""
    client, now = operator.world.contracts.disputes, operator.world.now()
    return [found.call for found in answers(client, operator.matter(job), docket, operator.defences[job], now)]


def turn_watcher(watcher: Watcher) -> None:
    """Until it has loaded its model and read the chain."""
    deadline = time.monotonic() + PATIENCE
    while not watcher.is_ready:
        assert time.monotonic() < deadline, watcher.health.read()
        watcher.round()


@dataclass
class Liar(Cheat):
    """Demands whatever can be demanded of a result."""

    def demand_much(self, job: JobId, count: int, held: HeldTrace | None = None) -> int:
        """What was staked. `held`: the trace that was committed to, unless it is the right one."""
        disputes, world = self.world.contracts.disputes, self.world
        balance = world.contracts.asset.balance_of(CAST[self.name].address)
        world.send(self.name, world.contracts.asset.approve(disputes.address, balance))
        world.send(self.name, disputes.deposit(balance))
        matter, question = self.matter(job), self.question(job)
        held = held or hold(self.engine, question.prompt_ids, self.right(job))
        shown = Shown(held.positions, held.outputs, tuple(held.roots))
        world.send(self.name, disputes.open(job, matter.facts(shown)))
        case = docket_of(world, job).case
        assert case is not None
        answer = self.record(job).answer
        assert answer is not None
        places = [(list_, position) for list_ in range(len(matter.book.book.lists) - 1) for position in range(99)]
        staked = 0
        for list_, position in [place for place in places if place[1] < held.positions][:count]:
            record = list_head(list_, matter.book.book.lists[list_])
            evidence = Evidence(record, *matter.book.book.prove(record), b"", ())
            staked += disputes.next_bond(job, answer)
            world.send(self.name, disputes.demand_parts(job, case, answer, position, evidence))
        return staked
