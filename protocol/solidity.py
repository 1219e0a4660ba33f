"""Solidity's declarations, read as they stand in `contracts/`: how values are laid out and what they become.

A declaration such as `event JobAccepted(JobId indexed id, address indexed operator, uint256 price)` is parsed
once, at import; encoding and decoding then run through prepared codecs. The named types of `contracts/types`
are registered by `value` and `struct`, in `protocol/types.py`.

| Solidity              | Python                                                                        |
| --------------------- | ----------------------------------------------------------------------------- |
| `uint256`, `int256`…  | `int`                                                                         |
| `bytes…`              | `bytes`                                                                       |
| `address`             | `Address`, with its checksum                                                  |
| `string`              | `str`; bytes that are no UTF-8 become lone surrogates and are never refused   |
| a struct, an enum, …  | what it was registered with                                                   |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, NewType, TypeVar

from eth_abi.decoding import ContextFramesBytesIO, TupleDecoder
from eth_abi.encoding import TupleEncoder
from eth_abi.exceptions import DecodingError, EncodingError
from eth_abi.registry import registry
from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak

from protocol.errors import CommonholdError

Address = NewType("Address", str)
"""Twenty bytes in hexadecimal, with its checksum (EIP-55): comparable as text."""

ZERO_ADDRESS = Address("0x0000000000000000000000000000000000000000")

T = TypeVar("T")
DECLARATION = re.compile(r"\s*(?:event|error|function)?\s*(\w+)\((.*?)\)(?:\s+returns\s*\((.*)\))?\s*", re.DOTALL)
LOCATIONS = {"calldata", "memory", "payable"}


class NotEncodable(CommonholdError, ValueError):
    """A value that its Solidity type cannot hold; the message names the parameter and the type."""


class NotDecodable(CommonholdError, ValueError):
    """Bytes that are not what the declaration says; the message names it."""


def to_address(text: str) -> Address:
    """The address that `text` writes, with its checksum. Raises `NotEncodable`, also for a wrong checksum."""
    if not isinstance(text, str) or not is_address(text):
        raise NotEncodable(f"{text!r} is not an address: 0x and 40 hexadecimal digits")
    address = Address(to_checksum_address(text))
    digits = text[-40:]
    if digits not in (digits.lower(), digits.upper(), address[2:]):
        raise NotEncodable(f"{text} has a wrong checksum, so a digit may be wrong: with a right one it is {address}")
    return address


@cache
def address_of_bytes(twenty: bytes) -> Address:
    return Address(to_checksum_address(twenty))


@dataclass(frozen=True, slots=True)
class SolidityType:
    """`abi`: canonical name, as hashed in selectors. `wire`: what the codec is asked for. `read`, `write`: to and
    from the codec's values."""

    abi: str
    wire: str
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: SolidityType
    indexed: bool


def _same(value: Any) -> Any:
    return value


