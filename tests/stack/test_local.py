"""A stack that was started can be found and stopped by another command, whatever happened in between."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from stack import ports, services
from stack.local import LocalStack
from stack.services import Service
from stack.waiting import NeverReady


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    stack = LocalStack(tmp_path)
    yield stack
    stack.stop()


@pytest.fixture
def chain() -> Service:
    return services.chain(ports.choose(0, "chain", "--port"))


def refuses_connections(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((ports.LOOPBACK, httpx.URL(url).port or 0)) != 0


def test_a_started_chain_answers_and_a_later_command_stops_it(stack: LocalStack, chain: Service) -> None:
    stack.start(chain)
    assert chain.is_ready()
    later = LocalStack(stack.home)
    assert later.state.is_running
    assert [process.name for process in later.stop()] == ["chain"]
    assert refuses_connections(chain.url)
    assert not later.state.processes


def test_a_stack_whose_process_died_is_seen_as_stale(stack: LocalStack, chain: Service) -> None:
    process = stack.start(chain)
    os.kill(process.pid, signal.SIGKILL)
    os.waitpid(process.pid, 0)
    assert not stack.state.is_running
    assert stack.state.alive == ()
    assert stack.stop() == []


def test_a_service_that_fails_at_start_is_written_down_so_that_it_can_be_cleaned_up(
    stack: LocalStack, chain: Service
) -> None:
    deaf = replace(chain, is_ready=lambda: False, patience=0.2)
    with pytest.raises(NeverReady, match="chain was not healthy"):
        stack.start(deaf)
    assert [process.name for process in stack.stop()] == ["chain"]


def test_stopping_a_stack_that_never_was_does_nothing(stack: LocalStack) -> None:
    assert stack.stop() == []


def test_a_program_that_is_missing_is_named(stack: LocalStack, chain: Service) -> None:
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        stack.start(replace(chain, command=("no-such-program",)))
    assert not stack.state.processes


def test_the_log_holds_what_the_service_said(stack: LocalStack, chain: Service) -> None:
    talker = replace(chain, command=(sys.executable, "-c", "print('hello'); import signal; signal.pause()"))
    with pytest.raises(NeverReady):
        stack.start(replace(talker, is_ready=lambda: False, patience=0.5))
    assert "hello" in stack.log_of("chain").read_text()
