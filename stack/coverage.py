"""Reads forge's coverage report and holds the contracts to the shares that the project promises."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LINES_AT_LEAST = 98.0
BRANCHES_AT_LEAST = 95.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """Lines and branches of one source, found in it and hit by the tests."""

    source: str
    lines: int
    lines_hit: int
    branches: int
    branches_hit: int

    @property
    def line_share(self) -> float:
        return _percent(self.lines_hit, self.lines)

    @property
    def branch_share(self) -> float:
        return _percent(self.branches_hit, self.branches)

    def __str__(self) -> str:
        lines = f"{self.line_share:6.2f} % of {self.lines:4} lines"
        return f"{lines}  {self.branch_share:6.2f} % of {self.branches:4} branches  {self.source}"


def read(report: str) -> Iterator[Coverage]:
    """Every source of an lcov report."""
    for record in report.split("end_of_record"):
        fields = dict(line.split(":", 1) for line in record.split() if ":" in line)
        if "SF" in fields:
            lines, lines_hit, branches, branches_hit = (int(fields.get(key, 0)) for key in ("LF", "LH", "BRF", "BRH"))
            yield Coverage(fields["SF"], lines, lines_hit, branches, branches_hit)


def total(sources: list[Coverage]) -> Coverage:
    return Coverage(
        "all contracts",
        sum(each.lines for each in sources),
        sum(each.lines_hit for each in sources),
        sum(each.branches for each in sources),
        sum(each.branches_hit for each in sources),
    )


def shortfalls(everything: Coverage) -> list[str]:
    return [
        f"{share:.2f} % of {what} are covered, and {wanted} % are promised"
        for what, share, wanted in (
            ("lines", everything.line_share, LINES_AT_LEAST),
            ("branches", everything.branch_share, BRANCHES_AT_LEAST),
        )
        if share < wanted
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m stack.coverage", description=__doc__)
    parser.add_argument("report", type=Path, help="lcov file, from `forge coverage --report lcov`")
    sources = sorted(read(parser.parse_args().report.read_text()), key=lambda each: each.line_share)
    everything = total(sources)
    print("\n".join(str(each) for each in [*sources, everything]))
    missed = shortfalls(everything)
    print("\n".join(missed), file=sys.stderr)
    return 1 if missed else 0


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0


if __name__ == "__main__":
    sys.exit(main())
