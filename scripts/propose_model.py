"""Propose to put a registered model into a slot.

\b
Example:
  ape run propose_model 0x… --slot chat --as holder1
"""

from __future__ import annotations

import click

from protocol.types import ModelId, slot_key
from scripts._parameters import SlotName, Word
from scripts._proposals import propose
from scripts._session import Session, acting


@click.command(help=__doc__)
@acting("holder1")
@click.argument("model", type=Word("model"))
@click.option("--slot", type=SlotName(), default="chat", show_default=True)
@click.option("--why", default="", help="Said in the proposal.")
def cli(session: Session, model: bytes, slot: bytes, why: str) -> int:
    models = session.contracts.models
    if not models.is_servable(ModelId(model)):
        raise click.BadParameter(f"0x{model.hex()} is not registered, retired or withheld", param_hint="MODEL")
    name = slot.rstrip(b"\0").decode()
    description = f"Put model 0x{model.hex()} into the slot {name}" + (f": {why}" if why else "")
    return propose(session, models.assign_slot(slot_key(name), ModelId(model)), description)
