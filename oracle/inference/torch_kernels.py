"""Every operation in torch, for many rows at once, on CPU or CUDA: the same bits as `reference`, tests hold that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from oracle.inference import hashing
from oracle.inference.batch import Batch, Cache
from oracle.inference.hashing import Hashes
from oracle.inference.matmul import FLOAT_BLOCKS, Path
from oracle.inference.sampling import Array, choose
from protocol.operations import (
    HEAD,
    LIMB,
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
    Pool,
    Quantise,
    Rotate,
    Steps,
)
from protocol.types import Sampling

QUERY_BLOCK = 128
"""Queries whose scores are held at once, so that memory grows with the context and not with its square."""

Scaled = tuple[Tensor, Tensor]
"""int16 [N, I] and exponents int64 [N, 1]."""
Value = Any


def half_up(value: Tensor, shift: int | Tensor) -> Tensor:
    """R(v, n) for int64."""
    if isinstance(shift, int):
        return value << -shift if shift <= 0 else (value + (1 << (shift - 1))) >> shift
    down = shift.clamp(min=0)
    rounded = (value + ((1 << down) >> 1)) >> down
    return rounded << (-shift).clamp(min=0)


def bit_length(value: Tensor) -> Tensor:
    """Of int64 below 2^53, not negative."""
    return torch.frexp(value.to(torch.float64)).exponent.to(torch.int64)


def isqrt(value: Tensor) -> Tensor:
    """Of int64 below 2^62: the float64 root is off by at most one."""
    root = value.to(torch.float64).sqrt().to(torch.int64)
    root = root - (root * root > value).to(torch.int64)
    return root + ((root + 1) * (root + 1) <= value).to(torch.int64)


def _sized(value: Tensor, bound: int) -> Tensor:
    return value.clamp(-bound, bound).to(torch.int32 if bound == WIDE else torch.int16)


class TorchKernels:
    """`load` what an operation needs of the weights once, then `run` it on a batch."""

    def __init__(self, device: torch.device, path: Path = FLOAT_BLOCKS) -> None:
        self.device = device
        self.path = path
        self._run = {
            Embed: self._embed,
            Add: self._add,
            Norm: self._norm,
            Linear: self._linear,
            Narrow: self._narrow,
            Quantise: self._quantise,
            Rotate: self._rotate,
            Attend: self._attend,
            Activate: self._activate,
            Gate: self._gate,
            Pool: self._pool,
        }

    def load(self, op: AnyOperation, tensors: Mapping[str, Tensor]) -> tuple[Any, ...]:
        """What `run` takes for this operation."""
        if isinstance(op, Linear):
            multiplier = self._long(tensors[f"{op.weights}.multiplier"])
            bias = self._long(tensors[op.bias]) if op.bias else None
            return self.path.prepare(tensors[op.weights].to(self.device)), multiplier, bias
        if isinstance(op, Embed):
            return tensors[op.weights].to(self.device), self._long(tensors[f"{op.weights}.multiplier"])
        if isinstance(op, Norm):
            return self._long(tensors[op.gain]), self._long(tensors[op.bias]) if op.bias else None
        if isinstance(op, Rotate | Attend | Activate | Gate):
            return (tensors[op.table].to(self.device).to(torch.int32),)
        return ()

    def cache(self, steps: Steps, capacity: int) -> Cache:
        """What a sequence of at most `capacity` positions leaves behind."""
        return Cache(steps, capacity, self.device)

    def run(self, op: AnyOperation, loaded: tuple[Any, ...], batch: Batch, part: int, *values: Value) -> Value:
        """The operation's value. `part`: which part of the caches is its."""
        return self._run[type(op)](op, loaded, batch, part, *values)  # type: ignore[operator]

    def leaves(self, values: Sequence[Tensor], first: int) -> Hashes:
        return np.stack([hashing.leaves(value[:, first:].cpu().numpy()) for value in values])

    def roots(self, hashes: Hashes) -> Hashes:
        return hashing.roots(hashes)

    def choose(self, logits: Tensor, sampling: Sampling, position: int, noise: Array) -> list[int]:
        """The tokens for places of an output one after another, the first at `position`; `logits`: int32 [N, V]."""
        return [choose(row, sampling, position + i, noise) for i, row in enumerate(logits.numpy())]

    def _long(self, tensor: Tensor) -> Tensor:
        return tensor.to(self.device).to(torch.int64)

    def _embed(self, op: Embed, loaded: tuple[Tensor, Tensor], batch: Batch, _part: int) -> Tensor:
        table, multiplier = loaded
        rows = batch.tokens if op.by == "token" else batch.positions
        return _sized(half_up(table[rows].to(torch.int64) * multiplier[rows, None], op.shift), WIDE)

    def _add(self, _op: Add, _loaded: Any, _batch: Batch, _part: int, left: Tensor, right: Tensor) -> Tensor:
        return _sized(left.to(torch.int64) + right, WIDE)

    def _norm(self, op: Norm, loaded: tuple[Tensor, Tensor | None], _b: Batch, _p: int, rows: Tensor) -> Tensor:
        gain, bias = loaded
        wide = rows.to(torch.int64)
        if op.centred:
            wide = rows.shape[1] * wide - wide.sum(1, keepdim=True)
        exponent = bit_length(wide.abs().amax(1, keepdim=True).clamp(min=1)) - 15
        elements = half_up(wide, exponent)
        up, down = 2 * (-exponent).clamp(min=0), 2 * exponent.clamp(min=0)
        squares = (elements * elements).sum(1, keepdim=True) + ((op.epsilon << up) >> down)
        reciprocal = op.numerator // isqrt(squares << 16).clamp(min=1)
        out = half_up(half_up(elements * reciprocal, 20) * gain, 34 - op.fraction)
        return _sized(out if bias is None else out + bias, op.bound)

    def _linear(self, op: Linear, loaded: Any, _batch: Batch, _part: int, rows: Tensor | Scaled) -> Tensor:
        weights, multiplier, bias = loaded
        elements, shift = (rows, op.shift) if isinstance(rows, Tensor) else (rows[0], op.shift - rows[1])
        out = half_up(self.path.multiply(elements, weights) * multiplier, shift)
        return _sized(out if bias is None else out + bias, op.bound)

    def _narrow(self, op: Narrow, _loaded: Any, _batch: Batch, _part: int, rows: Tensor) -> Tensor:
        return _sized(half_up(rows.to(torch.int64), op.shift), LIMB)

    def _quantise(self, _op: Quantise, _loaded: Any, _batch: Batch, _part: int, rows: Tensor) -> Scaled:
        wide = rows.to(torch.int64)
        exponent = (bit_length(wide.abs().amax(1, keepdim=True)) - 15).clamp(min=0)
        return _sized(half_up(wide, exponent), LIMB), exponent

    def _rotate(self, op: Rotate, loaded: tuple[Tensor], batch: Batch, _part: int, rows: Tensor) -> Tensor:
        turned = rows[:, : op.heads * op.head_width].to(torch.int32)
        a, b = turned.view(len(rows), op.heads, 2, -1).unbind(2)  # [N, heads, D/2]
        cosine, sine = loaded[0][batch.positions].unsqueeze(1).unbind(-1)  # [N, 1, D/2]
        half = 1 << 13
        pair = torch.stack([(a * cosine - b * sine + half) >> 14, (b * cosine + a * sine + half) >> 14], 2)
        passed = rows[:, op.heads * op.head_width :].to(torch.int32)
        return _sized(torch.cat([pair.view(len(rows), -1), passed], 1), HEAD)

    def _attend(self, op: Attend, loaded: tuple[Tensor], batch: Batch, part: int, rows: Tensor) -> Tensor:
        sizes = [op.heads, op.key_value_heads, op.key_value_heads]
        parts = torch.split(rows.view(len(rows), -1, op.head_width).transpose(0, 1), sizes)  # [heads, N, D] each
        out = torch.empty(op.heads, len(rows), op.head_width, dtype=torch.int16, device=rows.device)
        for segment in batch.segments:
            queries, keys, values = (each[:, segment.start : segment.end] for each in parts)
            first = 0
            if op.causal:
                first, cache = segment.first_position, segment.cache.parts[part]
                last = first + queries.shape[1]
                cache[0, :, first:last], cache[1, :, first:last] = keys, values
                keys, values = cache[0, :, :last], cache[1, :, :last]
            seen = keys.to(torch.float64), values.to(torch.float64)
            out[:, segment.start : segment.end] = _mix(op, loaded[0], queries, seen, first)
        return out.transpose(0, 1).reshape(len(rows), -1)

    def _activate(self, _op: Activate, loaded: tuple[Tensor], _batch: Batch, _part: int, rows: Tensor) -> Tensor:
        return loaded[0][rows.to(torch.int64) + 32_768]

    def _gate(self, op: Gate, loaded: tuple[Tensor], _batch: Batch, _part: int, rows: Tensor) -> Value:
        gates, others = rows.chunk(2, 1)
        activated = loaded[0][gates.to(torch.int64) + 32_768].to(torch.int64)
        return _sized(half_up(activated * others, op.shift), WIDE)

    def _pool(self, _op: Pool, _loaded: Any, batch: Batch, _part: int, rows: Tensor) -> Tensor:
        sums = [rows[s.start : s.end].to(torch.int64).sum(0) for s in batch.segments]
        counts = torch.tensor([s.end - s.start for s in batch.segments], device=rows.device)[:, None]
        return torch.div(2 * torch.stack(sums) + counts, 2 * counts, rounding_mode="floor").to(torch.int32)


