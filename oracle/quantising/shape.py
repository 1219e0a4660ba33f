"""What the weights of a Llama-style decoder do not say of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """`base`: of the rotary embedding; `context`: positions that are provided for."""

    layers: int
    heads: int
    key_value_heads: int
    head_width: int
    epsilon: float
    base: int
    context: int
