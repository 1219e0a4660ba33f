"""Deploys the whole protocol and hands it over to the vote.

Each step is an intent under a key of its own: run again after a crash, it goes on where it was. The deployer
administers while the first rules, model and slot are set, and holds no role at the end; `verify` proves that.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from eth_utils.crypto import keccak

from protocol import encoding
from protocol.artifacts import load_artifact
from protocol.chain import Chain
from protocol.clients import escrow, staked_hold, timelock, token
from protocol.clients.access_manager import AccessManagerClient
from protocol.clients.contracts import Contracts
from protocol.compiling import ROOT
from protocol.deployment import DeployedContract, Deployment, abi_fingerprint
from protocol.errors import CommonholdError
from protocol.events import RoleGrantDelayChanged, TargetAdminDelayUpdated, decode, topic_of
from protocol.plan import Plan
from protocol.rules import rules_id
from protocol.solidity import ZERO_ADDRESS, Address, Declaration, Function, address_of_bytes
from protocol.transactions import Call, Sender

Progress = Callable[[str], None]

ADMIN, SHEETS, POOL, MINTER = range(4)
ROLES = {ADMIN: "admin", SHEETS: "sheets", POOL: "pool", MINTER: "minter"}

CONSTRUCTORS = {
    "TestDollar": Declaration("constructor()"),
    "AccessManager": Declaration("constructor(address initialAdmin)"),
    "HoldToken": Declaration("constructor(address manager, address[] holders, uint256[] amounts)"),
    "StakedHold": Declaration("constructor(address manager, address hold, address asset, uint256 cooldown)"),
    "CommonholdTimelock": Declaration("constructor(uint256 delay, address[] proposers, address[] executors)"),
    "CommonholdGovernor": Declaration(
        "constructor(address stakedHold, address hold, address timelock, GovernorNumbers numbers)"
    ),
    "JobEscrow": Declaration("constructor(address manager, address asset, address treasury)"),
    "OperatorRegistry": Declaration("constructor()"),
    "ModelRegistry": Declaration("constructor(address manager, address sheetBook)"),
    "SafetyRules": Declaration("constructor(address manager, address sheetBook)"),
    "SheetBook": Declaration(
        "constructor(address manager, address escrow, address models, address rules, Numbers numbers)"
    ),
    "RewardPool": Declaration(
        "constructor(address manager, address escrow, address hold, address stakedHold, address asset, "
        "address treasury, uint256 rateBps, uint256 referencePrice)"
    ),
}
"""What is created, in this order, each by the deployer's next transaction: so addresses are known beforehand."""


class DeploymentFailed(CommonholdError):
    """What was deployed is not what it should be; the message says how."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, who holds it, and what it opens."""

    role: int
    holder: str
    target: str
    functions: tuple[Function, ...]


GRANTS = (
    Grant(SHEETS, "SheetBook", "JobEscrow", (escrow.SET_SHEET, escrow.SET_GENERATION)),
    Grant(POOL, "RewardPool", "JobEscrow", (escrow.TAKE_BUCKET,)),
    Grant(POOL, "RewardPool", "StakedHold", (staked_hold.ADD_REVENUE,)),
    Grant(MINTER, "RewardPool", "HoldToken", (token.MINT,)),
)
"""Every other guarded verb is left to the administrator: the timelock."""

GUARDED = ("JobEscrow", "HoldToken", "StakedHold", "RewardPool")
"""Where money or votes are: even the administrator changes who may call these only after announcing it."""


def _silent(_: str) -> None:
    """Reports nothing."""


def deploy(
    deployer: Sender, curator: Sender, plan: Plan, progress: Progress = _silent, key: str = "deploy"
) -> Deployment:
    """Deploys `plan`, verified. `curator` registers the first model; `key` begins the keys of all intents.

    Raises `PlanUnsafe`, `DeploymentFailed`, and whatever sending raises.
    """
    plan.check()
    return _Deploying(deployer, curator, plan, progress, key).run()


