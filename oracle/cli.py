"""`python -m oracle`: serve jobs, check before serving, verify what others served, import models."""

from __future__ import annotations

import json
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import click
from pydantic import ValidationError

from oracle import logging, service
from oracle.accuracy.measuring import measure
from oracle.accuracy.table import keep, rows
from oracle.accuracy.text import Text, read_text
from oracle.checks import Checks
from oracle.errors import OracleError
from oracle.evidence import gather
from oracle.inference.devices import best_device, use_threads
from oracle.models import Model, load_model, quantise
from oracle.models.prepared import shown
from oracle.quantising.method import METHODS, Method
from oracle.settings import OracleSettings, unknown_variables
from oracle.verify import Tools, Verdict, compare, exit_code
from protocol.clients.contracts import Contracts
from protocol.deployment import open_deployment
from protocol.errors import CommonholdError
from protocol.types import JobId

JOB_ID = re.compile(r"(0x)?[0-9a-fA-F]{64}")
CONCLUSIONS = {0: "is verified", 1: "is NOT as it must be", 2: "cannot be verified now"}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Serves jobs for fees, and verifies what others served. Set by environment variables that begin with COMMONHOLD_
    and COMMONHOLD_ORACLE_; see docs/operating.md."""


@main.command()
def check() -> None:
    """Prove chain, contracts, key, gas, bond, models, device, disk, journal and clock before a run.

    Exit code 0: all is well. 1: something is not.
    """
    lines = []
    with closing(Checks(_settings())) as checks:
        for line in checks.run():
            lines.append(line)
            click.echo(f"{'ok' if line.is_well else 'FAILED':8}{line.name}: {line.detail}")
    raise SystemExit(0 if all(line.is_well for line in lines) else 1)


@main.command()
def run() -> None:
    """Serve until told to end (SIGTERM or SIGINT)."""
    service.run(_settings(), _until_told())


@main.command()
def once() -> None:
    """Do what can be done now (accept, answer, post, settle), and end."""
    service.once(_settings(), _until_told())


@main.command()
def watch() -> None:
    """Compute what others served again, and convict what is wrong, until told to end (SIGTERM or SIGINT).

    Stakes bonds of the account's, in the asset; they come back with every conviction.
    """
    service.watch(_settings(), _until_told())


@main.command()
@click.argument("job", callback=lambda _context, _parameter, text: _job_id(text))
@click.option("--convict", is_flag=True, help="Prove what is wrong on the chain. Needs a key, and stakes bonds.")
def verify(job: JobId, convict: bool) -> None:
    """Compare JOB (its id, 0x…) with what the chain and the public files say it must be. Needs no key.

    Exit code 0: verified. 1: something differs. 2: it cannot be verified now.
    """
    settings = _settings()
    try:
        code = _verify(settings, job)
    except CommonholdError as error:
        click.echo(f"{Verdict.CANNOT:8}{error}")
        code = 2
    if convict and code == 1:
        click.echo("convicting it; what the operator does not show within a move is convicted as silence …")
        click.echo(service.convict(settings, job, _until_told()) or "told to end before it was over: run it again")
    raise SystemExit(code)


def _verify(settings: OracleSettings, job: JobId) -> int:
    chain, deployment = open_deployment(settings.chain)
    with chain:
        found = gather(chain, deployment, job, settings.max_range)
        tools = Tools(Contracts.of(chain, deployment), settings.open_store(), settings.torch_device)
        comparisons = []
        for comparison in compare(found, tools):
            comparisons.append(comparison)
            click.echo(f"{comparison.verdict:8}{comparison.name}: {comparison.detail}")
    code = exit_code(comparisons)
    click.echo(f"job 0x{job.hex()} {CONCLUSIONS[code]}, as of block {found.head.number}")
    return code


@main.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--name", default="", help="What people call it; by default after the file.")
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default=METHODS[0],
    show_default=True,
    help="How weights are rounded: each making up for errors before it, or to the nearest.",
)
@click.option(
    "--text",
    "texts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="UTF-8 text to measure accuracy on, against SOURCE in float32; each line by itself. Can be given often.",
)
def quantize(source: Path, name: str, method: Method, texts: tuple[Path, ...]) -> None:
    """Make an integer program of SOURCE, put it into the store, and print what ModelRegistry is to be told of it.

    SOURCE is a GGUF file of a Llama-style chat model, or a folder in Hugging Face's layout, of such a model or of a
    BERT-style sentence encoder, or the folder's safetensors file. The same source gives the same bytes, and so the
    same roots, on any machine: anyone can check a registered model so. What is measured with --text is printed, and
    kept in the folder `accuracy` of the home folder.
    """
    settings, read = _settings(), [read_text(path) for path in texts]
    store = settings.open_store()
    done = quantise(source, store, name=name, method=method, progress=_tell)
    if read:
        _measure(load_model(store, done.manifest, done), source, read, settings)
    click.echo(json.dumps(shown(done), indent=2))


def _measure(model: Model, source: Path, texts: Sequence[Text], settings: OracleSettings) -> None:
    measured = []
    for text in texts:
        measured.append(measure(model, source, text, _tell, settings.torch_device or best_device()))
        _tell(f"{text.name}, SHA-256 {text.sha256}")
        for what, value in rows(measured[-1]).items():
            _tell(f"  {what}: {value}")
    _tell(f"kept in {keep(settings.chain.home / 'accuracy', model.identity.manifest, measured)}")


def _tell(done: str) -> None:
    click.echo(done, err=True)


def _job_id(text: str) -> JobId:
    if not JOB_ID.fullmatch(text):
        raise click.BadParameter(f"{text[:100]!r} is no job id: 0x and 64 hexadecimal digits")
    return JobId(bytes.fromhex(text.removeprefix("0x")))


def _settings() -> OracleSettings:
    settings = OracleSettings()
    if unknown := unknown_variables():
        raise click.UsageError(f"no such setting: {', '.join(unknown)}; docs/operating.md lists them")
    logging.configure(settings.log_level)
    use_threads(settings.threads)
    return settings


def _until_told() -> threading.Event:
    """Set when the process is told to end."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def saying_what_is_wrong(command: Callable[[], None]) -> None:
    """One line for what the user can put right; a traceback only for faults of ours."""
    try:
        command()
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        sys.exit(f"settings: {faults}")
    except (CommonholdError, OracleError) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{type(error).__name__}: {error}")
