"""What was read from the chain, as it was read: blocks, their raw logs, and how far each was taken.

Two marks lie in `Progress`: `kept`, up to where blocks and logs are stored, and `applied`, up to where the derived
tables have them in. They differ only while kept logs are replayed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, LargeBinary, Select, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from indexer.columns import Hash, Number
from indexer.history import Base

TOPICS = ("topic0", "topic1", "topic2", "topic3")


@dataclass(frozen=True, slots=True)
class Block:
    """A block as far as it matters here. `parent_hash` is not known of blocks read by range."""

    number: int
    hash: bytes
    timestamp: int
    parent_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class RawLog:
    """A log as the node gave it."""

    block_number: int
    log_index: int
    transaction_hash: bytes
    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class BlockLogs:
    """A block with those of its logs that the followed contracts wrote, in their order."""

    block: Block
    logs: tuple[RawLog, ...]


class StoredBlock(Base):
    """Every block since finality, and before it those with logs and the ends of ranges."""

    __tablename__ = "blocks"

    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(Hash)
    parent_hash: Mapped[bytes | None] = mapped_column(Hash)
    timestamp: Mapped[int] = mapped_column(Number)


class StoredLog(Base):
    """A raw log. `topic1` is indexed: it is the job's id in every event of a job."""

    __tablename__ = "logs"

    block_number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    log_index: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    transaction_hash: Mapped[bytes] = mapped_column(Hash)
    address: Mapped[bytes] = mapped_column(LargeBinary)
    topic0: Mapped[bytes | None] = mapped_column(Hash)
    topic1: Mapped[bytes | None] = mapped_column(Hash, index=True)
    topic2: Mapped[bytes | None] = mapped_column(Hash)
    topic3: Mapped[bytes | None] = mapped_column(Hash)
    data: Mapped[bytes] = mapped_column(LargeBinary)


BLOCKS, LOGS = StoredBlock.table(), StoredLog.table()


def keep(connection: Connection, batch: Sequence[BlockLogs]) -> None:
    """Stores blocks and their logs."""
    blocks = [_block_values(item.block) for item in batch]
    logs = [_log_values(log) for item in batch for log in item.logs]
    if blocks:
        connection.execute(insert(BLOCKS), blocks)
    if logs:
        connection.execute(insert(LOGS), logs)


def kept_batch(connection: Connection, after: int, until: int, limit: int) -> list[BlockLogs]:
    """The next blocks with logs after `after` and up to `until`: whole blocks, some `limit` logs."""
    wanted = select(LOGS).where(LOGS.c.block_number > after, LOGS.c.block_number <= until)
    logs = _logs(connection, wanted.order_by(LOGS.c.block_number, LOGS.c.log_index).limit(limit))
    if len(logs) == limit:
        last = logs[-1].block_number
        rest = wanted.where(LOGS.c.block_number == last, LOGS.c.log_index > logs[-1].log_index)
        logs += _logs(connection, rest.order_by(LOGS.c.log_index))
    grouped = [(number, tuple(of_block)) for number, of_block in groupby(logs, key=lambda log: log.block_number)]
    blocks = {block.number: block for block in _blocks_between(connection, grouped)}
    return [BlockLogs(blocks[number], of_block) for number, of_block in grouped]


def drop_after(connection: Connection, number: int) -> None:
    """Forgets the blocks after `number` and their logs: the chain has left them."""
    connection.execute(delete(LOGS).where(LOGS.c.block_number > number))
    connection.execute(delete(BLOCKS).where(BLOCKS.c.number > number))


def block_at(connection: Connection, number: int) -> Block | None:
    """The last stored block at or before `number`."""
    latest = select(BLOCKS).where(BLOCKS.c.number <= number).order_by(BLOCKS.c.number.desc()).limit(1)
    return next(_blocks(connection, latest), None)


def stored_numbers(connection: Connection, limit: int | None = None) -> list[int]:
    """Numbers of the stored blocks, newest first."""
    numbers = select(BLOCKS.c.number).order_by(BLOCKS.c.number.desc()).limit(limit)
    return list(connection.execute(numbers).scalars())


def logs_naming(connection: Connection, address: bytes, topic1: bytes, until: int) -> list[tuple[RawLog, Block]]:
    """A contract's logs whose first indexed argument is `topic1`, up to a block, in order."""
    wanted = select(LOGS).where(LOGS.c.topic1 == topic1, LOGS.c.address == address, LOGS.c.block_number <= until)
    logs = _logs(connection, wanted.order_by(LOGS.c.block_number, LOGS.c.log_index))
    numbers = {log.block_number for log in logs}
    blocks = {b.number: b for b in _blocks(connection, select(BLOCKS).where(BLOCKS.c.number.in_(numbers)))}
    return [(log, blocks[log.block_number]) for log in logs]


def _blocks_between(connection: Connection, grouped: Sequence[tuple[int, Any]]) -> Iterator[Block]:
    if grouped:
        first, last = grouped[0][0], grouped[-1][0]
        yield from _blocks(connection, select(BLOCKS).where(BLOCKS.c.number.between(first, last)))


def _blocks(connection: Connection, query: Select[Any]) -> Iterator[Block]:
    for row in connection.execute(query).mappings():
        parent = row["parent_hash"]
        yield Block(row["number"], bytes(row["hash"]), row["timestamp"], None if parent is None else bytes(parent))


def _logs(connection: Connection, query: Select[Any]) -> list[RawLog]:
    return [
        RawLog(
            block_number=row["block_number"],
            log_index=row["log_index"],
            transaction_hash=bytes(row["transaction_hash"]),
            address=bytes(row["address"]),
            topics=tuple(bytes(row[name]) for name in TOPICS if row[name] is not None),
            data=bytes(row["data"]),
        )
        for row in connection.execute(query).mappings()
    ]


def _block_values(block: Block) -> dict[str, Any]:
    return {"number": block.number, "hash": block.hash, "parent_hash": block.parent_hash, "timestamp": block.timestamp}


def _log_values(log: RawLog) -> dict[str, Any]:
    topics = dict(zip(TOPICS, (*log.topics, None, None, None, None), strict=False))
    return {
        "block_number": log.block_number,
        "log_index": log.log_index,
        "transaction_hash": log.transaction_hash,
        "address": log.address,
        "data": log.data,
        **topics,
    }
