"""How the operator is, as `/health` says it, and the small server that says it beside `/metrics`.

| status | HTTP | meaning |
| --- | --- | --- |
| starting | 503 | not yet at the chain's head, or still loading its first model |
| well | 200 | the last round went through, and there is a model to serve |
| failing | 503 | `fault` says what does not work; the loop goes on trying |
| stopping | 503 | told to end |
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest


class Status(StrEnum):
    STARTING = "starting"
    WELL = "well"
    FAILING = "failing"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Report:
    """What the last good round saw. Times in seconds, amounts in units of the asset."""

    operator: str
    chain_id: int
    block: int
    chain_time: int
    accepting: bool
    why_not: str = ""
    free: int = 0
    models: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, int] = field(default_factory=dict)


class Health:
    """Written by the loop, read by the server."""

    def __init__(self, stale_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._stale_seconds = clock, stale_seconds
        self._status, self._fault = Status.STARTING, ""
        self._report: dict[str, Any] = {}
        self._good_at = clock()
        self._lock = threading.Lock()

    def good(self, report: Report, ready: bool) -> None:
        """A round went through; `ready`: there is a model to serve with."""
        with self._lock:
            self._good_at, self._fault = self._clock(), ""
            self._report = {name: getattr(report, name) for name in Report.__dataclass_fields__}
            if self._status is not Status.STOPPING:
                self._status = Status.WELL if ready else Status.STARTING

    def bad(self, fault: str) -> None:
        with self._lock:
            if self._status is not Status.STOPPING:
                self._status, self._fault = Status.FAILING, fault

    def stopping(self) -> None:
        with self._lock:
            self._status = Status.STOPPING

    def read(self) -> tuple[HTTPStatus, dict[str, Any]]:
        """The HTTP status, and the body."""
        with self._lock:
            age = self._clock() - self._good_at
            status, fault = self._status, self._fault
            if status is Status.WELL and age > self._stale_seconds:
                status, fault = Status.FAILING, f"no good round for {age:.0f} s"
            body = {"status": status, "fault": fault, "last_good_round": round(age, 3), **self._report}
        return (HTTPStatus.OK if status is Status.WELL else HTTPStatus.SERVICE_UNAVAILABLE), body


Pages = Mapping[str, Callable[[str], tuple[HTTPStatus, dict[str, Any]]]]
"""By the first word of a path: what is answered to the rest of it."""


class HealthServer:
    """Serves GET /health, /metrics and `pages` from threads. Raises `OSError` when the port is taken."""

    def __init__(
        self, host: str, port: int, health: Health, registry: CollectorRegistry, pages: Pages = MappingProxyType({})
    ) -> None:
        self._server = ThreadingHTTPServer((host, port), _handler(health, registry, pages))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(health: Health, registry: CollectorRegistry, pages: Pages) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            match self.path.split("?")[0]:
                case "/health":
                    status, body = health.read()
                    self._answer(status, "application/json", json.dumps(body).encode() + b"\n")
                case "/metrics":
                    self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(registry))
                case path if (first := path.split("/")[1]) in pages:
                    status, body = pages[first](path.removeprefix(f"/{first}").removeprefix("/"))
                    self._answer(status, "application/json", json.dumps(body).encode() + b"\n")
                case path:
                    text = f"there is no {path[:100]!r} here: /health and /metrics\n"
                    self._answer(HTTPStatus.NOT_FOUND, "text/plain", text.encode())

        def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Probes come every few seconds: not worth a line."""

    return Handler
