"""How a rule set looks to those who ask."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from sqlalchemy import RowMapping

from indexer.formats import Hex, Word
from protocol import rules


class RuleSetView(BaseModel):
    """`rules`: the document as people write it, see `docs/safety-rules.md`; null where it cannot be read."""

    version: int
    id: Word
    in_force: bool
    adopted_at: int
    document: Hex
    rules: list[dict[str, Any]] | None

    @classmethod
    def of(cls, row: RowMapping, newest: int) -> RuleSetView:
        document = bytes(row["document"])
        return cls.model_validate(
            {**row, "document": document, "in_force": row["version"] == newest, "rules": readable(document)}
        )


def readable(document: bytes) -> list[dict[str, Any]] | None:
    try:
        written: list[dict[str, Any]] = rules.to_json(rules.decode(document))["rules"]
    except rules.RulesMalformed:
        return None
    return written
