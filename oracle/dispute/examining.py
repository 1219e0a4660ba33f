"""Whether a posted result is right; and where it is not, what a solver needs to say where."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.answering import Answered, question_of
from oracle.dispute.docket import Docket
from oracle.dispute.held import HeldTrace, hold
from oracle.dispute.matter import Matter
from oracle.dispute.moves import Exact, Leave, Move
from oracle.dispute.solver import Posted, solve, withheld_tokens
from oracle.engine import Engine, PromptInvalid
from oracle.replay import replay
from oracle.safety import RulesDoNotCover
from protocol.facts import JobRecord
from protocol.types import Outcome, Sampling, SamplingMalformed


@dataclass(frozen=True)
class Opinion:
    """`posted` and `held` where something differs; `why`: what differs, or why nothing can be said."""

    is_exact: bool
    why: str = ""
    posted: Posted | None = None
    held: HeldTrace | None = None
    engine: Engine | None = None
    """Of an output that was refused: what computes it again, once its tokens are known."""

    def move(self, matter: Matter, docket: Docket) -> Move:
        """What to do next, by what was shown so far."""
        if self.is_exact:
            return Exact()
        if self.posted is None:
            return Leave(self.why)
        posted, held = self.posted, self.held
        if self.engine is not None:
            told = withheld_tokens(matter.book, posted, docket.shown)
            if not isinstance(told, Posted):
                return told
            posted, held = told, _held(self.engine, told)
        found = solve(matter.book, posted, docket.shown, held)
        return Leave(self.why) if isinstance(found, Exact) else found


def examine(matter: Matter, engine: Engine) -> Opinion:
    """Computes the job again, in one pass where the answer is right. Raises what inference raises."""
    record = matter.record
    try:
        sampling = Sampling.unpack(record.submission.sampling)
        question = question_of(matter.model, matter.rules, record.submission.input, sampling)
    except (SamplingMalformed, RulesDoNotCover) as error:
        return Opinion(False, f"the request has no right answer: {error}")
    if isinstance(question, Answered):
        return _compared(record, question, "the input was to be refused")
    again = replay(engine, question, record.output if record.outcome is Outcome.ANSWERED else None)
    compared = _compared(record, again, "another outcome is right")
    if compared.is_exact or record.outcome is Outcome.INPUT_REFUSED:
        return compared
    posted = matter.posted(question)
    if record.outcome is Outcome.OUTPUT_REFUSED:
        return Opinion(False, compared.why, posted, engine=engine)
    return Opinion(False, compared.why, posted, _held(engine, posted))


def _compared(record: JobRecord, right: Answered, why: str) -> Opinion:
    mine = (right.outcome, right.output, right.trace(record.id))
    return Opinion((record.outcome, record.output, record.trace) == mine, why)


def _held(engine: Engine, posted: Posted) -> HeldTrace | None:
    try:
        return hold(engine, posted.prompt, posted.tokens)
    except PromptInvalid:
        return None
