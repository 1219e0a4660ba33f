"""How much HOLD an epoch mints and to whom: the formulas of `contracts/RewardPool.sol`, all rounded down."""

from __future__ import annotations

EPOCH_SECONDS = 7 * 24 * 3600
FIRST_SCHEDULE = 2_884_000 * 10**18
HALVING_EPOCHS = 104
OPERATORS_BPS = 7_000
WHOLE = 10_000
ONE_HOLD = 10**18


def schedule_of(epoch: int) -> int:
    """The most that the epoch may mint."""
    return FIRST_SCHEDULE >> (epoch // HALVING_EPOCHS)


def emission_of(epoch: int, work: int, rate_bps: int, reference_price: int) -> int:
    """What the epoch mints for its work: the smaller of what was bought and what is scheduled."""
    return min(work * ONE_HOLD * rate_bps // WHOLE // reference_price, schedule_of(epoch))


def earned_of(emission: int, work: int, as_operator: int, as_curator: int) -> int:
    """One account's part of the epoch's emission; `work` is the whole epoch's."""
    if work == 0:
        return 0
    weighted = as_operator * OPERATORS_BPS + as_curator * (WHOLE - OPERATORS_BPS)
    return emission * weighted // WHOLE // work


def epoch_end(started_at: int, epoch: int) -> int:
    """First second after the epoch, from which it can be claimed."""
    return started_at + (epoch + 1) * EPOCH_SECONDS
