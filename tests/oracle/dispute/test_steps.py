"""Solidity and Python judge every element alike, whatever was committed; both as the reference computes it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from oracle.dispute.elements import Place
from oracle.dispute.rows import Weights, rows
from oracle.inference.reference import Scaled
from protocol.clients.referee import JUDGE
from protocol.parts import ONE, Kind
from tests.oracle.dispute.books import Book, Case, nonsense_rows
from tests.oracle.dispute.evm import contract
from tests.oracle.inference.programs import Small, decoder, encoder
from tests.oracle.inference.test_exact import expected

MAKERS: tuple[Callable[[int], Small], ...] = (decoder, encoder)
CASES = int(os.environ.get("REFEREE_CASES", "200"))
"""Of each kind of part; ten thousand in `make fuzz-referee`."""
LONG = (1, 2, 9, 255, 256, 257, 520)


def test_every_element_is_judged_alike_in_solidity_and_in_python() -> None:
    referee, seen, seed = contract("StepReferee"), Counter[Kind](), 0
    while min(seen[kind] for kind in Kind) < CASES:
        random = np.random.default_rng(seed)
        case = Case(MAKERS[seed % 2](seed))
        positions = int(random.choice(LONG)) if seed % 8 == 0 else int(random.integers(1, 12))
        trace = case.nonsense(random, positions)
        for list_, parts in enumerate(case.book.lists):
            position = 0 if parts.rows == ONE else int(random.choice([0, positions - 1, random.integers(positions)]))
            place = Place(position, positions)
            made = nonsense_rows(random, parts, place)
            for number, part in enumerate(parts.parts):
                if seen[part.kind] >= CASES * 2:
                    continue
                length = len(made[number])
                for element in {0, length - 1, int(random.integers(length))}:
                    witness = int(random.integers(0, 8))
                    judgement, step, evidence = case.judged(
                        trace, made, place, at=(list_, number, element), witness=witness
                    )
                    answer = referee.call(JUDGE, case.computation(trace, positions), step, evidence)
                    assert answer == (judgement.committed, judgement.expected), (seed, part.kind, element)
                    seen[part.kind] += 1
        seed += 1


def held(case: Case, values: Any) -> Book:
    """The trace of a computation of which the reference gave all values."""
    columns = []
    for list_, parts in enumerate(case.book.lists):
        for number in parts.columns:
            part = parts.parts[number]
            operation = case.program.steps.lists[list_][part.operation]
            slices = part.kind == Kind.SLICE
            value = values[list_][operation.inputs[0] if slices else part.operation]
            first = part.fields[0] if slices else 0
            columns.append(([np.array(row[first : first + part.shape.width]) for row in value], part.shape.size))
    return Book([], [], columns)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("seed", range(20))
def test_parts_end_in_what_the_reference_computes_and_every_element_is_right(
    make: Callable[[int], Small], seed: int
) -> None:
    random, small = np.random.default_rng(seed), make(seed)
    case = Case(small)
    tokens = random.integers(0, small.vocabulary, 9).tolist()
    values = expected(small, tokens)
    trace = held(case, values)
    trace.tokens = [*tokens, 0]
    weights = Weights(case.program, case.tensors)
    for list_, parts in enumerate(case.book.lists):
        for position in range(1 if parts.rows == ONE else len(tokens)):
            place = Place(position, len(tokens))
            made = rows(parts, place, weights, lambda number: np.stack(trace.columns[number][0]), tokens)
            ends = {part.operation: number for number, part in enumerate(parts.parts)}
            for operation, number in ends.items():
                value = values[list_][operation]
                row = value[position if len(value) > 1 else 0]
                assert made[number].tolist() == (row.elements if isinstance(row, Scaled) else row)
            for number in random.choice(len(parts.parts), 3):
                element = int(random.integers(len(made[number])))
                witness = int(random.integers(5))
                judgement, *_ = case.judged(trace, made, place, at=(list_, int(number), element), witness=witness)
                assert judgement.committed == judgement.expected


@pytest.fixture(scope="module")
def shown() -> tuple[Any, ...]:
    """A step of a decoder that is judged, and what it is judged by."""
    random, case = np.random.default_rng(7), Case(decoder(7))
    trace = case.nonsense(random, 5)
    place = Place(3, 5)
    kinds = [part.kind for part in case.book.lists[1].parts]
    made = nonsense_rows(random, case.book.lists[1], place)
    _, step, evidence = case.judged(trace, made, place, at=(1, kinds.index(Kind.SCORES), 2))
    return case.computation(trace, 5), step, evidence


@pytest.mark.parametrize("field", ["data", "path", "climb", "record"])
def test_nothing_is_judged_by_what_was_not_committed(shown: tuple[Any, ...], field: str) -> None:
    computation, step, evidence = shown
    referee = contract("StepReferee")
    referee.call(JUDGE, computation, step, evidence)
    given = getattr(evidence, field)
    if isinstance(given, bytes):
        wrong: list[Any] = [given[:-1], given + b"\0", bytes([given[0] ^ 1]) + given[1:], b""]
        wrong += [given[:i] + bytes([given[i] ^ 128]) + given[i + 1 :] for i in range(0, len(given), 37)]
    else:
        wrong = [given[:-1], (*given, bytes(32)), given[1:], ()]
        wrong += [(*given[:i], bytes(32), *given[i + 1 :]) for i in range(len(given))]
    for other in wrong:
        with pytest.raises(RuntimeError):
            referee.call(JUDGE, computation, step, replace(evidence, **{field: other}))


@pytest.mark.parametrize("field", ["list", "part", "position", "element", "count", "parts"])
def test_a_step_is_judged_where_it_says_and_nowhere_else(shown: tuple[Any, ...], field: str) -> None:
    computation, step, evidence = shown
    given = getattr(step, field)
    other = given + 300 if isinstance(given, int) else given[:-1] + b"\0"
    with pytest.raises(RuntimeError):
        contract("StepReferee").call(JUDGE, computation, replace(step, **{field: other}), evidence)
