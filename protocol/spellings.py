"""The bytes of a program's tokens, and their tree: rules about texts are judged by them (`docs/inference.md`, 6.3).

A leaf is of sixteen tokens: two bytes for the length of each, then their bytes. A token that is no text – a control
token, or one behind the vocabulary's last – has `NO_TEXT` for its length, and no bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from protocol import merkle

TOKENS_A_LEAF = 16
LENGTH_BYTES = 2
NO_TEXT = 1 << 15
MOST_BYTES = 1_024
"""Of one token: a leaf has to fit into a transaction."""

Spellings = Sequence[bytes | None]
"""The bytes of each token id; None of one that is no text."""


def spelling_leaves(spellings: Spellings) -> list[bytes]:
    """Contents of the tree's leaves. Raises `ValueError` naming a token of more than `MOST_BYTES`."""
    return [_leaf(spellings, first) for first in range(0, len(spellings), TOKENS_A_LEAF)]


def spellings_root(spellings: Spellings) -> bytes:
    return merkle.root(merkle.leaf(content) for content in spelling_leaves(spellings))


def _leaf(spellings: Spellings, first: int) -> bytes:
    lengths = [NO_TEXT] * TOKENS_A_LEAF
    content = b""
    for place, spelling in enumerate(spellings[first : first + TOKENS_A_LEAF]):
        if spelling is None:
            continue
        if len(spelling) > MOST_BYTES:
            raise ValueError(f"token {first + place} has {len(spelling)} bytes, more than {MOST_BYTES}")
        lengths[place] = len(spelling)
        content += spelling
    return b"".join(length.to_bytes(LENGTH_BYTES, "big") for length in lengths) + content
