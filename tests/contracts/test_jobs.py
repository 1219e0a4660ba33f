"""Jobs as people live them: who does what, and what it costs or earns them. Amounts in units of the test dollar."""

from __future__ import annotations

import ape

from protocol.encoding import model_id
from protocol.pricing import bond_for, fine_for, parts_of, price_at
from protocol.types import ZERO_ADDRESS, Award, JobStatus, ModelFacts, slot_key
from tests.contracts.actors import Stage, word


def test_the_operator_who_is_named_lets_it_pass_and_another_takes_over_at_a_higher_price(stage: Stage) -> None:
    named = stage.actors["operator"].address
    job = stage.submit(named=named, exclusive_seconds=100)
    with ape.reverts(stage.escrow.WrongCaller):
        stage.accept(job, "operator2")
    offer = stage.facts(job).offer
    stage.wait_until(offer.submitted_at + 300)
    before = stage.account("operator2")[0]
    stage.accept(job, "operator2")
    work = stage.facts(job).work
    assert work is not None
    assert work.price == price_at(offer, work.accepted_at) > offer.min_fee
    stage.post(job, "operator2")
    stage.wait(work.terms.challenge_seconds)
    stage.settle(job)
    operator_part, shared = parts_of(work.terms, work.price)
    assert stage.account("operator2") == (before + operator_part, 0)
    assert stage.contracts.escrow.bucket_of(offer.shares, stage.actors["operator2"].address) == shared


def test_a_client_thinks_again_and_has_its_whole_fee_back(stage: Stage) -> None:
    before = stage.account("client")
    job = stage.submit()
    assert stage.account("client") == (before[0] - 2_000_000, 2_000_000)
    offer = word(stage.facts(job).offer)
    with ape.reverts(stage.escrow.WrongCaller):
        stage.escrow.cancelJob(job, offer, sender=stage.actors["operator"])
    stage.escrow.cancelJob(job, offer, sender=stage.actors["client"])
    assert stage.account("client") == before
    assert stage.facts(job).status is JobStatus.REFUNDED


def test_an_operator_sleeps_through_the_deadline_and_the_client_has_fee_and_fine(stage: Stage) -> None:
    client, operator = stage.account("client")[0], stage.account("operator")[0]
    job = stage.submit()
    stage.accept(job, "operator")
    record = stage.facts(job)
    work, offer = record.work, record.offer
    assert work is not None
    assert stage.account("operator")[1] == bond_for(work.terms, work.max_fee)
    stage.wait_until(max(work.post_by, offer.submitted_at + offer.offer_seconds) + 1)
    with ape.reverts(stage.escrow.TooLate):
        stage.post(job, "operator")
    stage.escrow.expireWork(job, word(work), word(offer), sender=stage.actors["watcher"])
    fine = fine_for(work, offer, opens_again=False)
    assert stage.account("client") == (client + fine, 0)
    assert stage.account("operator") == (operator - fine, 0)


def test_two_operators_want_the_same_job_and_one_gets_it(stage: Stage) -> None:
    job = stage.submit()
    offer = word(stage.facts(job).offer)
    before = stage.account("operator2")
    stage.escrow.acceptJob(job, offer, sender=stage.actors["operator"])
    with ape.reverts(stage.escrow.WrongFacts):
        stage.escrow.acceptJob(job, offer, sender=stage.actors["operator2"])
    assert stage.account("operator2") == before


def test_holders_change_the_model_while_a_job_is_open(stage: Stage) -> None:
    slot = slot_key("chat")
    old = stage.sheet()
    job = stage.submit(offer_seconds=86_400)
    stage.accept(job, "operator")
    stage.post(job, "operator")
    facts = ModelFacts(*(bytes([n]) * 32 for n in range(1, 5)), 0, stage.actors["curator"].address, 700)
    models = stage.contracts.models
    stage.do("curator", models.register_model(facts))
    stage.pass_by_vote(models.assign_slot(slot, model_id(facts)), "another model")
    assert stage.facts(job).sheet == old
    with ape.reverts(stage.escrow.SheetNotInForce):
        stage.submit(sheet=old)
    stage.settle(job)
    shared = stage.contracts.escrow.bucket_of(old.shares, stage.actors["operator"].address)
    assert shared > 0, "shared by the table that the job pinned"
    later = stage.submit()
    assert stage.facts(later).sheet.model == model_id(facts)


def test_a_judge_convicts_a_cheat(stage: Stage) -> None:
    stage.pass_by_vote(
        stage.contracts.sheets.set_modules(stage.actors["steward"].address, ZERO_ADDRESS), "a judge for later jobs"
    )
    client, operator, watcher = (stage.account(name)[0] for name in ("client", "operator", "watcher"))
    job = stage.submit()
    stage.accept(job, "operator")
    stage.post(job, "operator", b"\0\0\x63")
    answer = stage.facts(job).answer
    assert answer is not None
    bond = bond_for(answer.terms, answer.max_fee)
    award = [word(Award(stage.actors["watcher"].address, bond // 2))]
    with ape.reverts(stage.escrow.WrongCaller):
        stage.escrow.convict(job, word(answer), award, sender=stage.actors["watcher"])
    stage.escrow.convict(job, word(answer), award, sender=stage.actors["steward"])
    assert stage.account("client") == (client, 0)
    assert stage.account("operator") == (operator - bond, 0)
    assert stage.account("watcher") == (watcher + bond // 2, 0)
    treasury = stage.contracts.escrow.account_of(stage.deployment.address_of("CommonholdTimelock"))
    assert treasury.free == bond - bond // 2
    assert stage.facts(job).status is JobStatus.CONVICTED
