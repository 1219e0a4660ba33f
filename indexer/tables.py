"""All tables: importing this module is what makes the metadata complete."""

from indexer.accounts.models import Account, Ticket, Token
from indexer.blocks import StoredBlock, StoredLog
from indexer.disputes.models import Commitment, Demand, Verdict
from indexer.history import Base
from indexer.jobs.models import Job
from indexer.models.models import Model, WeightsDemand
from indexer.operators.models import Operator, OperatorModel, OperatorRecord
from indexer.progress import StoredProgress
from indexer.proposals.models import Proposal, ProposalAction, ProposalOperation, QuorumFraction, Supply
from indexer.rewards.models import Bucket, Emission, Epoch, Split
from indexer.safety_rules.models import RuleSet
from indexer.slots.models import GovernedNumber, ShareTable, Sheet, SheetInForce, Slot
from indexer.votes.models import Vote

__all__ = [
    "Account",
    "Bucket",
    "Commitment",
    "Demand",
    "Emission",
    "Epoch",
    "GovernedNumber",
    "Job",
    "Model",
    "Operator",
    "OperatorModel",
    "OperatorRecord",
    "Proposal",
    "ProposalAction",
    "ProposalOperation",
    "QuorumFraction",
    "RuleSet",
    "ShareTable",
    "Sheet",
    "SheetInForce",
    "Slot",
    "Split",
    "StoredBlock",
    "StoredLog",
    "StoredProgress",
    "Supply",
    "Ticket",
    "Token",
    "Verdict",
    "Vote",
    "WeightsDemand",
]

METADATA = Base.metadata
