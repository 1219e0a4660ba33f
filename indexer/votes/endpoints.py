"""/votes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from indexer.answers import AsOf, Page, Pages, page
from indexer.formats import AddressText, AmountText
from indexer.votes import queries
from indexer.votes.schemas import VoteView

router = APIRouter(tags=["governance"])


@router.get("/votes", response_model=Page[VoteView])
def list_votes(
    snapshot: AsOf, paging: Pages, proposal: AmountText | None = None, voter: AddressText | None = None
) -> Any:
    """Votes, newest first."""
    return page(snapshot, paging, queries.votes(snapshot, proposal, voter, paging), VoteView.of)
