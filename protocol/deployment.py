"""Where the contracts are on one chain: written when they are deployed, looked up by everybody else.

Looked for under the home folder first, `deployments/<chain id>.json`, then among those that this package carries.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from protocol.abi import load_abi
from protocol.chain import Chain
from protocol.errors import CommonholdError
from protocol.settings import Settings
from protocol.solidity import Address, to_address

CONTRACTS = (
    "AccessManager",
    "HoldToken",
    "StakedHold",
    "CommonholdTimelock",
    "CommonholdGovernor",
    "JobEscrow",
    "OperatorRegistry",
    "ModelRegistry",
    "SafetyRules",
    "SheetBook",
    "RewardPool",
    "StepReferee",
    "AnswerReferee",
    "InferenceDispute",
)
"""What every deployment has; a local one has `TestDollar` too."""

PACKAGED = Path(__file__).resolve().parent / "deployments"


class DeploymentMissing(CommonholdError):
    """Nothing is known to be deployed on the chain."""


class DeploymentInvalid(CommonholdError):
    """The file is no deployment, or not of this chain; the message says how."""


class WrongAbi(CommonholdError):
    """The contracts were deployed from sources with other interfaces than this version's."""


@dataclass(frozen=True, slots=True)
class DeployedContract:
    """`block` and `transaction` of its creation; `arguments` of its constructor, as text."""

    address: Address
    block: int
    transaction: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deployment:
    """`block`: the first that may hold an event. `commit`: the sources. `abi`: fingerprint of the interfaces."""

    chain_id: int
    genesis: str
    block: int
    commit: str
    abi: str
    asset: Address
    contracts: dict[str, DeployedContract]

    def address_of(self, name: str) -> Address:
        return self.contracts[name].address

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Every contract of the protocol whose events matter; the asset is not one."""
        return tuple(self.contracts[name].address for name in CONTRACTS)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises `DeploymentInvalid`."""
        try:
            tree = json.loads(text)
            contracts = {name: _contract(fields) for name, fields in tree.pop("contracts").items()}
            found = cls(**{**tree, "asset": to_address(tree["asset"])}, contracts=contracts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DeploymentInvalid(f"not a deployment: {error}") from error
        if missing := set(CONTRACTS) - set(contracts):
            raise DeploymentInvalid(f"not a whole deployment: {', '.join(sorted(missing))} missing")
        return found


def _contract(fields: dict[str, Any]) -> DeployedContract:
    address = to_address(fields["address"])
    return DeployedContract(address, fields["block"], fields["transaction"], tuple(fields["arguments"]))


@cache
def abi_fingerprint() -> str:
    """SHA-256 of the interfaces that this version speaks."""
    interfaces = {name: load_abi(name) for name in CONTRACTS}
    return hashlib.sha256(json.dumps(interfaces, sort_keys=True).encode()).hexdigest()


def path_of(home: Path, chain_id: int) -> Path:
    return home / "deployments" / f"{chain_id}.json"


def save(home: Path, deployment: Deployment) -> Path:
    """Writes the deployment whole or not at all."""
    path = path_of(home, deployment.chain_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent, suffix=".new")
    with os.fdopen(handle, "w") as file:
        file.write(deployment.to_json())
    Path(scratch).replace(path)
    return path


def load(home: Path, chain_id: int) -> Deployment:
    """What is known to be deployed on a chain. Raises `DeploymentMissing` or `DeploymentInvalid`."""
    places = (path_of(home, chain_id), PACKAGED / f"{chain_id}.json")
    path = next((place for place in places if place.exists()), None)
    if path is None:
        raise DeploymentMissing(
            f"nothing is known to be deployed on chain {chain_id}: there is no {places[0]}. "
            "Run `make up` or `ape run deploy`, or set COMMONHOLD_HOME to where it was deployed from"
        )
    try:
        deployment = Deployment.from_json(path.read_text())
    except (DeploymentInvalid, OSError, UnicodeDecodeError) as error:
        raise DeploymentInvalid(f"{path}: {error}") from error
    if deployment.chain_id != chain_id:
        raise DeploymentInvalid(f"{path} is of chain {deployment.chain_id}, not {chain_id}")
    return deployment


def check(chain: Chain, deployment: Deployment) -> None:
    """Whether these contracts are really there and speak this version's interfaces.

    Raises `DeploymentInvalid` or `WrongAbi`.
    """
    genesis = "0x" + chain.block(0).hash.hex()
    if chain.id != deployment.chain_id or genesis != deployment.genesis:
        raise DeploymentInvalid(
            f"the deployment is of chain {deployment.chain_id} with genesis {deployment.genesis}, the node serves "
            f"chain {chain.id} with genesis {genesis}: a local chain that began anew needs a new deployment"
        )
    if deployment.abi != abi_fingerprint():
        raise WrongAbi(
            f"the contracts were deployed from commit {deployment.commit or 'unknown'} with other interfaces than this "
            "version's: use that version, or deploy again"
        )
    for name, contract in deployment.contracts.items():
        if not chain.code(contract.address):
            raise DeploymentInvalid(f"there is no code at {contract.address}, where {name} should be")


def open_deployment(settings: Settings) -> tuple[Chain, Deployment]:
    """The chain of the settings and what is deployed there, checked. Close the chain when done."""
    chain = Chain.of(settings)
    try:
        deployment = load(settings.home, chain.id)
        check(chain, deployment)
    except BaseException:
        chain.close()
        raise
    return chain, deployment
