"""What an operator shows of a result of its own, when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oracle.dispute.held import HeldTrace
from oracle.dispute.rows import Alter, Row
from oracle.dispute.showing import row_leaves, row_root
from oracle.dispute.solver import ModelBook
from protocol import merkle
from protocol.disputes import levels_below
from protocol.parts import CHOSEN, ONE, PartList
from protocol.trace import BEFORE_COLUMNS

Alterations = Callable[[int, int], Alter | None]


def as_computed(_list: int, _position: int) -> None:
    """No part is altered."""


@dataclass
class Defence:
    """`alterations`, by list and position, are for tests, which need a cheat."""

    model: ModelBook
    held: HeldTrace
    alterations: Alterations = as_computed

    @property
    def embedding(self) -> list[int]:
        """Elements of the last column's row, of a program that embeds."""
        return [int(element) for element in self.held.row(len(self.held.columns) - 1, 0)]

    def hashes(self) -> list[bytes]:
        """All that the trace's root is over."""
        return self.held.roots

    def rows(self, place: int, level: int, index: int) -> Sequence[bytes] | bytes:
        """Hashes below a node above the rows of a column, the tokens (0) or the peaks (1); or a leaf's content."""
        if place >= BEFORE_COLUMNS:
            return below(self.held.row_roots(place - BEFORE_COLUMNS), level, index)
        if level == 0:
            return self.held.number_leaf(place, index)[0]
        return below(self.held.number_leaves(place), level, index)

    def parts(self, list_: int, position: int) -> list[bytes]:
        """The roots of all parts of a list at a position."""
        return self.roots_of(self.made(list_, position), list_)

    def roots_of(self, made: Sequence[Row], list_: int) -> list[bytes]:
        """Of rows that were made of a list's parts."""
        parts = self.model.book.lists[list_].parts
        return [row_root(row, part.shape.size) for row, part in zip(made, parts, strict=True)]

    def column_paths(self, parts: PartList, position: int) -> list[bytes]:
        """The way from the row of each column of a list, one after another, to the trace's root."""
        held = self.held
        first = held.positions - held.outputs if parts.rows == CHOSEN else 0
        row = 0 if parts.rows == ONE else position - first
        path: list[bytes] = []
        for column in range(parts.first_column, parts.first_column + len(parts.columns)):
            path += merkle.path(held.row_roots(column), row)
            path += merkle.path(held.roots, BEFORE_COLUMNS + column)
        return path

    def elements(self, list_: int, part: int, position: int, level: int, index: int) -> Sequence[bytes] | bytes:
        """Hashes below a node above the elements of a part; or a leaf's content."""
        return self.elements_of(self.made(list_, position), (list_, part), level, index)

    def elements_of(
        self, made: Sequence[Row], which: tuple[int, int], level: int, index: int
    ) -> Sequence[bytes] | bytes:
        """Likewise, of rows that were made; `which`: list and part."""
        list_, part = which
        leaves = row_leaves(made[part], self.model.book.lists[list_].parts[part].shape.size)
        if level == 0:
            return leaves[index]
        return below([merkle.leaf(content) for content in leaves], level, index)

    def made(self, list_: int, position: int) -> list[Row]:
        alter = self.alterations(list_, position)
        return self.held.parts(self.model.book.lists[list_], position, self.model.rows, alter)


def below(leaves: Sequence[bytes], level: int, index: int) -> list[bytes]:
    """What has to be shown of the tree over these leaf hashes below node `index` of `level`, which is above them."""
    down = levels_below(level)
    first = index << down
    return merkle.levels(leaves)[level - down][first : first + (1 << down)]
