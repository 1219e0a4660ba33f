"""The operations of an integer program: `docs/inference.md`, section 3, says what each computes for every input.

A program is a list of operations for what comes before the layers, one for each layer, and one for what comes after.
An operation takes values of its own list by their index; `INPUT` is what the list before handed on, which is the last
value of that list. All shapes are a row's: every operation but `Attend` and `Pool` treats each position by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

INPUT = -1

LIMB: Final = 32_639
"""127 · 256 + 127: the largest activation, so that it splits into two signed bytes."""
HEAD: Final = 16_383
"""The largest element of queries, keys and values, so that four products of two of them fit a 32-bit sum."""
WIDE: Final = 2_147_483_647

Ref = Annotated[int, Meta(ge=INPUT, le=254)]
Width = Annotated[int, Meta(ge=1, le=1 << 14)]
Rows = Annotated[int, Meta(ge=1, le=1 << 20)]
Shift = Annotated[int, Meta(ge=0, le=60)]
Name = Annotated[str, Meta(pattern=r"^[a-z0-9_.]{1,64}$")]
Bias = Annotated[str, Meta(pattern=r"^[a-z0-9_.]{0,64}$")]
"""The name of a vector; empty: none."""
Bound = Literal[16383, 32639, 2147483647]


class Operation(Struct, frozen=True, forbid_unknown_fields=True, rename="camel", tag_field="op"):
    """One step on integer tensors."""

    @property
    def inputs(self) -> tuple[int, ...]:
        """Indices of the values that it takes."""
        return tuple(getattr(self, name) for name in ("of", "left", "right") if hasattr(self, name))

    @property
    def tensors(self) -> tuple[str, ...]:
        """Names of the weights and tables that it reads."""
        names = (getattr(self, name, "") for name in ("weights", "gain", "bias", "table"))
        return tuple(name for name in names if name)


class Embed(Operation, frozen=True, tag="embed"):
    """A row of a table, by token or by position. int32 [width]."""

    by: Literal["token", "position"]
    weights: Name
    shift: Shift


class Add(Operation, frozen=True, tag="add"):
    """The saturating sum of two int32 rows."""

    left: Ref
    right: Ref


class Norm(Operation, frozen=True, tag="norm"):
    """A row divided by its root mean square, or by its length; with `centred`, its mean is subtracted first."""

    of: Ref
    gain: Name
    bias: Bias
    centred: bool
    numerator: Annotated[int, Meta(ge=1, le=1 << 54)]
    epsilon: Annotated[int, Meta(ge=0, le=1 << 40)]
    fraction: Annotated[int, Meta(ge=0, le=16)]
    bound: Bound


class Linear(Operation, frozen=True, tag="linear"):
    """A matrix of int8 weights times a row, each output scaled by its own multiplier."""

    of: Ref
    weights: Name
    bias: Bias
    shift: Shift
    bound: Bound


class Narrow(Operation, frozen=True, tag="narrow"):
    """int32 to int16 by a fixed shift."""

    of: Ref
    shift: Shift


class Quantise(Operation, frozen=True, tag="quantise"):
    """int32 to int16 by the shift that the row's largest element needs; the next `Linear` makes up for it."""

    of: Ref


class Rotate(Operation, frozen=True, tag="rotate"):
    """Rotary position embedding of the first `heads` heads; the others pass through, within the bound."""

    of: Ref
    heads: Annotated[int, Meta(ge=1, le=4_096)]
    head_width: Annotated[int, Meta(ge=2, le=256)]
    table: Name


class Attend(Operation, frozen=True, tag="attend"):
    """Attention over this position and those before it, or over all: queries, keys, values in one row."""

    of: Ref
    heads: Annotated[int, Meta(ge=1, le=2_048)]
    key_value_heads: Annotated[int, Meta(ge=1, le=2_048)]
    head_width: Annotated[int, Meta(ge=2, le=256)]
    causal: bool
    factor: Annotated[int, Meta(ge=1, lt=1 << 23)]
    shift: Shift
    table: Name


class Activate(Operation, frozen=True, tag="activate"):
    """A function of an int16, by table. int32."""

    of: Ref
    table: Name


class Gate(Operation, frozen=True, tag="gate"):
    """A function of the row's first half, by table, times its second half."""

    of: Ref
    table: Name
    shift: Shift


class Pool(Operation, frozen=True, tag="pool"):
    """The mean of an int32 row over all positions."""

    of: Ref


AnyOperation = Embed | Add | Norm | Linear | Narrow | Quantise | Rotate | Attend | Activate | Gate | Pool


class Steps(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What a program computes: lists of operations before, in and after the layers."""

    before: tuple[AnyOperation, ...]
    layers: tuple[tuple[AnyOperation, ...], ...]
    after: tuple[AnyOperation, ...]

    @property
    def lists(self) -> tuple[tuple[AnyOperation, ...], ...]:
        return (self.before, *self.layers, self.after)

    def __iter__(self) -> Iterator[AnyOperation]:
        return (operation for steps in self.lists for operation in steps)
