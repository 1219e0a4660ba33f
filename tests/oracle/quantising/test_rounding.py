"""Weights to int8: within their bounds, near what they were, and nearer where each makes up for the others."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.quantising.feedback import moments, rounded
from oracle.quantising.rounding import Array, Matrix, multipliers, nearest
from oracle.quantising.smoothing import column_scales

SEEDS = st.integers(0, 2**32 - 1)
QUICK = settings(max_examples=25, deadline=None)


def weights_of(seed: int, rows: int = 24, columns: int = 48) -> Array:
    return np.random.default_rng(seed).normal(0, 1, (rows, columns))


def inputs_of(seed: int, columns: int = 48) -> Array:
    """Whole numbers that vary together, as activations do."""
    random = np.random.default_rng(seed + 1)
    mixed = random.normal(0, 200, (200, 6)) @ random.normal(0, 1, (6, columns)) + random.normal(0, 40, (200, columns))
    return np.round(mixed)


def plain(matrix: Matrix) -> Array:
    return np.asarray(matrix.codes * matrix.scales[:, None])


@QUICK
@given(seed=SEEDS)
def test_the_nearest_code_is_half_a_step_away_at_most(seed: int) -> None:
    weights = weights_of(seed)
    matrix = nearest(weights)
    assert (np.abs(plain(matrix) - weights) <= matrix.scales[:, None] * 0.5000001).all()
    assert np.abs(matrix.codes.astype(int)).max() == 127


def test_rows_of_zeros_stay_zero() -> None:
    assert not nearest(np.zeros((2, 3))).codes.any()
    assert not rounded(np.zeros((2, 3)), np.eye(3)).codes.any()


@QUICK
@given(seed=SEEDS)
def test_feedback_leaves_outputs_nearer_than_the_nearest_codes_do(seed: int) -> None:
    weights, inputs = weights_of(seed), inputs_of(seed)
    error = {
        name: float(np.square(inputs @ (plain(matrix) - weights).T).sum())
        for name, matrix in {"nearest": nearest(weights), "feedback": rounded(weights, moments(inputs))}.items()
    }
    assert error["feedback"] < error["nearest"]


@QUICK
@given(seed=SEEDS)
def test_the_order_of_inputs_does_not_change_a_code(seed: int) -> None:
    weights, inputs = weights_of(seed), inputs_of(seed)
    shuffled = np.random.default_rng(seed).permutation(inputs)
    np.testing.assert_array_equal(rounded(weights, moments(inputs)).codes, rounded(weights, moments(shuffled)).codes)


def test_large_inputs_are_halved_until_their_sums_are_exact() -> None:
    inputs = np.random.default_rng(2).integers(-(2**26), 2**26, (100, 3)).astype(np.float64)
    found = moments(inputs)
    assert found.max() < 2**53
    np.testing.assert_array_equal(moments(inputs[::-1]), found)
    np.testing.assert_allclose(found / found.max(), inputs.T @ inputs / (inputs.T @ inputs).max(), atol=1e-6)


@QUICK
@given(seed=SEEDS, magnitude=st.integers(-30, 20))
def test_multipliers_are_the_scales_to_23_bits(seed: int, magnitude: int) -> None:
    scales = np.random.default_rng(seed).uniform(0.01, 1, 40) * 2.0**magnitude
    multiplier, shift = multipliers(scales)
    assert 2**22 <= multiplier.max() < 2**23
    np.testing.assert_allclose(np.ldexp(multiplier.astype(float), -shift), scales, atol=scales.max() * 2.0**-22)


@QUICK
@given(seed=SEEDS)
def test_smoothing_never_adds_noise(seed: int) -> None:
    random = np.random.default_rng(seed)
    weights = weights_of(seed) * random.uniform(0.01, 3, 48)
    strengths = random.uniform(0.01, 10, 48)
    scales = column_scales(weights, strengths)

    def noise(scaled: Array, strong: Array) -> float:
        return float(np.square(np.abs(scaled).max(1)).sum() * np.square(strong).sum())

    assert noise(weights * scales, strengths / scales) <= noise(weights, strengths) * 1.0000001
