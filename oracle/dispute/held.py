"""A whole trace, as an engine computes it again from tokens that are given: what both sides of a dispute look things
up in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracle.dispute.elements import Place
from oracle.dispute.rows import Alter, Row, Weights, rows
from oracle.dispute.showing import FIXED, numbers_leaf, row_leaves
from oracle.engine import Engine
from protocol import merkle
from protocol.parts import LEAF, PartList
from protocol.trace import Trace

Column = NDArray[Any]


class HeldTrace:
    """Implements `TraceBook`. Of a 135M model it takes a quarter of a megabyte for each position, and as much again for
    each token that came out."""

    def __init__(self, columns: Sequence[Column], tokens: Sequence[int], outputs: int, peaks: Sequence[int]) -> None:
        """`columns`: [rows, width], int16 or int32; `tokens`: all that were read and chosen."""
        self.columns, self.tokens, self.peaks, self.outputs = list(columns), list(tokens), list(peaks), outputs
        self._row_roots: dict[int, list[bytes]] = {}

    @property
    def positions(self) -> int:
        return len(self.tokens) - bool(self.peaks)

    def row(self, column: int, position: int) -> Row:
        found = self.columns[column]
        return np.asarray(found[position if len(found) > 1 else 0], np.int64)

    def row_roots(self, column: int) -> list[bytes]:
        if column not in self._row_roots:
            self._row_roots[column] = _row_roots(self.columns[column])
        return self._row_roots[column]

    @cached_property
    def roots(self) -> list[bytes]:
        columns = (merkle.root(self.row_roots(column)) for column in range(len(self.columns)))
        return [*(merkle.root(self.number_leaves(which)) for which in (0, 1)), *columns]

    def number_leaves(self, which: int) -> list[bytes]:
        """Leaf hashes of the tokens (0) or peaks (1)."""
        return [merkle.leaf(content) for content in row_leaves((self.tokens, self.peaks)[which], 4)]

    def number_leaf(self, which: int, leaf: int) -> tuple[bytes, list[bytes]]:
        return numbers_leaf((self.tokens, self.peaks)[which], leaf)

    @property
    def trace(self) -> Trace:
        return Trace(self.positions, self.outputs, merkle.root(self.roots))

    def parts(self, parts: PartList, position: int, weights: Weights, alter: Alter | None = None) -> list[Row]:
        """Rows of all parts of a list at a position."""
        place = Place(position, self.positions)
        return rows(parts, place, weights, self._column, self.tokens, alter=alter)

    def _column(self, number: int) -> Column:
        return self.columns[number]


def hold(engine: Engine, prompt: Sequence[int], output: Sequence[int]) -> HeldTrace:
    """Computes what a program's columns hold when it reads `prompt` and then all of `output` but its last token, right
    or wrong. Raises `PromptInvalid` for tokens that it cannot read."""
    columns = [column.cpu().numpy() for column in engine.columns(prompt, output)]
    if engine.model.program.embeds:
        return HeldTrace(columns, prompt, columns[-1].shape[1], ())
    peaks = columns[-1].argmax(1).tolist()
    return HeldTrace(columns, [*prompt, *output], len(output), peaks)


def _row_roots(column: Column) -> list[bytes]:
    size = column.dtype.itemsize
    content = column.astype(FIXED[size])
    return [merkle.root(_leaves(row.tobytes(), size)) for row in content]


def _leaves(content: bytes, size: int) -> list[bytes]:
    return [merkle.leaf(content[i : i + LEAF * size]) for i in range(0, len(content), LEAF * size)]
