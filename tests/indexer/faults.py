"""A node with faults: a proxy in front of a good one that spoils answers as a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

Asked = dict[str, Any]
Spoil = Callable[[Asked, Callable[[Asked], Any]], Any]
"""Given a call and the way to the good node: the answer, or an `HttpFault`."""


class HttpFault(Exception):
    """The node answers with this status and no JSON; with status 0 it hangs up."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


@dataclass
class FaultyNode:
    """`spoil` can be changed at any time; `None`: nothing is wrong. `asked`: the methods, in order."""

    url: str
    spoil: Spoil | None = None
    asked: list[Asked] = field(default_factory=list)

    def spans(self) -> list[int]:
        """How many blocks each range of logs was that was asked for."""
        spans = [call["params"][0] for call in self.asked if call["method"] == "eth_getLogs"]
        return [int(span["toBlock"], 16) - int(span["fromBlock"], 16) + 1 for span in spans if "toBlock" in span]


def refusal(call: Asked, message: str, code: int = -32_005) -> Any:
    return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": code, "message": message}}


@contextmanager
def faulty_node(good: str) -> Iterator[FaultyNode]:
    """In front of the node at URL `good`."""
    with httpx.Client(trust_env=False, timeout=30) as client, ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.node = FaultyNode(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
        server.pass_on = lambda call: client.post(good, json=call).json()  # type: ignore[attr-defined]
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.node  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Any

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            answer = [self._answer(call) for call in body] if isinstance(body, list) else self._answer(body)
        except HttpFault as fault:
            self._say(fault.status, b"no JSON") if fault.status else self._hang_up()
            return
        self._say(200, json.dumps(answer).encode())

    def _answer(self, call: Asked) -> Any:
        node: FaultyNode = self.server.node
        node.asked.append(call)
        return node.spoil(call, self.server.pass_on) if node.spoil else self.server.pass_on(call)

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: Any) -> None:
        """Nothing: the tests say what matters."""
