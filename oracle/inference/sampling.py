"""Which token comes next: greedy, or by temperature from the client's seed (`docs/inference.md`, section 5).

Adding Gumbel noise to logits and taking the largest draws from their softmax (Gumbel 1954; Maddison et al. 2014). The
noise of a token is a function of (seed, position, token) alone, and keys are integers: any one token that has a larger
key refutes a choice.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocol.types import Sampling

Array = NDArray[Any]

THOUSAND = 1_000
CUT_FRACTION = 8
LOGIT_FRACTION = 16
WORDS = 8
"""Noise words that one hash gives: those of eight tokens."""
MANTISSA = 10


def choose(logits: Array, sampling: Sampling, position: int, noise: Array) -> int:
    """The token for output position `position`: (20), the lowest id of those with the largest key.

    `logits` int32 [V] with 16 fractional bits; `noise`: the program's table.
    """
    if sampling.temperature == 0:
        return int(logits.argmax())
    wide = logits.astype(np.int64)
    candidates = _within_cut(wide, sampling, wide.max())
    return int(candidates[keys(wide, sampling, position, noise, candidates).argmax()])


def keys(logits: Array, sampling: Sampling, position: int, noise: Array, tokens: Array) -> Array:
    """(20) int64 of each token: 1000 times logit plus temperature times noise. `logits` int64 [V]."""
    words = noise_words(sampling.seed, position, tokens)
    return np.asarray(THOUSAND * logits[tokens] + sampling.temperature * gumbel(words, noise))


def is_kept(logits: Array, sampling: Sampling, token: int) -> bool:
    """Whether a token of the vocabulary is within the cut. `logits` int64 [V]."""
    return sampling.temperature == 0 or token in _within_cut(logits, sampling, logits.max())


def _within_cut(logits: Array, sampling: Sampling, largest: int) -> Array:
    """(19): ids whose probability, at this temperature, is at least e^(−cut / 256) of the largest."""
    if sampling.cut == 0:
        return np.arange(len(logits))
    below = THOUSAND * (largest - logits)
    return np.flatnonzero(below <= sampling.temperature * sampling.cut << LOGIT_FRACTION - CUT_FRACTION)


def noise_words(seed: int, position: int, tokens: Array) -> Array:
    """(21) uint32 of each token: its word of SHA-256(seed ‖ position ‖ token / 8), big-endian 8, 4 and 4 bytes."""
    groups, where = np.unique(tokens // WORDS, return_inverse=True)
    start = seed.to_bytes(8, "big") + position.to_bytes(4, "big")
    digests = b"".join(sha256(start + int(group).to_bytes(4, "big")).digest() for group in groups)
    words: Array = np.frombuffer(digests, ">u4").astype(np.uint32).reshape(-1, WORDS)
    return np.asarray(words[where, tokens % WORDS])


def gumbel(words: Array, noise: Array) -> Array:
    """(22) The table's entry for each word."""
    return np.asarray(noise[noise_places(words)].astype(np.int64))


def noise_places(words: Array) -> Array:
    """Where these entries stand: by the zeros that lead each word's complement, and ten bits after its first one."""
    rest = (~words).astype(np.uint64)
    _, length = np.frexp(rest.astype(np.float64))
    zeros = 32 - length.astype(np.int64)
    after = (rest << (zeros + 1).astype(np.uint64)) & np.uint64(0xFFFFFFFF)
    return np.asarray((zeros << MANTISSA) + (after >> np.uint64(32 - MANTISSA)).astype(np.int64))
