"""Exact products of int8 weights and int16 activations, by whatever a device does fast and right.

Each path is held to a known answer before it is used (`self_test`): int8 kernels of CPUs without VNNI instructions
saturate in silence, float32 loses bits above 2^24, and graphics cards may round float32 to TF32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

BLOCK = 1_024
"""Products of two signed bytes whose sum a float32 always holds: 1,024 · 127 · 128 < 2^24."""

MULTIPLE, LEAST_ROWS = 8, 17
"""CUDA's int8 product needs more than 16 rows and sizes that are multiples of 8."""


@dataclass(frozen=True, slots=True)
class Path:
    """A way to multiply: `prepare` weights int8 [O, I] once, then `multiply` activations int16 [N, I] to int64 [N, O].

    `bytes_per_weight`: memory that the prepared weights take.
    """

    name: str
    bytes_per_weight: int
    prepare: Callable[[Tensor], Any]
    multiply: Callable[[Tensor, Any], Tensor]


def limbs(activations: Tensor) -> Tensor:
    """int16 [N, I] within ±32,639 as two signed bytes, int8 [2N, I]: high ones first."""
    wide = activations.to(torch.int32)
    high = (wide + 128) >> 8
    return torch.cat([high, wide - (high << 8)]).to(torch.int8)


def join(sums: Tensor) -> Tensor:
    """[2N, O] of limbs to int64 [N, O]."""
    high, low = sums.to(torch.int64).chunk(2)
    return (high << 8) + low


def _float_blocks(weights: Tensor) -> list[Tensor]:
    return [block.to(torch.float32).T.contiguous() for block in torch.split(weights, BLOCK, dim=1)]


def _by_float_blocks(activations: Tensor, blocks: list[Tensor]) -> Tensor:
    parts = torch.split(limbs(activations).to(torch.float32), BLOCK, dim=1)
    sums = [part @ block for part, block in zip(parts, blocks, strict=True)]
    return join(sums[0]) if len(sums) == 1 else torch.stack([join(part) for part in sums]).sum(0)


def _by_int_mm(activations: Tensor, prepared: tuple[Tensor, int]) -> Tensor:
    weights, outputs = prepared
    rows, spare = 2 * len(activations), weights.shape[0] - activations.shape[1]
    split = limbs(activations)
    if spare or split.is_cuda:
        height = max(rows, LEAST_ROWS) + -max(rows, LEAST_ROWS) % MULTIPLE if split.is_cuda else rows
        split = torch.nn.functional.pad(split, (0, spare, 0, height - rows))
    return join(torch._int_mm(split, weights)[:rows, :outputs])


def _int8(weights: Tensor) -> tuple[Tensor, int]:
    """Transposed, with zeros added to the inputs: torch takes a single input for another shape."""
    rows, columns = weights.shape
    padded = torch.nn.functional.pad(weights, (0, -columns % MULTIPLE, 0, -rows % MULTIPLE if weights.is_cuda else 0))
    return padded.contiguous().T, rows


def _by_float64(activations: Tensor, weights: Tensor) -> Tensor:
    return (activations.to(torch.float64) @ weights).to(torch.int64)


def _float64(weights: Tensor) -> Tensor:
    return weights.to(torch.float64).T.contiguous()


FLOAT_BLOCKS = Path("float32-blocks", 4, _float_blocks, _by_float_blocks)
INT_MM = Path("int_mm", 1, _int8, _by_int_mm)
FLOAT64 = Path("float64", 8, _float64, _by_float64)
PATHS = {path.name: path for path in (FLOAT_BLOCKS, INT_MM, FLOAT64)}


class PathRefused(RuntimeError):
    """A path that gave a wrong answer, or none, on this device."""


def self_test(path: Path, device: torch.device) -> None:
    """Raises `PathRefused` unless the path is right on extremes and on random bytes, for one row and for many."""
    for activations, weights in adversarial():
        expected = activations.to(torch.int64) @ weights.to(torch.int64).T
        try:
            prepared = path.prepare(weights.to(device))
            found = path.multiply(activations.to(device), prepared).cpu()
        except RuntimeError as error:
            raise PathRefused(f"{path.name} on {device}: {error}") from error
        if not torch.equal(found, expected):
            wrong = int((found != expected).sum())
            raise PathRefused(f"{path.name} on {device}: {wrong} of {found.numel()} products are wrong")


def adversarial() -> Iterator[tuple[Tensor, Tensor]]:
    """Activations int16 [N, I] and weights int8 [O, I] that find what is not exact, for one row and for many."""
    generator = torch.Generator().manual_seed(1)
    for rows, inputs, outputs in ((1, 1, 2), (1, 64, 24), (3, 1_536, 40), (20, 2_049, 17)):
        yield from _extremes(rows, inputs, outputs)
        yield (
            torch.randint(-32_639, 32_640, (rows, inputs), generator=generator, dtype=torch.int16),
            torch.randint(-128, 128, (outputs, inputs), generator=generator, dtype=torch.int8),
        )


def _extremes(rows: int, inputs: int, outputs: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Sums as large as they can be, of either sign and of both in turn."""
    signs = torch.where(torch.arange(inputs) % 2 == 0, 1, -1)
    for largest in (127, -128):
        for activation in (32_639, -32_639, 32_512, 127):
            even = torch.full((rows, inputs), activation, dtype=torch.int16)
            full = torch.full((outputs, inputs), largest, dtype=torch.int8)
            yield even, full
            yield (even * signs).to(torch.int16), (full.to(torch.int16) * signs).clamp(-128, 127).to(torch.int8)


@cache
def allowed(device: torch.device) -> dict[str, Path]:
    """The paths that pass on a device."""
    passed = {}
    for name, path in PATHS.items():
        try:
            self_test(path, device)
        except PathRefused:
            continue
        passed[name] = path
    return passed
