"""What each event about a model does."""

from __future__ import annotations

from indexer.models.models import Model
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
