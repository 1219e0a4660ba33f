"""What each event of the operator registry does."""

from __future__ import annotations

from indexer.operators.models import Operator, OperatorModel
from indexer.positions import position_of
from indexer.rows import Rows
from protocol import events
from protocol.types import Profile


def operator_registered(event: events.OperatorRegistered, rows: Rows) -> None:
    now = rows.block.timestamp
    blank = Operator(
        address=event.operator,
        position=position_of(event),
        uri="",
        device=b"",
        registered_at=now,
        updated_at=now,
        is_retired=True,
    )
    operator = rows.edit_or_add(blank)
    operator.is_retired = False
    describe(rows, operator, event.profile)


def operator_updated(event: events.OperatorUpdated, rows: Rows) -> None:
    describe(rows, rows.edit(Operator, event.operator), event.profile)


def operator_retired(event: events.OperatorRetired, rows: Rows) -> None:
    operator = rows.edit(Operator, event.operator)
    operator.is_retired = True
    operator.updated_at = rows.block.timestamp
    drop_models(rows, operator)


def describe(rows: Rows, operator: Operator, profile: Profile) -> None:
    """Takes a new profile over whole."""
    operator.uri = profile.uri
    operator.device = profile.device
    operator.updated_at = rows.block.timestamp
    drop_models(rows, operator)
    for place, (model, price) in enumerate(zip(profile.models, profile.prices, strict=True)):
        rows.add(OperatorModel(operator=operator.address, place=place, model=model, price=price))


def drop_models(rows: Rows, operator: Operator) -> None:
    place = 0
    while rows.find(OperatorModel, operator.address, place):
        rows.remove(OperatorModel, operator.address, place)
        place += 1
