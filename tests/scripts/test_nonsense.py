"""Nonsense is answered in one line that names what was wrong, and nothing is sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from protocol.cast import CAST
from tests.chain import World
from tests.scripts.conftest import Run

UNKNOWN = "0x" + "11" * 32


def nonces(world: World) -> dict[str, int]:
    return {name: world.chain.nonce(member.address, "pending") for name, member in CAST.items()}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (["fund", "--amount", "-1"], "-1 is negative"),
        (["fund", "--amount", "1e40"], "too large"),
        (["fund", "--amount", "0"], "the amount is zero"),
        (["fund", "--as", "nobody"], "'nobody' is not one of"),
        (["submit_job", ""], "the prompt is empty"),
        (["submit_job", "a\0b"], "NUL character at position 1"),
        (["submit_job", "hello", "--slot", "poetry"], "no vote has filled that slot"),
        (["submit_job", "hello", "--min-fee", "2", "--max-fee", "1"], "amount 2000000 is zero, or above 1000000"),
        (["submit_job", "hello", "--max-fee", "99999999"], "needs 99999999000000: deposit more"),
        (["submit_job", "hello", "--max-tokens", "0"], "0 is not in the range"),
        (["submit_job", "hello", "--offer-seconds", "999999"], "999999"),
        (["submit_job", "hello", "--named", "0x12"], "0x12"),
        (["submit_job", "x" * 20_000], "the limit is 24576"),
        (["settle_job", "0x12"], "has 1 bytes; a job id has 32"),
        (["settle_job", UNKNOWN], f"knows no job {UNKNOWN}"),
        (["status", UNKNOWN], "no job"),
        (["register_operator", "--device", "x" * 33], "is not 1 to 32 ASCII characters"),
        (["register_operator", "--uri", "x" * 513], "512"),
        (["register_operator", "--slot", "poetry"], "no vote has filled the slot poetry"),
        (["register_model", "--share", "101%"], "not between 0 and 100"),
        (["register_model", "--weights", "/nowhere.gguf"], "does not exist"),
        (["propose_model", UNKNOWN], "is not registered, retired or withheld"),
        (["vote", "17"], "there is no proposal 17; proposed so far: none yet"),
        (["vote", "soon"], "'soon' is no proposal"),
        (["queue"], "there is no proposal latest"),
        (["execute", "0x11"], "there is no proposal 17"),
        (["stake", "--amount", "900000000"], "can stake up to 40,000,000.00 HOLD"),
        (["withdraw", "--as", "client", "--amount", "999999"], "can withdraw up to 10,000.000000 dollars"),
        (["withdraw", "--as", "client", "--to", "0xABC"], "0xABC"),
        (["deploy"], "is an escrow deployed here already: use it, or say --again"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)
def test_it_is_refused(scripted: World, run: Run, told: list[str], said: str) -> None:
    before = nonces(scripted)
    done = run(*told)
    assert done.exit_code in {1, 2}, done.output
    assert isinstance(done.exception, SystemExit), done.exception
    assert said in done.output
    assert nonces(scripted) == before, "something was sent"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "rules.json"),
        (b"\xff\xfe", "rules.json"),
        (b'{"rules": []}', "rule"),
        (b'{"rules": [{"kind": "bless"}]}', "known are prefix, limit, deny"),
        (b'{"rules": [{"kind": "deny", "scope": "input", "text": ""}]}', "rule"),
    ],
)
def test_rules_that_are_none_are_not_proposed(
    scripted: World, run: Run, tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "rules.json"
    file.write_bytes(content)
    before = nonces(scripted)
    done = run("propose_rules", str(file))
    assert done.exit_code == 2
    assert said in done.output
    assert nonces(scripted) == before


def test_weights_that_are_none_are_not_registered(scripted: World, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF" + bytes(100))
    done = run("register_model", "--weights", str(file))
    assert done.exit_code == 1, done.output
    assert "model.gguf" in done.output


def test_steps_of_a_vote_out_of_turn_say_when_it_is_their_turn(run: Run) -> None:
    run("stake", "--as", "holder1")
    model = run("status").output.split("slot chat: model ")[1].split()[0]
    assert "has 0 votes; proposing takes" in run("propose_model", model, "--as", "steward").output
    assert run("propose_model", model).exit_code == 0
    assert "to be active not before" in run("vote").output
    assert "to be succeeded not before" in run("queue").output
    assert "it has to be queued" in run("execute").output
    assert run("vote", "--travel").exit_code == 0
    assert "has voted on" in run("vote").output
    assert run("queue", "--travel").exit_code == 0
    assert "can be executed from" in run("execute").output


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("COMMONHOLD_RPC_URL", "http://127.0.0.1:9", "127.0.0.1:9"),
        ("COMMONHOLD_RPC_URL", "file:///etc/passwd", "must be http"),
        ("COMMONHOLD_CHAIN_ID", "10", "10"),
        ("COMMONHOLD_CHAIN_ID", "-1", "chain_id"),
        ("COMMONHOLD_HOME", "/nowhere", "31337"),
        ("COMMONHOLD_PRIVATE_KEY", "0x12", "private key"),
    ],
)
def test_settings_that_make_no_sense_are_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    done = run("fund", "--as", "key")
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit), done.exception
    assert said in done.output


def test_a_missing_key_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COMMONHOLD_PRIVATE_KEY", raising=False)
    done = run("fund", "--as", "key")
    assert done.exit_code == 1
    assert "COMMONHOLD_PRIVATE_KEY" in done.output


def test_contracts_of_another_version_are_not_spoken_to(scripted: World, run: Run) -> None:
    file = scripted.home / "deployments" / f"{scripted.chain.id}.json"
    tree = json.loads(file.read_text())
    file.write_text(json.dumps({**tree, "abi": "0x" + "00" * 32}))
    done = run("fund")
    assert done.exit_code == 1
    assert "other interfaces" in done.output or "version" in done.output


def test_a_chain_that_began_anew_is_noticed(scripted: World, run: Run) -> None:
    file = scripted.home / "deployments" / f"{scripted.chain.id}.json"
    tree = json.loads(file.read_text())
    file.write_text(json.dumps({**tree, "genesis": "0x" + "22" * 32}))
    done = run("fund")
    assert done.exit_code == 1
    assert "genesis" in done.output or "another chain" in done.output
