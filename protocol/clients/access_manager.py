"""Client of `AccessManager`: the one page that says who may call what."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.chain import BlockRef
from protocol.clients.client import Client
from protocol.intents import Call
from protocol.solidity import Address, Function

SET_TARGET_FUNCTION_ROLE = Function("function setTargetFunctionRole(address target, bytes4[] selectors, uint64 roleId)")
GRANT_ROLE = Function("function grantRole(uint64 roleId, address account, uint32 executionDelay)")
REVOKE_ROLE = Function("function revokeRole(uint64 roleId, address account)")
RENOUNCE_ROLE = Function("function renounceRole(uint64 roleId, address callerConfirmation)")
LABEL_ROLE = Function("function labelRole(uint64 roleId, string label)")
SET_GRANT_DELAY = Function("function setGrantDelay(uint64 roleId, uint32 newDelay)")
SET_TARGET_ADMIN_DELAY = Function("function setTargetAdminDelay(address target, uint32 newDelay)")
HAS_ROLE = Function("function hasRole(uint64 roleId, address account) returns (bool isMember, uint32 executionDelay)")
CAN_CALL = Function(
    "function canCall(address caller, address target, bytes4 selector) returns (bool immediate, uint32 delay)"
)
GET_TARGET_FUNCTION_ROLE = Function("function getTargetFunctionRole(address target, bytes4 selector) returns (uint64)")
GET_TARGET_ADMIN_DELAY = Function("function getTargetAdminDelay(address target) returns (uint32)")
MIN_SETBACK = Function("function minSetback() returns (uint32)")
GET_ROLE_GRANT_DELAY = Function("function getRoleGrantDelay(uint64 roleId) returns (uint32)")


class AccessManagerClient(Client):
    def set_target_function_role(self, target: Address, functions: Sequence[Function], role: int) -> Call:
        return self._verb(SET_TARGET_FUNCTION_ROLE, target, [function.selector for function in functions], role)

    def grant_role(self, role: int, account: Address, execution_delay: int = 0) -> Call:
        return self._verb(GRANT_ROLE, role, account, execution_delay)

    def revoke_role(self, role: int, account: Address) -> Call:
        return self._verb(REVOKE_ROLE, role, account)

    def renounce_role(self, role: int, caller: Address) -> Call:
        return self._verb(RENOUNCE_ROLE, role, caller)

    def label_role(self, role: int, label: str) -> Call:
        return self._verb(LABEL_ROLE, role, label)

    def set_grant_delay(self, role: int, delay: int) -> Call:
        """How many seconds a grant of the role takes to be effective; itself effective after five days."""
        return self._verb(SET_GRANT_DELAY, role, delay)

    def set_target_admin_delay(self, target: Address, delay: int) -> Call:
        """How many seconds pass between announcing and making a change of who may call a contract; itself effective
        after five days."""
        return self._verb(SET_TARGET_ADMIN_DELAY, target, delay)

    def has_role(self, role: int, account: Address, at: BlockRef = "latest") -> bool:
        is_member, _ = self._read(HAS_ROLE, role, account, at=at)
        return bool(is_member)

    def can_call(self, caller: Address, target: Address, function: Function, at: BlockRef = "latest") -> bool:
        """Whether it may without scheduling first."""
        immediate, _ = self._read(CAN_CALL, caller, target, function.selector, at=at)
        return bool(immediate)

    def role_of(self, target: Address, function: Function, at: BlockRef = "latest") -> int:
        return int(self._read(GET_TARGET_FUNCTION_ROLE, target, function.selector, at=at))

    def grant_delay_of(self, role: int, at: BlockRef = "latest") -> int:
        return int(self._read(GET_ROLE_GRANT_DELAY, role, at=at))

    def target_admin_delay_of(self, target: Address, at: BlockRef = "latest") -> int:
        return int(self._read(GET_TARGET_ADMIN_DELAY, target, at=at))

    def min_setback(self, at: BlockRef = "latest") -> int:
        """Seconds until a change of a delay is effective."""
        return int(self._read(MIN_SETBACK, at=at))
