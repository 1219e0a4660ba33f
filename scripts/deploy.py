"""Deploy the protocol on a local chain, with its first model in the slot `chat`.

\b
Example:
  ape run deploy
  ape run deploy --url http://127.0.0.1:8545 --weights model.gguf
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from oracle.quantising.method import METHODS
from oracle.store import Store
from protocol.cast import CAST, refuse_elsewhere
from protocol.chain import Chain
from protocol.deploying import deploy
from protocol.deployment import Deployment, DeploymentMissing, load, save
from protocol.plan import local_plan
from protocol.settings import Settings
from protocol.transactions import Sender
from protocol.types import ModelFacts
from scripts._parameters import Share
from scripts._session import plainly, read_settings, where
from scripts._weights import PREPARED, model_of


@click.command(help=__doc__)
@where
@click.option(
    "--weights",
    type=click.Path(exists=True, path_type=Path),
    help="The first model: a GGUF file, or a folder in Hugging Face's layout; by default SmolLM2.",
)
@click.option("--share", type=Share(), default="5%", show_default=True, help="The curator's part of each fee.")
@click.option("--again", is_flag=True, help="Deploy although something is deployed on this chain.")
def cli(url: str | None, home: Path | None, weights: Path | None, share: int, again: bool) -> Deployment:
    with plainly():
        settings = read_settings(url, home)
        with Chain.of(settings) as chain:
            return _deploy(settings, chain, weights, share, again)


def _deploy(settings: Settings, chain: Chain, weights: Path | None, share: int, again: bool) -> Deployment:
    refuse_elsewhere(chain.id)
    if not again and (before := _before(settings, chain)) is not None:
        raise click.ClickException(
            f"{before.address_of('JobEscrow')} is an escrow deployed here already: use it, or say --again"
        )
    identity = model_of(weights, PREPARED[0], METHODS[0], Store(settings.home / "store"))
    curator = CAST["curator"].account
    plan = local_plan(ModelFacts(**asdict(identity), curator=CAST["curator"].address, curator_bps=share))
    with (
        Sender.at(settings.home, chain, CAST["deployer"].account) as deployer,
        Sender.at(settings.home, chain, curator) as registrar,
    ):
        key = f"deploy at {chain.nonce(deployer.address)}"
        deployment = deploy(deployer, registrar, plan, progress=click.echo, key=key)
    path = save(settings.home, deployment)
    click.echo(f"deployed; addresses are in {path}")
    return deployment


def _before(settings: Settings, chain: Chain) -> Deployment | None:
    """What is deployed on this very chain: one that began anew has other blocks, and nothing on it."""
    try:
        found = load(settings.home, chain.id)
    except DeploymentMissing:
        return None
    return found if chain.code(found.address_of("JobEscrow")) else None
