"""The scripts of `scripts/`, run one by one inside this process: what a person types, without Ape's start-up."""

from __future__ import annotations

import io
import shlex
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any

import click

Say = Callable[[str], None]


class VerbFailed(RuntimeError):
    """A script ended with an error; the message is what it said."""


class Verbs:
    """Runs scripts against one chain and one home folder; `say` receives their lines as they come."""

    def __init__(self, url: str, home: Path, say: Say) -> None:
        self._where = ("--url", url, "--home", str(home))
        self._say = say

    def run(self, verb: str, *arguments: str) -> Any:
        """What the script returns. Raises `VerbFailed`."""
        self._say(f"$ ape run {shlex.join([verb, *arguments])}")
        command: click.Command = import_module(f"scripts.{verb}").cli
        try:
            with redirect_stdout(_Lines(self._say)):
                return command.main([*arguments, *self._where], prog_name=verb, standalone_mode=False)
        except click.ClickException as error:
            raise VerbFailed(f"{verb}: {error.format_message()}") from error


class _Lines(io.TextIOBase):
    """A stream that passes on whole lines, to somebody who writes to the stream that it stands in for."""

    def __init__(self, say: Say) -> None:
        self._say, self._outside, self._begun = say, sys.stdout, ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        with redirect_stdout(self._outside):
            for line in lines:
                self._say(line)
        return len(text)

    def writable(self) -> bool:
        return True
