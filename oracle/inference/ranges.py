"""Proof, before a program is used, that it is well-formed: no value of it can leave the width that kernels compute in.

By interval arithmetic from its actual tensors, for any tokens and any length up to its context. The rules are those of
`docs/inference.md`, section 1.5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NoReturn

import torch
from torch import Tensor

from protocol.errors import CommonholdError
from protocol.operations import (
    HEAD,
    INPUT,
    LIMB,
    WIDE,
    Activate,
    Add,
    AnyOperation,
    Attend,
    Embed,
    Gate,
    Linear,
    Narrow,
    Norm,
    Pool,
    Quantise,
    Rotate,
)
from protocol.parts import MOST_PARTS
from protocol.program import Program, parts_of

MULTIPLIER, LEAST_SHIFT = 1 << 23, 17
MOST_WIDTH = 1 << 14
SQUARES = 1 << 46
"""What sums of squares stay below, so that 2^16 times them has an exact root in 64 bits."""
PRODUCTS = 1 << 62
INT16S, NOISE = 1 << 16, 33_792


class ProgramUnsafe(CommonholdError, ValueError):
    """A program whose values might not fit, or whose parts do not; the message names the operation."""


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of a value: how it is held, its row's width, its largest magnitude, and whether it is one row for
    the whole sequence."""

    held: Literal["wide", "narrow", "scaled", "gated"]
    width: int
    most: int
    pooled: bool = False


def prove(program: Program, tensors: Mapping[str, Tensor]) -> list[list[Value]]:
    """The proven bounds of every value, by list of operations. Raises `ProgramUnsafe`.

    `tensors`: all that `read_weights` found. Takes a few milliseconds and no pass over the matrices: that their bytes
    are bytes is enough.
    """
    proof = _Proof(program, tensors)
    values, handed = [], None
    for index, operations in enumerate(program.steps.lists):
        here: list[Value] = []
        for position, op in enumerate(operations):
            proof.place = f"list {index}, operation {position} ({op.__struct_config__.tag})"
            here.append(proof.value(op, [proof.given(i, here, handed) for i in op.inputs]))
        _check_gates(proof, operations)
        values.append(here)
        handed = here[-1] if here else handed
        if here and here[-1].held in {"scaled", "gated"}:
            proof.refuse(f"hands on a {here[-1].held} value")
        if len({value.pooled for value in here}) > 1:
            proof.refuse("computes rows at positions beside one for all")
    proof.place = "the program"
    _check_end(proof, handed)
    _check_parts(proof)
    return values


def _check_parts(proof: _Proof) -> None:
    """An operator must be able to show the roots of all parts of a list at once."""
    shapes = {name: tensor.shape for name, tensor in proof.tensors.items()}
    for index, parts in enumerate(parts_of(proof.program, shapes)):
        count = len(parts.parts)
        proof.require(count <= MOST_PARTS, f"list {index} has {count} parts; at most {MOST_PARTS}")


def _check_end(proof: _Proof, last: Value | None) -> None:
    program = proof.program
    if program.embeds:
        proof.require(last is not None and last.held == "narrow" and last.pooled, "must end in one narrow row")
        return
    forward = all(op.causal for op in program.steps if isinstance(op, Attend))
    proof.require(forward, "generates, so it must not attend to what comes later")
    behind = any(isinstance(op, Attend) for op in program.steps.after)
    proof.require(not behind, "generates, so it must not attend after the layers")
    logits = last is not None and (last.held, last.width, last.pooled) == ("wide", program.vocabulary, False)
    proof.require(logits, f"must end in {program.vocabulary} wide logits at each position")
    proof.tensor(program.noise, torch.int32, (NOISE,), "noise")


def _check_gates(proof: _Proof, operations: tuple[AnyOperation, ...]) -> None:
    """A gate is joined with the quantise that follows it, so nothing else may take its value."""
    for i, op in enumerate(operations):
        users = [type(user) for user in operations if i in user.inputs]
        if isinstance(op, Gate) and set(users) != {Quantise}:
            proof.refuse(f"the gate at {i} must be taken by quantise, and by nothing else")


