"""An account in the escrow is its owner's alone."""

from __future__ import annotations

from typing import Any

import ape

from protocol.plan import DOLLAR


def free(escrow: Any, account: Any) -> int:
    return int(escrow.accountOf(account)[0])


def test_a_client_takes_out_what_it_put_in(funded: Any, dollar: Any, actors: dict[str, Any]) -> None:
    funded.withdraw(actors["client"], 100 * DOLLAR, sender=actors["client"])
    assert dollar.balanceOf(actors["client"]) == 100 * DOLLAR
    assert free(funded, actors["client"]) == funded.totalOwed() == 0


def test_a_stranger_takes_out_nothing(funded: Any, actors: dict[str, Any]) -> None:
    with ape.reverts(funded.InsufficientBalance):
        funded.withdraw(actors["stranger"], 1, sender=actors["stranger"])
    assert free(funded, actors["client"]) == 100 * DOLLAR


def test_a_client_cannot_take_out_more_than_it_has(funded: Any, actors: dict[str, Any]) -> None:
    with ape.reverts(funded.InsufficientBalance):
        funded.withdraw(actors["client"], 100 * DOLLAR + 1, sender=actors["client"])


def test_the_deployer_cannot_set_a_sheet_once_it_has_renounced(
    manager: Any, escrow: Any, actors: dict[str, Any]
) -> None:
    deployer = actors["deployer"]
    manager.renounceRole(0, deployer, sender=deployer)
    with ape.reverts(escrow.AccessManagedUnauthorized):
        escrow.setSheet(b"\x01" * 32, b"\x02" * 32, sender=deployer)
