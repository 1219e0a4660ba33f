"""The chain as one node tells it, over JSON-RPC, and every way in which asking can fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from indexer.blocks import Block, RawLog

BATCH = 50  # calls in one request: what common providers allow
TOO_MANY_REQUESTS = 429
SUGGESTED = re.compile(r"\[\s*(0x[0-9a-fA-F]+|\d+)\s*[,-]\s*(0x[0-9a-fA-F]+|\d+)\s*\]|range:?\s+(\d+)\s*-\s*(\d+)")

Call = tuple[str, list[Any]]
OnError = Callable[[str], None]


class NodeError(RuntimeError):
    """The node did not give what was asked for. All kinds pass: the follower asks again later.

    unreachable: no connection, or it broke; timeout: no answer in time; http: an error status; rate_limit: asked too
    often; rpc: an error in words; malformed: an answer that is none; behind: the node has not seen yet what it, or
    its neighbour, showed before; changed: the chain moved between two questions; wrong_chain: it serves another chain
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Refused(NodeError):
    """The node answered a single call with an error."""

    def __init__(self, method: str, message: str) -> None:
        super().__init__("rpc", f"{method}: {message}")
        self.reason = message

    def suggestion(self) -> tuple[int, int] | None:
        """The block range that the error says would have worked, as some providers do."""
        found = SUGGESTED.search(self.reason)
        if found is None:
            return None
        first, last = (int(text, 0) for text in found.groups() if text is not None)
        return first, last


class Node:
    """Asks one of several endpoints, the next one after a failure."""

    def __init__(
        self, urls: Sequence[str], timeout: float, on_error: OnError | None = None, genesis: bytes | None = None
    ) -> None:
        """`timeout` in seconds a request; `on_error` is told the kind of each failure; `genesis`: hash of the first
        block that every endpoint must have."""
        self._urls = list(urls)
        self._genesis = genesis
        self._proven: set[str] = set()
        self._turn = 0
        self._on_error = on_error
        self._client = httpx.Client(timeout=timeout, trust_env=False)

    @property
    def url(self) -> str:
        """The endpoint that is asked next."""
        return self._urls[self._turn % len(self._urls)]

    def close(self) -> None:
        self._client.close()

    def move_on(self) -> None:
        """Asks the next endpoint from now on; this one is to prove itself again before it is asked anything."""
        self._proven.discard(self.url)
        self._turn += 1

    def chain_id(self) -> int:
        return _number(self._call("eth_chainId"))

    def code_at(self, address: str) -> bytes:
        return _bytes(self._call("eth_getCode", address, "latest"))

    def block(self, which: int | str) -> Block | None:
        """By number or tag; None where the node has none."""
        return self.blocks([which])[0]

    def blocks(self, which: Sequence[int | str]) -> list[Block | None]:
        calls: list[Call] = [("eth_getBlockByNumber", [_quantity(item), False]) for item in which]
        return [None if answer is None else _block(answer) for answer in self._batch(calls)]

    def logs(self, addresses: Sequence[str], first: int, last: int) -> list[Any]:
        """Logs of a range, as JSON. Raises `Refused` where the node finds it too much."""
        wanted = {"address": list(addresses), "fromBlock": hex(first), "toBlock": hex(last)}
        return _list(self._call("eth_getLogs", wanted))

    def logs_of_blocks(self, addresses: Sequence[str], hashes: Sequence[bytes]) -> list[list[Any]]:
        """Logs of each block by its hash: of that block and no other, even while the chain moves."""
        wanted = [{"address": list(addresses), "blockHash": f"0x{hash_.hex()}"} for hash_ in hashes]
        return [_list(answer) for answer in self._batch([("eth_getLogs", [item]) for item in wanted])]

    def _call(self, method: str, *params: Any) -> Any:
        return self._batch([(method, list(params))])[0]

    def _batch(self, calls: Sequence[Call]) -> list[Any]:
        try:
            self._prove()
            return [a for i in range(0, len(calls), BATCH) for a in self._request(calls[i : i + BATCH])]
        except NodeError as error:
            self.move_on()
            if self._on_error:
                self._on_error(error.kind)
            raise

    def _prove(self) -> None:
        """That the endpoint serves the chain wanted: asked before its first question, and again after each failure."""
        if self._genesis is None or self.url in self._proven:
            return
        (first,) = self._request([("eth_getBlockByNumber", [_quantity(0), False])])
        if first is None or _block(first).hash != self._genesis:
            raise NodeError(
                "wrong_chain",
                f"node {self.url} serves another chain than the deployment's, whose first block is "
                f"0x{self._genesis.hex()}: check COMMONHOLD_RPC_URL",
            )
        self._proven.add(self.url)

    def _request(self, calls: Sequence[Call]) -> list[Any]:
        body = [
            {"jsonrpc": "2.0", "id": place, "method": method, "params": params}
            for place, (method, params) in enumerate(calls)
        ]
        answers = self._post(body[0] if len(body) == 1 else body)
        answers = answers if isinstance(answers, list) else [answers]
        by_place = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        return [_result(call, by_place.get(place)) for place, call in enumerate(calls)]

    def _post(self, body: Any) -> Any:
        try:
            response = self._client.post(self.url, json=body)
        except httpx.TimeoutException as error:
            raise NodeError("timeout", f"node {self.url} did not answer in time") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NodeError("unreachable", f"node {self.url} cannot be reached: {error}") from error
        if response.status_code == TOO_MANY_REQUESTS:
            raise NodeError("rate_limit", f"node {self.url} says that it is asked too often")
        try:
            answer = response.json()
        except ValueError as error:
            kind = "malformed" if response.is_success else "http"
            raise NodeError(kind, f"node {self.url} answered {response.status_code} without JSON") from error
        if response.is_success or _is_rpc_error(answer):
            return answer
        raise NodeError("http", f"node {self.url} answered {response.status_code}")


