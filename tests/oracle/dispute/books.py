"""Committed traces at random, right or nonsense, for tests of the referee."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from msgspec.structs import replace
from numpy.random import Generator

from oracle.dispute.claims import Files
from oracle.dispute.elements import Place
from oracle.dispute.rows import Row
from oracle.dispute.showing import Judgement, Showing, WeightsBook, judge, numbers_leaf, row_root
from oracle.inference import tables
from oracle.models.weights import weights_root
from protocol import merkle
from protocol.computation import Computation, Evidence, ProgramBook, Step
from protocol.parts import CHOSEN, ONE, Kind, PartList, part_record
from tests.oracle.inference.programs import Small
from tests.oracle.inference.test_tracing import program_of

LIMITS = {2: 1 << 15, 4: 1 << 31, 8: 1 << 63}


def nonsense(random: Generator, count: int, size: int) -> Row:
    """Any numbers that an element can hold, or the corners, or small ones, or zeros."""
    low, high = -LIMITS[size], LIMITS[size] - 1
    match random.integers(0, 4):
        case 0:
            return random.integers(low, high, count, endpoint=True)
        case 1:
            return random.choice(np.array([low, low + 1, -1, 0, 1, high - 1, high]), count)
        case 2:
            return random.integers(-3, 4, count)
        case _:
            return np.zeros(count, np.int64)


@dataclass
class Book:
    """Implements `TraceBook` on rows that are all at hand. `columns`: rows of each, and the bytes of an element."""

    tokens: list[int]
    peaks: list[int]
    columns: list[tuple[list[Row], int]]
    roots: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rows = [[row_root(row, size) for row in rows] for rows, size in self.columns]
        self.roots = [row_root(self.tokens, 4), row_root(self.peaks, 4), *map(merkle.root, self._rows)]

    @property
    def root(self) -> bytes:
        return merkle.root(self.roots)

    def row_roots(self, column: int) -> list[bytes]:
        return self._rows[column]

    def number_leaf(self, which: int, leaf: int) -> tuple[bytes, list[bytes]]:
        return numbers_leaf((self.tokens, self.peaks)[which], leaf)

    def row(self, column: int, position: int) -> Row:
        rows = self.columns[column][0]
        return rows[position if len(rows) > 1 else 0]


def spellings(vocabulary: int, seed: int = 0) -> list[bytes | None]:
    """Tokens' bytes of few letters, so that patterns are found; some are of none, and some no text."""
    random = np.random.default_rng(seed)

    def spelling() -> bytes | None:
        if not random.integers(0, 8):
            return None
        return bytes(random.choice(np.frombuffer(b"aAbB\xff", np.uint8), random.integers(0, 4)))

    return [spelling() for _ in range(vocabulary)]


class Case:
    """A small program, and the books of it."""

    def __init__(self, small: Small, **fields: Any) -> None:
        self.program = replace(program_of(small), **fields)
        self.tensors = dict(small.tensors)
        if self.program.noise:
            self.tensors[self.program.noise] = torch.from_numpy(tables.gumbel())
        self.spellings = spellings(self.program.vocabulary)
        shapes = {name: tensor.shape for name, tensor in self.tensors.items()}
        self.book = ProgramBook(self.program, shapes, self.spellings)
        self.weights = WeightsBook(self.program, self.tensors)
        self.weights_root = weights_root(self.program, self.tensors)

    def nonsense(self, random: Generator, positions: int, outputs: int = 1) -> Book:
        """A trace of numbers that follow from nothing."""
        columns = []
        for parts in self.book.lists:
            for number in parts.columns:
                shape, rows = parts.parts[number].shape, positions if parts.rows != ONE else 1
                rows = outputs if parts.rows == CHOSEN else rows
                columns.append(([nonsense(random, shape.width, shape.size) for _ in range(rows)], shape.size))
        tokens = random.integers(0, self.program.vocabulary, positions + bool(self.program.noise)).tolist()
        return Book(
            tokens, random.integers(0, self.program.vocabulary, outputs).tolist() if self.program.noise else [], columns
        )

    def computation(self, trace: Book, positions: int, outputs: int = 1) -> Computation:
        return self.book.computation(self.weights_root, trace.root, positions, outputs)

    def files(self, trace: Book, positions: int, outputs: int) -> Files:
        return Files(self.book, self.weights, trace, self.computation(trace, positions, outputs))

    def judged(
        self, trace: Book, rows: list[Row], place: Place, *, at: tuple[int, int, int], witness: int = 0
    ) -> tuple[Judgement, Step, Evidence]:
        """What Python says, and what the contract is told and shown to say the same. `at`: list, part, element."""
        list_, part, element = at
        parts = self.book.lists[list_]
        showing = Showing(parts, rows, place, trace, self.weights)
        roots = showing.part_roots
        judgement = judge(showing, part, element, witness)
        step = Step(merkle.root(roots), len(roots), list_, part, place.position, element, witness)
        return judgement, step, self.evidence(parts, list_, part, judgement)

    def evidence(self, parts: PartList, list_: int, part: int, judgement: Judgement) -> Evidence:
        record = part_record(list_, part, parts.parts[part])
        return Evidence(record, *self.book.prove(record), judgement.data, judgement.path)


def nonsense_rows(random: Generator, parts: PartList, place: Place) -> list[Row]:
    """Rows of all parts; places of a largest and exponents are often such."""
    rows = []
    for part in parts.parts:
        row = nonsense(random, part.shape.length(place.position, place.positions), part.shape.size)
        if part.kind in {Kind.PEAK, Kind.PEAKS, Kind.EXPONENT} and random.integers(0, 4):
            row = random.integers(0, 7, len(row))
        rows.append(row)
    return rows
