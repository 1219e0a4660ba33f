"""A Llama-style decoder to an integer program, layer after layer, each calibrated on what those before it give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from torch import Tensor

from oracle.inference import tables
from oracle.quantising.building import LOGITS, RESIDUAL, Building
from oracle.quantising.calibration import (
    MARGIN,
    OBSERVED,
    Calibration,
    common,
    fraction_for,
    real,
    root_mean_squares,
    whole,
)
from oracle.quantising.heads import Heads
from oracle.quantising.method import Method
from oracle.quantising.rounding import Array, nearest
from oracle.quantising.shape import Shape
from oracle.quantising.smoothing import balanced, column_scales
from protocol.operations import (
    HEAD,
    INPUT,
    LIMB,
    WIDE,
    Add,
    AnyOperation,
    Embed,
    Gate,
    Norm,
    Quantise,
    Rotate,
    Steps,
)

MIDDLE_BITS = 28
"""Bits for the product of gate and other half, before it is brought to 15."""
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
        self._weights, self._shape, self._progress = weights, shape, progress
        self._try = calibration
        self._build = Building(calibration.tensors, method)
        self._heads = Heads(shape.heads, shape.key_value_heads, shape.head_width, turned=2)
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

    # ------------------------------------------------------------ attention

    def _attention(self, prefix: str, weights: Weights, x: Tensor) -> tuple[list[AnyOperation], Tensor]:
        shape, build = self._shape, self._build
        projection = np.concatenate([weights[name] for name in ("query", "key", "value")])
        scales, norm = self._norm(INPUT, f"{prefix}attention_norm", weights["attention_norm"], projection, x)
        normed = self._try.run(norm, x)
        projection = projection * scales
        seen = self._try.run(build.observing(projection, norm.fraction), normed)
        rows, columns = self._heads.scales(real(seen, OBSERVED), weights["attention_output"])
        projection, seen = projection * rows[:, None], real(seen, OBSERVED) * rows
        fractions = self._heads.fractions(seen)
        matrix = build.rounded(projection, whole(normed))
        linear = build.linear(0, f"{prefix}query_key_value", matrix, fractions - norm.fraction, HEAD)
        rotate = Rotate(
            of=1, heads=shape.heads + shape.key_value_heads, head_width=shape.head_width, table=self._rotations
        )
        attend = self._heads.attend(2, fractions, self._exponentials, causal=True)
        value_fraction = int(fractions[-1])
        mixed = self._try.run(attend, self._try.run(rotate, self._try.run(linear, normed)))
        output = build.rounded(weights["attention_output"] * columns, whole(mixed))
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

    # ------------------------------------------------------------ feed-forward

    def _feed_forward(self, prefix: str, weights: Weights, x: Tensor) -> tuple[list[AnyOperation], Tensor]:
        build = self._build
        projection = np.concatenate([weights["gate"], weights["up"]])
        scales, norm = self._norm(5, f"{prefix}feed_norm", weights["feed_norm"], projection, x)
        normed = self._try.run(norm, x)
        projection = projection * scales
        seen = real(self._try.run(build.observing(projection, norm.fraction), normed), OBSERVED)
        gates, others = np.split(seen, 2, 1)
        curve, gate_fraction = build.curve("silu", np.abs(gates).max())
        middle = self._middle(gates, others, curve, gate_fraction)
        columns = balanced(root_mean_squares(np.ldexp(middle, 8)), weights["down"])
        size = len(columns)
        projection = projection * np.concatenate([np.ones(size), 1 / columns])[:, None]
        other_fraction = fraction_for((np.abs(others).max(0) / columns).max(), LIMB, MARGIN)
        fractions = np.concatenate([np.full(size, gate_fraction), np.full(size, other_fraction)])
        matrix = build.rounded(projection, whole(normed))
        linear = build.linear(6, f"{prefix}gate_up", matrix, fractions - norm.fraction, LIMB)
        most = (np.abs(middle).max(0) / columns).max()
        most_fraction = tables.ACTIVATION_FRACTION + other_fraction
        fraction = min(most_fraction, fraction_for(most, 1 << MIDDLE_BITS, MARGIN))
        gate = Gate(of=7, table=curve, shift=most_fraction - fraction)
        elements, exponents = self._try.run(Quantise(of=0), self._try.run(gate, self._try.run(linear, normed)))
        down = build.rounded(weights["down"] * columns, common(elements, exponents))
        more = np.full(len(down.codes), RESIDUAL - fraction)
        last = build.linear(9, f"{prefix}down", down, more, WIDE)
        add = Add(left=5, right=10)
        out = self._try.run(add, x, self._try.run(last, (elements, exponents)))
        return [norm, linear, gate, Quantise(of=8), last, add], out

    def _middle(self, gates: Array, others: Array, curve: str, fraction: int) -> Array:
        """silu(gate) · other as the table has it."""
        table = self._build.tensors[curve].numpy()
        at = np.clip(np.floor(np.ldexp(gates, fraction)), -(1 << 15), (1 << 15) - 1).astype(np.int64)
        return np.asarray(np.ldexp(table[at + (1 << 15)].astype(np.float64), -tables.ACTIVATION_FRACTION) * others)

    # ------------------------------------------------------------ head

    def _head(self, x: Tensor) -> tuple[AnyOperation, ...]:
        head = self._weights["embedding"]
        scales, norm = self._norm(INPUT, "output_norm", self._weights["output_norm"], head, x)
        normed = self._try.run(norm, x)
        matrix = self._build.rounded(head * scales, whole(normed))
        linear = self._build.linear(0, "head", matrix, np.full(len(head), LOGITS - norm.fraction), WIDE)
        self._progress("head")
        return norm, linear