class _Deploying:
    def __init__(self, deployer: Sender, curator: Sender, plan: Plan, progress: Progress, key: str) -> None:
        if plan.model.curator != curator.address:
            raise DeploymentFailed(f"the plan's curator is {plan.model.curator}, the sender given is {curator.address}")
        self._deployer, self._curator, self._plan = deployer, curator, plan
        self._progress, self._key = progress, key
        self._names = [name for name in CONSTRUCTORS if name != "TestDollar" or plan.asset is None]
        self._addresses = self._predict()
        self._created: dict[str, DeployedContract] = {}

    def run(self) -> Deployment:
        for name in self._names:
            self._create(name)
        deployment = self._deployment()
        contracts = Contracts.of(self._deployer.chain, deployment)
        self._grant(contracts.manager)
        self._begin(contracts)
        self._hand_over(contracts)
        verify(self._deployer.chain, deployment, self._deployer.address)
        self._progress(f"the deployer {self._deployer.address} holds no role; the timelock is the administrator")
        return deployment

    def _predict(self) -> dict[str, Address]:
        """Addresses by the deployer's nonces, counted from the first contract's."""
        first = self._deployer.find(f"{self._key}/{self._names[0]}")
        nonce = first.nonce if first else self._deployer.next_nonce()
        return {name: created_address(self._deployer.address, nonce + i) for i, name in enumerate(self._names)}

    def _asset(self) -> Address:
        return self._plan.asset or self._addresses["TestDollar"]

    def _arguments(self, name: str) -> tuple[Any, ...]:
        plan, at = self._plan, self._addresses
        manager, treasury = at["AccessManager"], at["CommonholdTimelock"]
        arguments: dict[str, tuple[Any, ...]] = {
            "TestDollar": (),
            "AccessManager": (self._deployer.address,),
            "HoldToken": (manager, [who for who, _ in plan.holders], [amount for _, amount in plan.holders]),
            "StakedHold": (manager, at["HoldToken"], self._asset(), plan.cooldown),
            "CommonholdTimelock": (plan.timelock_delay, [at["CommonholdGovernor"]], [ZERO_ADDRESS]),
            "CommonholdGovernor": (at["StakedHold"], at["HoldToken"], treasury, plan.governor),
            "JobEscrow": (manager, self._asset(), treasury),
            "OperatorRegistry": (),
            "ModelRegistry": (manager, at["SheetBook"]),
            "SafetyRules": (manager, at["SheetBook"]),
            "SheetBook": (manager, at["JobEscrow"], at["ModelRegistry"], at["SafetyRules"], plan.numbers),
            "RewardPool": (
                *(manager, at["JobEscrow"], at["HoldToken"], at["StakedHold"], self._asset(), treasury),
                *(plan.emission.rate_bps, plan.emission.reference_price),
            ),
        }
        return arguments[name]

    def _create(self, name: str) -> None:
        arguments = self._arguments(name)
        data = load_artifact(name).bytecode + CONSTRUCTORS[name].codec.encode(arguments)
        receipt = self._deployer.send(f"{self._key}/{name}", Call(None, data, description=f"create {name}"))
        address = self._addresses[name]
        if receipt.contract is None or receipt.contract.lower() != address.lower():
            raise DeploymentFailed(
                f"{name} is at {receipt.contract}, not at {address}: another program sent with the deployer's key. "
                "Deploy again from an account that nothing else uses"
            )
        transaction = "0x" + receipt.transaction_hash.hex()
        self._created[name] = DeployedContract(address, receipt.block_number, transaction, _shown_list(arguments))
        self._progress(f"{name} at {address}")

    def _deployment(self) -> Deployment:
        chain = self._deployer.chain
        return Deployment(
            chain_id=chain.id,
            genesis="0x" + chain.block(0).hash.hex(),
            block=min(contract.block for contract in self._created.values()),
            commit=commit_of_sources(),
            abi=abi_fingerprint(),
            asset=self._asset(),
            contracts=self._created,
        )

    def _do(self, step: str, call: Call) -> None:
        self._deployer.send(f"{self._key}/{step}", call)

    def _grant(self, manager: AccessManagerClient) -> None:
        for grant in GRANTS:
            target, holder = self._addresses[grant.target], self._addresses[grant.holder]
            name = ROLES[grant.role]
            opening = manager.set_target_function_role(target, grant.functions, grant.role)
            self._do(f"open {grant.target} to {name}", opening)
            self._do(f"grant {name} for {grant.target}", manager.grant_role(grant.role, holder))
            self._progress(
                f"role {name}: {grant.holder} may {', '.join(f.name for f in grant.functions)} of {grant.target}"
            )
        for role in (SHEETS, POOL, MINTER):
            self._do(f"label {ROLES[role]}", manager.label_role(role, ROLES[role]))

    def _begin(self, contracts: Contracts) -> None:
        """The first rules, model and slot, which votes may change from then on."""
        plan = self._plan
        self._do("adopt rules", contracts.rules.adopt(plan.rules))
        self._progress(f"safety rules 0x{rules_id(plan.rules).hex()} in force")
        self._curator.send(f"{self._key}/register model", contracts.models.register_model(plan.model))
        model = encoding.model_id(plan.model)
        self._do("assign slot", contracts.models.assign_slot(plan.slot, model))
        self._progress(f"model 0x{model.hex()} in slot {plan.slot.rstrip(bytes(1)).decode()}")

    def _hand_over(self, contracts: Contracts) -> None:
        manager = contracts.manager
        self._do("grant admin", manager.grant_role(ADMIN, contracts.timelock.address))
        for role, name in ROLES.items():
            self._do(f"delay grants of {name}", manager.set_grant_delay(role, self._plan.grant_delay))
        for target in GUARDED:
            delaying = manager.set_target_admin_delay(self._addresses[target], self._plan.grant_delay)
            self._do(f"delay changes of {target}", delaying)
        self._do("renounce admin", manager.renounce_role(ADMIN, self._deployer.address))


