"""A job from submission to payment, served by a real node with a real, tiny model on a real chain."""

from __future__ import annotations

from protocol.cast import CAST
from protocol.types import JobStatus
from tests.chain import World
from tests.oracle.node.operators import Operators, ask, until_status

OPERATOR = CAST["operator"].address


def test_a_job_is_accepted_answered_posted_and_settled(served_world: World, operators: Operators) -> None:
    world = served_world
    before = world.contracts.escrow.account_of(OPERATOR)
    job = world.submit("client", ask(max_tokens=8))
    node = operators.open(world)
    until_status(node, world, job, JobStatus.POSTED)
    world.travel(3_601)
    until_status(node, world, job, JobStatus.SETTLED)
    after = world.contracts.escrow.account_of(OPERATOR)
    assert after.free > before.free
    assert after.locked == before.locked == 0
