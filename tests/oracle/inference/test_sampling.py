"""The choice of the next token: greedy, or drawn by the client's seed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from oracle.inference.sampling import choose, gumbel
from protocol.types import Sampling

seeds = st.integers(0, 2**64 - 1)
positions = st.integers(0, 2**16 - 1)
LOGITS = np.array([1.0, 3.0, 2.0, 0.0], np.float32)
GREEDY = Sampling(max_tokens=1)
WARM = 1_000


@given(seeds, positions)
def test_without_temperature_the_likeliest_wins_whatever_the_seed(seed: int, position: int) -> None:
    assert choose(LOGITS, Sampling(1, 0, seed), position) == 1


def test_the_lowest_id_wins_a_tie() -> None:
    assert choose(np.array([0.0, 5.0, 5.0], np.float32), GREEDY, 0) == 1


@given(seeds, positions)
def test_the_same_seed_and_position_draw_the_same(seed: int, position: int) -> None:
    sampling = Sampling(1, WARM, seed)
    assert choose(LOGITS, sampling, position) == choose(LOGITS.copy(), sampling, position)


@given(seeds, positions)
def test_another_seed_or_position_has_other_noise(seed: int, position: int) -> None:
    here = gumbel(seed, position, 8)
    assert not np.array_equal(here, gumbel(seed ^ 1, position, 8))
    assert not np.array_equal(here, gumbel(seed, position + 1, 8))


@given(seeds, positions, st.integers(1, 500))
def test_the_noise_of_a_token_does_not_depend_on_how_many_there_are(seed: int, position: int, size: int) -> None:
    np.testing.assert_array_equal(gumbel(seed, position, 500)[:size], gumbel(seed, position, size))


def test_noise_is_on_record_so_that_an_old_answer_can_be_checked() -> None:
    on_record = [1.2669757387511709, 3.7245232314939916, -0.696262504876166]
    np.testing.assert_allclose(gumbel(7, 3, 3), on_record, rtol=1e-12)


def test_draws_follow_the_softmax_at_each_temperature() -> None:
    for temperature in (500, 1_000, 2_000):
        draws = [choose(LOGITS, Sampling(1, temperature, seed=11), position) for position in range(4_000)]
        weights = np.exp(LOGITS * 1_000 / temperature)
        np.testing.assert_allclose(np.bincount(draws, minlength=4) / 4_000, weights / weights.sum(), atol=0.02)
