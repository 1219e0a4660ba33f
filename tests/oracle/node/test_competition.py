"""Several operators and several jobs: who takes what, and what it costs to come second."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oracle.evidence import gather
from oracle.store import Store
from oracle.verify import Tools, compare, exit_code
from protocol.cast import CAST
from protocol.events import JobAccepted, JobSettled
from protocol.plan import DOLLAR
from protocol.pricing import fine_for
from protocol.types import JobId, JobStatus
from tests.chain import World
from tests.oracle.node.blocks import events_of, held_back, sent, told
from tests.oracle.node.endpoint import endpoint_of
from tests.oracle.node.operators import Operators, ask, counted, status, turn, turn_until, until_status

FIRST, SECOND = CAST["operator"].address, CAST["operator2"].address


def winner(world: World, job: JobId) -> str:
    return next(event.operator for event in events_of(world, job) if isinstance(event, JobAccepted))


def all_are(world: World, jobs: list[JobId], wanted: JobStatus) -> bool:
    return all(status(world, job) is wanted for job in jobs)


# ---------------------------------------------------------------- several operators


def test_two_operators_that_accept_in_one_block_lose_nothing_but_gas(served_world: World, operators: Operators) -> None:
    world, escrow = served_world, served_world.contracts.escrow
    names = ["operator", "operator2"]
    nodes = {name: operators.ready(world, name) for name in names}
    accounts = {name: escrow.account_of(CAST[name].address) for name in names}
    before = {name: sent(world, name) for name in names}
    job = world.submit("client", ask())
    with held_back(world):
        turn(nodes["operator"], 1)
        world.chain.request("anvil_dropAllTransactions", [])  # the second's node has not heard of it
        turn(nodes["operator2"], 1)
        turn(nodes["operator"], 1)
        assert all(sent(world, name) == before[name] + 1 for name in names)
    [lost] = [name for name in names if CAST[name].address != winner(world, job)]
    [won] = {*names} - {lost}
    turn(nodes[lost], 5)
    until_status(nodes[won], world, job, JobStatus.POSTED)
    turn(nodes[lost], 5)
    assert told(world, job)["ResultPosted"] == 1
    assert escrow.account_of(CAST[lost].address) == accounts[lost]
    assert sent(world, lost) == before[lost] + 1, "the loser tried once more"
    later = world.submit("client", ask("later"))
    until_status(nodes[lost], world, later, JobStatus.POSTED)


def test_an_operator_that_learns_of_a_loss_while_it_tries_sends_nothing(
    served_world: World, operators: Operators
) -> None:
    world = served_world
    first = operators.ready(world, "operator")
    with endpoint_of(world.url) as endpoint:
        second = operators.ready(replace(world, url=endpoint.url), "operator2")
        before = sent(world, "operator2")
        job = world.submit("client", ask())
        endpoint.stuck_at = world.chain.block_number()  # the second still sees it open; its simulation does not
        until_status(first, world, job, JobStatus.ACCEPTED)
        turn(second, 3)
        assert counted(second, "transactions_total", verb="accept") == 1
        endpoint.stuck_at = None
        turn(second, 3)
        assert sent(world, "operator2") == before
        operators.close()


def test_a_job_that_the_winner_let_fall_is_taken_by_another(served_world: World, operators: Operators) -> None:
    world = served_world
    first = operators.ready(world, "operator")
    job = world.submit("client", ask(offer_seconds=3_600, service_seconds=60))
    turn(first, 1)
    assert winner(world, job) == FIRST
    operators.close()
    world.travel(62)
    before = world.contracts.escrow.account_of(FIRST)
    record = gather(world.chain, world.deployment, job, 2_000).record
    assert record.work is not None
    world.send("client", world.contracts.escrow.expire_work(job, record.work, record.offer))
    second = operators.ready(world, "operator2")
    until_status(second, world, job, JobStatus.POSTED)
    after = world.contracts.escrow.account_of(FIRST)
    fine = fine_for(record.work, record.offer, opens_again=True)
    assert before.free + before.locked - after.free == fine, "the fine, no more"


def test_a_named_operator_comes_first_and_others_after_its_time(served_world: World, operators: Operators) -> None:
    world = served_world
    first, second = operators.ready(world, "operator"), operators.ready(world, "operator2")
    named = {"named": SECOND, "exclusive_seconds": 60}
    job, left = world.submit("client", ask("one", **named)), world.submit("client", ask("two", **named))
    turn(first)
    assert all_are(world, [job, left], JobStatus.OPEN)
    declined = counted(first, "declined_total", reason="named_another")
    assert declined == 2
    turn_until(second, lambda: all_are(world, [job, left], JobStatus.POSTED))
    unserved = world.submit("client", ask("three", **named))
    turn(first)
    assert status(world, unserved) is JobStatus.OPEN
    world.travel(62)
    until_status(first, world, unserved, JobStatus.POSTED)
    assert [winner(world, each) for each in (job, left, unserved)] == [SECOND, SECOND, FIRST]


# ---------------------------------------------------------------- several jobs


def test_many_jobs_are_all_served_each_with_its_own_answer_and_settled_together(
    served_world: World, operators: Operators, tiny_store: Store
) -> None:
    world, node = served_world, operators.ready(served_world, capacity=3)
    jobs = [world.submit("client", ask(f"question {number}", max_tokens=4 + number)) for number in range(7)]
    before = sent(world, "operator")
    turn(node, 1)
    assert sum(status(world, job) is JobStatus.ACCEPTED for job in jobs) == 3, "as many as its capacity at once"
    turn_until(node, lambda: all_are(world, jobs, JobStatus.POSTED))
    for job in jobs:
        evidence = gather(world.chain, world.deployment, job, 2_000)
        assert exit_code(list(compare(evidence, Tools(world.contracts, tiny_store, None)))) == 0
    world.travel(3_601)
    turn_until(node, lambda: all_are(world, jobs, JobStatus.SETTLED))
    settled = [event for job in jobs for event in events_of(world, job) if isinstance(event, JobSettled)]
    assert len({event.log.transaction_hash for event in settled}) == 1
    assert sent(world, "operator") == before + 2 * len(jobs) + 1


def test_no_more_is_accepted_than_the_free_balance_covers(served_world: World, operators: Operators) -> None:
    world, escrow, asset = served_world, served_world.contracts.escrow, served_world.contracts.asset
    bond = 4 * DOLLAR
    world.send("operator", escrow.withdraw(FIRST, escrow.account_of(FIRST).free - 3 * bond + 1))
    world.close()
    node = operators.ready(world)
    jobs = [world.submit("client", ask(f"question {number}")) for number in range(4)]
    turn_until(node, lambda: sum(status(world, job) is JobStatus.POSTED for job in jobs) == 2)
    turn(node)
    assert sorted(status(world, job) for job in jobs) == [JobStatus.OPEN] * 2 + [JobStatus.POSTED] * 2
    world.send("client", asset.mint(CAST["client"].address, 2 * bond))
    world.send("client", asset.approve(escrow.address, 2 * bond))
    world.send("client", escrow.deposit(FIRST, 2 * bond))
    turn_until(node, lambda: all_are(world, jobs, JobStatus.POSTED))


# ---------------------------------------------------------------- jobs not worth taking


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"service_seconds": 2}, "too_slow"),
        ({"min_fee": 1, "max_fee": 1}, "price_too_low"),
        ({"payload": b"\0"}, "input_malformed"),
        ({"sampling": 1 << 255}, "sampling_malformed"),
    ],
    ids=["too short a time", "too low a price", "no tokens", "no sampling"],
)
def test_a_job_that_cannot_be_served_well_is_left_alone(
    served_world: World, operators: Operators, change: dict[str, object], reason: str
) -> None:
    world, node = served_world, operators.ready(served_world, price=DOLLAR, margin_seconds=5)
    before = sent(world, "operator")
    job = world.submit("client", ask(**change))  # type: ignore[arg-type]
    turn(node)
    assert status(world, job) is JobStatus.OPEN
    assert sent(world, "operator") == before
    assert counted(node, "declined_total", reason=reason) == 1
    good = world.submit("client", ask())
    until_status(node, world, good, JobStatus.POSTED)
