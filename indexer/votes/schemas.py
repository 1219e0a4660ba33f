"""How a vote looks to those who ask."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel
from sqlalchemy import RowMapping

from indexer.formats import AddressText, AmountText, ChainString, Hex
from indexer.positions import block_of

SUPPORT = ("against", "for", "abstain")


class VoteView(BaseModel):
    """A vote that was cast; `weight` in units of HOLD."""

    block: int
    proposal: AmountText
    voter: AddressText
    support: Literal["against", "for", "abstain"]
    weight: AmountText
    reason: ChainString
    params: Hex
    cast_at: int

    @classmethod
    def of(cls, row: RowMapping) -> VoteView:
        return cls.model_validate({**row, "block": block_of(row["position"]), "support": SUPPORT[row["support"]]})
