"""The protocol's money contracts on Ape's own chain, with named actors. Amounts are in units of the test dollar."""

from __future__ import annotations

from typing import Any

import pytest
from ape.contracts import ContractContainer
from ethpm_types import ContractType

from protocol.artifacts import load_artifact
from protocol.plan import DOLLAR

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
