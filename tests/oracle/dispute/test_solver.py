"""Whatever is wrong in a trace is found and proved, and nothing of a right one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from oracle.dispute.defence import Defence
from oracle.dispute.held import HeldTrace
from oracle.dispute.known import Shown
from oracle.dispute.moves import Exact, ProveAnswer, ProveStep
from oracle.dispute.solver import withheld_tokens
from protocol import merkle
from protocol.clients.referee import verdict
from protocol.computation import Asked
from protocol.disputes import Fault
from protocol.parts import ONE, Kind
from protocol.types import Outcome, Sampling
from tests.oracle.dispute.evm import contract
from tests.oracle.dispute.games import Flip, Table, cheat, convicts, play, with_output
from tests.oracle.inference.programs import Small, decoder, encoder

MAKERS: tuple[Callable[[int], Small], ...] = (decoder, encoder)
SAMPLING = Sampling(6)


@cache
def table(seed: int, which: int) -> Table:
    return Table.small(MAKERS[which](seed))


def prompt_of(table_: Table, seed: int, length: int = 9) -> tuple[int, ...]:
    vocabulary = table_.model.book.program.vocabulary
    return tuple(np.random.default_rng(seed).integers(0, vocabulary, length).tolist())


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("seed", range(5))
def test_a_right_result_is_exact(seed: int, which: int) -> None:
    at = table(seed, which)
    posted = at.answer(prompt_of(at, seed), SAMPLING)
    held = at.held(posted)
    generation = at.engine.run(posted.prompt, SAMPLING)
    assert generation.trace == held.trace
    assert play(at, posted, Defence(at.model, held), held) == (Exact(), 1)


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("seed", range(3))
def test_one_bit_of_any_part_at_any_position_convicts(seed: int, which: int) -> None:
    random, at = np.random.default_rng(seed), table(seed, which)
    posted = at.answer(prompt_of(at, seed), SAMPLING)
    held, seen = at.held(posted), set[Kind]()
    for list_, parts in enumerate(at.model.book.lists):
        first = 0 if parts.rows != 1 else held.positions - held.outputs
        for number, part in enumerate(parts.parts):
            position = 0 if parts.rows == ONE else int(random.integers(first, held.positions))
            length = part.shape.length(position, held.positions)
            for bit in reversed(range(3 if part.kind is Kind.EXPONENT else 8 * part.shape.size - 1)):
                flip = Flip(list_, position, number, int(random.integers(length)), bit)
                try:
                    defence = cheat(at, held, flip)
                except (IndexError, OverflowError, ValueError):  # a place that is none
                    continue
                if defence.held.roots == held.roots:
                    continue  # it comes to nothing
                move, _ = play(at, posted, defence, held)
                assert isinstance(move, ProveStep), (part.kind, move)
                assert (move.step.list, move.step.part) == (list_, number)
                assert convicts(at, posted, defence, move), (part.kind, move)
                seen.add(part.kind)
                break
    assert len(seen) > 8


def test_a_token_that_was_not_to_be_chosen_convicts() -> None:
    at = table(1, 0)
    right = at.answer(prompt_of(at, 1), SAMPLING)
    for index in range(6):
        tokens = list(right.tokens)
        tokens[index] = (tokens[index] + 1) % at.model.book.program.vocabulary
        posted = with_output(right, tuple(tokens))
        held = at.held(posted)
        defence = Defence(at.model, held)
        move, asked = play(at, posted, defence, held)
        assert isinstance(move, ProveAnswer)
        assert (move.claim.fault, move.claim.index, asked) == (Fault.CHOICE, index, 1)
        assert convicts(at, posted, defence, move)


def test_an_answer_that_ends_early_convicts() -> None:
    at = table(1, 0)
    right = at.answer(prompt_of(at, 1), SAMPLING)
    posted = with_output(right, right.tokens[:-1])
    held = at.held(posted)
    move, _ = play(at, posted, Defence(at.model, held), held)
    assert isinstance(move, ProveAnswer)
    assert move.claim.fault is Fault.END
    assert convicts(at, posted, Defence(at.model, held), move)


def test_an_empty_answer_convicts() -> None:
    at = table(1, 0)
    posted = with_output(at.answer(prompt_of(at, 1), SAMPLING), ())
    move, asked = play(at, posted, Defence(at.model, HeldTrace([], (), 0, ())), None)
    assert isinstance(move, ProveAnswer)
    assert (move.claim.fault, asked) == (Fault.END, 0)


@pytest.mark.parametrize("index", [0, 8])
def test_a_prompt_that_is_not_the_jobs_convicts(index: int) -> None:
    at = table(2, 0)
    asked = prompt_of(at, 2)
    other = tuple(token ^ 1 if i == index else token for i, token in enumerate(asked))
    answered = at.answer(other, SAMPLING)
    held = at.held(answered)
    posted = with_output(at.answer(asked, SAMPLING), answered.tokens)
    defence = Defence(at.model, held)
    move, shown = play(at, posted, defence, at.held(posted))
    assert isinstance(move, ProveAnswer)
    assert (move.claim.fault, move.claim.index, shown) == (Fault.PROMPT, index, 2)
    assert convicts(at, posted, defence, move)


def test_a_prompt_of_another_length_convicts() -> None:
    at = table(2, 0)
    asked = prompt_of(at, 2)
    answered = at.answer(asked[1:], SAMPLING)
    held = at.held(answered)
    posted = with_output(at.answer(asked, SAMPLING), answered.tokens)
    move, _ = play(at, posted, Defence(at.model, held), at.held(posted))
    assert isinstance(move, ProveAnswer)
    assert move.claim.fault is Fault.PROMPT
    assert convicts(at, posted, Defence(at.model, held), move)


def test_an_output_that_was_not_computed_convicts() -> None:
    at = table(2, 0)
    right = at.answer(prompt_of(at, 2), SAMPLING)
    posted = with_output(right, (*right.tokens[:-1], right.tokens[-1] ^ 1))
    defence = Defence(at.model, at.held(right))
    move, _ = play(at, posted, defence, at.held(posted))
    assert isinstance(move, ProveAnswer)
    assert (move.claim.fault, move.claim.index) == (Fault.OUTPUT, 5)
    assert convicts(at, posted, defence, move)


def test_a_peak_that_is_none_convicts() -> None:
    at = table(2, 0)
    posted = at.answer(prompt_of(at, 2), SAMPLING)
    held = at.held(posted)
    wrong = HeldTrace(held.columns, held.tokens, held.outputs, [*held.peaks[:-1], held.peaks[-1] ^ 1])
    move, _ = play(at, posted, Defence(at.model, wrong), held)
    assert isinstance(move, ProveAnswer)
    assert (move.claim.fault, move.claim.index) == (Fault.PEAK, 5)
    assert convicts(at, posted, Defence(at.model, wrong), move)


def test_an_embedding_that_was_not_computed_convicts() -> None:
    at = table(2, 1)
    right = at.answer(prompt_of(at, 2), SAMPLING)
    posted = type(right)(**{**right.__dict__, "output": right.output[:-1] + bytes([right.output[-1] ^ 1])})
    held = at.held(right)
    move, asked = play(at, posted, Defence(at.model, held), held)
    assert isinstance(move, ProveAnswer)
    assert (move.claim.fault, asked) == (Fault.OUTPUT, 1)
    assert convicts(at, posted, Defence(at.model, held), move)


@pytest.mark.parametrize(
    ("positions", "outputs", "fault"),
    [(1 << 62, 2, Fault.PROMPT), ((1 << 36) - 1, 1 << 36, Fault.PROMPT), (1_000_008, 1_000_000, Fault.END)],
)
def test_sizes_that_are_made_up_keep_nobody_looking(positions: int, outputs: int, fault: Fault) -> None:
    """Of an output that was refused, whose tokens would have to be shown: sizes are looked at before."""
    at = table(0, 0)
    posted = replace(at.answer(prompt_of(at, 0), SAMPLING), outcome=Outcome.OUTPUT_REFUSED, output=bytes(8), tokens=())
    shown = Shown(positions, outputs, (bytes(32),) * (2 + sum(len(parts.columns) for parts in at.model.book.lists)))
    move = withheld_tokens(at.model, posted, shown)
    assert isinstance(move, ProveAnswer)
    assert move.claim.fault is fault
    book, root = at.model.book, merkle.root(shown.hashes)
    computation = book.computation(at.model.weights_root, root, positions, outputs)
    payload = move.payload if fault is Fault.PROMPT else b""
    told = verdict(computation, move.claim, move.evidence, asked=Asked(SAMPLING.pack()), payload=payload)
    assert contract("AnswerReferee").call(*told) is True
