"""What can be done with a job, by whom, and from when until when: `docs/lifecycle.md` as a function."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.facts import JobRecord
from protocol.pricing import accept_until, settle_from
from protocol.types import ZERO_ADDRESS, Answer, JobStatus, Offer, Work

ANYONE = "anyone"


@dataclass(frozen=True, slots=True)
class Step:
    """A verb of the escrow. `by`: an address, or `anyone`. `since` and `until` in Unix seconds, both inclusive; None:
    no end. A deadline stretches by an outage that the job's outage clock states, which is not known here."""

    verb: str
    by: str
    since: int
    until: int | None = None

    def is_possible_at(self, second: int) -> bool:
        return self.since <= second and (self.until is None or second <= self.until)


def next_steps(job: JobRecord) -> list[Step]:
    """Every verb that the job's state allows, now or later."""
    match job.status:
        case JobStatus.OPEN:
            return _of_offer(job.offer)
        case JobStatus.ACCEPTED if job.work is not None:
            return _of_work(job.work)
        case JobStatus.POSTED | JobStatus.DISPUTED if job.answer is not None:
            return _of_answer(job.answer, job.status)
        case _:
            return []


def _of_offer(offer: Offer) -> list[Step]:
    start, end = offer.submitted_at, accept_until(offer)
    named = [] if offer.named == ZERO_ADDRESS else [Step("acceptJob", offer.named, start, end)]
    opens = start + offer.exclusive_seconds + 1 if named else start
    return [
        *named,
        Step("acceptJob", ANYONE, opens, end),
        Step("cancelJob", offer.client, start),
        Step("expireOffer", ANYONE, end + 1),
    ]


def _of_work(work: Work) -> list[Step]:
    return [
        Step("postResult", work.operator, work.accepted_at, work.post_by),
        Step("expireWork", ANYONE, work.post_by + 1),
    ]


def _of_answer(answer: Answer, status: JobStatus) -> list[Step]:
    settles = settle_from(answer)
    steps = [Step("settleJob", ANYONE, settles)]
    if answer.disputes == ZERO_ADDRESS:
        return steps
    steps.append(Step("holdSettlement", answer.disputes, answer.posted_at, settles - 1))
    if status is JobStatus.DISPUTED:
        steps.append(Step("releaseSettlement", answer.disputes, answer.posted_at))
    return [*steps, Step("convict", answer.disputes, answer.posted_at)]
