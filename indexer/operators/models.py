"""Operators: what they say of themselves, and what their jobs say of them."""

from __future__ import annotations

from sqlalchemy import Boolean, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from indexer.columns import AddressBytes, Amount, ChainText, Hash, Number
from indexer.history import Versioned


class Operator(Versioned, kw_only=True):
    """An operator's latest profile. `position` is that of its first registration."""

    __tablename__ = "operators"

    address: Mapped[str] = mapped_column(AddressBytes, primary_key=True)
    position: Mapped[int] = mapped_column(Number, unique=True)
    uri: Mapped[str] = mapped_column(ChainText)
    device: Mapped[bytes] = mapped_column(Hash)
    registered_at: Mapped[int] = mapped_column(Number)
    updated_at: Mapped[int] = mapped_column(Number)
    is_retired: Mapped[bool] = mapped_column(Boolean)


class OperatorModel(Versioned, kw_only=True):
    """A model that an operator serves, by its place in the profile, and the least `maxFee` it asks for it."""

    __tablename__ = "operator_models"

    operator: Mapped[str] = mapped_column(AddressBytes, primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    model: Mapped[bytes] = mapped_column(Hash)
    price: Mapped[int] = mapped_column(Amount)

    __table_args__ = (Index("ix_operator_models_model", "model"),)


class OperatorRecord(Versioned, kw_only=True):
    """Counts of an operator's jobs; `earned` and `fined` in units of the asset. Kept whether registered or not."""

    __tablename__ = "operator_records"

    operator: Mapped[str] = mapped_column(AddressBytes, primary_key=True)
    accepted: Mapped[int] = mapped_column(Number, default=0)
    posted: Mapped[int] = mapped_column(Number, default=0)
    refused: Mapped[int] = mapped_column(Number, default=0)
    settled: Mapped[int] = mapped_column(Number, default=0)
    expired: Mapped[int] = mapped_column(Number, default=0)
    convicted: Mapped[int] = mapped_column(Number, default=0)
    earned: Mapped[int] = mapped_column(Amount, default=0)
    fined: Mapped[int] = mapped_column(Amount, default=0)
