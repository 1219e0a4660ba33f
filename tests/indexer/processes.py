"""The indexer as its users run it: a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from protocol import deployment
from tests.chain import World, free_port

START_SECONDS = 60.0
END_SECONDS = 15.0


def environment_of(world: World, database_url: str, **changes: object) -> dict[str, str]:
    """What `python -m indexer` is told; `changes` are settings of the indexer."""
    deployment.save(world.home, world.deployment)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COMMONHOLD_")}
    given = {"database_url": database_url, "poll_seconds": 0.02, **changes}
    return {
        **kept,
        "COMMONHOLD_HOME": str(world.home),
        "COMMONHOLD_RPC_URL": world.url,
        **{f"COMMONHOLD_INDEXER_{name.upper()}": str(value) for name, value in given.items()},
    }


def run_indexer(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "indexer", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=START_SECONDS, check=False)


class Running:
    """`python -m indexer run` or `serve`, its log, and its answers."""

    def __init__(self, environment: dict[str, str], log: Path, verb: str = "run") -> None:
        self.port = free_port()
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "indexer", verb],
                env={**environment, "COMMONHOLD_INDEXER_PORT": str(self.port)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def ask(self, path: str) -> httpx.Response | None:
        """None while nothing listens."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=5, trust_env=False)
        except httpx.HTTPError:
            return None

    def data(self, path: str) -> Any:
        answer = self.ask(path)
        assert answer is not None
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until the condition holds while the process lives."""
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            assert self.process.poll() is None, f"the indexer ended: {self.log.read_text()[-3000:]}"
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.005)

    def wait_for_block(self, number: int) -> None:
        """Until it is ready, and has applied that block."""
        self.wait(lambda: self._ready_at() >= number)

    def _ready_at(self) -> int:
        answer = self.ask("/ready")
        return answer.json()["block"] if answer is not None and answer.status_code == 200 else -1

    def kill(self) -> None:
        """As a power cut would."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        """As `make down` would; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=END_SECONDS)
