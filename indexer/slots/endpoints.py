"""/slots, /sheets and /governed-numbers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import RowMapping

from indexer.answers import AsOf, One, Page, Pages, block_view, one, page
from indexer.formats import SlotName, Word, slot_name, to_hex
from indexer.problems import unknown
from indexer.slots import queries
from indexer.slots.schemas import GovernedNumberView, SheetView, SlotView
from indexer.snapshot import Snapshot

router = APIRouter(tags=["slots"])


@router.get("/slots", response_model=Page[SlotView])
def list_slots(snapshot: AsOf, paging: Pages) -> Any:
    """The slots with their models and the sheets in force; there are at most sixteen."""
    rows = queries.slots(snapshot, paging)
    sheets = sheets_in_force(snapshot, [row["name"] for row in rows])
    return page(snapshot, paging, rows, lambda row: SlotView.of(row, sheets.get(row["name"])))


@router.get("/slots/{name}", response_model=One[SlotView])
def show_slot(snapshot: AsOf, name: SlotName) -> Any:
    """One slot, by name or key."""
    row = queries.slot(snapshot, name)
    if row is None:
        raise unknown("slot", slot_name(name))
    return one(snapshot, SlotView.of(row, sheets_in_force(snapshot, [name]).get(name)))


@router.get("/sheets", response_model=Page[SheetView])
def list_sheets(
    snapshot: AsOf, paging: Pages, key: Annotated[SlotName | None, Query(description="Slot's name, or model")] = None
) -> Any:
    """Every sheet that was ever published, newest first."""
    rows = queries.sheets(snapshot, key, paging)
    shares = queries.shares(snapshot, [row["shares"] for row in rows])
    return page(snapshot, paging, rows, lambda row: SheetView.of(row, shares.get(row["shares"])))


@router.get("/sheets/{hash}", response_model=One[SheetView])
def show_sheet(snapshot: AsOf, hash: Word) -> Any:  # noqa: A002
    """One sheet, by its hash."""
    row = queries.sheet(snapshot, hash)
    if row is None:
        raise unknown("sheet", to_hex(hash))
    return one(snapshot, with_shares(snapshot, [row])[0])


@router.get("/governed-numbers", response_model=One[list[GovernedNumberView]])
def list_governed_numbers(snapshot: AsOf) -> Any:
    """Every number that votes can set, as it is."""
    rows = queries.governed_numbers(snapshot)
    return {"block": block_view(snapshot), "data": [GovernedNumberView.model_validate(dict(row)) for row in rows]}


def sheets_in_force(snapshot: Snapshot, keys: list[bytes]) -> dict[bytes, SheetView]:
    rows = queries.in_force(snapshot, keys)
    return dict(zip(rows, with_shares(snapshot, list(rows.values())), strict=True))


def with_shares(snapshot: Snapshot, rows: list[RowMapping]) -> list[SheetView]:
    shares = queries.shares(snapshot, [row["shares"] for row in rows])
    return [SheetView.of(row, shares.get(row["shares"])) for row in rows]
