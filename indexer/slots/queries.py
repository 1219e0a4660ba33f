"""What can be asked of slots, sheets and governed numbers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select

from indexer.answers import Paging, equal
from indexer.slots.models import GovernedNumber, ShareTable, Sheet, SheetInForce, Slot
from indexer.snapshot import Snapshot


def slots(snapshot: Snapshot, paging: Paging) -> Sequence[RowMapping]:
    """Newest first."""
    table = snapshot.of(Slot)
    return snapshot.all(paging.newest_first(select(table), table.c.position))


def slot(snapshot: Snapshot, name: bytes) -> RowMapping | None:
    table = snapshot.of(Slot)
    return snapshot.first(select(table).where(table.c.name == name))


def sheet(snapshot: Snapshot, hash_: bytes) -> RowMapping | None:
    table = snapshot.of(Sheet)
    return snapshot.first(select(table).where(table.c.hash == hash_))


def sheets(snapshot: Snapshot, key: bytes | None, paging: Paging) -> Sequence[RowMapping]:
    """Newest first; `key`: of one slot or model."""
    table = snapshot.of(Sheet)
    query = select(table).where(*equal(table, key=key))
    return snapshot.all(paging.newest_first(query, table.c.position))


def shares(snapshot: Snapshot, ids: Sequence[bytes]) -> dict[bytes, RowMapping]:
    table = snapshot.of(ShareTable)
    return {bytes(row["id"]): row for row in snapshot.all(select(table).where(table.c.id.in_(ids)))}


def in_force(snapshot: Snapshot, keys: Sequence[bytes]) -> dict[bytes, RowMapping]:
    """The sheets that the escrow takes now, by key."""
    force, table = snapshot.of(SheetInForce), snapshot.of(Sheet)
    query = select(table).join(force, force.c.sheet == table.c.hash).where(force.c.key.in_(keys))
    return {bytes(row["key"]): row for row in snapshot.all(query)}


def governed_numbers(snapshot: Snapshot) -> Sequence[RowMapping]:
    table = snapshot.of(GovernedNumber)
    return snapshot.all(select(table).order_by(table.c.contract, table.c.name))
