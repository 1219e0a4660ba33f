"""Whether a job was served, judged and paid as it had to be: from chain data and public files alone.

Each comparison is one line. All the same: the job is verified. Anything else: it is not, or it cannot be now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

import torch

from oracle.answering import Answered, Question, question_of
from oracle.difference import difference
from oracle.dispute.examining import examine
from oracle.dispute.matter import Matter, book_of
from oracle.dispute.moves import told
from oracle.engine import Engine
from oracle.evidence import Evidence
from oracle.models import Model, ModelInconsistent, load_model
from oracle.replay import replay
from oracle.safety import RulesDoNotCover
from oracle.serving import identity_of
from oracle.store import Store
from protocol import encoding, rules
from protocol.chain import BlockUnknown, RpcError
from protocol.clients.contracts import Contracts
from protocol.errors import CommonholdError
from protocol.events import BucketSplit, JobSettled, ResultPosted
from protocol.payload import PayloadMalformed, decode_answer, decode_witness, is_embedding
from protocol.pricing import parts_of, price_at, refusal_price
from protocol.rules import RulesMalformed
from protocol.types import Answer, JobStatus, Outcome, Sampling, ShareTable


class Verdict(StrEnum):
    SAME = "same"
    DIFFERS = "differs"
    CANNOT = "cannot"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line: what was compared, how it came out, and with which values."""

    name: str
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What comparing needs besides evidence: reads of state, the files, and where to compute."""

    contracts: Contracts
    store: Store
    device: torch.device | None


def exit_code(comparisons: Sequence[Comparison]) -> int:
    """0: verified. 1: something differs. 2: something cannot be compared now."""
    verdicts = {comparison.verdict for comparison in comparisons}
    if Verdict.DIFFERS in verdicts:
        return 1
    return 2 if Verdict.CANNOT in verdicts else 0


def compare(evidence: Evidence, tools: Tools) -> Iterator[Comparison]:
    """Comparisons in order, the quick ones first."""
    yield from _pins(evidence, tools)
    record = evidence.record
    if record.answer is None or record.work is None:
        yield Comparison("result", Verdict.CANNOT, f"none is posted: the job is {record.status.name.lower()}")
        return
    yield from _terms(evidence)
    yield from _shares(evidence, tools)
    yield from _files(evidence, tools, record.answer)


# ---------------------------------------------------------------- what the job pins


def _pins(evidence: Evidence, tools: Tools) -> Iterator[Comparison]:
    record, escrow = evidence.record, tools.contracts.escrow
    client = record.offer.client
    yield _equal("job id", encoding.job_id(escrow.chain.id, escrow.address, client, record.nonce), record.id)
    yield _commitment(evidence, tools)
    yield _equal("sheet", encoding.sheet_hash(evidence.sheet.sheet), evidence.sheet.sheet_hash)
    yield _equal("share table", encoding.shares_id(evidence.sheet.shares), record.sheet.shares)
    yield _equal("model", encoding.model_id(evidence.model.facts), record.sheet.model)
    yield _equal("rules", rules.rules_id(evidence.rules.document), record.sheet.rules)
    submission = record.submission
    request = encoding.request_of(evidence.sheet.sheet_hash, submission.sampling, submission.input)
    yield _equal("request", request, record.offer.request)


def _commitment(evidence: Evidence, tools: Tools) -> Comparison:
    """An ended job's word holds no facts; then the word is read as it was when the result was posted."""
    record, escrow = evidence.record, tools.contracts.escrow
    now = escrow.commitment_of(record.id, evidence.head.hash)
    if not record.status.is_final or record.answer is None or now != record.commitment:
        return _equal(f"facts ({record.status.name.lower()})", record.commitment, now)
    posted = next(event for event in reversed(record.events) if isinstance(event, ResultPosted))
    try:
        then = escrow.commitment_of(record.id, posted.log.block_hash)
    except (BlockUnknown, RpcError):
        return Comparison(
            "facts", Verdict.SAME, f"{record.status.name.lower()}; the node keeps no state of the posting"
        )
    return _equal(
        "facts (when posted)", encoding.commitment(replace(record.answer, held_until=0), JobStatus.POSTED), then
    )


# ---------------------------------------------------------------- what was paid


def _terms(evidence: Evidence) -> Iterator[Comparison]:
    record = evidence.record
    work, posted = record.work, record.answer
    assert work is not None
    assert posted is not None
    yield _equal("price at acceptance", price_at(record.offer, work.accepted_at), work.price)
    refused = record.outcome is Outcome.INPUT_REFUSED
    yield _equal("price of the result", refusal_price(work.terms, work.price) if refused else work.price, posted.price)
    in_time = posted.posted_at <= work.post_by
    verdict = Verdict.SAME if in_time else Verdict.DIFFERS
    yield Comparison("deadline", verdict, f"posted at {posted.posted_at}, due by {work.post_by}")


