"""A BERT-style sentence encoder to an integer program, layer after layer, each calibrated on what those before give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from torch import Tensor

from oracle.inference import tables
from oracle.quantising.building import RESIDUAL, Building
from oracle.quantising.calibration import MARGIN, OBSERVED, Calibration, common, fraction_for, real, whole
from oracle.quantising.heads import Heads
from oracle.quantising.method import Method
from oracle.quantising.rounding import Array, Matrix, nearest
from oracle.quantising.shape import EncoderShape
from protocol.operations import (
    HEAD,
    INPUT,
    LIMB,
    WIDE,
    Activate,
    Add,
    AnyOperation,
    Embed,
    Linear,
    Narrow,
    Pool,
    Quantise,
    Steps,
)

Weights = Mapping[str, Array]
Progress = Callable[[str], None]


def quantise_bert(
    weights: Weights,
    shape: EncoderShape,
    rows: Sequence[Sequence[int]],
    method: Method = "feedback",
    progress: Progress = lambda _: None,
) -> tuple[Steps, dict[str, Tensor]]:
    """The program and its tensors. `weights` float64 by our names, outputs × inputs; `rows`: tokens to calibrate on.

    The value is the mean over all positions, divided by its length.
    """
    return _Bert(weights, shape, Calibration(rows), method, progress).run()


class _Bert:
    def __init__(
        self, weights: Weights, shape: EncoderShape, calibration: Calibration, method: Method, progress: Progress
    ) -> None:
        self._weights, self._shape, self._progress = weights, shape, progress
        self._try = calibration
        self._build = Building(calibration.tensors, method)
        self._heads = Heads(shape.heads, shape.heads, shape.head_width, turned=1)
        self._exponentials = self._build.exponentials()

    def run(self) -> tuple[Steps, dict[str, Tensor]]:
        before, x = self._embed()
        layers = []
        for index in range(self._shape.layers):
            operations, x = self._layer(index, x)
            layers.append(operations)
            self._progress(f"layer {index + 1} of {self._shape.layers}")
        width = self._weights["embedding"].shape[1]
        after = (Pool(of=INPUT), self._build.unit_norm(0, "unit", width))
        return Steps(before=before, layers=tuple(layers), after=after), self._build.finished()

    def _embed(self) -> tuple[tuple[AnyOperation, ...], Tensor]:
        tokens, positions = self._rows("embedding"), self._rows("positions")
        embed = Embed(by="token", weights="embedding", shift=tokens)
        place = Embed(by="position", weights="positions", shift=positions)
        add = Add(left=0, right=1)
        norm = self._norm(2, "embedding_norm")
        summed = self._try.run(add, self._try.run(embed), self._try.run(place))
        return (embed, place, add, norm), self._try.run(norm, summed)

    def _rows(self, name: str) -> int:
        weights = self._weights[name]
        return self._build.matrix(name, nearest(weights), np.full(len(weights), 2.0**RESIDUAL))

    def _norm(self, of: int, name: str) -> AnyOperation:
        gain, bias = self._weights[name], self._weights[f"{name}.bias"]
        return self._build.layer_norm(of, name, gain, bias, epsilon=self._shape.epsilon)

    def _layer(self, index: int, x: Tensor) -> tuple[tuple[AnyOperation, ...], Tensor]:
        prefix = f"layers.{index}."
        weights = {name.removeprefix(prefix): w for name, w in self._weights.items() if name.startswith(prefix)}
        first, x = self._attention(prefix, weights, x)
        second, x = self._feed_forward(prefix, weights, x)
        return (*first, *second), x

    def _narrow(self, of: int, x: Tensor) -> tuple[Narrow, int]:
        """To 16 bits, and how many of them are fractional."""
        fraction = min(RESIDUAL, fraction_for(np.abs(real(x, RESIDUAL)).max(), LIMB, MARGIN))
        return Narrow(of=of, shift=RESIDUAL - fraction), fraction

    # ------------------------------------------------------------ attention

    def _attention(self, prefix: str, weights: Weights, x: Tensor) -> tuple[list[AnyOperation], Tensor]:
        build, names = self._build, ("query", "key", "value")
        projection = np.concatenate([weights[name] for name in names])
        bias = np.concatenate([weights[f"{name}.bias"] for name in names])
        narrow, fraction = self._narrow(INPUT, x)
        given = self._try.run(narrow, x)
        seen = real(self._try.run(build.observing(projection, fraction), given), OBSERVED) + bias
        rows, columns = self._heads.scales(seen, weights["attention_output"])
        projection, bias, seen = projection * rows[:, None], bias * rows, seen * rows
        fractions = self._heads.fractions(seen)
        matrix = build.rounded(projection, whole(given))
        name, shifted = f"{prefix}query_key_value", np.ldexp(bias, fractions)
        linear = build.linear(0, name, matrix, fractions - fraction, HEAD, bias=shifted)
        attend = self._heads.attend(1, fractions, self._exponentials, causal=False)
        mixed = self._try.run(attend, self._try.run(linear, given))
        output = build.rounded(weights["attention_output"] * columns, whole(mixed))
        mix = self._back(2, f"{prefix}attention_output", output, weights["attention_output.bias"], int(fractions[-1]))
        add, norm = Add(left=INPUT, right=3), self._norm(4, f"{prefix}attention_norm")
        summed = self._try.run(add, x, self._try.run(mix, mixed))
        return [narrow, linear, attend, mix, add, norm], self._try.run(norm, summed)

    # ------------------------------------------------------------ feed-forward

    def _feed_forward(self, prefix: str, weights: Weights, x: Tensor) -> tuple[list[AnyOperation], Tensor]:
        build = self._build
        narrow, fraction = self._narrow(5, x)
        given = self._try.run(narrow, x)
        seen = real(self._try.run(build.observing(weights["up"], fraction), given), OBSERVED) + weights["up.bias"]
        curve, fine = build.curve("gelu", np.abs(seen).max())
        matrix, more = build.rounded(weights["up"], whole(given)), np.full(len(weights["up"]), fine - fraction)
        linear = build.linear(6, f"{prefix}up", matrix, more, LIMB, bias=np.ldexp(weights["up.bias"], fine))
        activate = Activate(of=7, table=curve)
        elements, exponents = self._try.run(Quantise(of=0), self._try.run(activate, self._try.run(linear, given)))
        down = build.rounded(weights["down"], common(elements, exponents))
        last = self._back(9, f"{prefix}down", down, weights["down.bias"], tables.ACTIVATION_FRACTION)
        add, norm = Add(left=5, right=10), self._norm(11, f"{prefix}feed_norm")
        summed = self._try.run(add, x, self._try.run(last, (elements, exponents)))
        return [narrow, linear, activate, Quantise(of=8), last, add, norm], self._try.run(norm, summed)

    def _back(self, of: int, name: str, matrix: Matrix, bias: Array, fraction: int) -> Linear:
        """From inputs with so many fractional bits to what is added to the row that layers hand on."""
        more = np.full(len(bias), RESIDUAL - fraction)
        return self._build.linear(of, name, matrix, more, WIDE, bias=np.ldexp(bias, RESIDUAL))
