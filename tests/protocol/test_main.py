"""`python -m protocol`: facts for people and for programs, and a sentence for every mistake."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from protocol import deployment as deployments
from protocol.__main__ import main
from protocol.cast import CAST
from tests.chain import World, free_port, make_submission


@pytest.fixture
def at(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world, as the environment of a command names it."""
    deployments.save(tmp_path, world.deployment)
    monkeypatch.setenv("COMMONHOLD_HOME", str(tmp_path))
    monkeypatch.setenv("COMMONHOLD_RPC_URL", world.url)
    return world


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_job_is_shown_with_all_its_facts(at: World) -> None:
    id_ = at.submit(submission=make_submission(max_fee=2_000_003))
    shown = ran("job", f"0x{id_.hex()}")
    assert shown.exit_code == 0, shown.output
    for line in ("status: open", "  max fee: 2000003", f"  client: {CAST['client'].address}", "event: JobSubmitted"):
        assert line in shown.output


def test_programs_get_json(at: World) -> None:
    id_ = at.submit()
    tree = json.loads(ran("job", id_.hex(), "--json").output)
    assert tree["id"] == f"0x{id_.hex()}"
    assert tree["commitment"] == f"0x{at.contracts.escrow.commitment_of(id_).hex()}"
    assert [event["event"] for event in tree["events"]] == ["JobSubmitted"]


def test_an_accounts_open_jobs_and_what_they_lock_are_listed(at: World) -> None:
    id_ = at.submit(submission=make_submission(max_fee=2_000_003))
    address = CAST["client"].address
    (listed,) = json.loads(ran("jobs", address.lower(), "--json").output)["open_jobs"]
    assert listed["id"] == f"0x{id_.hex()}"
    tree = json.loads(ran("account", address, "--json").output)
    assert tree["open_jobs"] == [{"id": f"0x{id_.hex()}", "status": "open", "locked": 2_000_003}]
    assert (tree["locked"], tree["nonce"]) == (2_000_003, 1)


def test_an_account_without_jobs_is_no_error(at: World) -> None:
    shown = ran("jobs", CAST["holder1"].address)
    assert (shown.exit_code, shown.output) == (0, "open jobs: none\n")


def test_a_deployment_is_proved(at: World) -> None:
    tree = json.loads(ran("prove", "--json").output)
    assert tree["proved"]["JobEscrow"] == at.contracts.escrow.address
    assert tree["administrator"] == "CommonholdTimelock"


def test_a_deployment_with_changed_code_is_not_proved(at: World) -> None:
    pool = at.contracts.pool.address
    at.chain.request("anvil_setCode", [pool, "0x" + at.chain.code(at.contracts.rules.address).hex()])
    shown = ran("prove")
    assert shown.exit_code == 1
    assert f"the code of RewardPool at {pool} is not what the sources compile to" in shown.output


@pytest.mark.parametrize("nonsense", ["", "0x", "xyz", "0x12", "12" * 33, "0x" + "gg" * 32, "é", "0x" + "1 " * 32])
def test_what_is_no_job_id_is_named(nonsense: str) -> None:
    shown = ran("job", nonsense)
    assert shown.exit_code == 2
    assert "is not a job id: 0x and 64 hexadecimal digits" in shown.output


@pytest.mark.parametrize("nonsense", ["0x12", "client", "-0x1"])
def test_what_is_no_address_is_named(nonsense: str) -> None:
    shown = ran("jobs", "--", nonsense)
    assert shown.exit_code == 2
    assert "is not an address" in shown.output


def test_an_address_with_a_wrong_checksum_is_refused() -> None:
    shown = ran("jobs", CAST["client"].address.replace("b", "B"))
    assert shown.exit_code == 2
    assert "has a wrong checksum" in shown.output


def test_an_unknown_job_is_named(at: World) -> None:
    shown = ran("job", "00" * 32)
    assert shown.exit_code == 1
    assert "Error: no job 0x00" in shown.output


def test_an_unreachable_node_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONHOLD_RPC_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("COMMONHOLD_HOME", str(tmp_path))
    shown = ran("job", "00" * 32)
    assert shown.exit_code == 1
    assert "Is the node running?" in shown.output


def test_a_setting_that_is_nonsense_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONHOLD_RPC_URL", "ftp://somewhere")
    shown = ran("job", "00" * 32)
    assert shown.exit_code == 1
    assert "COMMONHOLD_RPC_URL" in shown.output


def test_a_deployment_that_is_not_known_is_named(at: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONHOLD_HOME", str(tmp_path / "elsewhere"))
    shown = ran("job", "00" * 32)
    assert shown.exit_code == 1
    assert "nothing is known to be deployed on chain 31337" in shown.output
