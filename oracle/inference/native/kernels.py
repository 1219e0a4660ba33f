"""The operations by `kernels.cpp` on a CPU; what it lacks is left to torch."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from oracle.inference.batch import Batch, Cache, Segment
from oracle.inference.hashing import DIGEST, PIECE, Hashes
from oracle.inference.native.building import library
from oracle.inference.sampling import Array
from oracle.inference.torch_kernels import Scaled, TorchKernels
from protocol.operations import (
    WIDE,
    Add,
    AnyOperation,
    Attend,
    Gate,
    Linear,
    Norm,
    Quantise,
    Rotate,
    Steps,
)
from protocol.types import Sampling

KEYS = 64
"""The native attention takes caches of multiples of this capacity, and values of multiples of this width."""

I64, P, INT = ctypes.c_int64, ctypes.c_void_p, ctypes.c_int


def _up(size: int) -> int:
    return size + -size % KEYS


class NativeKernels(TorchKernels):
    """On the CPU, with `threads` of them. Raises `NativeUnavailable`."""

    def __init__(self, threads: int | None = None) -> None:
        super().__init__(torch.device("cpu"))
        self.threads = threads or torch.get_num_threads()
        self._lib = _declared(library())

    def load(self, op: AnyOperation, tensors: Mapping[str, Tensor]) -> tuple[Any, ...]:
        if isinstance(op, Linear):
            return self._pack(op, tensors)
        if isinstance(op, Norm):
            bias = tensors[op.bias].contiguous() if op.bias else None
            return tensors[op.gain].contiguous(), bias
        if isinstance(op, Rotate | Attend):
            return (tensors[op.table].contiguous(),)
        return super().load(op, tensors)

    def cache(self, steps: Steps, capacity: int) -> Cache:
        return NativeCache(steps, _up(capacity), self.device)

    def choose(self, logits: Tensor, sampling: Sampling, position: int, noise: Array) -> list[int]:
        if sampling.temperature == 0:
            return super().choose(logits, sampling, position, noise)
        rows, table = logits.contiguous(), np.ascontiguousarray(noise, np.int32)
        chosen = torch.empty(len(rows), dtype=torch.int64)
        self._lib.choose(
            *(rows.data_ptr(), len(rows), rows.shape[1], sampling.temperature, sampling.cut, sampling.seed, position),
            *(table.ctypes.data, chosen.data_ptr(), self.threads),
        )
        tokens: list[int] = chosen.tolist()
        return tokens

    def leaves(self, values: Sequence[Tensor], first: int) -> Hashes:
        rows, width = values[0].shape
        given = [value if value.is_contiguous() else value.contiguous() for value in values]
        hashed = np.empty((len(values), rows, -(-(width - first) // PIECE), DIGEST), np.uint8)
        pointers = np.array([value.data_ptr() for value in given], np.int64)
        self._lib.leaves(
            *(pointers.ctypes.data, len(given), rows, width, first, given[0].element_size(), PIECE),
            *(hashed.ctypes.data, self.threads),
        )
        return hashed

    def roots(self, hashes: Hashes) -> Hashes:
        trees, count, _ = hashes.shape
        given, found = np.ascontiguousarray(hashes), np.empty((trees, DIGEST), np.uint8)
        self._lib.roots(given.ctypes.data, trees, count, found.ctypes.data, self.threads)
        return found

    def _pack(self, op: Linear, tensors: Mapping[str, Tensor]) -> tuple[Any, ...]:
        codes = tensors[op.weights].contiguous()
        outputs, inputs = codes.shape
        packed = torch.empty(self._lib.packed_bytes(outputs, inputs), dtype=torch.int8)
        self._lib.pack(codes.data_ptr(), outputs, inputs, packed.data_ptr(), self.threads)
        bias = tensors[op.bias].contiguous() if op.bias else None
        return packed, (outputs, inputs), tensors[f"{op.weights}.multiplier"].contiguous(), bias

    def _linear(self, op: Linear, loaded: Any, _batch: Batch, _part: int, rows: Tensor | Scaled) -> Tensor:
        packed, (outputs, inputs), multiplier, bias = loaded
        elements, exponents = (rows, None) if isinstance(rows, Tensor) else rows
        out = torch.empty((len(elements), outputs), dtype=torch.int32 if op.bound == WIDE else torch.int16)
        self._lib.linear(
            *(elements.data_ptr(), len(elements), inputs, packed.data_ptr(), outputs, multiplier.data_ptr()),
            *(_pointer(bias), _pointer(exponents), op.shift, op.bound, out.data_ptr(), self.threads),
        )
        return out

    def _norm(self, op: Norm, loaded: Any, _batch: Batch, _part: int, rows: Tensor) -> Tensor:
        gain, bias = loaded
        out = torch.empty(rows.shape, dtype=torch.int32 if op.bound == WIDE else torch.int16)
        self._lib.norm(
            *(rows.data_ptr(), len(rows), rows.shape[1], gain.data_ptr(), _pointer(bias), op.centred, op.numerator),
            *(op.epsilon, op.fraction, op.bound, out.data_ptr(), self.threads),
        )
        return out

    def _rotate(self, op: Rotate, loaded: Any, batch: Batch, _part: int, rows: Tensor) -> Tensor:
        if batch.end > len(loaded[0]):
            raise IndexError(f"{batch.end} positions, and {op.table} turns {len(loaded[0])}")
        out = torch.empty_like(rows)
        self._lib.rotate(
            *(rows.data_ptr(), len(rows), rows.shape[1], op.heads, op.head_width, loaded[0].data_ptr()),
            *(batch.positions.data_ptr(), out.data_ptr(), self.threads),
        )
        return out

    def _add(self, _op: Add, _loaded: Any, _batch: Batch, _part: int, left: Tensor, right: Tensor) -> Tensor:
        out = torch.empty_like(left)
        self._lib.add(left.data_ptr(), right.data_ptr(), left.numel(), out.data_ptr())
        return out

    def _attend(self, op: Attend, loaded: Any, batch: Batch, part: int, rows: Tensor) -> Tensor:
        if not op.causal:
            return super()._attend(op, (loaded[0].to(torch.int32),), batch, part, rows)
        table = loaded[0]
        out = torch.empty((len(rows), op.heads * op.head_width), dtype=torch.int16)
        segments = torch.tensor([word for s in batch.segments for word in _segment(s, part)])
        self._lib.attend(
            *(rows.data_ptr(), rows.shape[1], segments.data_ptr(), len(batch.segments), op.heads, op.key_value_heads),
            *(op.head_width, _up(op.head_width), op.factor, op.shift, table.data_ptr(), len(table), out.data_ptr()),
            self.threads,
        )
        return out

    def _gate(self, op: Gate, loaded: Any, _batch: Batch, _part: int, rows: Tensor) -> Scaled:
        """With the `Quantise` that follows it."""
        width = rows.shape[1] // 2
        out, exponents = torch.empty((len(rows), width), dtype=torch.int16), torch.empty(len(rows), dtype=torch.int32)
        self._lib.gate_quantise(
            *(rows.data_ptr(), len(rows), width, loaded[0].data_ptr(), op.shift, out.data_ptr()),
            *(exponents.data_ptr(), self.threads),
        )
        return out, exponents

    def _quantise(self, op: Quantise, loaded: Any, batch: Batch, part: int, rows: Tensor | Scaled) -> Scaled:
        if isinstance(rows, tuple):
            return rows
        elements, exponents = super()._quantise(op, loaded, batch, part, rows)
        return elements, exponents.flatten().to(torch.int32)


class NativeCache(Cache):
    """For each `Attend`: keys [G, D/2, capacity, 2], values [G, capacity/2, padded D, 2], and the largest of each."""

    def _part(self, op: Attend, capacity: int, _device: torch.device) -> Any:
        groups, width = op.key_value_heads, op.head_width
        return (
            torch.zeros((groups, width // 2, capacity, 2), dtype=torch.int16),
            torch.zeros((groups, capacity // 2, _up(width), 2), dtype=torch.int16),
            torch.zeros((2, groups), dtype=torch.int32),
        )


def _segment(segment: Segment, part: int) -> tuple[int, ...]:
    """The C++ `Segment`."""
    keys, values, extremes = segment.cache.parts[part]
    where = (segment.start, segment.end - segment.start, segment.first_position, segment.cache.capacity)
    return *where, keys.data_ptr(), values.data_ptr(), extremes.data_ptr()


def _pointer(tensor: Tensor | None) -> int | None:
    return None if tensor is None else tensor.data_ptr()


def _declared(lib: ctypes.CDLL) -> ctypes.CDLL:
    lib.packed_bytes.restype = I64
    lib.packed_bytes.argtypes = [I64, I64]
    lib.pack.argtypes = [P, I64, I64, P, INT]
    lib.linear.argtypes = [P, I64, I64, P, I64, P, P, P, INT, I64, P, INT]
    lib.norm.argtypes = [P, I64, I64, P, P, INT, I64, I64, INT, I64, P, INT]
    lib.rotate.argtypes = [P, I64, I64, I64, I64, P, P, P, INT]
    lib.add.argtypes = [P, P, I64, P]
    lib.gate_quantise.argtypes = [P, I64, I64, P, INT, P, P, INT]
    lib.choose.argtypes = [P, *[I64] * 4, ctypes.c_uint64, ctypes.c_uint32, P, P, INT]
    lib.leaves.argtypes = [P, *[I64] * 6, P, INT]
    lib.roots.argtypes = [P, I64, I64, P, INT]
    lib.attend.argtypes = [P, I64, P, *[I64] * 5, I64, INT, P, I64, P, INT]
    return lib
