"""From settings to a running node, and back to nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from functools import partial

from oracle.dispute.exhibits import Exhibits
from oracle.dispute.watcher import Watcher
from oracle.health import Health, HealthServer, Pages
from oracle.journal import Identity, Journal
from oracle.logging import Log
from oracle.metrics import Metrics
from oracle.node import Node
from oracle.rounds import FIRST_PAUSE, Equipment, Rounds
from oracle.serving import Serving
from oracle.settings import OracleSettings
from oracle.watch import Watch
from protocol.chain import Chain, ChainUnreachable
from protocol.clients.contracts import Contracts
from protocol.deployment import Deployment, open_deployment
from protocol.keys import load_account
from protocol.transactions import Sender
from protocol.types import JobId

log = Log(__name__)


Opening = Callable[[OracleSettings, Chain, Deployment, Health, Metrics], AbstractContextManager[Rounds]]


def run(settings: OracleSettings, stop: threading.Event) -> None:
    """Serves until `stop` is set. A chain that cannot be reached yet is waited for; other faults are raised."""
    account = load_account(settings.chain)
    exhibits = Exhibits(account)
    opening = partial(open_node, exhibits=exhibits)
    _run(settings, account.address, stop, opening=opening, pages={"traces": exhibits.answer})


def watch(settings: OracleSettings, stop: threading.Event) -> None:
    """Judges what others serve until `stop` is set; else as `run`."""
    _run(settings, load_account(settings.chain).address, stop, opening=open_watcher, pages={})


def _run(settings: OracleSettings, address: str, stop: threading.Event, *, opening: Opening, pages: Pages) -> None:
    health, metrics = Health(settings.stale_seconds), Metrics()
    server = HealthServer(settings.host, settings.port, health, metrics.registry, pages)
    log.info("started", operator=address, health=f"http://{settings.host}:{server.port}/health")
    try:
        found = _wait_for_chain(settings, stop, health)
        if found is not None:
            with opening(settings, *found, health, metrics) as loop:
                loop.run(stop)
    finally:
        server.close()
    log.info("stopped")


def convict(settings: OracleSettings, job: JobId, stop: threading.Event) -> str:
    """Convicts one job, if it is wrong, and takes the bonds back. What became of it; empty if it was told to end
    before. Raises whatever stands in the way."""
    chain, deployment = open_deployment(settings.chain)
    with open_watcher(settings, chain, deployment, Health(settings.stale_seconds), Metrics(), only=job) as watcher:
        while not stop.is_set():
            busy = watcher.round()
            if conclusion := watcher.conclusion(job):
                return conclusion
            stop.wait(0 if busy else settings.poll_seconds)
    return ""


def once(settings: OracleSettings, stop: threading.Event) -> None:
    """Does what can be done now, and ends. Raises whatever stands in the way."""
    chain, deployment = open_deployment(settings.chain)
    with open_node(settings, chain, deployment, Health(settings.stale_seconds), Metrics()) as node:
        node.run_until_idle(stop)


@contextmanager
def open_node(
    settings: OracleSettings,
    chain: Chain,
    deployment: Deployment,
    health: Health,
    metrics: Metrics,
    *,
    exhibits: Exhibits | None = None,
) -> Iterator[Node]:
    """A node with its journal, sender and models; all closed at the end, the chain too. `exhibits`: told which results
    it defends."""
    equipped = _equipped(settings, chain, deployment, health, metrics, role="oracle")
    with equipped as equipment, closing(Node(equipment, exhibits)) as node:
        yield node


@contextmanager
def open_watcher(
    settings: OracleSettings,
    chain: Chain,
    deployment: Deployment,
    health: Health,
    metrics: Metrics,
    *,
    only: JobId | None = None,
) -> Iterator[Watcher]:
    """A watcher, as a node, with a journal of its own. `only`: the one job to judge."""
    secret = bytes(load_account(settings.chain).key)
    equipped = _equipped(settings, chain, deployment, health, metrics, role="watcher")
    with equipped as equipment, closing(Watcher(equipment, secret, only)) as watcher:
        yield watcher


@contextmanager
def _equipped(
    settings: OracleSettings, chain: Chain, deployment: Deployment, health: Health, metrics: Metrics, *, role: str
) -> Iterator[Equipment]:
    with ExitStack() as stack:
        stack.enter_context(chain)
        sender = stack.enter_context(Sender.at(settings.chain.home, chain, load_account(settings.chain)))
        identity = Identity(deployment.chain_id, deployment.address_of("JobEscrow"), sender.address)
        journal = stack.enter_context(closing(Journal(settings.journal(chain.id, sender.address, role), identity)))
        yield Equipment(
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
