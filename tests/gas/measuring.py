"""Measures jobs by their receipts: what a client, an operator and a settler really pay, calldata and all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from protocol.chain import Receipt
from protocol.events import ItemSkipped, JobAccepted, JobSettled, JobSubmitted, ResultPosted
from protocol.facts import JobRecord, fold, open_job
from protocol.intents import Call
from protocol.types import Answer, JobId, JobStatus, Outcome, Submission, Work
from tests.chain import World, make_submission

INPUT = bytes(range(1, 129))
OUTPUT = bytes(range(129, 256)) + b"\x01"
TRACE = bytes(range(100, 132))
VERBS = ("submit", "accept", "post", "settle")


@dataclass(frozen=True, slots=True)
class Gas:
    """Gas of each verb's transaction, for `jobs` jobs together."""

    jobs: int
    submit: int
    accept: int
    post: int
    settle: int

    @property
    def per_job(self) -> int:
        """The whole life of one job; rounded up."""
        return -(-(self.submit + self.accept + self.post + self.settle) // self.jobs)


def measure(world: World) -> dict[str, Gas]:
    """A whole job alone and in a batch of ten, both in steady state: the same parties have settled one before."""
    bench = Bench(world)
    bench.one()
    return {"alone": bench.one(), "in a batch of ten": bench.batch(10)}


class Bench:
    """Runs jobs of one client, one operator and one model on a deployed protocol."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.escrow = world.contracts.escrow
        self.sheet = world.sheet()
        self.submission = make_submission(payload=INPUT)
        self._records: dict[JobId, JobRecord] = {}

    def one(self) -> Gas:
        """A job by the single verbs."""
        submitted = self._send("client", self.escrow.submit_job(self.sheet, self.submission))
        (job,) = self._follow(submitted)
        accepted = self._send("operator", self.escrow.accept_job(job, self._records[job].offer))
        posted = self._send("operator", self.escrow.post_result(job, self._work(job), Outcome.ANSWERED, TRACE, OUTPUT))
        self._wait()
        settled = self._send("watcher", self.escrow.settle_job(job, self._answer(job)))
        return self._gas([job], submitted, accepted, posted, settled)

    def batch(self, size: int) -> Gas:
        """`size` jobs by the batch verbs."""
        submissions: list[Submission] = [self.submission] * size
        submitted = self._send("client", self.escrow.submit_jobs(self.sheet, submissions))
        jobs = self._follow(submitted)
        accepted = self._send("operator", self.escrow.accept_jobs(jobs, [self._records[job].offer for job in jobs]))
        works, outcomes, outputs = [self._work(job) for job in jobs], [Outcome.ANSWERED] * size, [OUTPUT] * size
        posted = self._send("operator", self.escrow.post_results(jobs, works, outcomes, [TRACE] * size, outputs))
        self._wait()
        settled = self._send("watcher", self.escrow.settle_jobs(jobs, [self._answer(job) for job in jobs]))
        return self._gas(jobs, submitted, accepted, posted, settled)

    def _gas(self, jobs: Iterable[JobId], *receipts: Receipt) -> Gas:
        records = [self._records[job] for job in jobs]
        assert all(record.status is JobStatus.SETTLED for record in records), "every measured job ends settled"
        return Gas(len(records), *(receipt.gas_used for receipt in receipts))

    def _send(self, name: str, call: Call) -> Receipt:
        receipt = self.world.send(name, call)
        timestamp = self.world.chain.block(receipt.block_number).timestamp
        for event in self.world.events(receipt):
            assert not isinstance(event, ItemSkipped), "no item of a measured batch is skipped"
            if isinstance(event, JobSubmitted):
                self._records[event.id] = open_job(event, self.sheet, timestamp)
            elif isinstance(event, JobAccepted | ResultPosted | JobSettled):
                self._records[event.id] = fold(self._records[event.id], event, timestamp)
        return receipt

    def _follow(self, receipt: Receipt) -> list[JobId]:
        return [event.id for event in self.world.events(receipt) if isinstance(event, JobSubmitted)]

    def _work(self, job: JobId) -> Work:
        work = self._records[job].work
        assert work is not None
        return work

    def _answer(self, job: JobId) -> Answer:
        answer = self._records[job].answer
        assert answer is not None
        return answer

    def _wait(self) -> None:
        self.world.travel(self.sheet.terms.challenge_seconds + 1)
