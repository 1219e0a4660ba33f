"""Models that anyone registered."""

from __future__ import annotations

from sqlalchemy import Index, Integer, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from indexer.columns import AddressBytes, Hash, Number
from indexer.history import Versioned


class Model(Versioned, kw_only=True):
    """Digests are SHA-256; `curator_bps` in parts of 10,000. `position` orders models by registration."""

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

    __table_args__ = (Index("ix_models_curator_position", "curator", "position"),)
