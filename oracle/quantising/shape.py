"""What the weights of a model do not say of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a Llama-style decoder. `base`: of the rotary embedding; `context`: positions that are provided for."""

    layers: int
    heads: int
    key_value_heads: int
    head_width: int
    epsilon: float
    base: int
    context: int


@dataclass(frozen=True, slots=True)
class EncoderShape:
    """Of a BERT-style encoder."""

    layers: int
    heads: int
    head_width: int
    epsilon: float
