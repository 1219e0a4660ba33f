"""How a model looks to those who ask."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel
from sqlalchemy import RowMapping

from indexer.formats import AddressText, SlotName, Word
from protocol.cid import Cid


class ModelView(BaseModel):
    """Digests are SHA-256; `manifest_cid` is where a content-addressed store keeps the manifest. `arithmetic` of 0:
    floating point. `curator_bps` in parts of 10,000. `slots`: those that it holds."""

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
    slots: list[SlotName]

    @classmethod
    def of(cls, row: RowMapping, slots: Mapping[bytes, list[bytes]]) -> ModelView:
        manifest = bytes(row["manifest"])
        return cls.model_validate({**row, "manifest_cid": str(Cid(manifest)), "slots": slots.get(bytes(row["id"]), [])})
