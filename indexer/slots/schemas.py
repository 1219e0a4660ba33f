"""How slots, sheets and governed numbers look to those who ask."""

from __future__ import annotations

from pydantic import BaseModel
from sqlalchemy import RowMapping

from indexer.formats import AddressText, AmountText, SlotName, Word
from indexer.jobs.schemas import TermsView
from protocol.types import ZERO_WORD, Terms


class ShareTableView(BaseModel):
    """Parts of 10,000 of a fee; the operator has the rest."""

    curator: AddressText
    curator_bps: int
    stakers_bps: int
    treasury_bps: int
    slotted: bool


class SheetView(BaseModel):
    """All that a job pins; `terms_word` is what calldata takes. `slot` of null: for jobs that name the model."""

    hash: Word
    slot: SlotName | None
    model: Word
    rules: Word
    shares: Word
    share_table: ShareTableView | None
    disputes: AddressText | None
    outage_clock: AddressText | None
    terms: TermsView
    terms_word: AmountText
    generation: AmountText
    published_at: int

    @classmethod
    def of(cls, row: RowMapping, shares: RowMapping | None) -> SheetView:
        return cls.model_validate(
            {
                **row,
                "slot": None if row["slot"] == ZERO_WORD else row["slot"],
                "share_table": None if shares is None else dict(shares),
                "terms": TermsView.model_validate(Terms.unpack(row["terms"])),
                "terms_word": row["terms"],
            }
        )


class SlotView(BaseModel):
    """`previous`: what a rollback would return to. `sheet`: in force now; null: none."""

    name: SlotName
    key: Word
    model: Word
    previous: Word | None
    assigned_at: int
    sheet: SheetView | None

    @classmethod
    def of(cls, row: RowMapping, sheet: SheetView | None) -> SlotView:
        return cls.model_validate({**row, "key": row["name"], "sheet": sheet})


class GovernedNumberView(BaseModel):
    """A number that a vote can set, and the time when it was set; an address shows as its number."""

    contract: str
    name: str
    value: AmountText
    set_at: int
