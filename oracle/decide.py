"""What to do next, from what the chain says and what the journal remembers. Pure: no clock, no chain, no disk.

`docs/operating.md` draws the same table:

| the job is | and | then |
| --- | --- | --- |
| open | servable, priced, in time, within capacity and bond | `Accept` |
| open | anything else | `Decline`, with the reason |
| accepted by me | no result yet, deadline ahead | `Infer` |
| accepted by me | result in the journal, deadline ahead | `Post` |
| accepted by me | deadline passed | `Stop` what runs, then `Expire` |
| posted by me | window and hold over | `Settle`, all that are due in one batch |
| no longer mine, or over | still being worked on | `Stop` |

`now` is the chain's time: the newest block's timestamp and the seconds since that block was first seen. A
transaction lands in a later block, so nothing is sent in the last second of a window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from protocol.pricing import bond_of, price_at, settle_from
from protocol.types import ZERO_ADDRESS, Address, Answer, JobId, JobStatus, ModelId, Offer, Outcome, Work

LONGEST_PAUSE = 600
"""Seconds between tries of one verb on the same facts, which double up to this. What lost a race is not tried again."""

LARGEST_BATCH = 20
"""Jobs settled in one transaction."""


class Verb(StrEnum):
    """What the operator sends for a job; also the first part of an intent's key."""

    ACCEPT = "accept"
    POST = "post"
    SETTLE = "settle"
    EXPIRE = "expire"


