"""What can be asked of jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, func, or_, select

from indexer import blocks
from indexer.answers import Paging, equal
from indexer.apply import event_of
from indexer.blocks import Block
from indexer.jobs.models import Job
from indexer.slots.models import Sheet as StoredSheet
from indexer.slots.sheets import sheet_from
from indexer.snapshot import Snapshot
from protocol.events import Event, JobSubmitted
from protocol.facts import JOB_EVENTS, EventsIncomplete, JobRecord, fold, open_job
from protocol.types import JobStatus, Sheet

UNFINISHED = [status for status in JobStatus if status and not status.is_final]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to a job, and the block that it happened in."""

    event: Event
    block: Block


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Conditions that must all hold; None: does not matter. `account`: is client or operator."""

    status: JobStatus | None = None
    client: str | None = None
    operator: str | None = None
    account: str | None = None
    slot: bytes | None = None
    model: bytes | None = None
    was_disputed: bool | None = None
    unfinished: bool = False


def jobs(snapshot: Snapshot, wanted: JobFilter, paging: Paging) -> Sequence[RowMapping]:
    """Newest first."""
    table = snapshot.of(Job)
    query = select(table).where(
        *equal(
            table,
            status=wanted.status,
            client=wanted.client,
            operator=wanted.operator,
            slot=wanted.slot,
            model=wanted.model,
            was_disputed=wanted.was_disputed,
        )
    )
    if wanted.account is not None:
        query = query.where(or_(table.c.client == wanted.account, table.c.operator == wanted.account))
    if wanted.unfinished:
        query = query.where(table.c.status.in_(UNFINISHED))
    return snapshot.all(paging.newest_first(query, table.c.position))


def job(snapshot: Snapshot, id_: bytes) -> RowMapping | None:
    table = snapshot.of(Job)
    return snapshot.first(select(table).where(table.c.id == id_))


def record_of(snapshot: Snapshot, row: RowMapping) -> tuple[JobRecord, list[Moment]]:
    """All that is known of a job, folded from the raw logs, and each thing that happened to it."""
    escrow = bytes.fromhex(snapshot.scope.address_of("JobEscrow")[2:])
    logs = blocks.logs_naming(snapshot.connection, escrow, row["id"], snapshot.block.number)
    moments = [Moment(event_of(log, block), block) for log, block in logs]
    return folded(
        [moment for moment in moments if isinstance(moment.event, JOB_EVENTS)], sheet_of(snapshot, row)
    ), moments


def folded(moments: Sequence[Moment], sheet: Sheet) -> JobRecord:
    """Raises `EventsIncomplete` when logs are missing."""
    first, *later = moments
    if not isinstance(first.event, JobSubmitted):
        raise EventsIncomplete(f"the first event of the job is {type(first.event).__name__}")
    record = open_job(first.event, sheet, first.block.timestamp)
    for moment in later:
        record = fold(record, moment.event, moment.block.timestamp)
    return record


def sheet_of(snapshot: Snapshot, row: RowMapping) -> Sheet:
    table = snapshot.of(StoredSheet)
    found = snapshot.connection.execute(select(table).where(table.c.hash == row["sheet"])).mappings().one()
    return sheet_from(found)


def count_by_status(snapshot: Snapshot) -> dict[JobStatus, int]:
    table = snapshot.of(Job)
    counted = snapshot.connection.execute(select(table.c.status, func.count()).group_by(table.c.status))
    return {JobStatus(status): count for status, count in counted}
