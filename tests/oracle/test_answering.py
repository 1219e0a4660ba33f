"""From a job's input to what is posted for it."""

from itertools import count

import pytest

from oracle.engine import Engine
from oracle.safety import RulesDoNotCover
from protocol.payload import NO_RULE, Witness, decode_tokens, decode_witness, encode_tokens
from protocol.rules import Deny, Limit, Prefix, RuleSet, Scope
from protocol.types import Outcome, Sampling
from tests.oracle.asking import answer
from tests.oracle.tiny import STOP, spelt

INPUT = encode_tokens(spelt("hello"))
SAMPLING = Sampling(max_tokens=9)
FREE = RuleSet(())


def test_a_refused_input_costs_no_inference(tiny_engine: Engine) -> None:
    def asked() -> bool:
        raise AssertionError("the engine ran")

    refused = answer(tiny_engine, FREE, encode_tokens([STOP]), SAMPLING, should_stop=asked)
    assert refused is not None
    assert (refused.outcome, refused.generation) == (Outcome.INPUT_REFUSED, None)
    assert decode_witness(refused.output) == Witness(NO_RULE, 0)


def test_an_answer_is_what_the_engine_gives_for_the_prompt(tiny_engine: Engine) -> None:
    answered = answer(tiny_engine, FREE, INPUT, SAMPLING)
    assert answered is not None
    assert answered.outcome is Outcome.ANSWERED
    assert answered.generation is not None
    assert decode_tokens(answered.output) == list(answered.generation.output)


def test_an_answer_with_denied_bytes_becomes_a_refusal_with_their_place(tiny_engine: Engine) -> None:
    free = answer(tiny_engine, FREE, INPUT, SAMPLING)
    assert free is not None
    ids, detokenise = decode_tokens(free.output), tiny_engine.model.tokenizer.detokenise
    spoken = detokenise(ids)
    rules = RuleSet((Deny(Scope.INPUT, spoken[4:]), Deny(Scope.OUTPUT, spoken[4:])))
    refused = answer(tiny_engine, rules, INPUT, SAMPLING)
    assert refused is not None
    assert refused.outcome is Outcome.OUTPUT_REFUSED
    first = spoken.lower().index(spoken[4:].lower())
    token = next(i for i in range(len(ids)) if len(detokenise(ids[: i + 1])) > first)
    assert decode_witness(refused.output) == Witness(1, token)


def test_the_limit_bounds_what_is_generated(tiny_engine: Engine) -> None:
    limited = answer(tiny_engine, RuleSet((Limit(9, 2),)), INPUT, SAMPLING)
    assert limited is not None
    assert len(decode_tokens(limited.output)) == 2


def test_a_job_that_is_stopped_has_nothing_to_post(tiny_engine: Engine) -> None:
    asked = count()
    assert answer(tiny_engine, FREE, INPUT, SAMPLING, should_stop=lambda: next(asked) > 3) is None


def test_rules_that_cannot_be_applied_are_an_error_and_no_refusal(tiny_engine: Engine) -> None:
    with pytest.raises(RulesDoNotCover):
        answer(tiny_engine, RuleSet((Prefix(bytes(32), (1,), "For another."),)), INPUT, SAMPLING)
