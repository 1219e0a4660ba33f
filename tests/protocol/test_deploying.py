"""Deploying: the whole protocol, once, and nobody left with a key to it."""

from dataclasses import replace
from pathlib import Path

import pytest

from protocol import encoding
from protocol.cast import CAST
from protocol.chain import Chain
from protocol.clients import escrow, timelock, token
from protocol.deploying import created_address
from protocol.events import AccessRoleGranted, RoleGranted, decode, topic_of
from protocol.plan import DAY, FIRST_LIST, SETBACK, PlanUnsafe, local_plan
from protocol.proving import DeploymentFailed, prove
from protocol.reverts import Reverted
from protocol.transactions import Call
from protocol.wiring import ADMIN, GUARDED, ROLES
from tests.chain import Node, World, deploy_world
from tests.protocol.faults import Killed


def test_the_code_at_every_address_is_what_the_sources_compile_to(world: World) -> None:
    prove(world.chain, world.deployment)


def test_changed_code_is_found(world: World) -> None:
    escrow = world.contracts.escrow.address
    code = world.chain.code(escrow)
    world.chain.request("anvil_setCode", [escrow, "0x" + (code[:-1] + bytes([code[-1] ^ 1])).hex()])
    with pytest.raises(DeploymentFailed, match=r"the code of JobEscrow at .* is not what the sources compile to"):
        prove(world.chain, world.deployment)


def test_only_the_timelock_and_the_modules_hold_roles(world: World) -> None:
    manager, block = world.contracts.manager, world.deployment.block
    granted = [
        decode(raw) for raw in world.chain.logs(block, "latest", [manager.address], [topic_of(AccessRoleGranted)])
    ]
    holders = {(e.role_id, e.account) for e in granted if isinstance(e, AccessRoleGranted)}
    still = {(role, account) for role, account in holders if manager.has_role(role, account)}
    address_of = world.deployment.address_of
    assert still == {
        (0, address_of("CommonholdTimelock")),
        (1, address_of("SheetBook")),
        (2, address_of("RewardPool")),
        (3, address_of("RewardPool")),
    }
    assert (0, CAST["deployer"].address) in holders - still


def test_the_timelock_obeys_the_governor_alone(world: World) -> None:
    address = world.contracts.timelock.address
    logs = world.chain.logs(world.deployment.block, "latest", [address], [topic_of(RoleGranted)])
    granted = {(e.role, e.account) for raw in logs if isinstance(e := decode(raw), RoleGranted)}
    governor = world.contracts.governor.address
    assert granted == {
        (timelock.ADMIN, address),
        (timelock.PROPOSER, governor),
        (timelock.CANCELLER, governor),
        (timelock.EXECUTOR, "0x" + "0" * 40),
    }


def test_the_first_list_is_what_the_plan_says(world: World) -> None:
    hold = world.contracts.hold
    assert hold.total_supply() == FIRST_LIST
    assert {hold.balance_of(member.address) for member in CAST.values()} == {FIRST_LIST // 10}


def test_the_slot_has_its_model_and_its_sheet_is_in_force(world: World) -> None:
    plan, contracts = local_plan(), world.contracts
    assert contracts.models.slot_model(plan.slot)[0] == encoding.model_id(plan.model)
    assert contracts.escrow.sheet_of(plan.slot) == encoding.sheet_hash(world.sheet())
    assert contracts.rules.version() == 1


def test_the_delays_of_roles_and_targets_are_heeded_after_the_setback(world: World) -> None:
    manager, plan = world.contracts.manager, local_plan()
    assert manager.min_setback() == SETBACK
    world.travel(SETBACK)
    assert {manager.grant_delay_of(role) for role in ROLES} == {plan.grant_delay}
    assert {manager.target_admin_delay_of(world.deployment.address_of(name)) for name in GUARDED} == {plan.grant_delay}


@pytest.mark.parametrize("taking", ["mint", "takeBucket"])
def test_a_vote_cannot_open_the_money_to_itself_and_take_it_in_one_go(world: World, taking: str) -> None:
    manager, timelock_address = world.contracts.manager, world.contracts.timelock.address
    target, function, arguments = {
        "mint": (world.contracts.hold.address, token.MINT, (timelock_address, 10**18)),
        "takeBucket": (world.contracts.escrow.address, escrow.TAKE_BUCKET, (bytes(32), timelock_address)),
    }[taking]
    world.travel(SETBACK)
    with pytest.raises(Reverted, match="AccessManagerNotScheduled"):
        world.ask_as(timelock_address, manager.set_target_function_role(target, [function], ADMIN))
    with pytest.raises(Reverted, match="AccessManagedUnauthorized"):
        world.ask_as(timelock_address, Call(target, function.calldata(*arguments)))


def test_a_vote_that_could_overtake_the_setback_is_refused() -> None:
    plan = local_plan()
    hasty = replace(plan, governor=replace(plan.governor, voting_period=DAY))
    with pytest.raises(PlanUnsafe, match=r"a vote takes 345600 s .* after 432000 s"):
        hasty.check()


def test_a_role_that_is_effective_before_anyone_can_leave_is_refused() -> None:
    with pytest.raises(PlanUnsafe, match="the first must be the longer"):
        replace(local_plan(), grant_delay=local_plan().cooldown).check()


@pytest.mark.parametrize("steps", [1, 5, 13, 20, 30, 36])
def test_a_deployment_that_was_killed_goes_on_where_it_was(anvil: Node, tmp_path: Path, steps: int) -> None:
    chain = CountingChain(anvil.url, steps)
    with pytest.raises(Killed):
        deploy_world(chain, tmp_path / "home", anvil.url)
    chain.left = 10_000
    world = deploy_world(chain, tmp_path / "home", anvil.url)
    prove(chain, world.deployment)
    sent = chain.nonce(CAST["deployer"].address)
    assert world.deployment.address_of("AccessManager") == created_address(CAST["deployer"].address, 1)
    assert sent == 41
    chain.close()


class CountingChain(Chain):
    """Dies after so many transactions were broadcast."""

    def __init__(self, url: str, left: int) -> None:
        super().__init__(url)
        self.left = left

    def broadcast(self, signed: bytes) -> bytes:
        answered = super().broadcast(signed)
        self.left -= 1
        if self.left == 0:
            raise Killed
        return answered
