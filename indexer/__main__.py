"""`python -m indexer`: follow the chain, serve what it says, rebuild, check."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable

import click
from prometheus_client import CollectorRegistry
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from indexer import checks, database, progress, service
from indexer.checksum import state_checksum
from indexer.database import DatabaseUnusable
from indexer.node import Node, NodeError
from indexer.scope import Scope
from indexer.settings import IndexerSettings, unknown_variables
from protocol.deployment import load
from protocol.errors import CommonholdError

FIRST_PAUSE = 0.5


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Follows the protocol's contracts and serves their state by REST. Set by environment variables that begin with
    COMMONHOLD_ and COMMONHOLD_INDEXER_; see docs/indexer.md."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if unknown := unknown_variables():
        raise click.ClickException(f"no settings of the indexer: {', '.join(unknown)}; see docs/indexer.md")


@main.command()
@click.option("--no-rest", is_flag=True, help="Follow only; REST is served by another process.")
def run(no_rest: bool) -> None:
    """Follow the chain and serve REST, in one process."""
    settings, stop = IndexerSettings(), until_told()
    engine = service.open_writer(settings)
    scope = scope_of(settings, chain_id_of(settings, stop))
    service.bind(engine, scope)
    registry = CollectorRegistry()
    with service.following(settings, engine, scope, registry):
        if no_rest:
            stop.wait()
        else:
            service.serve(settings, scope, registry)


@main.command()
def serve() -> None:
    """Serve REST from a database that another process fills."""
    settings, _ = IndexerSettings(), until_told()
    service.serve(settings, scope_of(settings, kept_chain_id(settings)), CollectorRegistry())


@main.command()
@click.option("--from-node", is_flag=True, help="Forget the kept logs too, and read the chain again.")
def rebuild(from_node: bool) -> None:
    """Derive everything anew, from the kept logs, without a node."""
    settings = IndexerSettings()
    engine = service.open_writer(settings)
    if from_node:
        service.empty(engine)
        click.echo("emptied: `python -m indexer run` reads the chain from the deployment's first block")
        return
    scope = scope_of(settings, kept_chain_id(settings))
    service.bind(engine, scope)
    service.forget_derived(engine)
    with service.follower_of(settings, engine, scope, CollectorRegistry()) as follower:
        follower.replay_all()
    click.echo(f"rebuilt; state checksum {checksum_of(settings)}")


@main.command()
def checksum() -> None:
    """Print the block and the checksum of the whole derived state."""
    click.echo(checksum_of(IndexerSettings()))


@main.command()
def check() -> None:
    """Prove settings, node, deployment and database before a run."""
    results = checks.run_all(IndexerSettings())
    for result in results:
        click.echo(f"{'ok    ' if result.is_well else 'FAILED'} {result.name}: {result.detail}")
    if not all(result.is_well for result in results):
        raise SystemExit(1)


def scope_of(settings: IndexerSettings, chain_id: int) -> Scope:
    return Scope.of(load(settings.chain.home, chain_id))


def chain_id_of(settings: IndexerSettings, stop: threading.Event) -> int:
    """The chain's id, from the settings or the node; waits for a node that cannot be reached yet."""
    if settings.chain.chain_id is not None:
        return settings.chain.chain_id
    node, pause = Node(settings.chain.rpc_urls, settings.chain.rpc_timeout), FIRST_PAUSE
    try:
        while not stop.is_set():
            try:
                return node.chain_id()
            except NodeError as error:
                logging.getLogger(__name__).warning("waiting for the node: %s", error)
                stop.wait(pause)
                pause = min(pause * 2, settings.retry_seconds)
        raise SystemExit(0)
    finally:
        node.close()


def kept_chain_id(settings: IndexerSettings) -> int:
    """The chain that the database is of; no node is asked."""
    engine = database.reader(settings.database)
    try:
        with engine.connect() as connection:
            now = progress.read(connection)
    except SQLAlchemyError as error:
        raise DatabaseUnusable(f"the database {engine.url} cannot be read: start `python -m indexer run`") from error
    finally:
        engine.dispose()
    if now is None:
        raise DatabaseUnusable(f"the database {engine.url} is empty: start `python -m indexer run`")
    return now.chain_id


def checksum_of(settings: IndexerSettings) -> str:
    engine = database.reader(settings.database)
    with engine.connect() as connection:
        now = progress.read(connection)
        number = "none" if now is None else now.applied_number
        found = state_checksum(connection)
    engine.dispose()
    return f"block {number} {found}"


def until_told() -> threading.Event:
    """Set when the process is told to end; the web server hands on the signal that ended it."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def saying_what_is_wrong(command: Callable[[], None]) -> None:
    """One line for what the user can put right; a traceback only for faults of ours."""
    try:
        command()
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        sys.exit(f"settings: {faults}")
    except (CommonholdError, DatabaseUnusable, NodeError) as error:
        sys.exit(str(error))
    except SQLAlchemyError as error:
        sys.exit(f"the database: {error}")


if __name__ == "__main__":
    saying_what_is_wrong(main)
