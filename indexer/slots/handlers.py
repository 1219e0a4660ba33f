"""What each event about slots, sheets and governed numbers does."""

from __future__ import annotations

from dataclasses import asdict

from indexer.columns import some_address
from indexer.positions import position_of
from indexer.rows import Rows
from indexer.slots.models import GovernedNumber, ShareTable, Sheet, SheetInForce, Slot
from protocol import events
from protocol.types import ZERO_WORD


def slot_assigned(event: events.SlotAssigned, rows: Rows) -> None:
    now = rows.block.timestamp
    blank = Slot(name=event.slot, position=position_of(event), model=event.model, assigned_at=now)
    slot = rows.edit_or_add(blank)
    slot.model = event.model
    slot.previous = None if event.previous == ZERO_WORD else event.previous
    slot.assigned_at = now


def sheet_published(event: events.SheetPublished, rows: Rows) -> None:
    """A sheet can come into force again; its first publication stands."""
    sheet, shares = event.sheet, event.shares
    if rows.find(Sheet, event.sheet_hash) is None:
        rows.add(
            Sheet(
                hash=event.sheet_hash,
                position=position_of(event),
                key=event.key,
                slot=sheet.slot,
                model=sheet.model,
                rules=sheet.rules,
                shares=sheet.shares,
                disputes=some_address(sheet.disputes),
                outage_clock=some_address(sheet.outage_clock),
                terms=sheet.terms.pack(),
                generation=sheet.generation,
                published_at=rows.block.timestamp,
            )
        )
    if rows.find(ShareTable, sheet.shares) is None:
        rows.add(ShareTable(id=sheet.shares, **asdict(shares)))


def sheet_set(event: events.SheetSet, rows: Rows) -> None:
    """The escrow's own word on what is in force; zero: nothing."""
    rows.edit_or_add(SheetInForce(key=event.key, sheet=event.sheet)).sheet = event.sheet


def sheet_withdrawn(event: events.SheetWithdrawn, rows: Rows) -> None:
    """`SheetSet` with zero, from the escrow, says the same."""


def generation_set(event: events.GenerationSet, rows: Rows) -> None:
    set_number(rows, "JobEscrow", "generation", event.generation)


def numbers_set(event: events.NumbersSet, rows: Rows) -> None:
    for name, value in asdict(event.numbers).items():
        set_number(rows, "SheetBook", name, value)


def modules_set(event: events.ModulesSet, rows: Rows) -> None:
    set_number(rows, "SheetBook", "disputes", int(event.disputes, 16))
    set_number(rows, "SheetBook", "outage_clock", int(event.outage_clock, 16))


def set_number(rows: Rows, contract: str, name: str, value: int) -> None:
    """Notes a governed number under its contract and its name."""
    now = rows.block.timestamp
    number = rows.edit_or_add(GovernedNumber(contract=contract, name=name, value=value, set_at=now))
    number.value = value
    number.set_at = now
