"""People who do anything that the protocol lets them, in an order that a seed decides."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from protocol.cast import CAST
from protocol.payload import Witness, encode_witness
from protocol.plan import DAY, DOLLAR, HOLD
from protocol.reverts import Reverted
from protocol.transactions import Call, TransactionReverted
from protocol.types import ZERO_ADDRESS, Address, JobId, Outcome
from tests.chain import World, make_submission
from tests.indexer import acting
from tests.indexer.acting import address

OPERATORS = ("operator", "operator2")
HOLDERS = ("holder1", "holder2", "steward")


class Anything:
    """Each call of `act` tries one thing; what the contracts refuse has happened to nobody."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.random = world, Random(seed)
        self.jobs: list[JobId] = []
        self.done: dict[str, int] = {}
        self._actions: tuple[tuple[Callable[[], object], int], ...] = (
            (self.serve, 6),
            (self.submit, 5),
            (self.accept, 8),
            (self.post, 8),
            (self.settle, 4),
            (self.cancel, 1),
            (self.expire_offer, 1),
            (self.expire_work, 1),
            (self.deposit, 1),
            (self.withdraw, 1),
            (self.split, 4),
            (self.claim, 2),
            (self.claim_emission, 1),
            (self.transfer_hold, 1),
            (self.stake, 2),
            (self.unstake, 1),
            (self.withdraw_stake, 1),
            (self.delegate, 1),
            (self.claim_revenue, 2),
            (self.wait, 1),
        )

    def act(self, times: int) -> None:
        actions, weights = zip(*self._actions, strict=True)
        for action in self.random.choices(actions, weights, k=times):
            try:
                action()
            except (Reverted, TransactionReverted, NothingToDo):
                continue
            self.done[action.__name__] = self.done.get(action.__name__, 0) + 1

    def submit(self) -> None:
        fee = self.random.randrange(1, 3 * DOLLAR)
        named, alone = self.random.choice(((ZERO_ADDRESS, 0), (address("operator"), 60), (address("operator2"), 60)))
        submission = make_submission(min_fee=fee // 2, max_fee=fee, named=named, exclusive_seconds=alone)
        client = self.random.choice(("client", "operator2"))
        self.jobs.append(self.world.submit(client, submission))

    def serve(self) -> None:
        """A job that goes as it should, from the offer to the fee."""
        self.submit()
        job = self.jobs[-1]
        acting.accept(self.world, job, self._operator_of(job))
        self._post(job)
        acting.settle(self.world, job)

    def accept(self) -> None:
        acting.accept(self.world, self._job(), self.random.choice(OPERATORS))

    def post(self) -> None:
        job = self._job()
        if acting.record(self.world, job).work is None:
            raise NothingToDo
        self._post(job)

    def settle(self) -> None:
        job = self._job()
        if acting.record(self.world, job).answer is None:
            raise NothingToDo
        acting.settle(self.world, job)

    def cancel(self) -> None:
        acting.cancel(self.world, self._job())

    def expire_offer(self) -> None:
        acting.expire_offer(self.world, self._job())

    def expire_work(self) -> None:
        job = self._job()
        if acting.record(self.world, job).work is None:
            raise NothingToDo
        acting.expire_work(self.world, job)

    def deposit(self) -> None:
        self.world.fund(self.random.choice(list(CAST)), self.random.randrange(1, 5 * DOLLAR))

    def withdraw(self) -> None:
        amount = self.random.randrange(1, 2 * DOLLAR)
        self._send(self.world.contracts.escrow.withdraw(self._anybody(), amount))

    def split(self) -> None:
        acting.split(self.world, self.random.choice(OPERATORS))

    def claim(self) -> None:
        self.world.send("curator", self.world.contracts.pool.claim(self._anybody()))

    def claim_emission(self) -> None:
        pool = self.world.contracts.pool
        epoch = max(0, pool.current_epoch() - 1)
        self._send(pool.claim_emission(epoch, address(self.random.choice((*OPERATORS, "curator")))))

    def transfer_hold(self) -> None:
        amount = self.random.randrange(1, 100 * HOLD)
        self._send(self.world.contracts.hold.transfer(self._anybody(), amount))

    def stake(self) -> None:
        acting.stake(self.world, self.random.choice(HOLDERS), self.random.randrange(1, 1_000 * HOLD))

    def unstake(self) -> None:
        amount = self.random.randrange(1, 500 * HOLD)
        self.world.send(self.random.choice(HOLDERS), self.world.contracts.staked_hold.request_unstake(amount))

    def withdraw_stake(self) -> None:
        holder = self.random.choice(HOLDERS)
        self.world.send(holder, self.world.contracts.staked_hold.withdraw(self.random.randrange(2), self._anybody()))

    def delegate(self) -> None:
        self.world.send(self.random.choice(HOLDERS), self.world.contracts.staked_hold.delegate(self._anybody()))

    def claim_revenue(self) -> None:
        self.world.send(self.random.choice(HOLDERS), self.world.contracts.staked_hold.claim_revenue(self._anybody()))

    def wait(self) -> None:
        self.world.travel(self.random.choice((60, DAY, 8 * DAY)))

    def _post(self, job: JobId) -> None:
        outcome = self.random.choice(list(Outcome))
        output = acting.OUTPUT if outcome is Outcome.ANSWERED else encode_witness(Witness(0, 0))
        acting.post(self.world, job, outcome, output)

    def _job(self) -> JobId:
        if not self.jobs:
            raise NothingToDo
        return self.random.choice(self.jobs[-3:])

    def _operator_of(self, job: JobId) -> str:
        named = acting.offer_of(self.world, job).named
        return self.random.choice(OPERATORS) if named == ZERO_ADDRESS else acting.NAMES[named]

    def _anybody(self) -> Address:
        return address(self.random.choice(list(CAST)))

    def _send(self, call: Call) -> None:
        self.world.send(self.random.choice(list(CAST)), call)


class NothingToDo(Exception):
    """There is nothing yet that this could be done to."""
