"""Client of `SafetyRules`."""

from __future__ import annotations

from protocol.chain import BlockRef
from protocol.clients.client import Client
from protocol.intents import Call
from protocol.rules import RulesId
from protocol.solidity import Function

ADOPT = Function("function adopt(bytes document) returns (bytes32 rules)")
CURRENT = Function("function current() returns (bytes32 rules)")
VERSION = Function("function version() returns (uint256)")
RULES_AT = Function("function rulesAt(uint256 version) returns (bytes32 rules)")
COVERS = Function("function covers(bytes32 rules, bytes32 tokenizer) returns (bool)")


class RulesClient(Client):
    def adopt(self, document: bytes) -> Call:
        """By vote."""
        return self._verb(ADOPT, document)

    def current(self, at: BlockRef = "latest") -> RulesId:
        return RulesId(self._read(CURRENT, at=at))

    def version(self, at: BlockRef = "latest") -> int:
        """How many sets were adopted."""
        return int(self._read(VERSION, at=at))

    def rules_at(self, version: int, at: BlockRef = "latest") -> RulesId:
        return RulesId(self._read(RULES_AT, version, at=at))

    def covers(self, rules: RulesId, tokenizer: bytes, at: BlockRef = "latest") -> bool:
        return bool(self._read(COVERS, rules, tokenizer, at=at))
