"""Which token comes next: greedy, or temperature by Gumbel-max from the client's seed.

Adding Gumbel noise to logits and taking the largest draws from their softmax (Gumbel 1954; Maddison et al. 2014). The
noise of a token is a function of (seed, position, token) alone, so any one choice can be checked without the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocol.types import Sampling

THOUSANDTHS = 1_000


def choose(logits: NDArray[Any], sampling: Sampling, position: int) -> int:
    """The token for output position `position`, given logits float32 [V]; the lowest id wins a tie."""
    if sampling.temperature == 0:
        return int(logits.argmax())
    scaled = logits.astype(np.float64) * THOUSANDTHS / sampling.temperature
    return int((scaled + gumbel(sampling.seed, position, len(logits))).argmax())


def gumbel(seed: int, position: int, size: int) -> NDArray[np.float64]:
    """Standard Gumbel noise [size] by the counter-based generator Philox (Salmon et al. 2011)."""
    raw = np.random.Philox(key=seed, counter=position << 128).random_raw(size)
    uniform = ((raw >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52  # in (0, 1), both ends excluded
    noise: NDArray[np.float64] = -np.log(-np.log(uniform))
    return noise
