"""What can go wrong with content, each saying which file and what to do."""

from __future__ import annotations

from pathlib import Path

from protocol.cid import Cid
from protocol.errors import CommonholdError


class StoreError(CommonholdError):
    """Any failure of the store."""


class ContentMissing(StoreError):
    """A source does not have the content."""

    def __init__(self, cid: Cid, where: str) -> None:
        super().__init__(f"{cid} is not in {where}")
        self.cid = cid


class ContentDamaged(StoreError):
    """A file does not hold what its name promises. One of our own was set aside as `<name>.damaged`."""

    def __init__(self, where: str, expected: Cid, found: Cid) -> None:
        super().__init__(
            f"{where} is damaged: expected SHA-256 {expected.digest.hex()} ({expected}), found {found.digest.hex()}"
        )
        self.where, self.expected, self.found = where, expected, found


class SourceFailed(StoreError):
    """A source gave no content for a reason of its own: unreachable, too slow, too much."""


class ContentUnavailable(StoreError):
    """No source gave the content; the message repeats what each of them said."""

    def __init__(self, cid: Cid, reasons: list[StoreError]) -> None:
        said = "; ".join(str(reason) for reason in reasons)
        super().__init__(f"cannot get {cid}: {said}. Import it, or add a source that has it")
        self.cid, self.reasons = cid, reasons


class StoreUnwritable(StoreError):
    """The store's folder takes no new file: disk full, no permission."""

    def __init__(self, root: Path, error: OSError) -> None:
        super().__init__(f"cannot write to the store {root}: {error.strerror}. Free some disk, or mend its permissions")
        self.root = root
