"""Facts as plain values and as text: bytes in hexadecimal, names for numbers that have them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from protocol.events import Event

Plain = None | bool | int | str | list[Any] | dict[str, Any]


def plain(value: Any) -> Plain:
    """What JSON can say: dataclasses become objects, an event's first member says which it is."""
    match value:
        case None | bool():
            return value
        case Enum():
            return value.name.lower()
        case int() | str():
            return value
        case bytes():
            return "0x" + value.hex()
        case list() | tuple():
            return [plain(item) for item in value]
    assert is_dataclass(value), value
    members = {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return {"event": type(value).__name__, **members} if isinstance(value, Event) else members


def lines(value: Plain, depth: int = 0) -> Iterator[str]:
    """An object as indented text, a line for each member that is there."""
    assert isinstance(value, dict)
    for name, member in value.items():
        yield from _line(name.replace("_", " "), member, depth)


def _line(name: str, member: Plain, depth: int) -> Iterator[str]:
    indent = "  " * depth
    match member:
        case None:
            return
        case dict():
            yield f"{indent}{name}"
            yield from lines(member, depth + 1)
        case list():
            yield f"{indent}{name}: {'' if member else 'none'}".rstrip()
            for position, item in enumerate(member, 1):
                yield from _line(str(position), item, depth + 1)
        case _:
            yield f"{indent}{name}: {member}"
