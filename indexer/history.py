"""Rows that remember: every derived table has a twin that keeps the versions which later blocks superseded.

A row carries `since`, the block that gave it its present values. When a later block changes or removes it, the
old version goes to `<table>_history` with `until`, the block that ended it. So the state at the end of block B is

    rows with since ≤ B, and old versions with since ≤ B < until,

and to undo everything after B is to make that the present. Versions that ended at or before the horizon
(`Progress.history_from`) are dropped: before it there is neither undo nor an answer to `?block=`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from sqlalchemy import Column, Connection, FromClause, MetaData, Table, delete, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from indexer.columns import Number

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Everything that the indexer stores."""

    metadata = MetaData(naming_convention=NAMES)

    @classmethod
    def table(cls) -> Table:
        if not isinstance(cls.__table__, Table):
            raise TypeError(f"{cls.__name__} is not mapped to a table")
        return cls.__table__


class Versioned(MappedAsDataclass, Base, kw_only=True, eq=False):
    """A row derived from the logs: can be rebuilt, undone and asked for as of a block."""

    __abstract__ = True
    past: ClassVar[Table]

    since: Mapped[int] = mapped_column(Number, index=True, default=0)

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls.past = _history_of(cls.table())


def _history_of(table: Table) -> Table:
    columns = (
        Column(
            column.name, column.type, nullable=column.nullable, primary_key=column.primary_key or column.name == "since"
        )
        for column in table.columns
    )
    until = Column("until", Number, nullable=False, index=True)
    return Table(f"{table.name}_history", table.metadata, *columns, until)


def versioned_models() -> Iterator[type[Versioned]]:
    """Every derived table's class, by the table's name."""
    yield from sorted(Versioned.__subclasses__(), key=lambda model: model.table().name)


def as_of(model: type[Versioned], block: int) -> FromClause:
    """The table as it was at the end of `block`, with the same columns."""
    table, past = model.table(), model.past
    present = select(table).where(table.c.since <= block)
    superseded = select(*_twins(model)).where(past.c.since <= block, past.c.until > block)
    return present.union_all(superseded).subquery(table.name)


def undo(connection: Connection, block: int) -> None:
    """Makes the state at the end of `block` the present. The caller checks that it is not before the horizon."""
    for model in versioned_models():
        table, past = model.table(), model.past
        connection.execute(delete(table).where(table.c.since > block))
        ended = select(*_twins(model)).where(past.c.since <= block, past.c.until > block)
        connection.execute(insert(table).from_select(table.columns.keys(), ended))
        connection.execute(delete(past).where(past.c.until > block))


def forget(connection: Connection, block: int) -> None:
    """Drops the versions that ended at or before `block`."""
    for model in versioned_models():
        connection.execute(delete(model.past).where(model.past.c.until <= block))


def clear(connection: Connection) -> None:
    """Drops everything derived, to be replayed from the kept logs."""
    for model in versioned_models():
        connection.execute(delete(model.table()))
        connection.execute(delete(model.past))


def _twins(model: type[Versioned]) -> list[Column[Any]]:
    return [model.past.c[column.name] for column in model.table().columns]
