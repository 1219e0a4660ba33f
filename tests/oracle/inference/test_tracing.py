"""What a generation commits to: the same however it is computed, and another for any value that differs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from oracle.engine import Engine, Generation
from oracle.inference import tables
from oracle.inference.devices import CPU
from oracle.inference.machine import Kernels
from protocol.operations import Attend
from protocol.program import Program, Template, Turn
from protocol.trace import Trace, columns, numbers_root, trace_root
from protocol.types import Sampling
from tests.oracle.inference.programs import Small, decoder, encoder
from tests.oracle.inference.test_exact import KERNELS, QUICK, SEEDS, expected, tokens_of
from tests.vectors.make_inference import row_root, tree

NOBODY = Turn(before=(), after=())


def program_of(small: Small) -> Program:
    embeds = any(isinstance(op, Attend) and not op.causal for op in small.steps)
    return Program(
        format="commonhold/program/2",
        arithmetic="integer/1",
        vocabulary=small.vocabulary,
        context_length=small.positions,
        steps=small.steps,
        template=Template(system=NOBODY, default_system=(), user=NOBODY, assistant=()),
        control_tokens=(),
        stop_tokens=(),
        noise="" if embeds else "gumbel",
    )


def engine_of(small: Small, kernels: Kernels) -> Engine:
    tensors = {**small.tensors, "gumbel": torch.from_numpy(tables.gumbel())}
    model: Any = SimpleNamespace(program=program_of(small), tensors=tensors)
    return Engine(model, CPU, kernels)


def columns_of(small: Small, values: Any, prompt: int) -> list[tuple[list[list[int]], int]]:
    """Rows of each column, from all values of the reference, and the bytes of an element."""
    found = []
    for column in columns(program_of(small)):
        rows = values[column.list][column.operation]
        rows = rows[prompt - 1 :] if column.rows == "chosen" else rows
        op = small.steps.lists[column.list][column.operation]
        narrow = column.first > 0 or getattr(op, "bound", 1 << 31) < 1 << 15
        found.append(([row[column.first :] for row in rows], 2 if narrow else 4))
    return found


def traced(small: Small, prompt: Sequence[int], output: Sequence[int]) -> Trace:
    """What the definition gives, from the reference's values."""
    embeds = program_of(small).embeds
    read = [*prompt] if embeds else [*prompt, *output[:-1]]
    held = columns_of(small, expected(small, read), len(prompt))
    peaks = [] if embeds else [row.index(max(row)) for row in held[-1][0]]
    roots = [tree([row_root(row, size) for row in rows]) for rows, size in held]
    return Trace(len(read), len(output), trace_root(prompt if embeds else [*prompt, *output], peaks, roots))


def same(left: Generation | None, right: Generation) -> bool:
    return left is not None and replace(left, seconds=0) == replace(right, seconds=0)


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("make", [decoder, encoder])
@QUICK
@given(seed=SEEDS, temperature=st.sampled_from([0, 900]))
def test_a_trace_is_that_of_the_reference(name: str, make: Callable[[int], Small], seed: int, temperature: int) -> None:
    small = make(seed)
    engine = engine_of(small, KERNELS[name]())
    prompt, sampling = tokens_of(small, seed), Sampling(5, temperature, seed)
    run = engine.run(prompt, sampling)
    assert run.trace == traced(small, prompt, run.output)
    assert same(engine.confirm(prompt, run.output, sampling), run)


@pytest.mark.parametrize("make", [decoder, encoder])
@QUICK
@given(seed=SEEDS, count=st.integers(2, 5), rounds=st.lists(st.integers(0, 4), max_size=8))
def test_a_trace_is_not_changed_by_those_beside_it(
    make: Callable[[int], Small], seed: int, count: int, rounds: list[int]
) -> None:
    """Streams advance together or apart, and others begin and end meanwhile."""
    small = make(seed)
    engine = engine_of(small, KERNELS["native"]())
    asked = [(tokens_of(small, seed + i), Sampling(1 + i, 700 * (i % 2), seed)) for i in range(count)]
    streams = [engine.open(*each) for each in asked]
    for alone in rounds:
        if alone < count and streams[alone].ended is None:
            engine.step([streams[alone]])
    while going := [stream for stream in streams if stream.ended is None]:
        engine.step(going)
    assert all(same(engine.generation(stream), engine.run(*each)) for stream, each in zip(streams, asked, strict=True))


@QUICK
@given(seed=SEEDS, data=st.data())
def test_a_trace_of_any_other_number_is_another(seed: int, data: st.DataObject) -> None:
    small = decoder(seed)
    prompt = tokens_of(small, seed)
    held = columns_of(small, expected(small, prompt), len(prompt))

    def root() -> bytes:
        return trace_root([1], [2], [tree([row_root(row, size) for row in rows]) for rows, size in held])

    before = root()
    rows, _ = data.draw(st.sampled_from(held))
    row = data.draw(st.sampled_from(rows))
    row[data.draw(st.integers(0, len(row) - 1))] ^= 1
    assert root() != before


def test_a_trace_is_bound_to_its_job_and_to_its_sizes() -> None:
    trace = Trace(5, 3, bytes(32))
    others = [replace(trace, positions=6), replace(trace, outputs=4), replace(trace, root=b"\1" * 32)]
    assert len({each.commitment(bytes(32)) for each in [trace, *others]} | {trace.commitment(b"\1" * 32)}) == 5


def test_numbers_are_kept_in_pieces() -> None:
    numbers = [(-1) ** i * i * 70_001 for i in range(600)]
    assert numbers_root(numbers) == row_root(numbers, 4)
    assert numbers_root([]) == tree([])


def test_a_pass_that_fails_leaves_no_mark_on_the_next() -> None:
    small = decoder(3)
    engine = engine_of(small, KERNELS["native"]())
    prompt, sampling = tokens_of(small, 3), Sampling(4)
    right = engine.run(prompt, sampling)
    broken = engine.open(prompt, sampling)
    broken.pending = [small.vocabulary + 5]
    with pytest.raises((IndexError, RuntimeError)):
        engine.step([broken])
    assert same(engine.run(prompt, sampling), right)
