"""Tables hold what their functions give, as other arithmetic computes them."""

import math

import numpy as np
import pytest

from oracle.inference import tables


def test_exponentials_halve_every_1024_and_end_at_one() -> None:
    table = tables.exponentials()
    expected = np.minimum(np.floor(2.0 ** (15 - np.arange(16_384) / 1_024) + 0.5), 32_767)
    np.testing.assert_array_equal(table, expected)
    assert (table[0], table[1_024], table[-1]) == (32_767, 16_384, 1)


def test_rotations_turn_by_position_and_frequency() -> None:
    table = tables.rotations(64, 8, 10_000)
    angles = np.arange(64)[:, None] * 10_000.0 ** (-np.arange(0, 8, 2) / 8)
    np.testing.assert_array_equal(table[..., 0], np.floor(np.cos(angles) * 16_384 + 0.5))
    np.testing.assert_array_equal(table[..., 1], np.floor(np.sin(angles) * 16_384 + 0.5))


@pytest.mark.parametrize(
    ("table", "function"),
    [
        (tables.silu(10), lambda x: x / (1 + math.exp(-x))),
        (tables.gelu(10), lambda x: x * math.erfc(-x / math.sqrt(2)) / 2),
    ],
    ids=["silu", "gelu"],
)
def test_curves_are_those_of_the_literature(table: tables.Array, function: object) -> None:
    assert callable(function)
    for g in (-32_768, -9_000, -1_024, -1, 0, 1, 700, 1_024, 32_767):
        assert table[g + 32_768] == math.floor(function(g / 1_024) * 16_384 + 0.5)


def test_noise_is_gumbels_and_never_falls_as_the_fraction_shrinks() -> None:
    table = tables.gumbel()
    for z, m in ((0, 0), (0, 1_023), (1, 17), (20, 500), (32, 0)):
        x = (1 + (m + 0.5) / 1_024) / 2 ** (z + 1)
        assert abs(int(table[z * 1_024 + m]) - (-math.log(-math.log1p(-x)) * 65_536)) <= 0.5 + 1e-6
    rows = table.reshape(33, 1_024)
    assert (np.diff(rows, axis=1) <= 0).all(), "the fraction grows within a row"
    assert (rows[1:, -1] >= rows[:-1, 0]).all(), "and halves from row to row"
