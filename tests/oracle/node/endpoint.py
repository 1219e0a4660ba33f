"""An endpoint between an operator and its node, which can fall silent or behind."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx


class Endpoint:
    """Hands every question on. `silent`: hangs up instead. `stuck_at`: answers as if this block were the newest."""

    def __init__(self, node_url: str) -> None:
        self.silent = False
        self.stuck_at: int | None = None
        self._node = httpx.Client(base_url=node_url, trust_env=False, timeout=30)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        known = self.stuck_at
        if known is not None:
            question = {**question, "params": [_as_of(known, item) for item in question["params"]]}
        answer: dict[str, Any] = self._node.post("/", json=question).json()
        if known is not None and question["method"] == "eth_blockNumber":
            return {**answer, "result": hex(known)}
        return {**answer, "result": None} if known is not None and _is_later(answer.get("result"), known) else answer

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._node.close()


@contextmanager
def endpoint_of(node_url: str) -> Iterator[Endpoint]:
    endpoint = Endpoint(node_url)
    yield endpoint
    endpoint.close()


def _as_of(known: int, item: Any) -> Any:
    if isinstance(item, dict) and "toBlock" in item:
        return {**item, "toBlock": hex(min(int(item["toBlock"], 16), known))}
    return hex(known) if item in ("latest", "pending") else item


def _is_later(result: Any, known: int) -> bool:
    """Whether a block or a receipt is of a block that is not known yet."""
    number = (result.get("number") or result.get("blockNumber")) if isinstance(result, dict) else None
    return number is not None and int(number, 16) > known


def _handler(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if endpoint.silent:
                self.close_connection = True
                return
            content = json.dumps(endpoint.answer(question)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Nobody reads it."""

    return Handler
