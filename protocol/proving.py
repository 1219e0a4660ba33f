"""Proves from the chain alone that a deployment is what it promises to be, and that nobody holds a key to it.

What is proved is how it began. A vote that grants a role or opens a verb later is found too, and told as such: this
proof cannot tell a vote from a deployer who lied.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from protocol.artifacts import load_artifact
from protocol.chain import Chain
from protocol.clients import timelock
from protocol.clients.contracts import Contracts
from protocol.deployment import Deployment
from protocol.errors import CommonholdError
from protocol.events import (
    AccessRoleAdminChanged,
    AccessRoleGranted,
    AccessRoleRevoked,
    AuthorityUpdated,
    Event,
    RoleAdminChanged,
    RoleGrantDelayChanged,
    RoleGranted,
    RoleGuardianChanged,
    RoleRevoked,
    TargetAdminDelayUpdated,
    TargetClosed,
    TargetFunctionRoleUpdated,
    decode,
    topic_of,
)
from protocol.solidity import ZERO_ADDRESS, Address
from protocol.wiring import ADMIN, ADMINISTRATOR, CONSTRUCTORS, GRANTS, GUARDED, ROLES, others_of

AnyPower = TypeVar("AnyPower", bound=Event)

POWERS: tuple[type[Event], ...] = (
    AccessRoleAdminChanged,
    AccessRoleGranted,
    AccessRoleRevoked,
    AuthorityUpdated,
    RoleAdminChanged,
    RoleGrantDelayChanged,
    RoleGranted,
    RoleGuardianChanged,
    RoleRevoked,
    TargetAdminDelayUpdated,
    TargetClosed,
    TargetFunctionRoleUpdated,
)
"""Every event by which somebody gains or loses power."""


class DeploymentFailed(CommonholdError):
    """What was deployed is not what it should be; the message says how."""


def prove(chain: Chain, deployment: Deployment) -> None:
    """Raises `DeploymentFailed` unless all of this holds:

    * the code at every address is what the sources compile to, created with the deployment's other contracts;
    * timelock and modules hold their roles, nobody else holds any or ever did, but for the deployer as administrator;
    * every role opens what it should and nothing more, and nothing is closed or obeys another manager;
    * the timelock obeys the governor alone;
    * new roles take longer than leaving does.
    """
    _Proof(chain, deployment).run()


class _Proof:
    def __init__(self, chain: Chain, deployment: Deployment) -> None:
        self._chain, self._deployment = chain, deployment
        self._contracts = Contracts.of(chain, deployment)
        logs = chain.logs(deployment.block, "latest", deployment.addresses, [[topic_of(kind) for kind in POWERS]])
        self._events = [decode(raw) for raw in logs]

    def run(self) -> None:
        for name in self._deployment.contracts:
            self._code(name)
            self._creation(name)
        self._roles()
        self._verbs()
        self._timelock()
        self._delays()

    def _of(self, kind: type[AnyPower], contract: str) -> Iterator[AnyPower]:
        address = self._deployment.address_of(contract)
        return (event for event in self._events if isinstance(event, kind) and event.log.address == address)

    def _name(self, address: Address) -> str:
        names = (name for name, contract in self._deployment.contracts.items() if contract.address == address)
        return next(names, address)

    # ------------------------------------------------------------ what was created

    def _code(self, name: str) -> None:
        address = self._deployment.address_of(name)
        if not load_artifact(name).is_code(self._chain.code(address)):
            raise DeploymentFailed(f"the code of {name} at {address} is not what the sources compile to")

    def _creation(self, name: str) -> None:
        """The constructor's arguments as its transaction gave them: immutables and first storage follow from those."""
        created = self._deployment.contracts[name]
        hashed = bytes.fromhex(created.transaction[2:])
        transaction, receipt = self._chain.transaction(hashed), self._chain.receipt(hashed)
        if transaction is None or receipt is None or not _same(receipt.contract, created.address):
            raise DeploymentFailed(f"{name} at {created.address} was not created by transaction {created.transaction}")
        data, code = bytes.fromhex(transaction["input"][2:]), load_artifact(name).bytecode
        if not data.startswith(code):
            raise DeploymentFailed(f"{name} was created from other code than the sources compile to")
        constructor = CONSTRUCTORS[name]
        names = (parameter.name for parameter in constructor.parameters)
        given = dict(zip(names, constructor.codec.decode(data[len(code) :]), strict=True))
        addresses = {name: contract.address for name, contract in self._deployment.contracts.items()}
        for argument, address in others_of(name, addresses, self._deployment.asset).items():
            if given[argument] != address:
                raise DeploymentFailed(
                    f"{name} was created with {argument} {given[argument]}, which should be {address}"
                )

    # ------------------------------------------------------------ who may call what

    def _roles(self) -> None:
        address_of = self._deployment.address_of
        wanted = {(ADMIN, address_of(ADMINISTRATOR))} | {(grant.role, address_of(grant.holder)) for grant in GRANTS}
        granted = list(self._of(AccessRoleGranted, "AccessManager"))
        held: set[tuple[int, Address]] = set()
        for event in self._events:
            match event:
                case AccessRoleGranted(role_id=role, account=account):
                    held.add((role, account))
                case AccessRoleRevoked(role_id=role, account=account):
                    held.discard((role, account))
        deployer = (ADMIN, granted[0].account) if granted else None
        for role, account in sorted(held - wanted):
            raise DeploymentFailed(f"{self._name(account)} holds role {ROLES.get(role, role)}, by a vote or a trick")
        for role, account in sorted(wanted - held):
            raise DeploymentFailed(f"{self._name(account)} lacks role {ROLES[role]}")
        for event in granted:
            pair = (event.role_id, event.account)
            if pair not in wanted and pair != deployer:
                raise DeploymentFailed(
                    f"{event.account} held role {ROLES.get(event.role_id, event.role_id)} for a while"
                )
        for event in self._events:
            if isinstance(event, AccessRoleAdminChanged | RoleGuardianChanged):
                raise DeploymentFailed(f"role {event.role_id} was given another administrator or guardian")

    def _verbs(self) -> None:
        address_of = self._deployment.address_of
        wanted = {(address_of(g.target), function.selector, g.role) for g in GRANTS for function in g.functions}
        opened = {(e.target, e.selector, e.role_id) for e in self._of(TargetFunctionRoleUpdated, "AccessManager")}
        for target, selector, role in sorted(wanted ^ opened):
            wrong = "is not open" if (target, selector, role) in wanted else "was opened"
            raise DeploymentFailed(
                f"verb 0x{selector.hex()} of {self._name(target)} {wrong} to role {ROLES.get(role, role)}"
            )
        for closed in self._of(TargetClosed, "AccessManager"):
            raise DeploymentFailed(f"{self._name(closed.target)} was closed or opened again by the administrator")
        manager = address_of("AccessManager")
        for event in self._events:
            if isinstance(event, AuthorityUpdated) and event.authority != manager:
                raise DeploymentFailed(f"{self._name(event.log.address)} obeys {event.authority}, not the manager")

    def _timelock(self) -> None:
        governor, itself = self._contracts.governor.address, self._contracts.timelock.address
        granted = {(event.role, event.account) for event in self._of(RoleGranted, ADMINISTRATOR)}
        wanted = {
            (timelock.ADMIN, itself),
            (timelock.PROPOSER, governor),
            (timelock.CANCELLER, governor),
            (timelock.EXECUTOR, ZERO_ADDRESS),
        }
        changed = [*self._of(RoleRevoked, ADMINISTRATOR), *self._of(RoleAdminChanged, ADMINISTRATOR)]
        if granted != wanted or changed:
            others = sorted({self._name(account) for _, account in granted - wanted})
            raise DeploymentFailed(
                f"the timelock does not obey the governor alone: {', '.join(others) or 'roles lack'}"
            )

    def _delays(self) -> None:
        """From what the manager announced: it answers with a delay only once that is effective."""
        announced: dict[int | Address, int] = {}
        announced |= {e.role_id: e.delay for e in self._of(RoleGrantDelayChanged, "AccessManager")}
        announced |= {e.target: e.delay for e in self._of(TargetAdminDelayUpdated, "AccessManager")}
        cooldown = self._contracts.staked_hold.cooldown()
        delayed: dict[str, int | Address] = {f"grants of {name}": role for role, name in ROLES.items()}
        delayed |= {f"changes of {name}": self._deployment.address_of(name) for name in GUARDED}
        for what, key in delayed.items():
            if announced.get(key, 0) <= cooldown:
                raise DeploymentFailed(
                    f"{what} take {announced.get(key, 0)} s, no longer than leaving does ({cooldown} s of cooldown)"
                )


def _same(first: Address | None, second: Address) -> bool:
    return first is not None and first.lower() == second.lower()
