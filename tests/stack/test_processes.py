"""Processes are stopped by identity, never by a number that another may carry by now."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stack import ports, processes, state
from stack.processes import Process
from stack.waiting import NeverReady, wait_for

SLEEPER = [sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal as s; s.signal(s.SIGTERM, s.SIG_IGN); print('up', flush=True)\nwhile True: s.pause()",
]


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Process]:
    process = processes.start("sleeper", SLEEPER, tmp_path / "log", os.environ)
    yield process
    processes.stop(process)


def is_up(log: Path) -> bool:
    return log.exists() and "up" in log.read_text()


def test_a_process_is_stopped_once(sleeper: Process) -> None:
    assert sleeper.is_alive
    assert processes.stop(sleeper)
    assert not sleeper.is_alive
    assert not processes.stop(sleeper)


def test_a_process_that_ignores_the_request_is_ended_by_force(tmp_path: Path) -> None:
    process = processes.start("stubborn", STUBBORN, tmp_path / "log", os.environ)
    wait_for(process, lambda: is_up(tmp_path / "log"), tmp_path / "log", timeout=30)
    assert processes.stop(process, grace=0.1)
    assert not process.is_alive


@pytest.mark.parametrize("other", [{"start_ticks": 1}, {"boot": "an earlier boot"}])
def test_a_reused_pid_is_left_alone(sleeper: Process, other: dict[str, object]) -> None:
    predecessor = replace(sleeper, **other)
    assert not processes.stop(predecessor)
    assert sleeper.is_alive


def test_a_process_that_ends_at_start_is_reported_with_its_last_words(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = processes.start("oracle", [sys.executable, "-c", "raise SystemExit('no key')"], log, os.environ)
    with pytest.raises(NeverReady, match=r"oracle ended at start(.|\n)*no key"):
        wait_for(process, lambda: False, log, timeout=30)
    processes.stop(process)


def test_a_process_that_is_never_healthy_is_reported(sleeper: Process, tmp_path: Path) -> None:
    with pytest.raises(NeverReady, match="sleeper was not healthy within 0 s"):
        wait_for(sleeper, lambda: False, tmp_path / "log", timeout=0.2)


def test_a_taken_port_is_refused_and_its_holder_named() -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(ports.PortTaken, match=rf"port {port}.*chain.*pid {os.getpid()}.*--port"):
            ports.choose(port, "chain", "--port")


def test_port_zero_means_any_free_one() -> None:
    assert ports.choose(0, "chain", "--port") > 0


def test_the_state_survives_a_round_trip(sleeper: Process, tmp_path: Path) -> None:
    before = state.StackState().with_process(sleeper, "http://127.0.0.1:1")
    state.save(tmp_path / "stack.json", before)
    assert state.load(tmp_path / "stack.json") == before
    assert before.is_running


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", json.dumps({"format": 99}), '{"format": 1, "processes": [{}], "urls": {}}']
)
def test_a_damaged_state_is_named_and_not_guessed_at(tmp_path: Path, content: str) -> None:
    path = tmp_path / "stack.json"
    path.write_text(content)
    with pytest.raises(state.StateUnreadable, match=r"stack\.json"):
        state.load(path)


def test_two_commands_never_work_on_one_stack_at_once(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with state.exclusively(lock), pytest.raises(state.StackBusy, match="lock"), state.exclusively(lock):
        pass
