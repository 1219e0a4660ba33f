"""Operators for tests: nodes in this process, whose rounds the test turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

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

    def open(self, world: World, name: str = "operator", **changes: object) -> Node:
        settings = settings_of(world, self.store, name, **changes)
        opened = open_node(
            settings, Chain.of(settings.chain), world.deployment, Health(settings.stale_seconds), Metrics()
        )
        return self._stack.enter_context(opened)

    def close(self) -> None:
        self._stack.close()


def turn_until(node: Node, condition: Callable[[], bool]) -> None:
    """Rounds until the condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s; health: {node.health.read()}"
        node.round()


def status(world: World, job: JobId) -> JobStatus:
    return world.contracts.escrow.status_of(job)


def until_status(node: Node, world: World, job: JobId, wanted: JobStatus) -> None:
    turn_until(node, lambda: status(world, job) is wanted)


def database(world: World, folder: str) -> Path:
    """The one SQLite file of an operator in a folder of the home."""
    return next((world.home / folder).glob("*.sqlite"))