def _shares(evidence: Evidence, tools: Tools) -> Iterator[Comparison]:
    record, table = evidence.record, evidence.sheet.shares
    settled = next((event for event in record.events if isinstance(event, JobSettled)), None)
    if settled is None or record.answer is None:
        return
    paid = (settled.operator_part, settled.shared_part)
    yield _equal("parts settled (operator, shared)", parts_of(record.offer.terms, record.answer.price), paid)
    if evidence.split is not None:
        yield _split(evidence.split, table, settled.shared_part)
        return
    waiting = tools.contracts.escrow.bucket_of(record.offer.shares, settled.operator, evidence.head.hash)
    verdict = Verdict.SAME if waiting >= settled.shared_part else Verdict.DIFFERS
    yield Comparison("shares", verdict, f"{settled.shared_part} not split yet; the bucket holds {waiting}")


def _split(split: BucketSplit, table: ShareTable, shared_part: int) -> Comparison:
    """A bucket is split whole, so other jobs' parts may be in it; each part is rounded down, dust to the treasury."""
    amount = split.curator_part + split.stakers_part + split.treasury_part
    whole = table.curator_bps + table.stakers_bps + table.treasury_bps
    curator, stakers = amount * table.curator_bps // whole, amount * table.stakers_bps // whole
    right = (
        amount >= shared_part
        and split.curator == table.curator
        and split.curator_part == curator
        and split.stakers_part in {stakers, 0}  # nothing, while nobody stakes
    )
    found = f"curator {split.curator_part}, stakers {split.stakers_part}, treasury {split.treasury_part} of {amount}"
    wanted = "" if right else f"; the table gives curator {curator}, stakers {stakers}"
    return Comparison("shares split", Verdict.SAME if right else Verdict.DIFFERS, found + wanted)


# ---------------------------------------------------------------- what was answered


def _files(evidence: Evidence, tools: Tools, posted: Answer) -> Iterator[Comparison]:
    try:
        model = load_model(tools.store, evidence.model.facts.manifest, identity_of(evidence.model.facts))
    except ModelInconsistent as error:
        yield Comparison("model files", Verdict.DIFFERS, str(error))
        return
    except CommonholdError as error:
        yield Comparison("model files", Verdict.CANNOT, str(error))
        return
    digests = ", ".join(f"{name} {_show(value)}" for name, value in asdict(model.identity).items())
    yield Comparison("model files", Verdict.SAME, digests)
    yield from _answer(evidence, model, tools, posted)


def _answer(evidence: Evidence, model: Model, tools: Tools, posted: Answer) -> Iterator[Comparison]:
    record = evidence.record
    try:
        ruled = rules.decode(evidence.rules.document)
        sampling = Sampling.judged(record.submission.sampling)
        engine = Engine(model, tools.device)
        output = record.output if record.outcome is Outcome.ANSWERED else None
        question = question_of(model, ruled, record.submission.input, sampling)
        again = question if isinstance(question, Answered) else replay(engine, question, output)
    except (RulesMalformed, RulesDoNotCover) as error:
        yield Comparison("answer", Verdict.CANNOT, f"the request has no right answer: {error}")
        return
    except CommonholdError as error:
        yield Comparison("answer", Verdict.CANNOT, str(error))
        return
    assert record.outcome is not None
    assert record.output is not None
    yield _outcome(record.outcome, again)
    yield _output(engine, question, record.outcome, record.output, again)
    yield _equal("trace", again.trace(record.id), record.trace)
    result = encoding.result_of(again.outcome, again.output, again.trace(record.id))
    yield _equal("result hash", result, posted.result)
    is_right = (again.outcome, again.output, again.trace(record.id)) == (record.outcome, record.output, record.trace)
    if not is_right and posted.disputes == tools.contracts.disputes.address:
        matter = Matter(record, ruled, model, book_of(model))
        yield Comparison("fault", Verdict.DIFFERS, told(examine(matter, engine).move(matter, evidence.docket)))


def _outcome(posted: Outcome, again: Answered) -> Comparison:
    verdict = Verdict.SAME if posted is again.outcome else Verdict.DIFFERS
    reason = f" ({again.refusal.reason})" if again.refusal else ""
    return Comparison("outcome", verdict, f"posted {posted.name}, here {again.outcome.name}{reason}")


def _output(
    engine: Engine, question: Question | Answered, outcome: Outcome, posted: bytes, again: Answered
) -> Comparison:
    if posted == again.output:
        return Comparison("output", Verdict.SAME, f"exact: {_described(outcome, posted)}")
    if outcome is again.outcome is Outcome.ANSWERED and isinstance(question, Question):
        return Comparison("output", Verdict.DIFFERS, difference(engine, question, posted, again))
    detail = f"posted {_described(outcome, posted)}, here {_described(again.outcome, again.output)}"
    return Comparison("output", Verdict.DIFFERS, detail)


def _described(outcome: Outcome, output: bytes) -> str:
    try:
        if outcome is Outcome.ANSWERED:
            return f"{len(decode_answer(output))} {'elements' if is_embedding(output) else 'tokens'}"
        witness = decode_witness(output)
    except PayloadMalformed as error:
        return str(error)
    return f"rule {witness.rule}, token {witness.position}"


# ---------------------------------------------------------------- lines


def _equal(name: str, computed: object, found: object) -> Comparison:
    if computed == found:
        return Comparison(name, Verdict.SAME, _show(found))
    return Comparison(name, Verdict.DIFFERS, f"on the chain {_show(found)}, computed {_show(computed)}")


def _show(value: object) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
