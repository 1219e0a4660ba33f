"""Proposals, their actions, and what their quorum is measured by."""

from __future__ import annotations

from sqlalchemy import LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from indexer.columns import AddressBytes, Amount, ChainText, Hash, Number
from indexer.history import Versioned


class Proposal(Versioned, kw_only=True):
    """Times in Unix seconds, votes in units of HOLD. `eta`: when it can be executed; None: not queued."""

    __tablename__ = "proposals"

    id: Mapped[int] = mapped_column(Amount, primary_key=True)
    position: Mapped[int] = mapped_column(Number, unique=True)
    proposer: Mapped[str] = mapped_column(AddressBytes)
    description: Mapped[str] = mapped_column(ChainText)
    created_at: Mapped[int] = mapped_column(Number)
    vote_start: Mapped[int] = mapped_column(Number)
    vote_end: Mapped[int] = mapped_column(Number)
    votes_against: Mapped[int] = mapped_column(Amount, default=0)
    votes_for: Mapped[int] = mapped_column(Amount, default=0)
    votes_abstain: Mapped[int] = mapped_column(Amount, default=0)
    eta: Mapped[int | None] = mapped_column(Number, default=None)
    executed_at: Mapped[int | None] = mapped_column(Number, default=None)
    canceled_at: Mapped[int | None] = mapped_column(Number, default=None)


class ProposalAction(Versioned, kw_only=True):
    """One call that the proposal makes, by its place; `value` in wei."""

    __tablename__ = "proposal_actions"

    proposal: Mapped[int] = mapped_column(Amount, primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    target: Mapped[str] = mapped_column(AddressBytes)
    value: Mapped[int] = mapped_column(Amount)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class ProposalOperation(Versioned, kw_only=True):
    """The timelock's id of a queued proposal, by which anybody may execute it there."""

    __tablename__ = "proposal_operations"

    id: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    proposal: Mapped[int] = mapped_column(Amount)


class Supply(Versioned, kw_only=True):
    """Total supply of a token from a second on. `token` is the contract's address."""

    __tablename__ = "supplies"

    token: Mapped[str] = mapped_column(AddressBytes, primary_key=True)
    timestamp: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    supply: Mapped[int] = mapped_column(Amount)


class QuorumFraction(Versioned, kw_only=True):
    """Part of what is staked that makes a quorum, of 10,000, from a second on."""

    __tablename__ = "quorum_fractions"

    timestamp: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    numerator: Mapped[int] = mapped_column(Amount)
