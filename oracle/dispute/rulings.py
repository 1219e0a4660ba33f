"""Judges a result by its rules as `RefusalReferee` does, and keeps what it is shown: `docs/dispute.md`, section 4.

A refusal names its witness: which rule is broken, and at which token. It is wrong where that does not hold, and so is
any result where a witness holds that comes before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from oracle.dispute.claims import DEFAULT_SYSTEM, Files, NotJudged
from oracle.dispute.showing import NUMBER_BYTES
from protocol import merkle
from protocol.computation import Evidence
from protocol.disputes import Claim, Fault, Ruling
from protocol.parts import LEAF
from protocol.payload import NO_RULE, WIDTH, PayloadMalformed, Witness, decode_witness, encode_tokens, encode_witness
from protocol.program import token_lists
from protocol.rules import Deny, Limit, RuleSet, Scope
from protocol.spellings import TOKENS_A_LEAF
from protocol.trace import TOKENS
from protocol.types import Outcome

IN_PROMPT = 6
"""Lists of the program that stand in a prompt, the default system among them."""
STAGES: Final = {Outcome.INPUT_REFUSED: Scope.INPUT, Outcome.OUTPUT_REFUSED: Scope.OUTPUT}
"""What was refused."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A result, and what it is judged by. `policy`: token ids that the rules put before the prompt."""

    outcome: Outcome
    output: bytes
    input: bytes
    rules: RuleSet
    policy: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgedByRules:
    """Whether a result is wrong, as the contract says on seeing `evidence` and `ruling`."""

    wrong: bool
    evidence: Evidence
    ruling: Ruling


def rule_claim(ruled: Ruled, stage: Scope, right: Witness | None) -> Claim | None:
    """What is wrong with a result at a stage, where `right` is the witness to refuse by, if there is one."""
    if STAGES.get(ruled.outcome) is stage:
        posted = _posted(ruled.output)
        if posted is None or right is None or posted.order < right.order:
            return Claim(Fault.REFUSAL, 0)
        if posted == right:
            return None
    return None if right is None else Claim(Fault.FORBIDDEN, int.from_bytes(encode_witness(right), "big"), stage)


def judge_ruled(files: Files, claim: Claim, ruled: Ruled) -> JudgedByRules:
    """Raises `NotJudged` where the claim does not fit the result."""
    witness = decode_witness((claim.index % (1 << 64)).to_bytes(8, "big"))
    if claim.fault is Fault.REFUSAL:
        stage, posted = STAGES.get(ruled.outcome), _posted(ruled.output)
        if stage is None:
            raise NotJudged("nothing was refused")
        judge = _Judge(files, ruled, stage)
        judge.output = ruled.output
        wrong = posted is None or not judge.breaks(posted)
    else:
        if claim.other not in {Scope.INPUT, Scope.OUTPUT}:
            raise NotJudged("that is neither the input nor the output")
        judge = _Judge(files, ruled, Scope(claim.other))
        judge.require_before(witness)
        wrong = judge.breaks(witness)
    return JudgedByRules(wrong, judge.evidence(), judge.ruling())


def _posted(output: bytes) -> Witness | None:
    try:
        return decode_witness(output)
    except PayloadMalformed:
        return None


class _Judge:
    def __init__(self, files: Files, ruled: Ruled, stage: Scope) -> None:
        self._files, self._ruled, self._stage = files, ruled, stage
        self._computation, self._book = files.computation, files.book
        self._record = b""
        self._data, self._path = bytearray(), list[bytes]()
        self._leaves_seen = set[int]()
        self._numbers = (-1, b"")
        self._denied, self._policy = b"", False
        self.output = b""
        self._count = len(ruled.input) // WIDTH if stage is Scope.INPUT else 0
        if stage is Scope.OUTPUT and self._computation.noise:
            self._count = self._computation.outputs
            if self._count > self._computation.positions + 1:
                raise NotJudged("more tokens came out than were read")

    def evidence(self) -> Evidence:
        sides, climb = self._book.prove(self._record) if self._record else (0, ())
        return Evidence(self._record, sides, climb, bytes(self._data), tuple(self._path))

    def ruling(self) -> Ruling:
        policy = encode_tokens(self._ruled.policy) if self._policy else b""
        return Ruling(self._denied, policy, self._ruled.input if self._stage is Scope.INPUT else b"", self.output)

    def require_before(self, witness: Witness) -> None:
        """Raises `NotJudged` unless it comes before what was posted."""
        stage, posted = STAGES.get(self._ruled.outcome), _posted(self._ruled.output)
        if stage is Scope.INPUT and self._stage is Scope.OUTPUT:
            raise NotJudged("what was refused already gives no output")
        if stage is self._stage:
            self.output = self._ruled.output
            if posted is None or witness.order >= posted.order:
                raise NotJudged("what was posted comes before")

    def breaks(self, witness: Witness) -> bool:
        rules = self._ruled.rules.rules
        if witness.rule == NO_RULE:
            return self._stage is Scope.INPUT and self._no_text(witness.position)
        match rules[witness.rule] if witness.rule < len(rules) else None:
            case Limit(most, _):
                return self._stage is Scope.INPUT and self._count > most and witness.position == most
            case Deny(scope, pattern):
                self._denied = bytes([scope]) + pattern
                applies = scope & self._stage and witness.position < self._count
                return bool(applies) and self._begins(pattern.lower(), witness.position)
            case _:
                return False

    # ------------------------------------------------------------ texts

    def _no_text(self, position: int) -> bool:
        self._policy = True
        if position == self._room and position < self._count:
            return True
        if position >= self._count:
            return position == self._count and len(self._ruled.input) % WIDTH != 0
        token = self._token(position)
        return token >= self._computation.vocabulary or self._spelling(token) is None

    @property
    def _room(self) -> int:
        lists = [len(ids) for ids in token_lists(self._book.program)[:IN_PROMPT]]
        if self._ruled.policy:
            lists[DEFAULT_SYSTEM] = len(self._ruled.policy)
        return max(0, self._computation.context_length - sum(lists) - (self._computation.noise != 0))

    def _begins(self, pattern: bytes, position: int) -> bool:
        self._record = self._book.spellings_record
        window = self._bytes(position)
        starts = len(window)
        if not starts:
            return False
        while len(window) < starts - 1 + len(pattern) and (position := position + 1) < self._count:
            window += self._bytes(position)
        return 0 <= window.lower().find(pattern) < starts

    def _bytes(self, position: int) -> bytes:
        token = self._token(position)
        return b"" if token >= self._computation.vocabulary else self._spelling(token) or b""

    # ------------------------------------------------------------ what is shown

    def _token(self, position: int) -> int:
        if self._stage is Scope.INPUT:
            return int.from_bytes(self._ruled.input[WIDTH * position :][:WIDTH], "big")
        index = self._computation.positions + 1 - self._count + position
        leaf, trace = index // LEAF, self._files.trace
        if self._numbers[0] != leaf:
            content, path = trace.number_leaf(TOKENS, leaf)
            self._data += content
            self._path += [*path, *merkle.path(list(trace.roots), TOKENS)]
            self._numbers = leaf, content
        at = index % LEAF * NUMBER_BYTES
        return int.from_bytes(self._numbers[1][at : at + NUMBER_BYTES], "big")

    def _spelling(self, token: int) -> bytes | None:
        self._record = self._book.spellings_record
        leaf = token // TOKENS_A_LEAF
        if leaf not in self._leaves_seen:
            self._leaves_seen.add(leaf)
            content, path = self._book.spelling_leaf(leaf)
            self._data += content
            self._path += path
        return self._book.spellings[token]
