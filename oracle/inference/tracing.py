"""Keeps the roots of what a generation commits to, as it runs: `docs/inference.md`, section 6.6."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from oracle.inference.batch import Batch
from oracle.inference.hashing import Hashes
from oracle.inference.machine import Kernels
from protocol.program import Program
from protocol.trace import Column, Trace, columns, trace_root

HELD = 32
"""Rows of a column that are hashed together: one row alone would leave most lanes of a processor idle."""


@dataclass(frozen=True, slots=True)
class Group:
    """Columns whose rows have one shape, hashed together; `places`: which columns they are."""

    places: tuple[int, ...]
    columns: tuple[Column, ...]

    @property
    def first(self) -> int:
        return self.columns[0].first

    @property
    def rows(self) -> str:
        return self.columns[0].rows


@dataclass(slots=True, eq=False)
class Tracing:
    """One generation's: step by step, for each group of columns, the leaves of its rows [columns, rows, pieces, 32];
    and the peaks of the logits."""

    leaves: list[list[Hashes]] = field(default_factory=list)
    peaks: list[int] = field(default_factory=list)

    def trace(self, groups: Sequence[Group], tokens: Sequence[int], outputs: int, kernels: Kernels) -> Trace:
        roots: dict[int, bytes] = {}
        for group, steps in zip(groups, zip(*self.leaves, strict=True), strict=True):
            leaves = np.concatenate(steps, 1)
            count, rows, pieces, size = leaves.shape
            found = kernels.roots(kernels.roots(leaves.reshape(-1, pieces, size)).reshape(count, rows, size))
            roots |= {place: root.tobytes() for place, root in zip(group.places, found, strict=True)}
        ordered = [roots[place] for place in range(len(roots))]
        positions = len(tokens) - bool(self.peaks)
        return Trace(positions, outputs, trace_root(tokens, self.peaks, ordered))


class Tracer:
    """Hashes what a program's columns hold, for all sequences of a batch together, and a few passes at once."""

    def __init__(self, program: Program, kernels: Kernels) -> None:
        self._columns = columns(program)
        self._kernels = kernels
        self._generates = not program.embeds
        self._kept: list[list[int]] = [[] for _ in program.steps.lists]
        for column in self._columns:
            self._kept[column.list].append(column.operation)
        self._values: list[Tensor] = []
        self._passes: list[_Pass] = []
        self._groups: tuple[Group, ...] = ()

    def observe(self, index: int, values: list[Any]) -> None:
        """Told of the values of each list of a pass, in order."""
        if index == 0:
            self._values = []
        self._values += [values[operation] for operation in self._kept[index]]

    def columns_of(self, index: int, values: list[Any]) -> list[Tensor]:
        """What the columns of a list hold, from the list's values."""
        found = (column for column in self._columns if column.list == index)
        return [values[column.operation][:, column.first :] for column in found]

    def collect(self, batch: Batch, tracings: Sequence[Tracing]) -> None:
        """After the pass: to each sequence what is its own."""
        values = self._values
        self._groups = self._groups or tuple(_grouped(self._columns, values))
        shares = [_shares(batch, group) for group in self._groups]
        if self._generates:
            peaks = values[-1].cpu().numpy().argmax(1)
            for i, tracing in enumerate(tracings):
                tracing.peaks += peaks[shares[-1][i]].tolist()
        sizes = len(batch.tokens), len(batch.segments), -1 if batch.wanted is None else len(batch.wanted)
        if self._passes and self._passes[0].sizes != sizes:
            self._hash()
        self._passes.append(_Pass(values, sizes, shares, tuple(tracings)))
        if len(self._passes) * sizes[0] >= HELD:
            self._hash()

    def trace(self, tracing: Tracing, tokens: Sequence[int], outputs: int) -> Trace:
        """Of a generation that has ended; `tokens`: all that were read and chosen; `outputs`: how many tokens or
        elements came out."""
        self._hash()
        return tracing.trace(self._groups, tokens, outputs, self._kernels)

    def _hash(self) -> None:
        passes, self._passes = self._passes, []
        if not passes:
            return
        hashed = [self._leaves(passes, group) for group in self._groups]
        for done, *leaves in zip(passes, *hashed, strict=True):
            for i, tracing in enumerate(done.tracings):
                tracing.leaves.append([of[:, share[i]] for of, share in zip(leaves, done.shares, strict=True)])

    def _leaves(self, passes: Sequence[_Pass], group: Group) -> Hashes:
        """[passes, columns, rows, pieces, 32]."""
        values = [done.values[place] for done in passes for place in group.places]
        leaves = self._kernels.leaves(values, group.first)
        return leaves.reshape(len(passes), len(group.places), *leaves.shape[1:])


@dataclass(frozen=True, slots=True)
class _Pass:
    """A pass whose values are yet to be hashed; its batch's sizes; by group, which rows are each sequence's."""

    values: list[Tensor]
    sizes: tuple[int, int, int]
    shares: list[list[Any]]
    tracings: tuple[Tracing, ...]


def _grouped(columns_: Sequence[Column], values: Sequence[Tensor]) -> list[Group]:
    """The group of the last column, which may hold logits, stands last."""
    kinds: dict[Any, list[int]] = {}
    for place, (column, value) in enumerate(zip(columns_, values, strict=True)):
        kinds.setdefault((column.rows, value.shape[1], value.dtype, column.first), []).append(place)
    return [Group(tuple(places), tuple(columns_[place] for place in places)) for places in kinds.values()]


def _shares(batch: Batch, group: Group) -> list[Any]:
    """Which of the rows that a group's columns have are each sequence's."""
    if group.rows == "read":
        return [slice(segment.start, segment.end) for segment in batch.segments]
    if group.rows == "one":
        return [slice(i, i + 1) for i in range(len(batch.segments))]
    if len(batch.segments) == 1:
        return [slice(None)]
    if batch.wanted is not None and len(batch.wanted) == len(batch.segments):  # each sequence's last
        return [slice(i, i + 1) for i in range(len(batch.segments))]
    raise ValueError("several sequences choose one token each")
