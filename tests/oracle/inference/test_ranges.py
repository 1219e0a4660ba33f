"""What `prove` accepts, what it refuses and how it says so, and that its bounds hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from torch import Tensor

from oracle.inference import reference
from oracle.inference.ranges import ProgramUnsafe, Value, prove
from oracle.models.prepared import take_over
from oracle.models.weights import read_weights
from oracle.quantising.method import METHODS, Method
from oracle.store import Store
from protocol.cid import Cid
from protocol.manifest import decode_manifest
from protocol.operations import INPUT, LIMB, WIDE, Add, AnyOperation, Attend, Gate, Norm, Pool, Quantise, Rotate, Steps
from protocol.program import Program, decode_program
from tests.oracle.inference.programs import Small, decoder, encoder
from tests.oracle.inference.test_exact import tokens_of
from tests.oracle.real import real_model
from tests.oracle.tiny import tiny_parts

Tensors = dict[str, Tensor]


def tiny() -> tuple[Program, Tensors]:
    program, tensors = tiny_parts()
    return program, dict(tensors)


def with_field(program: Program, index: int, **fields: Any) -> Program:
    """The program with fields of an operation of its first layer changed."""
    operations = list(program.steps.layers[0])
    operations[index] = structs.replace(operations[index], **fields)
    return with_operations(program, "layer", operations)


def with_operations(program: Program, part: str, operations: list[AnyOperation]) -> Program:
    steps = program.steps
    if part == "layer":
        steps = Steps(before=steps.before, layers=(tuple(operations), *steps.layers[1:]), after=steps.after)
    else:
        steps = Steps(before=steps.before, layers=steps.layers, after=tuple(operations))
    return structs.replace(program, steps=steps)


def place(program: Program, kind: type[AnyOperation]) -> int:
    return next(i for i, op in enumerate(program.steps.layers[0]) if isinstance(op, kind))


@pytest.mark.parametrize(("name", "method"), [*(("smollm2", method) for method in METHODS), ("minilm", "feedback")])
def test_the_real_models_are_proved(name: str, method: Method, tmp_path: Any) -> None:
    store = Store(tmp_path)
    manifest = decode_manifest(store.read(Cid(take_over(real_model(name), method, store).manifest)))
    program = decode_program(store.read(Cid.parse(manifest.program)))
    values = prove(program, read_weights(store.get(Cid.parse(manifest.weights)), program))
    expected = Value("wide", program.vocabulary, WIDE) if manifest.kind == "chat" else Value("narrow", 384, LIMB, True)
    assert values[-1][-1] == expected


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), make=st.sampled_from([decoder, encoder]))
def test_no_value_is_larger_than_was_proved(seed: int, make: Callable[[int], Small]) -> None:
    small = make(seed)
    program = structs.replace(
        tiny()[0],
        vocabulary=small.vocabulary,
        context_length=small.positions,
        steps=small.steps,
        noise="noise" if make is decoder else "",
    )
    noise = {"noise": torch.zeros(33_792, dtype=torch.int32)}
    proved = prove(program, {**small.tensors, **noise})
    tensors = {name: tensor.tolist() for name, tensor in small.tensors.items()}
    met = reference.run(small.steps, tensors, tokens_of(small, seed))
    for bounds, values in zip(proved, met, strict=True):
        for bound, rows in zip(bounds, values, strict=True):
            elements = [row.elements if isinstance(row, reference.Scaled) else row for row in rows]
            assert {len(row) for row in elements} == {bound.width}
            assert max(abs(x) for row in elements for x in row) <= bound.most


# ---------------------------------------------------------------- refusals


def change(name: str, tensor: Callable[[Tensor], Tensor]) -> Callable[[Program, Tensors], tuple[Program, Tensors]]:
    """A model with one tensor changed."""
    return lambda program, tensors: (program, {**tensors, name: tensor(tensors[name])})


def field(kind: type[AnyOperation], **fields: Any) -> Callable[[Program, Tensors], tuple[Program, Tensors]]:
    """A model with fields of the first operation of a type changed."""
    return lambda program, tensors: (with_field(program, place(program, kind), **fields), tensors)


def at(tensor: Tensor, index: int, value: int) -> Tensor:
    changed = tensor.clone()
    changed.view(-1)[index] = value
    return changed


def without(name: str) -> Callable[[Program, Tensors], tuple[Program, Tensors]]:
    return lambda program, tensors: (program, {n: t for n, t in tensors.items() if n != name})


def ending(*operations: AnyOperation) -> Callable[[Program, Tensors], tuple[Program, Tensors]]:
    return lambda program, tensors: (with_operations(program, "after", list(operations)), tensors)


def layer_ending(*operations: AnyOperation) -> Callable[[Program, Tensors], tuple[Program, Tensors]]:
    return lambda program, tensors: (
        with_operations(program, "layer", [*program.steps.layers[0], *operations]),
        tensors,
    )


def last_layer_after(program: Program, tensors: Tensors) -> tuple[Program, Tensors]:
    """Nothing but where the lists are cut."""
    steps = program.steps
    norm, head = steps.after
    after = (*steps.layers[-1], structs.replace(norm, of=11), structs.replace(head, of=12))
    return structs.replace(program, steps=structs.replace(steps, layers=steps.layers[:-1], after=after)), tensors


def pooled_at_the_end(program: Program, tensors: Tensors) -> tuple[Program, Tensors]:
    norm, head = program.steps.after
    return with_operations(
        program, "after", [Pool(of=-1), structs.replace(norm, of=0), structs.replace(head, of=1)]
    ), tensors


QKV = "layers.0.query_key_value"
BROKEN = {
    "a multiplier below zero": (change(f"{QKV}.multiplier", lambda t: at(t, 3, -1)), f"{QKV}.multiplier must be 0"),
    "a multiplier too large": (change(f"{QKV}.multiplier", lambda t: at(t, 0, 1 << 23)), f"{QKV}.multiplier must be 0"),
    "multipliers missing": (without(f"{QKV}.multiplier"), f"no tensor {QKV}.multiplier"),
    "one multiplier too few": (change(f"{QKV}.multiplier", lambda t: t[1:]), f"{QKV}.multiplier is torch.int32"),
    "codes of another type": (change(QKV, lambda t: t.to(torch.int16)), f"{QKV} is torch.int16"),
    "a matrix too narrow": (change(QKV, lambda t: t[:, 1:]), r"list 1, operation 1 \(linear\)"),
    "a gain in 16 bits": (change("output_norm", lambda t: t.to(torch.int16)), "output_norm is torch.int16"),
    "an epsilon too large": (
        field(Norm, epsilon=1 << 19),
        r"list 1, operation 0 \(norm\): epsilon 524288 is too large",
    ),
    "an exponential below zero": (change("exponentials", lambda t: at(t, 9, -1)), "exponentials must not be negative"),
    "no exponentials": (change("exponentials", lambda t: t[:0]), "exponentials is empty"),
    "rotations for fewer positions": (change("rotations", lambda t: t[:-1]), "rotations must turn each position"),
    "rotations of another type": (change("rotations", lambda t: t.to(torch.int32)), "rotations is torch.int32"),
    "a function with a hole": (change("silu.10", lambda t: t[1:]), "silu.10 is torch.int32"),
    "noise too short": (change("gumbel", lambda t: t[1:]), "gumbel is torch.int32"),
    "a row of embedding too few": (change("embedding", lambda t: t[1:]), "embedding"),
    "a value that comes later": (field(Norm, of=0), "takes value 0, which does not stand before it"),
    "a narrow value where a wide one is needed": (field(Quantise, of=7), r"\(quantise\): takes a value that is wide"),
    "a gate that something else takes": (layer_ending(Add(left=8, right=11)), "takes a value that is wide, not gated"),
    "a gate's value handed on": (layer_ending(Gate(of=7, table="silu.10", shift=9)), "the gate at 12 must be taken"),
    "a scaled value handed on": (layer_ending(Quantise(of=11)), "hands on a scaled value"),
    "a scaled row with a small shift": (
        lambda program, tensors: (with_field(program, 10, shift=16), tensors),
        r"\(linear\): a scaled row needs a shift of 17 or more, not 16",
    ),
    "heads that do not fit": (field(Rotate, heads=100), r"\(rotate\): rows of 128 have no 100 heads"),
    "a gain that is a bias": (
        field(Norm, bias="layers.0.attention_norm"),
        "layers.0.attention_norm is used as gain and as bias of a norm",
    ),
    "attention to what comes later": (field(Attend, causal=False), "must not attend to what comes later"),
    "attention after the layers": (last_layer_after, "must not attend after the layers"),
    "attention to a value of another list": (field(Attend, of=INPUT), "attends to a value of another list"),
    "a mean of a value of its own list": (layer_ending(Pool(of=11)), "pools a value of its own list"),
    "one row of logits for all positions": (pooled_at_the_end, "must end in .* wide logits at each position"),
    "a row for all added to one for each": (
        layer_ending(Pool(of=INPUT), Add(left=11, right=12)),
        "adds one row to many",
    ),
    "a row for all pooled again": (
        layer_ending(Pool(of=INPUT), Pool(of=12)),
        "takes rows at positions, not one for all",
    ),
    "rows at positions beside one for all": (
        layer_ending(Pool(of=INPUT)),
        "computes rows at positions beside one for all",
    ),
    "more parts than can be shown at once": (
        layer_ending(*(Add(left=11, right=11) for _ in range(240))),
        "list 1 has .* parts; at most 256",
    ),
    "an embedding that is not pooled": (
        lambda program, tensors: (structs.replace(program, noise=""), tensors),
        "must end in one narrow row",
    ),
    "no logits at the end": (
        ending(Norm(of=-1, gain="output_norm", bias="", centred=False, numerator=1, epsilon=0, fraction=8, bound=LIMB)),
        "must end in .* wide logits",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_breaks_a_rule_is_refused_by_name(what: str) -> None:
    broken, message = BROKEN[what]
    program, tensors = tiny()
    prove(program, tensors)
    with pytest.raises(ProgramUnsafe, match=message):
        prove(*broken(program, tensors))
