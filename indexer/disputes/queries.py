"""What can be asked of disputes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select

from indexer.disputes.models import Commitment, Demand, Verdict
from indexer.snapshot import Snapshot


def demands_of(snapshot: Snapshot, job: bytes) -> Sequence[RowMapping]:
    """In the order in which they were made."""
    table = snapshot.of(Demand)
    return snapshot.all(select(table).where(table.c.job == job).order_by(table.c.position))


def commitments_of(snapshot: Snapshot, job: bytes) -> Sequence[RowMapping]:
    table = snapshot.of(Commitment)
    return snapshot.all(select(table).where(table.c.job == job).order_by(table.c.position))


def verdict_of(snapshot: Snapshot, job: bytes) -> RowMapping | None:
    table = snapshot.of(Verdict)
    return snapshot.first(select(table).where(table.c.job == job))
