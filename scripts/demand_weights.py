"""Demand that parts of a model's weights be shown, chosen at random: before a vote, or when its files are nowhere.

Needs no files. The program's first record and tensors' entries are demanded before leaves: run it again once they were
shown. Whoever shows something is paid the bond. What nobody shows in time keeps the model from new jobs and slots.

\b
Example:
  ape run demand_weights 0x… --leaves 4 --as holder1
  ape run demand_weights 0x… --lapse
"""

from __future__ import annotations

from secrets import randbelow

import click

from protocol.availability import KnownWeights, known_weights, leaves_of
from protocol.intents import Call
from protocol.types import ModelId
from scripts._parameters import Word
from scripts._session import Session, acting


@click.command(help=__doc__)
@acting("holder1")
@click.argument("model", type=Word("model"))
@click.option("--leaves", type=click.IntRange(1, 64), default=1, show_default=True, help="How many to demand.")
@click.option("--lapse", is_flag=True, help="Say what was not shown in time, instead.")
def cli(session: Session, model: bytes, leaves: int, lapse: bool) -> int:
    found = ModelId(model)
    session.contracts.models.model_of(found)
    known = known_weights(session.chain, session.deployment, found)
    if lapse:
        return _lapse(session, found, known)
    demands, bond = _demands(session, found, known, leaves), session.contracts.availability.bond()
    if demands:
        _approve(session, bond * len(demands))
    else:
        click.echo("nothing to demand now: what has to be known first was demanded, and is not shown yet")
    for told, call in demands:
        session.send(call)
        click.echo(f"demanded {told}, for a bond of {bond / 1e6} dollars")
    return len(demands)


def _approve(session: Session, amount: int) -> None:
    """Test dollars are made where there are such."""
    asset = session.contracts.asset
    if "TestDollar" in session.deployment.contracts:
        session.send(asset.mint(session.address, amount))
    session.send(asset.approve(session.contracts.availability.address, amount))


def _demands(session: Session, model: ModelId, known: KnownWeights, leaves: int) -> list[tuple[str, Call]]:
    """A leaf where its tensor is known, or else what makes it known; nothing twice."""
    client, asked = session.contracts.availability, {(each.number, each.leaf) for each in known.open.values()}
    if known.header is None:
        return [] if (0, 0) in asked else [("the program's header", client.demand_header(model))]
    found = []
    for _ in range(leaves):
        number = 1 + randbelow(known.count)
        tensor = known.tensors.get(number)
        index = -1 if tensor is None else randbelow(leaves_of(tensor.head))
        if (number, index + 1) in asked:
            continue
        asked.add((number, index + 1))
        if tensor is None:
            found.append((f"the entry of tensor {number}", client.demand_tensor(model, known.header, number)))
        else:
            call = client.demand_leaf(model, known.header, tensor, index)
            found.append((f"leaf {index} of tensor {number}", call))
    return found


def _lapse(session: Session, model: ModelId, known: KnownWeights) -> int:
    now, sent = session.chain.block().timestamp, 0
    for key, demand in known.open.items():
        if key in known.lapsed:
            continue
        if demand.deadline >= now:
            click.echo(f"tensor {demand.number}, leaf {demand.leaf}: to be shown until {demand.deadline}")
            continue
        session.send(session.contracts.availability.lapse(model, key))
        sent += 1
    withheld = session.contracts.availability.is_withheld(model)
    if withheld and _has_sheets(session, model):
        session.send(session.contracts.models.withdraw_sheets(model))
    click.echo(f"model 0x{model.hex()} is {'withheld: it takes no new jobs' if withheld else 'not withheld'}")
    return sent


def _has_sheets(session: Session, model: ModelId) -> bool:
    """Left by a lapse that had too little gas for them."""
    models = session.contracts.models
    slots = [slot for slot in models.slots() if models.slot_model(slot)[0] == model]
    return any(any(session.contracts.escrow.sheet_of(key)) for key in (model, *slots))
