"""Content addresses: CIDv1, codec raw, SHA-256, multibase base32 (`bafkrei…`).

On chain a file is its 32-byte SHA-256; in stores, URLs and manifests it is the CID of the same digest, so
either gives the other. A file here is always addressed as **one raw block**, whatever its size. Such a CID
is valid everywhere and equals that of `ipfs block put` and, for files of at most 1 MiB, of `ipfs add
--cid-version 1 --raw-leaves`. Larger files are cut into chunks by `ipfs add`, which gives them another CID,
and blocks above 2 MiB are not exchanged between IPFS nodes: weights are therefore fetched from folders and
HTTP sources, which have no such limit.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from protocol.errors import CommonholdError

RAW_SHA256 = bytes([0x01, 0x55, 0x12, 0x20])
"""CID version 1, codec raw, multihash SHA-256, length 32."""

DIGEST = 32


class CidInvalid(CommonholdError, ValueError):
    """Text or bytes that are no content address of the kind used here; the message says why."""


@dataclass(frozen=True, slots=True, order=True)
class Cid:
    """The address of one file. `str(cid)` is the text form."""

    digest: bytes

    def __post_init__(self) -> None:
        if len(self.digest) != DIGEST:
            raise CidInvalid(f"a SHA-256 digest has {DIGEST} bytes, not {len(self.digest)}")

    def __str__(self) -> str:
        return "b" + base64.b32encode(RAW_SHA256 + self.digest).decode().lower().rstrip("=")

    @classmethod
    def of(cls, content: bytes) -> Self:
        return cls(hashlib.sha256(content).digest())

    @classmethod
    def of_file(cls, path: Path) -> Self:
        with path.open("rb") as file:
            return cls(hashlib.file_digest(file, "sha256").digest())

    @classmethod
    def parse(cls, text: str) -> Self:
        """The address that `text` writes. Raises `CidInvalid`, also for other codecs, hashes and bases."""
        if not text.startswith("b") or text != text.lower() or "=" in text:
            raise CidInvalid(f"{text!r} is not a CIDv1 in lower-case base32; those begin with b")
        try:
            binary = base64.b32decode(text[1:].upper() + "=" * (-len(text[1:]) % 8))
        except binascii.Error as error:
            raise CidInvalid(f"{text!r} is not base32") from error
        if not binary.startswith(RAW_SHA256):
            raise CidInvalid(f"{text!r} is not codec raw with SHA-256; those begin with bafkrei")
        cid = cls(binary[len(RAW_SHA256) :])
        if str(cid) != text:
            raise CidInvalid(f"{text!r} is another spelling of {cid}")
        return cid
