"""Texts that accuracy is measured on: a file's name and SHA-256, and its lines."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from protocol.errors import CommonholdError

SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+")


class TextUnreadable(CommonholdError, ValueError):
    """A file that is not UTF-8, or holds no text."""


@dataclass(frozen=True, slots=True)
class Text:
    """`passages`: the lines that are not empty."""

    name: str
    sha256: str
    passages: tuple[str, ...]

    @property
    def sentences(self) -> list[str]:
        return [sentence for passage in self.passages for sentence in SENTENCE_ENDS.split(passage) if sentence]


def read_text(path: Path) -> Text:
    """Raises `TextUnreadable`."""
    content = path.read_bytes()
    try:
        lines = content.decode().splitlines()
    except UnicodeDecodeError as error:
        raise TextUnreadable(f"{path} is not UTF-8: {error}") from error
    passages = tuple(line for line in map(str.strip, lines) if line)
    if not passages:
        raise TextUnreadable(f"{path} holds no text")
    return Text(path.name, hashlib.sha256(content).hexdigest(), passages)
