"""Runs a program's operations on a batch, with whichever kernels it was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, Protocol

import torch
from torch import Tensor

from oracle.inference.batch import Batch, Cache, looks_back
from oracle.inference.hashing import Hashes
from oracle.inference.sampling import Array
from protocol.operations import INPUT, AnyOperation, Steps
from protocol.types import Sampling

Observer = Callable[[int, int, Any], None]
"""Told of every value: index of its list, index in the list, value."""
ListObserver = Callable[[int, list[Any]], None]
"""Told of the values of every list of operations: its index, its values."""


NO_PART = -1
"""Of an operation that has no part of the caches."""


class Kernels(Protocol):
    """A way of computing the operations on one device."""

    device: torch.device

    def load(self, op: AnyOperation, tensors: Mapping[str, Tensor]) -> Any:
        """What `run` takes for this operation."""

    def cache(self, steps: Steps, capacity: int) -> Cache:
        """Empty, for a sequence of at most `capacity` positions."""

    def run(self, op: AnyOperation, loaded: Any, batch: Batch, part: int, *values: Any) -> Any:
        """The operation's value for a batch; `part`: which part of the caches is its."""

    def choose(self, logits: Tensor, sampling: Sampling, position: int, noise: Array) -> list[int]:
        """The tokens for places of an output one after another, the first at `position`; `logits`: int32 [N, V] on the
        CPU, `noise`: the program's table."""

    def leaves(self, values: Sequence[Tensor], first: int) -> Hashes:
        """Leaf hashes [M, N, pieces, 32] of M tensors of rows [N, W], int16 or int32, from element `first` on."""

    def roots(self, hashes: Hashes) -> Hashes:
        """Roots [M, 32] of trees over leaf hashes [M, n, 32]."""


class Machine:
    """One program with its weights, loaded."""

    def __init__(self, steps: Steps, tensors: Mapping[str, Tensor], kernels: Kernels) -> None:
        self.steps = steps
        self.device = kernels.device
        self._kernels = kernels
        parts = count()
        self._loaded = [
            [
                (op, kernels.load(op, tensors), op.inputs, next(parts) if looks_back(op) else NO_PART)
                for op in operations
            ]
            for operations in steps.lists
        ]

    def cache(self, capacity: int) -> Cache:
        return self._kernels.cache(self.steps, capacity)

    @torch.inference_mode()
    def run(self, batch: Batch, observer: Observer | None = None, lists: ListObserver | None = None) -> Any:
        """The program's last value for the rows that are wanted, and the caches with all rows."""
        handed: Any = None
        last = len(self._loaded) - 1
        for index, operations in enumerate(self._loaded):
            values: list[Any] = []
            if index == last and batch.wanted is not None:
                handed = handed[batch.wanted]
            for op, loaded, inputs, part in operations:
                given = [handed if i == INPUT else values[i] for i in inputs]
                values.append(self._kernels.run(op, loaded, batch, part, *given))
                if observer is not None:
                    observer(index, len(values) - 1, values[-1])
            if lists is not None:
                lists(index, values)
            handed = values[-1] if values else handed
        batch.done()
        return handed
