"""What one element of a part has to be: `docs/dispute.md`, section 3, on Python's integers.

The measure of `contracts/libraries/StepVerifier.sol`, which computes the same from the same leaves, opened in the same
order. Every function has a value for whatever was committed, so that no nonsense escapes judgement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from oracle.inference.arithmetic import clamp, half_up, isqrt
from protocol.operations import HEAD, LIMB, WIDE
from protocol.parts import LEAF, PIECE, Kind, Part, Source, per_leaf

MOST_EXPONENT = 60


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part is computed: at which position, of how many that were read."""

    position: int
    positions: int


class Openings(Protocol):
    """The leaves that a check is shown, in the order in which it asks for them."""

    def leaf(self, source: Source, index: int) -> list[int]:
        """One leaf of a row."""

    def block(self, source: Source, piece: int) -> list[int]:
        """The 1,024 elements of a row with this number, or as many as there are."""

    def span(self, source: Source, start: int, count: int, position: int | None = None) -> list[int]:
        """At most 256 elements of a row, in one leaf or two; of a column's row at another position."""

    def matrix(self, tensor: int, row: int, piece: int) -> tuple[int, int, list[int]]:
        """Multiplier, bias and codes of a piece of a matrix's row."""

    def entry(self, tensor: int, index: int) -> int:
        """An element of a table or vector; zero behind its end."""

    def token(self, position: int) -> int:
        """A token that was read."""


def element(part: Part, index: int, place: Place, show: Openings, *, committed: int, witness: int = 0) -> int:
    """What element `index` has to be. Of an index of the largest: the witness, if it refutes what was committed."""
    return RULES[part.kind](_Check(part, index, committed, witness, place, show))


