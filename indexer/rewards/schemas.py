"""How shared fees and emission look to those who ask."""

from __future__ import annotations

from pydantic import BaseModel
from sqlalchemy import RowMapping

from indexer.formats import AddressText, AmountText, Word
from indexer.positions import block_of
from indexer.rewards.emission import earned_of, emission_of, epoch_end, schedule_of
from indexer.slots.schemas import ShareTableView


class SplitView(BaseModel):
    """A bucket that was split; parts in units of the asset. Only `slotted` ones earn HOLD."""

    block: int
    operator: AddressText
    curator: AddressText
    shares: Word
    epoch: int
    curator_part: AmountText
    stakers_part: AmountText
    treasury_part: AmountText
    slotted: bool
    split_at: int

    @classmethod
    def of(cls, row: RowMapping) -> SplitView:
        return cls.model_validate({**row, "block": block_of(row["position"])})


class BucketView(BaseModel):
    """Shared parts that anyone may split now, in units of the asset."""

    shares: Word
    operator: AddressText
    amount: AmountText
    share_table: ShareTableView

    @classmethod
    def of(cls, row: RowMapping) -> BucketView:
        return cls.model_validate({**row, "share_table": dict(row)})


class EpochView(BaseModel):
    """A week of the schedule. work: the treasury's own share of the slotted fees split in it, asset units; emission,
    scheduled, claimed: HOLD. The emission of an epoch that is not over can still grow."""

    epoch: int
    ends_at: int
    is_over: bool
    work: AmountText
    rate_bps: int
    reference_price: AmountText
    emission: AmountText
    scheduled: AmountText
    claimed: AmountText

    @classmethod
    def of(cls, row: RowMapping, started_at: int, now: int) -> EpochView:
        number, end = row["number"], epoch_end(started_at, row["number"])
        emission = emission_of(number, row["work"], row["rate_bps"], row["reference_price"])
        derived = {"epoch": number, "ends_at": end, "is_over": now >= end}
        return cls.model_validate({**row, **derived, "emission": emission, "scheduled": schedule_of(number)})


class EmissionView(BaseModel):
    """HOLD that an account's work earned in an epoch; claimable once the epoch is over, from `claimable_from` on."""

    epoch: int
    account: AddressText
    as_operator: AmountText
    as_curator: AmountText
    earned: AmountText
    claimed: AmountText
    claimable_from: int

    @classmethod
    def of(cls, row: RowMapping, started_at: int) -> EmissionView:
        amount = row["claimed"] or earned(row)
        return cls.model_validate({**row, "earned": amount, "claimable_from": epoch_end(started_at, row["epoch"])})


def earned(row: RowMapping) -> int:
    """HOLD that an emission's row comes to, as far as its epoch has got."""
    emission = emission_of(row["epoch"], row["work"], row["rate_bps"], row["reference_price"])
    return earned_of(emission, row["work"], row["as_operator"], row["as_curator"])
