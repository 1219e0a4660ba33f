"""/jobs/{id}/disputes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from indexer.answers import AsOf, One, one
from indexer.disputes import queries
from indexer.disputes.schemas import DisputeView
from indexer.formats import Word, to_hex
from indexer.jobs.queries import job
from indexer.problems import unknown

router = APIRouter(tags=["disputes"])


@router.get("/jobs/{id}/disputes", response_model=One[DisputeView])
def show_disputes(snapshot: AsOf, id: Word) -> Any:  # noqa: A002
    """What was demanded of a job's operator, and shown; convictions that were announced; and the verdict."""
    if job(snapshot, id) is None:
        raise unknown("job", to_hex(id))
    demands, commitments = queries.demands_of(snapshot, id), queries.commitments_of(snapshot, id)
    verdict, now = queries.verdict_of(snapshot, id), snapshot.block.timestamp
    return one(snapshot, DisputeView.of(id, list(demands), list(commitments), verdict, now))
