"""What the chain says: follows its logs into the journal, with a cursor of its own, and back when blocks vanish.

```
 head ─▶ is the journal's top still on the chain? ── no ──▶ undo down to a block that is
              │ yes                                                │
              ▼                                                    ▼
         logs above the top ─▶ is the head still the same? ─▶ journal, all or nothing
```
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from oracle.dispute.docket import DISPUTE_EVENTS
from oracle.errors import NodeInconsistent, NodeLags
from oracle.journal import Journal, LogEntry, RawLog, SeenBlock
from oracle.logging import Log
from protocol.chain import Block, BlockUnknown, Chain, RpcError
from protocol.deployment import Deployment
from protocol.events import (
    Event,
    ModelRegistered,
    RulesAdopted,
    SheetPublished,
    SheetWithdrawn,
    WeightsDemanded,
    WeightsShown,
    topic_of,
)
from protocol.facts import JOB_EVENTS
from protocol.types import JobId

log = Log(__name__)

SHARED_EVENTS: tuple[type[Event], ...] = (
    *(SheetPublished, SheetWithdrawn, ModelRegistered, RulesAdopted),
    *(WeightsDemanded, WeightsShown),
)
"""What jobs refer to."""

BLOCKS_TO_FINALITY = 64
"""Taken where a node does not know the tag `finalized`."""
JOB_TOPICS = frozenset(topic_of(cls) for cls in (*JOB_EVENTS, *DISPUTE_EVENTS))
TOPICS = (*JOB_TOPICS, *(topic_of(cls) for cls in SHARED_EVENTS))
CONTRACTS = ("JobEscrow", "SheetBook", "ModelRegistry", "SafetyRules", "ModelAvailability", "InferenceDispute")


@dataclass(frozen=True, slots=True)
class News:
    """What one look brought: logs added, in order, and whether blocks were undone before."""

    logs: tuple[RawLog, ...] = ()
    undone: bool = False


class ChainTime:
    """The chain's time: its newest block's timestamp, and the seconds since that block was first seen here."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._block = b""
        self._timestamp = 0
        self._seen = 0.0

    def saw(self, block: Block) -> None:
        if block.hash != self._block:
            self._block, self._timestamp, self._seen = block.hash, block.timestamp, self._clock()

    @property
    def now(self) -> int:
        return self._timestamp + int(self._clock() - self._seen)


class Watch:
    """Brings the journal up to the chain's head, whose number is `head`.

    Raises `NodeLags`, `NodeInconsistent`, the chain's and the journal's errors. The journal is whole after each, and
    the next look goes on from there.
    """

    def __init__(
        self,
        chain: Chain,
        deployment: Deployment,
        journal: Journal,
        *,
        max_range: int = 2_000,
        lag_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.time = ChainTime(clock)
        self.head = 0
        self._chain = chain
        self._first = deployment.block
        self._addresses = [deployment.address_of(name) for name in CONTRACTS]
        self._journal = journal
        self._max_range = self._range = max_range
        self._lag_seconds = lag_seconds
        self._clock = clock
        self._behind_since: float | None = None
        self._undone = False

    def look(self) -> News:
        """What is new, of one range of blocks at most; `is_at_head` says whether that was all."""
        head = self._chain.block()
        top = self._journal.top()
        if top is not None and not self._is_canonical(top):
            self._refuse_lag(head, top)
            top = self._undo(head)
            self._undone = True  # told with the next news, even if reading on fails first
        self._behind_since = None
        self.time.saw(head)
        self.head = head.number
        news = News(tuple(self._read_on(top, head)), self._undone)
        self._undone = False
        return news

    def finalized(self) -> int:
        """The newest block that can no longer vanish."""
        try:
            return self._chain.block("finalized").number
        except (RpcError, BlockUnknown):
            return max(self.head - BLOCKS_TO_FINALITY, 0)

    @property
    def is_at_head(self) -> bool:
        top = self._journal.top()
        return top is not None and top.number >= self.head

    def _is_canonical(self, seen: SeenBlock) -> bool:
        try:
            return self._chain.block(seen.number).hash == seen.hash
        except BlockUnknown:
            return False

    def _refuse_lag(self, head: Block, top: SeenBlock) -> None:
        """A shorter chain that holds what was seen so far is a node that lags, until it does so for too long."""
        if head.number >= top.number:
            return
        below = next((block for block in self._journal.blocks_down() if block.number <= head.number), None)
        if below is not None and not self._is_canonical(below):
            return
        now = self._clock()
        self._behind_since = self._behind_since or now
        if now - self._behind_since < self._lag_seconds:
            raise NodeLags(f"the node is at block {head.number}, {top.number} was seen before: waiting for it")

    def _undo(self, head: Block) -> SeenBlock | None:
        kept = next((b for b in self._journal.blocks_down() if b.number <= head.number and self._is_canonical(b)), None)
        above = kept.number if kept is not None else self._first - 1
        jobs = self._journal.undo_above(above)
        log.warning("blocks vanished", undone_above=above, jobs=[job.hex() for job in jobs])
        return kept

    def _read_on(self, top: SeenBlock | None, head: Block) -> Iterator[RawLog]:
        first = self._first if top is None else top.number + 1
        if first > head.number:
            return
        last = min(first + self._range - 1, head.number)
        logs = self._logs(first, last)
        blocks = {number: self._chain.block(number) for number in {last, *(_number(raw) for raw in logs)}}
        self._check(logs, blocks, head)
        entries = [_entry(raw, blocks[_number(raw)]) for raw in logs]
        self._journal.append([_seen(blocks[number]) for number in sorted(blocks)], entries)
        yield from (entry.raw for entry in entries)

    def _logs(self, first: int, last: int) -> Sequence[RawLog]:
        """Nodes refuse ranges that hold too much: each refusal halves what is asked for next."""
        try:
            logs = self._chain.logs(first, last, self._addresses, [TOPICS])
        except RpcError:
            self._range = max((last - first + 1) // 2, 1)
            raise
        self._range = min(self._range * 2, self._max_range)
        return [dict(raw) for raw in logs]

    def _check(self, logs: Sequence[RawLog], blocks: dict[int, Block], head: Block) -> None:
        """A reorganisation amid the questions shows as another hash at the head, or in a log."""
        if self._chain.block(head.number).hash != head.hash:
            raise NodeInconsistent(f"block {head.number} vanished while it was read: reading again")
        for raw in logs:
            if blocks[_number(raw)].hash.hex() != raw["blockHash"][2:]:
                raise NodeInconsistent(f"log of block {raw['blockHash']} is on no chain any more: reading again")


def _number(raw: RawLog) -> int:
    return int(raw["blockNumber"], 16)


def _seen(block: Block) -> SeenBlock:
    return SeenBlock(block.number, block.hash, block.timestamp)


def _entry(raw: dict[str, Any], block: Block) -> LogEntry:
    """Keeps the block's time with the log: facts are folded from it long after the block's row was pruned."""
    job = JobId(bytes.fromhex(raw["topics"][1][2:])) if raw["topics"][0] in JOB_TOPICS else None
    dated = {**raw, "blockTimestamp": hex(block.timestamp)}
    return LogEntry(block.number, int(raw["logIndex"], 16), job, dated)