def _mix(op: Attend, table: Tensor, queries: Tensor, seen: tuple[Tensor, Tensor], first: int) -> Tensor:
    """[heads, T, D] of queries at positions `first` and after, over keys and values, float64 [G, S, D] each."""
    keys, values = seen
    group = op.heads // op.key_value_heads
    blocks = []
    for begin in range(0, queries.shape[1], QUERY_BLOCK):
        block = queries[:, begin : begin + QUERY_BLOCK].to(torch.float64)
        length = block.shape[1]
        until = min(keys.shape[1], first + begin + length) if op.causal else keys.shape[1]
        grouped = block.reshape(op.key_value_heads, group * length, -1)
        dots = (grouped @ keys[:, :until].transpose(1, 2)).to(torch.int64)  # [G, group · T, S]
        scores = half_up(dots * op.factor, op.shift).clamp(-WIDE, WIDE)
        if op.causal:
            hidden = torch.ones(length, until, dtype=torch.bool, device=table.device).triu(first + begin + 1)
            scores = scores.view(op.key_value_heads, group, length, until).masked_fill(hidden, -(1 << 40))
            scores = scores.view(op.key_value_heads, group * length, until)
        below = scores.amax(-1, keepdim=True) - scores
        weights = table[below.clamp(max=len(table) - 1)].masked_fill(below >= len(table), 0).to(torch.float64)
        total = weights.sum(-1, keepdim=True).to(torch.int64).clamp(min=1)
        mixed = (weights @ values[:, :until]).to(torch.int64)
        blocks.append(torch.div(2 * mixed + total, 2 * total, rounding_mode="floor").view(op.heads, length, -1))
    return torch.cat(blocks, 1).to(torch.int16)
