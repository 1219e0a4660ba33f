"""Canonical JSON: keys sorted, no white space, UTF-8, no floating-point numbers, so that one content has one digest."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import Struct

from protocol.errors import CommonholdError

MAX_DOCUMENT = 1 << 20


class DocumentInvalid(CommonholdError, ValueError):
    """A document that describes nothing which this version can serve; the message names the field."""


class Document(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """An object of a canonical JSON document."""


D = TypeVar("D", bound=Document)


def encode(document: Document) -> bytes:
    """The canonical bytes."""
    return msgspec.json.encode(document, order="sorted")


def decode(document: bytes, kind: type[D]) -> D:
    """Raises `DocumentInvalid`, naming the field; also for a document that is spelt otherwise."""
    name = kind.__name__.lower()
    if len(document) > MAX_DOCUMENT:
        raise DocumentInvalid(f"{name} of {len(document)} bytes; at most {MAX_DOCUMENT}")
    try:
        decoded = msgspec.json.decode(document, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DocumentInvalid(f"{name}: {error}") from error
    if encode(decoded) != document:
        raise DocumentInvalid(f"{name} is not canonical JSON: keys sorted, no white space, nothing twice")
    return decoded
