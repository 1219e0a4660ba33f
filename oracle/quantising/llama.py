"""A Llama-style decoder to an integer program, layer after layer, each calibrated on what those before it give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
from torch import Tensor

from oracle.inference import tables
from oracle.quantising.building import LOGITS, OBSERVED, RESIDUAL, Building
from oracle.quantising.calibration import Calibration, fraction_for, real, root_mean_squares
from oracle.quantising.feedback import moments, rounded
from oracle.quantising.rounding import Array, Matrix, half_up, multipliers, nearest
from oracle.quantising.shape import Shape
from oracle.quantising.smoothing import balanced, column_scales
from protocol.operations import (
    HEAD,
    INPUT,
    LIMB,
    WIDE,
    Add,
    AnyOperation,
    Attend,
    Embed,
    Gate,
    Norm,
    Quantise,
    Rotate,
    Steps,
)

MARGIN = 2.0
"""How many times the largest value met in calibration must fit; beyond it values saturate."""
CURVE_MOST, CURVE_LEAST = 10, 8
"""Fractional bits of a gate. Each that is used costs a table."""
MIDDLE_BITS = 28
"""Bits for the product of gate and other half, before it is brought to 15."""
MOMENT_BITS = 20
Method = Literal["feedback", "nearest"]
METHODS: tuple[Method, ...] = ("feedback", "nearest")
"""How weights are rounded: each making up for the errors before it, or each to the nearest."""
LOG2_E = 1.4426950408889634
Weights = Mapping[str, Array]
Progress = Callable[[str], None]


def quantise_llama(
    weights: Weights,
    shape: Shape,
    rows: Sequence[Sequence[int]],
    method: Method = "feedback",
    progress: Progress = lambda _: None,
) -> tuple[Steps, dict[str, Tensor]]:
    """The program and its tensors. `weights` float64 by our names, outputs × inputs; `rows`: tokens to calibrate on."""
    return _Llama(weights, shape, Calibration(rows), method, progress).run()


class _Llama:
    def __init__(
        self, weights: Weights, shape: Shape, calibration: Calibration, method: Method, progress: Progress
    ) -> None:
        self._weights, self._shape, self._method, self._progress = weights, shape, method, progress
        self._try = calibration
        self._build = Building(calibration.tensors)
        self._exponentials = self._build.exponentials()
        turns = tables.rotations(shape.context, shape.head_width, shape.base)
        self._rotations = self._build.put("rotations", turns)

    def run(self) -> tuple[Steps, dict[str, Tensor]]:
        embedding = self._weights["embedding"]
        shift = self._build.matrix("embedding", nearest(embedding), np.full(len(embedding), 2.0**RESIDUAL))
        embed = Embed(by="token", weights="embedding", shift=shift)
        x = self._try.run(embed)
        layers = []
        for index in range(self._shape.layers):
            operations, x = self._layer(index, x)
            layers.append(operations)
            self._progress(f"layer {index + 1} of {self._shape.layers}")
        after = self._head(x)
        return Steps(before=(embed,), layers=tuple(layers), after=after), self._build.finished()

    def _layer(self, index: int, x: Tensor) -> tuple[tuple[AnyOperation, ...], Tensor]:
        prefix = f"layers.{index}."
        weights = {name.removeprefix(prefix): w for name, w in self._weights.items() if name.startswith(prefix)}
        first, x = self._attention(prefix, weights, x)
        second, x = self._feed_forward(prefix, weights, x)
        return (*first, *second), x

    def _rounded(self, weights: Array, inputs: Array) -> Matrix:
        return nearest(weights) if self._method == "nearest" else rounded(weights, moments(inputs))

    # ------------------------------------------------------------ attention

    def _attention(self, prefix: str, weights: Weights, x: Tensor) -> tuple[list[AnyOperation], Tensor]:
        shape, build = self._shape, self._build
        projection = np.concatenate([weights[name] for name in ("query", "key", "value")])
        scales, norm = self._norm(INPUT, f"{prefix}attention_norm", weights["attention_norm"], projection, x)
        normed = self._try.run(norm, x)
        projection = projection * scales
        seen = self._try.run(build.observing(projection, norm.fraction), normed)
        rows, columns = self._head_scales(real(seen, OBSERVED), weights["attention_output"])
        projection, seen = projection * rows[:, None], real(seen, OBSERVED) * rows
        fractions = self._head_fractions(seen)
        matrix = self._rounded(projection, _whole(normed))
        linear = build.linear(0, f"{prefix}query_key_value", matrix, fractions - norm.fraction, HEAD)
        rotate = Rotate(
            of=1, heads=shape.heads + shape.key_value_heads, head_width=shape.head_width, table=self._rotations
        )
        attend = self._attend(int(fractions[0] + fractions[shape.heads * shape.head_width]))
        value_fraction = int(fractions[-1])
        mixed = self._try.run(attend, self._try.run(rotate, self._try.run(linear, normed)))
        output = self._rounded(weights["attention_output"] * columns, _whole(mixed))
        more = np.full(len(output.codes), RESIDUAL - value_fraction)
        mix = build.linear(3, f"{prefix}attention_output", output, more, WIDE)
        add = Add(left=INPUT, right=4)
        return [norm, linear, rotate, attend, mix, add], self._try.run(add, x, self._try.run(mix, mixed))

    def _norm(self, of: int, name: str, gain: Array, weights: Array, x: Tensor) -> tuple[Array, Norm]:
        """Scales for the columns of `weights`, and the norm whose outputs are divided by them."""
        build, epsilon = self._build, self._shape.epsilon
        observed = build.norm(0, "observed", gain, epsilon=epsilon, fraction=OBSERVED, bound=WIDE)
        wide = self._try.run(observed, x)
        scales = column_scales(weights, root_mean_squares(wide.numpy()))
        largest = (np.abs(real(wide, OBSERVED)).max(0) / scales).max()
        fraction = min(16, fraction_for(largest, LIMB, MARGIN))
        return scales, build.norm(of, name, gain / scales, epsilon=epsilon, fraction=fraction, bound=LIMB)

    def _head_scales(self, seen: Array, output: Array) -> tuple[Array, Array]:
        """Factors for the rows of queries, keys and values, and for the columns of the output, that leave the result.

        Queries and keys are brought to one range, pair by pair of the rotation; values to the strength of what they
        meet.
        """
        shape = self._shape
        groups, each, half = shape.key_value_heads, shape.heads // shape.key_value_heads, shape.head_width // 2
        queries, keys, values = self._split(seen)
        query_most = np.abs(queries).max(0).reshape(groups, each, 2, half).max((1, 2))
        key_most = np.abs(keys).max(0).reshape(groups, 2, half).max(1)
        even = np.sqrt(np.where((query_most > 0) & (key_most > 0), key_most, 1.0))
        even = even / np.sqrt(np.where((query_most > 0) & (key_most > 0), query_most, 1.0))  # [groups, half]
        for_keys = np.repeat(even[:, None], 2, 1)  # [groups, 2, half]
        for_queries = np.repeat(for_keys[:, None], each, 1)
        strengths = root_mean_squares(np.ldexp(values, OBSERVED))
        met = np.abs(output).reshape(len(output), groups, each, -1).max(2).reshape(len(output), -1)
        for_values = balanced(strengths, met)
        columns = np.repeat(for_values.reshape(groups, 1, -1), each, 1).reshape(-1)
        return np.concatenate([for_queries.reshape(-1), 1 / for_keys.reshape(-1), 1 / for_values]), columns

    def _head_fractions(self, seen: Array) -> Array:
        """Fractional bits of each output: one number each for queries, keys and values."""
        parts = self._split(seen)
        return np.concatenate(
            [np.full(part.shape[1], fraction_for(np.abs(part).max(), HEAD, MARGIN)) for part in parts]
        )

    def _split(self, seen: Array) -> tuple[Array, Array, Array]:
        queries, keys = self._shape.heads * self._shape.head_width, self._shape.key_value_heads * self._shape.head_width
        return seen[:, :queries], seen[:, queries : queries + keys], seen[:, queries + keys :]

    def _attend(self, fraction: int) -> Attend:
        """`fraction`: bits of a product of query and key. Scores are to base 2, with the table's fractional bits."""
        shape = self._shape
        factor = np.asarray([LOG2_E / np.sqrt(shape.head_width) * 2.0 ** (tables.EXP_FRACTION - fraction)])
        multiplier, shift = multipliers(factor)
        return Attend(
            of=2,
            heads=shape.heads,
            key_value_heads=shape.key_value_heads,
            head_width=shape.head_width,
            causal=True,
            factor=int(multiplier[0]),
            shift=shift,
            table=self._exponentials,
        )

    # ------------------------------------------------------------ feed-forward

    def _feed_forward(self, prefix: str, weights: Weights, x: Tensor) -> tuple[list[AnyOperation], Tensor]:
        build = self._build
        projection = np.concatenate([weights["gate"], weights["up"]])
        scales, norm = self._norm(5, f"{prefix}feed_norm", weights["feed_norm"], projection, x)
        normed = self._try.run(norm, x)
        projection = projection * scales
        seen = real(self._try.run(build.observing(projection, norm.fraction), normed), OBSERVED)
        gates, others = np.split(seen, 2, 1)
        gate_fraction = max(CURVE_LEAST, min(CURVE_MOST, fraction_for(np.abs(gates).max(), LIMB, MARGIN)))
        middle = self._middle(gates, others, gate_fraction)
        columns = balanced(root_mean_squares(np.ldexp(middle, 8)), weights["down"])
        size = len(columns)
        projection = projection * np.concatenate([np.ones(size), 1 / columns])[:, None]
        other_fraction = fraction_for((np.abs(others).max(0) / columns).max(), LIMB, MARGIN)
        fractions = np.concatenate([np.full(size, gate_fraction), np.full(size, other_fraction)])
        matrix = self._rounded(projection, _whole(normed))
        linear = build.linear(6, f"{prefix}gate_up", matrix, fractions - norm.fraction, LIMB)
        most = (np.abs(middle).max(0) / columns).max()
        whole = tables.ACTIVATION_FRACTION + other_fraction
        fraction = min(whole, fraction_for(most, 1 << MIDDLE_BITS, MARGIN))
        gate = Gate(of=7, table=self._curve(gate_fraction), shift=whole - fraction)
        elements, exponents = self._try.run(Quantise(of=0), self._try.run(gate, self._try.run(linear, normed)))
        down = self._rounded(weights["down"] * columns, _common(elements, exponents))
        more = np.full(len(down.codes), RESIDUAL - fraction)
        last = build.linear(9, f"{prefix}down", down, more, WIDE)
        add = Add(left=5, right=10)
        out = self._try.run(add, x, self._try.run(last, (elements, exponents)))
        return [norm, linear, gate, Quantise(of=8), last, add], out

    def _curve(self, fraction: int) -> str:
        name = f"silu.{fraction}"
        return name if name in self._build.tensors else self._build.put(name, tables.silu(fraction))

    def _middle(self, gates: Array, others: Array, fraction: int) -> Array:
        """silu(gate) · other as the table has it."""
        table = self._build.tensors[self._curve(fraction)].numpy()
        whole = np.clip(np.floor(np.ldexp(gates, fraction)), -(1 << 15), (1 << 15) - 1).astype(np.int64)
        return np.asarray(np.ldexp(table[whole + (1 << 15)].astype(np.float64), -tables.ACTIVATION_FRACTION) * others)

    # ------------------------------------------------------------ head

    def _head(self, x: Tensor) -> tuple[AnyOperation, ...]:
        head = self._weights["embedding"]
        scales, norm = self._norm(INPUT, "output_norm", self._weights["output_norm"], head, x)
        normed = self._try.run(norm, x)
        matrix = self._rounded(head * scales, _whole(normed))
        linear = self._build.linear(0, "head", matrix, np.full(len(head), LOGITS - norm.fraction), WIDE)
        self._progress("head")
        return norm, linear


def _whole(values: Tensor) -> Array:
    return values.numpy().astype(np.float64)


def _common(elements: Tensor, exponents: Tensor) -> Array:
    """Rows with exponents of their own brought to one, in `MOMENT_BITS` bits."""
    shifts = (exponents - exponents.max()).numpy().reshape(-1, 1) + MOMENT_BITS - 15
    return half_up(np.ldexp(_whole(elements), shifts))
