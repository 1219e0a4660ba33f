"""Client of `CommonholdTimelock`."""

from __future__ import annotations

from eth_utils.crypto import keccak

from protocol.chain import BlockRef
from protocol.clients.client import Client
from protocol.intents import Call
from protocol.solidity import Address, Function

UPDATE_DELAY = Function("function updateDelay(uint256 newDelay)")
GET_MIN_DELAY = Function("function getMinDelay() returns (uint256)")
HAS_ROLE = Function("function hasRole(bytes32 role, address account) returns (bool)")

ADMIN = bytes(32)
PROPOSER = keccak(b"PROPOSER_ROLE")
EXECUTOR = keccak(b"EXECUTOR_ROLE")
CANCELLER = keccak(b"CANCELLER_ROLE")
ROLES = (ADMIN, PROPOSER, EXECUTOR, CANCELLER)


class TimelockClient(Client):
    def update_delay(self, delay: int) -> Call:
        """By vote."""
        return self._verb(UPDATE_DELAY, delay)

    def min_delay(self, at: BlockRef = "latest") -> int:
        """Seconds between a vote that passed and its execution."""
        return int(self._read(GET_MIN_DELAY, at=at))

    def has_role(self, role: bytes, account: Address, at: BlockRef = "latest") -> bool:
        return bool(self._read(HAS_ROLE, role, account, at=at))
