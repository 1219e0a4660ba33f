"""What the referee costs, on the real decoder: every check of the contracts that judge, and a whole game."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from eth_utils.crypto import keccak

from oracle.dispute.claims import Files, judge_claim
from oracle.dispute.elements import Place
from oracle.dispute.held import HeldTrace
from oracle.dispute.rulings import Ruled, judge_ruled, rule_claim
from oracle.dispute.showing import Showing, judge
from oracle.dispute.solver import TheirTrace
from oracle.safety import Refusal, Safety
from protocol import merkle
from protocol.clients.referee import IS_WRONG_BY_RULES, JUDGE, verdict
from protocol.computation import Asked, Evidence, Step
from protocol.disputes import Case, Claim, Fault
from protocol.parts import ONE, part_record
from protocol.payload import encode_tokens
from protocol.rules import MAX_PATTERN, Deny, RuleSet, Scope, encode, rules_id
from protocol.solidity import Function
from protocol.types import Outcome, Sampling
from tests.oracle.dispute.evm import Contract, contract, refusals
from tests.oracle.dispute.games import Table

PATH = Path(__file__).resolve().parent.parent / "snapshots" / "referee.json"
TRANSACTION, ZERO_BYTE, BYTE = 21_000, 10, 40
"""Of a transaction, the least for each byte of its calldata (EIP-7623)."""


@dataclass(frozen=True)
class Referee:
    """A trace of the decoder, long enough for the longest checks."""

    table: Table
    held: HeldTrace

    def steps(self) -> dict[str, int]:
        """Gas of judging an element of each kind of part, the dearest of those tried: as a transaction of its own."""
        found: dict[str, int] = {}
        lists = self.table.model.book.lists
        for number in (0, 1, len(lists) - 1):
            parts = lists[number]
            position = 0 if parts.rows == ONE else self.held.positions - 1
            rows = self.held.parts(parts, position, self.table.model.rows)
            for index, part in enumerate(parts.parts):
                for element in {0, len(rows[index]) // 2, len(rows[index]) - 1}:
                    name = part.kind.name.lower()
                    found[name] = max(found.get(name, 0), self._step(number, index, position, element, rows))
        return dict(sorted(found.items()))

    def _step(self, number: int, index: int, position: int, element: int, rows: list[np.ndarray]) -> int:
        book, parts = self.table.model.book, self.table.model.book.lists[number]
        showing = Showing(parts, rows, Place(position, self.held.positions), self.held, self.table.model.weights)
        roots = showing.part_roots
        judged = judge(showing, index, element)
        record = part_record(number, index, parts.parts[index])
        evidence = Evidence(record, *book.prove(record), judged.data, judged.path)
        step = Step(merkle.root(roots), len(roots), number, index, position, element)
        answer = self._gas("StepReferee", JUDGE, self._files.computation, step, evidence)
        assert answer[0] == (judged.committed, judged.expected)
        assert judged.committed == judged.expected, "what was computed right is right"
        return answer[1]

    def answers(self) -> dict[str, int]:
        """Gas of judging an answer: that a peak is none, and so on."""
        drawn, greedy = Sampling(64, temperature=700, seed=9, cut=300), Sampling(64)
        last = self.held.outputs - 1
        asked = {"peak": (Claim(Fault.PEAK, last, 7), greedy), "greedy choice": (Claim(Fault.CHOICE, last), greedy)}
        asked |= {"drawn choice": (Claim(Fault.CHOICE, last, 30_000), drawn), "end": (Claim(Fault.END, last), greedy)}
        return {name: self._answer(claim, sampling) for name, (claim, sampling) in asked.items()}

    def rules(self) -> dict[str, int]:
        """Gas of judging by rules: words of the input, of the output, and the longest pattern, a token a byte."""
        tokenizer = self.table.engine.model.tokenizer
        words = tokenizer.encode("Tell me how to build a BOMB.")
        single = {spelt[0]: i for i, spelt in enumerate(tokenizer.spellings) if spelt is not None and len(spelt) == 1}
        longest = bytes(sorted(single))[:MAX_PATTERN]
        ids = [single[byte] for byte in longest]
        return {
            "words of an input": self._rule(words, b"build a bomb", Scope.INPUT),
            "words of an output": self._rule(words, b"build a bomb", Scope.OUTPUT),
            "longest pattern in other tokens": self._rule(ids, longest, Scope.OUTPUT),
        }

    def _rule(self, ids: Sequence[int], pattern: bytes, stage: Scope) -> int:
        """Of an answer that had to be refused, since the tokens `ids` spell a pattern."""
        model = self.table.model
        rules, trace = (
            RuleSet((Deny(stage, pattern),)),
            HeldTrace([], [1] * self.held.positions + list(ids), len(ids), ()),
        )
        roots = [merkle.root(trace.number_leaves(0)), *self.held.roots[1:]]
        computation = model.book.computation(model.weights_root, merkle.root(roots), len(trace.tokens) - 1, len(ids))
        ruled = Ruled(Outcome.ANSWERED, b"", encode_tokens(ids), rules)
        safety = Safety(rules, self.table.engine.model)
        files = Files(model.book, model.weights, TheirTrace(trace, roots), computation)
        refused = safety.judge_output(ids) if stage is Scope.OUTPUT else safety.judge_input(ruled.input)
        assert isinstance(refused, Refusal)
        claim = rule_claim(ruled, stage, refused.witness)
        assert claim is not None
        judged = judge_ruled(files, claim, ruled)
        refusals().adopt(encode(rules))
        case = Case(
            computation=computation,
            sampling=0,
            outcome=ruled.outcome,
            rules=rules_id(encode(rules)),
            policy=bytes(32),
            input=keccak(ruled.input),
            output=keccak(b""),
        )
        answer, gas = gas_of(refusals().judge, IS_WRONG_BY_RULES, case, claim, judged.evidence, judged.ruling)
        assert answer is judged.wrong is True
        return gas

    def _answer(self, claim: Claim, sampling: Sampling) -> int:
        asked = Asked(sampling.pack())
        judged = judge_claim(self._files, claim, asked)
        answer = self._gas("AnswerReferee", *verdict(self._files.computation, claim, judged.evidence, asked=asked))
        assert answer[0] == judged.wrong
        return answer[1]

    @property
    def _files(self) -> Files:
        model, held = self.table.model, self.held
        root = held.trace.root
        computation = model.book.computation(model.weights_root, root, held.positions, held.outputs)
        return Files(model.book, model.weights, held, computation)

    def _gas(self, name: str, function: Function, *arguments: object) -> tuple[Any, int]:
        return gas_of(contract(name), function, *arguments)


def gas_of(judge_: Contract, function: Function, *arguments: object) -> tuple[Any, int]:
    """What it answers, and its gas as a transaction of its own."""
    answer = judge_.call(function, *arguments)
    data = function.calldata(*arguments)
    zeros = data.count(0)
    return answer, max(judge_.gas, TRANSACTION + ZERO_BYTE * zeros + BYTE * (len(data) - zeros))


def table(found: dict[str, dict[str, int]]) -> Iterator[str]:
    for name, figures in found.items():
        yield f"\n{name}"
        yield from (f"  {what:<20}{gas:>10,}" for what, gas in figures.items())


def read() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = json.loads(PATH.read_text())
    return found


def write(found: dict[str, dict[str, int]]) -> None:
    PATH.write_text(json.dumps(found, indent=2) + "\n")
