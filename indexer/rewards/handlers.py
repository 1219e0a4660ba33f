"""What each event about shared fees and emission does."""

from __future__ import annotations

from indexer.accounts import balances
from indexer.accounts.models import Account
from indexer.positions import position_of
from indexer.rewards.emission import EPOCH_SECONDS
from indexer.rewards.models import Bucket, Emission, Epoch, Split
from indexer.rows import Rows
from indexer.slots.handlers import set_number
from indexer.slots.models import GovernedNumber, ShareTable
from protocol import events


def bucket_taken(event: events.BucketTaken, rows: Rows) -> None:
    bucket = rows.edit(Bucket, event.shares, event.operator)
    bucket.amount = balances.less(bucket.amount, event.amount, f"bucket of {event.operator}")


def bucket_split(event: events.BucketSplit, rows: Rows) -> None:
    rows.add(
        Split(
            position=position_of(event),
            operator=event.operator,
            curator=event.curator,
            shares=event.shares,
            epoch=event.epoch,
            curator_part=event.curator_part,
            stakers_part=event.stakers_part,
            treasury_part=event.treasury_part,
            slotted=event.slotted,
            split_at=rows.block.timestamp,
        )
    )
    credit(rows, event.curator, event.curator_part)
    credit(rows, rows.scope.treasury, event.treasury_part)
    if event.slotted:
        earn(rows, event)


def credit(rows: Rows, address: str, amount: int) -> None:
    rows.edit_or_add(Account(address=address)).credit += amount


def earn(rows: Rows, event: events.BucketSplit) -> None:
    """Operator and curator earn HOLD by the treasury's own share: what fell to it because nobody staked is not work."""
    shares = rows.get(ShareTable, event.shares)
    whole = shares.curator_bps + shares.stakers_bps + shares.treasury_bps
    amount = event.curator_part + event.stakers_part + event.treasury_part
    work = amount * shares.treasury_bps // whole
    epoch_of(rows, event.epoch).work += work
    emission_of(rows, event.epoch, event.operator).as_operator += work
    emission_of(rows, event.epoch, event.curator).as_curator += work


def epoch_of(rows: Rows, number: int) -> Epoch:
    """The epoch, with the rate and the price that it began with."""
    rate = rows.get(GovernedNumber, "RewardPool", "rate_bps").value
    price = rows.get(GovernedNumber, "RewardPool", "reference_price").value
    return rows.edit_or_add(Epoch(number=number, rate_bps=rate, reference_price=price))


def emission_of(rows: Rows, epoch: int, account: str) -> Emission:
    return rows.edit_or_add(Emission(epoch=epoch, account=account))


def claimed(event: events.Claimed, rows: Rows) -> None:
    account = rows.edit_or_add(Account(address=event.account))
    account.credit = balances.less(account.credit, event.amount, f"credit of {event.account}")


def emission_claimed(event: events.EmissionClaimed, rows: Rows) -> None:
    emission_of(rows, event.epoch, event.account).claimed += event.amount
    rows.edit(Epoch, event.epoch).claimed += event.amount


def emission_rate_set(event: events.EmissionRateSet, rows: Rows) -> None:
    """The first one is the pool's construction, from which epochs count. The running epoch keeps what it has."""
    started = rows.find(GovernedNumber, "RewardPool", "started_at")
    if started is None:
        set_number(rows, "RewardPool", "started_at", rows.block.timestamp)
    else:
        epoch_of(rows, (rows.block.timestamp - started.value) // EPOCH_SECONDS)
    set_number(rows, "RewardPool", "rate_bps", event.rate_bps)
    set_number(rows, "RewardPool", "reference_price", event.reference_price)