class _Proof:
    def __init__(self, program: Program, tensors: Mapping[str, Tensor]) -> None:
        self.program = program
        self.place = ""
        self.tensors = tensors
        self._uses: dict[str, str] = {}

    def refuse(self, why: str) -> NoReturn:
        raise ProgramUnsafe(f"{self.place}: {why}")

    def require(self, holds: bool, why: str) -> None:
        if not holds:
            self.refuse(why)

    def given(self, index: int, here: list[Value], handed: Value | None) -> Value:
        if index == INPUT:
            if handed is None:
                self.refuse("takes what is handed on, and nothing is")
            return handed
        self.require(index < len(here), f"takes value {index}, which does not stand before it")
        return here[index]

    def tensor(self, name: str, dtype: torch.dtype, shape: tuple[int | None, ...], use: str) -> Tensor:
        """The tensor with this name; None in `shape`: any size. A name has one use."""
        self.require(self._uses.setdefault(name, use) == use, f"{name} is used as {self._uses.get(name)} and as {use}")
        found = self.tensors.get(name)
        if found is None:
            self.refuse(f"there is no tensor {name}")
        sizes = len(found.shape) == len(shape) and all(
            w is None or w == s for s, w in zip(found.shape, shape, strict=True)
        )
        self.require(found.dtype == dtype and sizes, f"{name} is {found.dtype} {list(found.shape)}")
        self.require(found.numel() > 0, f"{name} is empty")
        return found

    def matrix(self, name: str, columns: int | None, bias: str) -> Tensor:
        codes = self.tensor(name, torch.int8, (None, columns), f"matrix with bias {bias!r}")
        multiplier = self.tensor(f"{name}.multiplier", torch.int32, (len(codes),), "multiplier")
        low, high = (int(x) for x in multiplier.aminmax())
        self.require(low >= 0 and high < MULTIPLIER, f"{name}.multiplier must be 0 to {MULTIPLIER - 1}")
        if bias:
            self.tensor(bias, torch.int32, (len(codes),), "bias of a matrix")
        return codes

    def value(self, op: AnyOperation, given: list[Value]) -> Value:
        rule: Callable[..., Value] = RULES[type(op)]
        pooled = {value.pooled for value in given}
        self.require(len(pooled) < 2, "adds one row to many")
        if pooled == {True}:
            self.require(not isinstance(op, Attend | Rotate | Pool), "takes rows at positions, not one for all")
        return replace(rule(self, op, *given), pooled=isinstance(op, Pool) or True in pooled)

    def take(self, value: Value, *held: str) -> None:
        self.require(value.held in held, f"takes a value that is {' or '.join(held)}, not {value.held}")


def _most(tensor: Tensor) -> int:
    low, high = (int(x) for x in tensor.aminmax())
    return max(-low, high)


def _held(bound: int, width: int, most: int | None = None) -> Value:
    return Value("wide" if bound == WIDE else "narrow", width, bound if most is None else min(bound, most))


def _embed(proof: _Proof, op: Embed) -> Value:
    codes = proof.matrix(op.weights, None, "")
    if op.by == "token":
        proof.require(len(codes) == proof.program.vocabulary, f"{op.weights} must have a row for each token")
    else:
        proof.require(len(codes) >= proof.program.context_length, f"{op.weights} must have a row for each position")
    return Value("wide", codes.shape[1], min(WIDE, (128 * MULTIPLIER >> op.shift) + 1))


def _add(proof: _Proof, _op: Add, left: Value, right: Value) -> Value:
    proof.take(left, "wide")
    proof.take(right, "wide")
    proof.require(left.width == right.width, f"adds rows of {left.width} and {right.width}")
    return Value("wide", left.width, min(WIDE, left.most + right.most))


def _norm(proof: _Proof, op: Norm, of: Value) -> Value:
    proof.take(of, "wide")
    proof.require(of.width <= MOST_WIDTH, f"rows of {of.width}; at most {MOST_WIDTH}")
    gain = _most(proof.tensor(op.gain, torch.int32, (of.width,), "gain"))
    bias = _most(proof.tensor(op.bias, torch.int32, (of.width,), "bias of a norm")) if op.bias else 0
    squares = (op.epsilon << 28) + (of.width << 30)  # elements have at most 2^15; a row of ones is raised by 2^14
    proof.require(squares < SQUARES, f"epsilon {op.epsilon} is too large: squares might sum to {squares}")
    scaled = (op.numerator >> 28) + 2  # an element is at most the root of the sum, which is 2^8 times as fine
    return _held(op.bound, of.width, (scaled * gain >> 34 - op.fraction) + 1 + bias)


