"""What an operator has shown of the trees that it committed to, and the way down to where they differ from one's own.

Whatever was shown hashes to a node, so it does not matter who told of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from protocol import merkle
from protocol.disputes import Node, levels_below


@dataclass
class Differs(Exception):
    """What is below this node has to be shown; `path` leads from it to the root of its tree."""

    node: Node
    path: tuple[bytes, ...]
    hashes: int
    """How many are below it; zero: it is a leaf."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of a tree: its hash, and the way up to the root."""

    index: int
    hash: bytes
    path: tuple[bytes, ...]


@dataclass(slots=True)
class Known:
    """Hashes below nodes, and contents of leaves, by their own hashes."""

    below: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    contents: dict[bytes, bytes] = field(default_factory=dict)

    def add_hashes(self, hashes: Sequence[bytes]) -> None:
        self.below[merkle.root(hashes)] = tuple(hashes)

    def add_content(self, content: bytes) -> None:
        self.contents[merkle.leaf(content)] = content

    def first_difference(self, root: bytes, own: Sequence[bytes]) -> Leaf | None:
        """The first leaf of the tree with this root that differs from one's own; None where none does. Raises `Differs`
        where nothing is known of what is below a node."""
        levels = merkle.levels(own)
        node = Node(len(levels) - 1, 0, root)
        path: tuple[bytes, ...] = ()
        if levels[-1][0] == root:
            return None
        while node.level:
            node, path = self._down(node, path, levels)
        return Leaf(node.index, node.hash, path)

    def every_leaf(self, root: bytes, count: int) -> list[Leaf]:
        """All leaves of the tree with this root over `count`. Raises `Differs` for the first node of which nothing is
        known."""
        top = max(count - 1, 0).bit_length()
        nodes: list[tuple[Node, tuple[bytes, ...]]] = [(Node(top, 0, root), ())]
        leaves = []
        while nodes:
            node, path = nodes.pop(0)
            if node.level == 0:
                leaves.append(Leaf(node.index, node.hash, path))
                continue
            down = levels_below(node.level)
            first, level = node.index << down, node.level - down
            amount = min(1 << down, -(-count >> level) - first)
            hashes = self.below.get(node.hash, ())
            if len(hashes) != amount:
                raise Differs(node, path, amount)
            for place, found in enumerate(hashes):
                nodes.append((Node(level, first + place, found), (*merkle.path(list(hashes), place), *path)))
        return leaves

    def content_of(self, leaf: Leaf) -> bytes:
        """Raises `Differs` where it was not shown."""
        if leaf.hash not in self.contents:
            raise Differs(Node(0, leaf.index, leaf.hash), leaf.path, 0)
        return self.contents[leaf.hash]

    def _down(
        self, node: Node, path: tuple[bytes, ...], levels: Sequence[Sequence[bytes]]
    ) -> tuple[Node, tuple[bytes, ...]]:
        down = levels_below(node.level)
        first, level = node.index << down, node.level - down
        own = levels[level][first : first + (1 << down)]
        hashes = self.below.get(node.hash, ())
        if len(hashes) != len(own):
            raise Differs(node, path, len(own))
        place = next(i for i, (theirs, ours) in enumerate(zip(hashes, own, strict=True)) if theirs != ours)
        return Node(level, first + place, hashes[place]), (*merkle.path(list(hashes), place), *path)


@dataclass(slots=True)
class Shown:
    """What an operator has shown. `hashes`: all that the trace's root is over; `parts`: roots by list and position."""

    positions: int = 0
    outputs: int = 0
    hashes: tuple[bytes, ...] = ()
    known: Known = field(default_factory=Known)
    parts: dict[tuple[int, int], tuple[bytes, ...]] = field(default_factory=dict)
