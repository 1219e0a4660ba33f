"""One GET to an address that a stranger chose: of a public host alone, for a few seconds, of a few bytes, whatever the
other side does."""

from __future__ import annotations

import ipaddress
import socket
import threading
from urllib.parse import urlsplit

import httpx


class Silent(Exception):
    """No answer, or none that proves itself; the message says why."""


def fetch(url: str, *, public: bool, patience: float, most_bytes: int) -> bytes:
    """The body. `public`: refuses hosts that are not. Raises `Silent`, also after `patience` seconds in all: then the
    connection is closed, and a thread that still hangs in it is left behind."""
    answer = _Answer(url, public=public, patience=patience, most_bytes=most_bytes)
    thread = threading.Thread(target=answer.get, name="asking", daemon=True)
    thread.start()
    thread.join(patience)
    if thread.is_alive():
        answer.close()
        raise Silent(f"no answer within {patience:g} s")
    if answer.body is None:
        raise Silent(answer.why)
    return answer.body


class _Answer:
    def __init__(self, url: str, *, public: bool, patience: float, most_bytes: int) -> None:
        self._url, self._public, self._most_bytes = url, public, most_bytes
        self._client = httpx.Client(timeout=patience, follow_redirects=False, trust_env=False)
        self.body: bytes | None = None
        self.why = "no answer"

    def get(self) -> None:
        """Leaves `body`, or `why` there is none."""
        try:
            self.body = self._got()
        except Exception as error:  # of whatever library: it is told, and the other side's
            self.why = f"{type(error).__name__}: {error}"[:200]
        finally:
            self.close()

    def close(self) -> None:
        self._client.close()

    def _got(self) -> bytes:
        url, headers, extensions = _addressed(self._url, public=self._public)
        content = bytearray()
        with self._client.stream("GET", url, headers=headers, extensions=extensions) as response:
            if response.status_code != httpx.codes.OK:
                raise Silent(f"it answered {response.status_code}")
            for piece in response.iter_raw():
                content += piece
                if len(content) > self._most_bytes:
                    raise Silent(f"more than {self._most_bytes} bytes")
        return bytes(content)


def _addressed(url: str, *, public: bool) -> tuple[httpx.URL, dict[str, str], dict[str, str]]:
    """The URL with the host's address in place of its name, which is looked up once; and what says the name."""
    parts = urlsplit(url)
    odd = parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in {"http", "https"} or not parts.hostname or not url.isascii() or odd:
        raise Silent(f"{url[:100]!r} is no address to ask")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = str(socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)[0][4][0])
    if public and not is_public(address):
        raise Silent(f"{parts.hostname[:100]!r} is no public host")
    return httpx.URL(url).copy_with(host=address), {"Host": parts.netloc}, {"sni_hostname": parts.hostname}


PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
TUNNELS = (ipaddress.IPv6Network("2001::/23"), ipaddress.IPv6Network("2002::/16"))
"""Parts of it that lead to addresses of version 4, or to nowhere."""


def is_public(text: str) -> bool:
    """Whether an address is one that anybody can be reached at: never of one's own network, by no way round."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        return address in PUBLIC_6 and not any(address in tunnel for tunnel in TUNNELS) and address.is_global
    return address.is_global and not address.is_multicast
