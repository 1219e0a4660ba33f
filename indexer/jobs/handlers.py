"""What each event of the escrow does to a job, to the money locked for it, and to its operator's record."""

from __future__ import annotations

from indexer.accounts import balances
from indexer.accounts.models import Account
from indexer.columns import some_address
from indexer.jobs.models import Job
from indexer.operators.models import OperatorRecord
from indexer.positions import position_of
from indexer.rewards.models import Bucket
from indexer.rows import Rows
from indexer.slots.models import Sheet
from protocol import events
from protocol.pricing import bond_for
from protocol.types import JobStatus, Outcome, Terms


def job_submitted(event: events.JobSubmitted, rows: Rows) -> None:
    sheet = rows.get(Sheet, event.sheet)
    rows.add(
        Job(
            id=event.id,
            position=position_of(event),
            status=JobStatus.OPEN,
            client=event.client,
            nonce=event.nonce,
            sheet=event.sheet,
            slot=sheet.slot,
            model=sheet.model,
            min_fee=event.min_fee,
            max_fee=event.max_fee,
            offer_seconds=event.offer_seconds,
            service_seconds=event.service_seconds,
            exclusive_seconds=event.exclusive_seconds,
            named=some_address(event.named),
            sampling=event.sampling,
            submitted_at=rows.block.timestamp,
        )
    )
    balances.lock(rows, event.client, event.max_fee)
    rows.edit(Account, event.client).nonce = event.nonce + 1


def job_accepted(event: events.JobAccepted, rows: Rows) -> None:
    job = rows.edit(Job, event.id)
    job.status = JobStatus.ACCEPTED
    job.operator = event.operator
    job.price = event.price
    job.post_by = event.post_by
    job.accepted_at = rows.block.timestamp
    job.bond = bond_of(rows, job)
    balances.lock(rows, event.operator, job.bond)
    record_of(rows, event.operator).accepted += 1


def result_posted(event: events.ResultPosted, rows: Rows) -> None:
    job = rows.edit(Job, event.id)
    job.status = JobStatus.POSTED
    job.outcome = event.outcome
    job.price = event.price
    job.posted_at = rows.block.timestamp
    record = record_of(rows, event.operator)
    record.posted += 1
    record.refused += event.outcome != Outcome.ANSWERED


def job_settled(event: events.JobSettled, rows: Rows) -> None:
    job = rows.edit(Job, event.id)
    job.status = JobStatus.SETTLED
    job.operator_part = event.operator_part
    job.shared_part = event.shared_part
    job.ended_at = rows.block.timestamp
    balances.unlock(rows, job.client, job.max_fee, paid=event.operator_part + event.shared_part)
    balances.unlock(rows, event.operator, locked_bond(job))
    balances.deposit(rows, event.operator, event.operator_part)
    shares = rows.get(Sheet, job.sheet).shares
    rows.edit_or_add(Bucket(shares=shares, operator=event.operator)).amount += event.shared_part
    record = record_of(rows, event.operator)
    record.settled += 1
    record.earned += event.operator_part


def job_cancelled(event: events.JobCancelled, rows: Rows) -> None:
    refund(rows, rows.edit(Job, event.id))


def job_expired(event: events.JobExpired, rows: Rows) -> None:
    job = rows.edit(Job, event.id)
    if job.status == JobStatus.ACCEPTED:
        fine(rows, job, event.operator, event.fine)
    if event.reopened:
        reopen(job)
    else:
        refund(rows, job)


def settlement_held(event: events.SettlementHeld, rows: Rows) -> None:
    job = rows.edit(Job, event.id)
    job.status = JobStatus.DISPUTED
    job.was_disputed = True
    job.held_until = event.held_until


def settlement_released(event: events.SettlementReleased, rows: Rows) -> None:
    job = rows.edit(Job, event.id)
    job.status = JobStatus.POSTED
    job.held_until = 0


def job_convicted(event: events.JobConvicted, rows: Rows) -> None:
    """What was awarded is credited by `AwardCredited`; the rest of the bond is the treasury's."""
    job = rows.edit(Job, event.id)
    job.status = JobStatus.CONVICTED
    job.was_disputed = True
    job.awarded = event.awarded
    job.ended_at = rows.block.timestamp
    balances.unlock(rows, job.client, job.max_fee)
    balances.unlock(rows, event.operator, event.bond, paid=event.bond)
    balances.deposit(rows, rows.scope.treasury, event.bond - event.awarded)
    record_of(rows, event.operator).convicted += 1


def award_credited(event: events.AwardCredited, rows: Rows) -> None:
    balances.deposit(rows, event.to, event.amount)


def item_skipped(event: events.ItemSkipped, rows: Rows) -> None:
    """Nothing changed; the raw log stays for whoever asks why."""


def fine(rows: Rows, job: Job, operator: str, amount: int) -> None:
    """The operator's deadline passed: part of its bond is the client's, the rest is free again."""
    balances.unlock(rows, operator, locked_bond(job), paid=amount)
    balances.deposit(rows, job.client, amount)
    job.fine += amount
    record = record_of(rows, operator)
    record.expired += 1
    record.fined += amount


def reopen(job: Job) -> None:
    """Others may accept: nothing of the last acceptance binds any more."""
    job.status = JobStatus.OPEN
    job.operator = job.price = job.bond = job.accepted_at = job.post_by = None


def refund(rows: Rows, job: Job) -> None:
    job.status = JobStatus.REFUNDED
    job.ended_at = rows.block.timestamp
    balances.unlock(rows, job.client, job.max_fee)


def bond_of(rows: Rows, job: Job) -> int:
    return bond_for(Terms.unpack(rows.get(Sheet, job.sheet).terms), job.max_fee)


def locked_bond(job: Job) -> int:
    if job.bond is None:
        raise balances.BalanceBroken(f"job 0x{job.id.hex()} has no bond: it was never accepted")
    return job.bond


def record_of(rows: Rows, operator: str) -> OperatorRecord:
    return rows.edit_or_add(OperatorRecord(operator=operator))
