"""/jobs, and those in dispute."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from indexer.answers import AsOf, One, Page, Pages, one, page
from indexer.formats import AddressText, SlotName, Word, to_hex
from indexer.jobs import queries
from indexer.jobs.queries import JobFilter
from indexer.jobs.schemas import JobDetail, JobView, StatusName, detail
from indexer.problems import unknown
from protocol.types import JobStatus

router = APIRouter(tags=["jobs"])


@router.get("/jobs", response_model=Page[JobView])
def list_jobs(
    *,
    snapshot: AsOf,
    paging: Pages,
    status: StatusName | None = None,
    client: AddressText | None = None,
    operator: AddressText | None = None,
    account: Annotated[AddressText | None, Query(description="Client or operator")] = None,
    slot: SlotName | None = None,
    model: Word | None = None,
) -> Any:
    """Jobs, newest first."""
    wanted = JobFilter(
        status=None if status is None else JobStatus[status.upper()],
        client=client,
        operator=operator,
        account=account,
        slot=slot,
        model=model,
    )
    return page(snapshot, paging, queries.jobs(snapshot, wanted, paging), JobView.of)


@router.get("/disputes", response_model=Page[JobView])
def list_disputes(
    snapshot: AsOf, paging: Pages, status: StatusName | None = None, operator: AddressText | None = None
) -> Any:
    """Jobs that a dispute module ever held or convicted, newest first."""
    wanted_status = None if status is None else JobStatus[status.upper()]
    wanted = JobFilter(status=wanted_status, operator=operator, was_disputed=True)
    return page(snapshot, paging, queries.jobs(snapshot, wanted, paging), JobView.of)


@router.get("/jobs/{id}", response_model=One[JobDetail])
def show_job(snapshot: AsOf, id: Word) -> Any:  # noqa: A002
    """A job with all its facts, its tokens, its history, and what can be done with it next."""
    row = queries.job(snapshot, id)
    if row is None:
        raise unknown("job", to_hex(id))
    record, moments = queries.record_of(snapshot, row)
    return one(snapshot, detail(row, record, moments, snapshot.block.timestamp))
