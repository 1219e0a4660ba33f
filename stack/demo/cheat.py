"""An operator that changes one word of what the model answers, and shows what it committed to when it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from oracle.answering import Question, question_of
from oracle.dispute.defence import Defence
from oracle.dispute.defender import answers
from oracle.dispute.held import hold
from oracle.dispute.matter import Matter, book_of
from oracle.engine import Engine
from oracle.evidence import Evidence, gather
from oracle.models import load_model
from oracle.store import Store
from protocol import rules
from protocol.cast import CAST
from protocol.chain import Chain
from protocol.clients.contracts import Contracts
from protocol.deployment import Deployment
from protocol.payload import encode_tokens
from protocol.recovery import recover_job
from protocol.transactions import Sender
from protocol.types import JobId, ModelId, Outcome, Sampling

NAME = "operator2"
TRUE, FALSE = " Paris", " London"
"""Words of one token each."""
RANGE = 2_000


@dataclass
class Cheat:
    """Knows what everybody can read on the chain, and where models are kept."""

    chain: Chain
    deployment: Deployment
    home: Path
    model: ModelId

    def answers(self, job: JobId) -> None:
        """Accepts the job, and posts the right answer with one token changed, and the trace that goes with it."""
        escrow, record = self._contracts.escrow, recover_job(self.chain, self.deployment, job)
        with self._sender() as sender:
            sender.send(f"accept {job.hex()}", escrow.accept_job(job, record.offer))
            evidence = gather(self.chain, self.deployment, job, RANGE)
            work = evidence.record.work
            assert work is not None
            question = self._question(evidence)
            tokenizer = self._engine.model.tokenizer
            (true,), (false,) = tokenizer.encode(TRUE), tokenizer.encode(FALSE)
            right = self._engine.run(question.prompt_ids, question.sampling).output
            forged = tuple(false if token == true else token for token in right)
            self._defence = Defence(book_of(self._engine.model), hold(self._engine, question.prompt_ids, forged))
            trace = self._defence.held.trace.commitment(job)
            posting = escrow.post_result(job, work, Outcome.ANSWERED, trace, encode_tokens(forged))
            sender.send(f"post {job.hex()}", posting)

    def shows(self, job: JobId) -> int:
        """Shows what is demanded now; how much that was."""
        evidence, now = gather(self.chain, self.deployment, job, RANGE), self.chain.block().timestamp
        model = self._engine.model
        matter = Matter(evidence.record, rules.decode(evidence.rules.document), model, self._defence.model)
        due = list(answers(self._contracts.disputes, matter, evidence.docket, self._defence, now))
        with self._sender() as sender:
            for showing in due:
                sender.send(f"show {showing.key.hex()}", showing.call)
        return len(due)

    def _question(self, evidence: Evidence) -> Question:
        submission, ruled = evidence.record.submission, rules.decode(evidence.rules.document)
        question = question_of(self._engine.model, ruled, submission.input, Sampling.unpack(submission.sampling))
        assert isinstance(question, Question)
        return question

    @cached_property
    def _contracts(self) -> Contracts:
        return Contracts.of(self.chain, self.deployment)

    @cached_property
    def _engine(self) -> Engine:
        facts = self._contracts.models.model_of(self.model)
        return Engine(load_model(Store(self.home / "store"), facts.manifest))

    def _sender(self) -> Sender:
        return Sender.at(self.home, self.chain, CAST[NAME].account)
