"""Collects the leaves that a check is shown, with their ways up: what `StepReferee.judge` takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from torch import Tensor

from oracle.dispute.elements import Place, element
from oracle.dispute.rows import Row
from oracle.models.weights import BYTES, PIECE, WeightsInvalid, entry, entry_head, leaf_hashes, matrix_leaf, table_leaf
from protocol import merkle
from protocol.parts import LEAF, PartList, Source, per_leaf
from protocol.program import Program
from protocol.trace import BEFORE_COLUMNS

BLOCK_LEVELS = 2
"""Levels of a row's tree below a block of 1,024 elements."""
NUMBER_BYTES = 4
FIXED = {1: ">i1", 2: ">i2", 4: ">i4", 8: ">i8"}


def row_leaves(row: Sequence[int] | Row, size: int) -> list[bytes]:
    """Contents of a row's leaves, `size` bytes an element."""
    content = np.asarray(row, np.int64).astype(FIXED[size]).tobytes()
    each = per_leaf(size) * size
    return [content[i : i + each] for i in range(0, len(content), each)]


def row_root(row: Sequence[int] | Row, size: int) -> bytes:
    return merkle.root(map(merkle.leaf, row_leaves(row, size)))


class TraceBook(Protocol):
    """What is known of a committed trace."""

    def number_leaf(self, which: int, leaf: int) -> tuple[bytes, Sequence[bytes]]:
        """The content of a leaf of its tokens (0) or peaks (1), and the way up to the root of these."""

    @property
    def roots(self) -> Sequence[bytes]:
        """The leaf hashes of the trace's root."""

    def row_roots(self, column: int) -> Sequence[bytes]:
        """Of each row of a column."""

    def row(self, column: int, position: int) -> Row:
        """A row of a column; of one that has a single row, that."""


class WeightsBook:
    """The leaves of a model's weights, and the trees above them, which are built where they are needed."""

    def __init__(self, program: Program, tensors: Mapping[str, Tensor]) -> None:
        self._program, self._tensors = program, tensors
        self._leaves: dict[str, list[bytes]] = {}

    def tensor(self, number: int) -> Tensor:
        return self._tensors[self._name(number)]

    def head(self, number: int) -> bytes:
        return entry_head(self.tensor(number))

    def matrix_leaf(self, number: int, row: int, piece: int) -> bytes:
        return matrix_leaf(self._program, self._tensors, self._name(number), row, piece)

    def table_leaf(self, number: int, index: int) -> bytes:
        return table_leaf(self.tensor(number), index)

    def root(self, number: int) -> bytes:
        return merkle.root(self._hashes(number))

    def path(self, number: int, leaf: int) -> list[bytes]:
        """From a leaf of a tensor to its tree's root."""
        return merkle.path(self._hashes(number), leaf)

    def entry_path(self, number: int) -> list[bytes]:
        """From a tensor's entry to the weights' root."""
        return merkle.path(self._entries, number - 1)

    def _name(self, number: int) -> str:
        names = self._program.tensors
        if not 1 <= number <= len(names):
            raise WeightsInvalid(f"there is no tensor {number}")
        return names[number - 1]

    def _hashes(self, number: int) -> list[bytes]:
        name = self._name(number)
        if name not in self._leaves:
            self._leaves[name] = list(leaf_hashes(self._program, self._tensors, name))
        return self._leaves[name]

    @cached_property
    def _entries(self) -> list[bytes]:
        numbers = range(1, len(self._program.tensors) + 1)
        return [entry(self.tensor(number), self.root(number)) for number in numbers]


def numbers_leaf(numbers: Sequence[int], leaf: int) -> tuple[bytes, list[bytes]]:
    """A leaf of a row of four-byte numbers, and its way up."""
    leaves = row_leaves(numbers, NUMBER_BYTES)
    return leaves[leaf], merkle.path([merkle.leaf(content) for content in leaves], leaf)


@dataclass(frozen=True, slots=True)
class Committed:
    """What an operator has shown of a part that is not as it must be: a leaf of its row, and the roots of all parts."""

    part: int
    leaf: int
    content: bytes
    path: tuple[bytes, ...]
    roots: tuple[bytes, ...]