class AttemptState(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    REVERTED = "reverted"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last transaction sent for a verb on the job's present facts; `at` is chain time, in seconds."""

    number: int
    state: AttemptState
    at: int


class Reason(StrEnum):
    """Why an open job is left alone. The first that holds is given."""

    NOT_ACCEPTING = "the operator accepts nothing now"
    ABANDONED = "given up before"
    MODEL_NOT_SERVED = "the model is not served here"
    MODULE_NOT_TRUSTED = "the pinned dispute module is none that the operator trusts with its bond"
    RULES_UNKNOWN = "the pinned rule set is not known"
    RULES_DO_NOT_COVER = "the pinned rule set has no prefix for the model's tokenizer"
    INPUT_MALFORMED = "the input is no sequence of token ids"
    SAMPLING_MALFORMED = "the sampling word is malformed"
    OUTPUT_TOO_LONG = "the output could be longer than the terms allow to post"
    OFFER_OVER = "the offer window is over"
    NAMED_ANOTHER = "another operator is named for now"
    TRIED = "accepting was tried"
    PRICE_TOO_LOW = "the price is below what is asked"
    TOO_SLOW = "it would not be served in time"
    NO_CAPACITY = "as many jobs as allowed are held"
    NO_BOND = "the free balance does not cover the bond"


@dataclass(frozen=True, slots=True)
class Workload:
    """Tokens to read and, at most, to write. Both zero: the input will be refused by a rule."""

    prompt_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Unservable:
    """A job that can be given no result, and why in its own terms."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Result:
    """What was computed, as the journal holds it before it is posted."""

    outcome: Outcome
    trace: bytes
    output: bytes


@dataclass(frozen=True, slots=True)
class Job:
    """A job in the operator's eyes: facts from the chain, then what this operator remembers of it.

    `attempts` holds those on the present facts only. `running`: a worker has it in hand.
    """

    id: JobId
    status: JobStatus
    model: ModelId
    offer: Offer
    work: Work | None = None
    answer: Answer | None = None
    load: Workload | Unservable = field(default=Workload(0, 0))
    result: Result | None = None
    running: bool = False
    abandoned: bool = False
    attempts: Mapping[Verb, Attempt] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Served:
    """A loaded model: the least price asked for a job, in units of the asset, and measured tokens a second."""

    price: int
    prompt_rate: float
    output_rate: float

    def seconds(self, load: Workload) -> float:
        return load.prompt_tokens / self.prompt_rate + load.output_tokens / self.output_rate


@dataclass(frozen=True, slots=True)
class Me:
    """The operator: free balance in units of the asset, most jobs held at once, what is loaded, and which dispute
    modules may judge it: whatever module a job pins can take its bond. The zero address stands for none.

    A job is taken when `margin + slack · (all work in hand and this)` seconds fit its service time.
    """

    address: Address
    free: int
    capacity: int
    served: Mapping[ModelId, Served]
    trusted_modules: frozenset[Address] = frozenset({ZERO_ADDRESS})
    accepting: bool = True
    slack: float = 2.0
    margin: int = 10


@dataclass(frozen=True, slots=True)
class Accept:
    job: JobId
    offer: Offer


@dataclass(frozen=True, slots=True)
class Decline:
    job: JobId
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Infer:
    job: JobId


@dataclass(frozen=True, slots=True)
class Post:
    job: JobId
    work: Work
    result: Result


@dataclass(frozen=True, slots=True)
class Stop:
    job: JobId
    why: str


@dataclass(frozen=True, slots=True)
class Expire:
    job: JobId
    work: Work
    offer: Offer


@dataclass(frozen=True, slots=True)
class Settle:
    """One transaction for all of them."""

    answers: tuple[tuple[JobId, Answer], ...]


Action = Accept | Decline | Infer | Post | Stop | Expire | Settle


def decide(jobs: Sequence[Job], now: int, me: Me) -> list[Action]:
    """Everything to do at second `now`: deadlines first, then settlements, then new work, best paid first."""
    mine = [job for job in jobs if _held_by(job, me.address)]
    others = [job for job in jobs if job.running and job not in mine]
    actions: list[Action] = [Stop(job.id, "it is no longer this operator's to do") for job in others]
    for job in sorted(mine, key=_deadline):
        actions += _serve(job, now)
    actions += _settle([job for job in jobs if _settleable(job, now, me.address)])
    actions += _offers([job for job in jobs if job.status is JobStatus.OPEN], mine, now, me)
    return actions


def _held_by(job: Job, operator: Address) -> bool:
    return job.status is JobStatus.ACCEPTED and job.work is not None and job.work.operator == operator


def _deadline(job: Job) -> int:
    return job.work.post_by if job.work is not None else 0


def _serve(job: Job, now: int) -> Iterator[Action]:
    assert job.work is not None
    if now < job.work.post_by:
        yield from _work_on(job, job.work, now)
        return
    if job.running:
        yield Stop(job.id, "its deadline passed")
    if now > job.work.post_by and _may_try(job, Verb.EXPIRE, now):
        yield Expire(job.id, job.work, job.offer)


def _work_on(job: Job, work: Work, now: int) -> Iterator[Action]:
    if job.result is not None:
        if _may_try(job, Verb.POST, now):
            yield Post(job.id, work, job.result)
    elif not job.running and not job.abandoned:
        yield Infer(job.id)


def _may_try(job: Job, verb: Verb, now: int) -> bool:
    attempt = job.attempts.get(verb)
    if attempt is None:
        return True
    if attempt.state is not AttemptState.REVERTED or verb is Verb.ACCEPT:
        return False
    return now >= attempt.at + pause_after(attempt.number)


def pause_after(number: int) -> int:
    """Seconds to wait after try `number`, counted from zero."""
    return min(1 << min(number, 32), LONGEST_PAUSE)


def _settleable(job: Job, now: int, operator: Address) -> bool:
    if job.status not in (JobStatus.POSTED, JobStatus.DISPUTED) or job.answer is None:
        return False
    mine = job.answer.operator == operator
    return mine and now >= settle_from(job.answer) and _may_try(job, Verb.SETTLE, now)


def _settle(due: Sequence[Job]) -> Iterator[Settle]:
    answers = [(job.id, job.answer) for job in due if job.answer is not None]
    for first in range(0, len(answers), LARGEST_BATCH):
        yield Settle(tuple(answers[first : first + LARGEST_BATCH]))


def _offers(open_jobs: Sequence[Job], mine: Sequence[Job], now: int, me: Me) -> Iterator[Accept | Decline]:
    """Takes offers one by one, each counted against what the next may use."""
    unsent = [job for job in open_jobs if _accept_pending(job)]
    held = len(mine) + len(unsent)
    backlog = sum(_seconds(job, me) for job in [*mine, *unsent] if job.result is None)
    me = replace(me, free=me.free - sum(bond_of(job.offer) for job in unsent))
    for job in sorted(open_jobs, key=lambda job: (-price_at(job.offer, now), job.offer.submitted_at, job.id)):
        refusal = refusal_of(job, now, me, held, backlog)
        if refusal is not None:
            yield refusal
            continue
        yield Accept(job.id, job.offer)
        held, backlog = held + 1, backlog + _seconds(job, me)
        me = replace(me, free=me.free - bond_of(job.offer))


def _accept_pending(job: Job) -> bool:
    attempt = job.attempts.get(Verb.ACCEPT)
    return attempt is not None and attempt.state is not AttemptState.REVERTED


def _seconds(job: Job, me: Me) -> float:
    served = me.served.get(job.model)
    return served.seconds(job.load) if served and isinstance(job.load, Workload) else 0.0


def refusal_of(job: Job, now: int, me: Me, held: int, backlog: float) -> Decline | None:
    """Why `me`, holding `held` jobs and `backlog` seconds of work, leaves an open job alone; None: takes it."""
    for reason, holds in _reasons(job, now, me, held, backlog):
        if holds:
            return Decline(job.id, reason)
    return Decline(job.id, job.load.reason, job.load.detail) if isinstance(job.load, Unservable) else None


def _reasons(job: Job, now: int, me: Me, held: int, backlog: float) -> Iterator[tuple[Reason, bool]]:
    """In order of use: those that will not change by waiting come first, so that logs name the lasting reason."""
    offer, served = job.offer, me.served.get(job.model)
    yield Reason.TRIED, Verb.ACCEPT in job.attempts
    yield Reason.ABANDONED, job.abandoned
    yield Reason.OFFER_OVER, now >= offer.submitted_at + offer.offer_seconds
    yield Reason.MODULE_NOT_TRUSTED, offer.disputes not in me.trusted_modules
    yield Reason.MODEL_NOT_SERVED, served is None
    if served is None or isinstance(job.load, Unservable):
        return
    needed = me.margin + me.slack * (backlog + served.seconds(job.load))
    yield Reason.TOO_SLOW, needed > offer.service_seconds
    yield Reason.NAMED_ANOTHER, _named_another(offer, now, me.address)
    yield Reason.PRICE_TOO_LOW, price_at(offer, now) < served.price
    yield Reason.NOT_ACCEPTING, not me.accepting
    yield Reason.NO_CAPACITY, held >= me.capacity
    yield Reason.NO_BOND, me.free < bond_of(offer)


def _named_another(offer: Offer, now: int, operator: Address) -> bool:
    exclusive = offer.exclusive_seconds > 0 and now <= offer.submitted_at + offer.exclusive_seconds
    return exclusive and offer.named != operator
