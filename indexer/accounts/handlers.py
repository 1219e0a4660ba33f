"""What each event about balances, HOLD and the stake does to an account."""

from __future__ import annotations

from indexer.accounts import balances
from indexer.accounts.models import Account, Ticket, Token
from indexer.columns import some_address
from indexer.proposals.models import Supply
from indexer.rows import Rows
from indexer.slots.handlers import set_number
from protocol import events
from protocol.types import ZERO_ADDRESS

FIXED_POINT = 128  # fraction bits of revenue per share


def deposited(event: events.Deposited, rows: Rows) -> None:
    balances.deposit(rows, event.account, event.amount)


def withdrawn(event: events.Withdrawn, rows: Rows) -> None:
    balances.withdraw(rows, event.account, event.amount)


def hold_transferred(event: events.Transfer, rows: Rows) -> None:
    sender, receiver = event.sender, event.to
    if sender != ZERO_ADDRESS:
        account = rows.edit_or_add(Account(address=sender))
        account.hold = balances.less(account.hold, event.value, f"HOLD of {sender}")
    if receiver != ZERO_ADDRESS:
        rows.edit_or_add(Account(address=receiver)).hold += event.value
    change_supply(rows, event)


def stake_transferred(event: events.Transfer, rows: Rows) -> None:
    """A stake's coming (from nobody) or going (to nobody); what it earned so far is settled first."""
    sender, receiver = event.sender, event.to
    if sender != ZERO_ADDRESS:
        account = settle_revenue(rows, sender)
        account.staked = balances.less(account.staked, event.value, f"stake of {sender}")
    if receiver != ZERO_ADDRESS:
        settle_revenue(rows, receiver).staked += event.value
    change_supply(rows, event)


def change_supply(rows: Rows, event: events.Transfer) -> None:
    """Notes the total supply from this second on, where it changed."""
    token = rows.edit_or_add(Token(address=event.log.address))
    if event.sender == ZERO_ADDRESS:
        token.supply += event.value
    if event.to == ZERO_ADDRESS:
        token.supply = balances.less(token.supply, event.value, "total supply")
    if ZERO_ADDRESS in (event.sender, event.to):
        now = rows.block.timestamp
        rows.edit_or_add(Supply(token=token.address, timestamp=now, supply=0)).supply = token.supply


def settle_revenue(rows: Rows, address: str) -> Account:
    """The account with its revenue brought up to date."""
    account = rows.edit_or_add(Account(address=address))
    per_share = rows.edit_or_add(Token(address=rows.scope.address_of("StakedHold"))).revenue_per_share
    account.revenue += accrued(account.staked, account.revenue_per_share, per_share)
    account.revenue_per_share = per_share
    return account


def accrued(staked: int, since: int, per_share: int) -> int:
    """What a stake earned while the revenue per share rose from `since` to `per_share`, rounded down."""
    return staked * (per_share - since) >> FIXED_POINT


def unstake_requested(event: events.UnstakeRequested, rows: Rows) -> None:
    rows.add(Ticket(account=event.account, ticket=event.ticket, amount=event.amount, unlock_at=event.unlock_at))


def stake_withdrawn(event: events.StakeWithdrawn, rows: Rows) -> None:
    rows.edit(Ticket, event.account, event.ticket).withdrawn_at = rows.block.timestamp


def revenue_added(event: events.RevenueAdded, rows: Rows) -> None:
    rows.edit_or_add(Token(address=event.log.address)).revenue_per_share = event.per_share


def revenue_claimed(event: events.RevenueClaimed, rows: Rows) -> None:
    account = settle_revenue(rows, event.account)
    account.revenue = balances.less(account.revenue, event.amount, f"revenue of {event.account}")


def delegate_changed(event: events.DelegateChanged, rows: Rows) -> None:
    rows.edit_or_add(Account(address=event.delegator)).delegate = some_address(event.to_delegate)


def delegate_votes_changed(event: events.DelegateVotesChanged, rows: Rows) -> None:
    rows.edit_or_add(Account(address=event.delegate)).votes = event.new_votes


def cooldown_set(event: events.CooldownSet, rows: Rows) -> None:
    set_number(rows, "StakedHold", "cooldown", event.cooldown)
