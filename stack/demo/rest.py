"""What a client of the indexer sees."""

from __future__ import annotations

import time
from typing import Any

import httpx

PATIENCE = 30.0


class Rest:
    """Reads the indexer at `url`."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=10, trust_env=False)

    def data(self, path: str) -> Any:
        """The answer's `data`. Raises `httpx.HTTPStatusError`."""
        answer = self._client.get(path)
        answer.raise_for_status()
        return answer.json()["data"]

    def wait_for_block(self, number: int) -> None:
        """Returns once the indexer has followed the chain to a block. Raises `TimeoutError`."""
        until = time.monotonic() + PATIENCE
        while (applied := self.data("/status")["applied"]) < number:
            if time.monotonic() > until:
                raise TimeoutError(f"the indexer is at block {applied}, the chain at {number}")
            time.sleep(0.05)

    def close(self) -> None:
        self._client.close()
