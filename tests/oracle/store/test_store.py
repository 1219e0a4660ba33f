"""The store: only content that was hashed and found right comes out, whatever the disk and the sources do."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.store import (
    ContentDamaged,
    ContentMissing,
    ContentUnavailable,
    FolderSource,
    SourceFailed,
    Store,
    StoreUnwritable,
)
from protocol.cid import Cid

CONTENT = b"weights of a model"
CID = Cid.of(CONTENT)


class Pieces:
    """A source that sends what it is told to."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = pieces
        self.asked = 0

    def chunks(self, _: Cid) -> Iterator[bytes]:
        self.asked += 1
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def __str__(self) -> str:
        return "pieces"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def damage(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def test_what_was_never_put_is_missing_by_name(tmp_path: Path) -> None:
    with pytest.raises(ContentMissing, match=f"{CID} is not in {tmp_path}"):
        Store(tmp_path).get(CID)


@pytest.mark.parametrize("position", range(len(CONTENT)))
def test_a_file_with_one_byte_changed_is_refused_with_both_digests_and_set_aside(tmp_path: Path, position: int) -> None:
    path = tmp_path / str(Store(tmp_path).put(CONTENT))
    damage(path, position)
    found = Cid.of(path.read_bytes())

    with pytest.raises(ContentDamaged) as refused:
        Store(tmp_path).get(CID)

    for part in (str(path), CID.digest.hex(), found.digest.hex()):
        assert part in str(refused.value)
    assert names(tmp_path) == [f"{CID}.damaged"]


def test_damage_is_noticed_after_the_file_was_verified_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.get(store.put(CONTENT))
    path.write_bytes(CONTENT[::-1] + b".")
    with pytest.raises(ContentDamaged):
        store.get(CID)


def test_a_damaged_file_is_replaced_from_a_source(tmp_path: Path) -> None:
    Store(tmp_path / "share").put(CONTENT)
    store = Store(tmp_path / "mine", [FolderSource(tmp_path / "share")])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / str(CID)).write_bytes(b"something else")
    assert store.get(CID).read_bytes() == CONTENT


def test_every_source_is_asked_until_one_has_the_content(tmp_path: Path) -> None:
    last = Pieces(CONTENT[:5], CONTENT[5:])
    store = Store(tmp_path, [FolderSource(tmp_path / "none"), Pieces(b"wrong"), Pieces(SourceFailed("no route")), last])
    assert store.read(CID) == CONTENT
    assert names(tmp_path) == [str(CID)]
    assert store.read(CID) == CONTENT
    assert last.asked == 1


def test_where_no_source_helps_the_error_says_what_each_said_and_nothing_stays(tmp_path: Path) -> None:
    sources = [FolderSource(tmp_path / "none"), Pieces(b"wrong"), Pieces(CONTENT[:4], SourceFailed("cut off"))]
    with pytest.raises(ContentUnavailable) as refused:
        Store(tmp_path, sources).get(CID)
    for said in (f"is not in {tmp_path}", "none", "pieces is damaged", Cid.of(b"wrong").digest.hex(), "cut off"):
        assert said in str(refused.value)
    assert names(tmp_path) == []


@given(st.binary(max_size=5_000))
def test_whatever_goes_in_comes_out(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    store = Store(tmp_path_factory.getbasetemp() / "every")
    cid = store.put(content)
    assert cid == Cid.of(content)
    assert store.read(cid) == content


def test_bytes_pieces_and_files_are_stored_alike(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    file = tmp_path / "file"
    file.write_bytes(CONTENT)
    assert store.put(CONTENT) == store.put(iter([CONTENT[:3], CONTENT[3:]])) == store.put(file) == CID
    assert names(tmp_path / "store") == [str(CID)]


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnwritable, match=rf"{tmp_path}: No space left on device"):
        Store(tmp_path).put(CONTENT)
    assert names(tmp_path) == []


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    root = tmp_path / "store"
    root.write_text("in the way")
    with pytest.raises(StoreUnwritable, match=str(root)):
        Store(root).put(CONTENT)


def test_a_broken_source_leaves_a_copy_half_made_to_nobody(tmp_path: Path) -> None:
    with pytest.raises(ContentUnavailable):
        Store(tmp_path, [Pieces(CONTENT, SourceFailed("line dropped"))]).get(CID)
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_read_is_a_source_that_failed(tmp_path: Path) -> None:
    (tmp_path / str(CID)).mkdir()
    with pytest.raises(SourceFailed, match=f"{tmp_path}: Is a directory"):
        list(FolderSource(tmp_path).chunks(CID))
