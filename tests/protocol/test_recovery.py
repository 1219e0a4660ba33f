"""Recovery: whoever lost every file gets a job's facts back from logs, or is told that the node holds some back."""

from collections.abc import Sequence
from typing import Any

import pytest

from protocol.cast import CAST
from protocol.chain import Chain, RpcError
from protocol.events import JobAccepted, ResultPosted, topic_of
from protocol.facts import EventsIncomplete, JobRecord
from protocol.recovery import JobUnknown, Recovery, open_jobs, recover_job
from protocol.types import JobId, JobStatus, Outcome, Work
from tests.chain import World, make_submission

OUTPUT = b"\0\0\x2a" * 5
TRACE = bytes(range(32))
CLIENT, OPERATOR, OPERATOR2 = (CAST[name].address for name in ("client", "operator", "operator2"))


def found(world: World, id_: JobId) -> JobRecord:
    """The job as recovered; what was recovered is proven by the escrow's word."""
    record = recover_job(world.chain, world.deployment, id_)
    assert world.contracts.escrow.commitment_of(id_) == record.commitment
    return record


def accept(world: World, id_: JobId, operator: str = "operator") -> Work:
    world.send(operator, world.contracts.escrow.accept_job(id_, found(world, id_).offer))
    work = found(world, id_).work
    assert work is not None
    return work


def post(world: World, id_: JobId, operator: str = "operator") -> None:
    work = accept(world, id_, operator)
    world.send(operator, world.contracts.escrow.post_result(id_, work, Outcome.ANSWERED, TRACE, OUTPUT))


def test_a_whole_job_is_recovered_at_each_of_its_states(world: World) -> None:
    submission = make_submission()
    id_ = world.submit(submission=submission)
    record = found(world, id_)
    assert (record.status, record.submission, record.sheet) == (JobStatus.OPEN, submission, world.sheet())
    assert (record.offer.client, record.nonce) == (CLIENT, 0)

    work = accept(world, id_)
    assert (found(world, id_).status, work.operator) == (JobStatus.ACCEPTED, OPERATOR)

    world.send("operator", world.contracts.escrow.post_result(id_, work, Outcome.ANSWERED, TRACE, OUTPUT))
    record = found(world, id_)
    assert (record.status, record.outcome) == (JobStatus.POSTED, Outcome.ANSWERED)
    assert (record.trace, record.output) == (TRACE, OUTPUT)
    assert record.answer is not None

    world.travel(record.answer.terms.challenge_seconds)
    world.send("watcher", world.contracts.escrow.settle_job(id_, record.answer))
    record = found(world, id_)
    assert (record.status, record.facts) == (JobStatus.SETTLED, None)
    assert [type(event).__name__ for event in record.events] == [
        "JobSubmitted",
        "JobAccepted",
        "ResultPosted",
        "JobSettled",
    ]


def test_a_cancelled_job_is_refunded(world: World) -> None:
    id_ = world.submit()
    world.send("client", world.contracts.escrow.cancel_job(id_, found(world, id_).offer))
    assert found(world, id_).status is JobStatus.REFUNDED


def test_a_job_whose_operator_failed_is_open_again_and_another_takes_it(world: World) -> None:
    id_ = world.submit(submission=make_submission(offer_seconds=6_000, service_seconds=60))
    work = accept(world, id_)
    world.travel(work.post_by - world.now() + 60)
    world.send("watcher", world.contracts.escrow.expire_work(id_, work, found(world, id_).offer))
    assert (found(world, id_).status, found(world, id_).work) == (JobStatus.OPEN, None)
    assert accept(world, id_, "operator2").operator == OPERATOR2


def test_everything_of_a_batch_is_recovered(world: World) -> None:
    call = world.contracts.escrow.submit_jobs(world.sheet(), [make_submission(payload=bytes(3 * n)) for n in (1, 2, 3)])
    events = world.events(world.send("client", call))
    ids = [event.id for event in events]  # type: ignore[attr-defined]
    assert [found(world, id_).nonce for id_ in ids] == [0, 1, 2]


def test_an_account_finds_its_open_jobs_oldest_first(world: World) -> None:
    done, open_, taken, taken_over = (world.submit() for _ in range(4))
    world.send("client", world.contracts.escrow.cancel_job(done, found(world, done).offer))
    accept(world, taken)
    accept(world, taken_over, "operator2")

    def ids(address: str) -> list[JobId]:
        return [record.id for record in open_jobs(world.chain, world.deployment, CAST[address].address)]

    assert ids("client") == [open_, taken, taken_over]
    assert ids("operator") == [taken]
    assert ids("operator2") == [taken_over]
    assert ids("client2") == []


def test_what_open_jobs_lock_is_what_the_escrow_has_locked(world: World) -> None:
    post(world, world.submit())
    accept(world, world.submit(submission=make_submission(max_fee=7_000_001)))
    world.submit()
    for address in (CLIENT, OPERATOR):
        locked = sum(record.locked_of(address) for record in open_jobs(world.chain, world.deployment, address))
        assert locked == world.contracts.escrow.account_of(address).locked > 0


def test_a_job_that_never_was_is_named(world: World) -> None:
    with pytest.raises(JobUnknown, match=rf"no job 0x{'11' * 32} was submitted to the escrow 0x.* of chain 31337"):
        recover_job(world.chain, world.deployment, JobId(b"\x11" * 32))


@pytest.mark.parametrize("left_out", [JobAccepted, ResultPosted])
def test_a_node_that_leaves_out_logs_is_found_out(world: World, left_out: type[JobAccepted | ResultPosted]) -> None:
    id_ = world.submit()
    post(world, id_)
    with pytest.raises(EventsIncomplete), Forgetful(world.url, topic_of(left_out)) as chain:
        recover_job(chain, world.deployment, id_)


def test_a_node_that_answers_short_ranges_only_is_asked_for_them(world: World) -> None:
    id_ = world.submit()
    post(world, id_)
    with Bounded(world.url, 7) as chain:
        assert recover_job(chain, world.deployment, id_) == found(world, id_)
        assert chain.refused > 0


def test_reads_are_of_one_block_whatever_comes_after(world: World) -> None:
    id_ = world.submit()
    recovery = Recovery(world.chain, world.deployment)
    accept(world, id_)
    assert recovery.job(id_).status is JobStatus.OPEN


class Forgetful(Chain):
    """A node that leaves out logs of one topic."""

    def __init__(self, url: str, topic: str) -> None:
        super().__init__(url)
        self.topic = topic

    def logs(self, *arguments: Any) -> list[Any]:
        return [raw for raw in super().logs(*arguments) if raw["topics"][0] != self.topic]


class Bounded(Chain):
    """A node that answers for so many blocks at once and no more."""

    def __init__(self, url: str, most: int) -> None:
        super().__init__(url)
        self.most, self.refused = most, 0

    def request(self, method: str, params: Sequence[Any]) -> Any:
        if method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= self.most:
            self.refused += 1
            raise RpcError(method, -32005, "query exceeds max block range")
        return super().request(method, params)
