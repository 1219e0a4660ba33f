"""Rows of calibration text, run through the operations as they are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from oracle.inference.batch import Batch
from oracle.inference.devices import cpu_kernels
from oracle.quantising.rounding import Array, half_up
from protocol.operations import AnyOperation, Steps

TEXT = Path(__file__).with_name("calibration.txt")
"""What models are calibrated with: prose, dialogue, code and numbers, part of the quantiser and pinned with it."""
ROW_TOKENS = 256
OBSERVED = 12
"""Fractional bits of values that are only looked at, to choose their fractions."""
MARGIN = 2.0
"""How many times the largest value met in calibration must fit; beyond it values saturate."""
MOMENT_BITS = 20


def calibration_rows(encode: Callable[[str], list[int]], context: int) -> list[list[int]]:
    """The text's tokens, 256 a row or as many as the context holds; what is left over is left out."""
    ids, size = encode(TEXT.read_text(encoding="utf-8")), min(ROW_TOKENS, context)
    return [ids[i : i + size] for i in range(0, len(ids) - size + 1, size)]


def calibration_lines(encode: Callable[[str], list[int]]) -> list[list[int]]:
    """The tokens of each of the text's lines."""
    return [ids for line in TEXT.read_text(encoding="utf-8").splitlines() if (ids := encode(line))]


class Calibration:
    """Runs single operations on all rows at once, with `tensors`, which grow as the program is made."""

    def __init__(self, rows: Sequence[Sequence[int]]) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._rows = rows
        self._kernels = cpu_kernels()

    @torch.inference_mode()
    def run(self, op: AnyOperation, *values: Any) -> Any:
        """The operation's value, from empty caches."""
        alone = Steps(before=(op,), layers=(), after=())
        length = max(len(row) for row in self._rows)
        caches = [self._kernels.cache(alone, length) for _ in self._rows]
        batch = Batch.of(list(zip(caches, self._rows, strict=True)), self._kernels.device)
        return self._kernels.run(op, self._kernels.load(op, self.tensors), batch, 0, *values)


def real(values: Tensor, fraction: int) -> Array:
    """Integers with so many fractional bits as float64."""
    return np.ldexp(whole(values), -fraction)


def whole(values: Tensor) -> Array:
    """Integers as float64."""
    return values.numpy().astype(np.float64)


def common(elements: Tensor, exponents: Tensor) -> Array:
    """Rows with exponents of their own brought to one, in `MOMENT_BITS` bits."""
    shifts = (exponents - exponents.max()).numpy().reshape(-1, 1) + MOMENT_BITS - 15
    return half_up(np.ldexp(whole(elements), shifts))


def root_mean_squares(values: Array) -> Array:
    """Of the columns of integers [N, I] below 2^26, exact but for the last root."""
    whole = values.astype(np.int64)
    return np.asarray(np.sqrt((whole * whole).sum(0).astype(np.float64) / len(whole)))


def fraction_for(largest: float, bound: int, margin: float) -> int:
    """The most fractional bits at which `margin` times `largest` stays within the bound."""
    fraction = 0
    while largest * margin * 2.0 ** (fraction + 1) <= bound and fraction < 30:
        fraction += 1
    return fraction
