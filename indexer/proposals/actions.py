"""What a proposal's calls mean, where the target's ABI is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak

from indexer.scope import Scope
from protocol.abi import UnknownAbi, load_abi


@dataclass(frozen=True, slots=True)
class Meaning:
    """A call in words; `arguments` by name, integers as decimal text and bytes as hexadecimal."""

    contract: str
    function: str
    arguments: dict[str, Any]


def meaning_of(scope: Scope, target: str, data: bytes) -> Meaning | None:
    """None where the contract, the function or the arguments are not known."""
    contract = scope.name_of(target)
    function = None if contract is None else _functions(contract).get(data[:4])
    if contract is None or function is None:
        return None
    inputs = function["inputs"]
    try:
        values = decode([_type(item) for item in inputs], data[4:])
    except (DecodingError, ValueError, OverflowError):
        return None
    return Meaning(contract, function["name"], _by_name(inputs, values))


@cache
def _functions(contract: str) -> dict[bytes, dict[str, Any]]:
    try:
        abi = load_abi(contract)
    except UnknownAbi:
        return {}
    return {_selector(entry): entry for entry in abi if entry["type"] == "function"}


def _selector(function: dict[str, Any]) -> bytes:
    signature = f"{function['name']}({','.join(_type(item) for item in function['inputs'])})"
    return bytes(keccak(signature.encode())[:4])


def _type(item: dict[str, Any]) -> str:
    name: str = item["type"]
    if not name.startswith("tuple"):
        return name
    return f"({','.join(_type(part) for part in item['components'])}){name.removeprefix('tuple')}"


def _by_name(items: Sequence[dict[str, Any]], values: Sequence[Any]) -> dict[str, Any]:
    return {
        item["name"] or str(place): _readable(item, value)
        for place, (item, value) in enumerate(zip(items, values, strict=True))
    }


def _readable(item: dict[str, Any], value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if item["type"].endswith("[]"):
        inner = {**item, "type": item["type"].removesuffix("[]")}
        return [_readable(inner, one) for one in value]
    if item["type"] == "tuple":
        return _by_name(item["components"], value)
    return value
