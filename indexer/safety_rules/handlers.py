"""What an adoption of safety rules does."""

from __future__ import annotations

from indexer.rows import Rows
from indexer.safety_rules.models import RuleSet
from protocol import events


def rules_adopted(event: events.RulesAdopted, rows: Rows) -> None:
    adopted_at = rows.block.timestamp
    rows.add(RuleSet(version=event.version, id=event.rules, document=event.document, adopted_at=adopted_at))
