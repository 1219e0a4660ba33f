"""`python -m stack`: a local stack that stays up, and the demo, which has one of its own."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import click

from protocol.errors import CommonholdError
from stack import bring_up
from stack.bring_up import Ports
from stack.demo.story import StepFailed, tell
from stack.local import LocalStack
from stack.ports import PortTaken
from stack.services import ROOT, ToolMissing
from stack.state import StackBusy, StateUnreadable
from stack.verbs import VerbFailed
from stack.waiting import NeverReady

HOME = ROOT / ".commonhold"
FAULTS = (CommonholdError, NeverReady, PortTaken, StackBusy, StateUnreadable, StepFailed, ToolMissing, VerbFailed)

home_option = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=HOME,
    show_default=True,
    help="Folder of the stack.",
)


def ports_options(*defaults: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for name, default in reversed(list(zip(("chain", "operator", "indexer"), defaults, strict=True))):
            command = click.option(
                f"--{name}-port",
                type=click.IntRange(0, 65_535),
                default=default,
                show_default=True,
                help="0: any free one.",
            )(command)
        return command

    return decorate


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A local stack: chain, contracts, operator, indexer."""


@main.command()
@home_option
@ports_options(8545, 8547, 8548)
def up(home: Path, chain_port: int, operator_port: int, indexer_port: int) -> None:
    """Start the stack, and leave it running."""
    stack = LocalStack(home)
    with stack.exclusively():
        if stack.state.is_running:
            click.echo("the stack runs already; `make down` stops it")
        else:
            for process in stack.stop():
                click.echo(f"stopped the {process.name} of a stack that was not whole any more")
            _start(stack, Ports(chain_port, operator_port, indexer_port).chosen())
        _show(stack)


@main.command()
@home_option
def down(home: Path) -> None:
    """Stop what `up` started, and nothing else."""
    stack = LocalStack(home)
    with stack.exclusively():
        stopped = stack.stop()
    click.echo("stopped " + ", ".join(process.name for process in stopped) if stopped else "nothing was running")


@main.command()
@home_option
def status(home: Path) -> None:
    """Say what runs. Exit code 1: not everything."""
    stack = LocalStack(home)
    _show(stack)
    raise SystemExit(0 if stack.state.is_running else 1)


@main.command()
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=HOME / "demo",
    show_default=True,
    help="Folder of the demo's own stack; emptied at its begin, and left if it fails.",
)
@ports_options(0, 0, 0)
def demo(home: Path, chain_port: int, operator_port: int, indexer_port: int) -> None:
    """Tell the whole story on a stack of its own, and stop it."""
    stack = LocalStack(home)
    with stack.exclusively(), ExitStack() as at_end:
        stack.stop()
        at_end.callback(stack.stop)
        tell(stack, Ports(chain_port, operator_port, indexer_port).chosen())


def _start(stack: LocalStack, ports: Ports) -> None:
    with ExitStack() as unless_whole:
        unless_whole.callback(stack.stop)
        verbs = bring_up.chain_and_contracts(stack, ports, click.echo)
        verbs.run("fund", "--as", "client")
        bring_up.operator(stack, ports, verbs, click.echo)
        bring_up.indexer(stack, ports, click.echo)
        unless_whole.pop_all()


def _show(stack: LocalStack) -> None:
    state = stack.state
    click.echo()
    for process in state.processes:
        click.echo(
            f"{process.name:<10}{state.urls[process.name]:<28}"
            f"{f'pid {process.pid}' if process.is_alive else 'NOT RUNNING':<14}{stack.log_of(process.name)}"
        )
    if not state.processes:
        click.echo("nothing is running; `make up` starts a stack")
        return
    ports = Ports(*(int(state.urls.get(name, ":0").rpartition(":")[2]) for name in ("chain", "operator", "indexer")))
    click.echo("\nfor scripts and programs in another shell:")
    click.echo(". stack/env")
    for name, value in bring_up.environment_of(stack, ports).items():
        click.echo(f"export {name}={value}")


def _end_by_signal(number: int, _frame: object) -> NoReturn:
    """As an exception, so that what was started is stopped."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end_by_signal)
    signal.signal(signal.SIGHUP, _end_by_signal)
    try:
        main()
    except FAULTS as error:
        sys.exit(f"error: {error}")
