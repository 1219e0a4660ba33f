"""Column types that hold what a chain can say, exactly, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Numeric, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from protocol.solidity import ZERO_ADDRESS, address_of_bytes

WORD_DIGITS = 78  # decimal digits of 2**256 - 1

Number = BigInteger().with_variant(Integer(), "sqlite")
"""Block numbers, seconds, counts: 64 bits."""

Hash = LargeBinary
"""32 bytes."""


class Amount(TypeDecorator[int]):
    """A uint256: NUMERIC(78, 0), and on SQLite 78 decimal digits of text, which compare like numbers."""

    impl = Numeric(WORD_DIGITS, 0)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        text = dialect.name == "sqlite"
        return dialect.type_descriptor(String(WORD_DIGITS) if text else Numeric(WORD_DIGITS, 0))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | Decimal | None:
        if value is None:
            return None
        if not 0 <= value < 2**256:
            raise OverflowError(f"{value} is no uint256")
        return f"{value:0{WORD_DIGITS}}" if dialect.name == "sqlite" else Decimal(value)

    def process_result_value(self, value: Any | None, *_: Dialect) -> int | None:
        return None if value is None else int(value)


class AddressBytes(TypeDecorator[str]):
    """An address: 20 bytes in the database, EIP-55 text in Python."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, *_: Dialect) -> bytes | None:
        return None if value is None else bytes.fromhex(value[2:])

    def process_result_value(self, value: bytes | None, *_: Dialect) -> str | None:
        return None if value is None else address_of_bytes(bytes(value))


class ChainText(TypeDecorator[str]):
    """Text that came from the chain, kept as its bytes: it may hold NUL or be no UTF-8 at all."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, *_: Dialect) -> bytes | None:
        return None if value is None else value.encode("utf-8", "surrogateescape")

    def process_result_value(self, value: bytes | None, *_: Dialect) -> str | None:
        return None if value is None else bytes(value).decode("utf-8", "surrogateescape")


def some_address(address: str) -> str | None:
    """None for the zero address, by which the contracts say "nobody"."""
    return None if address == ZERO_ADDRESS else address
