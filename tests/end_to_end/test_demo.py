"""The demo, as a newcomer runs it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.loopback_only import NOT_PERMITTED

ROOT = Path(__file__).resolve().parent.parent.parent
CAGE = [sys.executable, str(ROOT / "tests" / "end_to_end" / "loopback_only.py")]
ELSEWHERE = "import socket; socket.create_connection(('192.0.2.1', 9), 5)"


def command(home: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "stack", "demo", "--home", str(home), *options]


def processes_under(home: Path) -> list[str]:
    """Those that know of the home folder: what the demo starts has it in its environment, Anvil its log."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
                log = str((entry / "fd" / "1").readlink())
            except OSError:
                continue
            if str(home).encode() in told or log.startswith(str(home)):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@dataclass(frozen=True)
class Told:
    """The demo's run; `alone`: every connection but those of the loopback interface was refused by the kernel."""

    run: subprocess.CompletedProcess[str]
    home: Path
    alone: bool


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    home = tmp_path_factory.mktemp("demo") / "home"
    alone = subprocess.run([*CAGE, "true"], check=False).returncode != NOT_PERMITTED
    told = [*(CAGE if alone else []), *command(home)]
    return Told(subprocess.run(told, cwd=ROOT, capture_output=True, text=True, check=False), home, alone)


def test_the_story_is_told_to_its_end(told: Told) -> None:
    assert told.run.returncode == 0, told.run.stdout[-3000:] + told.run.stderr
    table = told.run.stdout.rpartition("what happened")[2]
    assert "3 proposals executed" in table
    assert "384 numbers each, cosine 0.65" in table
    assert "7 jobs, 3 proposals, 10 accounts, as the chain says" in table
    assert "input refused by rule 3 at token 3" in told.run.stdout
    assert told.run.stdout.count("is verified, as of block") == 4


def test_a_changed_token_is_found(told: Told) -> None:
    assert "differs output: at token 5 of 8: posted 4528, here 7042; position 41, after the layers" in told.run.stdout
    assert told.run.stdout.count("is NOT as it must be") == 1


def test_the_cheat_is_convicted_and_the_client_made_whole(told: Told) -> None:
    assert "InferenceDispute: token 5 was not the one to choose" in told.run.stdout
    assert "operator2 lost 1.00, the watcher got 0.30" in told.run.stdout.rpartition("what happened")[2]


def test_it_leaves_nothing_running_and_nothing_behind(told: Told) -> None:
    assert processes_under(told.home) == []
    assert [entry.name for entry in told.home.iterdir()] == ["stack.lock"]


def test_I_9_it_needs_no_connection_to_anywhere(told: Told) -> None:  # noqa: N802
    if not told.alone:
        pytest.skip("this kernel lets nobody make a network of their own")
    outside = subprocess.run([*CAGE, sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, check=False)
    assert "unreachable" in outside.stderr, "the cage has a hole"
    assert told.run.returncode == 0


def test_a_port_that_is_taken_is_named_with_its_holder(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        taken = command(tmp_path / "home", "--indexer-port", str(port))
        run = subprocess.run(taken, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert f"port {port}, wanted for the indexer, is taken by" in run.stderr
    assert f"(pid {os.getpid()})" in run.stderr
    assert "Traceback" not in run.stderr


def begun(home: Path) -> subprocess.Popen[str]:
    """A demo that is about to deploy. It heeds Ctrl-C also when a script in the background started these tests."""
    heeding = ["env", "--default-signal=INT", *command(home)]
    demo = subprocess.Popen(heeding, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert demo.stdout is not None
    assert any("JobEscrow at" in line for line in demo.stdout), "it ended before it deployed"
    assert processes_under(home)
    return demo


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_interrupted_it_stops_what_it_started(tmp_path: Path, number: int) -> None:
    demo = begun(tmp_path / "home")
    demo.send_signal(number)
    demo.communicate(timeout=60)
    assert demo.returncode != 0
    assert processes_under(tmp_path / "home") == []


def test_killed_it_is_cleaned_up_by_a_later_command(tmp_path: Path) -> None:
    demo = begun(tmp_path / "home")
    demo.kill()
    demo.communicate()
    assert processes_under(tmp_path / "home")
    subprocess.run([sys.executable, "-m", "stack", "down", "--home", str(tmp_path / "home")], cwd=ROOT, check=True)
    assert processes_under(tmp_path / "home") == []
