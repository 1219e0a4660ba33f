"""Where content can be had from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from protocol.cid import Cid


class Source(Protocol):
    """A place that may have content. It need not be trusted: the store hashes what comes."""

    def chunks(self, cid: Cid) -> Iterator[bytes]:
        """The content in pieces. Raises `ContentMissing` or `SourceFailed`."""
        ...
