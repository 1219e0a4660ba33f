"""Deploys the whole protocol and hands it over to the vote.

Each step is an intent under a key of its own: run again after a crash, it goes on where it was. The deployer
administers while the first rules, model and slot are set, and holds no role at the end; `protocol.proving` proves that.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from eth_utils.crypto import keccak

from protocol import encoding
from protocol.artifacts import load_artifact
from protocol.clients.access_manager import AccessManagerClient
from protocol.clients.contracts import Contracts
from protocol.compiling import ROOT
from protocol.deployment import DeployedContract, Deployment, abi_fingerprint
from protocol.plan import Plan
from protocol.proving import DeploymentFailed, prove
from protocol.rules import rules_id
from protocol.solidity import ZERO_ADDRESS, Address, address_of_bytes
from protocol.transactions import Call, Sender
from protocol.wiring import ADMIN, CONSTRUCTORS, GRANTS, GUARDED, MINTER, POOL, ROLES, SHEETS, others_of

Progress = Callable[[str], None]


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
        prove(self._deployer.chain, deployment)
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
        plan = self._plan
        planned = {
            "initialAdmin": self._deployer.address,
            "holders": [who for who, _ in plan.holders],
            "amounts": [amount for _, amount in plan.holders],
            "cooldown": plan.cooldown,
            "delay": plan.timelock_delay,
            "proposers": [self._addresses["CommonholdGovernor"]],
            "executors": [ZERO_ADDRESS],
            "voting": plan.governor,
            "numbers": plan.numbers,
            "rateBps": plan.emission.rate_bps,
            "referencePrice": plan.emission.reference_price,
            "game": plan.game,
            "moveSeconds": plan.game.move,
            "bond": plan.game.showing_cost * 3 // 2,
        }
        known = planned | others_of(name, self._addresses, self._asset())
        return tuple(known[parameter.name] for parameter in CONSTRUCTORS[name].parameters)

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
        """The first rules, modules, model and slot, which votes may change from then on."""
        plan = self._plan
        self._do("adopt rules", contracts.rules.adopt(plan.rules))
        self._progress(f"safety rules 0x{rules_id(plan.rules).hex()} in force")
        self._do("set modules", contracts.sheets.set_modules(contracts.disputes.address, ZERO_ADDRESS))
        self._progress("results are refereed by InferenceDispute; there is no outage clock")
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
