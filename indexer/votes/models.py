"""Votes that were cast."""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from indexer.columns import AddressBytes, Amount, ChainText, Number
from indexer.history import Versioned


class Vote(Versioned, kw_only=True):
    """`support`: 0 against, 1 for, 2 abstain. `weight` in units of HOLD."""

    __tablename__ = "votes"

    position: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    proposal: Mapped[int] = mapped_column(Amount)
    voter: Mapped[str] = mapped_column(AddressBytes)
    support: Mapped[int] = mapped_column(SmallInteger)
    weight: Mapped[int] = mapped_column(Amount)
    reason: Mapped[str] = mapped_column(ChainText)
    params: Mapped[bytes] = mapped_column(LargeBinary)
    cast_at: Mapped[int] = mapped_column(Number)

    __table_args__ = (
        Index("ix_votes_proposal_position", "proposal", "position"),
        Index("ix_votes_voter_position", "voter", "position"),
    )
