"""The referee's contracts in an EVM inside this process: thousands of calls a second."""

from __future__ import annotations

from functools import cache
from typing import Any

import pyrevm

from protocol.artifacts import load_artifact
from protocol.clients import rules
from protocol.solidity import Function, to_address
from protocol.wiring import CONSTRUCTORS

NOBODY = "0x" + "11" * 20


SOMEBODY = "0x" + "22" * 20
"""Takes every call."""


class Contract:
    """Deployed; `gas`: what the last call took as a transaction would, its calldata and 21,000 included. `evm`: that of
    contracts that it knows."""

    def __init__(self, name: str, arguments: tuple[Any, ...] = (), evm: pyrevm.EVM | None = None) -> None:
        self._evm = evm or pyrevm.EVM(gas_limit=1 << 40)
        self._evm.set_balance(NOBODY, 1 << 100)
        encoded = CONSTRUCTORS[name].codec.encode(arguments)
        self.address = to_address(self._evm.deploy(NOBODY, load_artifact(name).bytecode + encoded))
        self.gas = 0

    def call(self, function: Function, *arguments: Any) -> Any:
        """Raises `RuntimeError` where the contract reverts."""
        data = function.calldata(*arguments)
        answer = self._evm.message_call(NOBODY, self.address, calldata=data, gas=1 << 30)
        zeros = data.count(0)
        tokens = zeros + 4 * (len(data) - zeros)
        self.gas = self._evm.result.gas_used
        self.calldata_gas = tokens
        return function.answer(answer)


@cache
def contract(name: str) -> Contract:
    return Contract(name)


class Refusals:
    """`RefusalReferee`, and the rules that it knows."""

    def __init__(self) -> None:
        evm = pyrevm.EVM(gas_limit=1 << 40)
        evm.insert_account_info(SOMEBODY, pyrevm.AccountInfo(code=b"\0"))
        manager = Contract("AccessManager", (NOBODY,), evm)
        self._rules = Contract("SafetyRules", (manager.address, SOMEBODY), evm)
        self.judge = Contract("RefusalReferee", (self._rules.address,), evm)

    def adopt(self, document: bytes) -> None:
        self._rules.call(rules.ADOPT, document)


@cache
def refusals() -> Refusals:
    return Refusals()
