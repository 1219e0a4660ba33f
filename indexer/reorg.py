"""Back to where the chain and what is kept agree."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from indexer import blocks, history
from indexer.blocks import Block
from indexer.node import Node, NodeError
from indexer.progress import Progress

REPLAYING = "a reorganisation went behind the history: replaying the kept logs"


def common_ancestor(connection: Connection, node: Node, head: Block) -> Block | None:
    """The last stored block that the node's chain holds too; None when there is none.

    Looks back in growing strides, then between the last two, since agreement at a block means agreement before it.
    """
    numbers = blocks.stored_numbers(connection)
    bad, step = -1, 1
    good = 0
    while good < len(numbers) and not _holds(connection, node, numbers[good], head):
        bad, good, step = good, good + step, step * 2
    good = min(good, len(numbers))
    while good - bad > 1:
        middle = (good + bad) // 2
        if _holds(connection, node, numbers[middle], head):
            good = middle
        else:
            bad = middle
    return blocks.block_at(connection, numbers[good]) if good < len(numbers) else None


def go_back(connection: Connection, now: Progress, ancestor: Block | None) -> Progress:
    """Forgets what came after the ancestor. Derived rows are undone where the history reaches, else emptied, to be
    replayed from the kept logs; until that is done the progress says so."""
    number = now.start - 1 if ancestor is None else ancestor.number
    hash_ = b"" if ancestor is None else ancestor.hash
    blocks.drop_after(connection, number)
    after = replace(now, kept_number=number, kept_hash=hash_, reorgs=now.reorgs + 1)
    if number >= now.history_from and ancestor is not None:
        history.undo(connection, number)
        return replace(after, applied_number=number, applied_hash=ancestor.hash, applied_timestamp=ancestor.timestamp)
    history.clear(connection)
    return replace(after.from_scratch(), trouble=REPLAYING if number >= now.start else None)


def _holds(connection: Connection, node: Node, number: int, head: Block) -> bool:
    if number > head.number:
        return False
    stored, there = blocks.block_at(connection, number), node.block(number)
    if stored is None or there is None:
        raise NodeError("behind", f"the node shows head {head.number} but not block {number}")
    return there.hash == stored.hash
