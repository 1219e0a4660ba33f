"""What each address has: in the escrow, in HOLD, at stake, and in credit."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from indexer.columns import AddressBytes, Amount, Number
from indexer.history import Versioned


class Account(Versioned, kw_only=True):
    """free, locked: in the escrow, asset units; nonce: of the next job
    credit: what the reward pool owes, asset units
    hold, staked: HOLD in the wallet and at stake; votes: voting power, own and delegated
    revenue: claimable from the stake as at `revenue_per_share`, asset units; grows with every split
    """

    __tablename__ = "accounts"

    address: Mapped[str] = mapped_column(AddressBytes, primary_key=True)
    free: Mapped[int] = mapped_column(Amount, default=0)
    locked: Mapped[int] = mapped_column(Amount, default=0)
    nonce: Mapped[int] = mapped_column(Amount, default=0)
    credit: Mapped[int] = mapped_column(Amount, default=0)
    hold: Mapped[int] = mapped_column(Amount, default=0)
    staked: Mapped[int] = mapped_column(Amount, default=0)
    votes: Mapped[int] = mapped_column(Amount, default=0)
    delegate: Mapped[str | None] = mapped_column(AddressBytes, default=None)
    revenue: Mapped[int] = mapped_column(Amount, default=0)
    revenue_per_share: Mapped[int] = mapped_column(Amount, default=0)


class Ticket(Versioned, kw_only=True):
    """HOLD on its way out of the stake."""

    __tablename__ = "tickets"

    account: Mapped[str] = mapped_column(AddressBytes, primary_key=True)
    ticket: Mapped[int] = mapped_column(Amount, primary_key=True)
    amount: Mapped[int] = mapped_column(Amount)
    unlock_at: Mapped[int] = mapped_column(Number)
    withdrawn_at: Mapped[int | None] = mapped_column(Number, default=None)


class Token(Versioned, kw_only=True):
    """HOLD or staked HOLD as a whole.

    revenue_per_share: asset units that one unit of the stake has earned so far, in 128-bit fixed point
    """

    __tablename__ = "tokens"

    address: Mapped[str] = mapped_column(AddressBytes, primary_key=True)
    supply: Mapped[int] = mapped_column(Amount, default=0)
    revenue_per_share: Mapped[int] = mapped_column(Amount, default=0)
