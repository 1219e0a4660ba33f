"""Judges an answer as `AnswerReferee` does, and keeps what it is shown: `docs/dispute.md`, section 4.

Apart from what it was computed from, an answer is wrong in a token of it: a peak of the logits that is none, a token
that is not the one to choose, an end where none should be, an output that is not what was chosen, a prompt that is not
the job's. Each is refuted by one token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from oracle.dispute.elements import Place
from oracle.dispute.showing import Showing, TraceBook, WeightsBook
from oracle.inference.sampling import THOUSAND, noise_places, noise_words
from protocol.computation import Asked, Computation, Evidence, ProgramBook
from protocol.disputes import Claim, Fault
from protocol.parts import LEAF, Over, Shape, Source
from protocol.payload import EMBEDDING, WIDTH
from protocol.program import IDS_A_LEAF, token_list_records, token_lists
from protocol.trace import PEAKS, TOKENS
from protocol.types import Sampling

DEFAULT_SYSTEM, STOP_LIST = 4, 7
ELEMENT = 2
NO_RECORD: Final = b""
"""Where the contract reads none."""


class NotJudged(ValueError):
    """The contract reverts: there is no such token, or the claim does not fit the program."""


@dataclass(frozen=True, slots=True)
class Files:
    """What is known of a model and of what was computed by it."""

    book: ProgramBook
    weights: WeightsBook
    trace: TraceBook
    computation: Computation


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether the answer is wrong, as the contract says on seeing `evidence`."""

    wrong: bool
    evidence: Evidence


def judge_claim(files: Files, claim: Claim, asked: Asked, payload: bytes = b"", policy: Sequence[int] = ()) -> Judged:
    """`payload`: the output, or the input, where that is judged. Raises `NotJudged`."""
    judge = _Judge(files, claim.index, asked)
    match claim.fault:
        case Fault.PEAK:
            wrong = judge.peak(claim.other)
        case Fault.CHOICE:
            wrong = judge.choice(claim.other)
        case Fault.END:
            wrong = judge.end()
        case Fault.OUTPUT:
            wrong = judge.output(payload)
        case Fault.PROMPT:
            wrong = judge.prompt(payload, policy)
        case Fault.REFUSAL | Fault.FORBIDDEN:
            raise NotJudged("that is judged by rules")
    return Judged(wrong, judge.evidence())


