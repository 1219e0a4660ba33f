"""Hardhat's node is as good a chain as Anvil: the same deploying, the same job, the same refusals."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.cast import CAST
from protocol.proving import prove
from protocol.recovery import recover_job
from protocol.reverts import Reverted
from protocol.transactions import IntentState, Sender, TransactionReverted
from protocol.types import JobStatus
from tests.chain import Node, World, deploy_world, start_hardhat
from tests.protocol.faults import Hopeful

pytestmark = pytest.mark.hardhat


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = start_hardhat(tmp_path_factory.mktemp("hardhat"))
    yield node
    node.stop()


@pytest.fixture(scope="module")
def hardhat(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = deploy_world(node.chain, tmp_path_factory.mktemp("home"), node.url)
    yield world
    world.close()


def test_the_protocol_is_deployed_and_proved(hardhat: World) -> None:
    prove(hardhat.chain, hardhat.deployment)


def test_a_job_is_submitted_accepted_and_recovered(hardhat: World) -> None:
    id_ = hardhat.submit()
    record = recover_job(hardhat.chain, hardhat.deployment, id_)
    hardhat.send("operator", hardhat.contracts.escrow.accept_job(id_, record.offer))
    assert recover_job(hardhat.chain, hardhat.deployment, id_).status is JobStatus.ACCEPTED


def test_refusals_are_decoded(hardhat: World) -> None:
    record = recover_job(hardhat.chain, hardhat.deployment, hardhat.submit())
    with pytest.raises(Reverted, match="WrongCaller") as caught:
        hardhat.send("client2", hardhat.contracts.escrow.cancel_job(record.id, record.offer))
    assert caught.value.error.arguments["caller"] == CAST["client2"].address


def test_a_transaction_that_reverts_as_it_is_mined_is_reported_with_its_reason(hardhat: World, tmp_path: Path) -> None:
    record = recover_job(hardhat.chain, hardhat.deployment, hardhat.submit())
    with Hopeful(hardhat.url) as chain, Sender.at(tmp_path, chain, CAST["client2"].account) as sender:
        with pytest.raises(TransactionReverted, match="mined in block") as caught:
            sender.send("cancel", hardhat.contracts.escrow.cancel_job(record.id, record.offer))
        found = sender.find("cancel")
    assert caught.value.error.name == "WrongCaller"
    assert found is not None
    assert found.state is IntentState.REVERTED
