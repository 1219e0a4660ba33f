"""What an operator's loop and a watcher's have in common: rounds, one after another, and a view that follows the chain.

Whatever fails in a round is logged, told by `/health`, and tried again after a pause that doubles up to a bound:

| fault | meaning | what to do |
| --- | --- | --- |
| `ChainUnreachable` | no endpoint answers | start the node, or name another |
| `NodeLags`, `NodeInconsistent` | the node is behind, or reorganising | nothing, unless it lasts |
| `WrongChain` | the endpoint serves another chain | mend `COMMONHOLD_RPC_URL` |
| `JournalFailed`, `IntentsUnwritable` | nothing can be written | free some disk |
| `InsufficientFunds` | no coin for gas | fund the operator's account |
| anything else | a fault of ours | the log has its traceback |
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass

from oracle.errors import NodeLags, OracleError
from oracle.health import Health
from oracle.journal import Journal, RawLog
from oracle.logging import Log
from oracle.metrics import Metrics
from oracle.serving import Serving
from oracle.settings import OracleSettings
from oracle.view import View
from oracle.watch import Watch
from protocol.chain import Chain
from protocol.clients.contracts import Contracts
from protocol.errors import CommonholdError
from protocol.transactions import Sender

log = Log(__name__)

FIRST_PAUSE = 0.25
ROUNDS_BETWEEN_CLEANING = 200


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a loop works with: one account on one chain, and the models."""

    settings: OracleSettings
    chain: Chain
    contracts: Contracts
    journal: Journal
    sender: Sender
    watch: Watch
    serving: Serving
    health: Health
    metrics: Metrics


class Rounds(ABC):
    """Everything but loading, computing and health happens on the thread that calls."""

    def __init__(self, equipment: Equipment) -> None:
        self.settings, self.health, self.metrics = equipment.settings, equipment.health, equipment.metrics
        self._chain, self._contracts, self._journal = equipment.chain, equipment.contracts, equipment.journal
        self._sender, self._watch, self._serving = equipment.sender, equipment.watch, equipment.serving
        self._view = View.of(self._journal)
        self._rounds = 0

    def run(self, stop: threading.Event) -> None:
        """Rounds until `stop` is set."""
        pause = FIRST_PAUSE
        while not stop.is_set():
            try:
                busy = self.round()
            except Exception as error:
                self._failed(error)
                stop.wait(pause)
                pause = min(pause * 2, self.settings.retry_seconds)
            else:
                pause = FIRST_PAUSE
                stop.wait(0 if busy else self.settings.poll_seconds)
        self.health.stopping()

    @abstractmethod
    def round(self) -> bool:
        """Whether there is more to do at once."""

    @abstractmethod
    def clean(self, finalized: int) -> None:
        """Forgets jobs that ended in final blocks, and blocks that can no longer vanish."""

    def close(self) -> None:
        self.health.stopping()
        self._serving.close()

    def _failed(self, error: Exception) -> None:
        name = type(error).__name__
        self.metrics.failures.labels(name).inc()
        self.health.bad(f"{name}: {error}")
        if isinstance(error, (CommonholdError, OracleError)):
            log.warning("round failed", error=name, why=str(error))
        else:
            log.exception("round failed", error=name)

    def _follow(self) -> bool:
        """Takes in what is new on the chain, then what became of our transactions: in this order, so that what the
        sender knows is never older than the view. Whether anything was new."""
        try:
            news = self._watch.look()
        except NodeLags:
            self._sender.reconcile()
            raise
        if news.undone:
            self._view = View.of(self._journal)
        else:
            self._view.take_all(news.logs)
        for raw in news.logs:
            self._count(raw)
        for intent in self._sender.reconcile():
            log.info("transaction", key=intent.key, state=intent.state, block=intent.block_number, final=intent.final)
        return bool(news.logs) or news.undone

    def _count(self, raw: RawLog) -> None:  # noqa: B027 - a loop may count nothing
        """For metrics."""

    def _clean_now_and_then(self) -> None:
        self._rounds += 1
        if self._rounds % ROUNDS_BETWEEN_CLEANING == 0:
            self.clean(self._watch.finalized())
