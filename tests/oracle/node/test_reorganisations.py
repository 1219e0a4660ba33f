"""Whatever blocks the chain leaves, the operator serves the chain that it kept: once, and under its facts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from oracle.evidence import gather
from oracle.node import Node
from oracle.store import Store
from oracle.verify import Tools, compare, exit_code
from protocol.cast import CAST
from protocol.events import JobAccepted, ResultPosted
from protocol.types import JobId, JobStatus
from tests.chain import World
from tests.oracle.node.blocks import events_of, held_back, left_branch, sent, told
from tests.oracle.node.operators import Operators, ask, counted, status, turn, turn_until, until_status

OPERATOR = CAST["operator"].address


def serve(node: Node, world: World, job: JobId) -> None:
    until_status(node, world, job, JobStatus.POSTED)
    node.round()


def compute(node: Node, world: World, job: JobId) -> None:
    """Until the answer is in the journal, while nothing of it is on the chain."""
    until_status(node, world, job, JobStatus.ACCEPTED)
    with held_back(world, lost=True):
        turn_until(node, lambda: counted(node, "results_total", outcome="answered") == 1)


def assert_verified(world: World, job: JobId, store: Store) -> None:
    comparisons = list(compare(gather(world.chain, world.deployment, job, 2_000), Tools(world.contracts, store, None)))
    assert exit_code(comparisons) == 0, comparisons


def test_a_result_whose_block_vanished_is_posted_again_and_once(
    served_world: World, operators: Operators, tmp_path: Path
) -> None:
    world, node = served_world, operators.ready(served_world)
    first = sent(world)
    job = world.submit("client", ask())
    until_status(node, world, job, JobStatus.ACCEPTED)
    node.round()
    with left_branch(world, tmp_path):
        serve(node, world, job)
        [*_, lost] = events_of(world, job)
    assert status(world, job) is JobStatus.ACCEPTED
    serve(node, world, job)
    [*_, kept] = events_of(world, job)
    assert isinstance(lost, ResultPosted)
    assert isinstance(kept, ResultPosted)
    assert (kept.output, kept.log.transaction_hash) == (lost.output, lost.log.transaction_hash)
    assert kept.log.block_hash != lost.log.block_hash
    turn(node)
    assert sent(world) == first + 2, "one acceptance, one result"
    assert told(world, job)["ResultPosted"] == 1


def test_an_acceptance_and_a_result_that_vanished_are_made_again_under_the_new_facts(
    served_world: World, operators: Operators, tiny_store: Store, tmp_path: Path
) -> None:
    world, node = served_world, operators.ready(served_world)
    job = world.submit("client", ask())
    with left_branch(world, tmp_path):
        serve(node, world, job)
        lost = next(event for event in events_of(world, job) if isinstance(event, JobAccepted))
    assert status(world, job) is JobStatus.OPEN
    serve(node, world, job)
    kept = next(event for event in events_of(world, job) if isinstance(event, JobAccepted))
    assert kept.post_by != lost.post_by, "the branch would have been the same, and nothing tested"
    assert told(world, job) == Counter(JobSubmitted=1, JobAccepted=1, ResultPosted=1)
    assert_verified(world, job, tiny_store)
    assert world.contracts.escrow.account_of(OPERATOR).locked > 0


def test_a_job_that_another_took_on_the_kept_branch_is_left_to_it(
    served_world: World, operators: Operators, tmp_path: Path
) -> None:
    world, node = served_world, operators.ready(served_world)
    before = world.contracts.escrow.account_of(OPERATOR)
    job = world.submit("client", ask())
    with left_branch(world, tmp_path):
        until_status(node, world, job, JobStatus.ACCEPTED)
        node.round()
    other = operators.ready(world, "operator2")
    serve(other, world, job)
    turn(node, 5)
    posted = next(event for event in events_of(world, job) if isinstance(event, ResultPosted))
    assert posted.operator == CAST["operator2"].address
    assert told(world, job) == Counter(JobSubmitted=1, JobAccepted=1, ResultPosted=1)
    assert world.contracts.escrow.account_of(OPERATOR) == before
    later = world.submit("client", ask("later"))
    serve(node, world, later)


def test_a_job_that_vanished_is_forgotten_and_the_next_is_served(
    served_world: World, operators: Operators, tiny_store: Store, tmp_path: Path
) -> None:
    world, node = served_world, operators.ready(served_world)
    free = world.contracts.escrow.account_of(OPERATOR)
    with left_branch(world, tmp_path) as branch:
        job = branch.submit("client", ask())
        until_status(node, branch, job, JobStatus.ACCEPTED)
        node.round()
    turn(node, 5)
    assert status(world, job) is JobStatus.NONE
    assert node.health.read()[1]["jobs"] == {"running": 0}
    assert world.contracts.escrow.account_of(OPERATOR) == free
    later = world.submit("operator2", ask())
    serve(node, world, later)
    assert_verified(world, later, tiny_store)


def test_a_job_of_the_same_id_that_asks_something_else_gets_its_own_answer(
    served_world: World, operators: Operators, tiny_store: Store, tmp_path: Path
) -> None:
    world, node = served_world, operators.ready(served_world)
    with left_branch(world, tmp_path) as branch:
        asked = branch.submit("client", ask("one thing"))
        compute(node, branch, asked)
    job = world.submit("client", ask("another thing"))
    assert job == asked
    serve(node, world, job)
    assert_verified(world, job, tiny_store)
