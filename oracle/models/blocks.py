"""Quantised tensors: blocks of 32 weights along the input axis that share a scale.

Two forms, both exact images of the GGUF types that they come from:

    symmetric   int8 codes [rows, blocks, 32]                            value = code · scale
    nibbles     uint8 codes [rows, blocks, 16], 4 bits each, and a       value = code · scale + minimum
                minimum; weight j is the low half of byte j, weight
                j + 16 the high half

Scales and minima are float16 [rows, blocks]; values are computed in float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
HALF = BLOCK // 2

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Blocks:
    """A quantised matrix [rows, blocks · 32]; without a minimum it is symmetric."""

    codes: Array
    scale: Array
    minimum: Array | None = None

    def values(self) -> Array:
        """float32 [rows, columns]."""
        scale = self.scale.astype(np.float32)[..., None]
        if self.minimum is None:
            values = self.codes.astype(np.float32) * scale
        else:
            codes = np.concatenate([self.codes & 15, self.codes >> 4], axis=-1)
            values = codes.astype(np.float32) * scale + self.minimum.astype(np.float32)[..., None]
        return values.reshape(len(values), -1)

    def rows(self, order: Array) -> Blocks:
        """The same matrix with its rows in another order."""
        minimum = None if self.minimum is None else self.minimum[order]
        return Blocks(self.codes[order], self.scale[order], minimum)


def quantise(values: Array, bits: int) -> Blocks:
    """Rounds float32 [rows, columns] to symmetric blocks of 3 to 8 bits, as GGUF's `Q8_0` does for 8.

    Only correctly rounded operations are used, so that every machine makes the same bytes.
    """
    most = np.float32(2 ** (bits - 1) - 1)
    blocks = values.astype(np.float32).reshape(len(values), -1, BLOCK)
    scale = (np.abs(blocks).max(axis=-1) / most).astype(np.float16)
    exact = np.where(scale == 0, np.float16(1), scale).astype(np.float32)[..., None]
    codes = np.clip(np.rint(blocks / exact), -most, most).astype(np.int8)
    return Blocks(codes, scale)


def from_q8_0(raw: Array) -> Blocks:
    """GGUF `Q8_0` rows, uint8 [rows, blocks · 34]: scale, 32 codes."""
    blocks = raw.reshape(len(raw), -1, 2 + BLOCK)
    return Blocks(_codes(blocks, 2).view(np.int8), _half(blocks, 0))


def from_q4_1(raw: Array) -> Blocks:
    """GGUF `Q4_1` rows, uint8 [rows, blocks · 20]: scale, minimum, 16 bytes of codes."""
    blocks = raw.reshape(len(raw), -1, 4 + HALF)
    return Blocks(_codes(blocks, 4), _half(blocks, 0), _half(blocks, 2))


def from_q4_0(raw: Array) -> Blocks:
    """GGUF `Q4_0` rows, uint8 [rows, blocks · 18]: scale, 16 bytes of codes; value = (code − 8) · scale."""
    blocks = raw.reshape(len(raw), -1, 2 + HALF)
    scale = _half(blocks, 0)
    return Blocks(_codes(blocks, 2), scale, scale * np.float16(-8))


def _codes(blocks: Array, start: int) -> Array:
    return np.ascontiguousarray(blocks[..., start:])


def _half(blocks: Array, start: int) -> Array:
    return np.ascontiguousarray(blocks[..., start : start + 2]).view("<f2")[..., 0]
