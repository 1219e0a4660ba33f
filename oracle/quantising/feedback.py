"""Rounding weights so that each makes up for the errors of those before it (GPTQ, Frantar et al. 2022).

In the form of Chee et al. 2023 (QuIP's LDLQ), which needs no inverse: with H = X'X of the inputs X that a matrix meets,
and H = M D M' for a unit upper triangular M, column k is rounded after the sum over j < k of error_j · M_jk was added.

The same bytes anywhere: H is a sum of integers that float64 holds exactly, in whatever order a library adds them; M is
made by single operations on float64; the feedback sums fixed-point numbers that float64 again holds exactly.
"""

from __future__ import annotations

import numpy as np

from oracle.quantising.rounding import MOST, Array, Matrix, half_up, row_scales

BLOCK = 768
"""Inputs that share a factor. Errors are not carried from one block to the next: a whole factor of 1,536 takes 4 s."""
DAMPING = 128
"""One part in so many of H's mean diagonal is added to it, so that inputs which never vary do no harm."""
COLUMNS = 64
FEEDBACK_FRACTION, FEEDBACK_MOST = 16, 1 << 22
ERROR_FRACTION, ERROR_MOST = 12, 1 << 17
EXACT = 1 << 53


def moments(inputs: Array) -> Array:
    """X'X, float64 [I, I], of integers [N, I] in float64, halved as often as it takes for the sums to be exact."""
    while len(inputs) * int(np.abs(inputs).max()) ** 2 >= EXACT:
        inputs = half_up(inputs / 2)
    return np.asarray(inputs.T @ inputs)


def rounded(weights: Array, second_moments: Array) -> Matrix:
    """int8 codes of `weights` [O, I], each row with the scale that its largest weight needs."""
    scales = row_scales(weights)
    targets = weights / scales[:, None]
    parts = [
        _round_block(targets[:, begin : begin + BLOCK], second_moments[begin : begin + BLOCK, begin : begin + BLOCK])
        for begin in range(0, weights.shape[1], BLOCK)
    ]
    return Matrix(np.concatenate(parts, 1).astype(np.int8), scales)


def _round_block(targets: Array, second_moments: Array) -> Array:
    size = targets.shape[1]
    factor = np.clip(half_up(np.ldexp(_factor(second_moments), FEEDBACK_FRACTION)), -FEEDBACK_MOST, FEEDBACK_MOST)
    codes, errors = np.empty_like(targets), np.zeros_like(targets)
    for begin in range(0, size, COLUMNS):
        end = min(size, begin + COLUMNS)
        feedback = errors[:, :begin] @ factor[:begin, begin:end]
        for k in range(begin, end):
            carried = feedback[:, k - begin] + errors[:, begin:k] @ factor[begin:k, k]
            wanted = targets[:, k] + np.ldexp(carried, -FEEDBACK_FRACTION - ERROR_FRACTION)
            codes[:, k] = np.clip(half_up(wanted), -MOST, MOST)
            error = half_up(np.ldexp(targets[:, k] - codes[:, k], ERROR_FRACTION))
            errors[:, k] = np.clip(error, -ERROR_MOST, ERROR_MOST)
    return codes


def _factor(second_moments: Array) -> Array:
    """M of H = M D M', strictly upper triangular: the ones on its diagonal are left out."""
    size = len(second_moments)
    damping = max(1, sum(int(x) for x in np.diag(second_moments)) // (size * DAMPING))
    rest = second_moments + damping * np.eye(size)
    factor, products = np.zeros_like(rest), np.empty_like(rest)
    for k in range(size - 1, 0, -1):
        column = rest[:k, k].copy()
        factor[:k, k] = column / rest[k, k]
        here = np.multiply(factor[:k, k, None], column[None], out=products[:k, :k])
        np.subtract(rest[:k, :k], here, out=rest[:k, :k])
    return np.asarray(factor)
