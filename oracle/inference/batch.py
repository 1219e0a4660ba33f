"""What one pass computes: rows of several sequences, and the keys and values of the positions before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import torch
from torch import Tensor

from protocol.operations import Attend, Steps


class Cache:
    """Keys and values of one sequence: for each `Attend` that looks back, int16 [2, G, capacity, D]."""

    def __init__(self, steps: Steps, capacity: int, device: torch.device) -> None:
        self.length = 0
        self.capacity = capacity
        self.parts = [self._part(op, capacity, device) for op in steps if isinstance(op, Attend) and op.causal]

    def _part(self, op: Attend, capacity: int, device: torch.device) -> Any:
        return torch.zeros((2, op.key_value_heads, capacity, op.head_width), dtype=torch.int16, device=device)


def looks_back(operation: object) -> bool:
    return isinstance(operation, Attend) and operation.causal


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive positions of one sequence: rows `start` to `end` of the batch."""

    cache: Cache
    start: int
    end: int

    @property
    def first_position(self) -> int:
        return self.cache.length


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows in the order of their segments. `tokens` and `positions` are int64 [N]; `wanted`: the rows whose values
    after the layers are asked for, int64, or all."""

    tokens: Tensor
    positions: Tensor
    segments: tuple[Segment, ...]
    wanted: Tensor | None = field(default=None)

    @classmethod
    def of(cls, parts: Sequence[tuple[Cache, Sequence[int]]], device: torch.device, *, last_only: bool = False) -> Self:
        """Each cache with the tokens that follow what it holds. Raises `IndexError` where it has no room for them."""
        segments, tokens, positions = [], list[int](), list[int]()
        for cache, ids in parts:
            if cache.length + len(ids) > cache.capacity:
                raise IndexError(f"{cache.length + len(ids)} positions, and the cache has room for {cache.capacity}")
            segments.append(Segment(cache, len(tokens), len(tokens) + len(ids)))
            positions.extend(range(cache.length, cache.length + len(ids)))
            tokens.extend(ids)
        ends = torch.tensor([segment.end - 1 for segment in segments], device=device) if last_only else None
        return cls(torch.tensor(tokens, device=device), torch.tensor(positions, device=device), tuple(segments), ends)

    @property
    def end(self) -> int:
        """The position after the last."""
        return max(segment.first_position + segment.end - segment.start for segment in self.segments)

    def done(self) -> None:
        """The caches hold these rows too."""
        for segment in self.segments:
            segment.cache.length += segment.end - segment.start
