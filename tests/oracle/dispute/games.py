"""Games between a solver and an operator that answers everything, without a chain; contracts judge what is proved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from oracle.dispute.defence import Defence
from oracle.dispute.held import HeldTrace, hold
from oracle.dispute.known import Shown
from oracle.dispute.moves import AskElements, AskParts, AskRows, AskTrace, Move, ProveAnswer, ProveStep
from oracle.dispute.rows import Row, Weights
from oracle.dispute.showing import WeightsBook
from oracle.dispute.solver import ModelBook, Posted, solve
from oracle.engine import Engine
from oracle.inference import tables
from oracle.inference.devices import CPU
from oracle.inference.torch_kernels import TorchKernels
from oracle.models.weights import weights_root
from protocol.clients.referee import JUDGE, verdict
from protocol.computation import Asked, ProgramBook
from protocol.disputes import Fault
from protocol.parts import CHOSEN, ONE
from protocol.payload import encode_elements, encode_tokens
from protocol.program import Program
from protocol.types import Outcome, Sampling
from tests.oracle.dispute.books import spellings
from tests.oracle.dispute.evm import contract
from tests.oracle.inference.programs import Small
from tests.oracle.inference.test_tracing import program_of


@dataclass(frozen=True)
class Table:
    """A model at hand of both sides."""

    engine: Engine
    model: ModelBook

    @classmethod
    def of(cls, engine: Engine) -> Table:
        program, tensors = engine.model.program, dict(engine.model.tensors)
        shapes = {name: tensor.shape for name, tensor in tensors.items()}
        book = ProgramBook(program, shapes, engine.model.tokenizer.spellings)
        model = ModelBook(
            book, WeightsBook(program, tensors), Weights(program, tensors), weights_root(program, tensors)
        )
        return cls(engine, model)

    @classmethod
    def small(cls, small: Small) -> Table:
        tensors = {**small.tensors, "gumbel": torch.from_numpy(tables.gumbel())}
        program: Program = program_of(small)
        if program.embeds:
            tensors.pop("gumbel")
        tokenizer = SimpleNamespace(spellings=spellings(program.vocabulary))
        model: Any = SimpleNamespace(program=program, tensors=tensors, tokenizer=tokenizer)
        return cls.of(Engine(model, CPU, TorchKernels(CPU)))

    def answer(self, prompt: tuple[int, ...], sampling: Sampling) -> Posted:
        """As it is to be answered, where no template and no rules are."""
        output = self.engine.run(prompt, sampling).output
        embeds = self.model.book.program.embeds
        payload = encode_elements(output) if embeds else encode_tokens(output)
        tokens = () if embeds else output
        return Posted(Outcome.ANSWERED, payload, encode_tokens(prompt), prompt, tokens, sampling)

    def held(self, posted: Posted) -> HeldTrace:
        return hold(self.engine, posted.prompt, posted.tokens)


@dataclass(frozen=True)
class Flip:
    """One bit of one element of a part, at a position."""

    list: int
    position: int
    part: int
    element: int
    bit: int

    def alter(self, part: int, row: Row) -> Row:
        if part != self.part:
            return row
        changed = row.copy()
        changed[self.element] ^= np.int64(1) << self.bit
        return changed


def cheat(table: Table, held: HeldTrace, flip: Flip) -> Defence:
    """An operator that computed one element wrong, and whatever rests on it in its list from that."""
    parts = table.model.book.lists[flip.list]
    first = held.positions - held.outputs if parts.rows == CHOSEN else 0
    row = 0 if parts.rows == ONE else flip.position - first
    wrong = held
    for i, part in enumerate(parts.columns):  # what is behind keys and values reads them from their column
        made = wrong.parts(parts, flip.position, table.model.rows, flip.alter)
        columns = list(wrong.columns)
        column = columns[parts.first_column + i].copy()
        column[row] = made[part].astype(column.dtype)
        columns[parts.first_column + i] = column
        peaks = columns[-1].argmax(1).tolist() if held.peaks else []
        wrong = HeldTrace(columns, held.tokens, held.outputs, peaks)
    alterations = {(flip.list, flip.position): flip.alter}
    return Defence(table.model, wrong, lambda list_, position: alterations.get((list_, position)))


def play(table: Table, posted: Posted, defence: Defence, held: HeldTrace | None) -> tuple[Move, int]:
    """The solver's last move, and how often the operator had to show something."""
    shown, asked = Shown(), 0
    while True:
        move = solve(table.model, posted, shown, held)
        match move:
            case AskTrace():
                shown.positions, shown.outputs = defence.held.positions, defence.held.outputs
                shown.hashes = tuple(defence.hashes())
            case AskRows(place, node):
                take(shown, defence.rows(place, node.level, node.index))
            case AskParts(list_, position):
                shown.parts[list_, position] = tuple(defence.parts(list_, position))
            case AskElements(step, node):
                take(shown, defence.elements(step.list, step.part, step.position, node.level, node.index))
            case _:
                return move, asked
        asked += 1


def take(shown: Shown, answer: Any) -> None:
    if isinstance(answer, bytes):
        shown.known.add_content(answer)
    else:
        shown.known.add_hashes(answer)


def convicts(table: Table, posted: Posted, defence: Defence, move: Move) -> bool:
    """Whether the contract says so too."""
    held = defence.held
    root = held.trace.root
    computation = table.model.book.computation(table.model.weights_root, root, held.positions, held.outputs)
    match move:
        case ProveStep():
            told = contract("StepReferee").call(JUDGE, computation, move.step, move.evidence)
            assert told == (move.committed, move.expected)
            return bool(told[0] != told[1])
        case ProveAnswer(claim, evidence, payload):
            asked = Asked(posted.sampling.pack(), posted.most_output)
            policy = b""
            if claim.fault is Fault.PROMPT:
                policy, payload = payload[: 3 * claim.other], payload[3 * claim.other :]
            told = verdict(computation, claim, evidence, asked=asked, payload=payload, policy=policy)
            return bool(contract("AnswerReferee").call(*told))
        case _:
            return False


def with_output(posted: Posted, tokens: tuple[int, ...]) -> Posted:
    return replace(posted, tokens=tokens, output=encode_tokens(tokens))
