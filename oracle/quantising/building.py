"""A program under construction: its tensors, and the operations that read them."""

from __future__ import annotations

from math import isqrt

import numpy as np
import torch
from torch import Tensor

from oracle.inference import tables
from oracle.quantising.rounding import GAIN_FRACTION, Array, Matrix, half_up, multipliers, nearest
from protocol.operations import WIDE, Bound, Linear, Norm

RESIDUAL = 12
"""Fractional bits of what layers hand on: enough for six bits of noise, and for values of half a million."""
LOGITS = 16
OBSERVED = 12
"""Fractional bits of values that are only looked at, to choose their fractions."""


class Building:
    """Names and tensors of a program in the making."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self.tensors = tensors

    def put(self, name: str, values: Array) -> str:
        """Keeps a tensor; its name."""
        self.tensors[name] = torch.from_numpy(np.ascontiguousarray(values))
        return name

    def matrix(self, name: str, matrix: Matrix, factors: Array) -> int:
        """Keeps codes and multipliers of scale times factor; the shift that goes with them."""
        multiplier, shift = multipliers(matrix.scales * factors)
        self.put(name, matrix.codes)
        self.put(f"{name}.multiplier", multiplier)
        return shift

    def linear(self, of: int, name: str, matrix: Matrix, fractions: Array, bound: Bound) -> Linear:
        """`fractions`: how many bits each output has more than the input."""
        shift = self.matrix(name, matrix, np.ldexp(1.0, fractions))
        return Linear(of=of, weights=name, bias="", shift=shift, bound=bound)

    def observing(self, weights: Array, fraction: int) -> Linear:
        """A `Linear` on inputs with `fraction` bits whose outputs have `OBSERVED`; not part of the program."""
        return self.linear(0, "observed", nearest(weights), np.full(len(weights), OBSERVED - fraction), WIDE)

    def norm(self, of: int, name: str, gain: Array, *, epsilon: float, fraction: int, bound: Bound) -> Norm:
        """By the root mean square, over rows whose elements have `RESIDUAL` fractional bits."""
        width = len(gain)
        return Norm(
            of=of,
            gain=self.put(name, half_up(np.ldexp(gain, GAIN_FRACTION)).astype(np.int32)),
            bias="",
            centred=False,
            numerator=isqrt(width << 92),
            epsilon=int(half_up(np.asarray(epsilon * width * 2.0 ** (2 * RESIDUAL)))),
            fraction=fraction,
            bound=bound,
        )

    def exponentials(self) -> str:
        return self.put("exponentials", tables.exponentials())

    def finished(self) -> dict[str, Tensor]:
        """The program's tensors, without what was only looked at."""
        return {name: tensor for name, tensor in self.tensors.items() if not name.startswith("observed")}
