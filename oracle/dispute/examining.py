"""Whether a posted result is right; and where it is not, what a solver needs to say where."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.answering import Answered, Question, question_of
from oracle.dispute.docket import Docket
from oracle.dispute.held import HeldTrace, hold
from oracle.dispute.matter import Matter
from oracle.dispute.moves import Exact, Leave, Move
from oracle.dispute.rulings import rule_claim
from oracle.dispute.solver import Posted, rule_move, solve, withheld_tokens
from oracle.engine import Engine, PromptInvalid
from oracle.replay import replay
from oracle.safety import RulesDoNotCover
from protocol.disputes import Claim, Fault
from protocol.facts import JobRecord
from protocol.rules import Scope
from protocol.types import Outcome, Sampling


@dataclass(frozen=True)
class Opinion:
    """`right`: what the rules make of the input, where the request has a right answer at all; `held` where something
    differs; `why`: what differs, or why nothing can be said."""

    is_exact: bool
    why: str = ""
    right: Question | Answered | None = None
    held: HeldTrace | None = None
    engine: Engine | None = None
    """Of an output that was refused: what computes it again, once its tokens are known."""

    def move(self, matter: Matter, docket: Docket) -> Move:
        """What to do next, by what was shown so far."""
        if self.is_exact:
            return Exact()
        if self.right is None:
            return Leave(self.why)
        refusal = self.right.refusal if isinstance(self.right, Answered) else None
        claim = rule_claim(matter.ruled, Scope.INPUT, refusal.witness if refusal else None)
        if claim:
            return rule_move(matter.book, matter.ruled, claim, docket.shown)
        assert isinstance(self.right, Question), "what was to be refused and was is exact"
        return self._of_output(matter, docket, self.right)

    def _of_output(self, matter: Matter, docket: Docket, question: Question) -> Move:
        posted, held = matter.posted(question), self.held
        if matter.model.program.embeds and posted.outcome is Outcome.OUTPUT_REFUSED:  # no rule is about an embedding
            return rule_move(matter.book, matter.ruled, Claim(Fault.REFUSAL, 0), docket.shown)
        if self.engine is not None:
            told = withheld_tokens(matter.book, posted, docket.shown)
            if not isinstance(told, Posted):
                return told
            posted, held = told, _held(self.engine, told)
        found = solve(matter.book, posted, docket.shown, held)
        if not isinstance(found, Exact):
            return found
        if matter.model.program.embeds:
            return Leave(self.why)
        denied = question.safety.judge_output(posted.tokens)
        claim = rule_claim(matter.ruled, Scope.OUTPUT, denied.witness if denied else None)
        tokens = (*posted.prompt, *posted.tokens)
        return rule_move(matter.book, matter.ruled, claim, docket.shown, tokens) if claim else Leave(self.why)


def examine(matter: Matter, engine: Engine) -> Opinion:
    """Computes the job again, in one pass where the answer is right. Raises what inference raises."""
    record = matter.record
    try:
        sampling = Sampling.judged(record.submission.sampling)
        question = question_of(matter.model, matter.rules, record.submission.input, sampling)
    except RulesDoNotCover as error:
        return Opinion(False, f"the request has no right answer: {error}")
    if isinstance(question, Answered):
        return Opinion(_is(record, question), "the input was to be refused", question)
    if record.outcome is Outcome.INPUT_REFUSED:
        return Opinion(False, "the input was to be answered", question)
    why = "another result is right"
    if record.outcome is Outcome.OUTPUT_REFUSED:
        again = replay(engine, question, None)
        return Opinion(True) if _is(record, again) else Opinion(False, why, question, engine=engine)
    if _is(record, replay(engine, question, record.output)):
        return Opinion(True)
    return Opinion(False, why, question, _held(engine, matter.posted(question)))


def _is(record: JobRecord, right: Answered) -> bool:
    """What is said of a trace does not matter where nothing was computed."""
    trace = right.trace(record.id) if right.generation and right.generation.trace else record.trace
    return (record.outcome, record.output, record.trace) == (right.outcome, right.output, trace)


def _held(engine: Engine, posted: Posted) -> HeldTrace | None:
    try:
        return hold(engine, posted.prompt, posted.tokens)
    except PromptInvalid:
        return None
