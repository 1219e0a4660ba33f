"""/operators."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy import RowMapping

from indexer.answers import AsOf, One, Page, Pages, one, page
from indexer.formats import AddressText, Word
from indexer.operators import queries
from indexer.operators.schemas import OperatorView
from indexer.problems import unknown

router = APIRouter(tags=["operators"])


@router.get("/operators", response_model=Page[OperatorView])
def list_operators(snapshot: AsOf, paging: Pages, model: Word | None = None, is_retired: bool | None = None) -> Any:
    """Registered operators, newest first."""
    rows = queries.operators(snapshot, model, is_retired, paging)
    addresses = [row["address"] for row in rows]
    models = queries.models_of(snapshot, addresses)
    records = {record["operator"]: record for record in queries.records_of(snapshot, addresses)}

    def view(row: RowMapping) -> OperatorView:
        address = row["address"]
        served = [model for model in models if model["operator"] == address]
        return OperatorView.of(address, row, served, records.get(address))

    return page(snapshot, paging, rows, view)


@router.get("/operators/{address}", response_model=One[OperatorView])
def show_operator(snapshot: AsOf, address: AddressText) -> Any:
    """Profile and record of an operator."""
    row = queries.operator(snapshot, address)
    record = next(iter(queries.records_of(snapshot, [address])), None)
    if row is None and record is None:
        raise unknown("operator", address)
    return one(snapshot, OperatorView.of(address, row, queries.models_of(snapshot, [address]), record))
