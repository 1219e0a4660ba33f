"""The choice of the next token: greedy, or drawn by the client's seed."""

import math
from hashlib import sha256

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.inference import tables
from oracle.inference.sampling import choose, gumbel, noise_words
from protocol.types import Sampling
from tests.oracle.inference.test_exact import native

seeds = st.integers(0, 2**64 - 1)
positions = st.integers(0, 2**16 - 1)
temperatures = st.integers(1, 2**16 - 1)
ONE = 1 << 16
LOGITS = np.array([1, 3, 2, 0], np.int32) * ONE
GREEDY = Sampling(max_tokens=1)
WARM = 1_000
NOISE = tables.gumbel()


@given(seeds, positions)
def test_without_temperature_the_likeliest_wins_whatever_the_seed(seed: int, position: int) -> None:
    assert choose(LOGITS, Sampling(1, 0, seed), position, NOISE) == 1


def test_the_lowest_id_wins_a_tie() -> None:
    assert choose(np.array([0, 5, 5], np.int32), GREEDY, 0, NOISE) == 1


@given(seeds, positions, st.lists(st.integers(0, 2**17 - 1), min_size=1, max_size=20))
def test_the_noise_of_a_token_depends_on_seed_position_and_token_alone(
    seed: int, position: int, tokens: list[int]
) -> None:
    words = noise_words(seed, position, np.array(tokens))
    for token, word in zip(tokens, words.tolist(), strict=True):
        digest = sha256(seed.to_bytes(8, "big") + position.to_bytes(4, "big") + (token // 8).to_bytes(4, "big"))
        assert word == int.from_bytes(digest.digest()[token % 8 * 4 :][:4], "big")


@given(seeds, positions)
def test_another_seed_or_position_has_other_noise(seed: int, position: int) -> None:
    here = noise_words(seed, position, np.arange(8)).tolist()
    assert here != noise_words(seed ^ 1, position, np.arange(8)).tolist()
    assert here != noise_words(seed, position + 1, np.arange(8)).tolist()


@given(st.integers(2**26, 2**32 - 1))
def test_the_table_holds_gumbel_noise_as_finely_as_ten_bits_allow(word: int) -> None:
    rest = (2**32 - word - 0.5) / 2**32
    value = -math.log(-math.log1p(-rest))
    slope = -1 / ((1 - rest) * math.log1p(-rest))
    found = int(gumbel(np.array([word], np.uint32), NOISE)[0]) / ONE
    assert abs(found - value) < (rest / 2**10 + 2**-32) * slope + 2 / ONE


def by_definition(logits: list[int], sampling: Sampling, position: int) -> int:
    """Equations (19) and (20) in Python's integers."""
    largest = max(logits)
    if sampling.temperature == 0:
        return logits.index(largest)
    bound = sampling.temperature * sampling.cut * 256
    inside = [t for t, x in enumerate(logits) if sampling.cut == 0 or 1_000 * (largest - x) <= bound]
    noise = gumbel(noise_words(sampling.seed, position, np.array(inside)), NOISE).tolist()
    keys = [1_000 * logits[t] + sampling.temperature * g for t, g in zip(inside, noise, strict=True)]
    return inside[keys.index(max(keys))]


@given(
    st.lists(st.integers(-(2**31), 2**31 - 1) | st.integers(-ONE, ONE), min_size=1, max_size=40),
    temperatures,
    seeds,
    st.integers(0, 2**16 - 1),
    positions,
)
def test_the_choice_is_the_largest_key_among_those_within_the_cut(
    logits: list[int], temperature: int, seed: int, cut: int, position: int
) -> None:
    sampling = Sampling(1, temperature, seed, cut)
    assert choose(np.array(logits, np.int32), sampling, position, NOISE) == by_definition(logits, sampling, position)


@settings(max_examples=60, deadline=None)
@given(
    vocabulary=st.integers(1, 400),
    rows=st.integers(1, 4),
    spread=st.sampled_from([1, ONE, 20 * ONE, 2**31 - 1]),
    temperature=temperatures,
    seed=seeds,
    cut=st.just(0) | st.integers(0, 2**16 - 1),
    position=st.integers(0, 2**32 - 5),
)
def test_native_choices_are_the_same(  # noqa: PLR0917
    vocabulary: int, rows: int, spread: int, temperature: int, seed: int, cut: int, position: int
) -> None:
    draw = np.random.default_rng(seed)
    logits = draw.integers(-spread - 1, spread, (rows, vocabulary), np.int32, endpoint=True)
    sampling = Sampling(1, temperature, seed, cut)
    expected = [choose(row, sampling, position + i, NOISE) for i, row in enumerate(logits)]
    assert native(2).choose(torch.from_numpy(logits), sampling, position, NOISE) == expected


def test_draws_follow_the_softmax_at_each_temperature() -> None:
    for temperature in (500, 1_000, 2_000):
        draws = [choose(LOGITS, Sampling(1, temperature, seed=11), position, NOISE) for position in range(4_000)]
        weights = np.exp(LOGITS / ONE * 1_000 / temperature)
        np.testing.assert_allclose(np.bincount(draws, minlength=4) / 4_000, weights / weights.sum(), atol=0.02)


def test_unlikely_tokens_are_cut_and_the_others_keep_their_proportions() -> None:
    sampling = Sampling(1, WARM, 11, cut=round(1.5 * 256))
    draws = [choose(LOGITS, sampling, position, NOISE) for position in range(4_000)]
    weights = np.exp(np.array([3.0, 2.0]))
    np.testing.assert_allclose(np.bincount(draws, minlength=4)[[1, 2]] / 4_000, weights / weights.sum(), atol=0.02)
    assert set(draws) == {1, 2}
