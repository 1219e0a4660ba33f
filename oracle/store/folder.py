"""Another folder of files named by CID, such as a mounted share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from oracle.store.errors import ContentMissing, SourceFailed
from protocol.cid import Cid

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Reads files named by their CID from a folder and never writes there."""

    root: Path

    def chunks(self, cid: Cid) -> Iterator[bytes]:
        try:
            with (self.root / str(cid)).open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        except FileNotFoundError as error:
            raise ContentMissing(cid, str(self.root)) from error
        except OSError as error:
            raise SourceFailed(f"{self.root}: {error.strerror}") from error
