"""Models that anyone registered, and what was demanded of their weights."""

from __future__ import annotations

from sqlalchemy import Index, Integer, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from indexer.columns import AddressBytes, Amount, Hash, Number
from indexer.history import Versioned


class Model(Versioned, kw_only=True):
    """Digests are SHA-256; `curator_bps` in parts of 10,000. `position` orders models by registration. `lapsed`:
    demands of its weights that nobody has answered, in time or since."""

    __tablename__ = "models"

    id: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    position: Mapped[int] = mapped_column(Number, unique=True)
    manifest: Mapped[bytes] = mapped_column(Hash)
    program: Mapped[bytes] = mapped_column(Hash)
    weights: Mapped[bytes] = mapped_column(Hash)
    tokenizer: Mapped[bytes] = mapped_column(Hash)
    arithmetic: Mapped[int] = mapped_column(Integer)
    curator: Mapped[str] = mapped_column(AddressBytes)
    curator_bps: Mapped[int] = mapped_column(SmallInteger)
    registered_at: Mapped[int] = mapped_column(Number)
    retired_at: Mapped[int | None] = mapped_column(Number, default=None)
    lapsed: Mapped[int] = mapped_column(Number, default=0)

    __table_args__ = (Index("ix_models_curator_position", "curator", "position"),)


class WeightsDemand(Versioned, kw_only=True):
    """Something of a model's weights that is to be shown until `deadline`: a leaf, counted from one, of a tensor; its
    entry where `leaf` is zero; the program's header where `tensor` is zero too."""

    __tablename__ = "weights_demands"

    model: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    key: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    position: Mapped[int] = mapped_column(Number)
    challenger: Mapped[str] = mapped_column(AddressBytes)
    tensor: Mapped[int] = mapped_column(Amount)
    leaf: Mapped[int] = mapped_column(Amount)
    deadline: Mapped[int] = mapped_column(Number)
    demanded_at: Mapped[int] = mapped_column(Number)
    shown_at: Mapped[int | None] = mapped_column(Number, default=None)
    lapsed_at: Mapped[int | None] = mapped_column(Number, default=None)
