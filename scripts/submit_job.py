"""Submit a question as a job to the model of a slot, and with --wait print the answer.

\b
Example:
  ape run submit_job "What is the capital of France?" --wait
  echo "Say hello." | ape run submit_job - --max-fee 0.10
"""

from __future__ import annotations

from math import log
from typing import Any

import click

from protocol.cast import CAST
from protocol.solidity import NotEncodable, to_address
from protocol.types import ZERO_ADDRESS, Address, Sampling, Submission
from scripts._parameters import Amount, Prompt, SlotName
from scripts._session import Session, acting
from scripts._submitting import Submitted, awaited, sheet_for, submit
from scripts._text import payload_of, said_in


class Named(click.ParamType):
    name = "operator"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        if value in CAST:
            return CAST[value].address
        try:
            return to_address(value)
        except NotEncodable as error:
            self.fail(str(error), param, ctx)


@click.command(help=__doc__)
@acting("client")
@click.argument("prompt", type=Prompt())
@click.option("--slot", type=SlotName(), default="chat", show_default=True, help="Which voted model answers.")
@click.option("--max-tokens", type=click.IntRange(1, 2**32 - 1), default=48, show_default=True, help="Longest answer.")
@click.option(
    "--temperature", type=click.FloatRange(0, 65), default=0, show_default=True, help="0: the likeliest token."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**64 - 1), default=0, show_default=True, help="Chosen by the client alone."
)
@click.option(
    "--min-p",
    type=click.FloatRange(0, 1),
    default=0,
    show_default=True,
    help="Leaves out tokens less likely than this part of the likeliest; 0: none.",
)
@click.option("--min-fee", type=Amount(6, 104), default="0.01", show_default=True, help="Price at once, in dollars.")
@click.option("--max-fee", type=Amount(6, 104), default="0.05", show_default=True, help="Price at the offer's end.")
@click.option("--offer-seconds", type=click.IntRange(1), default=600, show_default=True, help="How long it is offered.")
@click.option("--service-seconds", type=click.IntRange(1), default=300, show_default=True, help="Time to serve it.")
@click.option("--named", type=Named(), help="The operator who goes first.")
@click.option("--exclusive-seconds", type=click.IntRange(0), default=0, show_default=True, help="For how long.")
@click.option("--wait", is_flag=True, help="Wait for the answer and print it.")
@click.option("--patience", type=click.FloatRange(1), default=120, show_default=True, help="Longest wait, in seconds.")
def cli(session: Session, prompt: str, slot: bytes, wait: bool, patience: float, **asked: Any) -> Submitted:
    sheet = sheet_for(session, slot)
    submitted = submit(session, sheet, _submission(payload_of(session, sheet.model, prompt), **asked))
    click.echo(f"submitted job 0x{submitted.id.hex()}")
    if wait:
        record = awaited(session, submitted.id, patience)
        click.echo(f"\n{said_in(session, record)}\n")
    return submitted


def _submission(
    payload: bytes,
    *,
    max_tokens: int,
    temperature: float,
    seed: int,
    min_p: float,
    named: Address | None,
    **numbers: int,
) -> Submission:
    cut = max(1, round(-log(min_p) * 256)) if min_p else 0
    sampling = Sampling(max_tokens, round(temperature * 1_000), seed, cut)
    return Submission(named=named or ZERO_ADDRESS, sampling=sampling.pack(), input=payload, **numbers)