def raw_log(answer: Any) -> tuple[RawLog, bytes, int | None]:
    """A log, its block's hash, and its block's timestamp where the node adds it. Raises `NodeError`."""
    try:
        if answer.get("removed"):
            raise NodeError("changed", "the node gave a log that a reorganisation removed")
        log = RawLog(
            block_number=_number(answer["blockNumber"]),
            log_index=_number(answer["logIndex"]),
            transaction_hash=_bytes(answer["transactionHash"]),
            address=_bytes(answer["address"]),
            topics=tuple(_bytes(topic) for topic in answer["topics"]),
            data=_bytes(answer["data"]),
        )
        timestamp = answer.get("blockTimestamp")
        return log, _bytes(answer["blockHash"]), None if timestamp is None else _number(timestamp)
    except (KeyError, TypeError, AttributeError) as error:
        raise NodeError("malformed", f"the node gave a log that is none: {error!r}") from error


def _result(call: Call, answer: Any) -> Any:
    method = call[0]
    if answer is None:
        raise NodeError("malformed", f"{method}: the node left the answer out")
    if error := answer.get("error"):
        message = error.get("message", error) if isinstance(error, dict) else error
        raise Refused(method, str(message))
    if "result" not in answer:
        raise NodeError("malformed", f"{method}: the answer has neither result nor error")
    return answer["result"]


def _is_rpc_error(answer: Any) -> bool:
    return isinstance(answer, dict) and "error" in answer and "id" in answer


def _block(answer: Any) -> Block:
    try:
        number, timestamp = _number(answer["number"]), _number(answer["timestamp"])
        return Block(number, _bytes(answer["hash"]), timestamp, _bytes(answer["parentHash"]))
    except (KeyError, TypeError) as error:
        raise NodeError("malformed", f"the node gave a block that is none: {error!r}") from error


def _list(answer: Any) -> list[Any]:
    if not isinstance(answer, list):
        raise NodeError("malformed", f"the node gave {type(answer).__name__} for a list of logs")
    return answer


def _number(text: Any) -> int:
    try:
        return int(text, 16)
    except (TypeError, ValueError) as error:
        raise NodeError("malformed", f"the node gave {text!r} for a number") from error


def _bytes(text: Any) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except (AttributeError, ValueError) as error:
        raise NodeError("malformed", f"the node gave {text!r} for bytes") from error


def _quantity(which: int | str) -> str:
    return hex(which) if isinstance(which, int) else which
