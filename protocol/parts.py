"""A program cut into parts, each of whose elements rests on a few leaves: `docs/dispute.md`, section 2.

An operation is judged by one element, and an element of a long sum would rest on more than a contract can be shown. So
each operation becomes one or more parts. A part is a row of integers at each position, computed from rows of parts
before it in its list, from columns of the trace, and from tensors. The program's root is over the parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from protocol.operations import (
    INPUT,
    WIDE,
    Activate,
    Add,
    AnyOperation,
    Attend,
    Embed,
    Gate,
    Linear,
    Narrow,
    Norm,
    Operation,
    Pool,
    Quantise,
    Rotate,
    Steps,
)

LEAF: Final = 256
"""Elements in a leaf of a row; where one has eight bytes, half as many."""
PIECE: Final = 1_024
"""Inputs of a matrix that are multiplied in one element: four leaves of a row, one of a matrix."""
MOST_PARTS: Final = 256
"""Of one list, since an operator shows the roots of all of them at once."""
COLUMN: Final = 1 << 15

Shapes = Mapping[str, Sequence[int]]
"""Sizes of the tensors, by name."""


def per_leaf(size: int) -> int:
    """Elements in a leaf of a row of `size` bytes each."""
    return LEAF // 2 if size == 8 else LEAF


class Kind(IntEnum):
    """What a part holds; numbered as in its record."""

    EMBED = 1
    ADD = 2
    SUMS = 3
    """The sum of each leaf of a row."""
    PEAK = 4
    """Index of the element with the largest magnitude; the lowest, where several have it."""
    SPREAD = 5
    """A row's sum, zero where it is not centred, and its largest magnitude, at least one."""
    SQUARES = 6
    """The sum of squares of each leaf of a row that was scaled to 15 bits."""
    QUOTIENT = 7
    NORM = 8
    PRODUCTS = 9
    """Products of each row of a matrix with the given row, piece by piece."""
    SCALE = 10
    NARROW = 11
    EXPONENT = 12
    QUANTISE = 13
    ROTATE = 14
    SLICE = 15
    """Elements from one on: keys and values."""
    SCORES = 16
    """By head and position."""
    PEAKS = 17
    """Position of each head's largest score; the lowest, where several have it."""
    LARGEST = 18
    """Each head's largest score."""
    WEIGHTS = 19
    """By head and position."""
    CHANNELS = 20
    """A column's elements by channel and position: what a sum over positions reads in one leaf."""
    MIXED = 21
    """Sums of weights times values, by channel, for each 256 positions."""
    MEAN = 22
    ACTIVATE = 23
    GATE = 24
    POOL = 25


