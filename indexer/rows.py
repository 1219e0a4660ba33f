"""The rows that a batch of blocks touches: read once, changed in memory, written together.

Handlers see rows as plain objects. `edit` and `remove` put the version that a block supersedes aside, so that the
block can be undone; `flush` writes present and past with one statement a table and kind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from indexer.blocks import Block
from indexer.history import Versioned
from indexer.scope import Scope

Row = TypeVar("Row", bound=Versioned)
Key = tuple[Any, ...]


class RowMissing(RuntimeError):
    """A log speaks of something that no earlier log made: logs are missing, or a handler is wrong."""


class RowExists(RuntimeError):
    """A log makes something that is there already."""


@dataclass(slots=True)
class _Entry:
    row: Versioned | None
    stored: bool
    changed: bool = False


class Rows:
    """One batch. `keep_from` is the horizon: versions that end at or before it are not kept."""

    def __init__(self, connection: Connection, scope: Scope, keep_from: int) -> None:
        self.scope = scope
        self._connection = connection
        self._keep_from = keep_from
        self._entries: dict[type[Versioned], dict[Key, _Entry]] = defaultdict(dict)
        self._superseded: dict[type[Versioned], list[dict[str, Any]]] = defaultdict(list)
        self._block: Block | None = None

    @property
    def block(self) -> Block:
        """The block whose logs are being applied."""
        if self._block is None:
            raise RuntimeError("no block was begun")
        return self._block

    def begin(self, block: Block) -> None:
        self._block = block

    def find(self, model: type[Row], *key: Any) -> Row | None:
        """The row, to be read only."""
        row = self._entry(model, key).row
        return row if isinstance(row, model) else None

    def get(self, model: type[Row], *key: Any) -> Row:
        """The row, to be read only. Raises `RowMissing`."""
        row = self.find(model, *key)
        if row is None:
            raise RowMissing(f"{model.table().name} has no row {_readable(key)}")
        return row

    def edit(self, model: type[Row], *key: Any) -> Row:
        """The row, to be changed. Raises `RowMissing`."""
        row = self.get(model, *key)
        self._supersede(model, row)
        row.since = self.block.number
        self._entry(model, key).changed = True
        return row

    def edit_or_add(self, blank: Row) -> Row:
        """The row with the key of `blank`, to be changed; `blank` itself where there is none."""
        model, key = type(blank), _key(blank)
        return self.add(blank) if self.find(model, *key) is None else self.edit(model, *key)

    def add(self, row: Row) -> Row:
        """Makes a row. Raises `RowExists`."""
        entry = self._entry(type(row), _key(row))
        if entry.row is not None:
            raise RowExists(f"{row.table().name} already has a row {_readable(_key(row))}")
        row.since = self.block.number
        entry.row, entry.changed = row, True
        return row

    def remove(self, model: type[Versioned], *key: Any) -> None:
        """Ends a row. Raises `RowMissing`."""
        self._supersede(model, self.get(model, *key))
        entry = self._entry(model, key)
        entry.row, entry.changed = None, True

    def flush(self) -> None:
        """Writes everything. The transaction is the caller's."""
        for model, entries in self._entries.items():
            self._write(model, entries)
        for model, versions in self._superseded.items():
            self._connection.execute(insert(model.past), versions)
        self._entries.clear()
        self._superseded.clear()

    def _entry(self, model: type[Versioned], key: Key) -> _Entry:
        entries = self._entries[model]
        if key not in entries:
            row = self._load(model, key)
            entries[key] = _Entry(row, stored=row is not None)
        return entries[key]

    def _load(self, model: type[Versioned], key: Key) -> Versioned | None:
        columns = model.table().primary_key.columns
        where = [column == value for column, value in zip(columns, key, strict=True)]
        found = self._connection.execute(select(model.table()).where(*where)).mappings().one_or_none()
        return None if found is None else model(**found)

    def _supersede(self, model: type[Versioned], row: Versioned) -> None:
        now = self.block.number
        if row.since < now and now > self._keep_from:
            self._superseded[model].append({**_values(row), "until": now})

    def _write(self, model: type[Versioned], entries: dict[Key, _Entry]) -> None:
        changed = {key: entry for key, entry in entries.items() if entry.changed}
        gone = [key for key, entry in changed.items() if entry.row is None and entry.stored]
        new = [_values(entry.row) for entry in changed.values() if entry.row is not None and not entry.stored]
        old = {key: entry.row for key, entry in changed.items() if entry.row is not None and entry.stored}
        table = model.table()
        here = [column == bindparam(f"key_{column.name}") for column in table.primary_key.columns]
        if gone:
            self._connection.execute(delete(table).where(*here), [_bound(model, key) for key in gone])
        if new:
            self._connection.execute(insert(table), new)
        if old:
            values: dict[str, Any] = {
                column.name: bindparam(column.name) for column in table.columns if not column.primary_key
            }
            rows = [{**_bound(model, key), **_values(row)} for key, row in old.items()]
            self._connection.execute(update(table).where(*here).values(values), rows)


def _values(row: Versioned) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.table().columns}


def _key(row: Versioned) -> Key:
    return tuple(getattr(row, column.name) for column in row.table().primary_key.columns)


def _bound(model: type[Versioned], key: Key) -> dict[str, Any]:
    columns = model.table().primary_key.columns
    return {f"key_{column.name}": value for column, value in zip(columns, key, strict=True)}


def _readable(key: Key) -> str:
    return ", ".join(_parts(key))


def _parts(key: Key) -> Iterator[str]:
    for part in key:
        yield f"0x{part.hex()}" if isinstance(part, bytes) else str(part)
