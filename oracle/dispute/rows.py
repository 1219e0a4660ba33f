"""All parts of a list of operations at one position, row by row, as `elements.py` defines each element.

What an operator shows when it is asked for them, and what a watcher compares that with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from oracle.dispute.elements import Place
from protocol.operations import HEAD, LIMB, WIDE
from protocol.parts import LEAF, PIECE, Kind, Part, PartList, Source
from protocol.program import Program

Row = NDArray[np.int64]
Alter = Callable[[int, Row], Row]
"""What is put in the place of a part's row; for tests, which need a cheat."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A program's tensors by their numbers."""

    program: Program
    tensors: Mapping[str, Tensor]

    def of(self, number: int) -> NDArray[Any]:
        """Tensor `number`, counted from one."""
        return self.tensors[self.program.tensors[number - 1]].numpy()

    def multiplier(self, number: int) -> NDArray[Any]:
        return self.tensors[f"{self.program.tensors[number - 1]}.multiplier"].numpy()

    def bias(self, number: int) -> NDArray[Any] | None:
        name = self.program.matrices[self.program.tensors[number - 1]]
        return self.tensors[name].numpy() if name else None


Columns = Callable[[int], NDArray[Any]]
"""A column's rows, by its number: [positions, width]."""


def rows(
    parts: PartList,
    place: Place,
    weights: Weights,
    columns: Columns,
    tokens: Sequence[int],
    *,
    alter: Alter | None = None,
) -> list[Row]:
    """`tokens`: those that were read. A few milliseconds for a layer of a 135M model."""
    made: list[Row] = []
    for index, part in enumerate(parts.parts):
        row = ROWS[part.kind](_Making(part, place, weights, columns, tokens, made))
        made.append(alter(index, row) if alter else row)
    return made


@dataclass(slots=True)
class _Making:
    part: Part
    place: Place
    weights: Weights
    columns: Columns
    tokens: Sequence[int]
    made: list[Row]

    @property
    def fields(self) -> tuple[int, ...]:
        return self.part.fields

    def row(self, index: int) -> Row:
        source = self.part.sources[index]
        if not source.column:
            return self.made[source.place]
        column = self.column(source)
        return np.asarray(column[self.place.position if len(column) > 1 else 0])

    def column(self, source: Source) -> Row:
        rows_: Row = self.columns(source.place).astype(np.int64)
        return rows_

    def tensor(self, index: int) -> Row:
        return self.weights.of(self.part.tensors[index]).astype(np.int64)

    def seen(self, index: int | None = None) -> int:
        shape = self.part.shape if index is None else self.part.sources[index].shape
        return shape.seen(self.place.position, self.place.positions)

    def grid(self, index: int) -> Row:
        """A source's row, a line for each unit of its width."""
        return self.row(index).reshape(self.part.sources[index].shape.width, -1)

    def laid(self, values: Row) -> Row:
        """[units, positions or pieces], with zeros behind each unit's."""
        units, count = values.shape
        size = self.part.shape.segment(self.place.position, self.place.positions)
        out = np.zeros((units, size), np.int64)
        out[:, :count] = values
        return out.reshape(-1)


def half_up(values: Row, shift: int) -> Row:
    if shift <= 0:
        return values << -shift
    return (values + (1 << (shift - 1))) >> shift


def _within(values: Row, bound: int) -> Row:
    return np.clip(values, -bound, bound)


def _leaves(row: Row) -> Row:
    """[leaves, 256], with zeros behind."""
    return np.pad(row, (0, -len(row) % LEAF)).reshape(-1, LEAF)


def _embed(making: _Making) -> Row:
    by_position, shift = making.fields
    number = making.part.tensors[0]
    row = making.place.position if by_position else making.tokens[making.place.position]
    codes = making.weights.of(number)[row].astype(np.int64)
    return _within(half_up(codes * int(making.weights.multiplier(number)[row]), shift), WIDE)


def _add(making: _Making) -> Row:
    return _within(making.row(0) + making.row(1), WIDE)


def _sums(making: _Making) -> Row:
    if not making.part.shape.over:
        return np.asarray(_leaves(making.row(0)).sum(1))
    return making.laid(making.grid(0).reshape(making.part.shape.width, -1, LEAF).sum(2))


def _centred(making: _Making, total: int) -> Row:
    row, width = making.row(0), making.fields[0]
    return width * row - total if width else row


def _total(making: _Making, index: int) -> int:
    return int(making.row(index).sum()) if index < len(making.part.sources) else 0


def _peak(making: _Making) -> Row:
    return np.array([np.abs(_centred(making, _total(making, 1))).argmax()])


def _spread(making: _Making) -> Row:
    total, peak = _total(making, 2), int(making.row(1)[0])
    return np.array([total, max(1, abs(int(_centred(making, total)[peak])))])


def _scaled(making: _Making) -> Row:
    total, largest = (int(x) for x in making.row(1))
    up, down = _shifts(largest)
    return half_up(_centred(making, total) << up, down)


def _shifts(largest: int) -> tuple[int, int]:
    exponent = max(1, largest).bit_length() - 15
    return max(-exponent, 0), max(exponent, 0)


def _squares(making: _Making) -> Row:
    return np.asarray((_leaves(_scaled(making)) ** 2).sum(1))


