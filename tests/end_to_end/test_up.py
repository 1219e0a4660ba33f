"""`make up` and `make down`, and what people do with the stack in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from stack.local import LocalStack

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Up:
    """A stack that was started by the command."""

    home: Path
    said: str

    def stack(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "stack", *arguments, "--home", str(self.home)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    def up(self) -> subprocess.CompletedProcess[str]:
        return self.stack("up", "--chain-port", "0", "--operator-port", "0", "--indexer-port", "0")

    @property
    def urls(self) -> dict[str, str]:
        return LocalStack(self.home).state.urls

    def ape(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A script as people run it, told of the stack by the lines that `up` printed."""
        exports = [line for line in self.said.splitlines() if line.startswith((". stack/env", "export "))]
        script = "\n".join([*exports, 'exec ape run "$@"'])
        command = ["bash", "-c", script, "ape", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    home = tmp_path_factory.mktemp("up") / "home"
    run = Up(home, "").up()
    assert run.returncode == 0, run.stdout + run.stderr
    yield Up(home, run.stdout)
    Up(home, "").stack("down")


def test_it_prints_where_everything_is(up: Up) -> None:
    for name in ("chain", "operator", "indexer"):
        assert up.urls[name] in up.said
    assert "JobEscrow at 0x" in up.said
    assert httpx.get(up.urls["operator"] + "/health", trust_env=False).json()["status"] == "well"
    assert httpx.get(up.urls["indexer"] + "/ready", trust_env=False).is_success


def test_a_second_up_starts_nothing(up: Up) -> None:
    before = LocalStack(up.home).state
    run = up.up()
    assert run.returncode == 0
    assert "runs already" in run.stdout
    assert LocalStack(up.home).state == before


def test_ape_runs_a_job_on_it(up: Up) -> None:
    run = up.ape("submit_job", "What is the capital of France?", "--wait")
    assert run.returncode == 0, run.stderr
    assert "posted" in run.stdout
    job = run.stdout.split("submitted job ")[1].split()[0]
    settled = up.ape("settle_job", job, "--travel")
    assert settled.returncode == 0, settled.stderr
    assert "settled" in up.ape("status", job).stdout


def test_ape_says_what_is_wrong_in_one_line(up: Up) -> None:
    run = up.ape("settle_job", "0x" + "11" * 32)
    assert run.returncode != 0
    assert "Traceback" not in run.stderr
    assert "knows no job 0x1111" in run.stderr


def test_a_stack_that_is_not_whole_is_started_anew(up: Up) -> None:
    [operator] = [process for process in LocalStack(up.home).state.processes if process.name == "operator"]
    os.kill(operator.pid, signal.SIGKILL)
    assert up.stack("status").returncode == 1
    assert "NOT RUNNING" in up.stack("status").stdout
    run = up.up()
    assert run.returncode == 0, run.stdout + run.stderr
    assert "stopped the chain of a stack that was not whole any more" in run.stdout
    assert up.stack("status").returncode == 0


def test_down_stops_exactly_what_up_started(up: Up) -> None:
    urls = up.urls
    assert up.stack("down").stdout == "stopped indexer, operator, chain\n"
    for url in urls.values():
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)
    assert up.stack("down").stdout == "nothing was running\n"
    assert up.stack("status").returncode == 1
