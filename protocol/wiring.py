"""What a deployment is made of: the contracts in their order, how they know one another, and who may call what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import protocol.disputes  # noqa: F401 - its `Game` is what a constructor takes
from protocol.clients import escrow, staked_hold, token
from protocol.solidity import Address, Declaration, Function

CONSTRUCTORS = {
    "TestDollar": Declaration("constructor()"),
    "AccessManager": Declaration("constructor(address initialAdmin)"),
    "HoldToken": Declaration("constructor(address manager, address[] holders, uint256[] amounts)"),
    "StakedHold": Declaration("constructor(address manager, address hold, address asset, uint256 cooldown)"),
    "CommonholdTimelock": Declaration("constructor(uint256 delay, address[] proposers, address[] executors)"),
    "CommonholdGovernor": Declaration(
        "constructor(address stakedHold, address hold, address timelock, GovernorNumbers voting)"
    ),
    "JobEscrow": Declaration("constructor(address manager, address asset, address treasury)"),
    "OperatorRegistry": Declaration("constructor()"),
    "ModelRegistry": Declaration("constructor(address manager, address sheetBook, address availability)"),
    "SafetyRules": Declaration("constructor(address manager, address sheetBook)"),
    "SheetBook": Declaration(
        "constructor(address manager, address escrow, address models, address rules, Numbers numbers)"
    ),
    "ModelAvailability": Declaration("constructor(address asset, address models, uint256 moveSeconds, uint256 bond)"),
    "RewardPool": Declaration(
        "constructor(address manager, address escrow, address hold, address stakedHold, address asset, "
        "address treasury, uint256 rateBps, uint256 referencePrice)"
    ),
    "StepReferee": Declaration("constructor()"),
    "AnswerReferee": Declaration("constructor()"),
    "RefusalReferee": Declaration("constructor(address rules)"),
    "InferenceDispute": Declaration(
        "constructor(address escrow, address models, address rules, address steps, address answers, "
        "address refusals, Game game)"
    ),
}
"""What is created, in this order, each by the deployer's next transaction: so addresses are known beforehand."""

KNOWN_AS = {
    "manager": "AccessManager",
    "hold": "HoldToken",
    "stakedHold": "StakedHold",
    "timelock": "CommonholdTimelock",
    "treasury": "CommonholdTimelock",
    "escrow": "JobEscrow",
    "models": "ModelRegistry",
    "rules": "SafetyRules",
    "sheetBook": "SheetBook",
    "availability": "ModelAvailability",
    "steps": "StepReferee",
    "answers": "AnswerReferee",
    "refusals": "RefusalReferee",
}
"""Which contract is meant where a constructor takes an argument of this name. `asset` is the deployment's."""


def others_of(name: str, addresses: Mapping[str, Address], asset: Address) -> dict[str, Address]:
    """The addresses that a contract is to be created with, by the names of its constructor's arguments."""
    known = {argument: addresses[contract] for argument, contract in KNOWN_AS.items()} | {"asset": asset}
    names = [parameter.name for parameter in CONSTRUCTORS[name].parameters]
    return {argument: known[argument] for argument in names if argument in known}


ADMIN, SHEETS, POOL, MINTER = range(4)
ROLES = {ADMIN: "admin", SHEETS: "sheets", POOL: "pool", MINTER: "minter"}


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, who holds it, and what it opens."""

    role: int
    holder: str
    target: str
    functions: tuple[Function, ...]


GRANTS = (
    Grant(SHEETS, "SheetBook", "JobEscrow", (escrow.SET_SHEET, escrow.SET_GENERATION)),
    Grant(POOL, "RewardPool", "JobEscrow", (escrow.TAKE_BUCKET,)),
    Grant(POOL, "RewardPool", "StakedHold", (staked_hold.ADD_REVENUE,)),
    Grant(MINTER, "RewardPool", "HoldToken", (token.MINT,)),
)
"""Every other guarded verb is left to the administrator: the timelock."""

ADMINISTRATOR = "CommonholdTimelock"

GUARDED = ("JobEscrow", "HoldToken", "StakedHold", "RewardPool")
"""Where money or votes are: even the administrator changes who may call these only after announcing it."""
