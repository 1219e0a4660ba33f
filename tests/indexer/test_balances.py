"""Whatever people do, every balance that REST states is the chain's, and all of them add up."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import select

from indexer.accounts.models import Account
from indexer.rewards.models import Bucket
from protocol.cast import CAST
from protocol.reverts import Reverted
from protocol.types import ZERO_ADDRESS, Address
from tests.chain import World
from tests.indexer.anything import Anything
from tests.indexer.indexed import Indexed

ACTIONS = 160
SEEDS = (1, 2)
MUST_HAPPEN = {"serve", "split", "stake", "deposit", "claim"}


def addresses(world: World) -> list[Address]:
    contracts = world.contracts
    return [*(member.address for member in CAST.values()), contracts.timelock.address, contracts.staked_hold.address]


def chains_account(world: World, address: Address, block: int) -> dict[str, Any]:
    """What the contracts say of an account at the end of a block."""
    contracts = world.contracts
    account = contracts.escrow.account_of(address, at=block)
    delegate = contracts.staked_hold.delegate_of(address, at=block)
    return {
        "escrow": {"free": str(account.free), "locked": str(account.locked), "nonce": str(account.nonce)},
        "hold": {
            "balance": str(contracts.hold.balance_of(address, at=block)),
            "staked": str(contracts.staked_hold.balance_of(address, at=block)),
            "votes": str(contracts.staked_hold.votes(address, at=block)),
            "delegate": None if delegate == ZERO_ADDRESS else delegate,
        },
        "credit": str(contracts.pool.credit(address, at=block)),
        "revenue": str(contracts.staked_hold.revenue_of(address, at=block)),
        "tickets": sorted(_tickets(world, address, block)),
    }


def _tickets(world: World, address: Address, block: int) -> Iterable[tuple[str, str, int]]:
    """HOLD on its way out; a ticket that was used has no amount any more."""
    number = 0
    while True:
        try:
            amount, unlock_at = world.contracts.staked_hold.ticket_of(address, number, at=block)
        except Reverted:
            return
        if amount:
            yield str(number), str(amount), unlock_at
        number += 1


def told_account(indexed: Indexed, address: Address, block: int) -> dict[str, Any]:
    shown = indexed.data(f"/accounts/{address}", block=block, limit=200)
    tickets = sorted((ticket["ticket"], ticket["amount"], ticket["unlock_at"]) for ticket in shown["tickets"])
    return {name: shown[name] for name in ("escrow", "hold", "credit", "revenue")} | {"tickets": tickets}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_balance_is_the_chains_after_anything(world: World, indexed: Indexed, seed: int) -> None:
    people = Anything(world, seed)
    people.act(ACTIONS // 2)
    indexed.follow()
    middle = indexed.progress().applied_number
    people.act(ACTIONS // 2)
    indexed.follow()
    head = indexed.progress().applied_number
    assert head == world.chain.block_number()
    assert set(people.done) >= MUST_HAPPEN, f"too little happened to mean anything: {people.done}"
    for address in addresses(world):
        assert told_account(indexed, address, head) == chains_account(world, address, head)
        assert told_account(indexed, address, middle) == chains_account(world, address, middle)
    assert_everything_adds_up(world, indexed)
    assert_jobs_are_the_escrows(world, indexed, people)
    assert_emissions_are_the_pools(world, indexed)


def assert_everything_adds_up(world: World, indexed: Indexed) -> None:
    """Nobody's money is missing: the accounts and buckets are all that the contracts owe."""
    contracts = world.contracts
    with indexed.engine.connect() as connection:
        accounts = connection.execute(select(Account.table())).mappings().all()
        buckets = connection.execute(select(Bucket.table())).mappings().all()
    for bucket in buckets:
        assert bucket["amount"] == contracts.escrow.bucket_of(bytes(bucket["shares"]), bucket["operator"])
    owed = sum(account["free"] + account["locked"] for account in accounts) + sum(row["amount"] for row in buckets)
    assert owed == contracts.escrow.total_owed()
    assert sum(account["credit"] for account in accounts) == contracts.pool.total_credit()
    assert sum(account["hold"] for account in accounts) == contracts.hold.total_supply()
    assert sum(account["staked"] for account in accounts) == contracts.staked_hold.total_supply()
    stats = indexed.data("/stats")
    assert stats["hold_supply"] == str(contracts.hold.total_supply())
    assert stats["hold_staked"] == str(contracts.staked_hold.total_supply())


def assert_jobs_are_the_escrows(world: World, indexed: Indexed, people: Anything) -> None:
    jobs = indexed.data("/jobs", limit=200)
    assert [job["id"] for job in reversed(jobs)] == [f"0x{job.hex()}" for job in people.jobs]
    for job, shown in zip(people.jobs, reversed(jobs), strict=True):
        assert shown["status"] == world.contracts.escrow.status_of(job).name.lower()
        commitment = indexed.data(f"/jobs/{shown['id']}")["commitment"]
        assert commitment == f"0x{world.contracts.escrow.commitment_of(job).hex()}"


def assert_emissions_are_the_pools(world: World, indexed: Indexed) -> None:
    pool = world.contracts.pool
    for epoch in indexed.data("/rewards/epochs"):
        assert epoch["emission"] == str(pool.emission_of(epoch["epoch"]))
        assert epoch["scheduled"] == str(pool.schedule_of(epoch["epoch"]))
    for name in ("operator", "operator2", "curator"):
        for emission in indexed.data(f"/rewards/emissions/{CAST[name].address}"):
            unclaimed = 0 if int(emission["claimed"]) else int(emission["earned"])
            assert unclaimed == pool.earned_in(emission["epoch"], CAST[name].address)
