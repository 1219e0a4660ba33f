"""How a job looks to those who ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import RowMapping

from indexer.formats import AddressText, AmountText, Hex, SlotName, Word
from indexer.jobs.next_steps import Step, next_steps
from indexer.jobs.queries import Moment
from protocol.facts import JobRecord
from protocol.payload import PayloadMalformed, decode_elements, decode_tokens, decode_witness, is_embedding
from protocol.types import ZERO_WORD, JobStatus, Outcome, Sampling, SamplingMalformed

StatusName = Literal["open", "accepted", "posted", "disputed", "settled", "refunded", "convicted"]
OutcomeName = Literal["answered", "input_refused", "output_refused"]


class JobView(BaseModel):
    """Amounts in units of the asset, times in Unix seconds.

    slot: null when the job names its model itself
    price: fee agreed; once a result is posted, fee due
    fine: what operators paid the client for deadlines missed
    """

    id: Word
    status: StatusName
    client: AddressText
    nonce: AmountText
    slot: SlotName | None
    model: Word
    sheet: Word
    min_fee: AmountText
    max_fee: AmountText
    named: AddressText | None
    offer_seconds: int
    exclusive_seconds: int
    service_seconds: int
    submitted_at: int
    operator: AddressText | None
    price: AmountText | None
    bond: AmountText | None
    accepted_at: int | None
    post_by: int | None
    posted_at: int | None
    outcome: OutcomeName | None
    was_disputed: bool
    held_until: int
    operator_part: AmountText | None
    shared_part: AmountText | None
    fine: AmountText
    awarded: AmountText | None
    ended_at: int | None

    @classmethod
    def of(cls, row: RowMapping) -> JobView:
        return cls.model_validate(named_values(row))


class SamplingView(BaseModel):
    """`temperature` in thousandths; zero: greedy. `seed` as decimal text. `cut`: 256 times −ln(min-p); zero: none."""

    max_tokens: int
    temperature: int
    seed: AmountText
    cut: int


class WitnessView(BaseModel):
    """Which rule, and where it is broken."""

    rule: int
    position: int


class StepView(BaseModel):
    """A verb of the escrow, who may call it, and from when until when, both inclusive; `possible`: at this block's
    time. `until` of null: no end."""

    model_config = ConfigDict(from_attributes=True)

    verb: str
    by: str
    since: int
    until: int | None
    possible: bool

    @classmethod
    def of(cls, step: Step, now: int) -> StepView:
        return cls(verb=step.verb, by=step.by, since=step.since, until=step.until, possible=step.is_possible_at(now))


class JobEventView(BaseModel):
    """What happened to the job, when, and in which transaction."""

    event: str
    block: int
    timestamp: int
    transaction: Word
    log_index: int

    @classmethod
    def of(cls, moment: Moment) -> JobEventView:
        log = moment.event.log
        return cls(
            event=type(moment.event).__name__,
            block=log.block_number,
            timestamp=moment.block.timestamp,
            transaction=log.transaction_hash,
            log_index=log.log_index,
        )


class TermsView(BaseModel):
    """The governed numbers that the job pinned; see `docs/lifecycle.md`."""

    model_config = ConfigDict(from_attributes=True)

    challenge_seconds: int
    dispute_seconds: int
    max_offer_seconds: int
    max_service_seconds: int
    out_bps: int
    refusal_bps: int
    fine_bps: int
    bond_bps: int
    min_bond: AmountText
    max_payload: int


class _Facts(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    shares: Word
    terms: TermsView
    client: AddressText
    disputes: AddressText
    max_fee: AmountText


class OfferView(_Facts):
    """Facts of an open job, as the escrow hashes them."""

    request: Word
    named: AddressText
    outage_clock: AddressText
    min_fee: AmountText
    submitted_at: int
    offer_seconds: int
    exclusive_seconds: int
    service_seconds: int


class WorkView(_Facts):
    """Facts of an accepted job."""

    offer: Word
    operator: AddressText
    outage_clock: AddressText
    price: AmountText
    accepted_at: int
    post_by: int


class AnswerView(_Facts):
    """Facts of a job whose result is posted."""

    offer: Word
    result: Word
    operator: AddressText
    price: AmountText
    posted_at: int
    held_until: int


class JobDetail(JobView):
    """A job with all its facts.

    input, output: as they travelled; input_tokens, output_tokens: the ids in them, null where they are malformed or
    hold something else; embedding: its elements, where the answer is one; witness: of a refusal
    commitment: the escrow's word for the job
    next: what can be done with it
    """

    sampling: SamplingView | None
    rules: Word
    input: Hex
    input_tokens: list[int] | None
    trace: Word | None
    output: Hex | None
    output_tokens: list[int] | None
    embedding: list[int] | None
    witness: WitnessView | None
    offer: OfferView
    work: WorkView | None
    answer: AnswerView | None
    commitment: Word
    next: list[StepView]
    events: list[JobEventView]


def detail(row: RowMapping, record: JobRecord, moments: Sequence[Moment], now: int) -> JobDetail:
    """`now`: the time of the block that the answer is as of."""
    answer = record.output if record.outcome is Outcome.ANSWERED else None
    embeds = answer is not None and is_embedding(answer)
    values = named_values(row) | {
        "sampling": sampling_view(record.submission.sampling),
        "rules": record.sheet.rules,
        "input": record.submission.input,
        "input_tokens": tokens(record.submission.input),
        "trace": record.trace,
        "output": record.output,
        "output_tokens": None if embeds else tokens(answer),
        "embedding": elements(answer) if embeds else None,
        "witness": None if answer is not None else witness(record.output),
        "offer": OfferView.model_validate(record.offer),
        "work": record.work and WorkView.model_validate(record.work),
        "answer": record.answer and AnswerView.model_validate(record.answer),
        "commitment": record.commitment,
        "next": [StepView.of(step, now) for step in next_steps(record)],
        "events": [JobEventView.of(moment) for moment in moments],
    }
    return JobDetail.model_validate(values)


def named_values(row: RowMapping) -> dict[str, Any]:
    """A job's row with names for its numbers."""
    values = dict(row)
    values["status"] = JobStatus(row["status"]).name.lower()
    values["slot"] = None if row["slot"] == ZERO_WORD else row["slot"]
    values["outcome"] = None if row["outcome"] is None else Outcome(row["outcome"]).name.lower()
    return values


def sampling_view(word: int) -> SamplingView | None:
    """None for a word that no sampling has: the escrow lets any through."""
    try:
        sampling = Sampling.unpack(word)
    except SamplingMalformed:
        return None
    return SamplingView(
        max_tokens=sampling.max_tokens,
        temperature=sampling.temperature,
        seed=sampling.seed,
        cut=sampling.cut,
    )


def tokens(payload: bytes | None) -> list[int] | None:
    try:
        return None if payload is None else decode_tokens(payload)
    except PayloadMalformed:
        return None


def elements(output: bytes | None) -> list[int] | None:
    try:
        return None if output is None else decode_elements(output)
    except PayloadMalformed:
        return None


def witness(payload: bytes | None) -> WitnessView | None:
    try:
        found = None if payload is None else decode_witness(payload)
    except PayloadMalformed:
        return None
    return None if found is None else WitnessView(rule=found.rule, position=found.position)
