"""A chain, over JSON-RPC: a thin client that fails over between endpoints and says clearly what went wrong.

Reads of state take `at`, the block that they are pinned to: a number, a hash, or a tag.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import httpx

from protocol.endpoint import Endpoint, RpcError
from protocol.errors import CommonholdError
from protocol.events import RawLog
from protocol.reverts import Reverted, decode_revert
from protocol.settings import Settings
from protocol.solidity import Address

__all__ = ["Block", "BlockRef", "BlockUnknown", "Chain", "ChainUnreachable", "Receipt", "RpcError", "Tag", "WrongChain"]

Tag = Literal["latest", "finalized", "safe", "pending", "earliest"]
BlockRef = int | bytes | Tag

BLOCK_MISSING = ("header not found", "unknown block", "block not found", "BlockOutOfRange", "Received invalid block")


class ChainUnreachable(CommonholdError):
    """No endpoint answered. The message names each and its failure."""


class WrongChain(CommonholdError):
    """An endpoint serves another chain than was configured."""


class BlockUnknown(CommonholdError):
    """The chain has no such block (any more), or not yet."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block's header; `timestamp` in seconds, fees in wei, `base_fee` zero on chains without one."""

    number: int
    hash: bytes
    parent_hash: bytes
    timestamp: int
    base_fee: int
    gas_limit: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a mined transaction. `logs` are raw: `protocol.events.decode` reads them."""

    transaction_hash: bytes
    block_number: int
    block_hash: bytes
    succeeded: bool
    gas_used: int
    effective_gas_price: int
    contract: Address | None
    logs: tuple[RawLog, ...]


class Chain:
    """One chain behind one or more endpoints, tried in order from the last that answered.

    `chain_id`: what the endpoints must serve; none: what the first that answers says. `timeout` in seconds.
    May be used by several threads. Any call raises `ChainUnreachable`, `WrongChain` or `RpcError`.
    """

    def __init__(self, urls: str | Sequence[str], chain_id: int | None = None, timeout: float = 10.0) -> None:
        listed = [urls] if isinstance(urls, str) else list(urls)
        self._endpoints = [Endpoint(url, timeout) for url in listed]
        self._chain_id = chain_id
        self._first = 0
        self._lock = threading.Lock()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(settings.rpc_urls, settings.chain_id, settings.rpc_timeout)

    def close(self) -> None:
        for endpoint in self._endpoints:
            endpoint.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def urls(self) -> tuple[str, ...]:
        return tuple(endpoint.url for endpoint in self._endpoints)

    @property
    def id(self) -> int:
        """The chain's id, as an endpoint confirmed it."""
        if self._chain_id is None or all(endpoint.chain_id != self._chain_id for endpoint in self._endpoints):
            self._chain_id = int(self.request("eth_chainId", []), 16)
        return self._chain_id

    def request(self, method: str, params: Sequence[Any]) -> Any:
        """The result of one JSON-RPC call, as it came."""
        failures = []
        for index in self._in_order():
            endpoint = self._endpoints[index]
            try:
                self._check(endpoint)
                result = endpoint.request(method, params)
            except httpx.HTTPError as error:
                failures.append(f"{endpoint.shown}: {error or type(error).__name__}")
                continue
            self._first = index
            return result
        raise ChainUnreachable(f"no endpoint answered {method}: {'; '.join(failures)}. Is the node running?")

    def _in_order(self) -> Iterable[int]:
        count = len(self._endpoints)
        return ((self._first + step) % count for step in range(count))

    def _check(self, endpoint: Endpoint) -> None:
        """Asks an endpoint once which chain it serves."""
        with self._lock:
            if endpoint.chain_id is None:
                endpoint.chain_id = int(endpoint.request("eth_chainId", []), 16)
            if self._chain_id is None:
                self._chain_id = endpoint.chain_id
            if endpoint.chain_id != self._chain_id:
                served, wanted = endpoint.chain_id, self._chain_id
                raise WrongChain(f"{endpoint.shown} serves chain {served}, not {wanted}: check COMMONHOLD_RPC_URL")

    def block(self, ref: BlockRef = "latest") -> Block:
        """Raises `BlockUnknown`."""
        method = "eth_getBlockByHash" if isinstance(ref, bytes) else "eth_getBlockByNumber"
        raw = self.request(method, [_plain(ref), False])
        if raw is None:
            raise BlockUnknown(f"the chain has no block {_plain(ref)}")
        return Block(
            number=int(raw["number"], 16),
            hash=bytes.fromhex(raw["hash"][2:]),
            parent_hash=bytes.fromhex(raw["parentHash"][2:]),
            timestamp=int(raw["timestamp"], 16),
            base_fee=int(raw.get("baseFeePerGas") or "0x0", 16),
            gas_limit=int(raw["gasLimit"], 16),
        )

    def block_number(self) -> int:
        """Number of the newest block."""
        return int(self.request("eth_blockNumber", []), 16)

    def logs(
        self,
        from_block: int | Tag,
        to_block: int | Tag,
        addresses: Sequence[Address] = (),
        topics: Sequence[str | Sequence[str] | None] = (),
    ) -> list[RawLog]:
        """Logs of a range of blocks, both ends included, in the chain's order."""
        span = {"fromBlock": _plain(from_block), "toBlock": _plain(to_block)}
        logs: list[RawLog] = self.request("eth_getLogs", [_filter(span, addresses, topics)])
        return logs

    def logs_of(
        self,
        block_hash: bytes,
        addresses: Sequence[Address] = (),
        topics: Sequence[str | Sequence[str] | None] = (),
    ) -> list[RawLog]:
        """Logs of exactly this block. Raises `BlockUnknown` when a reorganisation took it away."""
        span = {"blockHash": "0x" + block_hash.hex()}
        try:
            logs: list[RawLog] = self.request("eth_getLogs", [_filter(span, addresses, topics)])
        except RpcError as error:
            raise _clearer(error, block_hash) from error
        return logs

    def call(
        self, to: Address | None, data: bytes, at: BlockRef = "latest", sender: Address | None = None, value: int = 0
    ) -> bytes:
        """What a contract answers at a block; without `to`, what creating it would. Raises `Reverted` with its
        error, or `BlockUnknown`."""
        try:
            answer: str = self.request("eth_call", [_transaction(sender, to, data, value), _state(at)])
        except RpcError as error:
            if (reverted := error.revert_data) is not None:
                raise Reverted(f"call to {to}", decode_revert(reverted)) from error
            raise _clearer(error, at) from error
        return bytes.fromhex(answer[2:])

    def estimate_gas(self, sender: Address, to: Address | None, data: bytes, value: int = 0) -> int:
        """Gas that a transaction would take now. Raises `Reverted` when it would fail."""
        try:
            return int(self.request("eth_estimateGas", [_transaction(sender, to, data, value)]), 16)
        except RpcError as error:
            if (reverted := error.revert_data) is not None:
                raise Reverted(f"transaction to {to or 'a new contract'}", decode_revert(reverted)) from error
            raise

    def code(self, address: Address, at: BlockRef = "latest") -> bytes:
        return self._bytes("eth_getCode", address, at)

    def balance(self, address: Address, at: BlockRef = "latest") -> int:
        """In wei of the chain's own coin."""
        return self._number("eth_getBalance", address, at)

    def nonce(self, address: Address, at: BlockRef = "latest") -> int:
        """Transactions that the account has had mined."""
        return self._number("eth_getTransactionCount", address, at)

    def storage(self, address: Address, slot: int, at: BlockRef = "latest") -> bytes:
        return bytes.fromhex(self.request("eth_getStorageAt", [address, hex(slot), _state(at)])[2:].rjust(64, "0"))

    def _number(self, method: str, address: Address, at: BlockRef) -> int:
        try:
            return int(self.request(method, [address, _state(at)]), 16)
        except RpcError as error:
            raise _clearer(error, at) from error

    def _bytes(self, method: str, address: Address, at: BlockRef) -> bytes:
        try:
            return bytes.fromhex(self.request(method, [address, _state(at)])[2:])
        except RpcError as error:
            raise _clearer(error, at) from error

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        """`None` while the transaction is not in a block."""
        raw = self.request("eth_getTransactionReceipt", ["0x" + transaction_hash.hex()])
        if raw is None or raw["blockHash"] is None:
            return None
        return Receipt(
            transaction_hash=bytes.fromhex(raw["transactionHash"][2:]),
            block_number=int(raw["blockNumber"], 16),
            block_hash=bytes.fromhex(raw["blockHash"][2:]),
            succeeded=int(raw["status"], 16) == 1,
            gas_used=int(raw["gasUsed"], 16),
            effective_gas_price=int(raw.get("effectiveGasPrice") or "0x0", 16),
            contract=Address(raw["contractAddress"]) if raw.get("contractAddress") else None,
            logs=tuple(raw["logs"]),
        )

    def transaction(self, transaction_hash: bytes) -> dict[str, Any] | None:
        """A transaction as the node knows it, mined or not; `None` when it does not."""
        raw: dict[str, Any] | None = self.request("eth_getTransactionByHash", ["0x" + transaction_hash.hex()])
        return raw

    def broadcast(self, signed: bytes) -> bytes:
        """Gives a signed transaction to the node; its hash."""
        return bytes.fromhex(self.request("eth_sendRawTransaction", ["0x" + signed.hex()])[2:])

    def priority_fee(self) -> int:
        """What the node suggests as a tip, in wei of a unit of gas."""
        return int(self.request("eth_maxPriorityFeePerGas", []), 16)


def _plain(ref: BlockRef) -> str:
    if isinstance(ref, bytes):
        return "0x" + ref.hex()
    return hex(ref) if isinstance(ref, int) else ref


def _state(at: BlockRef) -> Any:
    """A block for reads of state (EIP-1898)."""
    return {"blockHash": _plain(at), "requireCanonical": True} if isinstance(at, bytes) else _plain(at)


def _transaction(sender: Address | None, to: Address | None, data: bytes, value: int) -> dict[str, str]:
    fields = {"from": sender, "to": to, "data": "0x" + data.hex(), "value": hex(value)}
    return {name: content for name, content in fields.items() if content is not None}


def _filter(
    span: dict[str, str], addresses: Sequence[Address], topics: Sequence[str | Sequence[str] | None]
) -> dict[str, Any]:
    wanted: dict[str, Any] = dict(span)
    if addresses:
        wanted["address"] = list(addresses)
    if topics:
        wanted["topics"] = list(topics)
    return wanted


def _clearer(error: RpcError, at: BlockRef) -> CommonholdError:
    if any(text.lower() in error.message.lower() for text in BLOCK_MISSING):
        return BlockUnknown(f"the chain has no block {_plain(at)}: {error.message}")
    return error
