"""The process: killed at any moment, ended politely, run beside another; and the verbs that mend and prove."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner, Result

from indexer.__main__ import main, saying_what_is_wrong
from protocol import deployment
from tests.chain import World
from tests.indexer.anything import Anything
from tests.indexer.indexed import indexing
from tests.indexer.processes import Running, environment_of, run_indexer

KILLS = 2


@contextmanager
def running(environment: dict[str, str], log: Path, verb: str = "run") -> Iterator[Running]:
    indexer = Running(environment, log, verb)
    try:
        yield indexer
    finally:
        indexer.kill()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "indexer.log"


@pytest.fixture
def environment(world: World, database_url: str) -> dict[str, str]:
    return environment_of(world, database_url)


def expected_checksum(world: World, folder: Path) -> str:
    """What an indexer states that nobody ever disturbed."""
    with indexing(world, f"sqlite:///{folder / 'undisturbed.sqlite'}") as undisturbed:
        undisturbed.follow()
        return f"block {undisturbed.progress().applied_number} {undisturbed.checksum()}"


def checksum_of(environment: dict[str, str]) -> str:
    ended = invoke(environment, "checksum")
    assert ended.exit_code == 0, ended.output
    return ended.stdout.strip()


def invoke(environment: dict[str, str], *arguments: str) -> Result:
    """A verb that neither serves nor follows, in the test's own process."""
    return CliRunner().invoke(main, arguments, env=environment)


def test_it_follows_is_ready_and_ends_politely(world: World, environment: dict[str, str], log: Path) -> None:
    with running(environment, log) as indexer:
        indexer.wait_for_block(world.chain.block_number())
        job = world.submit()
        indexer.wait_for_block(world.chain.block_number())
        assert indexer.data(f"/jobs/0x{job.hex()}")["status"] == "open"
        assert indexer.end() == 0
    assert "Traceback" not in log.read_text()


def test_killed_again_and_again_it_states_what_it_would_have_stated_anyway(
    world: World, database_url: str, log: Path, tmp_path: Path
) -> None:
    """A few blocks a step, so that there are many moments to die in: while reading the past, and at the head."""
    environment = environment_of(world, database_url, max_range=3, live_batch=1)
    people, random = Anything(world, 51), Random(51)
    for _ in range(KILLS):
        with running(environment, log) as indexer:
            indexer.wait(lambda: indexer.ask("/health") is not None)
            people.act(random.randrange(4, 12))
            indexer.kill()
    with running(environment, log) as indexer:
        indexer.wait_for_block(world.chain.block_number())
    assert checksum_of(environment) == expected_checksum(world, tmp_path)


def test_rebuilding_needs_no_node_and_gives_the_same_state(
    world: World, environment: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    Anything(world, 52).act(30)
    with indexing(world, database_url) as indexed:
        indexed.follow()
    expected = expected_checksum(world, tmp_path)
    assert checksum_of(environment) == expected

    without_node = {**environment, "COMMONHOLD_RPC_URL": "http://127.0.0.1:1"}
    rebuilt = invoke(without_node, "rebuild")
    assert (rebuilt.exit_code, rebuilt.stdout.strip()) == (0, f"rebuilt; state checksum {expected}")

    assert invoke(environment, "rebuild", "--from-node").exit_code == 0
    with indexing(world, database_url) as indexed:
        indexed.follow()
    assert checksum_of(environment) == expected


def test_another_process_may_serve_what_the_first_one_follows(
    world: World, environment: dict[str, str], log: Path, tmp_path: Path
) -> None:
    with running(environment, log) as follower:
        follower.wait_for_block(world.chain.block_number())
        with running(environment, tmp_path / "serve.log", "serve") as server:
            job = world.submit()
            server.wait_for_block(world.chain.block_number())
            assert server.data(f"/jobs/0x{job.hex()}")["status"] == "open"
            assert server.end() == 0


def test_check_proves_the_settings_or_names_what_is_wrong(world: World, environment: dict[str, str]) -> None:
    well = invoke(environment, "check")
    assert (well.exit_code, well.stdout.count("ok    ")) == (0, 4)
    alone = invoke({**environment, "COMMONHOLD_RPC_URL": "http://127.0.0.1:1"}, "check")
    assert (alone.exit_code, "FAILED node" in alone.stdout) == (1, True)
    world.chain.request("anvil_setCode", [world.contracts.pool.address, "0x"])
    empty = invoke(environment, "check")
    assert (empty.exit_code, "address of RewardPool" in empty.stdout) == (1, True)


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("COMMONHOLD_INDEXER_PORT", "70000", "port"),
        ("COMMONHOLD_INDEXER_FINALITY", "soon", "finality"),
        ("COMMONHOLD_INDEXER_DATABASE_URL", "oracle://x", "use sqlite:// or postgresql://"),
        ("COMMONHOLD_INDEXER_DATABASE_URL", "sqlite:////nowhere/at/all", "database"),
    ],
)
def test_settings_that_make_no_sense_end_it_in_one_line(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    for changed, to in {**environment, name: value}.items():
        monkeypatch.setenv(changed, to)
    monkeypatch.setattr("sys.argv", ["indexer", "checksum"])
    with pytest.raises(SystemExit, match=complaint):
        saying_what_is_wrong(main)


def test_a_misspelt_setting_is_refused_by_its_name(environment: dict[str, str]) -> None:
    refused = invoke({**environment, "COMMONHOLD_INDEXER_FINALTY": "5"}, "check")
    assert refused.exit_code == 1
    assert "COMMONHOLD_INDEXER_FINALTY" in refused.output


def test_a_database_of_another_deployment_is_refused(world: World, environment: dict[str, str]) -> None:
    """As when a local chain begins anew: the same addresses, another genesis."""
    assert invoke(environment, "check").exit_code == 0
    deployment.save(world.home, replace(world.deployment, genesis="0x" + "77" * 32))
    ended = run_indexer(environment, "run")
    assert ended.returncode == 1
    assert "belongs to another deployment" in ended.stderr
    checked = invoke(environment, "check")
    assert (checked.exit_code, "another first block" in checked.stdout) == (1, True)
