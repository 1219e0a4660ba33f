"""A chain with a tiny model in its slot, and the scripts as a shell would run them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from oracle.store import Store
from protocol import deployment as deployments
from protocol.cast import CAST
from protocol.plan import local_plan
from protocol.types import ModelFacts
from tests.chain import World, deploy_world, start_anvil, undone
from tests.oracle.tiny import put_tiny_model

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def scripted_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Store]]:
    folder = tmp_path_factory.mktemp("scripted")
    store = Store(folder / "store")
    model = ModelFacts(**asdict(put_tiny_model(store)), curator=CAST["curator"].address, curator_bps=500)
    node = start_anvil(folder)
    yield deploy_world(node.chain, folder / "home", node.url, local_plan(model)), store
    node.stop()


@pytest.fixture
def scripted(scripted_chain: tuple[World, Store], tmp_path: Path) -> Iterator[World]:
    """The tiny model in the slot and the store, accounts funded; everything done in it is undone."""
    shared, store = scripted_chain
    with undone(shared.chain):
        world = World(shared.chain, shared.deployment, shared.contracts, tmp_path / "home", shared.url)
        deployments.save(world.home, world.deployment)
        (world.home / "store").symlink_to(store.root)
        yield world
        world.close()


@pytest.fixture
def run(scripted: World, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a script: `run("fund", "--amount", "5")`."""
    monkeypatch.setenv("COMMONHOLD_RPC_URL", scripted.url)
    monkeypatch.setenv("COMMONHOLD_HOME", str(scripted.home))

    def run(verb: str, *arguments: str, stdin: bytes = b"") -> Result:
        return CliRunner().invoke(import_module(f"scripts.{verb}").cli, [*arguments], input=stdin, prog_name=verb)

    return run