def _read_text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _write_text(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def _write_fixed(length: int) -> Callable[[Any], bytes]:
    def write(value: Any) -> bytes:
        if len(value) != length:
            raise NotEncodable(f"has {len(value)} bytes, not {length}")
        return bytes(value)

    return write


def _write_integer(bits: int) -> Callable[[Any], int]:
    def write(value: Any) -> int:
        if not 0 <= value < 2**bits:
            raise NotEncodable(f"{value} is not between 0 and 2^{bits} - 1")
        return int(value)

    return write


_known: dict[str, SolidityType] = {
    "address": SolidityType("address", "address", lambda text: address_of_bytes(bytes.fromhex(text[2:])), to_address),
    "string": SolidityType("string", "bytes", _read_text, _write_text),
    "bool": SolidityType("bool", "bool", _same, _same),
    "bytes": SolidityType("bytes", "bytes", _same, _same),
}


def type_of(name: str) -> SolidityType:
    """The type of a Solidity name, arrays included. Raises `KeyError` for a name that was not registered."""
    if name.endswith("[]"):
        return _array_of(type_of(name.removesuffix("[]")))
    if name not in _known:
        _known[name] = _elementary(name)
    return _known[name]


def _elementary(name: str) -> SolidityType:
    if integer := re.fullmatch(r"uint(\d+)", name):
        return SolidityType(name, name, _same, _write_integer(int(integer[1])))
    if re.fullmatch(r"int\d+", name):
        return SolidityType(name, name, _same, _same)
    if fixed := re.fullmatch(r"bytes(\d+)", name):
        return SolidityType(name, name, _same, _write_fixed(int(fixed[1])))
    raise KeyError(f"Solidity type {name} is not registered")


def _array_of(item: SolidityType) -> SolidityType:
    return SolidityType(
        item.abi + "[]",
        item.wire + "[]",
        lambda values: tuple(item.read(value) for value in values),
        lambda values: [item.write(value) for value in values],
    )


def value(name: str, underlying: str, read: Callable[[Any], Any], write: Callable[[Any], Any] = _same) -> None:
    """Registers a user-defined value type or an enum."""
    base = type_of(underlying)
    _known[name] = SolidityType(base.abi, base.wire, read, lambda item: base.write(write(item)))


def struct(declaration: str, name: str | None = None) -> Callable[[type[T]], type[T]]:
    """Registers a dataclass as the struct whose fields, in their order, `declaration` lists."""

    def register(cls: type[T]) -> type[T]:
        parameters = _parameters(declaration)
        assert len(parameters) == len(fields(cls))  # type: ignore[arg-type]
        _known[name or cls.__name__] = _struct_type(cls, parameters)
        return cls

    return register


def _struct_type(cls: type[Any], parameters: Sequence[Parameter]) -> SolidityType:
    names = [field.name for field in fields(cls)]
    types = [parameter.type for parameter in parameters]

    def read(values: Sequence[Any]) -> Any:
        return cls(*(type_.read(item) for type_, item in zip(types, values, strict=True)))

    def write(instance: Any) -> tuple[Any, ...]:
        return tuple(
            _writing(parameter, getattr(instance, name)) for parameter, name in zip(parameters, names, strict=True)
        )

    return SolidityType(_tuple(type_.abi for type_ in types), _tuple(type_.wire for type_ in types), read, write)


def _tuple(names: Any) -> str:
    return f"({','.join(names)})"


def _parameters(declaration: str) -> tuple[Parameter, ...]:
    return tuple(_parameter(part.split()) for part in declaration.split(",") if part.strip())


def _parameter(words: Sequence[str]) -> Parameter:
    name = words[-1] if len(words) > 1 and words[-1] not in LOCATIONS else ""
    return Parameter(name, type_of(words[0]), "indexed" in words)


class Codec:
    """Encodes and decodes a list of parameters as Solidity's `abi.encode` does."""

    def __init__(self, parameters: Sequence[Parameter], of: str) -> None:
        self.parameters = tuple(parameters)
        self._of = of
        wire = [parameter.type.wire for parameter in parameters]
        self._decoder = TupleDecoder(decoders=[registry.get_decoder(name) for name in wire])  # type: ignore[no-untyped-call]
        self._encoder = TupleEncoder(encoders=[registry.get_encoder(name) for name in wire])  # type: ignore[no-untyped-call]

    def encode(self, values: Sequence[Any]) -> bytes:
        """Raises `NotEncodable`, naming the parameter."""
        if len(values) != len(self.parameters):
            raise NotEncodable(f"{self._of}: {len(values)} values for {len(self.parameters)} parameters")
        written = tuple(_writing(p, v, self._of) for p, v in zip(self.parameters, values, strict=True))
        try:
            encoded: bytes = self._encoder(written)
        except (EncodingError, TypeError, ValueError) as error:
            raise NotEncodable(f"{self._of}: {error}") from error
        return encoded

    def decode(self, data: bytes) -> tuple[Any, ...]:
        """Raises `NotDecodable`."""
        try:
            values = self._decoder(ContextFramesBytesIO(data))  # type: ignore[no-untyped-call]
            return tuple(p.type.read(v) for p, v in zip(self.parameters, values, strict=True))
        except (DecodingError, ValueError, OverflowError) as error:
            raise NotDecodable(f"{self._of}: {len(data)} bytes are not what it declares: {error}") from error


def _writing(parameter: Parameter, item: Any, of: str = "") -> Any:
    try:
        return parameter.type.write(item)
    except (NotEncodable, TypeError, ValueError, AttributeError) as error:
        raise NotEncodable(": ".join(part for part in (of, parameter.name, str(error)) if part)) from error


class Declaration:
    """An event, error or function: its name, its parameters, and how they are encoded."""

    def __init__(self, text: str) -> None:
        match = DECLARATION.fullmatch(text)
        assert match is not None, text
        self.name = match[1]
        self.parameters = _parameters(match[2])
        self.signature = self.name + _tuple(parameter.type.abi for parameter in self.parameters)
        self.hash = keccak(self.signature.encode())
        self.selector = self.hash[:4]
        self.codec = Codec(self.parameters, self.name)
        self.returned = Codec(_parameters(match[3] or ""), f"{self.name}'s answer")


class Function(Declaration):
    """A contract's verb or view: arguments to calldata, answers to values."""

    def calldata(self, *arguments: Any) -> bytes:
        """Selector and arguments. Raises `NotEncodable`, naming the parameter."""
        return self.selector + self.codec.encode(arguments)

    def answer(self, data: bytes) -> Any:
        """What was returned: one value, or a tuple of several. Raises `NotDecodable`."""
        values = self.returned.decode(data)
        return values[0] if len(values) == 1 else values
