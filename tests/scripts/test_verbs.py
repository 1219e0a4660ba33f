"""What each script does when all is well; the demo shows them in a row on the real model."""

from __future__ import annotations

import json
from pathlib import Path

from protocol.cast import CAST
from protocol.clients.governor import ProposalState
from protocol.events import ProposalCreated, decode, topic_of
from protocol.plan import DOLLAR
from protocol.types import JobStatus, slot_key
from tests.chain import World
from tests.scripts.conftest import Run

CLIENT = CAST["client"].address


def job_in(output: str) -> str:
    return output.split("submitted job ")[1].split(maxsplit=1)[0]


def test_fund_adds_to_what_is_free(scripted: World, run: Run) -> None:
    before = scripted.contracts.escrow.account_of(CLIENT).free
    assert run("fund", "--amount", "12.5").exit_code == 0
    assert scripted.contracts.escrow.account_of(CLIENT).free == before + 12_500_000


def test_a_question_from_standard_input_becomes_a_job(scripted: World, run: Run) -> None:
    submitted = run("submit_job", "-", "--max-fee", "0.10", stdin=b"Say hello.")
    assert submitted.exit_code == 0, submitted.output
    shown = run("status", job_in(submitted.output))
    assert "open" in shown.output
    assert scripted.contracts.escrow.account_of(CLIENT).locked == DOLLAR // 10


def test_a_job_that_nobody_answers_is_said_to_wait_and_stays(scripted: World, run: Run) -> None:
    submitted = run("submit_job", "Say hello.", "--wait", "--patience", "1")
    assert submitted.exit_code == 1
    assert "is an operator running?" in submitted.output
    job = bytes.fromhex(job_in(submitted.output)[2:])
    assert scripted.contracts.escrow.status_of(job) is JobStatus.OPEN


def test_withdraw_pays_out_to_anybody(scripted: World, run: Run) -> None:
    done = run("withdraw", "--as", "client", "--amount", "1.5", "--to", CAST["steward"].address)
    assert done.exit_code == 0, done.output
    assert scripted.contracts.asset.balance_of(CAST["steward"].address) == 1_500_000


def test_a_vote_puts_rules_into_force(scripted: World, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_text(json.dumps({"rules": [{"kind": "deny", "scope": "output", "text": "never"}]}))
    before = scripted.contracts.rules.current()
    for verb, *options in (
        ("stake", "--as", "holder1"),
        ("propose_rules", str(file), "--as", "holder1", "--why", "a test"),
        ("vote", "latest", "--travel"),
        ("queue", "--travel"),
        ("execute", "--travel"),
    ):
        done = run(verb, *options)
        assert done.exit_code == 0, f"{verb}: {done.output}"
    assert scripted.contracts.rules.current() != before
    assert scripted.contracts.rules.version() == 2


def test_an_operator_registers_once_and_updates_later(run: Run) -> None:
    assert "registered" in run("register_operator", "--price", "0.02").output
    assert "updated" in run("register_operator", "--price", "0.03").output


def test_claiming_nothing_says_so(run: Run) -> None:
    assert "nothing to claim" in run("claim", "--as", "steward").output


def test_status_shows_what_is_in_force(scripted: World, run: Run) -> None:
    shown = run("status").output
    model, _ = scripted.contracts.models.slot_model(slot_key("chat"))
    assert f"slot chat: model 0x{model.hex()}" in shown
    assert all(contract.address in shown for contract in scripted.deployment.contracts.values())


def test_a_proposal_is_found_by_its_number(scripted: World, run: Run) -> None:
    run("stake", "--as", "holder1")
    model, _ = scripted.contracts.models.slot_model(slot_key("chat"))
    proposed = run("propose_model", "0x" + model.hex())
    number = int(proposed.output.split()[1].rstrip(":"))
    logs = scripted.chain.logs(0, "latest", [scripted.contracts.governor.address], [topic_of(ProposalCreated)])
    created = next(event for event in map(decode, logs) if isinstance(event, ProposalCreated))
    assert created.description.endswith(f"#proposer={created.proposer}"), "others can propose the same, and cancel it"
    assert run("vote", hex(number), "--support", "against", "--travel").exit_code == 0
    assert scripted.contracts.governor.votes(number).against > 0
    assert scripted.contracts.governor.state(number) is ProposalState.ACTIVE


def test_weights_are_demanded_without_files_and_shown_by_whoever_has_them(scripted: World, run: Run) -> None:
    model, _ = scripted.contracts.models.slot_model(slot_key("chat"))
    name, curator = f"0x{model.hex()}", CAST["curator"].address
    for number, told in enumerate(("the program's header", "the entry of tensor", "leaf ")):
        for _ in range(60):
            done = run("demand_weights", name, "--leaves", "8")
            assert done.exit_code == 0, done.output
            if told in done.output:
                break
            assert run("show_weights", name).exit_code == 0
        assert told in done.output
        assert number or "nothing to demand now" in run("demand_weights", name).output
        shown = run("show_weights", name)
        assert shown.exit_code == 0, shown.output
    assert scripted.contracts.availability.credit_of(curator) > 0
    assert run("show_weights", name).output.startswith("showed 0 parts")


def test_a_model_whose_weights_nobody_shows_takes_no_jobs_until_somebody_does(scripted: World, run: Run) -> None:
    model, _ = scripted.contracts.models.slot_model(slot_key("chat"))
    name = f"0x{model.hex()}"
    run("demand_weights", name)
    assert "to be shown until" in run("demand_weights", name, "--lapse").output
    scripted.travel(scripted.contracts.availability.move_seconds() + 1)
    assert "withheld: it takes no new jobs" in run("demand_weights", name, "--lapse").output
    refused = run("submit_job", "Say hello.")
    assert refused.exit_code == 1
    assert f"its model is withheld; whoever has its files ends that by `ape run show_weights {name}`" in refused.output
    assert "withheld" in run("propose_model", name, "--slot", "other").output

    shown = run("show_weights", name)
    assert "slot chat takes jobs again" in shown.output
    assert run("submit_job", "Say hello.").exit_code == 0
