"""Fixtures for tests of the operator."""

from pathlib import Path

import pytest

from oracle.engine import Engine
from oracle.inference.devices import use_threads
from oracle.models import Model, load_model
from oracle.store import Store
from tests.oracle.tiny import put_tiny_model

use_threads(0)


@pytest.fixture(scope="session")
def tiny_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store that holds the tiny model; tests that damage files make their own."""
    store = Store(Path(tmp_path_factory.mktemp("tiny")))
    put_tiny_model(store)
    return store


@pytest.fixture(scope="session")
def tiny_model(tiny_store: Store) -> Model:
    return load_model(tiny_store, put_tiny_model(tiny_store).manifest)


@pytest.fixture(scope="session")
def tiny_engine(tiny_model: Model) -> Engine:
    return Engine(tiny_model)
