"""How an account looks to those who ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import BaseModel
from sqlalchemy import RowMapping

from indexer.formats import AddressText, AmountText, SlotName, Word
from indexer.rewards.emission import epoch_end
from indexer.rewards.schemas import earned
from protocol.types import JobStatus

Token = Literal["asset", "HOLD"]


class EscrowView(BaseModel):
    """The account in the escrow, in units of the asset; `nonce`: of the next job."""

    free: AmountText = 0
    locked: AmountText = 0
    nonce: AmountText = 0


class HoldView(BaseModel):
    """In units of HOLD: in the wallet, at stake, and the votes that others and oneself delegated here."""

    balance: AmountText = 0
    staked: AmountText = 0
    votes: AmountText = 0
    delegate: AddressText | None = None


class TicketView(BaseModel):
    """HOLD on its way out of the stake; to be withdrawn from `unlock_at` on."""

    ticket: AmountText
    amount: AmountText
    unlock_at: int


class ObligationView(BaseModel):
    """A job that is not over: what of this account's balance it holds, and as what."""

    job: Word
    role: Literal["client", "operator"]
    status: str
    slot: SlotName
    locked: AmountText


class WithdrawalView(BaseModel):
    """Money that can be taken out: by which call, how much of which token, and from which second on."""

    contract: str
    verb: str
    arguments: dict[str, str]
    token: Token
    amount: AmountText
    since: int
    possible: bool


class AccountView(BaseModel):
    """Everything that an address has here.

    credit: what the reward pool owes it; revenue: what its stake has earned; both in units of the asset
    obligations: its jobs that are not over, newest first, as many as fit a page
    withdrawals: what can be taken out, and when
    """

    address: AddressText
    escrow: EscrowView
    hold: HoldView
    credit: AmountText
    revenue: AmountText
    tickets: list[TicketView]
    obligations: list[ObligationView]
    withdrawals: list[WithdrawalView]


def obligations(address: str, jobs: Iterable[RowMapping]) -> list[ObligationView]:
    """One for each part that the account has in a job: it may be client and operator at once."""
    return [view for job in jobs for view in _obligations_of(address, job)]


def _obligations_of(address: str, job: RowMapping) -> Iterable[ObligationView]:
    status = JobStatus(job["status"]).name.lower()
    shown = {"job": job["id"], "status": status, "slot": job["slot"]}
    if job["client"] == address:
        yield ObligationView.model_validate({**shown, "role": "client", "locked": job["max_fee"]})
    if job["operator"] == address:
        yield ObligationView.model_validate({**shown, "role": "operator", "locked": job["bond"]})


def withdrawals(
    *,
    row: RowMapping | None,
    revenue: int,
    tickets: Sequence[RowMapping],
    emissions: Sequence[RowMapping],
    start: int,
    now: int,
) -> list[WithdrawalView]:
    """What can be taken out, and from when; `start`: of the first epoch; `now`: the block's time."""
    calls: list[tuple[str, str, dict[str, str], Token, int, int]] = []
    if row is not None:
        calls = [
            ("JobEscrow", "withdraw", {}, "asset", row["free"], now),
            ("RewardPool", "claim", {}, "asset", row["credit"], now),
            ("StakedHold", "claimRevenue", {}, "asset", revenue, now),
        ]
    for ticket in tickets:
        arguments = {"ticket": str(ticket["ticket"])}
        calls.append(("StakedHold", "withdraw", arguments, "HOLD", ticket["amount"], ticket["unlock_at"]))
    for emission in emissions:
        epoch = emission["epoch"]
        arguments = {"epoch": str(epoch)}
        calls.append(("RewardPool", "claimEmission", arguments, "HOLD", earned(emission), epoch_end(start, epoch)))
    return [
        WithdrawalView(
            contract=contract,
            verb=verb,
            arguments=arguments,
            token=token,
            amount=amount,
            since=since,
            possible=since <= now,
        )
        for contract, verb, arguments, token, amount, since in calls
        if amount
    ]
