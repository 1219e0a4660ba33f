"""Files by content address, verified before use."""

from oracle.store.errors import (
    ContentDamaged,
    ContentMissing,
    ContentUnavailable,
    SourceFailed,
    StoreUnwritable,
)
from oracle.store.folder import FolderSource
from oracle.store.http import HttpSource
from oracle.store.source import Source
from oracle.store.store import Store

__all__ = [
    "ContentDamaged",
    "ContentMissing",
    "ContentUnavailable",
    "FolderSource",
    "HttpSource",
    "Source",
    "SourceFailed",
    "Store",
    "StoreUnwritable",
]
