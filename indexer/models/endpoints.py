"""/models."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from indexer.answers import AsOf, One, Page, Pages, one, page
from indexer.formats import AddressText, Word, to_hex
from indexer.models import queries
from indexer.models.schemas import ModelView, WeightsDemandView
from indexer.problems import unknown

router = APIRouter(tags=["models"])


@router.get("/models", response_model=Page[ModelView])
def list_models(snapshot: AsOf, paging: Pages, curator: AddressText | None = None) -> Any:
    """Registered models, newest first."""
    slots = queries.slots_by_model(snapshot)
    rows = queries.models(snapshot, curator, paging)
    return page(snapshot, paging, rows, lambda row: ModelView.of(row, slots))


@router.get("/models/{id}", response_model=One[ModelView])
def show_model(snapshot: AsOf, id: Word) -> Any:  # noqa: A002
    """One model."""
    row = queries.model(snapshot, id)
    if row is None:
        raise unknown("model", to_hex(id))
    return one(snapshot, ModelView.of(row, queries.slots_by_model(snapshot)))


@router.get("/models/{id}/demands", response_model=Page[WeightsDemandView])
def list_demands(snapshot: AsOf, paging: Pages, id: Word) -> Any:  # noqa: A002
    """What was demanded of a model's weights, newest first, and what became of it."""
    if queries.model(snapshot, id) is None:
        raise unknown("model", to_hex(id))
    rows, now = queries.weights_demands(snapshot, id, paging), snapshot.block.timestamp
    return page(snapshot, paging, rows, lambda row: WeightsDemandView.of(row, now))
