"""How a model looks to those who ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel
from sqlalchemy import RowMapping

from indexer.formats import AddressText, AmountText, SlotName, Word
from protocol.cid import Cid


class ModelView(BaseModel):
    """Digests are SHA-256; `manifest_cid` is where a content-addressed store keeps the manifest. `arithmetic` of 0:
    floating point. `curator_bps` in parts of 10,000. `withheld`: something of its weights was not shown, so it takes no
    new jobs. `slots`: those that it holds."""

    id: Word
    manifest: Word
    manifest_cid: str
    program: Word
    weights: Word
    tokenizer: Word
    arithmetic: int
    curator: AddressText
    curator_bps: int
    registered_at: int
    retired_at: int | None
    withheld: bool
    slots: list[SlotName]

    @classmethod
    def of(cls, row: RowMapping, slots: Mapping[bytes, list[bytes]]) -> ModelView:
        manifest = bytes(row["manifest"])
        held = slots.get(bytes(row["id"]), [])
        derived = {"manifest_cid": str(Cid(manifest)), "withheld": row["lapsed"] != 0, "slots": held}
        return cls.model_validate({**row, **derived})


class WeightsDemandView(BaseModel):
    """Something of a model's weights that was demanded: a `leaf`, counted from one, of a `tensor`, likewise; its entry
    where `leaf` is 0; the program's header where `tensor` is 0 too. `state`: `open`, `overdue`, `lapsed` or `shown`."""

    key: Word
    challenger: AddressText
    tensor: AmountText
    leaf: AmountText
    deadline: int
    demanded_at: int
    shown_at: int | None
    lapsed_at: int | None
    state: Literal["open", "overdue", "lapsed", "shown"]

    @classmethod
    def of(cls, row: RowMapping, now: int) -> WeightsDemandView:
        """`now`: the time of the block that it is as of."""
        state = "shown" if row["shown_at"] is not None else "lapsed" if row["lapsed_at"] is not None else "open"
        overdue = state == "open" and now > row["deadline"]
        return cls.model_validate({**row, "state": "overdue" if overdue else state})