class Over(IntEnum):
    """What a row has for each unit of its width."""

    NOTHING = 0
    SEEN = 1
    """An element for each position up to this one, then zeros up to a multiple of 256."""
    ALL = 2
    """As `SEEN`, for all positions."""
    PIECES = 16
    """Beside `SEEN` or `ALL`: an element for each 256 of those, then zeros up to a power of two."""
    SINGLE = 32
    """Of a column: it has one row, for all positions."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a row: how many units it has, the bytes of an element, and what `Over` says."""

    width: int
    size: int
    over: int = Over.NOTHING

    def segment(self, position: int, positions: int) -> int:
        """Elements for each unit of the width."""
        if not self.over & (Over.SEEN | Over.ALL):
            return 1
        pieces = -(-self.seen(position, positions) // LEAF)
        return next_power(pieces) if self.over & Over.PIECES else pieces * LEAF

    def seen(self, position: int, positions: int) -> int:
        return position + 1 if self.over & Over.SEEN else positions

    def length(self, position: int, positions: int) -> int:
        return self.width * self.segment(position, positions)


@dataclass(frozen=True, slots=True)
class Source:
    """A row that a part is computed from: a part before it in its list, or a column of the trace."""

    place: int
    shape: Shape
    column: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """`tensors`: numbers, from one; `fields`: numbers whose meaning is the kind's; `operation`: the one that it is
    of."""

    kind: Kind
    shape: Shape
    sources: tuple[Source, ...]
    tensors: tuple[int, ...]
    fields: tuple[int, ...]
    operation: int


@dataclass(frozen=True, slots=True)
class PartList:
    """The parts of a list of operations. `rows`: at how many positions it is computed: at each that is `read`, at each
    where a token is `chosen`, or at `one` for all. `columns`: which parts are columns of the trace, of which the first
    has the number `first_column`."""

    parts: tuple[Part, ...]
    rows: int
    first_column: int
    columns: tuple[int, ...]


READ, CHOSEN, ONE = 0, 1, 2


def next_power(number: int) -> int:
    """The least power of two that is not below."""
    return 1 << (number - 1).bit_length()


def part_lists(steps: Steps, tensors: Sequence[str], shapes: Shapes, *, embeds: bool) -> tuple[PartList, ...]:
    """All parts of a program, list by list. `tensors`: their names in the order of their numbers; `shapes`: at least of
    the matrices. The program must be well-formed; raises `ValueError` where an operation takes what there is not."""
    numbers = {name: index + 1 for index, name in enumerate(tensors)}
    lists: list[PartList] = []
    handed: Source | None = None
    pooled, columns = False, 0
    for index, operations in enumerate(steps.lists):
        pooled = pooled or any(isinstance(operation, Pool) for operation in operations)
        last = index == len(steps.lists) - 1 and not embeds
        cutting = _Cutting(numbers, shapes, handed, columns)
        for operation in operations:
            cutting.cut(operation)
        if operations:
            cutting.columns.append(len(cutting.parts) - 1)
            shape = cutting.parts[-1].shape
            over = Over.SINGLE if pooled else Over.NOTHING
            handed = Source(columns + len(cutting.columns) - 1, replace(shape, over=over), column=True)
        rows = CHOSEN if last else ONE if pooled else READ
        lists.append(PartList(tuple(cutting.parts), rows, columns, tuple(cutting.columns)))
        columns += len(cutting.columns)
    return tuple(lists)


class _Cutting:
    """Cuts the operations of one list, one after another."""

    def __init__(self, numbers: Mapping[str, int], shapes: Shapes, handed: Source | None, first_column: int) -> None:
        self.parts: list[Part] = []
        self.columns: list[int] = []
        self._numbers, self._shapes, self._handed = numbers, shapes, handed
        self._first_column = first_column
        self._values: list[Source] = []
        self._exponents: dict[Source, Source] = {}

    def cut(self, operation: AnyOperation) -> None:
        given = [self._given(index) for index in operation.inputs]
        CUTS[type(operation)](self, operation, *given)
        self._values.append(self._source(len(self.parts) - 1))

    def add(
        self, kind: Kind, shape: Shape, sources: Sequence[Source], *fields: int, tensors: Sequence[str] = ()
    ) -> Source:
        numbers = tuple(self._numbers[name] if name else 0 for name in tensors)
        self.parts.append(Part(kind, shape, tuple(sources), numbers, fields, len(self._values)))
        return self._source(len(self.parts) - 1)

    def _source(self, place: int) -> Source:
        return Source(place, self.parts[place].shape)

    def _given(self, index: int) -> Source:
        if index == INPUT and self._handed is not None:
            return self._handed
        if not 0 <= index < len(self._values):
            raise ValueError(f"takes value {index}, which does not stand before it")
        return self._values[index]

    # ------------------------------------------------------------ operations

    def embed(self, op: Embed) -> None:
        width = self._shapes[op.weights][1]
        self.add(Kind.EMBED, Shape(width, 4), (), op.by == "position", op.shift, tensors=[op.weights])

    def plus(self, _op: Add, left: Source, right: Source) -> None:
        self.add(Kind.ADD, left.shape, (left, right))

    def norm(self, op: Norm, of: Source) -> None:
        width = of.shape.width
        leaves, centred = -(-width // LEAF), width if op.centred else 0
        sums = [self.add(Kind.SUMS, Shape(leaves, 8), [of])] if op.centred else []
        peak = self.add(Kind.PEAK, Shape(1, 4), [of, *sums], centred)
        spread = self.add(Kind.SPREAD, Shape(2, 8), [of, peak, *sums], centred)
        squares = self.add(Kind.SQUARES, Shape(leaves, 8), [of, spread], centred)
        quotient = self.add(Kind.QUOTIENT, Shape(1, 8), [squares, spread], op.epsilon, op.numerator)
        fields = centred, op.fraction, op.bound
        self.add(Kind.NORM, _bounded(width, op.bound), [of, spread, quotient], *fields, tensors=[op.gain, op.bias])

    def linear(self, op: Linear, of: Source) -> None:
        outputs, inputs = self._shapes[op.weights]
        pieces = next_power(-(-inputs // PIECE))
        products = self.add(Kind.PRODUCTS, Shape(outputs * pieces, 8), [of], pieces, tensors=[op.weights])
        exponent = [self._exponents[of]] if of in self._exponents else []
        fields = pieces, op.shift, op.bound
        self.add(Kind.SCALE, _bounded(outputs, op.bound), [products, *exponent], *fields, tensors=[op.weights])

    def narrow(self, op: Narrow, of: Source) -> None:
        self.add(Kind.NARROW, Shape(of.shape.width, 2), [of], op.shift)

    def quantise(self, _op: Quantise, of: Source) -> None:
        peak = self.add(Kind.PEAK, Shape(1, 4), [of], 0)
        exponent = self.add(Kind.EXPONENT, Shape(1, 4), [of, peak])
        self._exponents[self.add(Kind.QUANTISE, Shape(of.shape.width, 2), [of, exponent])] = exponent

    def rotate(self, op: Rotate, of: Source) -> None:
        self.add(Kind.ROTATE, Shape(of.shape.width, 2), [of], op.heads, op.head_width, tensors=[op.table])

    def attend(self, op: Attend, of: Source) -> None:
        heads, groups, width = op.heads, op.key_value_heads, op.head_width
        over = Over.SEEN if op.causal else Over.ALL
        kept = self.add(Kind.SLICE, Shape(2 * groups * width, 2), [of], heads * width)
        column = Source(self._first_column + len(self.columns), kept.shape, column=True)
        self.columns.append(kept.place)
        share = heads // groups
        scores = self.add(Kind.SCORES, Shape(heads, 4, over), [of, column], width, share, op.factor, op.shift)
        peaks = self.add(Kind.PEAKS, Shape(heads, 4), [scores])
        largest = self.add(Kind.LARGEST, Shape(heads, 4), [scores, peaks])
        weights = self.add(Kind.WEIGHTS, Shape(heads, 2, over), [scores, largest], tensors=[op.table])
        channels = self.add(Kind.CHANNELS, Shape(groups * width, 2, over), [column], groups * width)
        totals = self.add(Kind.SUMS, Shape(heads, 8, over | Over.PIECES), [weights])
        mixed = self.add(Kind.MIXED, Shape(heads * width, 8, over | Over.PIECES), [weights, channels], width, share)
        self.add(Kind.MEAN, Shape(heads * width, 2), [mixed, totals], width)

    def activate(self, op: Activate, of: Source) -> None:
        self.add(Kind.ACTIVATE, Shape(of.shape.width, 4), [of], tensors=[op.table])

    def gate(self, op: Gate, of: Source) -> None:
        self.add(Kind.GATE, Shape(of.shape.width // 2, 4), [of], op.shift, tensors=[op.table])

    def pool(self, _op: Pool, of: Source) -> None:
        width = of.shape.width
        channels = self.add(Kind.CHANNELS, Shape(width, 4, Over.ALL), [of], 0)
        sums = self.add(Kind.SUMS, Shape(width, 8, Over.ALL | Over.PIECES), [channels])
        self.add(Kind.POOL, Shape(width, 4), [sums])


def _bounded(width: int, bound: int) -> Shape:
    return Shape(width, 4 if bound == WIDE else 2)


CUTS: dict[type[Operation], Callable[..., None]] = {
    Embed: _Cutting.embed,
    Add: _Cutting.plus,
    Norm: _Cutting.norm,
    Linear: _Cutting.linear,
    Narrow: _Cutting.narrow,
    Quantise: _Cutting.quantise,
    Rotate: _Cutting.rotate,
    Attend: _Cutting.attend,
    Activate: _Cutting.activate,
    Gate: _Cutting.gate,
    Pool: _Cutting.pool,
}

# ---------------------------------------------------------------- records

PART_WORDS: Final = 16
MOST_SOURCES, MOST_TENSORS, MOST_FIELDS = 3, 2, 4
WORD: Final = 8


def part_record(list_: int, index: int, part: Part) -> bytes:
    """Sixteen words: 3, its list, its index there, its kind, its shape; three sources; two tensors; four fields; two
    zeros."""
    sources = [_source_word(source) for source in part.sources]
    words = [3, list_, index, part.kind, _shape_word(0, part.shape)]
    words += sources + [0] * (MOST_SOURCES - len(sources))
    words += [*part.tensors, *[0] * (MOST_TENSORS - len(part.tensors))]
    words += [*map(int, part.fields), *[0] * (MOST_FIELDS - len(part.fields))]
    return to_words(words + [0] * (PART_WORDS - len(words)))


def _source_word(source: Source) -> int:
    return _shape_word(COLUMN + source.place if source.column else source.place + 1, source.shape)


def _shape_word(place: int, shape: Shape) -> int:
    """Two bytes of place (a column's from 2^15 on, a part's from one), one of size, one of `Over`, four of width."""
    return place << 48 | shape.size << 40 | shape.over << 32 | shape.width


def to_words(values: Sequence[int]) -> bytes:
    """Eight bytes each, big-endian."""
    return b"".join(value.to_bytes(WORD, "big") for value in values)


def list_head(index: int, parts: PartList) -> bytes:
    """2, its index, how many parts it has, its rows, its first column, how many columns it has, and which parts they
    are."""
    return to_words([2, index, len(parts.parts), parts.rows, parts.first_column, len(parts.columns), *parts.columns])


def list_record(index: int, parts: PartList) -> Iterator[bytes]:
    """The list's own record, then its parts'."""
    yield list_head(index, parts)
    for number, part in enumerate(parts.parts):
        yield part_record(index, number, part)
