"""What can be asked of operators."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select

from indexer.answers import Paging, equal
from indexer.operators.models import Operator, OperatorModel, OperatorRecord
from indexer.snapshot import Snapshot


def operators(snapshot: Snapshot, model: bytes | None, is_retired: bool | None, paging: Paging) -> Sequence[RowMapping]:
    """Newest first; `model`: only those who serve it."""
    table, served = snapshot.of(Operator), snapshot.of(OperatorModel)
    query = select(table).where(*equal(table, is_retired=is_retired))
    if model is not None:
        query = query.where(table.c.address.in_(select(served.c.operator).where(served.c.model == model)))
    return snapshot.all(paging.newest_first(query, table.c.position))


def operator(snapshot: Snapshot, address: str) -> RowMapping | None:
    table = snapshot.of(Operator)
    return snapshot.first(select(table).where(table.c.address == address))


def models_of(snapshot: Snapshot, addresses: Sequence[str]) -> Sequence[RowMapping]:
    """What they serve, in the order of their profiles."""
    table = snapshot.of(OperatorModel)
    query = select(table).where(table.c.operator.in_(addresses)).order_by(table.c.operator, table.c.place)
    return snapshot.all(query)


def records_of(snapshot: Snapshot, addresses: Sequence[str]) -> Sequence[RowMapping]:
    table = snapshot.of(OperatorRecord)
    return snapshot.all(select(table).where(table.c.operator.in_(addresses)))
