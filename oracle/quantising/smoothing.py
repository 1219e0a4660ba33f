"""Scales between a matrix and its inputs, so that int8 weights lose least (SmoothQuant, Xiao et al. 2022).

Input j is divided by s_j where it is made, column j multiplied by s_j. Activations have 16 bits and lose nothing by it;
what is lost is the rounding of weights, which is as coarse as a row's largest weight.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum

import numpy as np

from oracle.quantising.rounding import MOST, Array


def column_scales(weights: Array, strengths: Array) -> Array:
    """s [I] for weights [O, I] whose inputs have root mean squares `strengths`; of a few, the one with least noise."""
    candidates = list(_candidates(weights, strengths))
    noises = [_noise(weights * scales, strengths / scales) for scales in candidates]
    return candidates[noises.index(min(noises))]


def balanced(strengths: Array, weights: Array) -> Array:
    """sqrt(strength / largest weight) of each column."""
    return np.asarray(np.sqrt(_positive(strengths) / _positive(np.abs(weights).max(0))))


def _candidates(weights: Array, strengths: Array) -> Iterator[Array]:
    largest, strong = _positive(np.abs(weights).max(0)), _positive(strengths)
    yield np.ones_like(largest)
    yield np.sqrt(strong / largest)
    yield np.sqrt(np.sqrt(strong / largest))
    yield 1 / largest
    yield 1 / np.sqrt(largest)


def _noise(weights: Array, strengths: Array) -> float:
    """What rounding adds to the outputs' mean squares, but for a constant."""
    steps = np.abs(weights).max(1) / MOST
    return fsum(steps * steps) * fsum(strengths * strengths)


def _positive(values: Array) -> Array:
    """Zeros become the least that is none, so that they can be divided by; all zeros, ones."""
    some = values[values > 0]
    return np.asarray(np.where(values > 0, values, some.min() if len(some) else 1.0))
