"""A posted result and its model, in the words of the contracts and of the solver."""

from __future__ import annotations

from dataclasses import dataclass

from eth_utils.crypto import keccak

from oracle.answering import Question
from oracle.dispute.known import Shown
from oracle.dispute.rows import Weights
from oracle.dispute.rulings import Ruled
from oracle.dispute.showing import WeightsBook
from oracle.dispute.solver import ModelBook, Posted
from oracle.models import Model
from protocol import merkle
from protocol.computation import Evidence, ProgramBook
from protocol.disputes import Case, CaseFacts
from protocol.facts import JobRecord
from protocol.payload import PayloadMalformed, decode_answer, encode_tokens, is_embedding
from protocol.rules import RuleSet
from protocol.types import Answer, Outcome, Sampling


def book_of(model: Model) -> ModelBook:
    """The trees of a model. Those of its weights are built when they are first needed: a second for 135 million."""
    program, tensors = model.program, model.tensors
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    book = ProgramBook(program, shapes, model.tokenizer.spellings)
    return ModelBook(book, WeightsBook(program, tensors), Weights(program, tensors), model.identity.weights)


class Books:
    """Those of the models that one has to do with, each made once."""

    def __init__(self) -> None:
        self._known: dict[bytes, ModelBook] = {}

    def of(self, model: Model) -> ModelBook:
        key = model.identity.program + model.identity.weights
        if key not in self._known:
            self._known[key] = book_of(model)
        return self._known[key]


@dataclass(frozen=True)
class Matter:
    """A job whose result is posted."""

    record: JobRecord
    rules: RuleSet
    model: Model
    book: ModelBook

    @property
    def key(self) -> bytes:
        """Of a job and its result: a reorganisation can give a job another."""
        return self.record.id + self.answer.result

    @property
    def answer(self) -> Answer:
        assert self.record.answer is not None
        return self.record.answer

    @property
    def ruled(self) -> Ruled:
        """What its rules are applied to."""
        record = self.record
        assert record.outcome is not None
        assert record.output is not None
        return Ruled(record.outcome, record.output, record.submission.input, self.rules, self._policy)

    def posted(self, question: Question) -> Posted:
        """What the solver takes; `question`: the job's, as its rules let it through."""
        record = self.record
        assert record.outcome is not None
        assert record.output is not None
        limit = self.rules.limit()
        return Posted(
            outcome=record.outcome,
            output=record.output,
            input=record.submission.input,
            prompt=question.prompt_ids,
            tokens=tokens_of(record),
            sampling=Sampling.judged(record.submission.sampling),
            most_output=limit[1].max_output if limit else 0,
            policy=self._policy,
        )

    @property
    def _policy(self) -> tuple[int, ...]:
        """Tokens that the rules put before the prompt; a model that embeds reads none."""
        policy = self.rules.prefix(self.model.identity.tokenizer)
        return () if policy is None or self.model.program.embeds else policy.tokens

    def facts(self, shown: Shown) -> CaseFacts:
        """What a case is opened by."""
        record, header = self.record, self.book.book.header()
        assert record.outcome is not None
        assert record.output is not None
        assert record.trace is not None
        root = merkle.root(shown.hashes) if shown.hashes else bytes(32)
        return CaseFacts(
            answer=self.answer,
            offer=record.offer,
            sheet=record.sheet,
            sampling=record.submission.sampling,
            outcome=record.outcome,
            input=keccak(record.submission.input),
            output=keccak(record.output),
            trace=record.trace,
            root=root,
            positions=shown.positions,
            outputs=shown.outputs,
            header=Evidence(header, *self.book.book.prove(header), b"", ()),
        )

    def case(self, shown: Shown) -> Case:
        """What `open` gathers from these facts."""
        facts, book = self.facts(shown), self.book
        return Case(
            computation=book.book.computation(book.weights_root, facts.root, facts.positions, facts.outputs),
            sampling=facts.sampling,
            outcome=facts.outcome,
            rules=self.record.sheet.rules,
            policy=keccak(encode_tokens(self._policy)) if self._policy else bytes(32),
            input=facts.input,
            output=facts.output,
        )


def tokens_of(record: JobRecord) -> tuple[int, ...]:
    """The output's token ids; none where it holds none, or no whole ones."""
    if record.outcome is not Outcome.ANSWERED or record.output is None:
        return ()
    try:
        return () if is_embedding(record.output) else tuple(decode_answer(record.output))
    except PayloadMalformed:
        return ()