@dataclass(slots=True)
class Showing:
    """Implements `Openings`: whatever it is asked for, it answers from what is known, and keeps for the contract.

    `committed`: an operator's, in place of what the rows say."""

    parts: PartList
    rows: Sequence[Row]
    place: Place
    trace: TraceBook
    weights: WeightsBook
    committed: Committed | None = None
    data: bytearray = field(default_factory=bytearray)
    path: list[bytes] = field(default_factory=list)

    def leaf(self, source: Source, index: int) -> list[int]:
        return self._leaf(source, index, self.place.position)

    def block(self, source: Source, piece: int) -> list[int]:
        row, size = self._row(source, self.place.position), source.shape.size
        leaves = row_leaves(row, size)
        first = piece << BLOCK_LEVELS
        self.data += b"".join(leaves[first : first + (1 << BLOCK_LEVELS)])
        hashes = [merkle.leaf(content) for content in leaves]
        blocks = [merkle.root(hashes[i : i + (1 << BLOCK_LEVELS)]) for i in range(0, len(hashes), 1 << BLOCK_LEVELS)]
        self.path += merkle.path(blocks, piece)
        self._climb(source, self.place.position)
        return [int(x) for x in row[first * LEAF : (first + (1 << BLOCK_LEVELS)) * LEAF]]

    def span(self, source: Source, start: int, count: int, position: int | None = None) -> list[int]:
        where = self.place.position if position is None else position
        each = per_leaf(source.shape.size)
        leaves = range(start // each, (start + count - 1) // each + 1)
        elements = [x for index in leaves for x in self._leaf(source, index, where)]
        return elements[start - leaves[0] * each :][:count]

    def matrix(self, tensor: int, row: int, piece: int) -> tuple[int, int, list[int]]:
        book = self.weights
        content = book.matrix_leaf(tensor, row, piece)
        codes, columns = book.tensor(tensor), book.tensor(tensor).shape[1]
        self.data += book.head(tensor) + content
        self.path += book.path(tensor, row * -(-columns // PIECE) + piece) + book.entry_path(tensor)
        multiplier, bias = (int.from_bytes(content[i : i + 4], "big", signed=True) for i in (0, 4))
        return multiplier, bias, codes[row, piece * PIECE : (piece + 1) * PIECE].tolist()

    def entry(self, tensor: int, index: int) -> int:
        book, values = self.weights, self.weights.tensor(tensor).reshape(-1)
        self.data += book.head(tensor)
        if index < len(values):
            self.data += book.table_leaf(tensor, index)
            self.path += book.path(tensor, index * values.element_size() // BYTES)
        else:
            self.data += book.root(tensor)
        self.path += book.entry_path(tensor)
        return int(values[index]) if index < len(values) else 0

    def token(self, position: int) -> int:
        return self.number(0, position)

    def number(self, which: int, index: int) -> int:
        """One of the trace's tokens (0) or peaks (1), without a sign."""
        content, path = self.trace.number_leaf(which, index // LEAF)
        self.data += content
        self.path += [*path, *merkle.path(list(self.trace.roots), which)]
        at = index % LEAF * NUMBER_BYTES
        return int.from_bytes(content[at : at + NUMBER_BYTES], "big")

    def _leaf(self, source: Source, index: int, position: int) -> list[int]:
        committed = self.committed
        if committed and not source.column and (source.place, index) == (committed.part, committed.leaf):
            self.data += committed.content
            self.path += [*committed.path, *merkle.path(list(committed.roots), committed.part)]
            return [int(x) for x in np.frombuffer(committed.content, FIXED[source.shape.size])]
        row = self._row(source, position)
        leaves = row_leaves(row, source.shape.size)
        self.data += leaves[index]
        self.path += merkle.path([merkle.leaf(content) for content in leaves], index)
        self._climb(source, position)
        each = per_leaf(source.shape.size)
        return [int(x) for x in row[index * each : (index + 1) * each]]

    def _row(self, source: Source, position: int) -> Row:
        return self.trace.row(source.place, position) if source.column else self.rows[source.place]

    def _climb(self, source: Source, position: int) -> None:
        if not source.column:
            self.path += merkle.path(self.part_roots, source.place)
            return
        roots = list(self.trace.row_roots(source.place))
        self.path += merkle.path(roots, position if len(roots) > 1 else 0)
        self.path += merkle.path(list(self.trace.roots), BEFORE_COLUMNS + source.place)

    @property
    def part_roots(self) -> list[bytes]:
        if self.committed:
            return list(self.committed.roots)
        return [row_root(row, part.shape.size) for row, part in zip(self.rows, self.parts.parts, strict=True)]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the contract says of an element, and all that it is shown to say so."""

    committed: int
    expected: int
    data: bytes
    path: tuple[bytes, ...]


def judge(showing: Showing, part: int, index: int, witness: int = 0) -> Judgement:
    """An element of a part of what was committed; `witness`: where a largest is said to be instead."""
    own = Source(part, showing.parts.parts[part].shape)
    each = per_leaf(own.shape.size)
    committed = showing.leaf(own, index // each)[index % each]
    expected = element(showing.parts.parts[part], index, showing.place, showing, committed=committed, witness=witness)
    return Judgement(committed, expected, bytes(showing.data), tuple(showing.path))
