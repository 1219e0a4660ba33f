"""What can be asked of shared fees and of emission."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, or_, select

from indexer.answers import Paging, equal
from indexer.rewards.models import Bucket, Emission, Epoch, Split
from indexer.slots.models import GovernedNumber, ShareTable
from indexer.snapshot import Snapshot


def splits(snapshot: Snapshot, account: str | None, epoch: int | None, paging: Paging) -> Sequence[RowMapping]:
    """Newest first; `account`: as operator or curator."""
    table = snapshot.of(Split)
    query = select(table).where(*equal(table, epoch=epoch))
    if account is not None:
        query = query.where(or_(table.c.operator == account, table.c.curator == account))
    return snapshot.all(paging.newest_first(query, table.c.position))


def epochs(snapshot: Snapshot, paging: Paging) -> Sequence[RowMapping]:
    """Those in which anything happened, newest first."""
    table = snapshot.of(Epoch)
    return snapshot.all(paging.newest_first(select(table), table.c.number))


def emissions(snapshot: Snapshot, account: str, paging: Paging) -> Sequence[RowMapping]:
    """What an account's work earned, newest epoch first, with what is needed of each epoch."""
    table, epoch = snapshot.of(Emission), snapshot.of(Epoch)
    columns = (*table.c, epoch.c.work, epoch.c.rate_bps, epoch.c.reference_price)
    query = select(*columns).join(epoch, epoch.c.number == table.c.epoch).where(table.c.account == account)
    return snapshot.all(paging.newest_first(query, table.c.epoch))


def unclaimed_emissions(snapshot: Snapshot, account: str, limit: int) -> Sequence[RowMapping]:
    """The oldest epochs of which an account has claimed nothing yet."""
    table, epoch = snapshot.of(Emission), snapshot.of(Epoch)
    columns = (*table.c, epoch.c.work, epoch.c.rate_bps, epoch.c.reference_price)
    query = select(*columns).join(epoch, epoch.c.number == table.c.epoch)
    query = query.where(table.c.account == account, table.c.claimed == 0).order_by(table.c.epoch).limit(limit)
    return snapshot.all(query)


def buckets(snapshot: Snapshot, operator: str | None, limit: int) -> Sequence[RowMapping]:
    """What waits to be split, with its share table."""
    table, shares = snapshot.of(Bucket), snapshot.of(ShareTable)
    columns = (
        *table.c,
        *(shares.c[name] for name in ("curator", "curator_bps", "stakers_bps", "treasury_bps", "slotted")),
    )
    query = select(*columns).join(shares, shares.c.id == table.c.shares)
    query = query.where(table.c.amount > 0, *equal(table, operator=operator))
    return snapshot.all(query.order_by(table.c.operator, table.c.shares).limit(limit))


def started_at(snapshot: Snapshot) -> int | None:
    """When epochs began to count."""
    table = snapshot.of(GovernedNumber)
    found = snapshot.first(select(table).where(table.c.contract == "RewardPool", table.c.name == "started_at"))
    return None if found is None else int(found["value"])
