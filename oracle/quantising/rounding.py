"""Real weights to int8 and multipliers, in correctly rounded float64 and integers alone: the same bytes anywhere.

Only single operations on float64 are used, which IEEE 754 defines to the bit; no sum whose order a library may choose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

MOST = 127
MULTIPLIER_BITS = 23
GAIN_FRACTION = 16
MOST_SHIFT = 60


@dataclass(frozen=True, slots=True)
class Matrix:
    """int8 codes [O, I] and float64 scales [O]: a weight is its code times its row's scale."""

    codes: Array
    scales: Array


def half_up(values: Array) -> Array:
    """The nearest integers, halves up, as float64."""
    return np.asarray(np.floor(values + 0.5))


def row_scales(weights: Array) -> Array:
    """The least scale of each row at which no code is beyond ±127; 1 for rows of zeros."""
    largest = np.abs(weights).max(1)
    return np.asarray(np.where(largest > 0, largest, MOST) / MOST)


def nearest(weights: Array) -> Matrix:
    """Each weight to the nearest code."""
    scales = row_scales(weights)
    codes = np.clip(half_up(weights / scales[:, None]), -MOST, MOST)
    return Matrix(codes.astype(np.int8), scales)


def multipliers(scales: Array, shift_limit: int = MOST_SHIFT) -> tuple[Array, int]:
    """Integers M below 2^23 and the largest shift s with M / 2^s the nearest to each scale."""
    _, exponent = np.frexp(scales.max())
    shift = min(shift_limit, MULTIPLIER_BITS - int(exponent))
    multiplier = half_up(np.ldexp(scales, shift))
    if multiplier.max() >= 1 << MULTIPLIER_BITS:
        shift -= 1
        multiplier = half_up(np.ldexp(scales, shift))
    return multiplier.astype(np.int32), shift