def _linear(proof: _Proof, op: Linear, of: Value) -> Value:
    proof.take(of, "narrow", "scaled")
    proof.require(of.width <= MOST_WIDTH, f"rows of {of.width}; at most {MOST_WIDTH}")
    codes = proof.matrix(op.weights, of.width, op.bias)
    if of.held == "scaled":
        proof.require(op.shift >= LEAST_SHIFT, f"a scaled row needs a shift of {LEAST_SHIFT} or more, not {op.shift}")
    product = of.width * 128 * of.most * MULTIPLIER
    proof.require(product < PRODUCTS, f"sums of {of.width} products might pass 64 bits")
    return _held(op.bound, len(codes))


def _narrow(proof: _Proof, op: Narrow, of: Value) -> Value:
    proof.take(of, "wide")
    return Value("narrow", of.width, min(LIMB, (of.most >> op.shift) + 1))


def _quantise(proof: _Proof, _op: Quantise, of: Value) -> Value:
    proof.take(of, "wide", "gated")
    return Value("scaled", of.width, min(LIMB, of.most))


def _rotate(proof: _Proof, op: Rotate, of: Value) -> Value:
    proof.take(of, "narrow")
    proof.require(op.head_width % 2 == 0, f"headWidth must be even, not {op.head_width}")
    proof.require(of.width >= op.heads * op.head_width, f"rows of {of.width} have no {op.heads} heads")
    table = proof.tensor(op.table, torch.int16, (None, op.head_width // 2, 2), "rotations")
    proof.require(len(table) >= proof.program.context_length, f"{op.table} must turn each position")
    return Value("narrow", of.width, HEAD)


def _attend(proof: _Proof, op: Attend, of: Value) -> Value:
    proof.require(op.of != INPUT, "attends to a value of another list")
    proof.take(of, "narrow")
    proof.require(of.most <= HEAD, f"takes elements up to {of.most}; at most {HEAD}")
    proof.require(op.heads % op.key_value_heads == 0, "heads must be a multiple of keyValueHeads")
    proof.require(not op.causal or op.head_width % 2 == 0, f"headWidth must be even, not {op.head_width}")
    width = (op.heads + 2 * op.key_value_heads) * op.head_width
    proof.require(of.width == width, f"takes rows of {width}, not {of.width}")
    table = proof.tensor(op.table, torch.int16, (None,), "exponentials")
    proof.require(int(table.min()) >= 0, f"{op.table} must not be negative")
    return Value("narrow", op.heads * op.head_width, of.most)


def _activate(proof: _Proof, op: Activate, of: Value) -> Value:
    proof.take(of, "narrow")
    table = proof.tensor(op.table, torch.int32, (INT16S,), "function")
    return Value("wide", of.width, _most(table))


def _gate(proof: _Proof, op: Gate, of: Value) -> Value:
    proof.take(of, "narrow")
    proof.require(of.width % 2 == 0, f"rows of {of.width} have no halves")
    table = _most(proof.tensor(op.table, torch.int32, (INT16S,), "function"))
    return Value("gated", of.width // 2, min(WIDE, (table * of.most >> op.shift) + 1))


def _pool(proof: _Proof, op: Pool, of: Value) -> Value:
    proof.take(of, "wide")
    proof.require(op.of == INPUT, "pools a value of its own list")
    return Value("wide", of.width, of.most)


RULES: dict[type[Any], Callable[..., Value]] = {
    Embed: _embed,
    Add: _add,
    Norm: _norm,
    Linear: _linear,
    Narrow: _narrow,
    Quantise: _quantise,
    Rotate: _rotate,
    Attend: _attend,
    Activate: _activate,
    Gate: _gate,
    Pool: _pool,
}
