"""Killed at any statement: never half a block is visible, and what comes after is as if nothing had happened."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from tests.chain import World, undone
from tests.indexer.anything import Anything
from tests.indexer.indexed import Indexed, indexing

FINAL = 20
"""Blocks behind the head that are not final: so the past is read in ranges, and the rest block by block."""


class Killed(BaseException):
    """The process dies here."""


@contextmanager
def mortal(engine: Engine, statement: int) -> Iterator[None]:
    """Dies at that statement that the database is given."""
    left = statement

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", count)


def follow_and_die(indexed: Indexed, statement: int) -> bool:
    """Whether it reached the head before it died."""
    try:
        with mortal(indexed.engine, statement):
            indexed.follow()
    except Killed:
        return False
    return True


@pytest.mark.parametrize("stride", [7, 23])
def test_whatever_statement_it_dies_at_the_next_one_goes_on_from_there(
    world: World, database_url: str, tmp_path: Path, stride: int
) -> None:
    Anything(world, 81).act(30)
    deaths, statement = 0, stride
    while True:
        with indexing(world, database_url, finality=FINAL, max_range=4, live_batch=2) as indexed:
            if follow_and_die(indexed, statement):
                break
        deaths, statement = deaths + 1, statement + stride
    assert deaths >= 3
    assert_undisturbed(world, database_url, f"sqlite:///{tmp_path / 'undisturbed.sqlite'}")


def test_dying_while_blocks_are_taken_back_takes_back_all_of_them_or_none(
    world: World, database_url: str, tmp_path: Path
) -> None:
    with indexing(world, database_url, finality=100) as indexed:
        with undone(world.chain):
            Anything(world, 82).act(10)
            indexed.follow()
        world.travel(5)
        before = indexed.checksum(), indexed.progress().kept_hash
        statement = 1
        while not follow_and_die(indexed, statement):
            if indexed.progress().reorgs == 0:
                assert (indexed.checksum(), indexed.progress().kept_hash) == before
            statement += 1
        assert statement > 20
    assert_undisturbed(world, database_url, f"sqlite:///{tmp_path / 'undisturbed.sqlite'}")


def assert_undisturbed(world: World, database_url: str, other_url: str) -> None:
    with indexing(world, database_url) as indexed, indexing(world, other_url) as undisturbed:
        undisturbed.follow()
        assert indexed.progress().applied_hash == undisturbed.progress().applied_hash == world.chain.block().hash
        assert indexed.checksum() == undisturbed.checksum()
