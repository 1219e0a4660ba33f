"""A job, an operator and a vote from their beginning to their end, as REST tells them."""

from collections.abc import Mapping
from typing import Any

from protocol.clients.governor import Support
from protocol.payload import Witness, encode_elements, encode_witness
from protocol.plan import DAY, DOLLAR, HOLD, placeholder_model
from protocol.pricing import accept_until, fine_for
from protocol.reverts import Reverted
from protocol.rules import Deny, Limit, RuleSet, Scope, decode, encode, to_json
from protocol.transactions import Call
from protocol.types import ZERO_ADDRESS, Award, JobId, Outcome, Profile, Sampling
from tests.chain import World, make_submission
from tests.indexer import acting
from tests.indexer.acting import address
from tests.indexer.indexed import Indexed


def job_of(indexed: Indexed, job: JobId) -> Any:
    indexed.follow()
    return indexed.data(f"/jobs/0x{job.hex()}")


def account_of(indexed: Indexed, name: str) -> Any:
    indexed.follow()
    return indexed.data(f"/accounts/{address(name)}")


def test_a_job_is_told_from_its_offer_to_its_settled_fee(world: World, indexed: Indexed) -> None:
    job = world.submit(submission=make_submission(sampling=Sampling(32, 700, 9).pack()))
    shown = job_of(indexed, job)
    assert (shown["status"], shown["client"], shown["slot"]) == ("open", address("client"), "chat")
    assert shown["input_tokens"] == [7] * 8
    assert shown["sampling"] == {"max_tokens": 32, "temperature": 700, "seed": "9", "cut": 0}

    acting.accept(world, job)
    shown = job_of(indexed, job)
    work = acting.work_of(world, job)
    assert (shown["status"], shown["operator"], shown["post_by"]) == ("accepted", address("operator"), work.post_by)
    assert (shown["price"], shown["bond"]) == (str(work.price), str(4 * DOLLAR))

    acting.post(world, job)
    shown = job_of(indexed, job)
    assert (shown["status"], shown["outcome"], shown["output_tokens"]) == ("posted", "answered", [5] * 4)

    acting.settle(world, job)
    shown = job_of(indexed, job)
    assert (shown["status"], shown["ended_at"], shown["next"]) == ("settled", world.now(), [])
    assert int(shown["operator_part"]) + int(shown["shared_part"]) == work.price
    assert [event["event"] for event in shown["events"]] == [
        "JobSubmitted",
        "JobAccepted",
        "ResultPosted",
        "JobSettled",
    ]


def test_a_job_carries_the_word_that_the_escrow_keeps_for_it(world: World, indexed: Indexed) -> None:
    job = world.submit()
    for act in (lambda *_: None, acting.accept, acting.post, acting.settle):
        act(world, job)
        kept = world.contracts.escrow.commitment_of(job)
        assert job_of(indexed, job)["commitment"] == f"0x{kept.hex()}"


