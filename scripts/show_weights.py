"""Show what is demanded of a model's weights, from the store; and publish its sheets again if it was withheld for it.

An operator that serves the model does the first by itself; whoever shows something first is paid.

\b
Example:
  ape run show_weights 0x… --as curator
"""

from __future__ import annotations

import click

from oracle.availability import WeightsShelf
from oracle.dispute.matter import book_of
from oracle.models import load_model
from oracle.serving import identity_of
from protocol.availability import known_weights
from protocol.types import ModelId
from scripts._parameters import Word
from scripts._session import Session, acting


@click.command(help=__doc__)
@acting("curator")
@click.argument("model", type=Word("model"))
def cli(session: Session, model: bytes) -> int:
    found, contracts = ModelId(model), session.contracts
    facts = contracts.models.model_of(found)
    demands = known_weights(session.chain, session.deployment, found).open.values()
    if demands:
        shelf = WeightsShelf(book_of(load_model(session.store, facts.manifest, identity_of(facts))))
        for demand in demands:
            session.send(shelf.show(contracts.availability, demand))
    click.echo(f"showed {len(demands)} parts; {contracts.availability.credit_of(session.address) / 1e6} dollars earned")
    if not contracts.availability.is_withheld(found):
        for slot in contracts.models.slots():
            if contracts.models.slot_model(slot)[0] == found and not any(contracts.escrow.sheet_of(slot)):
                session.send(contracts.sheets.publish_slot(slot))
                click.echo(f"slot {slot.rstrip(bytes(1)).decode()} takes jobs again")
    return len(demands)
