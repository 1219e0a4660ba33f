"""Where measurements are kept: docs/benchmarks.md, each table between two comments that name it."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import torch

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"


def dated() -> str:
    """When, on what, with what."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    processor = model[1] if model else platform.machine()
    commit = subprocess.run(
        ["git", "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, check=False
    ).stdout
    return f"{datetime.now(UTC):%Y-%m-%d}, commit {commit.strip()}, {processor}, torch {torch.__version__}."


def table(title: str, columns: Mapping[str, Mapping[str, str]]) -> str:
    """In Markdown: a row for each name that the first column has."""
    names = list(next(iter(columns.values())))
    lines = [[title, *columns], ["---"] * (len(columns) + 1)]
    lines += [[name, *(column.get(name, "") for column in columns.values())] for name in names]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def put(name: str, parts: Sequence[str]) -> None:
    """Puts these in place of what stands between the page's comments `<!-- name -->` and `<!-- /name -->`."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = PAGE.read_text().partition(begin)
    _, _, after = rest.partition(end)
    PAGE.write_text(before + "\n\n".join([begin, *parts, end]) + after)
