"""Small integer programs at random: both architectures, odd shapes, adversarial weights."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

import numpy as np
import torch
from torch import Tensor

from oracle.inference import tables
from protocol.operations import (
    HEAD,
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
    Pool,
    Quantise,
    Rotate,
    Steps,
)

EXTREMES = np.array([-128, -127, -1, 0, 1, 127], np.int8)


@dataclass(frozen=True)
class Small:
    """A program, its weights, and how many tokens it knows."""

    steps: Steps
    tensors: dict[str, Tensor]
    vocabulary: int
    positions: int


class _Builder:
    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.tensors: dict[str, Tensor] = {}

    def pick(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def matrix(self, name: str, rows: int, columns: int, largest: int) -> str:
        codes = self.random.integers(-128, 128, (rows, columns), np.int8)
        if self.pick(0, 3) == 0:
            codes = EXTREMES[self.random.integers(0, len(EXTREMES), (rows, columns))]
        self.tensors[name] = torch.from_numpy(codes)
        self.tensors[f"{name}.multiplier"] = torch.from_numpy(self.random.integers(0, largest, rows, np.int32))
        return name

    def vector(self, name: str, size: int, largest: int) -> str:
        self.tensors[name] = torch.from_numpy(self.random.integers(-largest, largest + 1, size, np.int32))
        return name

    def linear(self, of: int, name: str, shape: tuple[int, int], shift: int, *, bound: int, bias: bool) -> Linear:
        outputs, inputs = shape
        biased = self.vector(f"{name}.bias", outputs, min(bound, 1 << 20)) if bias else ""
        weights = self.matrix(name, outputs, inputs, 1 << self.pick(8, 23))
        return Linear(of=of, weights=weights, bias=biased, shift=shift, bound=bound)  # type: ignore[arg-type]

    def norm(self, of: int, name: str, width: int, *, centred: bool, bound: int) -> Norm:
        numerator = isqrt(width << 92)
        bias = self.vector(f"{name}.bias", width, 4_000) if centred else ""
        fraction = self.pick(7, 13)
        gain = self.vector(f"{name}.gain", width, 1 << self.pick(6, 14))
        return Norm(
            of=of,
            gain=gain,
            bias=bias,
            centred=centred,
            numerator=numerator,
            epsilon=self.pick(0, (1 << 17) + (1 << 16)),
            fraction=fraction,
            bound=bound,  # type: ignore[arg-type]
        )

    def table(self, name: str, values: object) -> str:
        self.tensors[name] = torch.from_numpy(np.asarray(values))
        return name


def decoder(seed: int) -> Small:
    """A Llama-style decoder of one to three layers."""
    b = _Builder(seed)
    heads_each, groups, width_of_head = b.pick(1, 3), b.pick(1, 2), 2 * b.pick(1, 5)
    heads, width, hidden = heads_each * groups, b.pick(1, 40), b.pick(1, 50)
    vocabulary, positions = b.pick(2, 30), 40
    inner = (heads + 2 * groups) * width_of_head
    rotations = b.table("rotations", tables.rotations(positions, width_of_head, b.pick(2, 10_000)))
    exponentials = b.table("exponentials", tables.exponentials())
    curve = b.table("curve", b.random.integers(-(1 << 21), 1 << 21, 1 << 16, np.int32))
    layers = []
    for i in range(b.pick(1, 3)):
        p = f"layers.{i}."
        layers.append(
            (
                b.norm(-1, f"{p}first", width, centred=False, bound=LIMB),
                b.linear(0, f"{p}qkv", (inner, width), b.pick(18, 30), bound=HEAD, bias=bool(b.pick(0, 1))),
                Rotate(of=1, heads=heads + groups, head_width=width_of_head, table=rotations),
                Attend(
                    of=2,
                    heads=heads,
                    key_value_heads=groups,
                    head_width=width_of_head,
                    causal=True,
                    factor=b.pick(1, (1 << 23) - 1),
                    shift=b.pick(20, 40),
                    table=exponentials,
                ),
                b.linear(3, f"{p}mix", (width, heads * width_of_head), b.pick(18, 28), bound=WIDE, bias=False),
                Add(left=-1, right=4),
                b.norm(5, f"{p}second", width, centred=False, bound=LIMB),
                b.linear(6, f"{p}gate_up", (2 * hidden, width), b.pick(18, 30), bound=LIMB, bias=False),
                Gate(of=7, table=curve, shift=b.pick(0, 10)),
                Quantise(of=8),
                b.linear(9, f"{p}down", (width, hidden), b.pick(18, 30), bound=WIDE, bias=False),
                Add(left=5, right=10),
            )
        )
    before = (Embed(by="token", weights=b.matrix("embedding", vocabulary, width, 1 << 23), shift=b.pick(0, 16)),)
    after = (
        b.norm(-1, "last", width, centred=False, bound=LIMB),
        b.linear(0, "head", (vocabulary, width), b.pick(18, 30), bound=WIDE, bias=False),
    )
    return Small(Steps(before=before, layers=tuple(layers), after=after), b.tensors, vocabulary, positions)


def encoder(seed: int, vocabulary: int | None = None, positions: int = 40) -> Small:
    """A BERT-style encoder of one or two layers."""
    b = _Builder(seed)
    heads, width_of_head = b.pick(1, 3), b.pick(2, 8)
    width, hidden, vocabulary = b.pick(1, 30), b.pick(1, 40), vocabulary or b.pick(2, 30)
    exponentials = b.table("exponentials", tables.exponentials())
    curve = b.table("curve", b.random.integers(-(1 << 21), 1 << 21, 1 << 16, np.int32))
    before = (
        Embed(by="token", weights=b.matrix("embedding", vocabulary, width, 1 << 23), shift=b.pick(0, 16)),
        Embed(by="position", weights=b.matrix("places", positions, width, 1 << 23), shift=b.pick(0, 16)),
        Add(left=0, right=1),
        b.norm(2, "first", width, centred=True, bound=WIDE),
    )
    layers = []
    for i in range(b.pick(1, 2)):
        p = f"layers.{i}."
        layers.append(
            (
                Narrow(of=-1, shift=b.pick(0, 6)),
                b.linear(0, f"{p}qkv", (3 * heads * width_of_head, width), b.pick(18, 30), bound=HEAD, bias=True),
                Attend(
                    of=1,
                    heads=heads,
                    key_value_heads=heads,
                    head_width=width_of_head,
                    causal=False,
                    factor=b.pick(1, (1 << 23) - 1),
                    shift=b.pick(20, 40),
                    table=exponentials,
                ),
                b.linear(2, f"{p}mix", (width, heads * width_of_head), b.pick(18, 28), bound=WIDE, bias=True),
                Add(left=-1, right=3),
                b.norm(4, f"{p}one", width, centred=True, bound=WIDE),
                Narrow(of=5, shift=b.pick(0, 6)),
                b.linear(6, f"{p}up", (hidden, width), b.pick(18, 30), bound=LIMB, bias=True),
                Activate(of=7, table=curve),
                Quantise(of=8),
                b.linear(9, f"{p}down", (width, hidden), b.pick(18, 30), bound=WIDE, bias=True),
                Add(left=5, right=10),
                b.norm(11, f"{p}two", width, centred=True, bound=WIDE),
            )
        )
    after = (Pool(of=-1), b.norm(0, "unit", width, centred=False, bound=LIMB))
    return Small(Steps(before=before, layers=tuple(layers), after=after), b.tensors, vocabulary, positions)
