"""A job's input to what is posted for it: rules, inference, rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from oracle.engine import Generation, StopReason, never
from oracle.models import Model
from oracle.safety import Refusal, Safety
from protocol.payload import encode_tokens
from protocol.rules import RuleSet
from protocol.types import Outcome, Sampling


class Runs(Protocol):
    """What answers: an engine, or something that runs as one does."""

    @property
    def model(self) -> Model: ...

    def run(
        self, prompt_ids: Sequence[int], sampling: Sampling, should_stop: Callable[[], bool] = never
    ) -> Generation: ...


@dataclass(frozen=True, slots=True)
class Answered:
    """What to post; the refusal or the generation says how it came about."""

    outcome: Outcome
    output: bytes
    refusal: Refusal | None = None
    generation: Generation | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A job that its rules let through, as an engine is asked it."""

    prompt_ids: tuple[int, ...]
    sampling: Sampling
    safety: Safety

    def answered(self, generation: Generation) -> Answered | None:
        """What to post for a generation; None for a cancelled one."""
        if generation.stop_reason is StopReason.CANCELLED:
            return None
        refusal = self.safety.judge_output(generation.token_ids)
        if refusal:
            return Answered(refusal.outcome, refusal.output, refusal, generation)
        return Answered(Outcome.ANSWERED, encode_tokens(generation.token_ids), generation=generation)


def question_of(model: Model, rules: RuleSet, payload: bytes, sampling: Sampling) -> Question | Answered:
    """What to ask the model, or the refusal of the input. Raises `RulesDoNotCover`."""
    safety = Safety(rules, model)
    judged = safety.judge_input(payload)
    if isinstance(judged, Refusal):
        return Answered(judged.outcome, judged.output, refusal=judged)
    return Question(judged.prompt_ids, replace(sampling, max_tokens=safety.max_output(sampling.max_tokens)), safety)


def answer(
    engine: Runs, rules: RuleSet, payload: bytes, sampling: Sampling, should_stop: Callable[[], bool] = never
) -> Answered | None:
    """The result of a job, or None when `should_stop` ended it. Raises `RulesDoNotCover`."""
    question = question_of(engine.model, rules, payload, sampling)
    if isinstance(question, Answered):
        return question
    return question.answered(engine.run(question.prompt_ids, question.sampling, should_stop))
