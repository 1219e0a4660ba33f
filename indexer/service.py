"""Puts the parts together: the database that belongs to the deployment, the follower, REST."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import uvicorn
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, delete

from indexer import blocks, database, history, progress
from indexer.api import create_app
from indexer.database import DatabaseUnusable
from indexer.follower import Follower
from indexer.metrics import FollowerMetrics
from indexer.node import Node
from indexer.progress import Progress
from indexer.scope import Scope
from indexer.settings import IndexerSettings

log = logging.getLogger(__name__)

GRACE_SECONDS = 10


def open_writer(settings: IndexerSettings) -> Engine:
    """The database, with this version's tables. Raises `DatabaseUnusable`."""
    settings.chain.home.mkdir(parents=True, exist_ok=True)
    engine = database.writer(settings.database)
    database.migrate(engine)
    return engine


def bind(engine: Engine, scope: Scope) -> Progress:
    """Makes an empty database the deployment's. Raises `DatabaseUnusable` for one that is another's."""
    with engine.begin() as connection:
        found = progress.read(connection)
        if found is None:
            found = Progress.beginning(scope.chain_id, scope.fingerprint, scope.start)
            progress.begin(connection, found)
    if found.deployment != scope.fingerprint:
        raise DatabaseUnusable(
            f"the database {engine.url} belongs to another deployment, on chain {found.chain_id}: choose another with "
            "COMMONHOLD_INDEXER_DATABASE_URL, or empty this one with `python -m indexer rebuild --from-node`"
        )
    return found


def empty(engine: Engine) -> None:
    """Forgets everything, raw logs and the deployment included."""
    with engine.begin() as connection:
        history.clear(connection)
        connection.execute(delete(blocks.LOGS))
        connection.execute(delete(blocks.BLOCKS))
        connection.execute(delete(progress.PROGRESS))


def forget_derived(engine: Engine) -> None:
    """Forgets what was derived; a follower then replays the kept logs."""
    with engine.begin() as connection:
        now = progress.read(connection)
        if now is None:
            return
        history.clear(connection)
        progress.move(connection, now, replace(now.from_scratch(), trouble="rebuilding from the kept logs"))


@contextmanager
def follower_of(
    settings: IndexerSettings, engine: Engine, scope: Scope, registry: CollectorRegistry
) -> Iterator[Follower]:
    metrics = FollowerMetrics(registry)
    node = Node(settings.chain.rpc_urls, settings.chain.rpc_timeout, metrics.rpc_error, scope.genesis)
    try:
        yield Follower(engine, node, scope, settings, metrics)
    finally:
        node.close()


@contextmanager
def following(settings: IndexerSettings, engine: Engine, scope: Scope, registry: CollectorRegistry) -> Iterator[None]:
    """A follower in a thread of its own. On leaving it finishes the step that it is at."""
    stop = threading.Event()
    with follower_of(settings, engine, scope, registry) as follower:
        thread = threading.Thread(target=follower.run, args=(stop,), name="follower")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def serve(settings: IndexerSettings, scope: Scope, registry: CollectorRegistry) -> None:
    """REST until the process is told to end."""
    engine = database.reader(settings.database)
    if not database.is_migrated(engine):
        raise DatabaseUnusable(
            f"the database {engine.url} has not this version's tables: start `python -m indexer run`"
        )
    config = uvicorn.Config(
        create_app(engine, scope, settings, registry),
        host=settings.host,
        port=settings.port,
        timeout_graceful_shutdown=GRACE_SECONDS,
        access_log=False,
        log_config=None,
    )
    uvicorn.Server(config).run()
    engine.dispose()
