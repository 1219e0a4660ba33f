"""A real HTTP server on loopback that serves what a test tells it to, faults included."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Respond = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(respond: Respond) -> Iterator[str]:
    """The URL of a server that answers every GET by `respond`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            respond(self)

        def log_message(self, *_: object) -> None:
            """Tests read no access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def files(content: dict[str, bytes]) -> Respond:
    """Serves bytes by path, else 404."""

    def respond(request: BaseHTTPRequestHandler) -> None:
        body = content.get(request.path)
        request.send_response(404 if body is None else 200)
        request.send_header("Content-Length", str(len(body or b"")))
        request.end_headers()
        request.wfile.write(body or b"")

    return respond


def status(code: int) -> Respond:
    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return respond


def cut_short(body: bytes) -> Respond:
    """Promises twice the bytes that come."""

    def respond(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(2 * len(body)))
        request.end_headers()
        request.wfile.write(body)

    return respond


def silent_until(released: threading.Event) -> Respond:
    """Takes the request and says nothing."""

    def respond(request: BaseHTTPRequestHandler) -> None:
        released.wait(30)

    return respond
