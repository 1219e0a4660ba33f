"""What can be asked of proposals."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, FromClause, RowMapping, select

from indexer.answers import Paging, equal
from indexer.proposals.models import Proposal, ProposalAction, QuorumFraction, Supply
from indexer.proposals.states import quorum_of
from indexer.snapshot import Snapshot


def proposals(snapshot: Snapshot, proposer: str | None, paging: Paging) -> Sequence[RowMapping]:
    """Newest first."""
    table = snapshot.of(Proposal)
    query = select(table).where(*equal(table, proposer=proposer))
    return snapshot.all(paging.newest_first(query, table.c.position))


def proposal(snapshot: Snapshot, id_: int) -> RowMapping | None:
    table = snapshot.of(Proposal)
    return snapshot.first(select(table).where(table.c.id == id_))


def actions_of(snapshot: Snapshot, id_: int) -> Sequence[RowMapping]:
    table = snapshot.of(ProposalAction)
    return snapshot.all(select(table).where(table.c.proposal == id_).order_by(table.c.place))


def quorum_at(snapshot: Snapshot, second: int) -> int:
    """The quorum of a vote that starts at `second`; of a start that is still to come, as far as is known."""
    staked = _supply_at(snapshot, "StakedHold", second)
    total = _supply_at(snapshot, "HoldToken", second)
    table = snapshot.of(QuorumFraction)
    fraction = _last(snapshot, table, "numerator", table.c.timestamp <= second)
    return quorum_of(staked, fraction, total)


def _supply_at(snapshot: Snapshot, contract: str, second: int) -> int:
    table = snapshot.of(Supply)
    of_token = table.c.token == snapshot.scope.address_of(contract)
    return _last(snapshot, table, "supply", of_token, table.c.timestamp <= second)


def _last(snapshot: Snapshot, table: FromClause, column: str, *where: ColumnElement[bool]) -> int:
    found = snapshot.first(select(table.c[column]).where(*where).order_by(table.c.timestamp.desc()))
    return 0 if found is None else int(found[column])
