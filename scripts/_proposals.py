"""Proposals as the chain's logs hold them, and what can be done with one now."""

from __future__ import annotations

import time
from typing import Any, NoReturn

import click

from protocol.clients.governor import Proposal, ProposalState
from protocol.events import ProposalCreated, decode, topic_of
from protocol.reverts import Reverted
from protocol.transactions import Call
from scripts import _clock
from scripts._session import Session

LATEST = "latest"
TOO_FEW_VOTES = "GovernorInsufficientProposerVotes"
SECOND_PATIENCE = 5.0


class ProposalId(click.ParamType):
    """A proposal's number, decimal or 0x…, or `latest`."""

    name = "proposal"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value is None or isinstance(value, int):
            return value
        if value == LATEST:
            return None
        try:
            number = int(value, 0)
        except ValueError:
            self.fail(f"{value!r} is no proposal: a number, or `latest`", param, ctx)
        if not 0 <= number < 2**256:
            self.fail(f"{value} is no proposal: a number below 2^256", param, ctx)
        return number


def find(session: Session, number: int | None) -> tuple[int, Proposal]:
    """The proposal of that number, or the latest; with what is needed to queue and execute it."""
    logs = session.chain.logs(
        session.deployment.block, "latest", [session.contracts.governor.address], [topic_of(ProposalCreated)]
    )
    events = [event for event in map(decode, logs) if isinstance(event, ProposalCreated)]
    found = next((event for event in reversed(events) if number in {None, event.proposal_id}), None)
    if found is None:
        known = ", ".join(str(event.proposal_id) for event in events) or "none yet"
        raise click.ClickException(f"there is no proposal {number or LATEST}; proposed so far: {known}")
    actions = zip(found.targets, found.calldatas, found.values, strict=True)
    return found.proposal_id, Proposal(tuple(Call(*action) for action in actions), found.description)


def propose(session: Session, action: Call, description: str) -> int:
    """Proposes one action and returns the proposal's number.

    The description ends with whose it is, as the governor understands: else whoever saw it coming could propose the
    same first, and cancel it.
    """
    governor = session.contracts.governor
    proposal = Proposal((action,), f"{description} #proposer={session.address}")
    _send_once_votes_count(session, governor.propose(proposal))
    number = governor.proposal_id(proposal)
    click.echo(f"proposed {number}: {description}")
    click.echo(
        f"voting opens after {_clock.said(governor.snapshot(number))}, closes {_clock.said(governor.deadline(number))}"
    )
    return number


def _send_once_votes_count(session: Session, call: Call) -> None:
    """Votes of this very second do not count yet: whoever has just staked waits until it is over."""
    until = time.monotonic() + SECOND_PATIENCE
    while True:
        try:
            session.send(call)
            return
        except Reverted as error:
            enough = (
                session.contracts.staked_hold.votes(session.address) >= session.contracts.governor.proposal_threshold()
            )
            if error.error.name != TOO_FEW_VOTES or not enough or time.monotonic() > until:
                raise
        time.sleep(0.1)


def require(session: Session, number: int, wanted: ProposalState, travel: bool) -> None:
    """Moves a local chain's clock on until the proposal is in the state wanted, or says when it will be."""
    state = session.contracts.governor.state(number)
    if state == wanted:
        return
    ahead = _next_moment(session, number, state, wanted)
    if ahead is None:
        _refuse(number, state, wanted)
    if not travel:
        raise click.ClickException(
            f"proposal {number} is {state.name.lower()}, to be {wanted.name.lower()} not before {_clock.said(ahead)}; "
            "on a local chain, --travel moves the clock there"
        )
    _clock.travel_to(session.chain, ahead)
    if (state := session.contracts.governor.state(number)) != wanted:
        _refuse(number, state, wanted)


def _next_moment(session: Session, number: int, state: ProposalState, wanted: ProposalState) -> int | None:
    governor = session.contracts.governor
    if state is ProposalState.PENDING and wanted is ProposalState.ACTIVE:
        return governor.snapshot(number) + 1
    if state in {ProposalState.PENDING, ProposalState.ACTIVE} and wanted is ProposalState.SUCCEEDED:
        return governor.deadline(number) + 1
    return None


def _refuse(number: int, state: ProposalState, wanted: ProposalState) -> NoReturn:
    raise click.ClickException(f"proposal {number} is {state.name.lower()}: it has to be {wanted.name.lower()}")
