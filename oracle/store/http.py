"""Content over HTTP: an IPFS gateway, or any server of files named by CID."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import httpx

from oracle.store.errors import ContentMissing, SourceFailed
from protocol.cid import Cid

CHUNK = 1 << 20
GONE = {httpx.codes.NOT_FOUND, httpx.codes.GONE}


@dataclass(frozen=True, slots=True)
class HttpSource:
    """Fetches from `{base}/ipfs/{cid}?format=raw` (layout "gateway") or `{base}/{cid}` ("plain").

    `max_bytes` bounds one file; `timeout` is in seconds for connecting and for each wait between pieces.
    """

    base: str
    layout: Literal["gateway", "plain"] = "gateway"
    max_bytes: int = 8 << 30
    timeout: float = 20.0

    def __post_init__(self) -> None:
        try:
            url = httpx.URL(self.base)
        except httpx.InvalidURL as error:
            raise ValueError(f"{self.base!r} is no source: {error}") from error
        if url.scheme not in {"http", "https"} or not url.host:
            raise ValueError(f"{self.base!r} is no source: its URL must begin with http:// or https:// and name a host")

    def chunks(self, cid: Cid) -> Iterator[bytes]:
        headers = {
            "Accept": "application/vnd.ipld.raw, application/octet-stream",
            "Accept-Encoding": "identity",
        }
        try:
            with httpx.stream(
                "GET", self._url(cid), headers=headers, timeout=self.timeout, follow_redirects=True
            ) as response:
                self._refuse(cid, response)
                yield from self._bounded(response)
        except httpx.HTTPError as error:
            raise SourceFailed(f"{self.base}: {error or type(error).__name__}") from error

    def _url(self, cid: Cid) -> str:
        base = self.base.rstrip("/")
        return f"{base}/ipfs/{cid}?format=raw" if self.layout == "gateway" else f"{base}/{cid}"

    def _refuse(self, cid: Cid, response: httpx.Response) -> None:
        if response.status_code in GONE:
            raise ContentMissing(cid, self.base)
        if response.status_code != httpx.codes.OK:
            raise SourceFailed(f"{self.base}: answered {response.status_code} for {cid}")

    def _bounded(self, response: httpx.Response) -> Iterator[bytes]:
        received = 0
        for chunk in response.iter_bytes(CHUNK):
            received += len(chunk)
            if received > self.max_bytes:
                raise SourceFailed(f"{self.base}: sent more than {self.max_bytes} bytes")
            yield chunk
