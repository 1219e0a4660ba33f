"""A program under construction: its tensors, and the operations that read them."""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from oracle.inference import tables
from oracle.quantising.calibration import MARGIN, OBSERVED, fraction_for
from oracle.quantising.feedback import moments, rounded
from oracle.quantising.method import Method
from oracle.quantising.rounding import GAIN_FRACTION, Array, Matrix, half_up, multipliers, nearest
from protocol.operations import LIMB, WIDE, Bound, Linear, Norm

RESIDUAL = 12
"""Fractional bits of what layers hand on: enough for six bits of noise, and for values of half a million."""
LOGITS = 16
UNIT = 15
"""Fractional bits of a row of length one."""
CURVE_MOST, CURVE_LEAST = 10, 8
"""Fractional bits of a function's argument. Each that is used costs a table."""
Curve = Literal["silu", "gelu"]
CURVES: dict[Curve, Callable[[int], Array]] = {"silu": tables.silu, "gelu": tables.gelu}


class Building:
    """Names and tensors of a program in the making."""

    def __init__(self, tensors: dict[str, Tensor], method: Method) -> None:
        self.tensors = tensors
        self._method = method

    def rounded(self, weights: Array, inputs: Array) -> Matrix:
        """By the method; `inputs` [N, I] are integers that the matrix [O, I] meets, in float64."""
        return nearest(weights) if self._method == "nearest" else rounded(weights, moments(inputs))

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

    def linear(
        self, of: int, name: str, matrix: Matrix, fractions: Array, bound: Bound, *, bias: Array | None = None
    ) -> Linear:
        """`fractions`: how many bits each output has more than the input; `bias`: with the output's bits."""
        shift = self.matrix(name, matrix, np.ldexp(1.0, fractions))
        added = "" if bias is None else self.put(f"{name}.bias", half_up(bias).astype(np.int32))
        return Linear(of=of, weights=name, bias=added, shift=shift, bound=bound)

    def observing(self, weights: Array, fraction: int) -> Linear:
        """A `Linear` on inputs with `fraction` bits whose outputs have `OBSERVED`; not part of the program."""
        return self.linear(0, "observed", nearest(weights), np.full(len(weights), OBSERVED - fraction), WIDE)

    def norm(self, of: int, name: str, gain: Array, *, epsilon: float, fraction: int, bound: Bound) -> Norm:
        """By the root mean square, over rows whose elements have `RESIDUAL` fractional bits."""
        return Norm(
            of=of,
            gain=self._gain(name, gain),
            bias="",
            centred=False,
            numerator=isqrt(len(gain) << 92),
            epsilon=int(half_up(np.asarray(epsilon * len(gain) * 2.0 ** (2 * RESIDUAL)))),
            fraction=fraction,
            bound=bound,
        )

    def layer_norm(self, of: int, name: str, gain: Array, bias: Array, *, epsilon: float) -> Norm:
        """By the standard deviation (Ba et al. 2016), over rows with `RESIDUAL` fractional bits, giving as many."""
        return Norm(
            of=of,
            gain=self._gain(name, gain),
            bias=self.put(f"{name}.bias", half_up(np.ldexp(bias, RESIDUAL)).astype(np.int32)),
            centred=True,
            numerator=isqrt(len(gain) << 92),
            epsilon=int(half_up(np.asarray(epsilon * len(gain) ** 3 * 2.0 ** (2 * RESIDUAL)))),
            fraction=RESIDUAL,
            bound=WIDE,
        )

    def unit_norm(self, of: int, name: str, width: int) -> Norm:
        """By the row's length."""
        gain = self._gain(name, np.ones(width))
        return Norm(of=of, gain=gain, bias="", centred=False, numerator=1 << 46, epsilon=0, fraction=UNIT, bound=LIMB)

    def _gain(self, name: str, gain: Array) -> str:
        return self.put(name, half_up(np.ldexp(gain, GAIN_FRACTION)).astype(np.int32))

    def curve(self, curve: Curve, largest: float) -> tuple[str, int]:
        """The table of a function, and the fractional bits of an argument that is mostly within `largest`."""
        fraction = max(CURVE_LEAST, min(CURVE_MOST, fraction_for(largest, LIMB, MARGIN)))
        name = f"{curve}.{fraction}"
        return name if name in self.tensors else self.put(name, CURVES[curve](fraction)), fraction

    def exponentials(self) -> str:
        return self.put("exponentials", tables.exponentials())

    def finished(self) -> dict[str, Tensor]:
        """The program's tensors, without what was only looked at."""
        return {name: tensor for name, tensor in self.tensors.items() if not name.startswith("observed")}
