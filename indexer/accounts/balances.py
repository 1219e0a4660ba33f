"""How the escrow's money moves between accounts, as `docs/lifecycle.md` says; asset units throughout."""

from __future__ import annotations

from indexer.accounts.models import Account
from indexer.rows import Rows


class BalanceBroken(RuntimeError):
    """A log takes more than there is: logs are missing, or a handler is wrong."""


def deposit(rows: Rows, address: str, amount: int) -> None:
    """Money in from outside, or a payment from another account."""
    rows.edit_or_add(Account(address=address)).free += amount


def withdraw(rows: Rows, address: str, amount: int) -> None:
    """Money out of the free balance."""
    account = rows.edit_or_add(Account(address=address))
    account.free = less(account.free, amount, f"free balance of {address}")


def lock(rows: Rows, address: str, amount: int) -> None:
    """Free → locked: a client's `maxFee`, an operator's bond."""
    withdraw(rows, address, amount)
    rows.edit(Account, address).locked += amount


def unlock(rows: Rows, address: str, amount: int, paid: int = 0) -> None:
    """Locked → free, but for `paid` of it, which others are credited with."""
    account = rows.edit_or_add(Account(address=address))
    account.locked = less(account.locked, amount, f"locked balance of {address}")
    account.free += less(amount, paid, f"what {address} had locked for this job")


def less(value: int, amount: int, what: str) -> int:
    """`value - amount`. Raises `BalanceBroken`."""
    if amount > value:
        raise BalanceBroken(f"{what} is {value}: {amount} cannot be taken from it")
    return value - amount
