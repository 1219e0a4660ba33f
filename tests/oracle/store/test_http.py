"""Content over HTTP, from a real server on loopback: what comes is hashed, bounded and timed."""

import re
import threading
from pathlib import Path

import pytest

from oracle.store import ContentUnavailable, HttpSource, Store
from protocol.cid import Cid
from tests.oracle.store.server import Respond, cut_short, files, serving, silent_until, status

CONTENT = bytes(range(256)) * 8_000
CID = Cid.of(CONTENT)


@pytest.mark.parametrize(
    ("respond", "said"),
    [
        (files({}), f"{CID} is not in"),
        (status(410), f"{CID} is not in"),
        (status(500), f"answered 500 for {CID}"),
        (status(204), f"answered 204 for {CID}"),
        (files({f"/{CID}": CONTENT[:-1] + b"x"}), f"is damaged: expected SHA-256 {CID.digest.hex()}"),
        (files({f"/{CID}": CONTENT + b"x"}), f"sent more than {len(CONTENT)} bytes"),
        (cut_short(CONTENT), "peer closed connection"),
    ],
)
def test_a_server_at_fault_is_named_with_its_fault_and_nothing_stays(
    tmp_path: Path, respond: Respond, said: str
) -> None:
    with serving(respond) as url:
        source = HttpSource(url, layout="plain", max_bytes=len(CONTENT))
        with pytest.raises(ContentUnavailable) as refused:
            Store(tmp_path, [source]).get(CID)
    assert said in str(refused.value)
    assert url in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_silent_server_is_given_up_after_its_time(tmp_path: Path) -> None:
    released = threading.Event()
    with serving(silent_until(released)) as url:
        with pytest.raises(ContentUnavailable, match=rf"{url}: timed out"):
            Store(tmp_path, [HttpSource(url, timeout=0.2)]).get(CID)
        released.set()


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with serving(status(200)) as url:
        pass
    with pytest.raises(ContentUnavailable, match=url):
        Store(tmp_path, [HttpSource(url)]).get(CID)


@pytest.mark.parametrize(
    "base",
    [
        "",
        "ftp://example.org",
        "file:///etc/passwd",
        "example.org",
        "http://",
        "http://[::1",
        "http://a:port",
        "http://a\0",
    ],
)
def test_a_source_that_is_no_http_url_is_refused_at_once(base: str) -> None:
    with pytest.raises(ValueError, match=f"{re.escape(repr(base))} is no source"):
        HttpSource(base)


@pytest.mark.parametrize(("layout", "path"), [("gateway", f"/ipfs/{CID}?format=raw"), ("plain", f"/{CID}")])
def test_a_gateway_and_a_plain_server_are_asked_in_their_own_ways(tmp_path: Path, layout: str, path: str) -> None:
    with serving(files({path: CONTENT})) as url:
        store = Store(tmp_path, [HttpSource(url + "/", layout=layout)])
        assert store.read(CID) == CONTENT
    assert Store(tmp_path).read(CID) == CONTENT
