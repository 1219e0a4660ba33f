"""The committed figures, what they must stay under, and the table that shows both beside the peers'."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from tests.gas.measuring import VERBS, Gas
from tests.gas.peers import PEERS

PATH = Path(__file__).resolve().parent.parent / "snapshots" / "gas.json"
CEILINGS = {"alone": 205_000, "in a batch of ten": 95_000}
TOLERANCE = 0.005
"""Salts of addresses and hashes change a zero byte here and there; a code change worth a word shows."""


def read() -> dict[str, Gas]:
    return {name: Gas(**figures) for name, figures in json.loads(PATH.read_text()).items()}


def write(measured: Mapping[str, Gas]) -> None:
    PATH.write_text(json.dumps({name: asdict(gas) for name, gas in measured.items()}, indent=2) + "\n")


def drifts(measured: Mapping[str, Gas], committed: Mapping[str, Gas]) -> Iterator[str]:
    """A sentence for each transaction that costs more, or less, than the snapshot says."""
    for name, gas in measured.items():
        for verb in VERBS:
            now, then = getattr(gas, verb), getattr(committed[name], verb)
            if abs(now - then) > TOLERANCE * then:
                yield f"{verb} {name} takes {now:,} gas, the snapshot says {then:,}: `WRITE_SNAPSHOTS=1 make gas`"


def table(measured: Mapping[str, Gas]) -> str:
    lines = ["gas of a job (submit + accept + post + settle; 128 bytes in, 128 out)", ""]
    for name, gas in measured.items():
        parts = " + ".join(f"{getattr(gas, verb) // gas.jobs:,}" for verb in VERBS)
        lines.append(f"  Commonhold, {name:<18}{gas.per_job:>9,}  (ceiling {CEILINGS[name]:,}; {parts})")
    lines.append("\n  measured the same way from their published code:")
    for peer in PEERS:
        batch = f"; in a batch of ten {peer.in_batch:,}" if peer.in_batch else ""
        lines.append(f"  {peer.name:<30}{peer.alone:>9,}  ({peer.commit}; {peer.note}{batch})")
    return "\n".join(lines)
