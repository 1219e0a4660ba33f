"""The document that names a model's files and says what people want to know of it.

The manifest's SHA-256 is one of the model's facts in `ModelRegistry`; the others are roots of what the files hold.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta

from protocol.cid import Cid, CidInvalid
from protocol.documents import Document, DocumentInvalid, decode

MANIFEST_FORMAT: Final = "commonhold/model/2"
Text = Annotated[str, Meta(min_length=1, max_length=200)]


class Manifest(Document, frozen=True):
    """The files of a model by content address, and where they come from."""

    format: Literal["commonhold/model/2"]
    kind: Literal["chat", "embedding"]
    name: Text
    licence: Text
    quantisation: Text
    program: str
    weights: str
    tokenizer: str


def decode_manifest(document: bytes) -> Manifest:
    """Raises `DocumentInvalid`, naming the field that is wrong."""
    manifest = decode(document, Manifest)
    for field in ("program", "weights", "tokenizer"):
        try:
            Cid.parse(getattr(manifest, field))
        except CidInvalid as error:
            raise DocumentInvalid(f"manifest: {field}: {error}") from error
    return manifest
