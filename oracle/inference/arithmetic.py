"""Integer arithmetic as `docs/inference.md`, section 2, defines it, on Python's unbounded integers."""

from __future__ import annotations

from math import isqrt

__all__ = ["clamp", "half_up", "isqrt"]


def half_up(value: int, shift: int) -> int:
    """value / 2^shift, rounded to the nearest, halves up: R(v, n). A negative shift multiplies."""
    if shift <= 0:
        return value << -shift
    return (value + (1 << (shift - 1))) >> shift


def clamp(value: int, bound: int) -> int:
    """The nearest of −bound … bound."""
    return max(-bound, min(bound, value))
