"""Say in the registry who operates, where, on what device, and what is asked for the model of a slot.

\b
Example:
  ape run register_operator --as operator --uri http://127.0.0.1:8547 --device cpu --price 0.01
"""

from __future__ import annotations

import click

from protocol.types import Profile, SlotKey
from scripts._parameters import Amount, SlotName
from scripts._session import Session, acting


@click.command(help=__doc__)
@acting("operator")
@click.option("--uri", default="", help="Where the operator answers; at most 512 bytes.")
@click.option("--device", default="cpu", show_default=True, help="Class of its device, up to 32 ASCII characters.")
@click.option("--slot", type=SlotName(), default="chat", show_default=True, help="Slot whose model is served.")
@click.option(
    "--price", type=Amount(6, 104), default="0.01", show_default=True, help="Least fee for a job, in dollars."
)
def cli(session: Session, uri: str, device: str, slot: bytes, price: int) -> None:
    if not device.isascii() or not 0 < len(device) <= 32:
        raise click.BadParameter(f"{device!r} is not 1 to 32 ASCII characters", param_hint="--device")
    model, _ = session.contracts.models.slot_model(SlotKey(slot))
    if not any(model):
        raise click.BadParameter(f"no vote has filled the slot {slot.rstrip(bytes(1)).decode()}", param_hint="--slot")
    profile = Profile(uri=uri, device=device.encode().ljust(32, b"\0"), models=(model,), prices=(price,))
    operators = session.contracts.operators
    known = operators.is_registered(session.address)
    session.send(operators.update(profile) if known else operators.register(profile))
    click.echo(
        f"{session.address} {'updated' if known else 'registered'}: serves 0x{model.hex()} from {price / 1e6} dollars"
    )