class _Judge:
    def __init__(self, files: Files, index: int, asked: Asked) -> None:
        self._computation, self._book = files.computation, files.book
        self._index, self._most_output = index, asked.most_output
        self._sampling = Sampling.unpack(asked.sampling)
        self._record = NO_RECORD
        place = Place(index, files.computation.outputs)
        self._showing = Showing(files.book.lists[-1], (), place, files.trace, files.weights)

    def evidence(self) -> Evidence:
        sides, climb = self._book.prove(self._record) if self._record else (0, ())
        return Evidence(self._record, sides, climb, bytes(self._showing.data), tuple(self._showing.path))

    # ------------------------------------------------------------ verdicts

    def peak(self, other: int) -> bool:
        self._generates()
        peak = self._peak()
        if not 0 <= peak < self._computation.vocabulary:
            return True
        theirs, ours = self._logit(peak), self._logit(other)
        return ours > theirs or (ours == theirs and other < peak)

    def choice(self, other: int) -> bool:
        self._generates()
        token, sampling = self._token(self._prompt + self._index), self._sampling
        if not 0 <= token < self._computation.vocabulary:
            return True
        if sampling.temperature == 0:
            return token != self._peak()
        return self._draw(token, other)

    def end(self) -> bool:
        if self._computation.outputs == 0:
            return self._computation.noise == 0 or self._sampling.max_tokens != 0
        self._generates()
        if self._computation.outputs > self._most:
            return True
        token = self._token(self._prompt + self._index)
        self._record = self._records(STOP_LIST)[0]
        stops = token in self._book.program.stop_tokens
        if self._index + 1 == self._computation.outputs:
            return not stops and self._computation.outputs < self._most
        return stops

    def output(self, output: bytes) -> bool:
        computation = self._computation
        embeds, outputs = computation.noise == 0, computation.outputs
        if len(output) != (WIDTH + ELEMENT * outputs if embeds else WIDTH * outputs):
            return True
        if embeds and (outputs != computation.width or output[:WIDTH] != EMBEDDING):
            return True
        if self._index >= outputs:
            raise NotJudged(f"there is no token {self._index}")
        if embeds:
            at = WIDTH + ELEMENT * self._index
            return int.from_bytes(output[at : at + ELEMENT], "big", signed=True) != self._element()
        at = WIDTH * self._index
        return int.from_bytes(output[at : at + WIDTH], "big") != self._token(self._prompt + self._index)

    def prompt(self, payload: bytes, policy: Sequence[int]) -> bool:
        if len(payload) % WIDTH:
            raise NotJudged("the input is no number of tokens")
        program, input_ = self._book.program, range(0, len(payload), WIDTH)
        ids = [int.from_bytes(payload[at : at + WIDTH], "big") for at in input_]
        lists = [*enumerate(token_lists(program))]
        system = (None, tuple(policy)) if policy else lists[DEFAULT_SYSTEM]
        order = [lists[0], system, lists[1], lists[2], (None, tuple(ids)), lists[3], lists[5]]
        length = sum(len(tokens) for _, tokens in order)
        computation = self._computation
        tokens = computation.positions + (computation.noise != 0)
        if tokens != length + (computation.outputs if computation.noise else 0):
            return True
        index = self._index
        for number, tokens_ in order:
            if index < len(tokens_):
                if number is not None:
                    self._record = self._records(number)[index // IDS_A_LEAF]
                return tokens_[index] != self._token(self._index)
            index -= len(tokens_)
        raise NotJudged(f"the prompt has no token {self._index}")

    # ------------------------------------------------------------ what they rest on

    def _draw(self, token: int, other: int) -> bool:
        sampling, largest = self._sampling, 0
        theirs = self._logit(token)
        if sampling.cut:
            largest = self._logit(self._peak())
            if self._is_cut(largest, theirs):
                return True
        if other == token:
            return False
        ours = self._logit(other)
        if sampling.cut and self._is_cut(largest, ours):
            return False
        theirs, ours = self._key(theirs, token), self._key(ours, other)
        return ours > theirs or (ours == theirs and other < token)

    def _is_cut(self, largest: int, logit: int) -> bool:
        """(19)"""
        sampling = self._sampling
        return THOUSAND * (largest - logit) > sampling.temperature * (sampling.cut << 8)

    def _key(self, logit: int, token: int) -> int:
        """(20)"""
        sampling = self._sampling
        word = noise_words(sampling.seed, self._index, np.array([token]))
        noise = self._showing.entry(self._computation.noise, int(noise_places(word)[0]))
        return THOUSAND * logit + sampling.temperature * noise

    def _token(self, index: int) -> int:
        if not 0 <= index < self._computation.positions + (self._computation.noise != 0):
            raise NotJudged(f"the trace has no token {index}")
        return self._showing.number(TOKENS, index)

    def _peak(self) -> int:
        return self._showing.number(PEAKS, self._index)

    def _logit(self, token: int) -> int:
        width = self._computation.vocabulary
        if not 0 <= token < width:
            raise NotJudged(f"there is no token {token}")
        return self._of_last(Shape(width, 4), token)

    def _element(self) -> int:
        return self._of_last(Shape(self._computation.outputs, ELEMENT, Over.SINGLE), self._index)

    def _of_last(self, shape: Shape, index: int) -> int:
        source = Source(self._computation.columns - 1, shape, column=True)
        return self._showing.leaf(source, index // LEAF)[index % LEAF]

    def _records(self, list_: int) -> list[bytes]:
        return list(token_list_records(self._book.program, list_))

    def _generates(self) -> None:
        if self._computation.noise == 0:
            raise NotJudged("a program that embeds chooses nothing")
        if self._index >= self._computation.outputs:
            raise NotJudged(f"there is no token {self._index}")

    @property
    def _prompt(self) -> int:
        prompt = self._computation.positions + 1 - self._computation.outputs
        if prompt < 0:
            raise NotJudged("more tokens came out than were read")
        return prompt

    @property
    def _most(self) -> int:
        room = max(0, self._computation.context_length - self._prompt)
        allowed = [self._sampling.max_tokens, room]
        return min([*allowed, self._most_output] if self._most_output else allowed)
