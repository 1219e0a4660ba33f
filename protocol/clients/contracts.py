"""All clients of one deployment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from protocol.chain import Chain
from protocol.clients.access_manager import AccessManagerClient
from protocol.clients.availability import AvailabilityClient
from protocol.clients.disputes import DisputesClient
from protocol.clients.escrow import EscrowClient
from protocol.clients.governor import GovernorClient
from protocol.clients.models import ModelsClient
from protocol.clients.operators import OperatorsClient
from protocol.clients.pool import PoolClient
from protocol.clients.rules import RulesClient
from protocol.clients.sheets import SheetsClient
from protocol.clients.staked_hold import StakedHoldClient
from protocol.clients.timelock import TimelockClient
from protocol.clients.token import HoldClient, TestDollarClient
from protocol.deployment import Deployment


@dataclass(frozen=True, slots=True)
class Contracts:
    """`asset` can mint only where it is the local test dollar."""

    asset: TestDollarClient
    manager: AccessManagerClient
    hold: HoldClient
    staked_hold: StakedHoldClient
    timelock: TimelockClient
    governor: GovernorClient
    escrow: EscrowClient
    operators: OperatorsClient
    models: ModelsClient
    rules: RulesClient
    sheets: SheetsClient
    pool: PoolClient
    availability: AvailabilityClient
    disputes: DisputesClient

    @classmethod
    def of(cls, chain: Chain, deployment: Deployment) -> Self:
        return cls(
            asset=TestDollarClient(chain, deployment.asset),
            manager=AccessManagerClient(chain, deployment.address_of("AccessManager")),
            hold=HoldClient(chain, deployment.address_of("HoldToken")),
            staked_hold=StakedHoldClient(chain, deployment.address_of("StakedHold")),
            timelock=TimelockClient(chain, deployment.address_of("CommonholdTimelock")),
            governor=GovernorClient(chain, deployment.address_of("CommonholdGovernor")),
            escrow=EscrowClient(chain, deployment.address_of("JobEscrow")),
            operators=OperatorsClient(chain, deployment.address_of("OperatorRegistry")),
            models=ModelsClient(chain, deployment.address_of("ModelRegistry")),
            rules=RulesClient(chain, deployment.address_of("SafetyRules")),
            sheets=SheetsClient(chain, deployment.address_of("SheetBook")),
            pool=PoolClient(chain, deployment.address_of("RewardPool")),
            availability=AvailabilityClient(chain, deployment.address_of("ModelAvailability")),
            disputes=DisputesClient(chain, deployment.address_of("InferenceDispute")),
        )
