"""What `StepReferee`, `AnswerReferee` and `RefusalReferee` are asked: views, which `InferenceDispute` asks for
everybody."""

from __future__ import annotations

from typing import Any

from protocol.computation import Asked, Computation, Evidence
from protocol.disputes import Claim, Fault
from protocol.solidity import Function

JUDGE = Function(
    "function judge(Computation computation, Step step, Evidence evidence) returns (int256 committed, int256 expected)"
)

IS_WRONG_PEAK = Function(
    "function isWrongPeak(Computation computation, uint256 index, uint256 other, Evidence evidence) returns (bool)"
)
IS_WRONG_CHOICE = Function(
    "function isWrongChoice(Computation computation, Asked asked, uint256 index, uint256 other, Evidence evidence) "
    "returns (bool)"
)
IS_WRONG_END = Function(
    "function isWrongEnd(Computation computation, Asked asked, uint256 index, Evidence evidence) returns (bool)"
)
IS_WRONG_OUTPUT = Function(
    "function isWrongOutput(Computation computation, bytes output, uint256 index, Evidence evidence) returns (bool)"
)
IS_WRONG_PROMPT = Function(
    "function isWrongPrompt(Computation computation, bytes policy, bytes input, uint256 index, Evidence evidence) "
    "returns (bool)"
)
IS_WRONG_BY_RULES = Function(
    "function isWrong(Case case_, Claim claim, Evidence evidence, Ruling ruling) returns (bool)"
)


def verdict(
    computation: Computation,
    claim: Claim,
    evidence: Evidence,
    *,
    asked: Asked,
    payload: bytes = b"",
    policy: bytes = b"",
) -> tuple[Any, ...]:
    """The function that judges such a claim, and its arguments."""
    match claim.fault:
        case Fault.PEAK:
            return IS_WRONG_PEAK, computation, claim.index, claim.other, evidence
        case Fault.CHOICE:
            return IS_WRONG_CHOICE, computation, asked, claim.index, claim.other, evidence
        case Fault.END:
            return IS_WRONG_END, computation, asked, claim.index, evidence
        case Fault.OUTPUT:
            return IS_WRONG_OUTPUT, computation, payload, claim.index, evidence
        case Fault.PROMPT:
            return IS_WRONG_PROMPT, computation, policy, payload, claim.index, evidence
        case Fault.REFUSAL | Fault.FORBIDDEN:
            raise ValueError("rules are judged by a whole case")
