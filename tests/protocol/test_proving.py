"""A deployer who lies: each lie leaves everything working, and is found from the chain alone."""

from pathlib import Path
from typing import Any

import pytest

from protocol import deploying
from protocol.cast import CAST
from protocol.chain import Chain
from protocol.clients import token
from protocol.clients.contracts import Contracts
from protocol.intents import Call
from protocol.proving import DeploymentFailed, prove
from protocol.solidity import Function
from protocol.wiring import ADMIN, MINTER, POOL
from tests.chain import Node, World, deploy_world

LIAR = CAST["deployer"].address
STRANGER = CAST["client"].address
DEPLOYING = deploying._Deploying
UPDATE_AUTHORITY = Function("function updateAuthority(address target, address newAuthority)")
SET_ROLE_ADMIN = Function("function setRoleAdmin(uint64 roleId, uint64 admin)")
SET_TARGET_CLOSED = Function("function setTargetClosed(address target, bool closed)")


@pytest.fixture
def home(anvil: Node, tmp_path: Path) -> tuple[Node, Path]:
    return anvil, tmp_path / "home"


def deploy(home: tuple[Node, Path]) -> None:
    node, folder = home
    with Chain(node.url) as chain:
        deploy_world(chain, folder, node.url)


def lie_about(monkeypatch: pytest.MonkeyPatch, contract: str, **lies: Any) -> None:
    """One constructor is given other arguments."""
    honest = DEPLOYING._arguments

    def arguments(self: Any, name: str) -> tuple[Any, ...]:
        given = honest(self, name)
        if name != contract:
            return given
        names = [parameter.name for parameter in deploying.CONSTRUCTORS[name].parameters]
        return tuple(lies.get(name, value) for name, value in zip(names, given, strict=True))

    monkeypatch.setattr(DEPLOYING, "_arguments", arguments)


def abuse_power(monkeypatch: pytest.MonkeyPatch, *calls: Any) -> None:
    """The deployer does more than the plan says before it hands over."""
    honest = DEPLOYING._hand_over

    def hand_over(self: Any, contracts: Contracts) -> None:
        for number, call in enumerate(calls):
            self._do(f"trick {number}", call(contracts))
        honest(self, contracts)

    monkeypatch.setattr(DEPLOYING, "_hand_over", hand_over)


@pytest.mark.parametrize(
    ("contract", "argument"),
    [
        ("HoldToken", "manager"),
        ("StakedHold", "manager"),
        ("JobEscrow", "treasury"),
        ("RewardPool", "treasury"),
        ("CommonholdGovernor", "hold"),
    ],
)
def test_a_contract_that_obeys_or_pays_a_stranger_is_found(
    home: tuple[Node, Path], monkeypatch: pytest.MonkeyPatch, contract: str, argument: str
) -> None:
    lie_about(monkeypatch, contract, **{argument: STRANGER})
    with pytest.raises(DeploymentFailed, match=f"{contract} was created with {argument} {STRANGER}"):
        deploy(home)


def test_a_second_proposer_of_the_timelock_is_found(home: tuple[Node, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    lie_about(monkeypatch, "CommonholdTimelock", proposers=[STRANGER])
    with pytest.raises(DeploymentFailed, match=f"does not obey the governor alone: {STRANGER}"):
        deploy(home)


def grant(role: int, account: str) -> Any:
    return lambda contracts: contracts.manager.grant_role(role, account)


def opened(role: int) -> Any:
    return lambda contracts: contracts.manager.set_target_function_role(contracts.hold.address, [token.MINT], role)


def mint(contracts: Contracts) -> Call:
    return Call(contracts.hold.address, token.MINT.calldata(STRANGER, 1))


def orphaned(contracts: Contracts) -> Call:
    return Call(contracts.manager.address, SET_ROLE_ADMIN.calldata(MINTER, 9))


def closed(contracts: Contracts) -> Call:
    return Call(contracts.manager.address, SET_TARGET_CLOSED.calldata(contracts.pool.address, True))


def obeying(contracts: Contracts) -> Call:
    """Any contract will do as a manager: it must have code."""
    return Call(contracts.manager.address, UPDATE_AUTHORITY.calldata(contracts.rules.address, contracts.hold.address))


@pytest.mark.parametrize(
    ("tricks", "found"),
    [
        ([grant(ADMIN, STRANGER)], f"{STRANGER} holds role admin"),
        ([grant(POOL, STRANGER)], f"{STRANGER} holds role pool"),
        ([grant(9, STRANGER)], f"{STRANGER} holds role 9"),
        (
            [grant(MINTER, LIAR), mint, lambda c: c.manager.revoke_role(MINTER, LIAR)],
            f"{LIAR} held role minter for a while",
        ),
        (
            [opened(ADMIN), mint, opened(MINTER)],
            f"verb 0x{token.MINT.selector.hex()} of HoldToken was opened to role admin",
        ),
        ([lambda c: c.manager.revoke_role(POOL, c.pool.address)], "RewardPool lacks role pool"),
        ([orphaned], "role 3 was given another administrator"),
        ([closed], "RewardPool was closed"),
        ([obeying], "SafetyRules obeys 0x"),
    ],
)
def test_power_used_before_it_was_handed_over_is_found(
    home: tuple[Node, Path], monkeypatch: pytest.MonkeyPatch, tricks: list[Any], found: str
) -> None:
    abuse_power(monkeypatch, *tricks)
    with pytest.raises(DeploymentFailed, match=found):
        deploy(home)


def test_another_transaction_than_the_one_that_created_it_is_found(world: World) -> None:
    created = world.deployment.contracts["JobEscrow"]
    other = world.deployment.contracts["HoldToken"]
    lying = type(created)(created.address, created.block, other.transaction, created.arguments)
    world.deployment.contracts["JobEscrow"] = lying
    try:
        with pytest.raises(DeploymentFailed, match=r"JobEscrow at .* was not created by transaction"):
            prove(world.chain, world.deployment)
    finally:
        world.deployment.contracts["JobEscrow"] = created
