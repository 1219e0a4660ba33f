"""Client of `OperatorRegistry`."""

from __future__ import annotations

from protocol.chain import BlockRef
from protocol.clients.client import Client
from protocol.intents import Call
from protocol.solidity import Address, Function
from protocol.types import Profile

REGISTER = Function("function register(Profile profile)")
UPDATE = Function("function update(Profile profile)")
RETIRE = Function("function retire()")
IS_REGISTERED = Function("function isRegistered(address operator) returns (bool)")
PROFILE_OF = Function("function profileOf(address operator) returns (Profile profile)")


class OperatorsClient(Client):
    def register(self, profile: Profile) -> Call:
        return self._verb(REGISTER, profile)

    def update(self, profile: Profile) -> Call:
        return self._verb(UPDATE, profile)

    def retire(self) -> Call:
        return self._verb(RETIRE)

    def is_registered(self, operator: Address, at: BlockRef = "latest") -> bool:
        return bool(self._read(IS_REGISTERED, operator, at=at))

    def profile_of(self, operator: Address, at: BlockRef = "latest") -> Profile:
        profile = self._read(PROFILE_OF, operator, at=at)
        assert isinstance(profile, Profile)
        return profile
