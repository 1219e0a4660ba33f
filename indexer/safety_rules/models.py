"""The safety-rule sets that were ever in force."""

from __future__ import annotations

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from indexer.columns import Hash, Number
from indexer.history import Versioned


class RuleSet(Versioned, kw_only=True):
    """A set as it was adopted; the one with the highest version is in force. The same id may return."""

    __tablename__ = "rule_sets"

    version: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    id: Mapped[bytes] = mapped_column(Hash, index=True)
    document: Mapped[bytes] = mapped_column(LargeBinary)
    adopted_at: Mapped[int] = mapped_column(Number)
