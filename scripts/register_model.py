"""Import a model into the store and register it; a vote can then put it into a slot.

\b
Example:
  ape run register_model --as curator --quantisation q6_0
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from oracle.models import import_gguf
from oracle.models.importing import ORIGINAL, QUANTISATIONS
from protocol.encoding import model_id
from protocol.types import ModelFacts, ModelId
from scripts._parameters import Share
from scripts._session import Session, acting
from scripts._weights import first_weights


@click.command(help=__doc__)
@acting("curator")
@click.option(
    "--gguf", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Weights; by default set-up's."
)
@click.option(
    "--quantisation",
    type=click.Choice([ORIGINAL, *QUANTISATIONS]),
    default=ORIGINAL,
    show_default=True,
    help="Round the layers' weights anew, or keep the file's.",
)
@click.option("--name", default="", help="What people call it; by default after the file.")
@click.option(
    "--share", type=Share(), default="5%", show_default=True, help="The curator's part of each fee, at most 20%."
)
def cli(session: Session, gguf: Path | None, quantisation: str, name: str, share: int) -> ModelId:
    identity = import_gguf(gguf or first_weights(), session.store, name=name, quantisation=quantisation)
    facts = ModelFacts(**asdict(identity), curator=session.address, curator_bps=share)
    session.send(session.contracts.models.register_model(facts))
    model = model_id(facts)
    click.echo(f"registered model 0x{model.hex()}")
    return model
