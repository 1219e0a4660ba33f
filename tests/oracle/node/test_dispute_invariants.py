"""Whatever a stranger does, an honest operator never loses and a cheat always does: I-3 and I-4, at random."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.random import Generator

from oracle.dispute.known import Shown
from oracle.dispute.watcher import Watcher
from oracle.engine import Engine
from oracle.models import load_model
from oracle.node import Node
from oracle.store import Store
from protocol.cast import CAST
from protocol.computation import Evidence
from protocol.facts import JobRecord
from protocol.intents import Call
from protocol.parts import list_head
from protocol.payload import Witness, encode_witness
from protocol.reverts import Reverted
from protocol.types import Address, Answer, JobId, JobStatus, ModelFacts, Outcome
from tests.chain import World
from tests.oracle.node.disputing import STAKE, Cheat, docket_of, turn_watcher, watching
from tests.oracle.node.operators import Operators, ask, status

GAMES = int(os.environ.get("DISPUTE_GAMES", "6"))
STEPS, LONGEST_STEP, LAST_STEPS = 60, 30, 80
OPERATOR = CAST["operator"].address


@dataclass
class Stranger(Cheat):
    """Does whatever comes to mind with any job: demands, announces, shows, convicts and settles, mostly in vain."""

    name: str = "holder1"
    random: Generator = field(default_factory=np.random.default_rng)

    def act(self, jobs: list[JobId]) -> None:
        job = jobs[int(self.random.integers(len(jobs)))]
        acts = [self._demand, self._demand, self._demand_trace, self._commit, self._show, self._silence, self._settle]
        with suppress(Reverted, StopIteration):
            self.world.send(self.name, acts[int(self.random.integers(len(acts)))](job))

    def demand_trace(self, job: JobId) -> None:
        self.world.send(self.name, self._demand_trace(job))

    def _answer(self, job: JobId) -> Answer:
        answer = self.record(job).answer
        if answer is None:
            raise StopIteration
        return answer

    def _demand_trace(self, job: JobId) -> Call:
        answer, facts = self._answer(job), self.matter(job).facts(Shown())
        return self.world.contracts.disputes.demand_trace(job, answer, Outcome.ANSWERED, facts.output, facts.trace)

    def _demand(self, job: JobId) -> Call:
        answer, case = self._answer(job), docket_of(self.world, job).case
        if case is None:
            return self._demand_trace(job)
        list_ = int(self.random.integers(len(self.book.book.lists)))
        record = list_head(list_, self.book.book.lists[list_])
        evidence = Evidence(record, *self.book.book.prove(record), b"", ())
        position = int(self.random.integers(case.computation.positions + 1))
        return self.world.contracts.disputes.demand_parts(job, case, answer, position, evidence)

    def _commit(self, job: JobId) -> Call:
        return self.world.contracts.disputes.commit(job, self._answer(job), self.random.bytes(32))

    def _show(self, job: JobId) -> Call:
        return self.world.contracts.disputes.show_leaf(job, self.random.bytes(32), self.random.bytes(9))

    def _key(self, job: JobId) -> bytes:
        keys = list(docket_of(self.world, job).demands)
        return keys[int(self.random.integers(len(keys)))] if keys else bytes(32)

    def _silence(self, job: JobId) -> Call:
        return self.world.contracts.disputes.convict_silence(job, self._answer(job), self._key(job))

    def _settle(self, job: JobId) -> Call:
        return self.world.contracts.disputes.settle_demand(job, self._key(job))


@dataclass
class Table:
    """Everybody, and what they do in turn."""

    world: World
    node: Node
    watcher: Watcher
    cheat: Cheat
    stranger: Stranger
    random: Generator
    honest: list[JobId] = field(default_factory=list)
    wrong: list[JobId] = field(default_factory=list)

    @property
    def jobs(self) -> list[JobId]:
        return [*self.honest, *self.wrong]

    def begin(self) -> None:
        cheat = CAST["operator2"].address
        self.honest = [self._submit(OPERATOR), self._submit(OPERATOR, "my secret")]
        self.wrong = [self._submit(cheat) for _ in range(3)]
        right = self.cheat.right(self.wrong[0])
        self.cheat.serve(self.wrong[0], right[:-1])
        self.cheat.serve(self.wrong[1], (*right[:2], right[2] + 1, *right[3:]))
        self.cheat.refuse_input(self.wrong[2], encode_witness(Witness(1, 0)))
        self.until(lambda: all(status(self.world, job) is JobStatus.POSTED for job in self.honest), self.node.round)
        self.stranger.demand_trace(self.honest[0])

    def _submit(self, operator: Address, text: str = "hello") -> JobId:
        return self.world.submit(submission=ask(text, max_tokens=6, named=operator, exclusive_seconds=300))

    def step(self) -> None:
        match int(self.random.integers(4)):
            case 0:
                self.stranger.act(self.jobs)
            case 1 if self.random.integers(3):
                for job in self.wrong:
                    self.cheat.answer(job)
            case 2:
                self.watcher.round()
            case _:
                self.world.travel(int(self.random.integers(1, LONGEST_STEP)))
        self.node.round()

    def end(self) -> None:
        """An hour at a time, everybody else goes on."""
        for _ in range(LAST_STEPS):
            if all(status(self.world, job).is_final for job in self.jobs):
                break
            for _ in range(3):
                self.node.round()
                self.watcher.round()
            self.world.travel(int(self.random.integers(600, 3_000)))
        for _ in range(20):
            self.node.round()
            self.watcher.round()

    def until(self, condition: Callable[[], bool], act: Callable[[], object]) -> None:
        for _ in range(3_000):
            if condition():
                return
            act()
        pytest.fail("it never came true")


def owned(world: World, address: Address) -> int:
    contracts, account = world.contracts, world.contracts.escrow.account_of(address)
    kept = contracts.disputes.balance_of(address) + contracts.asset.balance_of(address)
    return account.free + account.locked + kept


def price_of(record: JobRecord) -> int:
    assert record.answer is not None
    return record.answer.price


@pytest.mark.parametrize("seed", range(GAMES))
def test_I_3_an_honest_operator_never_loses_and_I_4_a_cheat_always_does(  # noqa: N802
    served_world: World, operators: Operators, tiny_store: Store, tiny_facts: ModelFacts, seed: int
) -> None:
    world, random = served_world, np.random.default_rng(seed)
    for name in ("watcher", "holder1"):
        world.send(name, world.contracts.asset.mint(CAST[name].address, STAKE))
    world.send("holder1", world.contracts.asset.approve(world.contracts.disputes.address, STAKE))
    world.send("holder1", world.contracts.disputes.deposit(STAKE))
    world.close()
    engine = Engine(load_model(tiny_store, tiny_facts.manifest))
    before = {name: owned(world, CAST[name].address) for name in ("client", "operator", "operator2", "watcher")}
    with ExitStack() as stack:
        watcher = stack.enter_context(watching(world, tiny_store))
        turn_watcher(watcher)
        cheat, stranger = Cheat(world, engine), Stranger(world, engine, random=random)
        table = Table(world, operators.ready(world), watcher, cheat, stranger, random)
        table.begin()
        for _ in range(STEPS):
            table.step()
        table.end()

    assert [status(world, job) for job in table.honest] == [JobStatus.SETTLED] * len(table.honest)
    assert [status(world, job) for job in table.wrong] == [JobStatus.CONVICTED] * len(table.wrong)
    prices = sum(price_of(cheat.record(job)) for job in table.honest)
    assert before["client"] - owned(world, CAST["client"].address) == prices, "the client paid for what was right alone"
    assert owned(world, OPERATOR) >= before["operator"] + prices * 85 // 100, "the operator is paid"
    assert owned(world, CAST["operator2"].address) < before["operator2"]
    assert owned(world, CAST["watcher"].address) > before["watcher"]
    for job in table.jobs:
        answer, ended = cheat.record(job).answer, cheat.record(job).events[-1]
        assert answer is not None
        bound = answer.posted_at + answer.terms.challenge_seconds + answer.terms.dispute_seconds
        assert world.chain.block(ended.log.block_number).timestamp <= bound + 3_000, (
            "it ended in the time that is stated"
        )
    demands = [demand for job in table.jobs for demand in docket_of(world, job).demands.values()]
    assert any(demand.challenger == CAST["holder1"].address for demand in demands), "the stranger did something"
    assert held(world) == owed(world, table.jobs), "the referee holds what it owes"


def held(world: World) -> int:
    return world.contracts.asset.balance_of(world.contracts.disputes.address)


def owed(world: World, jobs: list[JobId]) -> int:
    """Balances of all who ever had one, and bonds that are not paid out."""
    accounts = [*(member.address for member in CAST.values()), world.deployment.address_of("CommonholdTimelock")]
    dockets = [docket_of(world, job) for job in jobs]
    bonds = [demand.bond for docket in dockets for demand in docket.demands.values() if not demand.paid]
    bonds += [found.bond for docket in dockets for found in docket.announced if not found.paid]
    return sum(map(world.contracts.disputes.balance_of, accounts)) + sum(bonds)
