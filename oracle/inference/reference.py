"""Every operation on Python's integers: slow, obvious, and the measure of all others.

A value is a list of rows, one for each position; a row is a list of integers. `Quantise` gives rows of `Scaled`.
Equation numbers are those of `docs/inference.md`, section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oracle.inference.arithmetic import clamp, half_up, isqrt
from protocol.operations import (
    HEAD,
    INPUT,
    LIMB,
    WIDE,
    Activate,
    Add,
    Attend,
    Embed,
    Gate,
    Linear,
    Narrow,
    Norm,
    Operation,
    Pool,
    Quantise,
    Rotate,
    Steps,
)

Row = list[int]
Tensors = Mapping[str, Any]
"""Nested sequences of integers by name; multipliers of `name` are `name.multiplier`."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """int16 elements that stand for 2^exponent times themselves."""

    elements: Row
    exponent: int


def run(steps: Steps, tensors: Tensors, tokens: Sequence[int]) -> list[list[list[Any]]]:
    """All values of a sequence: by list of operations, by operation, by position."""
    values: list[list[Any]] = []
    handed: list[Any] = []
    for operations in steps.lists:
        here: list[Any] = []
        for operation in operations:
            given = [handed if i == INPUT else here[i] for i in operation.inputs]
            here.append(OPERATIONS[type(operation)](operation, tensors, tokens, *given))
        values.append(here)
        handed = here[-1] if here else handed
    return values


def embed(op: Embed, tensors: Tensors, tokens: Sequence[int]) -> list[Row]:
    """(1) R(E[r][i] · M[r], s), r the token or the position."""
    table, multiplier = tensors[op.weights], tensors[f"{op.weights}.multiplier"]
    rows = tokens if op.by == "token" else range(len(tokens))
    return [[clamp(half_up(int(e) * int(multiplier[r]), op.shift), WIDE) for e in table[r]] for r in rows]


def add(_op: Add, _tensors: Tensors, _tokens: Sequence[int], left: list[Row], right: list[Row]) -> list[Row]:
    """(2) x + y, within ±(2^31 − 1)."""
    return [[clamp(x + y, WIDE) for x, y in zip(a, b, strict=True)] for a, b in zip(left, right, strict=True)]


def norm(op: Norm, tensors: Tensors, _tokens: Sequence[int], rows: list[Row]) -> list[Row]:
    gain = [int(g) for g in tensors[op.gain]]
    bias = [int(b) for b in tensors[op.bias]] if op.bias else [0] * len(gain)
    return [_norm_row(op, gain, bias, row) for row in rows]


def _norm_row(op: Norm, gain: Row, bias: Row, row: Row) -> Row:
    elements, reciprocal = norm_statistics(op, row)
    outs = []
    for a, g, b in zip(elements, gain, bias, strict=True):
        scaled = half_up(half_up(a * reciprocal, 20) * g, 34 - op.fraction)  # (6)
        outs.append(clamp(scaled + b, op.bound))
    return outs


def norm_statistics(op: Norm, row: Row) -> tuple[Row, int]:
    """(3)–(5): elements with 15 bits, and their common factor."""
    width = len(row)
    if op.centred:
        total = sum(row)
        row = [width * x - total for x in row]
    largest = max(1, *(abs(x) for x in row))
    exponent = largest.bit_length() - 15
    up, down = max(-exponent, 0), max(exponent, 0)
    elements = [half_up(x << up, down) for x in row]
    epsilon = (op.epsilon << 2 * up) >> 2 * down
    square_sum = sum(a * a for a in elements) + epsilon
    root = max(1, isqrt(square_sum << 16))
    return elements, op.numerator // root


def linear(op: Linear, tensors: Tensors, _tokens: Sequence[int], rows: list[Any]) -> list[Row]:
    """(7) R(Σ w · a · M, s − e) + b, within the bound."""
    weights, multiplier = tensors[op.weights], tensors[f"{op.weights}.multiplier"]
    bias = tensors[op.bias] if op.bias else [0] * len(weights)
    outs = []
    for row in rows:
        elements, exponent = (row.elements, row.exponent) if isinstance(row, Scaled) else (row, 0)
        sums = [sum(int(w) * a for w, a in zip(line, elements, strict=True)) for line in weights]
        scaled = [half_up(s * int(m), op.shift - exponent) for s, m in zip(sums, multiplier, strict=True)]
        outs.append([clamp(s + int(b), op.bound) for s, b in zip(scaled, bias, strict=True)])
    return outs


def narrow(op: Narrow, _tensors: Tensors, _tokens: Sequence[int], rows: list[Row]) -> list[Row]:
    """(8) R(x, s), within ±32,639."""
    return [[clamp(half_up(x, op.shift), LIMB) for x in row] for row in rows]


def quantise(_op: Quantise, _tensors: Tensors, _tokens: Sequence[int], rows: list[Row]) -> list[Scaled]:
    """(9) e = max(0, bits of the largest − 15); R(x, e), within ±32,639."""
    outs = []
    for row in rows:
        exponent = max(0, max(abs(x) for x in row).bit_length() - 15)
        outs.append(Scaled([clamp(half_up(x, exponent), LIMB) for x in row], exponent))
    return outs


def rotate(op: Rotate, tensors: Tensors, _tokens: Sequence[int], rows: list[Row]) -> list[Row]:
    """(10) R(a·c − b·s, 14) and R(b·c + a·s, 14) on pairs (i, i + half) of each head."""
    half = op.head_width // 2
    outs = []
    for position, row in enumerate(rows):
        out = [clamp(x, HEAD) for x in row]
        for start in range(0, op.heads * op.head_width, op.head_width):
            for i in range(half):
                a, b = row[start + i], row[start + half + i]
                c, s = (int(x) for x in tensors[op.table][position][i])
                out[start + i] = clamp(half_up(a * c - b * s, 14), HEAD)
                out[start + half + i] = clamp(half_up(b * c + a * s, 14), HEAD)
        outs.append(out)
    return outs


def attend(op: Attend, tensors: Tensors, _tokens: Sequence[int], rows: list[Row]) -> list[Row]:
    """(11)–(15): scores, their weights, and the weighted mean of the values."""
    table, width = tensors[op.table], op.head_width
    group = op.heads // op.key_value_heads
    outs = []
    for position, row in enumerate(rows):
        seen = rows[: position + 1] if op.causal else rows
        out: Row = []
        for head in range(op.heads):
            query = row[head * width : (head + 1) * width]
            key = (op.heads + head // group) * width
            value = key + op.key_value_heads * width
            dots = [sum(q * k for q, k in zip(query, other[key : key + width], strict=True)) for other in seen]
            scores = [clamp(half_up(dot * op.factor, op.shift), WIDE) for dot in dots]  # (11)
            largest = max(scores)  # (12)
            weights = [_weight(table, largest - score) for score in scores]  # (13)
            total = max(1, sum(weights))  # (14)
            for i in range(value, value + width):
                mixed = sum(e * other[i] for e, other in zip(weights, seen, strict=True))
                out.append((2 * mixed + total) // (2 * total))  # (15)
        outs.append(out)
    return outs


def _weight(table: Sequence[int], below: int) -> int:
    return int(table[below]) if below < len(table) else 0


def activate(op: Activate, tensors: Tensors, _tokens: Sequence[int], rows: list[Row]) -> list[Row]:
    """(16) T[x]."""
    table = tensors[op.table]
    return [[int(table[x + 32_768]) for x in row] for row in rows]


def gate(op: Gate, tensors: Tensors, _tokens: Sequence[int], rows: list[Row]) -> list[Row]:
    """(17) R(T[g] · u, s), within ±(2^31 − 1)."""
    table, outs = tensors[op.table], []
    for row in rows:
        half = len(row) // 2
        pairs = zip(row[:half], row[half:], strict=True)
        outs.append([clamp(half_up(int(table[g + 32_768]) * u, op.shift), WIDE) for g, u in pairs])
    return outs


def pool(_op: Pool, _tensors: Tensors, _tokens: Sequence[int], rows: list[Row]) -> list[Row]:
    """(18) The mean over positions, rounded to the nearest, halves up."""
    count = len(rows)
    return [[(2 * sum(column) + count) // (2 * count) for column in zip(*rows, strict=True)]]


OPERATIONS: dict[type[Operation], Callable[..., list[Any]]] = {
    Embed: embed,
    Add: add,
    Norm: norm,
    Linear: linear,
    Narrow: narrow,
    Quantise: quantise,
    Rotate: rotate,
    Attend: attend,
    Activate: activate,
    Gate: gate,
    Pool: pool,
}
