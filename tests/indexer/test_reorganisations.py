"""Whatever blocks the chain leaves, what is told is the state of the blocks that it kept, exactly."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

import pytest

from indexer.node import NodeError
from protocol.plan import HOLD
from tests.chain import World, undone
from tests.indexer import acting
from tests.indexer.acting import address
from tests.indexer.anything import Anything
from tests.indexer.indexed import Indexed, indexing

UNDONE_BLOCKS = 40


@pytest.fixture
def indexed(world: World, database_url: str) -> Iterator[Indexed]:
    """An indexer for which the last hundred blocks are not final."""
    with indexing(world, database_url, finality=100) as indexer:
        yield indexer


@contextmanager
def another_branch(world: World, folder: Path) -> Iterator[World]:
    """What happens in here, the chain leaves afterwards. People remember nothing of it."""
    with undone(world.chain):
        branch = replace(world, home=Path(mkdtemp(dir=folder)), _senders={})
        yield branch
        branch.close()


@contextmanager
def read_anew(world: World, folder: Path) -> Iterator[Indexed]:
    """An indexer that has never seen any other chain than the present one."""
    with indexing(world, f"sqlite:///{folder / 'anew.sqlite'}") as anew:
        anew.follow()
        yield anew


def assert_as_if_read_anew(world: World, indexed: Indexed, folder: Path) -> None:
    with read_anew(world, folder) as anew:
        assert indexed.progress().applied_hash == anew.progress().applied_hash == world.chain.block().hash
        assert indexed.checksum() == anew.checksum()


def test_blocks_that_the_chain_left_are_taken_back_exactly(world: World, indexed: Indexed, tmp_path: Path) -> None:
    Anything(world, 11).act(10)
    indexed.follow()
    before, was = indexed.checksum(), indexed.progress()
    with another_branch(world, tmp_path) as branch:
        Anything(branch, 12).act(UNDONE_BLOCKS)
        indexed.follow()
        assert indexed.checksum() != before
    world.travel(7)
    indexed.follow()
    assert indexed.checksum() == before
    assert indexed.progress().reorgs == was.reorgs + 1
    assert_as_if_read_anew(world, indexed, tmp_path)


def test_what_happened_instead_is_told_instead(world: World, indexed: Indexed, tmp_path: Path) -> None:
    with another_branch(world, tmp_path) as branch:
        branch.fund("holder1")
        lost = branch.submit("holder1")
        acting.accept(branch, lost)
        indexed.follow()
    Anything(world, 13).act(UNDONE_BLOCKS)
    indexed.follow()
    assert indexed.ask(f"/jobs/0x{lost.hex()}").status_code == 404
    assert_as_if_read_anew(world, indexed, tmp_path)


def test_three_reorganisations_one_after_another_leave_no_trace(world: World, indexed: Indexed, tmp_path: Path) -> None:
    for seed in (21, 22, 23):
        with another_branch(world, tmp_path) as branch:
            Anything(branch, seed).act(8)
            indexed.follow()
        world.travel(seed)
        indexed.follow()
    assert indexed.progress().reorgs == 3
    assert_as_if_read_anew(world, indexed, tmp_path)


def test_a_reorganisation_while_the_indexer_is_off_is_found_when_it_is_on_again(world: World, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'indexer.sqlite'}"
    with another_branch(world, tmp_path) as branch:
        Anything(branch, 31).act(20)
        with indexing(world, url) as indexed:
            indexed.follow()
    Anything(world, 32).act(40)
    with indexing(world, url) as indexed:
        indexed.follow()
        assert_as_if_read_anew(world, indexed, tmp_path)


def test_one_deeper_than_the_history_heals_from_the_kept_logs(world: World, tmp_path: Path) -> None:
    """Every block counts as final, and nothing final can be undone: so all is derived anew."""
    with indexing(world, f"sqlite:///{tmp_path / 'shallow.sqlite'}", finality=0, history_blocks=0) as indexed:
        acting.stake(world, "holder1", 7 * HOLD)
        with another_branch(world, tmp_path) as branch:
            branch.submit()
            world.chain.request("anvil_mine", [hex(200)])
            indexed.follow()
            assert indexed.progress().history_from > indexed.progress().start + 100
        world.chain.request("anvil_mine", [hex(210)])
        while indexed.progress().trouble is None:
            assert indexed.follower.step()
        unready = indexed.ask("/ready")
        assert (unready.status_code, "replaying" in unready.json()["detail"]) == (503, True)
        indexed.follow()
        assert indexed.get("/ready")["status"] == "ready"
        assert indexed.data(f"/accounts/{address('holder1')}")["hold"]["staked"] == str(7 * HOLD)
        assert indexed.data("/jobs") == []
        assert_as_if_read_anew(world, indexed, tmp_path)


def test_a_head_that_went_back_on_the_same_chain_undoes_nothing(world: World, indexed: Indexed) -> None:
    """As when a node behind a load balancer is late."""
    snapshot = world.chain.request("evm_snapshot", [])
    job = world.submit()
    indexed.follow()
    assert world.chain.request("evm_revert", [snapshot])
    with pytest.raises(NodeError, match="went back to block"):
        indexed.follow()
    assert indexed.data(f"/jobs/0x{job.hex()}")["status"] == "open"
    assert indexed.progress().reorgs == 0


def test_a_shorter_chain_that_is_another_one_is_taken_for_what_it_is(
    world: World, indexed: Indexed, tmp_path: Path
) -> None:
    with another_branch(world, tmp_path) as branch:
        Anything(branch, 41).act(20)
        indexed.follow()
    world.travel(5)
    assert world.chain.block_number() < indexed.progress().applied_number
    indexed.follow()
    assert_as_if_read_anew(world, indexed, tmp_path)


def test_an_answer_says_whether_its_block_is_final(world: World, database_url: str) -> None:
    with indexing(world, database_url, finality="finalized") as indexed:
        world.submit()
        indexed.follow()
        head = indexed.progress().applied_number
        assert indexed.get("/jobs")["block"]["final"] is False
        assert indexed.get("/jobs", block="final")["block"]["final"] is True
        world.chain.request("anvil_mine", ["0x3"])
        indexed.follow()
        assert indexed.get("/jobs", block=head)["block"]["final"] is True
