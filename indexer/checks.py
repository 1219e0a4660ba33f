"""What `python -m indexer check` proves before a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from indexer import service
from indexer.database import DatabaseUnusable
from indexer.node import Node, NodeError
from indexer.scope import Scope
from indexer.settings import IndexerSettings
from protocol.deployment import load
from protocol.errors import CommonholdError


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    is_well: bool
    detail: str


def run_all(settings: IndexerSettings) -> list[Result]:
    """All checks; a failure of one does not hide another."""
    node = Node(settings.chain.rpc_urls, settings.chain.rpc_timeout)
    try:
        return [_attempt(name, check) for name, check in _checks(settings, node)]
    finally:
        node.close()


def _checks(settings: IndexerSettings, node: Node) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "node", lambda: _node(settings, node)
    yield "finality", lambda: _finality(settings, node)
    yield "deployment", lambda: _deployment(settings, node)
    yield "database", lambda: _database(settings, node)


def _attempt(name: str, check: Callable[[], str]) -> Result:
    try:
        return Result(name, True, check())
    except (CommonholdError, DatabaseUnusable, NodeError, SQLAlchemyError, OSError) as error:
        return Result(name, False, str(error))


def _node(settings: IndexerSettings, node: Node) -> str:
    found = node.chain_id()
    if settings.chain.chain_id not in (None, found):
        raise NodeError("rpc", f"the node serves chain {found}, COMMONHOLD_CHAIN_ID says {settings.chain.chain_id}")
    head = node.block("latest")
    return f"chain {found} at block {'none' if head is None else head.number}"


def _finality(settings: IndexerSettings, node: Node) -> str:
    if isinstance(settings.finality, int):
        return f"{settings.finality} blocks behind the head"
    final = node.block(settings.finality)
    return f"the node's {settings.finality} block is {'none yet' if final is None else final.number}"


def _deployment(settings: IndexerSettings, node: Node) -> str:
    scope = _scope(settings, node)
    first = node.block(0)
    if first is None or first.hash != scope.genesis:
        raise NodeError(
            "wrong_chain",
            "the deployment is of a chain with another first block: deploy anew, or check COMMONHOLD_HOME",
        )
    empty = [name for name, address in scope.contracts.items() if not node.code_at(address)]
    if empty:
        raise NodeError("rpc", f"no code on this chain at the address of {', '.join(empty)}: another deployment?")
    return f"{len(scope.contracts)} contracts from block {scope.start} on"


def _database(settings: IndexerSettings, node: Node) -> str:
    engine = service.open_writer(settings)
    try:
        now = service.bind(engine, _scope(settings, node))
    finally:
        engine.dispose()
    return f"{engine.url} at block {now.applied_number}"


def _scope(settings: IndexerSettings, node: Node) -> Scope:
    return Scope.of(load(settings.chain.home, settings.chain.chain_id or node.chain_id()))
