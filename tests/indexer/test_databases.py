"""PostgreSQL and SQLite alike: the same tables, the same state, the same way back."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError

from indexer import database, progress
from indexer.checksum import state_checksum
from indexer.database import DatabaseUnusable
from indexer.progress import AnotherWriter
from indexer.tables import METADATA
from tests.chain import World, undone
from tests.indexer import postgres
from tests.indexer.anything import Anything
from tests.indexer.indexed import Indexed, indexing
from tests.indexer.processes import environment_of
from tests.indexer.test_process import running


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    programs = postgres.programs()
    if programs is None:
        reason = f"no PostgreSQL server under {postgres.PROGRAMS} or in PATH"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}: CI installs one")
        pytest.skip(reason)
    with postgres.cluster(programs) as url:
        yield url


@pytest.fixture
def postgres_url(server: str) -> str:
    """An empty database."""
    name = f"test_{uuid4().hex}"
    engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, database_url: str) -> str:
    return database_url if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def test_migrations_make_the_tables_that_the_code_speaks_of(any_url: str) -> None:
    engine = database.writer(any_url)
    database.migrate(engine)
    assert database.is_migrated(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    database.migrate(engine)
    engine.dispose()


def test_both_hold_the_same_state_also_after_a_reorganisation(
    world: World, database_url: str, postgres_url: str
) -> None:
    with indexing(world, database_url, finality=100) as one, indexing(world, postgres_url, finality=100) as other:
        Anything(world, 71).act(60)
        for indexed in (one, other):
            indexed.follow()
        before = one.checksum()
        assert other.checksum() == before
        with undone(world.chain):
            world.chain.request("anvil_mine", ["0x5"])
            for indexed in (one, other):
                indexed.follow()
        world.travel(61)
        for indexed in (one, other):
            indexed.follow()
            assert (indexed.checksum(), indexed.progress().reorgs) == (before, 1)
        assert_same_answers(one, other)


def assert_same_answers(one: Indexed, other: Indexed) -> None:
    paths = ("/jobs", "/operators", "/models", "/slots", "/sheets", "/governed-numbers", "/safety-rules", "/stats")
    paths += ("/rewards/splits", "/rewards/buckets", "/rewards/epochs", "/proposals", "/votes")
    for path in paths:
        assert one.get(path) == other.get(path), path
    for job in one.data("/jobs"):
        assert one.get(f"/jobs/{job['id']}") == other.get(f"/jobs/{job['id']}")
        for side in ("client", "operator"):
            if job[side]:
                assert one.get(f"/accounts/{job[side]}") == other.get(f"/accounts/{job[side]}")
    middle = one.progress().applied_number - 20
    assert one.get("/jobs", block=middle) == other.get("/jobs", block=middle)


def test_killed_on_postgresql_it_goes_on_where_it_was(world: World, postgres_url: str, tmp_path: Path) -> None:
    environment = environment_of(world, postgres_url, max_range=3, live_batch=1)
    people = Anything(world, 72)
    with running(environment, tmp_path / "log") as indexer:
        indexer.wait(lambda: indexer.ask("/health") is not None)
        people.act(10)
        indexer.kill()
    people.act(10)
    with running(environment, tmp_path / "log") as indexer:
        indexer.wait_for_block(world.chain.block_number())
    with indexing(world, f"sqlite:///{tmp_path / 'undisturbed.sqlite'}") as undisturbed:
        undisturbed.follow()
        engine = database.reader(postgres_url)
        with engine.connect() as connection:
            assert state_checksum(connection) == undisturbed.checksum()
        engine.dispose()


def test_a_reader_sees_one_state_while_it_is_written_and_can_write_nothing(world: World, any_url: str) -> None:
    with indexing(world, any_url) as indexed:
        indexed.follow()
        reader = database.reader(any_url)
        with reader.connect() as connection:
            before = state_checksum(connection)
            world.submit()
            indexed.follow()
            assert state_checksum(connection) == before
            connection.rollback()
            assert state_checksum(connection) == indexed.checksum() != before
        with reader.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(text("DELETE FROM jobs"))
        reader.dispose()


def test_a_second_follower_is_told_that_it_is_one(world: World, any_url: str) -> None:
    with indexing(world, any_url) as first:
        first.follow()
        now = first.progress()
        world.submit()
        first.follow()
        with pytest.raises(AnotherWriter, match="another process is writing"), first.engine.begin() as connection:
            progress.move(connection, now, now)
        with first.engine.connect() as connection:
            assert connection.execute(select(progress.PROGRESS.c.applied_number)).scalar_one() > now.applied_number


def test_a_database_of_an_unknown_kind_is_named() -> None:
    with pytest.raises(DatabaseUnusable, match="use sqlite:// or postgresql://"):
        database.writer("mysql://localhost/x")
