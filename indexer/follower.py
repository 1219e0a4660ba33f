"""The loop: ask the node, take the next blocks, go back when the chain did. Each step is one transaction."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from threading import Event as Signal

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from indexer import blocks, history, progress, reorg
from indexer.apply import LogNotApplied, apply
from indexer.blocks import Block, BlockLogs
from indexer.fetch import Reorganised, final_range, live_blocks
from indexer.metrics import FollowerMetrics
from indexer.node import Node, NodeError, Refused
from indexer.progress import AnotherWriter, Progress
from indexer.ranges import TARGET_LOGS, Range
from indexer.scope import Scope
from indexer.settings import IndexerSettings

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.1
HEARTBEAT_SECONDS = 2.0
HORIZON_STRIDE = 64


class Follower:
    """Follows one deployment into one database."""

    def __init__(
        self, engine: Engine, node: Node, scope: Scope, settings: IndexerSettings, metrics: FollowerMetrics
    ) -> None:
        self._engine = engine
        self._node = node
        self._scope = scope
        self._settings = settings
        self._metrics = metrics
        self._range = Range(settings.max_range)
        self._well_at = time.time()
        self._pause = 0.0

    def run(self, stop: Signal) -> None:
        """Until `stop` is set. No failure ends it: each is told, and tried again after a pause that grows."""
        while not stop.is_set():
            pause = self.turn()
            if pause:
                stop.wait(pause)

    def turn(self) -> float:
        """One step, whatever comes of it. Returns the seconds to pause before the next."""
        try:
            moved = self.step()
        except (NodeError, Reorganised) as error:
            return self._failed(error, f"the node: {error}", patience=self._settings.ready_seconds)
        except SQLAlchemyError as error:
            return self._failed(error, f"the database: {error}", patience=0)
        except LogNotApplied as error:
            self._node.move_on()  # it may have left logs out: another one may not
            return self._failed(error, str(error), patience=0)
        except AnotherWriter as error:
            return self._failed(error, str(error), patience=0)
        except Exception as error:
            log.exception("the follower failed in a way that nobody foresaw")
            return self._failed(error, f"unforeseen: {error!r}", patience=0)
        self._well_at = time.time()
        self._pause = 0.0
        return 0.0 if moved else self._settings.poll_seconds

    def replay_all(self) -> None:
        """Applies what is kept and not applied yet; the node is not asked. Raises `LogNotApplied`."""
        while (now := self._read()).is_replaying:
            self._replay(now)

    def step(self) -> bool:
        """The next thing to do. False when there was nothing. Raises what went wrong; nothing is then half-done."""
        now = self._read()
        if now.is_replaying:
            return self._replay(now)
        head, final = self._ask()
        if not self._is_same_chain(now, head):
            return self._go_back(now, head, final)
        if now.kept_number < final.number:
            return self._backfill(now, head, final)
        if now.kept_number < head.number:
            return self._live(now, head, final)
        return self._rest(now, head, final)

    def _read(self) -> Progress:
        with self._engine.connect() as connection:
            now = progress.read(connection)
        if now is None:
            raise RuntimeError("the database was not begun")
        return now

    def _ask(self) -> tuple[Block, Block]:
        head = self._node.block("latest")
        if head is None:
            raise NodeError("behind", "the node has no latest block")
        finality = self._settings.finality
        final = self._node.block(max(0, head.number - finality)) if isinstance(finality, int) else self._finalized()
        if final is None:
            raise NodeError("behind", "the node has no final block")
        return head, final

    def _finalized(self) -> Block | None:
        try:
            return self._node.block("finalized")
        except Refused as error:
            hint = "set COMMONHOLD_INDEXER_FINALITY to a number of blocks"
            raise NodeError("rpc", f"{error}; where a node does not know `finalized`, {hint}") from error

    def _is_same_chain(self, now: Progress, head: Block) -> bool:
        """Whether the chain still holds the last block that is kept. A head below it proves nothing by itself."""
        if not now.kept_hash:
            return True
        if head.number == now.kept_number:
            return head.hash == now.kept_hash
        if head.number < now.kept_number:
            return self._is_merely_behind(head)
        there = self._node.block(now.kept_number)
        if there is None:
            raise NodeError("behind", f"the node shows head {head.number} but not block {now.kept_number}")
        return there.hash == now.kept_hash

    def _is_merely_behind(self, head: Block) -> bool:
        """False where the shorter chain is another one. Raises `NodeError` where it is ours, or may be."""
        with self._engine.connect() as connection:
            stored = blocks.block_at(connection, head.number)
        if stored is not None:
            there = self._node.block(stored.number)
            if there is not None and there.hash != stored.hash:
                return False
        raise NodeError("behind", f"the node's head went back to block {head.number}")

    def _replay(self, now: Progress) -> bool:
        with self._engine.begin() as connection:
            batch = blocks.kept_batch(connection, now.applied_number, now.kept_number, TARGET_LOGS)
            kept = blocks.block_at(connection, now.kept_number)
            if kept is None:
                raise RuntimeError(f"block {now.kept_number} was kept and is gone")
            is_rest = sum(len(item.logs) for item in batch) < TARGET_LOGS
            last = kept if is_rest else batch[-1].block
            after = self._applied(connection, now, batch, last)
            if not after.is_replaying:
                after = replace(after, trouble=None)
            progress.move(connection, now, after)
        return True

    def _backfill(self, now: Progress, head: Block, final: Block) -> bool:
        first = now.kept_number + 1
        last = min(final.number, first + self._range.size - 1)
        try:
            batch = final_range(self._node, self._scope, first, last)
        except NodeError as error:
            if self._range.failed(error, last - first + 1):
                return True
            raise
        self._range.succeeded(sum(len(item.logs) for item in batch), last - first + 1)
        return self._take(now, batch, head, final)

    def _live(self, now: Progress, head: Block, final: Block) -> bool:
        last = min(head.number, now.kept_number + self._settings.live_batch)
        try:
            batch = live_blocks(self._node, self._scope, now.kept_number, now.kept_hash, last)
        except Reorganised:
            return self._go_back(now, head, final)
        return self._take(now, batch, head, final)

    def _take(self, now: Progress, batch: list[BlockLogs], head: Block, final: Block) -> bool:
        last = batch[-1].block
        now_seen = self._seen(now, head, final)
        with self._engine.begin() as connection:
            blocks.keep(connection, batch)
            after = self._applied(connection, now_seen, batch, last)
            after = replace(after, kept_number=last.number, kept_hash=last.hash)
            progress.move(connection, now, after)
        self._metrics.progressed(after)
        return True

    def _applied(self, connection: Connection, now: Progress, batch: list[BlockLogs], last: Block) -> Progress:
        horizon = self._horizon(now, last)
        apply(connection, self._scope, batch, horizon, self._metrics.event)
        if horizon > now.history_from:
            history.forget(connection, horizon)
        return replace(
            now,
            applied_number=last.number,
            applied_hash=last.hash,
            applied_timestamp=last.timestamp,
            history_from=horizon,
        )

    def _horizon(self, now: Progress, last: Block) -> int:
        """Moves by strides, since to move it is to go through all tables."""
        wanted = min(now.final_number, last.number) - self._settings.history_blocks
        return wanted if wanted >= now.history_from + HORIZON_STRIDE else now.history_from

    def _go_back(self, now: Progress, head: Block, final: Block) -> bool:
        with self._engine.connect() as connection:
            ancestor = reorg.common_ancestor(connection, self._node, head)
        with self._engine.begin() as connection:
            after = reorg.go_back(connection, self._seen(now, head, final), ancestor)
            progress.move(connection, now, after)
        depth = now.kept_number - after.kept_number
        log.warning("the chain left %d blocks; went back to block %d", depth, after.kept_number)
        self._metrics.reorganised(depth)
        self._metrics.progressed(after)
        return True

    def _rest(self, now: Progress, head: Block, final: Block) -> bool:
        after = self._seen(now, head, final)
        is_news = replace(after, heartbeat=now.heartbeat) != now
        if is_news or after.heartbeat - now.heartbeat > HEARTBEAT_SECONDS:
            with self._engine.begin() as connection:
                progress.move(connection, now, after)
            self._metrics.progressed(after)
        return False

    def _seen(self, now: Progress, head: Block, final: Block) -> Progress:
        """What the node says now. It was reached, and the data follow it: no trouble."""
        return replace(
            now,
            head_number=head.number,
            head_timestamp=head.timestamp,
            final_number=final.number,
            heartbeat=time.time(),
            trouble=None,
        )

    def _failed(self, error: Exception, trouble: str, patience: float) -> float:
        """Tells of a failure, in the database too once it lasted `patience` seconds."""
        self._metrics.failed(type(error).__name__)
        log.warning("%s", trouble)
        if time.time() - self._well_at >= patience:
            self._note(trouble)
        self._pause = min(max(FIRST_PAUSE, self._pause * 2), self._settings.retry_seconds)
        return self._pause

    def _note(self, trouble: str) -> None:
        try:
            with self._engine.begin() as connection:
                now = progress.read(connection)
                if now is not None and now.trouble != trouble:
                    progress.move(connection, now, replace(now, trouble=trouble))
        except (SQLAlchemyError, AnotherWriter):
            log.warning("the trouble could not be written down", exc_info=True)
