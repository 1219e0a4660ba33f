"""Quantised blocks are exact images of GGUF's, and rounding is as near as the bits allow."""

import gguf
import numpy as np
import pytest
from gguf.quants import dequantize, quantize
from hypothesis import given
from hypothesis import strategies as st

from oracle.models.blocks import BLOCK, Array, Blocks, from_q4_0, from_q4_1, from_q8_0, quantise


def matrix(seed: int, spread: float = 1.0) -> Array:
    return np.random.default_rng(seed).normal(0, spread, (3, 4 * BLOCK)).astype(np.float32)


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        (gguf.GGMLQuantizationType.Q8_0, from_q8_0),
        (gguf.GGMLQuantizationType.Q4_1, from_q4_1),
        (gguf.GGMLQuantizationType.Q4_0, from_q4_0),
    ],
)
@given(seed=st.integers(0, 2**32), spread=st.sampled_from([1e-3, 1.0, 50.0]))
def test_blocks_hold_what_the_gguf_library_reads(kind: object, read: object, seed: int, spread: float) -> None:
    raw = quantize(matrix(seed, spread), kind)
    np.testing.assert_allclose(read(raw).values(), dequantize(raw, kind), rtol=1e-6, atol=1e-7 * spread)


@given(seed=st.integers(0, 2**32), bits=st.integers(3, 8))
def test_rounding_is_off_by_half_a_step_at_most(seed: int, bits: int) -> None:
    values = matrix(seed)
    blocks = quantise(values, bits)
    step = np.repeat(blocks.scale.astype(np.float32), BLOCK, axis=1)
    edge = 2 ** (bits - 1) * 2.0**-11
    assert np.all(np.abs(blocks.values() - values) <= step * (0.5 + edge))
    assert np.abs(blocks.codes).max() <= 2 ** (bits - 1) - 1


def test_rounding_to_8_bits_is_ggufs_own() -> None:
    kind = gguf.GGMLQuantizationType.Q8_0
    theirs = from_q8_0(quantize(matrix(1), kind))
    ours = quantise(matrix(1), 8)
    np.testing.assert_array_equal(ours.scale, theirs.scale)
    assert np.abs(ours.codes.astype(int) - theirs.codes).max() <= 1


def test_zeros_stay_zeros() -> None:
    np.testing.assert_array_equal(quantise(np.zeros((1, BLOCK), np.float32), 4).values(), np.zeros((1, BLOCK)))


@pytest.mark.parametrize("minimum", [False, True])
def test_rows_move_whole(minimum: bool) -> None:
    raw = quantize(matrix(2), gguf.GGMLQuantizationType.Q4_1)
    blocks: Blocks = from_q4_1(raw) if minimum else quantise(matrix(2), 8)
    order = np.array([2, 0, 1])
    np.testing.assert_array_equal(blocks.rows(order).values(), blocks.values()[order])
