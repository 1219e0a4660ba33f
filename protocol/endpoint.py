"""One JSON-RPC endpoint."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from protocol.errors import CommonholdError


class RpcError(CommonholdError):
    """The node answered with an error. `data` is as it came."""

    def __init__(self, method: str, code: int, message: str, data: Any = None) -> None:
        super().__init__(f"{method}: {message} (code {code})")
        self.method, self.code, self.message, self.data = method, code, message, data

    @property
    def revert_data(self) -> bytes | None:
        """What the contract that refused returned; `None` when it is no refusal of a contract."""
        data = self.data.get("data") if isinstance(self.data, dict) else self.data
        if isinstance(data, str) and data.startswith("0x"):
            return bytes.fromhex(data[2:])
        return b"" if self.code == 3 or "revert" in self.message.lower() else None


class Endpoint:
    """One URL. Raises `httpx.HTTPError` for whatever is not an answer."""

    def __init__(self, url: str, timeout: float) -> None:
        self.url = url
        self.chain_id: int | None = None
        self._client = httpx.Client(timeout=timeout, trust_env=not _is_loopback(url))
        self._ids = itertools.count(1)

    @property
    def shown(self) -> str:
        """The URL without what may be secret in it: user, password, path and query."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")

    def close(self) -> None:
        self._client.close()

    def request(self, method: str, params: Sequence[Any]) -> Any:
        asked = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        response = self._client.post(self.url, json=asked)
        try:
            reply = response.json()
        except ValueError as error:
            raise httpx.HTTPError(f"status {response.status_code}, and no JSON") from error
        if not isinstance(reply, dict) or not ("result" in reply or isinstance(reply.get("error"), dict)):
            raise httpx.HTTPError(f"status {response.status_code}, and no JSON-RPC")
        if "error" in reply and reply["error"] is not None:
            refusal = reply["error"]
            raise RpcError(method, refusal.get("code", 0), str(refusal.get("message", "")), refusal.get("data"))
        return reply["result"]


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