@dataclass(slots=True)
class _Check:
    part: Part
    index: int
    committed: int
    witness: int
    place: Place
    show: Openings

    @property
    def fields(self) -> tuple[int, ...]:
        return self.part.fields

    @property
    def length(self) -> int:
        """Of the first source's row."""
        return self.part.sources[0].shape.length(self.place.position, self.place.positions)

    def at(self, source: int, index: int) -> int:
        each = per_leaf(self.part.sources[source].shape.size)
        return self.show.leaf(self.part.sources[source], index // each)[index % each]

    def whole(self, source: int) -> list[int]:
        """A row that is one leaf, or none where the part has no such source."""
        return self.show.leaf(self.part.sources[source], 0) if source < len(self.part.sources) else []

    def segment(self, shape_of: int | None = None) -> int:
        """Elements for each unit of the part's own width, or of a source's."""
        shape = self.part.shape if shape_of is None else self.part.sources[shape_of].shape
        return shape.segment(self.place.position, self.place.positions)

    def seen(self, shape_of: int | None = None) -> int:
        shape = self.part.shape if shape_of is None else self.part.sources[shape_of].shape
        return shape.seen(self.place.position, self.place.positions)

    def segmented(self, shape_of: int | None = None) -> tuple[int, int]:
        """The unit and the place in it that the element has."""
        return divmod(self.index, self.segment(shape_of))


def _embed(check: _Check) -> int:
    by_position, shift = check.fields
    row = check.place.position if by_position else check.show.token(check.place.position)
    multiplier, _, codes = check.show.matrix(check.part.tensors[0], row, check.index // PIECE)
    return clamp(half_up(codes[check.index % PIECE] * multiplier, shift), WIDE)


def _add(check: _Check) -> int:
    return clamp(check.at(0, check.index) + check.at(1, check.index), WIDE)


def _sums(check: _Check) -> int:
    leaf = check.index
    if check.part.shape.over:
        unit, piece = check.segmented()
        pieces = check.segment(0) // LEAF
        if piece >= pieces:
            return 0
        leaf = unit * pieces + piece
    return sum(check.show.leaf(check.part.sources[0], leaf))


def _peak(check: _Check) -> int:
    if not 0 <= check.committed < check.length:
        return -1
    if not 0 <= check.witness < check.length:
        return check.committed
    total = sum(check.whole(1))
    ours, theirs = (_spread(check, check.at(0, index), total) for index in (check.witness, check.committed))
    return _refuted(check, ours, theirs, check.witness < check.committed)


def _spread(check: _Check, x: int, total: int) -> int:
    return abs(_centred(x, check.fields[0], total))


def _centred(x: int, width: int, total: int) -> int:
    return width * x - total if width else x


def _refuted(check: _Check, ours: int, theirs: int, before: bool) -> int:
    return check.witness if ours > theirs or (ours == theirs and before) else check.committed


def _statistics(check: _Check) -> int:
    peak = check.whole(1)[0]
    total = sum(check.whole(2))
    if check.index == 0:
        return total
    if not 0 <= peak < check.length:
        return check.committed
    return max(1, _spread(check, check.at(0, peak), total))


def _scaled(x: int, width: int, spread: list[int]) -> int:
    up, down = _shifts(spread[1])
    return half_up(_centred(x, width, spread[0]) << up, down)


def _shifts(largest: int) -> tuple[int, int]:
    exponent = max(1, largest).bit_length() - 15
    return max(-exponent, 0), max(exponent, 0)


def _squares(check: _Check) -> int:
    row, spread = check.show.leaf(check.part.sources[0], check.index), check.whole(1)
    return sum(_scaled(x, check.fields[0], spread) ** 2 for x in row)


def _quotient(check: _Check) -> int:
    epsilon, numerator = check.fields
    squares, (_, largest) = sum(check.whole(0)), check.whole(1)
    up, down = _shifts(largest)
    total = max(0, squares + (epsilon << 2 * up >> 2 * down))
    return numerator // max(1, isqrt(total << 16))


def _norm(check: _Check) -> int:
    width, fraction, bound = check.fields
    x, spread, quotient = check.at(0, check.index), check.whole(1), check.whole(2)[0]
    gain, bias = check.part.tensors
    g = check.show.entry(gain, check.index)
    b = check.show.entry(bias, check.index) if bias else 0
    a = _scaled(x, width, spread)
    return clamp(half_up(half_up(a * quotient, 20) * g, 34 - fraction) + b, bound)


def _products(check: _Check) -> int:
    output, piece = divmod(check.index, check.fields[0])
    if piece * PIECE >= check.length:
        return 0
    row = check.show.block(check.part.sources[0], piece)
    codes = check.show.matrix(check.part.tensors[0], output, piece)[2]
    return sum(w * x for w, x in zip(codes, row, strict=True))


def _scale(check: _Check) -> int:
    pieces, shift, bound = check.fields
    products = check.show.span(check.part.sources[0], check.index * pieces, pieces)
    exponent = check.whole(1)[0] if len(check.part.sources) > 1 else 0
    multiplier, bias, _ = check.show.matrix(check.part.tensors[0], check.index, 0)
    shift -= max(0, min(exponent, MOST_EXPONENT))
    return clamp(half_up(sum(products) * multiplier, shift) + bias, bound)


def _narrow(check: _Check) -> int:
    return clamp(half_up(check.at(0, check.index), check.fields[0]), LIMB)


def _exponent(check: _Check) -> int:
    peak = check.whole(1)[0]
    if not 0 <= peak < check.length:
        return check.committed
    return max(0, abs(check.at(0, peak)).bit_length() - 15)


def _quantise(check: _Check) -> int:
    x, exponent = check.at(0, check.index), check.whole(1)[0]
    return clamp(half_up(x, max(0, min(exponent, MOST_EXPONENT))), LIMB)


def _rotate(check: _Check) -> int:
    heads, width = check.fields
    x = check.at(0, check.index)
    head, i = divmod(check.index, width)
    if head >= heads:
        return clamp(x, HEAD)
    half = width // 2
    first = i < half
    pair = check.at(0, check.index + half if first else check.index - half)
    at = (check.place.position * half + i % half) * 2
    cos, sin = (check.show.entry(check.part.tensors[0], at + k) for k in (0, 1))
    return clamp(half_up(x * cos - pair * sin if first else x * cos + pair * sin, 14), HEAD)


def _slice(check: _Check) -> int:
    return check.at(0, check.fields[0] + check.index)


def _scores(check: _Check) -> int:
    width, share, factor, shift = check.fields
    head, position = check.segmented()
    if position >= check.seen():
        return 0
    query = check.show.span(check.part.sources[0], head * width, width)
    key = check.show.span(check.part.sources[1], head // share * width, width, position)
    return clamp(half_up(sum(q * k for q, k in zip(query, key, strict=True)) * factor, shift), WIDE)


def _peaks(check: _Check) -> int:
    seen, start = check.seen(0), check.index * check.segment(0)
    if not 0 <= check.committed < seen:
        return -1
    if not 0 <= check.witness < seen:
        return check.committed
    ours, theirs = (check.at(0, start + index) for index in (check.witness, check.committed))
    return _refuted(check, ours, theirs, check.witness < check.committed)


def _largest(check: _Check) -> int:
    peak = check.at(1, check.index)
    if not 0 <= peak < check.seen(0):
        return check.committed
    return check.at(0, check.index * check.segment(0) + peak)


def _weights(check: _Check) -> int:
    head, position = check.segmented()
    if position >= check.seen():
        return 0
    score, largest = check.at(0, check.index), check.at(1, head)
    return check.show.entry(check.part.tensors[0], max(0, largest - score))


def _channels(check: _Check) -> int:
    channel, position = check.segmented()
    if position >= check.seen():
        return 0
    return check.show.span(check.part.sources[0], check.fields[0] + channel, 1, position)[0]


def _mixed(check: _Check) -> int:
    width, share = check.fields
    channel, piece = check.segmented()
    pieces = check.segment(0) // LEAF
    if piece >= pieces:
        return 0
    head, i = divmod(channel, width)
    weights = check.show.leaf(check.part.sources[0], head * pieces + piece)
    values = check.show.leaf(check.part.sources[1], (head // share * width + i) * pieces + piece)
    return sum(w * v for w, v in zip(weights, values, strict=True))


def _mean(check: _Check) -> int:
    pieces = check.segment(0)
    mixed = sum(check.show.span(check.part.sources[0], check.index * pieces, pieces))
    total = sum(check.show.span(check.part.sources[1], check.index // check.fields[0] * pieces, pieces))
    total = max(1, total)
    return (2 * mixed + total) // (2 * total)


def _activate(check: _Check) -> int:
    return check.show.entry(check.part.tensors[0], check.at(0, check.index) + 32_768)


def _gate(check: _Check) -> int:
    gate, other = check.at(0, check.index), check.at(0, check.part.shape.width + check.index)
    curve = check.show.entry(check.part.tensors[0], gate + 32_768)
    return clamp(half_up(curve * other, check.fields[0]), WIDE)


def _pool(check: _Check) -> int:
    pieces, count = check.segment(0), check.place.positions
    total = sum(check.show.span(check.part.sources[0], check.index * pieces, pieces))
    return (2 * total + count) // (2 * count)


RULES: dict[Kind, Callable[[_Check], int]] = {
    Kind.EMBED: _embed,
    Kind.ADD: _add,
    Kind.SUMS: _sums,
    Kind.PEAK: _peak,
    Kind.SPREAD: _statistics,
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
