"""One question, one engine, one answer: what operators do to many at once."""

from __future__ import annotations

from collections.abc import Callable

from oracle.answering import Answered, question_of
from oracle.engine import Engine, never
from oracle.models import Model
from protocol.rules import Prefix, RuleSet
from protocol.types import Sampling


def policy_of(model: Model, text: str) -> Prefix:
    """A policy text for the tokenizer of a model."""
    return Prefix(model.identity.tokenizer, tuple(model.tokenizer.encode(text)), text)


def answer(
    engine: Engine, rules: RuleSet, payload: bytes, sampling: Sampling, should_stop: Callable[[], bool] = never
) -> Answered | None:
    """The result of a job, or None when `should_stop` ended it."""
    question = question_of(engine.model, rules, payload, sampling)
    if isinstance(question, Answered):
        return question
    return question.answered(engine.run(question.prompt_ids, question.sampling, should_stop))
