"""/safety-rules."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from indexer.answers import AsOf, One, Page, Pages, one, page
from indexer.formats import Word, to_hex
from indexer.problems import unknown
from indexer.safety_rules import queries
from indexer.safety_rules.schemas import RuleSetView
from indexer.snapshot import Snapshot

router = APIRouter(tags=["safety rules"])


@router.get("/safety-rules", response_model=Page[RuleSetView])
def list_rule_sets(snapshot: AsOf, paging: Pages) -> Any:
    """Every rule set that was adopted, newest first; the first of all is in force."""
    newest = newest_version(snapshot)
    rows = queries.rule_sets(snapshot, paging)
    return page(snapshot, paging, rows, lambda row: RuleSetView.of(row, newest), by="version")


@router.get("/safety-rules/current", response_model=One[RuleSetView])
def show_rules_in_force(snapshot: AsOf) -> Any:
    """The rule set in force for new jobs."""
    row = queries.rule_set(snapshot, None)
    if row is None:
        raise unknown("rule set", "in force")
    return one(snapshot, RuleSetView.of(row, row["version"]))


@router.get("/safety-rules/{id}", response_model=One[RuleSetView])
def show_rule_set(snapshot: AsOf, id: Word) -> Any:  # noqa: A002
    """A rule set by its id, as it was last adopted."""
    row = queries.rule_set(snapshot, id)
    if row is None:
        raise unknown("rule set", to_hex(id))
    return one(snapshot, RuleSetView.of(row, newest_version(snapshot)))


def newest_version(snapshot: Snapshot) -> int:
    row = queries.rule_set(snapshot, None)
    return -1 if row is None else int(row["version"])