def test_a_refusal_shows_its_witness_and_what_it_earns(world: World, indexed: Indexed) -> None:
    job = world.submit()
    acting.accept(world, job)
    price = acting.work_of(world, job).price
    acting.post(world, job, Outcome.INPUT_REFUSED, encode_witness(Witness(3, 17)))
    shown = job_of(indexed, job)
    assert (shown["outcome"], shown["witness"]) == ("input_refused", {"rule": 3, "position": 17})
    assert (shown["output_tokens"], shown["price"]) == (None, str(price // 5))


def test_an_embedding_shows_its_elements(world: World, indexed: Indexed) -> None:
    job = world.submit()
    acting.accept(world, job)
    acting.post(world, job, Outcome.ANSWERED, encode_elements([1, -2, 32_767]))
    shown = job_of(indexed, job)
    assert (shown["embedding"], shown["output_tokens"], shown["witness"]) == ([1, -2, 32_767], None, None)


def test_an_embedding_that_is_malformed_shows_its_bytes_alone(world: World, indexed: Indexed) -> None:
    job = world.submit()
    acting.accept(world, job)
    acting.post(world, job, Outcome.ANSWERED, b"\xff\xff\xff\0")
    shown = job_of(indexed, job)
    assert (shown["embedding"], shown["output_tokens"], shown["output"]) == (None, None, "0xffffff00")
    assert shown["trace"] == f"0x{acting.TRACE.hex()}"


def test_a_deadline_missed_is_fined_and_opens_the_job_again(world: World, indexed: Indexed) -> None:
    job = world.submit()
    acting.accept(world, job)
    fine = str(fine_for(acting.work_of(world, job), acting.record(world, job).offer, opens_again=True))
    acting.expire_work(world, job)
    shown = job_of(indexed, job)
    assert (shown["status"], shown["operator"], shown["fine"]) == ("open", None, fine)

    acting.serve(world, job, "operator2")
    assert job_of(indexed, job)["status"] == "settled"
    records = {name: indexed.data(f"/operators/{address(name)}")["record"] for name in ("operator", "operator2")}
    assert (records["operator"]["expired"], records["operator"]["fined"]) == (1, fine)
    assert (records["operator2"]["settled"], records["operator2"]["expired"]) == (1, 0)


def calls_of(world: World, job: JobId) -> Mapping[str, Call]:
    """Each verb that the job's state can take, as a call."""
    escrow, found = world.contracts.escrow, acting.record(world, job)
    calls = {
        "acceptJob": escrow.accept_job(job, found.offer),
        "cancelJob": escrow.cancel_job(job, found.offer),
        "expireOffer": escrow.expire_offer(job, found.offer),
    }
    if found.work is not None:
        calls["postResult"] = escrow.post_result(job, found.work, Outcome.ANSWERED, acting.TRACE, acting.OUTPUT)
        calls["expireWork"] = escrow.expire_work(job, found.work, found.offer)
    if found.answer is not None:
        calls["settleJob"] = escrow.settle_job(job, found.answer)
        calls["holdSettlement"] = escrow.hold_settlement(job, found.answer, world.now() + 1)
        calls["convict"] = escrow.convict(job, found.answer, [])
    return calls


def is_let_through(world: World, by: str, call: Call) -> bool:
    try:
        world.ask_as(address("operator2") if by == "anyone" else by, call)
    except Reverted:
        return False
    return True


def assert_steps_are_true(world: World, indexed: Indexed, job: JobId) -> set[str]:
    """What REST says can be done now is what the escrow lets through now, and nothing else."""
    steps, calls = job_of(indexed, job)["next"], calls_of(world, job)
    for step in steps:
        assert step["possible"] == is_let_through(world, step["by"], calls[step["verb"]]), step
    unsaid = set(calls) - {step["verb"] for step in steps}
    assert not any(is_let_through(world, address("holder2"), calls[verb]) for verb in unsaid)
    return {step["verb"] for step in steps if step["possible"]}


def test_what_is_said_to_be_possible_is_what_the_escrow_lets_through(world: World, indexed: Indexed) -> None:
    submission = make_submission(named=address("operator"), exclusive_seconds=60)
    expiring, job = world.submit(submission=submission), world.submit(submission=submission)
    offer = acting.offer_of(world, job)
    for second in (offer.submitted_at, offer.submitted_at + 60, offer.submitted_at + 61):
        acting.travel_to(world, second)
        assert assert_steps_are_true(world, indexed, job) == {"acceptJob", "cancelJob"}

    acting.accept(world, job)
    assert assert_steps_are_true(world, indexed, job) == {"postResult"}
    acting.post(world, job)
    assert assert_steps_are_true(world, indexed, job) == {"holdSettlement", "convict"}
    settles = acting.answer_of(world, job).posted_at + acting.offer_of(world, job).terms.challenge_seconds
    acting.travel_to(world, settles - 1)
    assert assert_steps_are_true(world, indexed, job) == {"holdSettlement", "convict"}
    acting.travel_to(world, settles)
    assert assert_steps_are_true(world, indexed, job) == {"settleJob", "convict"}
    assert accept_until(acting.offer_of(world, expiring)) < world.now()
    assert assert_steps_are_true(world, indexed, expiring) == {"cancelJob", "expireOffer"}


def test_a_dispute_is_told_from_the_hold_to_the_conviction(world: World, indexed: Indexed) -> None:
    escrow = world.contracts.escrow
    acting.pass_vote(world, "A referee", world.contracts.sheets.set_modules(address("holder2"), ZERO_ADDRESS))
    released, job = world.submit(), world.submit()
    for each in (released, job):
        acting.accept(world, each)
        acting.post(world, each)
    until = world.now() + DAY
    world.send("holder2", escrow.hold_settlement(released, acting.answer_of(world, released), until))
    shown = job_of(indexed, released)
    assert (shown["status"], shown["held_until"]) == ("disputed", until)
    assert {step["verb"]: step["by"] for step in shown["next"] if step["possible"]} == {
        "releaseSettlement": address("holder2"),
        "convict": address("holder2"),
        "holdSettlement": address("holder2"),
    }
    world.send("holder2", escrow.release_settlement(released, acting.answer_of(world, released)))
    assert job_of(indexed, released)["status"] == "posted"

    award = Award(address("watcher"), 1 * DOLLAR)
    world.send("holder2", escrow.convict(job, acting.answer_of(world, job), [award]))
    shown = job_of(indexed, job)
    assert (shown["status"], shown["awarded"], shown["next"]) == ("convicted", str(award.amount), [])
    assert [found["id"] for found in indexed.data("/disputes")] == [f"0x{each.hex()}" for each in (job, released)]
    assert account_of(indexed, "watcher")["escrow"]["free"] == str(award.amount)


def test_an_operator_shows_what_it_serves_and_what_it_did(world: World, indexed: Indexed) -> None:
    model = world.sheet().model
    operators = world.contracts.operators
    world.send("operator", operators.register(Profile("https://one.example", b"cpu".ljust(32, b"\0"), (model,), (5,))))
    world.send("operator2", operators.register(acting.PROFILE))
    acting.serve(world, world.submit())
    indexed.follow()

    serving = indexed.data("/operators", model=f"0x{model.hex()}")
    assert [found["address"] for found in serving] == [address("operator")]
    profile = serving[0]["profile"]
    assert (profile["uri"], profile["device"]) == ("https://one.example", "cpu")
    assert profile["models"] == [{"model": f"0x{model.hex()}", "price": "5"}]
    assert serving[0]["record"]["settled"] == 1

    world.send("operator", operators.update(acting.PROFILE))
    world.send("operator2", operators.retire())
    indexed.follow()
    assert indexed.data("/operators", model=f"0x{model.hex()}") == []
    assert [found["address"] for found in indexed.data("/operators", is_retired=False)] == [address("operator")]


def test_fees_are_told_from_the_bucket_to_whoever_withdraws_them(world: World, indexed: Indexed) -> None:
    acting.stake(world, "holder1", 10 * HOLD)
    acting.serve(world, world.submit())
    indexed.follow()
    (bucket,) = indexed.data("/rewards/buckets", operator=address("operator"))
    assert bucket["amount"] == indexed.data("/jobs")[0]["shared_part"]

    acting.split(world)
    indexed.follow()
    assert indexed.data("/rewards/buckets") == []
    (parts,) = indexed.data("/rewards/splits", account=address("curator"))
    names = ("curator_part", "stakers_part", "treasury_part")
    assert sum(int(parts[name]) for name in names) == int(bucket["amount"])

    curator, holder = account_of(indexed, "curator"), account_of(indexed, "holder1")
    assert curator["credit"] == parts["curator_part"]
    assert holder["revenue"] == str(world.contracts.staked_hold.revenue_of(address("holder1")))
    assert {(out["verb"], out["token"], out["possible"]) for out in curator["withdrawals"]} == {
        ("claim", "asset", True),
        ("claimEmission", "HOLD", False),
    }

    epoch = indexed.data("/rewards/epochs")[0]
    acting.travel_to(world, epoch["ends_at"])
    (emission,) = [out for out in account_of(indexed, "curator")["withdrawals"] if out["verb"] == "claimEmission"]
    assert emission["possible"]
    before = world.contracts.hold.balance_of(address("curator"))
    world.send("curator", world.contracts.pool.claim(address("curator")))
    world.send("watcher", world.contracts.pool.claim_emission(epoch["epoch"], address("curator")))
    assert world.contracts.hold.balance_of(address("curator")) - before == int(emission["amount"])
    assert account_of(indexed, "curator")["withdrawals"] == []
    assert indexed.data(f"/rewards/emissions/{address('curator')}")[0]["claimed"] == emission["amount"]


def test_a_stake_on_its_way_out_says_when_it_is_free(world: World, indexed: Indexed) -> None:
    staked = world.contracts.staked_hold
    acting.stake(world, "holder1", 10 * HOLD)
    world.send("holder1", staked.delegate(address("steward")))
    world.send("holder1", staked.request_unstake(4 * HOLD))
    shown = account_of(indexed, "holder1")
    assert (shown["hold"]["staked"], shown["hold"]["delegate"]) == (str(6 * HOLD), address("steward"))
    assert account_of(indexed, "steward")["hold"]["votes"] == str(6 * HOLD)
    (out,) = shown["withdrawals"]
    assert (out["verb"], out["amount"], out["possible"]) == ("withdraw", str(4 * HOLD), False)
    assert out["since"] == world.now() + 3 * DAY

    acting.travel_to(world, out["since"])
    assert account_of(indexed, "holder1")["withdrawals"][0]["possible"]
    world.send("holder1", staked.withdraw(0, address("holder1")))
    assert account_of(indexed, "holder1")["withdrawals"] == []


def test_a_vote_is_told_from_its_proposal_to_its_effect(world: World, indexed: Indexed) -> None:
    governor, pool = world.contracts.governor, world.contracts.pool
    acting.stake(world, "steward", 20_000_000 * HOLD)
    acting.stake(world, "holder1", 5_000_000 * HOLD)
    world.travel(1)
    number, proposal = acting.propose(world, "Pay less", pool.set_emission(4_000, DOLLAR // 50))

    def state() -> str:
        indexed.follow()
        found: str = indexed.data(f"/proposals/{number}")["state"]
        assert found == governor.state(number).name.lower()
        return found

    assert state() == "pending"
    acting.travel_to(world, governor.snapshot(number) + 1)
    assert state() == "active"
    acting.vote(world, number, [("steward", Support.FOR), ("holder1", Support.AGAINST)])
    assert state() == "succeeded"
    shown = indexed.data(f"/proposals/{number}")
    tally = governor.votes(number)
    told = tuple(int(shown[name]) for name in ("votes_against", "votes_for", "votes_abstain"))
    assert told == (tally.against, tally.favour, tally.abstain)
    assert shown["quorum"] == str(governor.quorum(governor.snapshot(number)))
    (action,) = shown["actions"]
    assert (action["meaning"]["contract"], action["meaning"]["function"]) == ("RewardPool", "setEmission")
    assert list(action["meaning"]["arguments"].values()) == ["4000", str(DOLLAR // 50)]
    votes = {vote["voter"]: (vote["support"], vote["reason"]) for vote in indexed.data("/votes", proposal=number)}
    assert votes == {
        address("steward"): ("for", "steward says so"),
        address("holder1"): ("against", "holder1 says so"),
    }

    world.send("watcher", governor.queue(proposal))
    assert state() == "queued"
    acting.travel_to(world, governor.eta(number))
    world.send("watcher", governor.execute(proposal))
    assert state() == "executed"
    governed = {(item["contract"], item["name"]): item["value"] for item in indexed.data("/governed-numbers")}
    assert governed[("RewardPool", "rate_bps")] == "4000"


def test_what_a_vote_puts_into_a_slot_and_into_force_is_shown(world: World, indexed: Indexed) -> None:
    models, rules = world.contracts.models, world.contracts.rules
    facts = placeholder_model(address("curator"))
    world.send("holder2", models.register_model(facts))
    indexed.follow()
    (new,) = indexed.data("/models", curator=address("holder2"))
    assert new["slots"] == []

    before = indexed.data("/slots/chat")
    document = encode(RuleSet((Limit(2_048, 512), Deny(Scope.OUTPUT, b"secret"))))
    acting.pass_vote(
        world,
        "Another model, and its rules",
        rules.adopt(document),
        models.assign_slot(world.sheet().slot, bytes.fromhex(new["id"][2:])),
    )
    indexed.follow()
    slot = indexed.data("/slots/chat")
    assert (slot["model"], slot["previous"]) == (new["id"], before["model"])
    current = indexed.data("/safety-rules/current")
    assert current["version"] == 2
    assert current["rules"] == to_json(decode(document))["rules"]
    assert slot["sheet"]["rules"] == current["id"]
    assert indexed.data("/models/" + new["id"])["slots"] == ["chat"]
    kept = world.contracts.escrow.sheet_of(world.sheet().key)
    assert slot["sheet"]["hash"] == f"0x{kept.hex()}"
