"""How an operator looks to those who ask."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel
from sqlalchemy import RowMapping

from indexer.formats import AddressText, AmountText, ChainString, SlotName, Word


class ServedModelView(BaseModel):
    """A model and the least `maxFee` asked for it, in units of the asset."""

    model: Word
    price: AmountText


class RecordView(BaseModel):
    """Counts of jobs; `earned` and `fined` in units of the asset."""

    accepted: int = 0
    posted: int = 0
    refused: int = 0
    settled: int = 0
    expired: int = 0
    convicted: int = 0
    earned: AmountText = 0
    fined: AmountText = 0


class ProfileView(BaseModel):
    """What the operator says of itself."""

    uri: ChainString
    device: SlotName
    models: list[ServedModelView]
    registered_at: int
    updated_at: int
    is_retired: bool


class OperatorView(BaseModel):
    """`profile` of null: never registered, but has accepted jobs."""

    address: AddressText
    profile: ProfileView | None
    record: RecordView

    @classmethod
    def of(
        cls, address: str, row: RowMapping | None, models: Iterable[RowMapping], record: RowMapping | None
    ) -> OperatorView:
        served = [{"model": model["model"], "price": model["price"]} for model in models]
        return cls.model_validate(
            {
                "address": address,
                "profile": None if row is None else {**row, "models": served},
                "record": {} if record is None else dict(record),
            }
        )
