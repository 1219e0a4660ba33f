"""What each event about a model does."""

from __future__ import annotations

from indexer.models.models import Model, WeightsDemand
from indexer.positions import position_of
from indexer.rows import Rows
from protocol import events


def model_registered(event: events.ModelRegistered, rows: Rows) -> None:
    facts = event.facts
    rows.add(
        Model(
            id=event.model,
            position=position_of(event),
            manifest=facts.manifest,
            program=facts.program,
            weights=facts.weights,
            tokenizer=facts.tokenizer,
            arithmetic=facts.arithmetic,
            curator=facts.curator,
            curator_bps=facts.curator_bps,
            registered_at=rows.block.timestamp,
        )
    )


def model_retired(event: events.ModelRetired, rows: Rows) -> None:
    rows.edit(Model, event.model).retired_at = rows.block.timestamp


def weights_demanded(event: events.WeightsDemanded, rows: Rows) -> None:
    """What was shown may be demanded again."""
    if rows.find(WeightsDemand, event.model, event.key) is not None:
        rows.remove(WeightsDemand, event.model, event.key)
    rows.add(
        WeightsDemand(
            model=event.model,
            key=event.key,
            position=position_of(event),
            challenger=event.challenger,
            tensor=event.number,
            leaf=event.leaf,
            deadline=event.deadline,
            demanded_at=rows.block.timestamp,
        )
    )


def weights_shown(event: events.WeightsShown, rows: Rows) -> None:
    demand = rows.edit(WeightsDemand, event.model, event.key)
    demand.shown_at = rows.block.timestamp
    if demand.lapsed_at is not None:
        rows.edit(Model, event.model).lapsed -= 1


def weights_lapsed(event: events.WeightsLapsed, rows: Rows) -> None:
    rows.edit(WeightsDemand, event.model, event.key).lapsed_at = rows.block.timestamp
    rows.edit(Model, event.model).lapsed += 1
