"""Fixtures for tests of the indexer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chain import World
from tests.indexer.indexed import Indexed, indexing


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'indexer.sqlite'}"


@pytest.fixture
def indexed(world: World, database_url: str) -> Iterator[Indexed]:
    """An indexer of the test's chain that has read nothing yet."""
    with indexing(world, database_url) as indexer:
        yield indexer
