"""From settings to a running node, and back to nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Protocol

from oracle.dispute.watcher import Watcher
from oracle.health import Health, HealthServer
from oracle.journal import Identity, Journal
from oracle.logging import Log
from oracle.metrics import Metrics
from oracle.node import FIRST_PAUSE, Node
from oracle.serving import Serving
from oracle.settings import OracleSettings
from oracle.watch import Watch
from protocol.chain import Chain, ChainUnreachable
from protocol.clients.contracts import Contracts
from protocol.deployment import Deployment, open_deployment
from protocol.keys import load_account
from protocol.transactions import Sender

log = Log(__name__)


class Loop(Protocol):
    """A node or a watcher."""

    def run(self, stop: threading.Event) -> None:
        """Rounds until `stop` is set."""


Opening = Callable[[OracleSettings, Chain, Deployment, Health, Metrics], AbstractContextManager[Loop]]


def run(settings: OracleSettings, stop: threading.Event) -> None:
    """Serves until `stop` is set. A chain that cannot be reached yet is waited for; other faults are raised."""
    _run(settings, stop, open_node)


def watch(settings: OracleSettings, stop: threading.Event) -> None:
    """Judges what others serve until `stop` is set; else as `run`."""
    _run(settings, stop, open_watcher)


def _run(settings: OracleSettings, stop: threading.Event, opening: Opening) -> None:
    health, metrics = Health(settings.stale_seconds), Metrics()
    account = load_account(settings.chain)
    server = HealthServer(settings.host, settings.port, health, metrics.registry)
    log.info("started", operator=account.address, health=f"http://{settings.host}:{server.port}/health")
    try:
        found = _wait_for_chain(settings, stop, health)
        if found is not None:
            with opening(settings, *found, health, metrics) as loop:
                loop.run(stop)
    finally:
        server.close()
    log.info("stopped")


def once(settings: OracleSettings, stop: threading.Event) -> None:
    """Does what can be done now, and ends. Raises whatever stands in the way."""
    chain, deployment = open_deployment(settings.chain)
    with open_node(settings, chain, deployment, Health(settings.stale_seconds), Metrics()) as node:
        node.run_until_idle(stop)


@contextmanager
def open_node(
    settings: OracleSettings, chain: Chain, deployment: Deployment, health: Health, metrics: Metrics
) -> Iterator[Node]:
    """A node with its journal, sender and models; all closed at the end, the chain too."""
    account = load_account(settings.chain)
    with ExitStack() as stack:
        stack.enter_context(chain)
        sender = stack.enter_context(Sender.at(settings.chain.home, chain, account))
        identity = Identity(deployment.chain_id, deployment.address_of("JobEscrow"), sender.address)
        journal = Journal(settings.journal(chain.id, sender.address), identity)
        stack.callback(journal.close)
        node = Node(
            settings,
            chain=chain,
            contracts=Contracts.of(chain, deployment),
            journal=journal,
            sender=sender,
            watch=Watch(chain, deployment, journal, max_range=settings.max_range, lag_seconds=settings.lag_seconds),
            serving=Serving(settings.open_store(), settings.torch_device),
            health=health,
            metrics=metrics,
        )
        stack.callback(node.close)
        yield node


@contextmanager
def open_watcher(
    settings: OracleSettings, chain: Chain, deployment: Deployment, health: Health, metrics: Metrics
) -> Iterator[Watcher]:
    """A watcher with a journal of its own; all closed at the end, the chain too."""
    account = load_account(settings.chain)
    with ExitStack() as stack:
        stack.enter_context(chain)
        sender = stack.enter_context(Sender.at(settings.chain.home, chain, account))
        identity = Identity(deployment.chain_id, deployment.address_of("JobEscrow"), sender.address)
        journal = Journal(settings.journal(chain.id, sender.address, "watcher"), identity)
        stack.callback(journal.close)
        watcher = Watcher(
            settings,
            secret=bytes(account.key),
            chain=chain,
            contracts=Contracts.of(chain, deployment),
            journal=journal,
            sender=sender,
            watch=Watch(chain, deployment, journal, max_range=settings.max_range, lag_seconds=settings.lag_seconds),
            serving=Serving(settings.open_store(), settings.torch_device),
            health=health,
            metrics=metrics,
        )
        stack.callback(watcher.close)
        yield watcher


def _wait_for_chain(settings: OracleSettings, stop: threading.Event, health: Health) -> tuple[Chain, Deployment] | None:
    """None when told to end meanwhile."""
    pause = FIRST_PAUSE
    while not stop.is_set():
        try:
            return open_deployment(settings.chain)
        except ChainUnreachable as error:
            health.bad(f"ChainUnreachable: {error}")
            log.warning("waiting for the chain", why=str(error))
            stop.wait(pause)
            pause = min(pause * 2, settings.retry_seconds)
    return None
