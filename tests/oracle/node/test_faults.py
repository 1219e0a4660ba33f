"""Faults of the house and of the node: said in /health, nothing lost, and gone on when they are over."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from oracle.errors import JournalFailed, NodeLags
from oracle.health import Health
from oracle.node import Node
from oracle.serving import RETRY_SECONDS, LoadState, Serving
from oracle.store import FolderSource, Store
from protocol.cast import CAST
from protocol.chain import ChainUnreachable
from protocol.encoding import model_id
from protocol.transactions import InsufficientFunds
from protocol.types import JobId, JobStatus, ModelFacts
from tests.chain import World
from tests.oracle.node.blocks import sent, told
from tests.oracle.node.endpoint import Endpoint, endpoint_of
from tests.oracle.node.operators import (
    Operators,
    ask,
    counted,
    looping,
    status,
    turn,
    turn_until,
    until_status,
    wait_until,
)

OPERATOR = CAST["operator"].address


@pytest.fixture
def endpoint(served_world: World) -> Iterator[Endpoint]:
    with endpoint_of(served_world.url) as found:
        yield found


@pytest.fixture
def far_world(served_world: World, endpoint: Endpoint) -> World:
    """The same chain by the endpoint that a test can trouble."""
    return replace(served_world, url=endpoint.url)


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process grows or changes in here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def submit_from_elsewhere(world: World) -> JobId:
    """A job of a client whose own files are on another disk."""
    client, escrow = CAST["client"].address, world.contracts.escrow
    job = escrow.job_id_of(client, escrow.account_of(client).nonce)
    call = escrow.submit_job(world.sheet(), ask())
    world.chain.request("anvil_impersonateAccount", [client])
    world.chain.request("eth_sendTransaction", [{"from": client, "to": call.to, "data": "0x" + call.data.hex()}])
    world.chain.request("anvil_stopImpersonatingAccount", [client])
    return job


def fails_to_write(node: Node) -> bool:
    with pytest.raises(JournalFailed, match="free some disk"):
        node.round()
    return True


def wait_for_fault(health: Health, text: str) -> None:
    wait_until(lambda: text in health.read()[1]["fault"], health.read)
    assert health.read()[0] == 503


def wait_well(health: Health) -> None:
    wait_until(lambda: health.read()[1]["status"] == "well", health.read)


# ---------------------------------------------------------------- the node


def test_a_node_that_falls_silent_is_told_and_what_came_meanwhile_is_served(
    far_world: World, endpoint: Endpoint, tiny_store: Store
) -> None:
    with looping(far_world, tiny_store, retry_seconds=0.3) as health:
        wait_well(health)
        endpoint.silent = True
        wait_for_fault(health, "ChainUnreachable: no endpoint answered")
        job = far_world.submit("client", ask())
        endpoint.silent = False
        wait_until(lambda: status(far_world, job) is JobStatus.POSTED, health.read)
        wait_well(health)


def test_an_answer_found_while_the_node_is_silent_is_posted_when_it_speaks_again(
    far_world: World, endpoint: Endpoint, operators: Operators
) -> None:
    world, node = far_world, operators.open(far_world)
    job = world.submit("client", ask())
    until_status(node, world, job, JobStatus.ACCEPTED)
    turn_until(node, lambda: bool(node.health.read()[1]["jobs"]["running"]))
    endpoint.silent = True
    for _ in range(3):
        with pytest.raises(ChainUnreachable):
            node.round()
    endpoint.silent = False
    until_status(node, world, job, JobStatus.POSTED)
    assert counted(node, "results_total", outcome="answered") == 1


@pytest.mark.parametrize("believed", [False, True], ids=["waited for", "believed in the end"])
def test_a_node_that_answers_from_the_past_makes_nothing_sent_twice(
    far_world: World, endpoint: Endpoint, operators: Operators, believed: bool
) -> None:
    world, node = far_world, operators.open(far_world, lag_seconds=1e-9 if believed else 60)
    past = world.chain.block_number()
    job = world.submit("client", ask())
    until_status(node, world, job, JobStatus.POSTED)
    node.round()
    before = sent(world)
    for known in range(world.chain.block_number() - 1, past - 1, -1):
        endpoint.stuck_at = known
        with pytest.raises(NodeLags, match=f"the node is at block {known}"):
            node.round()
        if believed:
            turn(node)
            assert node.health.read()[1]["block"] == known
    assert sent(world) == before
    endpoint.stuck_at = None
    turn(node)
    assert node.health.read()[1]["jobs"] == {"posted": 1, "running": 0}
    assert (sent(world), told(world, job)["ResultPosted"]) == (before, 1)


# ---------------------------------------------------------------- the disk


def test_a_full_disk_is_told_nothing_is_accepted_and_it_goes_on_when_there_is_room(
    served_world: World, tiny_store: Store
) -> None:
    before = sent(served_world)
    with looping(served_world, tiny_store, retry_seconds=0.3) as health:
        wait_well(health)
        with full_disk():
            wait_for_fault(health, "free some disk")
            job = submit_from_elsewhere(served_world)
            wait_until(lambda: status(served_world, job) is JobStatus.OPEN, health.read)
            assert sent(served_world) == before
        wait_until(lambda: status(served_world, job) is JobStatus.POSTED, health.read)
        wait_well(health)


def test_a_result_that_cannot_be_written_down_is_kept_until_it_can_and_only_then_posted(
    served_world: World, operators: Operators
) -> None:
    world, node = served_world, operators.open(served_world)
    job = world.submit("client", ask())
    until_status(node, world, job, JobStatus.ACCEPTED)
    turn_until(node, lambda: bool(node.health.read()[1]["jobs"]["running"]))
    with full_disk():
        wait_until(lambda: fails_to_write(node) and bool(node._unsaved), node.health.read)
        assert status(world, job) is JobStatus.ACCEPTED
    until_status(node, world, job, JobStatus.POSTED)
    assert counted(node, "results_total", outcome="answered") == 1


def test_a_model_that_found_no_room_in_the_store_is_tried_again(
    tiny_store: Store, tiny_facts: ModelFacts, tmp_path: Path
) -> None:
    now = 0.0
    store = Store(tmp_path / "store", [FolderSource(tiny_store.root)])
    serving = Serving(store, None, clock=lambda: now)
    model = model_id(tiny_facts)

    def state() -> LoadState:
        serving.want([model], {model: tiny_facts})
        return serving.states()[model].state

    def load() -> LoadState:
        wait_until(lambda: state() is not LoadState.LOADING, serving.states)
        return state()

    with full_disk():
        assert load() is LoadState.FAILED
        assert "cannot write to the store" in serving.states()[model].detail
    assert load() is LoadState.FAILED, "not before its time"
    now += RETRY_SECONDS
    assert load() is LoadState.READY
    serving.close()


def test_with_little_disk_left_nothing_more_is_accepted_and_what_is_held_is_served(
    served_world: World, operators: Operators
) -> None:
    world = served_world
    held = world.submit("client", ask())
    node = operators.open(world)
    until_status(node, world, held, JobStatus.ACCEPTED)
    operators.close()
    node = operators.open(world, min_free_bytes=1 << 60)
    refused = world.submit("client", ask())
    until_status(node, world, held, JobStatus.POSTED)
    turn(node)
    told = node.health.read()[1]
    assert told["accepting"] is False
    assert f"bytes of disk are free, {1 << 60} wanted" in told["why_not"]
    assert status(world, refused) is JobStatus.OPEN


# ---------------------------------------------------------------- the purse


def test_an_operator_without_coin_for_gas_says_so_and_goes_on_when_funded(
    served_world: World, operators: Operators
) -> None:
    world, node = served_world, operators.ready(served_world)
    coin = world.chain.balance(OPERATOR)
    world.chain.request("anvil_setBalance", [OPERATOR, "0x0"])
    job = world.submit("client", ask())
    with pytest.raises(InsufficientFunds, match="fund it"):
        turn(node)
    world.chain.request("anvil_setBalance", [OPERATOR, hex(coin)])
    until_status(node, world, job, JobStatus.POSTED)
