"""Propose a set of safety rules, written as JSON (docs/safety-rules.md).

The token ids of a prefix may be left out where the store holds its tokenizer.

\b
Example:
  ape run propose_rules rules.json --as holder1
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from protocol import rules
from scripts._policies import with_tokens
from scripts._proposals import propose
from scripts._session import Session, acting


@click.command(help=__doc__)
@acting("holder1")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--why", default="", help="Said in the proposal.")
def cli(session: Session, file: Path, why: str) -> int:
    try:
        document = rules.encode(rules.from_json(with_tokens(session.store, json.loads(file.read_bytes()))))
    except ValueError as error:
        raise click.BadParameter(f"{file}: {error}", param_hint="FILE") from error
    description = f"Adopt the safety rules 0x{rules.rules_id(document).hex()}" + (f": {why}" if why else "")
    return propose(session, session.contracts.rules.adopt(document), description)
