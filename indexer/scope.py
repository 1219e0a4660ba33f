"""What is followed: one deployment's contracts, by address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from protocol.deployment import Deployment
from protocol.solidity import Address, address_of_bytes

FOLLOWED = (
    "HoldToken",
    "StakedHold",
    "AccessManager",
    "CommonholdTimelock",
    "CommonholdGovernor",
    "JobEscrow",
    "OperatorRegistry",
    "ModelRegistry",
    "SafetyRules",
    "SheetBook",
    "RewardPool",
    "InferenceDispute",
)


@dataclass(frozen=True)
class Scope:
    """`genesis`: hash of the chain's first block; `contracts`: address by name, of those in `FOLLOWED`; `start`: block
    of the first of them."""

    chain_id: int
    genesis: bytes
    start: int
    contracts: Mapping[str, Address]

    @classmethod
    def of(cls, deployment: Deployment) -> Scope:
        """The followed part of a deployment."""
        contracts = {name: deployment.contracts[name] for name in FOLLOWED}
        start = min(contract.block for contract in contracts.values())
        addresses = {name: contract.address for name, contract in contracts.items()}
        return cls(deployment.chain_id, bytes.fromhex(deployment.genesis[2:]), start, addresses)

    @cached_property
    def addresses(self) -> list[str]:
        return sorted(self.contracts.values())

    @cached_property
    def fingerprint(self) -> bytes:
        """Names the deployment: a database belongs to one. A local chain that begins anew has another genesis."""
        parts = [
            str(self.chain_id),
            self.genesis.hex(),
            *(f"{name}={self.contracts[name]}" for name in sorted(self.contracts)),
        ]
        return sha256("\n".join(parts).encode()).digest()

    @property
    def treasury(self) -> Address:
        """Whose accounts are the treasury's: the timelock."""
        return self.contracts["CommonholdTimelock"]

    def address_of(self, contract: str) -> Address:
        return self.contracts[contract]

    def contract_at(self, address: bytes) -> str | None:
        """Name of the followed contract at 20 bytes of address."""
        return self.name_of(address_of_bytes(address))

    def name_of(self, address: str) -> str | None:
        """Name of the followed contract at an address with its checksum."""
        return self._names.get(address)

    @cached_property
    def _names(self) -> dict[str, str]:
        return {address: name for name, address in self.contracts.items()}
