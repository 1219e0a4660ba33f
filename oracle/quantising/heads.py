"""Queries, keys and values: one range for those that meet, and the attention over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oracle.inference import tables
from oracle.quantising.calibration import MARGIN, OBSERVED, fraction_for, root_mean_squares
from oracle.quantising.rounding import Array, multipliers
from oracle.quantising.smoothing import balanced
from protocol.operations import HEAD, Attend

LOG2_E = 1.4426950408889634


@dataclass(frozen=True, slots=True)
class Heads:
    """`turned`: elements of a head that must share a scale, for they are rotated into each other; 1: none are."""

    heads: int
    key_value_heads: int
    width: int
    turned: int

    def split(self, rows: Array) -> tuple[Array, Array, Array]:
        """Queries, keys and values of [N, (H + 2G)·D]."""
        queries, keys = self.heads * self.width, self.key_value_heads * self.width
        return rows[:, :queries], rows[:, queries : queries + keys], rows[:, queries + keys :]

    def scales(self, seen: Array, output: Array) -> tuple[Array, Array]:
        """Factors for the rows of queries, keys and values, and for the columns of the output, that leave the result.

        Queries and keys are brought to one range, those turned together by one factor; values to the strength of what
        they meet.
        """
        groups, each = self.key_value_heads, self.heads // self.key_value_heads
        queries, keys, values = self.split(seen)
        query_most = np.abs(queries).max(0).reshape(groups, each, self.turned, -1).max((1, 2))
        key_most = np.abs(keys).max(0).reshape(groups, self.turned, -1).max(1)
        even = np.sqrt(np.where((query_most > 0) & (key_most > 0), key_most, 1.0))
        even = even / np.sqrt(np.where((query_most > 0) & (key_most > 0), query_most, 1.0))
        for_keys = np.repeat(even[:, None], self.turned, 1)  # [groups, turned, D / turned]
        for_queries = np.repeat(for_keys[:, None], each, 1)
        strengths = root_mean_squares(np.ldexp(values, OBSERVED))
        met = np.abs(output).reshape(len(output), groups, each, -1).max(2).reshape(len(output), -1)
        for_values = balanced(strengths, met)
        columns = np.repeat(for_values.reshape(groups, 1, -1), each, 1).reshape(-1)
        return np.concatenate([for_queries.reshape(-1), 1 / for_keys.reshape(-1), 1 / for_values]), columns

    def fractions(self, seen: Array) -> Array:
        """Fractional bits of each output: one number each for queries, keys and values."""
        parts = self.split(seen)
        return np.concatenate(
            [np.full(part.shape[1], fraction_for(np.abs(part).max(), HEAD, MARGIN)) for part in parts]
        )

    def attend(self, of: int, fractions: Array, table: str, *, causal: bool) -> Attend:
        """Scores are to base 2, with the table's fractional bits."""
        fraction = int(fractions[0] + fractions[self.heads * self.width])
        factor = np.asarray([LOG2_E / np.sqrt(self.width) * 2.0 ** (tables.EXP_FRACTION - fraction)])
        multiplier, shift = multipliers(factor)
        return Attend(
            of=of,
            heads=self.heads,
            key_value_heads=self.key_value_heads,
            head_width=self.width,
            causal=causal,
            factor=int(multiplier[0]),
            shift=shift,
            table=table,
        )
