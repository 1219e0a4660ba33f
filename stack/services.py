"""The processes of a local stack: what starts each, and how it says that it is well."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from stack.ports import LOOPBACK

ROOT = Path(__file__).resolve().parent.parent
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
PROBE_SECONDS = 2.0

IsReady = Callable[[], bool]


class ToolMissing(RuntimeError):
    """A program that set-up installs is not there."""


@dataclass(frozen=True, slots=True)
class Service:
    """One process. `patience` is how long it may take to be ready, in seconds."""

    name: str
    command: tuple[str, ...]
    url: str
    is_ready: IsReady
    patience: float
    environment: Mapping[str, str]


def chain(port: int) -> Service:
    """Anvil with the ten known accounts, a block for each transaction, and blocks final after two more."""
    url = f"http://{LOOPBACK}:{port}"
    options = ("--host", LOOPBACK, "--port", str(port), "--slots-in-an-epoch", "1")
    return Service("chain", (str(anvil()), *options), url, lambda: _answers_rpc(url), 30, os.environ)


def operator(port: int, environment: Mapping[str, str]) -> Service:
    url = f"http://{LOOPBACK}:{port}"
    command = (sys.executable, "-m", "oracle", "run")
    return Service("operator", command, url, lambda: _is_ok(f"{url}/health"), 90, environment)


def watcher(port: int, environment: Mapping[str, str]) -> Service:
    url = f"http://{LOOPBACK}:{port}"
    command = (sys.executable, "-m", "oracle", "watch")
    return Service("watcher", command, url, lambda: _is_ok(f"{url}/health"), 90, environment)


def indexer(port: int, environment: Mapping[str, str]) -> Service:
    url = f"http://{LOOPBACK}:{port}"
    command = (sys.executable, "-m", "indexer", "run")
    return Service("indexer", command, url, lambda: _is_ok(f"{url}/ready"), 60, environment)


def anvil() -> Path:
    """Anvil as the npm package carries it. Raises `ToolMissing`."""
    machine = MACHINES.get(platform.machine(), platform.machine())
    program = ROOT / "node_modules" / "@foundry-rs" / f"anvil-linux-{machine}" / "bin" / "anvil"
    if not program.exists():
        raise ToolMissing(f"{program.relative_to(ROOT)} is missing: run `make setup`")
    return program


def _answers_rpc(url: str) -> bool:
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    try:
        return "result" in httpx.post(url, json=request, timeout=PROBE_SECONDS, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return False


def _is_ok(url: str) -> bool:
    try:
        return httpx.get(url, timeout=PROBE_SECONDS, trust_env=False).is_success
    except httpx.HTTPError:
        return False
