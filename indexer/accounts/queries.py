"""What can be asked of accounts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select

from indexer.accounts.handlers import accrued
from indexer.accounts.models import Account, Ticket, Token
from indexer.snapshot import Snapshot


def account(snapshot: Snapshot, address: str) -> RowMapping | None:
    table = snapshot.of(Account)
    return snapshot.first(select(table).where(table.c.address == address))


def open_tickets(snapshot: Snapshot, address: str, limit: int) -> Sequence[RowMapping]:
    """HOLD on its way out of the stake, in the order in which it unlocks."""
    table = snapshot.of(Ticket)
    query = select(table).where(table.c.account == address, table.c.withdrawn_at.is_(None))
    return snapshot.all(query.order_by(table.c.unlock_at, table.c.ticket).limit(limit))


def revenue_of(snapshot: Snapshot, row: RowMapping) -> int:
    """What an account can claim from its stake, exactly as the contract rounds it."""
    table = snapshot.of(Token)
    stake = snapshot.first(select(table).where(table.c.address == snapshot.scope.address_of("StakedHold")))
    per_share = 0 if stake is None else int(stake["revenue_per_share"])
    return int(row["revenue"]) + accrued(row["staked"], row["revenue_per_share"], per_share)
