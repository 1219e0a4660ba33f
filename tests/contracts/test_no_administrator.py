"""Invariant I-5: after deployment no key can do what only a vote may do. Every verb of every contract is named here."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple, function_abi_to_4byte_selector

from protocol.abi import load_abi
from protocol.clients import timelock
from protocol.events import AccessRoleGranted, AccessRoleRevoked, RoleGranted, RoleRevoked, decode, topic_of
from protocol.plan import DAY
from protocol.reverts import Reverted
from protocol.solidity import ZERO_ADDRESS, Address, to_address
from protocol.wiring import ADMIN as ADMIN_ROLE
from protocol.wiring import MINTER, POOL, SHEETS
from tests.contracts.actors import Stage

MANAGED = "AccessManagedUnauthorized"
ADMIN = "AccessManagerUnauthorizedAccount"
GOVERNANCE = "GovernorOnlyExecutor"
ROLE = "AccessControlUnauthorizedAccount"
REGISTRY = "OnlyRegistries"
ROLE_ERRORS = {MANAGED, ADMIN, GOVERNANCE, ROLE, REGISTRY}
PINNED = "WrongFacts"
"""Of a job that did not pin the caller as its judge."""

GUARDED: dict[str, dict[str, str]] = {
    "AccessManager": {
        "grantRole": ADMIN,
        "labelRole": ADMIN,
        "revokeRole": ADMIN,
        "setGrantDelay": ADMIN,
        "setRoleAdmin": ADMIN,
        "setRoleGuardian": ADMIN,
        "setTargetAdminDelay": ADMIN,
        "setTargetClosed": ADMIN,
        "setTargetFunctionRole": ADMIN,
        "updateAuthority": ADMIN,
        "schedule": "AccessManagerUnauthorizedCall",
        "execute": "AccessManagerUnauthorizedCall",
        "cancel": "AccessManagerNotScheduled",
        "consumeScheduledOp": "Reverted",  # only a managed contract can ask, and a key is none
    },
    "CommonholdGovernor": {
        "relay": GOVERNANCE,
        "setLateQuorumVoteExtension": GOVERNANCE,
        "setProposalThreshold": GOVERNANCE,
        "setVotingDelay": GOVERNANCE,
        "setVotingPeriod": GOVERNANCE,
        "updateQuorumNumerator": GOVERNANCE,
    },
    "CommonholdTimelock": {
        "cancel": ROLE,
        "schedule": ROLE,
        "scheduleBatch": ROLE,
        "execute": "TimelockUnexpectedOperationState",
        "executeBatch": "TimelockUnexpectedOperationState",
        "updateDelay": "TimelockUnauthorizedCaller",
    },
    "AnswerReferee": {},
    "HoldToken": {"mint": MANAGED, "setAuthority": MANAGED},
    "InferenceDispute": {},
    "JobEscrow": {
        "convict": PINNED,
        "holdSettlement": PINNED,
        "releaseSettlement": PINNED,
        "setAuthority": MANAGED,
        "setGeneration": MANAGED,
        "setSheet": MANAGED,
        "takeBucket": MANAGED,
    },
    "ModelAvailability": {},
    "ModelRegistry": {
        "assignSlot": MANAGED,
        "retire": MANAGED,
        "rollbackSlot": MANAGED,
        "setAuthority": MANAGED,
    },
    "OperatorRegistry": {},
    "RefusalReferee": {},
    "RewardPool": {"setAuthority": MANAGED, "setEmission": MANAGED},
    "SafetyRules": {"adopt": MANAGED, "setAuthority": MANAGED},
    "SheetBook": {
        "onRulesAdopted": REGISTRY,
        "onSlotAssigned": REGISTRY,
        "onUnservable": REGISTRY,
        "setAuthority": MANAGED,
        "setModules": MANAGED,
        "setNumbers": MANAGED,
    },
    "StakedHold": {"addRevenue": MANAGED, "setAuthority": MANAGED, "setCooldown": MANAGED},
    "StepReferee": {},
}
"""What only a vote, or a contract that the votes gave a role, may do; and the error that says so to everybody else."""

TARGET, SELECTOR = "0x" + "11" * 20, b"\x01\x02\x03\x04"
ARGUMENTS: dict[tuple[str, str], tuple[Any, ...]] = {
    ("AccessManager", "schedule"): (TARGET, SELECTOR, 0),
    ("AccessManager", "execute"): (TARGET, SELECTOR),
    ("AccessManager", "cancel"): (TARGET, TARGET, SELECTOR),
    ("AccessManager", "consumeScheduledOp"): (TARGET, SELECTOR),
    ("CommonholdTimelock", "updateDelay"): (2 * DAY,),
}
"""Where zeros would be refused for what they are, before anybody asks who calls."""

RECEIVERS = {"onERC1155BatchReceived", "onERC1155Received", "onERC721Received"}
OPEN: dict[str, set[str]] = {
    "AccessManager": {"multicall", "renounceRole"},
    "CommonholdGovernor": {
        *RECEIVERS,
        *("propose", "queue", "execute", "cancel", "castVote", "castVoteBySig", "castVoteWithReason"),
        *("castVoteWithReasonAndParams", "castVoteWithReasonAndParamsBySig"),
    },
    "CommonholdTimelock": RECEIVERS,
    "AnswerReferee": set(),
    "HoldToken": {"approve", "permit", "transfer", "transferFrom"},
    "InferenceDispute": {
        *("open", "demandTrace", "demandRows", "demandParts", "demandElements"),
        *("showTrace", "showParts", "presentParts", "showHashes", "showLeaf"),
        *("commit", "convictStep", "convictAnswer", "convictSilence"),
        *("deposit", "withdraw", "settleDemand", "settleCommitment"),
    },
    "JobEscrow": {
        *("deposit", "depositWithPermit", "withdraw", "submitJob", "submitJobs", "acceptJob", "acceptJobs"),
        *("postResult", "postResults", "settleJob", "settleJobs", "cancelJob", "expireOffer", "expireWork"),
    },
    "ModelAvailability": {
        *("demandHeader", "demandTensor", "demandLeaf", "showHeader", "showTensor", "showLeaf", "lapse", "withdraw"),
    },
    "ModelRegistry": {"registerModel", "withdrawSheets"},
    "OperatorRegistry": {"register", "retire", "update"},
    "RefusalReferee": set(),
    "RewardPool": {"claim", "claimEmission", "split"},
    "SafetyRules": set(),
    "SheetBook": {"publishModel", "publishSlot"},
    "StakedHold": {
        *("approve", "claimRevenue", "delegate", "delegateBySig", "requestUnstake", "stake", "stakeWithPermit"),
        *("transfer", "transferFrom", "withdraw"),
    },
    "StepReferee": set(),
}
"""What anyone may do with what is their own, or to move the protocol on."""


def verbs(contract: str) -> dict[str, dict[str, Any]]:
    functions = (entry for entry in load_abi(contract) if entry["type"] == "function")
    changing = [entry for entry in functions if entry["stateMutability"] in {"nonpayable", "payable"}]
    named = {entry["name"]: entry for entry in changing}
    assert len(named) == len(changing), f"{contract} has two verbs of one name"
    return named


def nothing(kind: str, components: list[dict[str, Any]]) -> Any:
    """The zero of a Solidity type."""
    if kind.endswith("[]"):
        return []
    if kind.startswith("tuple"):
        return tuple(nothing(part["type"], part.get("components", [])) for part in components)
    zeros = {"address": "0x" + "00" * 20, "bool": False, "bytes": b"", "string": ""}
    return zeros.get(kind, b"" if kind.startswith("bytes") else 0)


def calldata(contract: str, entry: dict[str, Any]) -> bytes:
    kinds = [collapse_if_tuple(item) for item in entry["inputs"]]
    zeros = tuple(nothing(item["type"], item.get("components", [])) for item in entry["inputs"])
    values = ARGUMENTS.get((contract, entry["name"]), zeros)
    return bytes(function_abi_to_4byte_selector(entry)) + encode(kinds, values)  # type: ignore[arg-type]


@pytest.mark.parametrize("contract", sorted(GUARDED))
def test_every_verb_is_guarded_or_open_on_purpose(contract: str) -> None:
    assert not set(GUARDED[contract]) & OPEN[contract]
    assert set(verbs(contract)) == set(GUARDED[contract]) | OPEN[contract]


def test_every_deployed_contract_is_looked_at(stage: Stage) -> None:
    assert set(stage.deployment.contracts) - {"TestDollar"} == set(GUARDED) == set(OPEN)


def refusal_of(stage: Stage, contract: str, entry: dict[str, Any], sender: Address) -> str:
    """Name of the error with which `sender` is refused; empty if it is not."""
    try:
        stage.chain.call(stage.deployment.address_of(contract), calldata(contract, entry), sender=sender)
    except Reverted as refusal:
        return refusal.error.name
    return ""


@pytest.mark.parametrize("contract", sorted(name for name, guards in GUARDED.items() if guards))
def test_no_key_does_what_is_guarded(stage: Stage, contract: str) -> None:
    found = verbs(contract)
    for verb, error in GUARDED[contract].items():
        for name, actor in stage.actors.items():
            given = refusal_of(stage, contract, found[verb], to_address(actor.address))
            assert given == error, f"{name} calls {contract}.{verb}"


@pytest.mark.parametrize("contract", sorted(name for name, free in OPEN.items() if free))
def test_what_is_open_asks_for_no_role(stage: Stage, contract: str) -> None:
    found, stranger = verbs(contract), to_address(stage.actors["watcher"].address)
    for verb in OPEN[contract]:
        assert refusal_of(stage, contract, found[verb], stranger) not in ROLE_ERRORS, f"{contract}.{verb}"


def members_of(stage: Stage, contract: str) -> set[tuple[int | bytes, Address]]:
    """Roles and who holds them, by everything that the contract ever told."""
    members: set[tuple[int | bytes, Address]] = set()
    topics = [[topic_of(event) for event in (AccessRoleGranted, AccessRoleRevoked, RoleGranted, RoleRevoked)]]
    for raw in stage.chain.logs(0, "latest", [stage.deployment.address_of(contract)], topics):
        match decode(raw):
            case AccessRoleGranted(role_id=role, account=account) | RoleGranted(role=role, account=account):
                members.add((role, account))
            case AccessRoleRevoked(role_id=role, account=account) | RoleRevoked(role=role, account=account):
                members.discard((role, account))
    return members


def test_contracts_alone_hold_roles(stage: Stage) -> None:
    at = stage.deployment.address_of
    assert members_of(stage, "AccessManager") == {
        (ADMIN_ROLE, at("CommonholdTimelock")),
        (SHEETS, at("SheetBook")),
        (POOL, at("RewardPool")),
        (MINTER, at("RewardPool")),
    }
    assert members_of(stage, "CommonholdTimelock") == {
        (timelock.ADMIN, at("CommonholdTimelock")),
        (timelock.PROPOSER, at("CommonholdGovernor")),
        (timelock.CANCELLER, at("CommonholdGovernor")),
        (timelock.EXECUTOR, ZERO_ADDRESS),
    }
