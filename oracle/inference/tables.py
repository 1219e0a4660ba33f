"""What the tables hold: real functions at fixed points, rounded to the nearest (`docs/inference.md`, section 4).

Computed with mpmath to 120 bits, of which no entry needs half, so that every machine makes the same table. Programs
carry their tables among their weights; these functions are what a quantiser fills them with.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath
import numpy as np
from numpy.typing import NDArray

PRECISION = 120
"""Bits."""

EXP_FRACTION = 10
"""Fractional bits of a score, and of the table's argument."""
EXP_ENTRIES = 16 << EXP_FRACTION
EXP_ONE = 1 << 15
EXP_MOST = EXP_ONE - 1
ROTATION_FRACTION = 14
HALF_RANGE = 1 << 15
NOISE_STEPS = 1 << 10
NOISE_FRACTION = 16
ACTIVATION_FRACTION = 14
"""Fractional bits of what `silu` and `gelu` give."""

Array = NDArray[Any]


def _rounded(value: Any) -> int:
    return int(mpmath.floor(value + mpmath.mpf(0.5)))


@cache
def exponentials() -> Array:
    """2^15 · 2^(−d / 1024) at most 32,767, int16 [16,384]: the weight of a score that lies d below the largest."""
    with mpmath.workprec(PRECISION):
        steps = [EXP_ONE * mpmath.power(2, -mpmath.mpf(d) / (1 << EXP_FRACTION)) for d in range(EXP_ENTRIES)]
        return np.array([min(EXP_MOST, _rounded(step)) for step in steps], np.int16)


@cache
def rotations(positions: int, head_width: int, base: int) -> Array:
    """Cosine and sine of position · base^(−2i / D), 14 fractional bits, int16 [positions, D/2, 2]; D: `head_width`."""
    table = np.empty((positions, head_width // 2, 2), np.int16)
    scale = 1 << ROTATION_FRACTION
    with mpmath.workprec(PRECISION):
        for i in range(head_width // 2):
            frequency = mpmath.power(base, -mpmath.mpf(2 * i) / head_width)
            for position in range(positions):
                cosine, sine = mpmath.cos_sin(position * frequency)
                table[position, i] = _rounded(cosine * scale), _rounded(sine * scale)
    return table


@cache
def silu(fraction: int) -> Array:
    """x / (1 + e^(−x)) for x = g / 2^fraction, with 14 fractional bits, int32 [65,536] by g + 32,768."""
    return _function(lambda x: x / (1 + mpmath.exp(-x)), fraction)


@cache
def gelu(fraction: int) -> Array:
    """x · Φ(x), Φ the normal distribution: as `silu`."""
    return _function(lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2, fraction)


@cache
def gumbel() -> Array:
    """−ln(−ln(1 − x)), 16 fractional bits, int32 [33 · 1,024], by z and m for x = (1 + (m + ½) / 1,024) / 2^(z + 1).

    x is a uniform 32-bit fraction, cut into 1,024 steps between any two powers of two, so that the noise is as fine
    where it is largest as anywhere.
    """
    with mpmath.workprec(PRECISION):
        fractions = (
            mpmath.mpf(2 * (NOISE_STEPS + m) + 1) / (NOISE_STEPS << (z + 2))
            for z in range(33)
            for m in range(NOISE_STEPS)
        )
        return np.array([_rounded(-mpmath.log(-mpmath.log1p(-x)) * (1 << NOISE_FRACTION)) for x in fractions], np.int32)


def _function(of: Callable[[Any], Any], fraction: int) -> Array:
    scale = 1 << ACTIVATION_FRACTION
    with mpmath.workprec(PRECISION):
        arguments = (mpmath.mpf(g) / (1 << fraction) for g in range(-HALF_RANGE, HALF_RANGE))
        return np.array([_rounded(of(x) * scale) for x in arguments], np.int32)
