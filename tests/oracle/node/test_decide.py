"""What is decided, row by row of the table, and what is never decided whatever the chain and the journal say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.decide import (
    LARGEST_BATCH,
    LONGEST_PAUSE,
    Accept,
    Action,
    Attempt,
    AttemptState,
    Decline,
    Expire,
    Infer,
    Job,
    Me,
    Post,
    Reason,
    Result,
    Served,
    Settle,
    Stop,
    Unservable,
    Verb,
    Workload,
    decide,
    pause_after,
)
from protocol.cast import CAST
from protocol.plan import DOLLAR
from protocol.pricing import bond_of
from protocol.types import ZERO_ADDRESS, Answer, FactsHash, JobId, JobStatus, ModelId, Offer, Outcome, Terms, Work

ME, OTHER, CLIENT = (CAST[name].address for name in ("operator", "operator2", "client"))
MODEL, UNKNOWN = ModelId(b"\1" * 32), ModelId(b"\2" * 32)
NOW = 1_000_000
WORD = b"\3" * 32
TERMS = Terms(3_600, 86_400, 86_400, 3_600, 1_000, 2_000, 2_000, 20_000, DOLLAR, 24_576)
LOAD = Workload(prompt_tokens=100, output_tokens=10)
RESULT = Result(Outcome.ANSWERED, bytes(32), b"\0\0\1")
OPERATOR = Me(ME, free=1_000 * DOLLAR, capacity=8, served={MODEL: Served(DOLLAR, prompt_rate=100.0, output_rate=10.0)})


def offer(**changes: object) -> Offer:
    given_ = Offer(
        request=WORD,  # type: ignore[arg-type]
        shares=WORD,  # type: ignore[arg-type]
        terms=TERMS,
        client=CLIENT,
        named=ZERO_ADDRESS,
        disputes=ZERO_ADDRESS,
        outage_clock=ZERO_ADDRESS,
        min_fee=2 * DOLLAR,
        max_fee=4 * DOLLAR,
        submitted_at=NOW - 10,
        offer_seconds=600,
        exclusive_seconds=0,
        service_seconds=300,
    )
    return replace(given_, **changes)  # type: ignore[arg-type]


def opened(number: int = 1, *, load: Workload | Unservable = LOAD, **changes: object) -> Job:
    return Job(JobId(bytes([number]) * 32), JobStatus.OPEN, MODEL, offer(**changes), load=load)


def accepted(number: int = 1, *, operator: str = ME, post_by: int = NOW + 100, **changes: object) -> Job:
    work = Work(
        FactsHash(WORD),
        WORD,
        TERMS,
        CLIENT,
        operator,
        ZERO_ADDRESS,
        ZERO_ADDRESS,
        4 * DOLLAR,
        DOLLAR,
        NOW - 5,
        post_by,  # type: ignore[arg-type]
    )
    job = replace(opened(number), status=JobStatus.ACCEPTED, work=work)
    return replace(job, **changes)  # type: ignore[arg-type]


def posted(number: int = 1, *, operator: str = ME, posted_at: int = NOW - 3_600, held_until: int = 0) -> Job:
    answer = Answer(
        FactsHash(WORD),
        WORD,
        WORD,
        TERMS,
        CLIENT,
        operator,
        ZERO_ADDRESS,
        4 * DOLLAR,
        DOLLAR,
        posted_at,
        held_until,  # type: ignore[arg-type]
    )
    return replace(accepted(number, operator=operator), status=JobStatus.POSTED, answer=answer)


def tried(verb: Verb, state: AttemptState, number: int = 0, at: int = NOW - 1) -> dict[Verb, Attempt]:
    return {verb: Attempt(number, state, at)}


def decided(*jobs: Job, now: int = NOW, me: Me = OPERATOR) -> list[Action]:
    return decide(jobs, now, me)


# ---------------------------------------------------------------- an open job


def test_a_good_job_is_accepted() -> None:
    job = opened()
    assert decided(job) == [Accept(job.id, job.offer)]


@pytest.mark.parametrize(
    ("job", "me", "reason"),
    [
        (replace(opened(), attempts=tried(Verb.ACCEPT, AttemptState.PENDING)), OPERATOR, Reason.TRIED),
        (
            replace(opened(), attempts=tried(Verb.ACCEPT, AttemptState.REVERTED, at=NOW - 10_000)),
            OPERATOR,
            Reason.TRIED,
        ),
        (replace(opened(), abandoned=True), OPERATOR, Reason.ABANDONED),
        (opened(submitted_at=NOW - 600), OPERATOR, Reason.OFFER_OVER),
        (replace(opened(), model=UNKNOWN), OPERATOR, Reason.MODEL_NOT_SERVED),
        (opened(disputes=OTHER), OPERATOR, Reason.MODULE_NOT_TRUSTED),
        (opened(), replace(OPERATOR, trusted_modules=frozenset({OTHER})), Reason.MODULE_NOT_TRUSTED),
        (opened(load=Unservable(Reason.INPUT_MALFORMED, "odd")), OPERATOR, Reason.INPUT_MALFORMED),
        (opened(service_seconds=13), OPERATOR, Reason.TOO_SLOW),
        (opened(named=OTHER, exclusive_seconds=10), OPERATOR, Reason.NAMED_ANOTHER),
        (opened(), replace(OPERATOR, served={MODEL: Served(3 * DOLLAR, 100.0, 10.0)}), Reason.PRICE_TOO_LOW),
        (opened(), replace(OPERATOR, accepting=False), Reason.NOT_ACCEPTING),
        (opened(), replace(OPERATOR, capacity=0), Reason.NO_CAPACITY),
        (opened(), replace(OPERATOR, free=8 * DOLLAR - 1), Reason.NO_BOND),
    ],
    ids=lambda value: value.name if isinstance(value, Reason) else "",
)
def test_a_job_is_left_alone_for_a_reason(job: Job, me: Me, reason: Reason) -> None:
    [declined] = decided(job, me=me)
    assert isinstance(declined, Decline)
    assert declined.reason is reason


@pytest.mark.parametrize(
    "job",
    [
        opened(service_seconds=14),
        opened(submitted_at=NOW - 599),
        opened(named=ME, exclusive_seconds=10),
        opened(named=OTHER, exclusive_seconds=9),
        opened(load=Workload(0, 0), service_seconds=10),
    ],
    ids=["just enough time", "last second", "named", "another named, over", "to be refused by a rule"],
)
def test_a_job_just_inside_the_bounds_is_accepted(job: Job) -> None:
    assert decided(job) == [Accept(job.id, job.offer)]


def test_the_best_paid_is_taken_first() -> None:
    cheap, dear = opened(1), opened(2, min_fee=3 * DOLLAR)
    assert decided(cheap, dear, me=replace(OPERATOR, capacity=1)) == [
        Accept(dear.id, dear.offer),
        Decline(cheap.id, Reason.NO_CAPACITY),
    ]


def test_work_in_hand_counts_against_the_time_of_the_next() -> None:
    """100 tokens read and 10 written take 2 s; twice that for each of two, and 10 s kept free: 18 s."""
    held, job = accepted(1), opened(2, service_seconds=18)
    assert Accept(job.id, job.offer) in decided(held, job)
    tighter = opened(2, service_seconds=17)
    assert Decline(tighter.id, Reason.TOO_SLOW) in decided(held, tighter)


# ---------------------------------------------------------------- an accepted job


@pytest.mark.parametrize(
    ("job", "actions"),
    [
        (accepted(), [Infer(JobId(b"\1" * 32))]),
        (accepted(running=True), []),
        (accepted(abandoned=True), []),
        (accepted(operator=OTHER), []),
        (accepted(operator=OTHER, running=True), [Stop]),
        (accepted(result=RESULT), [Post]),
        (accepted(result=RESULT, attempts=tried(Verb.POST, AttemptState.PENDING)), []),
        (accepted(result=RESULT, attempts=tried(Verb.POST, AttemptState.SUCCEEDED)), []),
        (accepted(result=RESULT, attempts=tried(Verb.POST, AttemptState.REVERTED)), [Post]),
        (accepted(result=RESULT, attempts=tried(Verb.POST, AttemptState.REVERTED, at=NOW)), []),
        (accepted(result=RESULT, post_by=NOW), []),
        (accepted(result=RESULT, post_by=NOW + 1), [Post]),
        (accepted(result=RESULT, post_by=NOW - 1), [Expire]),
        (accepted(running=True, post_by=NOW - 1), [Stop, Expire]),
        (accepted(running=True, post_by=NOW), [Stop]),
        (accepted(post_by=NOW - 1, attempts=tried(Verb.EXPIRE, AttemptState.PENDING)), []),
    ],
    ids=[
        *("no result", "running", "given up", "another's", "another's and running", "result", "being posted"),
        *("posted", "posting reverted", "posting reverted just now", "last second", "last but one", "too late"),
        *("too late and running", "over and running", "being expired"),
    ],
)
def test_an_accepted_job(job: Job, actions: Sequence[Action | type[Action]]) -> None:
    found = decided(job)
    assert [each if isinstance(each, Infer) else type(each) for each in found] == actions


def test_the_nearest_deadline_comes_first() -> None:
    later, sooner = accepted(1, post_by=NOW + 90), accepted(2, post_by=NOW + 30)
    assert decided(later, sooner) == [Infer(sooner.id), Infer(later.id)]


def test_pauses_double_up_to_a_bound() -> None:
    assert [pause_after(number) for number in (0, 1, 2, 9, 10, 1_000)] == [1, 2, 4, 512, LONGEST_PAUSE, LONGEST_PAUSE]


# ---------------------------------------------------------------- a posted job


def test_jobs_that_are_due_are_settled_together_and_no_others() -> None:
    due, early, held, others = (
        posted(1),
        posted(2, posted_at=NOW - 3_599),
        posted(3, held_until=NOW + 1),
        posted(4, operator=OTHER),
    )
    assert decided(due, early, held, others) == [Settle(((due.id, due.answer),))]  # type: ignore[arg-type]


def test_a_batch_is_bounded() -> None:
    found = decided(*(posted(number) for number in range(1, LARGEST_BATCH + 2)))
    assert [len(batch.answers) for batch in found if isinstance(batch, Settle)] == [LARGEST_BATCH, 1]


# ---------------------------------------------------------------- whatever happens

ATTEMPTS = st.dictionaries(
    st.sampled_from(Verb),
    st.builds(Attempt, st.integers(0, 20), st.sampled_from(AttemptState), st.integers(NOW - 2_000, NOW)),
)
SECONDS = st.integers(NOW - 4_000, NOW + 400)
OPERATORS = st.sampled_from([ME, OTHER])


@st.composite
def jobs(draw: st.DrawFn) -> list[Job]:
    return [draw(one(number)) for number in range(1, draw(st.integers(0, 8)) + 1)]


@st.composite
def one(draw: st.DrawFn, number: int) -> Job:
    kind = draw(st.sampled_from(["open", "accepted", "posted"]))
    job = {
        "open": lambda: opened(
            number,
            min_fee=draw(st.integers(0, 4 * DOLLAR)),
            submitted_at=draw(st.integers(NOW - 700, NOW)),
            service_seconds=draw(st.integers(1, 400)),
            named=draw(OPERATORS),
            exclusive_seconds=draw(st.integers(0, 300)),
        ),
        "accepted": lambda: accepted(number, operator=draw(OPERATORS), post_by=draw(SECONDS)),
        "posted": lambda: posted(number, operator=draw(OPERATORS), posted_at=draw(SECONDS)),
    }[kind]()
    return replace(
        job,
        attempts=draw(ATTEMPTS),
        result=draw(st.none() | st.just(RESULT)),
        running=draw(st.booleans()),
        abandoned=draw(st.booleans()),
    )


@settings(max_examples=300)
@given(jobs(), st.integers(0, 40 * DOLLAR), st.integers(0, 8))
def test_whatever_is_seen_nothing_is_promised_that_cannot_be_kept(seen: list[Job], free: int, capacity: int) -> None:
    actions = decided(*seen, me=replace(OPERATOR, free=free, capacity=capacity))
    by_id = {job.id: job for job in seen}
    held = sum(job.status is JobStatus.ACCEPTED and job.work is not None and job.work.operator == ME for job in seen)
    accepts = [action for action in actions if isinstance(action, Accept)]
    assert sum(bond_of(accept.offer) for accept in accepts) <= free
    assert not accepts or held + len(accepts) <= capacity
    for action in actions:
        match action:
            case Post(job, work, _):
                assert work.operator == ME
                assert work.post_by > NOW, "posted too late"
                assert not unresolved(by_id[job], Verb.POST), "posted twice"
            case Expire(job, work, _):
                assert work.operator == ME
                assert work.post_by < NOW, "expired too soon"
                assert not unresolved(by_id[job], Verb.EXPIRE)
            case Accept(job, offered):
                assert Verb.ACCEPT not in by_id[job].attempts, "accepted twice"
                assert not by_id[job].abandoned
                assert offered.service_seconds >= OPERATOR.margin
            case Infer(job):
                assert not by_id[job].running
                assert by_id[job].result is None
            case Settle(answers):
                assert all(answer.operator == ME for _, answer in answers)
                assert not any(unresolved(by_id[job], Verb.SETTLE) for job, _ in answers), "settled twice"
            case Stop(job):
                assert by_id[job].running


def unresolved(job: Job, verb: Verb) -> bool:
    """Whether a transaction of this verb is on its way, or went through already."""
    attempt = job.attempts.get(verb)
    return attempt is not None and attempt.state is not AttemptState.REVERTED
