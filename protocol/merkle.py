"""Hash trees as in Certificate Transparency (RFC 6962, section 2.1): SHA-256, a first byte tells leaves from nodes.

The shape follows from the number of leaves alone: the left half is the largest power of two below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

LEAF, NODE = b"\0", b"\1"
EMPTY = sha256(b"").digest()


def leaf(content: bytes) -> bytes:
    return sha256(LEAF + content).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(NODE + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """Of leaf hashes. Built level by level: an odd one out goes up as it is, which gives RFC 6962's shape."""
    level = list(leaves)
    if not level:
        return EMPTY
    while len(level) > 1:
        level = _above(level)
    return level[0]


def _above(level: list[bytes]) -> list[bytes]:
    pairs = zip(level[::2], level[1::2], strict=False)
    above = [node(left, right) for left, right in pairs]
    return above if len(level) % 2 == 0 else [*above, level[-1]]


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The hashes of every level, from the leaves up to the root; of at least one leaf."""
    found = [list(leaves)]
    while len(found[-1]) > 1:
        found.append(_above(found[-1]))
    return found


def path(leaves: list[bytes], index: int) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root, from below."""
    siblings, level = [], leaves
    while len(level) > 1:
        if index ^ 1 < len(level):
            siblings.append(level[index ^ 1])
        level = _above(level)
        index //= 2
    return siblings


def sided(leaves: list[bytes], index: int) -> tuple[int, tuple[bytes, ...]]:
    """As `path`, with the side of each hash: bit n of the number says that the n-th stands left. So a leaf is proved to
    be in a tree, not where."""
    siblings, sides, level, place = path(leaves, index), 0, len(leaves), index
    for n in range(len(siblings)):
        while place ^ 1 >= level:
            place, level = place // 2, (level + 1) // 2
        sides |= (place & 1) << n
        place, level = place // 2, (level + 1) // 2
    return sides, tuple(siblings)


def proves(root_: bytes, leaf_: bytes, index: int, count: int, siblings: list[bytes]) -> bool:
    """Whether `siblings` lead from leaf `index` of `count` to the root."""
    if not 0 <= index < count:
        return False
    hashed, left = leaf_, list(siblings)
    while count > 1:
        if index ^ 1 < count:
            if not left:
                return False
            other = left.pop(0)
            hashed = node(other, hashed) if index % 2 else node(hashed, other)
        index, count = index // 2, (count + 1) // 2
    return not left and hashed == root_
