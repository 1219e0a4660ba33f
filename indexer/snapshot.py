"""One state to answer from: a read transaction, and the block that it is as of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, FromClause, RowMapping, Select

from indexer import blocks, history, progress
from indexer.history import Versioned
from indexer.problems import Problem
from indexer.progress import Progress
from indexer.scope import Scope


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state at the end of `block`. `is_past`: not the latest one that is applied."""

    connection: Connection
    scope: Scope
    progress: Progress
    block: blocks.Block
    is_past: bool

    @property
    def is_final(self) -> bool:
        return self.block.number <= self.progress.final_number

    def of(self, model: type[Versioned]) -> FromClause:
        """The model's table as of the block: to be queried like the table itself."""
        return history.as_of(model, self.block.number) if self.is_past else model.table()

    def all(self, query: Select[Any]) -> Sequence[RowMapping]:
        return self.connection.execute(query).mappings().all()

    def first(self, query: Select[Any]) -> RowMapping | None:
        return self.connection.execute(query.limit(1)).mappings().first()


def take(connection: Connection, scope: Scope, wanted: str | None) -> Snapshot:
    """As of a block: a number, `final`, or `latest`. Raises `Problem`.

    Of an old block that was empty nothing is kept; the answer is then as of the last one before it that is, between
    which and the one asked for nothing of the protocol's happened.
    """
    now = progress.read(connection)
    if now is None or not now.applied_hash:
        raise Problem(503, "nothing-yet", "Nothing indexed yet", "the first block is still to come: try again later")
    number = _number(now, wanted)
    block = blocks.block_at(connection, number)
    if block is None:
        raise Problem(404, "block-not-kept", "Block not kept", f"the deployment is younger than block {number}")
    return Snapshot(connection, scope, now, block, is_past=block.number != now.applied_number)


def _number(now: Progress, wanted: str | None) -> int:
    if wanted is None or wanted == "latest":
        return now.applied_number
    number = min(now.final_number, now.applied_number) if wanted == "final" else int(wanted)
    if number > now.applied_number:
        detail = f"block {number} is not applied yet: the last one is {now.applied_number}"
        raise Problem(404, "block-not-reached", "Block not reached", detail)
    if number < max(now.start, now.history_from):
        detail = f"the state is kept from block {max(now.start, now.history_from)} on, not of block {number}"
        raise Problem(404, "block-not-kept", "Block not kept", detail)
    return number
