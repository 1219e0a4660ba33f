"""What is accepted is posted in time, whatever happens to the process; what is too late costs the fine, no more."""

from __future__ import annotations

from collections import Counter

import pytest

from protocol.cast import CAST
from protocol.events import JobExpired
from protocol.plan import NUMBERS
from protocol.types import JobId, JobStatus
from tests.chain import World
from tests.oracle.node.blocks import events_of, held_back, sent, told
from tests.oracle.node.operators import Operators, ask, counted, turn, turn_until, until_status

OPERATOR = CAST["operator"].address
SERVICE_SECONDS = 60


def accepted(world: World, operators: Operators, **changes: object) -> JobId:
    """A job that an operator accepted and then fell over with."""
    job = world.submit("client", ask(max_tokens=32, service_seconds=SERVICE_SECONDS, **changes))
    until_status(operators.open(world), world, job, JobStatus.ACCEPTED)
    operators.close()
    return job


def test_an_operator_that_comes_back_in_time_posts(served_world: World, operators: Operators) -> None:
    world = served_world
    before = world.contracts.escrow.account_of(OPERATOR)
    job = accepted(world, operators)
    node = operators.open(world)
    until_status(node, world, job, JobStatus.POSTED)
    turn(node)
    assert told(world, job)["ResultPosted"] == 1
    account = world.contracts.escrow.account_of(OPERATOR)
    assert account.free + account.locked == before.free + before.locked


@pytest.mark.parametrize("lost", [["oracle"], ["intents"], ["oracle", "intents"]], ids=" and ".join)
def test_an_operator_that_lost_its_files_finds_its_jobs_on_the_chain(
    served_world: World, operators: Operators, lost: list[str]
) -> None:
    world = served_world
    job = accepted(world, operators)
    before = sent(world)
    for folder in lost:
        for file in (world.home / folder).glob(f"*{OPERATOR}*"):
            file.unlink()
    node = operators.open(world)
    until_status(node, world, job, JobStatus.POSTED)
    turn(node, 5)
    assert told(world, job) == Counter(JobSubmitted=1, JobAccepted=1, ResultPosted=1)
    assert sent(world) == before + 1


def test_an_operator_that_comes_back_late_pays_the_fine_gets_the_rest_and_posts_nothing(
    served_world: World, operators: Operators
) -> None:
    world = served_world
    before = world.contracts.escrow.account_of(OPERATOR)
    job = accepted(world, operators, offer_seconds=SERVICE_SECONDS)
    world.travel(SERVICE_SECONDS + 2)
    node = operators.open(world)
    until_status(node, world, job, JobStatus.REFUNDED)
    turn(node)
    [expired] = [event for event in events_of(world, job) if isinstance(event, JobExpired)]
    assert expired.fine == ask().max_fee * NUMBERS.fine_bps // 10_000
    after = world.contracts.escrow.account_of(OPERATOR)
    assert (after.free, after.locked) == (before.free - expired.fine, 0)
    assert told(world, job)["ResultPosted"] == 0
    assert counted(node, "fined_total") == expired.fine


def test_an_answer_that_came_too_late_is_not_sent(served_world: World, operators: Operators) -> None:
    world = served_world
    job = world.submit("client", ask(max_tokens=32, service_seconds=SERVICE_SECONDS, offer_seconds=SERVICE_SECONDS))
    node = operators.open(world)
    until_status(node, world, job, JobStatus.ACCEPTED)
    with held_back(world, lost=True):
        turn_until(node, lambda: counted(node, "results_total", outcome="answered") == 1)
        world.chain.request("anvil_dropAllTransactions", [])
        world.travel(SERVICE_SECONDS + 2)
    until_status(node, world, job, JobStatus.REFUNDED)
    assert told(world, job)["ResultPosted"] == 0
