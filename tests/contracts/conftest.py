"""The protocol's money contracts on Ape's own chain, with named actors. Amounts are in units of the test dollar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from ape import Contract
from ape.contracts import ContractContainer
from ethpm_types import ContractType

from protocol.abi import load_abi
from protocol.artifacts import load_artifact
from protocol.cast import CAST
from protocol.chain import Chain
from protocol.clients.contracts import Contracts
from protocol.deploying import deploy
from protocol.deployment import Deployment
from protocol.plan import DOLLAR, local_plan
from protocol.transactions import Sender
from tests.contracts.actors import Stage

BALANCE = 10_000 * DOLLAR

FUNDED = ("client", "operator", "operator2")
NAMES = ("deployer", "client", "operator", "stranger")


@pytest.fixture
def actors(accounts: Any) -> dict[str, Any]:
    return dict(zip(NAMES, accounts, strict=False))


@pytest.fixture
def dollar(project: Any, actors: dict[str, Any]) -> Any:
    return project.TestDollar.deploy(sender=actors["deployer"])


@pytest.fixture
def manager(actors: dict[str, Any]) -> Any:
    """OpenZeppelin's, which is no contract of the project; built from the artefact that is deployed."""
    artifact = load_artifact("AccessManager")
    code = {"bytecode": "0x" + artifact.bytecode.hex()}
    fields = {"contractName": "AccessManager", "abi": artifact.abi, "deploymentBytecode": code}
    return ContractContainer(ContractType.model_validate(fields)).deploy(actors["deployer"], sender=actors["deployer"])


@pytest.fixture
def escrow(project: Any, manager: Any, actors: dict[str, Any], dollar: Any) -> Any:
    treasury = actors["deployer"]
    return project.JobEscrow.deploy(manager, dollar, treasury, sender=actors["deployer"])


@pytest.fixture
def funded(dollar: Any, escrow: Any, actors: dict[str, Any]) -> Any:
    """The escrow, with 100 dollars of the client's in it."""
    client = actors["client"]
    dollar.mint(client, 100 * DOLLAR, sender=client)
    dollar.approve(escrow, 100 * DOLLAR, sender=client)
    escrow.deposit(client, 100 * DOLLAR, sender=client)
    return escrow


@pytest.fixture(scope="session")
def deployed(networks: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Chain, Deployment]]:
    """Everything, by the script's own code, on Ape's chain."""
    home = tmp_path_factory.mktemp("home")
    chain = Chain(networks.provider.uri)
    with ExitStack() as stack:
        senders = [
            stack.enter_context(Sender.at(home, chain, CAST[name].account)) for name in ("deployer", "curator", *FUNDED)
        ]
        deployment = deploy(senders[0], senders[1], local_plan())
        contracts = Contracts.of(chain, deployment)
        for sender in senders[2:]:
            for call in (
                contracts.asset.mint(sender.address, BALANCE),
                contracts.asset.approve(contracts.escrow.address, BALANCE),
                contracts.escrow.deposit(sender.address, BALANCE),
            ):
                sender.send(call.data.hex(), call)
    yield chain, deployment
    chain.close()


@pytest.fixture
def stage(deployed: tuple[Chain, Deployment], accounts: Any, chain: Any) -> Stage:
    rpc, deployment = deployed
    return Stage(
        chain=rpc,
        deployment=deployment,
        contracts=Contracts.of(rpc, deployment),
        actors=dict(zip(CAST, accounts, strict=True)),
        escrow=Contract(deployment.address_of("JobEscrow"), abi=load_abi("JobEscrow")),
        ape_chain=chain,
    )
