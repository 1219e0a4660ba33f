"""What can be asked of models."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select

from indexer.answers import Paging, equal
from indexer.models.models import Model, WeightsDemand
from indexer.slots.models import Slot
from indexer.snapshot import Snapshot


def models(snapshot: Snapshot, curator: str | None, paging: Paging) -> Sequence[RowMapping]:
    """Newest first."""
    table = snapshot.of(Model)
    return snapshot.all(paging.newest_first(select(table).where(*equal(table, curator=curator)), table.c.position))


def model(snapshot: Snapshot, id_: bytes) -> RowMapping | None:
    table = snapshot.of(Model)
    return snapshot.first(select(table).where(table.c.id == id_))


def weights_demands(snapshot: Snapshot, model_: bytes, paging: Paging) -> Sequence[RowMapping]:
    """Newest first."""
    table = snapshot.of(WeightsDemand)
    found = select(table).where(table.c.model == model_)
    return snapshot.all(paging.newest_first(found, table.c.position))


def slots_by_model(snapshot: Snapshot) -> dict[bytes, list[bytes]]:
    """The slots that each model holds; there are at most sixteen."""
    table = snapshot.of(Slot)
    held: dict[bytes, list[bytes]] = {}
    for row in snapshot.all(select(table).order_by(table.c.position)):
        held.setdefault(bytes(row["model"]), []).append(bytes(row["name"]))
    return held
