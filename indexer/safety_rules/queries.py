"""What can be asked of safety rules."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping, select

from indexer.answers import Paging
from indexer.safety_rules.models import RuleSet
from indexer.snapshot import Snapshot


def rule_sets(snapshot: Snapshot, paging: Paging) -> Sequence[RowMapping]:
    """Every adoption, newest first."""
    table = snapshot.of(RuleSet)
    return snapshot.all(paging.newest_first(select(table), table.c.version))


def rule_set(snapshot: Snapshot, id_: bytes | None) -> RowMapping | None:
    """The latest adoption of a set, or of any: the one in force."""
    table = snapshot.of(RuleSet)
    query = select(table).order_by(table.c.version.desc())
    return snapshot.first(query if id_ is None else query.where(table.c.id == id_))
