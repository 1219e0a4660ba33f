"""Content addresses: what IPFS tools write for the same bytes, and nothing else."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.cid import Cid, CidInvalid

IPFS = {
    b"": "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    b"hello world": "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e",
}
"""What `ipfs add --cid-version 1 --raw-leaves` prints."""

HELLO = IPFS[b"hello world"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "begin with b"),
        ("QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o", "begin with b"),
        ("zb2rhj7crUKTQYRGCRATFaQ6YFLTde2YzdqbbhAASkL9uRDXn", "begin with b"),
        (HELLO.upper(), "lower-case"),
        (HELLO + "=", "lower-case"),
        (HELLO[:-1] + "1", "not base32"),
        ("bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi", "codec raw"),
        (HELLO[:-8], "has 32 bytes"),
        (HELLO[:-1] + "f", "another spelling"),
        (HELLO.replace("s", "\u017f"), "another spelling"),
        (HELLO + "\n", "not base32"),
    ],
)
def test_what_is_no_address_of_this_kind_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(CidInvalid, match=reason):
        Cid.parse(text)


def test_a_digest_of_another_length_is_no_address() -> None:
    with pytest.raises(CidInvalid, match="32 bytes, not 31"):
        Cid(bytes(31))


@pytest.mark.parametrize(("content", "address"), IPFS.items())
def test_an_address_is_the_one_that_ipfs_gives(content: bytes, address: str) -> None:
    assert str(Cid.of(content)) == address
    assert Cid.parse(address).digest == hashlib.sha256(content).digest()


@given(st.binary(min_size=32, max_size=32))
def test_every_digest_survives_being_written(digest: bytes) -> None:
    assert Cid.parse(str(Cid(digest))) == Cid(digest)


@given(st.text(max_size=70) | st.text("abcdefghijklmnopqrstuvwxyz234567", max_size=60).map(lambda t: HELLO[:8] + t))
def test_whatever_parses_is_written_the_same(text: str) -> None:
    try:
        cid = Cid.parse(text)
    except CidInvalid:
        return
    assert str(cid) == text


def test_a_file_has_the_address_of_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"hello world")
    assert str(Cid.of_file(file)) == HELLO
