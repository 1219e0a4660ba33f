"""From raw logs to derived rows: decode, hand over, write."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection

from indexer.blocks import Block, BlockLogs, RawLog
from indexer.registry import handler_of
from indexer.rows import Rows
from indexer.scope import Scope
from protocol import events

OnEvent = Callable[[str], None]


class LogNotApplied(RuntimeError):
    """A log that could not be applied; the message says which, and why."""


def apply(
    connection: Connection,
    scope: Scope,
    batch: Iterable[BlockLogs],
    keep_from: int,
    on_event: OnEvent,
) -> None:
    """Applies blocks in order. `keep_from`: horizon of the history. `on_event` is told each event's name.

    Raises `LogNotApplied`; the transaction is then the caller's to roll back.
    """
    rows = Rows(connection, scope, keep_from)
    for item in batch:
        rows.begin(item.block)
        for log in item.logs:
            on_event(_apply_log(rows, scope, item.block, log))
    rows.flush()


def event_of(log: RawLog, block: Block) -> events.Event:
    """The typed event of a stored log. Raises `UnknownEvent`, `EventMalformed`."""
    return events.decode(json_of(log, block))


def json_of(log: RawLog, block: Block) -> dict[str, Any]:
    """The log as `eth_getLogs` returned it."""
    return {
        "address": f"0x{log.address.hex()}",
        "topics": [f"0x{topic.hex()}" for topic in log.topics],
        "data": f"0x{log.data.hex()}",
        "blockNumber": hex(log.block_number),
        "blockHash": f"0x{block.hash.hex()}",
        "blockTimestamp": hex(block.timestamp),
        "transactionHash": f"0x{log.transaction_hash.hex()}",
        "logIndex": hex(log.log_index),
    }


def _apply_log(rows: Rows, scope: Scope, block: Block, log: RawLog) -> str:
    contract = scope.contract_at(log.address)
    try:
        if contract is None:
            raise LogNotApplied("its contract is not followed")
        event = event_of(log, block)
        handler_of(contract, event)(event, rows)
    except Exception as error:
        where = f"log {log.log_index} of block {log.block_number}, from {contract or log.address.hex()}"
        raise LogNotApplied(f"{where}, cannot be applied: {error}") from error
    return type(event).__name__
