"""A job's input to what is posted for it: rules, inference, rules."""

from __future__ import annotations

from dataclasses import dataclass, replace

from oracle.engine import Generation, StopReason
from oracle.models import Model
from oracle.safety import Refusal, Safety
from protocol.payload import encode_elements, encode_tokens
from protocol.rules import RuleSet
from protocol.trace import NO_TRACE
from protocol.types import JobId, Outcome, Sampling


@dataclass(frozen=True, slots=True)
class Answered:
    """What to post; the refusal or the generation says how it came about."""

    outcome: Outcome
    output: bytes
    refusal: Refusal | None = None
    generation: Generation | None = None

    def trace(self, job: JobId) -> bytes:
        """What the answer commits to for this job: 32 bytes, zeros where nothing was computed."""
        made = self.generation.trace if self.generation else None
        return made.commitment(job) if made else NO_TRACE


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
        if generation.stop_reason is StopReason.EMBEDDED:
            return Answered(Outcome.ANSWERED, encode_elements(generation.output), generation=generation)
        refusal = self.safety.judge_output(generation.output)
        if refusal:
            return Answered(refusal.outcome, refusal.output, refusal, generation)
        return Answered(Outcome.ANSWERED, encode_tokens(generation.output), generation=generation)


def question_of(model: Model, rules: RuleSet, payload: bytes, sampling: Sampling) -> Question | Answered:
    """What to ask the model, or the refusal of the input. Raises `RulesDoNotCover`."""
    safety = Safety(rules, model)
    judged = safety.judge_input(payload)
    if isinstance(judged, Refusal):
        return Answered(judged.outcome, judged.output, refusal=judged)
    return Question(judged.prompt_ids, replace(sampling, max_tokens=safety.max_output(sampling.max_tokens)), safety)
