"""/proposals."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy import RowMapping

from indexer.answers import AsOf, One, Page, Pages, one, page
from indexer.formats import AddressText, AmountText
from indexer.problems import unknown
from indexer.proposals import queries
from indexer.proposals.actions import meaning_of
from indexer.proposals.schemas import ActionView, ProposalDetail, ProposalView, detail

router = APIRouter(tags=["governance"])


@router.get("/proposals", response_model=Page[ProposalView])
def list_proposals(snapshot: AsOf, paging: Pages, proposer: AddressText | None = None) -> Any:
    """Proposals, newest first, each with its state at the block's time."""
    now = snapshot.block.timestamp

    def view(row: RowMapping) -> ProposalView:
        return ProposalView.of(row, queries.quorum_at(snapshot, row["vote_start"]), now)

    return page(snapshot, paging, queries.proposals(snapshot, proposer, paging), view)


@router.get("/proposals/{id}", response_model=One[ProposalDetail])
def show_proposal(snapshot: AsOf, id: AmountText) -> Any:  # noqa: A002
    """A proposal with its calls, in words where they can be read."""
    row = queries.proposal(snapshot, id)
    if row is None:
        raise unknown("proposal", str(id))
    actions = [
        ActionView.of(action, meaning_of(snapshot.scope, action["target"], bytes(action["data"])))
        for action in queries.actions_of(snapshot, id)
    ]
    quorum = queries.quorum_at(snapshot, row["vote_start"])
    return one(snapshot, detail(row, quorum, snapshot.block.timestamp, actions))
