"""Operators for tests: nodes in this process, whose rounds the test turns."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from oracle.dispute.exhibits import Exhibits
from oracle.health import Health
from oracle.metrics import Metrics
from oracle.node import Node
from oracle.service import open_node
from oracle.settings import OracleSettings
from oracle.store import Store
from protocol import rules
from protocol.cast import CAST
from protocol.chain import Chain
from protocol.payload import encode_tokens
from protocol.rules import Deny, Limit, RuleSet, Scope
from protocol.settings import Settings
from protocol.types import JobId, JobStatus, Sampling, Submission
from tests.chain import World, make_submission
from tests.oracle.tiny import spelt

PATIENCE = 30.0
"""Seconds after which a condition that did not come true fails the test."""

RULES = rules.encode(
    RuleSet((Limit(max_input=64, max_output=32), Deny(Scope.INPUT, b"secret"), Deny(Scope.OUTPUT, b"\xff\xfe\xfd")))
)


def ask(text: str = "hello", max_tokens: int = 8, **changes: object) -> Submission:
    """A job's submission for the tiny model."""
    given = {"payload": encode_tokens(spelt(text)), "sampling": Sampling(max_tokens).pack(), **changes}
    return make_submission(**given)  # type: ignore[arg-type]


def settings_of(world: World, store: Store, name: str = "operator", **changes: object) -> OracleSettings:
    chain = Settings(rpc_url=world.url, home=world.home, private_key=CAST[name].key)
    given = {"store": store.root, "port": 0, "poll_seconds": 0.02, "margin_seconds": 2, "device": "cpu", **changes}
    return OracleSettings(chain=chain, **given)  # type: ignore[arg-type]


class Operators:
    """Opens nodes, and closes what is still open when the test ends."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._stack = ExitStack()

    def open(self, world: World, name: str = "operator", exhibits: Exhibits | None = None, **changes: object) -> Node:
        settings = settings_of(world, self.store, name, **changes)
        health, chain = Health(settings.stale_seconds), Chain.of(settings.chain)
        opened = open_node(settings, chain, world.deployment, health, Metrics(), exhibits=exhibits)
        return self._stack.enter_context(opened)

    def ready(self, world: World, name: str = "operator", **changes: object) -> Node:
        """One that has loaded its model and read the chain."""
        node = self.open(world, name, **changes)
        turn_until(node, lambda: accepting(node))
        return node

    def close(self) -> None:
        self._stack.close()


@contextmanager
def looping(world: World, store: Store, **changes: object) -> Iterator[Health]:
    """An operator that turns its rounds itself, on a thread of its own; its health."""
    settings, health, stop = settings_of(world, store, **changes), Health(stale_seconds=120), threading.Event()

    def loop() -> None:
        with open_node(settings, Chain.of(settings.chain), world.deployment, health, Metrics()) as node:
            node.run(stop)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield health
    finally:
        stop.set()
        thread.join()


def wait_until(condition: Callable[[], bool], told: Callable[[], object]) -> None:
    """Until the condition holds; `told` is what to look at when it never does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {told()}"
        time.sleep(0.01)


def turn_until(node: Node, condition: Callable[[], bool]) -> None:
    """Rounds until the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s; health: {node.health.read()}"
        node.round()


def turn(node: Node, rounds: int = 3) -> None:
    for _ in range(rounds):
        node.round()


def accepting(node: Node) -> bool:
    """Whether its model is loaded: a job is accepted in the next round."""
    return node.health.read()[1].get("accepting") is True


def counted(node: Node, name: str, **labels: str) -> float:
    """One of the operator's metrics; 0 where nothing was counted yet."""
    return node.metrics.registry.get_sample_value(f"commonhold_oracle_{name}", labels) or 0


def status(world: World, job: JobId) -> JobStatus:
    return world.contracts.escrow.status_of(job)


def until_status(node: Node, world: World, job: JobId, wanted: JobStatus) -> None:
    turn_until(node, lambda: status(world, job) is wanted)


def database(world: World, folder: str) -> Path:
    """The one SQLite file of an operator in a folder of the home."""
    return next((world.home / folder).glob("*.sqlite"))
