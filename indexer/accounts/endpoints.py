"""/accounts."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from indexer.accounts import queries
from indexer.accounts.schemas import (
    AccountView,
    EscrowView,
    HoldView,
    TicketView,
    obligations,
    withdrawals,
)
from indexer.answers import AsOf, One, Pages, one
from indexer.formats import AddressText
from indexer.jobs import queries as jobs
from indexer.jobs.queries import JobFilter
from indexer.rewards import queries as rewards

router = APIRouter(tags=["accounts"])


@router.get("/accounts/{address}", response_model=One[AccountView])
def show_account(snapshot: AsOf, paging: Pages, address: AddressText) -> Any:
    """Balances, obligations, and what can be withdrawn and when. Every address has an account; most are empty."""
    now = snapshot.block.timestamp
    row = queries.account(snapshot, address)
    revenue = 0 if row is None else queries.revenue_of(snapshot, row)
    tickets = queries.open_tickets(snapshot, address, paging.limit)
    emissions = rewards.unclaimed_emissions(snapshot, address, paging.limit)
    open_jobs = jobs.jobs(snapshot, JobFilter(account=address, unfinished=True), paging)[: paging.limit]
    start = rewards.started_at(snapshot) or 0
    view = AccountView(
        address=address,
        escrow=EscrowView() if row is None else EscrowView.model_validate(dict(row)),
        hold=HoldView() if row is None else HoldView.model_validate({**row, "balance": row["hold"]}),
        credit=0 if row is None else row["credit"],
        revenue=revenue,
        tickets=[TicketView.model_validate(dict(ticket)) for ticket in tickets],
        obligations=obligations(address, open_jobs),
        withdrawals=withdrawals(row=row, revenue=revenue, tickets=tickets, emissions=emissions, start=start, now=now),
    )
    return one(snapshot, view)
