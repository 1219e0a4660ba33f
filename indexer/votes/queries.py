"""What can be asked of votes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select

from indexer.answers import Paging, equal
from indexer.snapshot import Snapshot
from indexer.votes.models import Vote


def votes(snapshot: Snapshot, proposal: int | None, voter: str | None, paging: Paging) -> Sequence[RowMapping]:
    """Newest first."""
    table = snapshot.of(Vote)
    query = select(table).where(*equal(table, proposal=proposal, voter=voter))
    return snapshot.all(paging.newest_first(query, table.c.position))
