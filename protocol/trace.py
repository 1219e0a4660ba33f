"""What an operator commits to besides its answer: the trace of a job, `docs/inference.md`, section 6.6.

A column of the trace holds a row for each position: keys and values that other positions read, or what a list of
operations hands on. All else follows from these, position by position, and is shown when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from protocol import merkle
from protocol.operations import Attend, Pool
from protocol.program import Program

TRACE = b"\3"
NO_TRACE = bytes(32)
"""Of a result that rests on no computation: an input refused, an answer of no tokens."""
TOKENS, PEAKS, BEFORE_COLUMNS = 0, 1, 2
"""Places in what the root is over: the tokens, the peaks, then the columns."""
PIECE = 256
"""Elements of a row in one leaf at most."""


@dataclass(frozen=True, slots=True)
class Column:
    """Elements from `first` on of the value of an operation; it has a row for each position that is read, for each
    token that is chosen, or one for all."""

    list: int
    operation: int
    first: int
    rows: Literal["read", "chosen", "one"]


@dataclass(frozen=True, slots=True)
class Trace:
    """What was computed: positions read, tokens or elements that came out, and the root over all columns."""

    positions: int
    outputs: int
    root: bytes

    def commitment(self, job: bytes) -> bytes:
        """What is posted for this job: 32 bytes."""
        sizes = self.positions.to_bytes(8, "big") + self.outputs.to_bytes(8, "big")
        return sha256(TRACE + job + sizes + self.root).digest()


def columns(program: Program) -> tuple[Column, ...]:
    """In the order of their roots."""
    return tuple(_columns(program))


def _columns(program: Program) -> Iterator[Column]:
    lists = program.steps.lists
    pooled = False
    for index, operations in enumerate(lists):
        pooled = pooled or any(isinstance(operation, Pool) for operation in operations)
        for operation in operations:
            if isinstance(operation, Attend):
                yield Column(index, operation.of, operation.heads * operation.head_width, "read")
        if operations:
            last = index == len(lists) - 1 and not program.embeds
            yield Column(index, len(operations) - 1, 0, "chosen" if last else "one" if pooled else "read")


def numbers_root(numbers: Sequence[int]) -> bytes:
    """The root over a row of int32; of none, the empty tree's."""
    content = b"".join(number.to_bytes(4, "big", signed=True) for number in numbers)
    return merkle.root(merkle.leaf(content[at : at + 4 * PIECE]) for at in range(0, len(content), 4 * PIECE))


def trace_root(tokens: Sequence[int], peaks: Sequence[int], columns_: Sequence[bytes]) -> bytes:
    """Over the tokens that were read and chosen, the peaks of the logits that these were chosen by, and the columns."""
    return merkle.root([numbers_root(tokens), numbers_root(peaks), *columns_])
