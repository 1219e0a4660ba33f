"""Solidity and Python judge every result by the rules alike; both as `Safety` refuses."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from eth_utils.crypto import keccak
from numpy.random import Generator

from oracle.dispute.claims import NotJudged
from oracle.dispute.rulings import Ruled, judge_ruled, rule_claim
from oracle.safety import Refusal, Safety
from protocol.clients.referee import IS_WRONG_BY_RULES
from protocol.disputes import Case as Matter
from protocol.disputes import Claim, Fault, Ruling
from protocol.payload import NO_RULE, Witness, encode_tokens, encode_witness
from protocol.program import Template, Turn
from protocol.rules import Deny, Limit, Prefix, Rule, RuleSet, Scope, encode, rules_id
from protocol.types import Outcome
from tests.oracle.dispute.books import Book, Case
from tests.oracle.dispute.evm import refusals
from tests.oracle.dispute.test_steps import CASES
from tests.oracle.inference.programs import decoder, encoder

DECODERS = 5
CONTEXT = 24
VOCABULARY = 70
TOKENIZER = bytes(31) + b"\1"
LETTERS = b"aAbB\xff"
POSTED = (b"", bytes(7), bytes(9))
"""No witnesses."""


@cache
def chatting(seed: int) -> Case:
    """A decoder whose template leaves little room, down to none."""
    around = Turn(before=(1,), after=(2,) * (seed % 3 * 4))
    template = Template(system=around, default_system=(3, 1), user=around, assistant=(1,) * (1 + seed % 5 * 4))
    fields = {"control_tokens": (0,), "stop_tokens": (0,), "context_length": CONTEXT, "vocabulary": VOCABULARY}
    return Case(decoder(seed), template=template, **fields)


@cache
def embedding() -> Case:
    return Case(encoder(1))


def drawn_rules(random: Generator) -> RuleSet:
    """A few, in any order."""

    def deny() -> Rule:
        pattern = bytes(random.choice(np.frombuffer(LETTERS, np.uint8), random.integers(1, 5)))
        return Deny(Scope(int(random.integers(1, 4))), pattern)

    rules: list[Rule] = [deny() for _ in range(random.integers(1, 4))]
    if random.integers(0, 2):
        rules.append(Limit(int(random.integers(1, 6)), 9))
    if random.integers(0, 2):
        tokens = tuple(random.integers(0, 9, random.integers(1, 4)).tolist())
        rules.append(Prefix(TOKENIZER, tokens, "policy"))
    return RuleSet(tuple(rules[i] for i in random.permutation(len(rules))))


def trace_of(case: Case, tokens: list[int]) -> Book:
    """Nothing but the tokens matters of it."""
    columns = sum(len(parts.columns) for parts in case.book.lists)
    return Book(tokens, [], [([np.zeros(1, np.int64)], 2)] * columns)


@dataclass(frozen=True, slots=True)
class Scene:
    """A result, the trace that it rests on, and the rules that it is under."""

    case: Case
    trace: Book
    sizes: tuple[int, int]
    ruled: Ruled

    @classmethod
    def drawn(cls, random: Generator) -> Scene:
        """Of nonsense: as likely right as wrong."""
        case = chatting(int(random.integers(0, DECODERS))) if random.integers(0, 6) else embedding()
        outputs = int(random.integers(1, 5))
        positions = outputs - 1 + int(random.integers(0 if outputs > 1 else 1, 270))
        vocabulary, rules = case.program.vocabulary, drawn_rules(random)
        trace = trace_of(case, random.integers(0, vocabulary, positions + bool(case.program.noise)).tolist())
        tokens = random.integers(1, vocabulary, random.integers(0, 8)).tolist()
        if not random.integers(0, 6):
            tokens = random.integers(0, vocabulary + 2, random.integers(0, CONTEXT)).tolist()
        input_ = encode_tokens(tokens) + bytes(int(random.choice([0, 0, 0, 0, 1, 2])))
        policy = rules.prefix(TOKENIZER)
        outcome = Outcome(int(random.integers(0, 3)))
        posted = encode_witness(drawn_witness(random, rules)) if random.integers(0, 5) else random.choice(POSTED)
        ids = () if policy is None or case.program.embeds else policy.tokens
        return cls(case, trace, (positions, outputs), Ruled(outcome, bytes(posted), input_, rules, ids))

    @property
    def matter(self) -> Matter:
        ruled = self.ruled
        return Matter(
            computation=self.case.computation(self.trace, *self.sizes),
            sampling=0,
            outcome=ruled.outcome,
            rules=rules_id(encode(ruled.rules)),
            policy=keccak(encode_tokens(ruled.policy)) if ruled.policy else bytes(32),
            input=keccak(ruled.input),
            output=keccak(ruled.output),
        )

    def alike(self, claim: Claim) -> bool:
        """What both say. Raises `NotJudged` where both refuse to."""
        refusals().adopt(encode(self.ruled.rules))
        try:
            judged = judge_ruled(self.case.files(self.trace, *self.sizes), claim, self.ruled)
        except NotJudged:
            with pytest.raises(RuntimeError):
                self.told(claim, Ruling(b"", b"", self.ruled.input, self.ruled.output))
            raise
        assert self.told(claim, judged.ruling, judged.evidence) == judged.wrong, (claim, self.ruled)
        return judged.wrong

    def told(self, claim: Claim, ruling: Ruling, *evidence: Any) -> bool:
        shown = evidence or (SimpleNamespace(record=b"", sides=0, climb=(), data=b"", path=()),)
        return bool(refusals().judge.call(IS_WRONG_BY_RULES, self.matter, claim, *shown, ruling))

    def holding(self, stage: Scope) -> list[Witness]:
        """Of all witnesses that there could be at a stage, those that hold, the lowest first."""
        free = replace(self, ruled=replace(self.ruled, outcome=Outcome.ANSWERED, output=b""))
        rules = [NO_RULE, *range(len(self.ruled.rules.rules) + 1)]
        witnesses = [Witness(rule, position) for rule in rules for position in range(CONTEXT + 2)]
        return [each for each in witnesses if free.alike(Claim(Fault.FORBIDDEN, number(each), stage))]

    def safety(self) -> Safety:
        """That of an operator."""
        spellings = self.case.spellings
        tokenizer = SimpleNamespace(
            detokenise=lambda ids: b"".join(spellings[token] or b"" for token in ids),
            is_text=lambda token: token < len(spellings) and spellings[token] is not None,
        )
        model: Any = SimpleNamespace(
            tokenizer=tokenizer, program=self.case.program, identity=SimpleNamespace(tokenizer=TOKENIZER)
        )
        return Safety(self.ruled.rules, model)

    def right(self, stage: Scope) -> Witness | None:
        """What an honest operator refuses by."""
        safety = self.safety()
        if stage is Scope.INPUT:
            judged = safety.judge_input(self.ruled.input)
            return judged.witness if isinstance(judged, Refusal) else None
        outputs = 0 if self.case.program.embeds else self.sizes[1]
        refused = safety.judge_output(self.trace.tokens[len(self.trace.tokens) - outputs :])
        return refused.witness if refused else None


def number(witness: Witness) -> int:
    return int.from_bytes(encode_witness(witness), "big")


def drawn_witness(random: Generator, rules: RuleSet) -> Witness:
    rule = int(random.choice([NO_RULE, *range(len(rules.rules) + 1)]))
    return Witness(rule, int(random.integers(0, 8)))


def test_claims_are_judged_alike() -> None:
    seen, seed = Counter[tuple[Fault, bool]](), 0
    wanted = [(fault, wrong) for fault in (Fault.REFUSAL, Fault.FORBIDDEN) for wrong in (True, False)]
    while min(seen[each] for each in wanted) < CASES:
        random = np.random.default_rng(seed)
        scene = Scene.drawn(random)
        for fault in (Fault.REFUSAL, Fault.FORBIDDEN):
            stage = int(random.integers(0, 4))
            right = scene.right(Scope(stage)) if stage in {Scope.INPUT, Scope.OUTPUT} else None
            witness = right if right and random.integers(0, 2) else drawn_witness(random, scene.ruled.rules)
            with suppress(NotJudged):
                wrong = scene.alike(Claim(fault, number(witness), stage))
                seen[fault, wrong] += 1
        seed += 1


@pytest.mark.parametrize("seed", range(30))
def test_an_operator_refuses_by_the_first_witness_of_all_that_hold(seed: int) -> None:
    scene = Scene.drawn(np.random.default_rng(seed))
    for stage in (Scope.INPUT, Scope.OUTPUT):
        assert next(iter(scene.holding(stage)), None) == scene.right(stage)


@pytest.mark.parametrize("seed", range(60))
def test_a_result_is_convicted_where_the_rules_say_otherwise_and_nowhere_else(seed: int) -> None:
    random = np.random.default_rng(seed)
    scene = Scene.drawn(random)
    refused, denied = scene.right(Scope.INPUT), scene.right(Scope.OUTPUT)
    if refused:
        right = Outcome.INPUT_REFUSED, encode_witness(refused)
    elif denied:
        right = Outcome.OUTPUT_REFUSED, encode_witness(denied)
    else:
        right = Outcome.ANSWERED, b""
    wrong = [(outcome, encode_witness(drawn_witness(random, scene.ruled.rules))) for outcome in Outcome]
    wrong += [(outcome, output) for outcome in Outcome for output in (*POSTED, right[1])]
    for outcome, output in [right, *wrong]:
        posted = replace(scene, ruled=replace(scene.ruled, outcome=outcome, output=output))
        claim = rule_claim(posted.ruled, Scope.INPUT, refused)
        if claim is None and outcome is not Outcome.INPUT_REFUSED:
            claim = rule_claim(posted.ruled, Scope.OUTPUT, denied)
        same = outcome is right[0] and (output == right[1] or outcome is Outcome.ANSWERED)
        assert (claim is None) == same, (outcome, output, right)
        assert claim is None or posted.alike(claim)
        for other in (Claim(Fault.REFUSAL, 0), *(forbidden(random, scene) for _ in range(3))):
            with suppress(NotJudged):
                assert not (same and posted.alike(other))


def forbidden(random: Generator, scene: Scene) -> Claim:
    stage = Scope(int(random.integers(1, 3)))
    return Claim(Fault.FORBIDDEN, number(drawn_witness(random, scene.ruled.rules)), stage)


def test_what_is_not_the_jobs_is_not_judged_by() -> None:
    rules = RuleSet((Deny(Scope.BOTH, b"ab"),))
    case = chatting(0)
    text = [i for i, spelling in enumerate(case.spellings) if spelling]
    ruled = Ruled(Outcome.INPUT_REFUSED, encode_witness(Witness(0, 0)), encode_tokens(text[:3]), rules)
    scene = Scene(case, trace_of(case, [1, 2, 3, 4, 5]), (4, 2), ruled)
    refusals().adopt(encode(rules))
    claim = Claim(Fault.REFUSAL, 0)
    judged = judge_ruled(case.files(scene.trace, 4, 2), claim, ruled)
    assert scene.told(claim, judged.ruling, judged.evidence) == judged.wrong
    for field in ("denied", "input", "output"):
        other = replace(judged.ruling, **{field: getattr(judged.ruling, field)[:-1] + b"\7"})
        with pytest.raises(RuntimeError):
            scene.told(claim, other, judged.evidence)
    evidence = judged.evidence
    for field, value in (
        ("data", evidence.data[:-1] + b"\7"),
        ("data", evidence.data + b"\7"),
        ("record", evidence.record[:-1] + b"\7"),
        ("path", (*evidence.path, bytes(32))),
        ("path", evidence.path[:-1]),
    ):
        with pytest.raises(RuntimeError):
            scene.told(claim, judged.ruling, replace(evidence, **{field: value}))
