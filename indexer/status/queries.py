"""What can be asked of the protocol as a whole."""

from __future__ import annotations

from sqlalchemy import func, select

from indexer.accounts.models import Token
from indexer.models.models import Model
from indexer.operators.models import Operator, OperatorRecord
from indexer.proposals.models import Proposal
from indexer.snapshot import Snapshot


def count_operators(snapshot: Snapshot) -> int:
    """Those that are registered and not retired."""
    table = snapshot.of(Operator)
    query = select(func.count()).select_from(table).where(table.c.is_retired.is_(False))
    return snapshot.connection.execute(query).scalar_one()


def count_models(snapshot: Snapshot) -> int:
    return snapshot.connection.execute(select(func.count()).select_from(snapshot.of(Model))).scalar_one()


def count_proposals(snapshot: Snapshot) -> int:
    return snapshot.connection.execute(select(func.count()).select_from(snapshot.of(Proposal))).scalar_one()


def supply_of(snapshot: Snapshot, contract: str) -> int:
    """Total supply of HOLD, or of what is staked."""
    table = snapshot.of(Token)
    query = select(table.c.supply).where(table.c.address == snapshot.scope.address_of(contract))
    return snapshot.connection.execute(query).scalar_one_or_none() or 0


def earned_by_operators(snapshot: Snapshot) -> int:
    """Asset units. Summed here, since SQLite keeps amounts as text."""
    table = snapshot.of(OperatorRecord)
    return sum(snapshot.connection.execute(select(table.c.earned)).scalars())
