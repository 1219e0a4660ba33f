"""How values look in URLs and in JSON: amounts as decimal text, bytes as hexadecimal, the chain's text made safe."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from protocol.solidity import address_of_bytes

WORD = re.compile(r"0x[0-9a-fA-F]{64}")
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
SLOT = re.compile(r"[ -~]{1,32}")
SLOT_BYTES = 32
MAX_WORD = 2**256 - 1


def parse_word(given: Any) -> bytes:
    """32 bytes from `0x` and 64 hexadecimal digits."""
    if isinstance(given, bytes):
        return given
    if not isinstance(given, str) or not WORD.fullmatch(given):
        raise ValueError("must be 0x and 64 hexadecimal digits")
    return bytes.fromhex(given[2:])


def parse_address(given: Any) -> str:
    """An address with its checksum, from one in any case."""
    if not isinstance(given, str) or not ADDRESS.fullmatch(given):
        raise ValueError("must be an address: 0x and 40 hexadecimal digits")
    return address_of_bytes(bytes.fromhex(given[2:]))


def parse_amount(given: Any) -> int:
    """A uint256 from decimal text."""
    if isinstance(given, int):
        return given
    if not isinstance(given, str) or not re.fullmatch(r"[0-9]{1,78}", given) or int(given) > MAX_WORD:
        raise ValueError("must be a whole number in decimal digits, below 2^256")
    return int(given)


def parse_slot(given: Any) -> bytes:
    """A slot's 32 bytes from its name, such as `chat`, or from hexadecimal."""
    if isinstance(given, bytes):
        return given
    if isinstance(given, str) and WORD.fullmatch(given):
        return bytes.fromhex(given[2:])
    if not isinstance(given, str) or not SLOT.fullmatch(given):
        raise ValueError("must be the name of a slot, 1 to 32 ASCII characters, or 0x and 64 hexadecimal digits")
    return given.encode().ljust(SLOT_BYTES, b"\0")


def slot_name(slot: bytes) -> str:
    """The name where it is printable ASCII, else hexadecimal."""
    name = slot.rstrip(b"\0")
    return name.decode() if SLOT.fullmatch(name.decode("latin-1")) else to_hex(slot)


def to_hex(value: bytes) -> str:
    return f"0x{value.hex()}"


def safe_text(value: str) -> str:
    """The chain's text with whatever is no UTF-8 replaced."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _text(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


Word = Annotated[
    bytes, PlainValidator(parse_word), PlainSerializer(to_hex), _text("^0x[0-9a-fA-F]{64}$", "0x" + "ab" * 32)
]
"""32 bytes: an id or a digest."""

Hex = Annotated[bytes, PlainSerializer(to_hex), _text("^0x([0-9a-f]{2})*$", "0x00ff")]
"""Bytes of any length."""

AddressText = Annotated[str, PlainValidator(parse_address), _text("^0x[0-9a-fA-F]{40}$", "0x" + "Ab" * 20)]

AmountText = Annotated[int, PlainValidator(parse_amount), PlainSerializer(str), _text("^[0-9]{1,78}$", "1000000")]
"""A uint256, in units of its token; text, since JSON's numbers lose digits."""

SlotName = Annotated[
    bytes,
    PlainValidator(parse_slot),
    PlainSerializer(slot_name),
    _text("^(0x[0-9a-fA-F]{64}|[ -~]{1,32})$", "chat"),
]

ChainString = Annotated[str, PlainSerializer(safe_text), WithJsonSchema({"type": "string"})]
"""Text that somebody wrote on the chain; whatever is no UTF-8 shows as U+FFFD."""
