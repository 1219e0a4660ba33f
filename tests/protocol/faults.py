"""Chains with faults: what nodes and processes do on bad days."""

from collections.abc import Sequence
from typing import Any

from protocol.chain import Chain


class Killed(BaseException):
    """The process dies here."""


class Mortal(Chain):
    """The process dies at request number `left`: before it reaches the node, or before its answer comes back."""

    def __init__(self, url: str, left: int, *, answered: bool) -> None:
        super().__init__(url)
        self.left, self.answered = left, answered

    def request(self, method: str, params: Sequence[Any]) -> Any:
        self.left -= 1
        if self.left == 0 and not self.answered:
            raise Killed
        answer = super().request(method, params)
        if self.left == 0:
            raise Killed
        return answer


class Hopeful(Chain):
    """Finds no fault in any transaction beforehand, as when another one comes between."""

    def estimate_gas(self, *_: Any) -> int:
        return 400_000


class Amnesiac(Chain):
    """Knows no transaction that is not mined, as one of several nodes behind one address may."""

    def transaction(self, transaction_hash: bytes) -> dict[str, Any] | None:
        return super().transaction(transaction_hash) if self.receipt(transaction_hash) else None
