"""How the story is told: chapters with their time, lines as they come, and a table at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click

LONGEST = 240
"""Characters of a line that is shown whole."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what happened, the figure that shows it, and the chapter's time in seconds."""

    title: str
    shown: str
    seconds: float


@dataclass
class Telling:
    """What was told so far."""

    rows: list[Row] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    _figures: list[str] = field(default_factory=list)

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        begun = time.monotonic()
        self._figures.clear()
        click.secho(f"\n{len(self.rows) + 1}. {title}", bold=True)
        yield
        self.rows.append(Row(title, ", ".join(self._figures), time.monotonic() - begun))

    def say(self, line: str) -> None:
        shown = line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} … ({len(line):,} characters)"
        click.echo(f"   {shown}".rstrip())

    def note(self, figure: str) -> None:
        """Puts a figure into the chapter's line of the table."""
        self._figures.append(figure)

    def table(self) -> None:
        width = max(len(row.title) for row in self.rows)
        click.secho(f"\n{'what happened':<{width}}  {'s':>5}  figures", bold=True)
        for row in self.rows:
            click.echo(f"{row.title:<{width}}  {row.seconds:>5.1f}  {row.shown}")
        click.echo(f"{'in all':<{width}}  {time.monotonic() - self.started:>5.1f}")
