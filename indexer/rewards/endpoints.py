"""/rewards: how fees are shared, and HOLD earned."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from indexer.answers import AsOf, One, Page, Pages, one, page
from indexer.formats import AddressText
from indexer.rewards import queries
from indexer.rewards.schemas import BucketView, EmissionView, EpochView, SplitView

router = APIRouter(tags=["rewards"])
Epoch = Annotated[int | None, Query(ge=0, lt=2**63)]


@router.get("/rewards/splits", response_model=Page[SplitView])
def list_splits(
    snapshot: AsOf,
    paging: Pages,
    account: Annotated[AddressText | None, Query(description="Operator or curator")] = None,
    epoch: Epoch = None,
) -> Any:
    """Buckets that were split, newest first."""
    return page(snapshot, paging, queries.splits(snapshot, account, epoch, paging), SplitView.of)


@router.get("/rewards/buckets", response_model=One[list[BucketView]])
def list_buckets(snapshot: AsOf, paging: Pages, operator: AddressText | None = None) -> Any:
    """What waits to be split."""
    return one(snapshot, [BucketView.of(row) for row in queries.buckets(snapshot, operator, paging.limit)])


@router.get("/rewards/epochs", response_model=Page[EpochView])
def list_epochs(snapshot: AsOf, paging: Pages) -> Any:
    """Epochs in which anything happened, newest first."""
    started = queries.started_at(snapshot) or 0
    now = snapshot.block.timestamp
    rows = queries.epochs(snapshot, paging)
    return page(snapshot, paging, rows, lambda row: EpochView.of(row, started, now), by="number")


@router.get("/rewards/emissions/{account}", response_model=Page[EmissionView])
def list_emissions(snapshot: AsOf, paging: Pages, account: AddressText) -> Any:
    """HOLD that an account's work earned, newest epoch first."""
    started = queries.started_at(snapshot) or 0
    rows = queries.emissions(snapshot, account, paging)
    return page(snapshot, paging, rows, lambda row: EmissionView.of(row, started), by="epoch")
