"""A job's facts, folded from its events alone: what the escrow keeps only the hash of.

Pure. `recovery.py` finds the events; the operator and the indexer fold their own copies with the same function.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from protocol import encoding
from protocol.errors import CommonholdError
from protocol.events import (
    Event,
    JobAccepted,
    JobCancelled,
    JobConvicted,
    JobExpired,
    JobSettled,
    JobSubmitted,
    ResultPosted,
    SettlementHeld,
    SettlementReleased,
)
from protocol.pricing import bond_of_work
from protocol.types import Address, Answer, JobId, JobStatus, Offer, Outcome, Sheet, Submission, Work

JOB_EVENTS: tuple[type[Event], ...] = (
    JobSubmitted,
    JobAccepted,
    ResultPosted,
    JobSettled,
    JobCancelled,
    JobExpired,
    SettlementHeld,
    SettlementReleased,
    JobConvicted,
)
"""The events that move a job, each with the job's id as its first indexed parameter."""


class EventsIncomplete(CommonholdError):
    """An event that does not follow from those before it: some are missing, or out of order."""


@dataclass(frozen=True, slots=True)
class JobRecord:
    """All that is known of a job. `facts` are those of its present state; earlier ones stay beside them.

    `work` is `None` again when an acceptance expired; `events` are all of the job's, in the chain's order.
    """

    id: JobId
    status: JobStatus
    nonce: int
    sheet: Sheet
    submission: Submission
    offer: Offer
    work: Work | None = None
    answer: Answer | None = None
    outcome: Outcome | None = None
    trace: bytes | None = None
    output: bytes | None = None
    events: tuple[Event, ...] = ()

    @property
    def facts(self) -> Offer | Work | Answer | None:
        """What the next verb takes; `None` once the job has ended."""
        match self.status:
            case JobStatus.OPEN:
                return self.offer
            case JobStatus.ACCEPTED:
                return self.work
            case JobStatus.POSTED | JobStatus.DISPUTED:
                return self.answer
            case _:
                return None

    @property
    def commitment(self) -> bytes:
        """What the escrow must hold for this job, if the record is right."""
        return encoding.commitment(self.facts, self.status)

    def locked_of(self, account: Address) -> int:
        """What the job locks of an account's balance now: the client's fee, the operator's bond."""
        if self.status.is_final:
            return 0
        fee = self.offer.max_fee if account == self.offer.client else 0
        bond = bond_of_work(self.work) if self.work is not None and account == self.work.operator else 0
        return fee + bond


def open_job(event: JobSubmitted, sheet: Sheet, timestamp: int) -> JobRecord:
    """The record of a job at its submission, in a block of `timestamp`, under the sheet that the event names.

    Raises `EventsIncomplete` for another sheet.
    """
    if encoding.sheet_hash(sheet) != event.sheet:
        raise EventsIncomplete(f"job 0x{event.id.hex()} pins sheet 0x{event.sheet.hex()}, which is not the one given")
    submission = Submission(
        event.min_fee,
        event.max_fee,
        event.offer_seconds,
        event.service_seconds,
        event.exclusive_seconds,
        event.named,
        event.sampling,
        event.input,
    )
    offer = Offer(
        request=encoding.request_of(event.sheet, event.sampling, event.input),
        shares=sheet.shares,
        terms=sheet.terms,
        client=event.client,
        named=event.named,
        disputes=sheet.disputes,
        outage_clock=sheet.outage_clock,
        min_fee=event.min_fee,
        max_fee=event.max_fee,
        submitted_at=timestamp,
        offer_seconds=event.offer_seconds,
        exclusive_seconds=event.exclusive_seconds,
        service_seconds=event.service_seconds,
    )
    return JobRecord(event.id, JobStatus.OPEN, event.nonce, sheet, submission, offer, events=(event,))


def fold(record: JobRecord, event: Event, timestamp: int) -> JobRecord:
    """The record after `event`, in a block of `timestamp`. Raises `EventsIncomplete` when it cannot follow."""
    record = replace(record, events=(*record.events, event))
    match event:
        case JobAccepted():
            return replace(record, status=JobStatus.ACCEPTED, work=_work(record, event, timestamp))
        case ResultPosted():
            answer = _answer(record, event, timestamp)
            posted = replace(record, outcome=event.outcome, trace=event.trace, output=event.output)
            return replace(posted, status=JobStatus.POSTED, answer=answer)
        case JobExpired(reopened=True):
            return replace(record, status=JobStatus.OPEN, work=None)
        case SettlementHeld():
            return replace(record, status=JobStatus.DISPUTED, answer=_held(record, event, event.held_until))
        case SettlementReleased():
            return replace(record, status=JobStatus.POSTED, answer=_held(record, event, 0))
        case JobExpired() | JobCancelled():
            return replace(record, status=JobStatus.REFUNDED)
        case JobSettled():
            return replace(record, status=JobStatus.SETTLED)
        case JobConvicted():
            return replace(record, status=JobStatus.CONVICTED)
        case _:
            raise EventsIncomplete(f"{type(event).__name__} does not move a job")


def _work(record: JobRecord, event: JobAccepted, timestamp: int) -> Work:
    _expect(record, event, JobStatus.OPEN)
    offer = record.offer
    return Work(
        offer=encoding.facts_hash(offer),
        shares=offer.shares,
        terms=offer.terms,
        client=offer.client,
        operator=event.operator,
        disputes=offer.disputes,
        outage_clock=offer.outage_clock,
        max_fee=offer.max_fee,
        price=event.price,
        accepted_at=timestamp,
        post_by=event.post_by,
    )


def _answer(record: JobRecord, event: ResultPosted, timestamp: int) -> Answer:
    _expect(record, event, JobStatus.ACCEPTED)
    work = record.work
    assert work is not None
    return Answer(
        offer=work.offer,
        result=encoding.result_of(event.outcome, event.output, event.trace),
        shares=work.shares,
        terms=work.terms,
        client=work.client,
        operator=work.operator,
        disputes=work.disputes,
        max_fee=work.max_fee,
        price=event.price,
        posted_at=timestamp,
        held_until=0,
    )


def _held(record: JobRecord, event: Event, until: int) -> Answer:
    _expect(record, event, JobStatus.POSTED, JobStatus.DISPUTED)
    assert record.answer is not None
    return replace(record.answer, held_until=until)


def _expect(record: JobRecord, event: Event, *statuses: JobStatus) -> None:
    if record.status not in statuses:
        raise EventsIncomplete(
            f"job 0x{record.id.hex()} is {record.status.name.lower()} when {type(event).__name__} comes: "
            "events before it are missing"
        )