def verify(chain: Chain, deployment: Deployment, deployer: Address) -> None:
    """Proves what a deployment promises. Raises `DeploymentFailed`.

    The code at every address is what the sources compile to, the deployer holds no role, the timelock and the
    modules hold theirs, every role opens what it should, and new roles take longer than leaving does.
    """
    for name, contract in deployment.contracts.items():
        if not load_artifact(name).is_code(chain.code(contract.address)):
            raise DeploymentFailed(f"the code of {name} at {contract.address} is not what the sources compile to")
    contracts = Contracts.of(chain, deployment)
    _verify_deployer(contracts, deployer)
    _verify_grants(contracts, deployment)
    _verify_delays(contracts, deployment)


def _verify_deployer(contracts: Contracts, deployer: Address) -> None:
    held = [name for role, name in ROLES.items() if contracts.manager.has_role(role, deployer)]
    held += ["a role of the timelock" for role in timelock.ROLES if contracts.timelock.has_role(role, deployer)]
    if held:
        raise DeploymentFailed(f"the deployer {deployer} still holds {', '.join(held)}")


def _verify_grants(contracts: Contracts, deployment: Deployment) -> None:
    manager = contracts.manager
    if not manager.has_role(ADMIN, contracts.timelock.address):
        raise DeploymentFailed("the timelock is not the administrator")
    for grant in GRANTS:
        target, holder = deployment.address_of(grant.target), deployment.address_of(grant.holder)
        for function in grant.functions:
            if manager.role_of(target, function) != grant.role or not manager.can_call(holder, target, function):
                raise DeploymentFailed(f"{grant.holder} cannot call {function.name} of {grant.target}")


def _verify_delays(contracts: Contracts, deployment: Deployment) -> None:
    """From what the manager announced: it answers with a delay only once that is effective."""
    topics = [[topic_of(RoleGrantDelayChanged), topic_of(TargetAdminDelayUpdated)]]
    announced: dict[int | Address, int] = {}
    for raw in contracts.manager.chain.logs(deployment.block, "latest", [contracts.manager.address], topics):
        match decode(raw):
            case RoleGrantDelayChanged(role_id=role, delay=delay):
                announced[role] = delay
            case TargetAdminDelayUpdated(target=target, delay=delay):
                announced[target] = delay
    cooldown = contracts.staked_hold.cooldown()
    delayed: dict[str, int | Address] = {f"grants of {name}": role for role, name in ROLES.items()}
    delayed |= {f"changes of {name}": deployment.address_of(name) for name in GUARDED}
    for what, key in delayed.items():
        if announced.get(key, 0) <= cooldown:
            raise DeploymentFailed(
                f"{what} take {announced.get(key, 0)} s, no longer than leaving does ({cooldown} s of cooldown)"
            )


def created_address(creator: Address, nonce: int) -> Address:
    """Where the creator's transaction number `nonce` puts a contract: the last bytes of the hash of both in RLP."""
    digits = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    number = digits if 0 < nonce < 0x80 else bytes([0x80 + len(digits)]) + digits
    pair = b"\x94" + bytes.fromhex(creator[2:]) + number
    return address_of_bytes(keccak(bytes([0xC0 + len(pair)]) + pair)[12:])


def commit_of_sources() -> str:
    """The commit that is checked out, with `+` where files were changed since; empty outside a checkout."""
    commit = _git("rev-parse", "HEAD")
    return commit + ("+" if commit and _git("status", "--porcelain", "--", "contracts") else "")


def _git(*arguments: str) -> str:
    try:
        ran = subprocess.run(("git", *arguments), cwd=ROOT, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return ""
    return ran.stdout.strip()


def _shown_list(arguments: Sequence[Any]) -> tuple[str, ...]:
    return tuple(_shown(argument) for argument in arguments)


def _shown(argument: Any) -> str:
    if isinstance(argument, list):
        return ",".join(_shown(item) for item in argument)
    if is_dataclass(argument) and not isinstance(argument, type):
        return ",".join(f"{field.name}={_shown(getattr(argument, field.name))}" for field in fields(argument))
    return str(argument)
