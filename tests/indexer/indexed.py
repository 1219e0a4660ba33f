"""An indexer in the test's own process: it follows a chain when told to, and answers by REST."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from indexer import database, progress, service
from indexer.api import create_app
from indexer.checksum import state_checksum
from indexer.follower import Follower
from indexer.metrics import FollowerMetrics
from indexer.node import Node
from indexer.progress import Progress
from indexer.scope import Scope
from indexer.settings import IndexerSettings
from protocol.settings import Settings
from tests.chain import World


@dataclass
class Indexed:
    """A database, the follower that fills it, and REST in front of it."""

    settings: IndexerSettings
    engine: Engine
    follower: Follower
    rest: httpx.Client
    registry: CollectorRegistry = field(repr=False)

    def follow(self) -> None:
        """Up to the head. Raises whatever went wrong."""
        while self.follower.step():
            pass

    def get(self, path: str, **parameters: object) -> Any:
        """The JSON of an answer that must be 200."""
        answer = self.ask(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def data(self, path: str, **parameters: object) -> Any:
        return self.get(path, **parameters)["data"]

    def ask(self, path: str, **parameters: object) -> httpx.Response:
        return self.rest.get(path, params={name: str(value) for name, value in parameters.items()})

    def progress(self) -> Progress:
        with self.engine.connect() as connection:
            found = progress.read(connection)
        assert found is not None
        return found

    def checksum(self) -> str:
        with self.engine.connect() as connection:
            return state_checksum(connection)


def settings_of(world: World, database_url: str, **changes: Any) -> IndexerSettings:
    """Settings as the environment would give them, and nothing from the tester's own environment."""
    chain = Settings(rpc_url=world.url, home=world.home, rpc_timeout=5)
    return IndexerSettings(chain=chain, database_url=database_url, **{"poll_seconds": 0.02, **changes})


@contextmanager
def indexing(world: World, database_url: str, node: Node | None = None, **changes: Any) -> Iterator[Indexed]:
    """An indexer of the world's deployment; `node`: one with faults, `changes`: settings that the test is about."""
    settings = settings_of(world, database_url, **changes)
    scope = Scope.of(world.deployment)
    registry = CollectorRegistry()
    with ExitStack() as stack:
        engine = service.open_writer(settings)
        stack.callback(engine.dispose)
        reader = database.reader(settings.database)
        stack.callback(reader.dispose)
        node = stack.enter_context(
            closing(node or Node([world.url], settings.chain.rpc_timeout, genesis=scope.genesis))
        )
        service.bind(engine, scope)
        follower = Follower(engine, node, scope, settings, FollowerMetrics(registry))
        rest = stack.enter_context(serving(create_app(reader, scope, settings, registry)))
        yield Indexed(settings, engine, follower, rest, registry)


@contextmanager
def serving(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of the application, which listens on a port of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", trust_env=False) as rest:
            yield rest
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
