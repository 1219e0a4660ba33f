"""How far the indexer is, and whether what it holds can be trusted: one row, changed with the data it speaks of."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, Double, LargeBinary, SmallInteger, Text, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from indexer.columns import Hash, Number
from indexer.history import Base


class AnotherWriter(RuntimeError):
    """Somebody else moved the mark since it was read: two followers share one database."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One row of `progress`. A number before `start` with an empty hash means: nothing yet.

    applied: last block whose logs are in the derived tables
    kept: last block whose logs are stored
    head, final: what the node last said
    history_from: horizon; earlier blocks can neither be returned to nor asked for
    trouble: why the data cannot be trusted or does not advance, in words; None: nothing is wrong
    heartbeat: Unix seconds of the follower's last sign of life
    reorgs: how many were survived
    """

    chain_id: int
    deployment: bytes
    start: int
    applied_number: int
    applied_hash: bytes
    applied_timestamp: int
    kept_number: int
    kept_hash: bytes
    head_number: int
    head_timestamp: int
    final_number: int
    history_from: int
    trouble: str | None
    heartbeat: float
    reorgs: int

    @classmethod
    def beginning(cls, chain_id: int, deployment: bytes, start: int) -> Progress:
        """Nothing read yet; the first block of interest is `start`."""
        before = start - 1
        return cls(chain_id, deployment, start, before, b"", 0, before, b"", 0, 0, 0, before, None, 0.0, 0)

    @property
    def is_replaying(self) -> bool:
        return self.applied_number < self.kept_number

    def from_scratch(self) -> Progress:
        """Nothing derived yet; kept logs are as they were."""
        before = self.start - 1
        return replace(self, applied_number=before, applied_hash=b"", applied_timestamp=0, history_from=before)


class StoredProgress(Base):
    """The one row."""

    __tablename__ = "progress"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    chain_id: Mapped[int] = mapped_column(Number)
    deployment: Mapped[bytes] = mapped_column(LargeBinary)
    start: Mapped[int] = mapped_column(Number)
    applied_number: Mapped[int] = mapped_column(Number)
    applied_hash: Mapped[bytes] = mapped_column(Hash)
    applied_timestamp: Mapped[int] = mapped_column(Number)
    kept_number: Mapped[int] = mapped_column(Number)
    kept_hash: Mapped[bytes] = mapped_column(Hash)
    head_number: Mapped[int] = mapped_column(Number)
    head_timestamp: Mapped[int] = mapped_column(Number)
    final_number: Mapped[int] = mapped_column(Number)
    history_from: Mapped[int] = mapped_column(Number)
    trouble: Mapped[str | None] = mapped_column(Text)
    heartbeat: Mapped[float] = mapped_column(Double)
    reorgs: Mapped[int] = mapped_column(Number)


PROGRESS = StoredProgress.table()


def read(connection: Connection) -> Progress | None:
    """The row; None in a database that nothing was written to yet."""
    row = connection.execute(select(PROGRESS)).mappings().one_or_none()
    if row is None:
        return None
    values: dict[str, Any] = {str(name): value for name, value in row.items() if name != "id"}
    return Progress(**values)


def begin(connection: Connection, progress: Progress) -> None:
    """Writes the first row."""
    connection.execute(insert(PROGRESS), {"id": 1, **asdict(progress)})


def move(connection: Connection, before: Progress, after: Progress) -> None:
    """Replaces `before` by `after`. Raises `AnotherWriter` when the row is no longer `before`."""
    unchanged = (
        PROGRESS.c.applied_number == before.applied_number,
        PROGRESS.c.applied_hash == before.applied_hash,
        PROGRESS.c.kept_number == before.kept_number,
        PROGRESS.c.kept_hash == before.kept_hash,
    )
    moved = connection.execute(update(PROGRESS).where(*unchanged).values(**asdict(after)))
    if moved.rowcount != 1:
        raise AnotherWriter("another process is writing this database: stop it, or give this one its own")
