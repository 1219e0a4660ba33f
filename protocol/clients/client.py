"""What all clients do."""

from __future__ import annotations

from typing import Any

from protocol.chain import BlockRef, Chain
from protocol.intents import Call
from protocol.solidity import Address, Function


class Client:
    """A contract at an address.

    Reads take `at`, the block that they are pinned to, and raise `Reverted` or `BlockUnknown`. Verbs return a
    `Call`, and raise `NotEncodable` for values that the contract cannot take.
    """

    def __init__(self, chain: Chain, address: Address) -> None:
        self.chain = chain
        self.address = address

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address})"

    def _read(self, function: Function, *arguments: Any, at: BlockRef) -> Any:
        return function.answer(self.chain.call(self.address, function.calldata(*arguments), at))

    def _verb(self, function: Function, *arguments: Any) -> Call:
        return Call(self.address, function.calldata(*arguments), description=function.name)
