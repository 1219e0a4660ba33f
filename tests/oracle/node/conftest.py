"""A chain on which the tiny model holds the slot, and operators that serve it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import pytest

from oracle.dispute.watcher import Watcher
from oracle.engine import Engine
from oracle.models import load_model
from oracle.store import Store
from protocol import deployment as deployments
from protocol.cast import CAST
from protocol.plan import local_plan
from protocol.types import ModelFacts
from tests.chain import World, deploy_world, start_anvil, undone
from tests.oracle.node.disputing import STAKE, Cheat, watching
from tests.oracle.node.operators import RULES, Operators
from tests.oracle.node.processes import Processes
from tests.oracle.tiny import put_tiny_model


@pytest.fixture(scope="session")
def tiny_facts(tiny_store: Store) -> ModelFacts:
    identity = put_tiny_model(tiny_store)
    return ModelFacts(**asdict(identity), curator=CAST["curator"].address, curator_bps=500)


@pytest.fixture(scope="session")
def shared_served_world(tmp_path_factory: pytest.TempPathFactory, tiny_facts: ModelFacts) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("served")
    node = start_anvil(folder)
    yield deploy_world(node.chain, folder / "home", node.url, local_plan(tiny_facts, RULES))
    node.stop()


@pytest.fixture
def served_world(shared_served_world: World, tmp_path: Path) -> Iterator[World]:
    """The tiny model in the slot, accounts funded; everything done in it is undone."""
    shared = shared_served_world
    with undone(shared.chain):
        world = World(shared.chain, shared.deployment, shared.contracts, tmp_path / "home", shared.url)
        deployments.save(world.home, world.deployment)
        yield world
        world.close()


@pytest.fixture
def own_served_world(tmp_path: Path, tiny_facts: ModelFacts) -> Iterator[World]:
    """The same on a chain of the test's own, for those that reorganise or stop it."""
    node = start_anvil(tmp_path)
    world = deploy_world(node.chain, tmp_path / "home", node.url, local_plan(tiny_facts, RULES))
    deployments.save(world.home, world.deployment)
    yield world
    world.close()
    node.stop()


@pytest.fixture
def operators(tiny_store: Store) -> Iterator[Operators]:
    found = Operators(tiny_store)
    yield found
    found.close()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    found = Processes(tmp_path)
    yield found
    found.close()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


@pytest.fixture
def watcher(served_world: World, tiny_store: Store, stack: ExitStack) -> Watcher:
    """One that has money for its bonds."""
    world = served_world
    world.send("watcher", world.contracts.asset.mint(CAST["watcher"].address, STAKE))
    world.close()
    return stack.enter_context(watching(world, tiny_store))


@pytest.fixture
def engine(tiny_store: Store, tiny_facts: ModelFacts) -> Engine:
    return Engine(load_model(tiny_store, tiny_facts.manifest))


@pytest.fixture
def operator(served_world: World, engine: Engine) -> Cheat:
    """One that posts what it likes."""
    return Cheat(served_world, engine)
