"""Blocks and their logs from a node, checked to belong together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from indexer.blocks import Block, BlockLogs, RawLog
from indexer.node import Node, NodeError, raw_log
from indexer.scope import Scope


class Reorganised(RuntimeError):
    """The next block does not follow the last one that is kept."""


def final_range(node: Node, scope: Scope, first: int, last: int) -> list[BlockLogs]:
    """Blocks with logs among final ones, by one `eth_getLogs`, and the last block of the range. Raises `NodeError`."""
    end = _present(node.block(last), last)
    logs: dict[int, list[RawLog]] = {}
    known: dict[int, Block] = {last: end}
    for answer in node.logs(scope.addresses, first, last):
        log, hash_, timestamp = raw_log(answer)
        _check_place(scope, log, first, last)
        logs.setdefault(log.block_number, []).append(log)
        if timestamp is not None:
            _agree(known.setdefault(log.block_number, Block(log.block_number, hash_, timestamp)), hash_)
    unknown = sorted(set(logs) - set(known))
    known |= {number: _present(block, number) for number, block in zip(unknown, node.blocks(unknown), strict=True)}
    return [_together(known[number], logs.get(number, [])) for number in sorted({*logs, last})]


def live_blocks(node: Node, scope: Scope, kept_number: int, kept_hash: bytes, last: int) -> list[BlockLogs]:
    """Every block after the kept one, each with the logs of exactly that block. Raises `Reorganised`, `NodeError`."""
    numbers = range(kept_number + 1, last + 1)
    blocks = [_present(block, number) for number, block in zip(numbers, node.blocks(numbers), strict=True)]
    if kept_hash and blocks[0].parent_hash != kept_hash:
        raise Reorganised(f"block {blocks[0].number} does not follow the one that is kept")
    for before, after in pairwise(blocks):
        if after.parent_hash != before.hash:
            raise NodeError("changed", f"block {after.number} does not follow block {before.number}: the chain moved")
    answers = node.logs_of_blocks(scope.addresses, [block.hash for block in blocks])
    return [_of_block(scope, block, found) for block, found in zip(blocks, answers, strict=True)]


def _of_block(scope: Scope, block: Block, answers: Sequence[object]) -> BlockLogs:
    logs = []
    for answer in answers:
        log, hash_, _ = raw_log(answer)
        _check_place(scope, log, block.number, block.number)
        _agree(block, hash_)
        logs.append(log)
    return _together(block, logs)


def _together(block: Block, logs: Sequence[RawLog]) -> BlockLogs:
    return BlockLogs(block, tuple(sorted(logs, key=lambda log: log.log_index)))


def _present(block: Block | None, number: int) -> Block:
    if block is None:
        raise NodeError("behind", f"the node has no block {number}, though it showed a later one")
    return block


def _check_place(scope: Scope, log: RawLog, first: int, last: int) -> None:
    if not first <= log.block_number <= last or scope.contract_at(log.address) is None:
        raise NodeError("malformed", f"the node gave a log of block {log.block_number} that was not asked for")


def _agree(block: Block, hash_: bytes) -> None:
    if block.hash != hash_:
        raise NodeError("changed", f"two answers differ on block {block.number}: the chain moved")
