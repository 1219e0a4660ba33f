"""Shared parts of fees on their way to those who share, and HOLD earned by work."""

from __future__ import annotations

from sqlalchemy import Boolean, Index
from sqlalchemy.orm import Mapped, mapped_column

from indexer.columns import AddressBytes, Amount, Hash, Number
from indexer.history import Versioned


class Bucket(Versioned, kw_only=True):
    """Shared parts of settled fees of one operator under one share table, until they are split. Asset units."""

    __tablename__ = "buckets"

    shares: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    operator: Mapped[str] = mapped_column(AddressBytes, primary_key=True)
    amount: Mapped[int] = mapped_column(Amount, default=0)


class Split(Versioned, kw_only=True):
    """One bucket split. Parts in asset units; only `slotted` ones earn HOLD."""

    __tablename__ = "splits"

    position: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    operator: Mapped[str] = mapped_column(AddressBytes)
    curator: Mapped[str] = mapped_column(AddressBytes)
    shares: Mapped[bytes] = mapped_column(Hash)
    epoch: Mapped[int] = mapped_column(Number)
    curator_part: Mapped[int] = mapped_column(Amount)
    stakers_part: Mapped[int] = mapped_column(Amount)
    treasury_part: Mapped[int] = mapped_column(Amount)
    slotted: Mapped[bool] = mapped_column(Boolean)
    split_at: Mapped[int] = mapped_column(Number)

    __table_args__ = (
        Index("ix_splits_operator_position", "operator", "position"),
        Index("ix_splits_curator_position", "curator", "position"),
    )


class Epoch(Versioned, kw_only=True):
    """A week of the schedule. `work`: the treasury's own share of its slotted fees, asset units; `claimed`: HOLD."""

    __tablename__ = "epochs"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    work: Mapped[int] = mapped_column(Amount, default=0)
    rate_bps: Mapped[int] = mapped_column(Number)
    reference_price: Mapped[int] = mapped_column(Amount)
    claimed: Mapped[int] = mapped_column(Amount, default=0)


class Emission(Versioned, kw_only=True):
    """What an account's work brought in an epoch, in the treasury's asset units, and the HOLD it has had for it."""

    __tablename__ = "emissions"

    epoch: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(AddressBytes, primary_key=True)
    as_operator: Mapped[int] = mapped_column(Amount, default=0)
    as_curator: Mapped[int] = mapped_column(Amount, default=0)
    claimed: Mapped[int] = mapped_column(Amount, default=0)

    __table_args__ = (Index("ix_emissions_account_epoch", "account", "epoch"),)
