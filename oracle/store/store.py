"""The store: one folder of files named by CID, filled from sources, verified before use."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from oracle.store.errors import (
    ContentDamaged,
    ContentMissing,
    ContentUnavailable,
    StoreError,
    StoreUnwritable,
)
from oracle.store.folder import CHUNK
from oracle.store.source import Source
from protocol.cid import Cid

Stamp = tuple[int, int, int]


class Store:
    """Content by address. `get` returns only paths whose content was hashed and found right.

    A file is hashed once in the life of a `Store`, and again whenever its inode, size or time of change
    differ. Writing is atomic (temporary file, fsync, rename), so several processes may share a folder and a
    crash leaves no half file.
    """

    def __init__(self, root: Path, sources: Sequence[Source] = ()) -> None:
        self.root = root
        self.sources = tuple(sources)
        self._verified: dict[Cid, Stamp] = {}

    def get(self, cid: Cid) -> Path:
        """The verified file, fetched from the sources when it is not here or is damaged.

        Raises `ContentMissing` or `ContentDamaged` where there is no source, else `ContentUnavailable`, and
        `StoreUnwritable`. A damaged file is set aside as `<cid>.damaged`.
        """
        try:
            return self._local(cid)
        except (ContentMissing, ContentDamaged) as error:
            if not self.sources:
                raise
            return self._fetch(cid, error)

    def read(self, cid: Cid) -> bytes:
        """The verified content of a small file. Raises as `get`."""
        content = self.get(cid).read_bytes()
        if Cid.of(content) != cid:
            raise ContentDamaged(str(self._path(cid)), cid, Cid.of(content))
        return content

    def has(self, cid: Cid) -> bool:
        """Whether a file of that name is here; says nothing of its content."""
        return self._path(cid).is_file()

    def put(self, content: bytes | Path | Iterable[bytes]) -> Cid:
        """Stores bytes, pieces of bytes or a copy of a file. Raises `StoreUnwritable`, and leaves nothing then."""
        if isinstance(content, bytes):
            return self._write([content])
        if not isinstance(content, Path):
            return self._write(content)
        with content.open("rb") as file:
            return self._write(iter(lambda: file.read(CHUNK), b""))

    def _path(self, cid: Cid) -> Path:
        return self.root / str(cid)

    def _local(self, cid: Cid) -> Path:
        path = self._path(cid)
        try:
            stamp = _stamp(path)
            if self._verified.get(cid) == stamp:
                return path
            found = Cid.of_file(path)
        except FileNotFoundError as error:
            raise ContentMissing(cid, str(self.root)) from error
        if found != cid:
            path.replace(path.with_name(f"{cid}.damaged"))
            raise ContentDamaged(str(path), cid, found)
        self._verified[cid] = stamp
        return path

    def _fetch(self, cid: Cid, first: StoreError) -> Path:
        reasons = [first]
        for source in self.sources:
            try:
                self._write(source.chunks(cid), expected=cid, where=str(source))
                return self._path(cid)
            except StoreUnwritable:
                raise
            except StoreError as error:
                reasons.append(error)
        raise ContentUnavailable(cid, reasons)

    def _write(self, chunks: Iterable[bytes], expected: Cid | None = None, where: str = "") -> Cid:
        digest = hashlib.sha256()
        with self._temporary() as (file, path):
            for chunk in chunks:
                digest.update(chunk)
                with _writing(self.root):
                    file.write(chunk)
            cid = Cid(digest.digest())
            if expected is not None and cid != expected:
                raise ContentDamaged(where, expected, cid)
            self._commit(file, path, cid)
        return cid

    @contextmanager
    def _temporary(self) -> Iterator[tuple[IO[bytes], Path]]:
        with _writing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.root, prefix=".incoming-")
        file = os.fdopen(handle, "wb")
        try:
            yield file, Path(name)
        finally:
            with suppress(OSError):  # of what a failed write left in the buffer; what was committed is on the disk
                file.close()
            Path(name).unlink(missing_ok=True)

    def _commit(self, file: IO[bytes], path: Path, cid: Cid) -> None:
        with _writing(self.root):
            file.flush()
            os.fsync(file.fileno())
            path.replace(self._path(cid))
        self._verified[cid] = _stamp(self._path(cid))


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnwritable(root, error) from error


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns
