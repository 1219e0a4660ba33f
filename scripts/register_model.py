"""Import a model into the store and register it; a vote can then put it into a slot.

\b
Example:
  ape run register_model --as curator --method nearest
  ape run register_model --as curator --model minilm
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from oracle.quantising.method import METHODS, Method
from protocol.encoding import model_id
from protocol.types import ModelFacts, ModelId
from scripts._parameters import Share
from scripts._session import Session, acting
from scripts._weights import PREPARED, model_of


@click.command(help=__doc__)
@acting("curator")
@click.option(
    "--model",
    "prepared",
    type=click.Choice(PREPARED),
    default=PREPARED[0],
    show_default=True,
    help="Which of the models that set-up prepared.",
)
@click.option(
    "--weights",
    type=click.Path(exists=True, path_type=Path),
    help="Another model, to be quantised: a GGUF file, or a folder in Hugging Face's layout.",
)
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default=METHODS[0],
    show_default=True,
    help="How weights are rounded: each making up for errors before it, or to the nearest.",
)
@click.option("--name", default="", help="What people call it; by default after the file.")
@click.option(
    "--share", type=Share(), default="5%", show_default=True, help="The curator's part of each fee, at most 20%."
)
def cli(session: Session, *, weights: Path | None, prepared: str, method: Method, name: str, share: int) -> ModelId:
    identity = model_of(weights, prepared, method, session.store, name)
    facts = ModelFacts(**asdict(identity), curator=session.address, curator_bps=share)
    session.send(session.contracts.models.register_model(facts))
    model = model_id(facts)
    click.echo(f"registered model 0x{model.hex()}")
    return model
