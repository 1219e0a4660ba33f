"""Somebody whom nobody knows: verifies jobs, and watches, with a home folder and a store of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from protocol.cast import CAST
from protocol.types import JobId
from stack import services
from stack.bring_up import CHAIN_ID, Ports
from stack.local import LocalStack
from stack.ports import choose
from stack.verbs import Say


class Stranger:
    """Knows the public deployment file, an RPC endpoint, and where models can be fetched by their content address."""

    def __init__(self, home: Path, ports: Ports, say: Say) -> None:
        self._home = home / "stranger"
        (self._home / "deployments").mkdir(parents=True, exist_ok=True)
        shutil.copy(home / "deployments" / f"{CHAIN_ID}.json", self._home / "deployments")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COMMONHOLD_")}
        self._environment = {
            **kept,
            "COMMONHOLD_HOME": str(self._home),
            "COMMONHOLD_RPC_URL": f"http://127.0.0.1:{ports.chain}",
            "COMMONHOLD_ORACLE_SOURCES": str(home / "store"),
        }
        self._say = say

    def watches(self, stack: LocalStack) -> None:
        """Starts `python -m oracle watch` with the key of the cast's watcher."""
        port = choose(0, "watcher", "--watcher-port")
        named = {"COMMONHOLD_PRIVATE_KEY": CAST["watcher"].key, "COMMONHOLD_ORACLE_PORT": str(port)}
        self._say("$ python -m oracle watch")
        stack.start(services.watcher(port, {**self._environment, **named}))

    def verifies(self, job: JobId) -> int:
        """Runs `python -m oracle verify`; its exit code: 0, 1 or 2."""
        command = [sys.executable, "-m", "oracle", "verify", "0x" + job.hex()]
        self._say(f"$ python -m oracle verify 0x{job.hex()}")
        run = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        for line in (run.stdout + run.stderr).splitlines():
            self._say(line)
        return run.returncode
