"""What every answer carries: the block it is as of, an ETag, and on lists the way to the next page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import ColumnElement, FromClause, RowMapping, Select

from indexer import snapshot
from indexer.formats import Word
from indexer.problems import NotModified, Problem
from indexer.snapshot import Snapshot

T = TypeVar("T")
MAX_POSITION = 2**63 - 1


class BlockView(BaseModel):
    """The block whose end the answer describes; `final`: it can no longer be undone."""

    number: int
    hash: Word
    timestamp: int
    final: bool


class One(BaseModel, Generic[T]):
    """One thing."""

    block: BlockView
    data: T


class Page(BaseModel, Generic[T]):
    """Some of many. `next`: value of `after` for the next page; null: this is the last."""

    block: BlockView
    data: list[T]
    next: str | None


class Paging:
    """How much of a list is wanted: `limit` items from `after` on."""

    def __init__(
        self,
        request: Request,
        limit: Annotated[int, Query(ge=1, le=10_000, description="Items a page; the server may give fewer")] = 50,
        after: Annotated[
            str | None, Query(pattern=r"^[0-9]{1,19}$", description="`next` of the page before", max_length=19)
        ] = None,
    ) -> None:
        self.limit = min(limit, request.app.state.settings.page_limit)
        self.after = None if after is None else int(after)
        if self.after is not None and self.after > MAX_POSITION:
            raise Problem(422, "malformed-parameter", "Malformed parameter", f"after: {after} was never a `next`")

    def newest_first(self, query: Select[Any], position: ColumnElement[int]) -> Select[Any]:
        """The query for this page, and one row more to see whether another follows."""
        if self.after is not None:
            query = query.where(position < self.after)
        return query.order_by(position.desc()).limit(self.limit + 1)


def open_snapshot(
    request: Request,
    block: Annotated[
        str | None,
        Query(pattern=r"^(latest|final|[0-9]{1,18})$", description="As of the end of this block; else the latest"),
    ] = None,
) -> Iterator[Snapshot]:
    """A read transaction for this request. Raises `Problem`."""
    state = request.app.state
    with state.engine.connect() as connection:
        yield snapshot.take(connection, state.scope, block)


def unless_known(request: Request, response: Response, taken: Annotated[Snapshot, Depends(open_snapshot)]) -> Snapshot:
    """The snapshot, for answers that follow from it alone. Raises `NotModified` where the caller has the answer."""
    etag = etag_of(taken)
    if etag in request.headers.get("if-none-match", ""):
        raise NotModified(etag)
    response.headers["ETag"] = etag
    return taken


AsOf = Annotated[Snapshot, Depends(unless_known)]
Uncached = Annotated[Snapshot, Depends(open_snapshot)]
Pages = Annotated[Paging, Depends()]


def etag_of(taken: Snapshot) -> str:
    """Changes when the block does, or becomes final: nothing else can change an answer that is of the chain alone."""
    named = f"{taken.block.hash.hex()}:{taken.is_final}:{taken.scope.fingerprint.hex()}"
    return f'W/"{sha256(named.encode()).hexdigest()[:20]}"'


def one(taken: Snapshot, data: object) -> dict[str, Any]:
    """An answer of the form `One`."""
    return {"block": block_view(taken), "data": data}


def page(
    taken: Snapshot,
    paging: Paging,
    rows: Sequence[RowMapping],
    view: Callable[[RowMapping], object],
    by: str = "position",
) -> dict[str, Any]:
    """An answer of the form `Page`, of rows that were asked for with `Paging.newest_first`."""
    shown = rows[: paging.limit]
    following = str(shown[-1][by]) if len(rows) > paging.limit else None
    return {"block": block_view(taken), "data": [view(row) for row in shown], "next": following}


def block_view(taken: Snapshot) -> BlockView:
    block = taken.block
    return BlockView(number=block.number, hash=block.hash, timestamp=block.timestamp, final=taken.is_final)


def equal(table: FromClause, **wanted: object) -> list[ColumnElement[bool]]:
    """Conditions for the filters that were given."""
    return [table.c[name] == value for name, value in wanted.items() if value is not None]
