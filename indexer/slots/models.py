"""Slots, and the sheets and governed numbers that their jobs pin."""

from __future__ import annotations

from sqlalchemy import Boolean, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from indexer.columns import AddressBytes, Amount, Hash, Number
from indexer.history import Versioned


class Slot(Versioned, kw_only=True):
    """A role that a vote fills with a model. `previous` is what a rollback would return to; None: nothing."""

    __tablename__ = "slots"

    name: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    position: Mapped[int] = mapped_column(Number, unique=True)
    model: Mapped[bytes] = mapped_column(Hash)
    previous: Mapped[bytes | None] = mapped_column(Hash, default=None)
    assigned_at: Mapped[int] = mapped_column(Number)


class Sheet(Versioned, kw_only=True):
    """A sheet that was published, under its hash. `key` is its slot, or its model where `slot` is zero."""

    __tablename__ = "sheets"

    hash: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    position: Mapped[int] = mapped_column(Number, unique=True)
    key: Mapped[bytes] = mapped_column(Hash)
    slot: Mapped[bytes] = mapped_column(Hash)
    model: Mapped[bytes] = mapped_column(Hash)
    rules: Mapped[bytes] = mapped_column(Hash)
    shares: Mapped[bytes] = mapped_column(Hash)
    disputes: Mapped[str | None] = mapped_column(AddressBytes, default=None)
    outage_clock: Mapped[str | None] = mapped_column(AddressBytes, default=None)
    terms: Mapped[int] = mapped_column(Amount)
    generation: Mapped[int] = mapped_column(Amount)
    published_at: Mapped[int] = mapped_column(Number)

    __table_args__ = (Index("ix_sheets_key_position", "key", "position"),)


class ShareTable(Versioned, kw_only=True):
    """Who shares in a fee besides the operator; parts of 10,000."""

    __tablename__ = "share_tables"

    id: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    curator: Mapped[str] = mapped_column(AddressBytes)
    curator_bps: Mapped[int] = mapped_column(SmallInteger)
    stakers_bps: Mapped[int] = mapped_column(SmallInteger)
    treasury_bps: Mapped[int] = mapped_column(SmallInteger)
    slotted: Mapped[bool] = mapped_column(Boolean)


class SheetInForce(Versioned, kw_only=True):
    """The sheet that the escrow takes for a slot or model now. Without a slot it lapses with the generation."""

    __tablename__ = "sheets_in_force"

    key: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    sheet: Mapped[bytes] = mapped_column(Hash)


class GovernedNumber(Versioned, kw_only=True):
    """A number or an address that votes set, under its contract and name, as a word."""

    __tablename__ = "governed_numbers"

    contract: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[int] = mapped_column(Amount)
    set_at: Mapped[int] = mapped_column(Number)
