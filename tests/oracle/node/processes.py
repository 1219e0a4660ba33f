"""The operator as its users run it: a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from oracle.store import Store
from protocol.cast import CAST
from tests.chain import World

STARTED = re.compile(r'"health": "(http://[^"]+)"')
START_SECONDS = 60.0
END_SECONDS = 20.0


def environment_of(world: World, store: Store, **changes: object) -> dict[str, str]:
    """What `python -m oracle` is told; `changes` are settings of the operator."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COMMONHOLD_")}
    given = {"store": store.root, "device": "cpu", "poll_seconds": 0.02, "margin_seconds": 2, "threads": 1, **changes}
    return {
        **kept,
        "COMMONHOLD_HOME": str(world.home),
        "COMMONHOLD_RPC_URL": world.url,
        "COMMONHOLD_PRIVATE_KEY": CAST["operator"].key,
        **{f"COMMONHOLD_ORACLE_{name.upper()}": str(value) for name, value in given.items()},
    }


def run_oracle(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "oracle", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=START_SECONDS, check=False)


class Running:
    """`python -m oracle run`, its log, and its health. It listens on a port of its choice, which its log tells."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "oracle", "run"],
                env={**environment, "COMMONHOLD_ORACLE_PORT": "0"},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def health(self) -> dict[str, Any]:
        """What /health says with the HTTP status as `http`; empty while nothing listens."""
        started = STARTED.search(self.log.read_text())
        if started is None:
            return {}
        try:
            answer = httpx.get(started[1], timeout=5, trust_env=False)
        except httpx.HTTPError:
            return {}
        return {**answer.json(), "http": answer.status_code}

    def metrics(self) -> str:
        started = STARTED.search(self.log.read_text())
        assert started is not None, "it does not listen yet"
        return httpx.get(started[1].replace("/health", "/metrics"), timeout=5, trust_env=False).text

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until the condition holds while the process lives."""
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            assert self.process.poll() is None, f"the operator ended: {self.log.read_text()[-3000:]}"
            assert time.monotonic() < deadline, f"{self.health()}: {self.log.read_text()[-3000:]}"
            time.sleep(0.01)

    def wait_well(self) -> None:
        self.wait(lambda: self.health().get("status") == "well")

    def kill(self) -> None:
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        """As `make down` would; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=END_SECONDS)


class Processes:
    """Starts operators, and kills those that a failing test leaves behind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[Running] = []

    def start(self, environment: dict[str, str]) -> Running:
        running = Running(environment, self._folder / f"operator-{len(self._started)}.log")
        self._started.append(running)
        return running

    def logs(self) -> str:
        return "".join(running.log.read_text() for running in self._started)

    def close(self) -> None:
        for running in self._started:
            running.kill()
