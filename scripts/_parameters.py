"""What people type, checked before anything is sent: amounts, ids, shares, prompts."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import click

from protocol.types import BASIS_POINTS, SLOT_NAME_BYTES

WORD_BYTES = 32


class Amount(click.ParamType):
    """A decimal amount of a token, as a whole number of its smallest units.

    `bits` is the width that the contract keeps it in; anything wider is refused here.
    """

    name = "amount"

    def __init__(self, decimals: int, bits: int) -> None:
        self.decimals = decimals
        self.bits = bits

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            units = Decimal(value).scaleb(self.decimals)
        except InvalidOperation:
            self.fail(f"{value!r} is not a decimal number", param, ctx)
        self._refuse(value, units, param, ctx)
        return int(units)

    def _refuse(self, value: str, units: Decimal, param: click.Parameter | None, ctx: click.Context | None) -> None:
        if not units.is_finite():
            self.fail(f"{value} is not an amount", param, ctx)
        if units < 0:
            self.fail(f"{value} is negative", param, ctx)
        if units >= 2**self.bits:
            self.fail(f"{value} is too large: the contracts keep at most {self.bits} bits", param, ctx)
        if units != int(units):
            self.fail(f"{value} has more than {self.decimals} decimals", param, ctx)


class Share(click.ParamType):
    """A part given in per cent, as parts of 10,000."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            parts = Decimal(value.removesuffix("%")) * 100
        except InvalidOperation:
            self.fail(f"{value!r} is not a percentage", param, ctx)
        if not parts.is_finite() or not 0 <= parts <= BASIS_POINTS or parts != int(parts):
            self.fail(f"{value} is not between 0 and 100 in steps of 0.01", param, ctx)
        return int(parts)


class Word(click.ParamType):
    """An id of 32 bytes, written in hexadecimal."""

    def __init__(self, name: str) -> None:
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        if isinstance(value, bytes):
            return value
        try:
            word = bytes.fromhex(value.removeprefix("0x"))
        except ValueError:
            self.fail(f"{value!r} is not hexadecimal", param, ctx)
        if len(word) != WORD_BYTES:
            self.fail(f"{value} has {len(word)} bytes; a {self.name} id has {WORD_BYTES}", param, ctx)
        return word


class SlotName(click.ParamType):
    """The name of a slot, such as `chat`, as the 32 bytes that the contracts know it by."""

    name = "slot"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        if isinstance(value, bytes):
            return value
        if not value or not value.isascii() or not value.isprintable() or len(value) > SLOT_NAME_BYTES:
            self.fail(f"{value!r} is not 1 to {SLOT_NAME_BYTES} printable ASCII characters", param, ctx)
        return bytes(value.encode().ljust(WORD_BYTES, b"\0"))


class Prompt(click.ParamType):
    """Text for a model: valid UTF-8, not empty, without NUL. `-` reads it from standard input."""

    name = "prompt"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = self._from_input(param, ctx) if value == "-" else str(value)
        try:
            text.encode()
        except UnicodeEncodeError as error:
            self._not_text(error.start, param, ctx)
        if "\0" in text:
            self.fail(f"the prompt holds a NUL character at position {text.index(chr(0))}", param, ctx)
        if not text.strip():
            self.fail("the prompt is empty", param, ctx)
        return text

    def _from_input(self, param: click.Parameter | None, ctx: click.Context | None) -> str:
        content = click.get_binary_stream("stdin").read()
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            self._not_text(error.start, param, ctx)

    def _not_text(self, position: int, param: click.Parameter | None, ctx: click.Context | None) -> NoReturn:
        self.fail(f"the prompt is not UTF-8 text at position {position}", param, ctx)