def _quotient(making: _Making) -> Row:
    epsilon, numerator = making.fields
    up, down = _shifts(int(making.row(1)[1]))
    squares = int(making.row(0).sum()) + (epsilon << 2 * up >> 2 * down)
    return np.array([numerator // max(1, isqrt(max(0, squares) << 16))])


def _norm(making: _Making) -> Row:
    _, fraction, bound = making.fields
    gain = making.tensor(0)
    bias = making.tensor(1) if making.part.tensors[1] else 0
    scaled = half_up(_scaled(making) * int(making.row(2)[0]), 20)
    return _within(half_up(scaled * gain, 34 - fraction) + bias, bound)


def _products(making: _Making) -> Row:
    x, codes = making.row(0), making.weights.of(making.part.tensors[0])
    out = np.zeros((len(codes), making.fields[0]), np.int64)
    for piece, start in enumerate(range(0, len(x), PIECE)):
        end = min(start + PIECE, len(x))  # below 2^33: exact in float64
        out[:, piece] = codes[:, start:end].astype(np.float64) @ x[start:end].astype(np.float64)
    return out.reshape(-1)


def _scale(making: _Making) -> Row:
    pieces, shift, bound = making.fields
    number = making.part.tensors[0]
    exponent = int(making.row(1)[0]) if len(making.part.sources) > 1 else 0
    sums = making.row(0).reshape(-1, pieces).sum(1)
    scaled = half_up(sums * making.weights.multiplier(number).astype(np.int64), shift - exponent)
    bias = making.weights.bias(number)
    return _within(scaled if bias is None else scaled + bias.astype(np.int64), bound)


def _narrow(making: _Making) -> Row:
    return _within(half_up(making.row(0), making.fields[0]), LIMB)


def _exponent(making: _Making) -> Row:
    largest = abs(int(making.row(0)[int(making.row(1)[0])]))
    return np.array([max(0, largest.bit_length() - 15)])


def _quantise(making: _Making) -> Row:
    return _within(half_up(making.row(0), int(making.row(1)[0])), LIMB)


def _rotate(making: _Making) -> Row:
    heads, width = making.fields
    out = _within(making.row(0), HEAD)
    turned = making.row(0)[: heads * width].reshape(heads, 2, width // 2)
    first, second = turned[:, 0], turned[:, 1]
    cos, sin = making.tensor(0)[making.place.position].T
    both = np.stack([first * cos - second * sin, second * cos + first * sin], 1)
    out[: heads * width] = _within(half_up(both, 14), HEAD).reshape(-1)
    return out


def _slice(making: _Making) -> Row:
    start = making.fields[0]
    return making.row(0)[start : start + making.part.shape.width]


def _scores(making: _Making) -> Row:
    width, share, factor, shift = making.fields
    heads = making.part.shape.width
    queries = making.row(0)[: heads * width].reshape(heads // share, share, width)
    keys = making.column(making.part.sources[1])[: making.seen(), : heads // share * width]
    dots = np.einsum("gsd,ngd->gsn", queries, keys.reshape(len(keys), -1, width)).reshape(heads, -1)
    return making.laid(_within(half_up(dots * factor, shift), WIDE))


def _peaks(making: _Making) -> Row:
    return np.asarray(making.grid(0)[:, : making.seen(0)].argmax(1))


def _largest(making: _Making) -> Row:
    grid = making.grid(0)
    return np.asarray(grid[np.arange(len(grid)), making.row(1)])


def _weights(making: _Making) -> Row:
    table = making.tensor(0)
    below = making.row(1)[:, None] - making.grid(0)[:, : making.seen()]
    kept = np.minimum(below, len(table) - 1)
    return making.laid(np.where(below < len(table), table[kept], 0))


def _channels(making: _Making) -> Row:
    start = making.fields[0]
    column = making.column(making.part.sources[0])[: making.seen()]
    return making.laid(column[:, start : start + making.part.shape.width].T)


def _mixed(making: _Making) -> Row:
    width, share = making.fields
    weights, values = making.grid(0), making.grid(1)
    heads, pieces = len(weights), weights.shape[1] // LEAF
    cut = weights.reshape(-1, share, pieces, LEAF), values.reshape(-1, width, pieces, LEAF)
    return making.laid(np.einsum("gspl,gdpl->gsdp", *cut).reshape(heads * width, pieces))


def _mean(making: _Making) -> Row:
    mixed, totals = making.grid(0).sum(1), np.maximum(1, making.grid(1).sum(1))
    total = np.repeat(totals, making.fields[0])
    return np.asarray((2 * mixed + total) // (2 * total))


def _activate(making: _Making) -> Row:
    return np.asarray(making.tensor(0)[making.row(0) + 32_768])


def _gate(making: _Making) -> Row:
    gates, others = np.split(making.row(0), 2)
    return _within(half_up(making.tensor(0)[gates + 32_768] * others, making.fields[0]), WIDE)


def _pool(making: _Making) -> Row:
    count = making.place.positions
    return np.asarray((2 * making.grid(0).sum(1) + count) // (2 * count))


ROWS: dict[Kind, Callable[[_Making], Row]] = {
    Kind.EMBED: _embed,
    Kind.ADD: _add,
    Kind.SUMS: _sums,
    Kind.PEAK: _peak,
    Kind.SPREAD: _spread,
    Kind.SQUARES: _squares,
    Kind.QUOTIENT: _quotient,
    Kind.NORM: _norm,
    Kind.PRODUCTS: _products,
    Kind.SCALE: _scale,
    Kind.NARROW: _narrow,
    Kind.EXPONENT: _exponent,
    Kind.QUANTISE: _quantise,
    Kind.ROTATE: _rotate,
    Kind.SLICE: _slice,
    Kind.SCORES: _scores,
    Kind.PEAKS: _peaks,
    Kind.LARGEST: _largest,
    Kind.WEIGHTS: _weights,
    Kind.CHANNELS: _channels,
    Kind.MIXED: _mixed,
    Kind.MEAN: _mean,
    Kind.ACTIVATE: _activate,
    Kind.GATE: _gate,
    Kind.POOL: _pool,
}
