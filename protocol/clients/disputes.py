"""Client of `InferenceDispute`; `contracts/interfaces/IInferenceDispute.sol` says what each verb demands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from protocol.chain import BlockRef
from protocol.clients.client import Client
from protocol.computation import Evidence, Step
from protocol.disputes import Case, CaseFacts, Claim, Node, SignedParts
from protocol.intents import Call
from protocol.solidity import Address, Function
from protocol.types import Answer, JobId, Outcome

OPEN = Function("function open(JobId id, CaseFacts facts) returns (Case case_)")
DEMAND_TRACE = Function("function demandTrace(JobId id, Answer answer, uint256 outcome, bytes32 output, bytes32 trace)")
SHOW_TRACE = Function("function showTrace(JobId id, CaseFacts facts, bytes32[] hashes)")
DEMAND_ROWS = Function(
    "function demandRows(JobId id, Case case_, Answer answer, uint256 place, Node node, Evidence evidence)"
)
DEMAND_PARTS = Function("function demandParts(JobId id, Case case_, Answer answer, uint256 position, Evidence list)")
SHOW_PARTS = Function("function showParts(JobId id, Case case_, uint256 position, bytes32[] roots, Evidence list)")
PRESENT_PARTS = Function(
    "function presentParts(JobId id, Case case_, Answer answer, uint256 position, bytes32[] roots, Evidence list, "
    "bytes signature)"
)
DEMAND_ELEMENTS = Function(
    "function demandElements(JobId id, Case case_, Answer answer, Step step, Node node, Evidence evidence)"
)
SHOW_HASHES = Function("function showHashes(JobId id, bytes32 hash, bytes32[] hashes)")
SHOW_LEAF = Function("function showLeaf(JobId id, bytes32 hash, bytes content)")
COMMIT = Function("function commit(JobId id, Answer answer, bytes32 commitment)")
CONVICT_STEP = Function(
    "function convictStep(JobId id, Case case_, Answer answer, Step step, Evidence evidence, bytes32 salt, "
    "bytes32[] repaid)"
)
CONVICT_ANSWER = Function(
    "function convictAnswer(JobId id, Case case_, Answer answer, Claim claim, Evidence evidence, bytes payload, "
    "bytes32 salt, bytes32[] repaid)"
)
CONVICT_SILENCE = Function("function convictSilence(JobId id, Answer answer, bytes32 key, bytes32[] repaid)")
SETTLE_DEMAND = Function("function settleDemand(JobId id, bytes32 key)")
SETTLE_COMMITMENT = Function("function settleCommitment(JobId id, bytes32 commitment, address by)")
DEPOSIT = Function("function deposit(uint256 amount)")
WITHDRAW = Function("function withdraw(uint256 amount, address to)")
NEXT_BOND = Function("function nextBond(JobId id, Answer answer) returns (uint256)")
COMMITMENT_BOND = Function("function commitmentBond(JobId id, Answer answer) returns (uint256)")
BALANCE_OF = Function("function balanceOf(address account) returns (uint256)")
MOVE_SECONDS = Function("function moveSeconds() returns (uint256)")
REVEAL_SECONDS = Function("function revealSeconds() returns (uint256)")
PARTS_OF = Function("function partsOf(JobId id, uint256 list, uint256 position) returns (bytes32)")
SHOWING_COST = Function("function showingCost() returns (uint256)")


class DisputesClient(Client):
    """Demands and commitments take a bond from the sender's balance here; a deposit needs an approval of the asset.

    `repaid`: demands that were shown, whose challengers a conviction repays; at most eight, in any order."""

    def deposit(self, amount: int) -> Call:
        return self._verb(DEPOSIT, amount)

    def withdraw(self, amount: int, to: Address) -> Call:
        return self._verb(WITHDRAW, amount, to)

    def open(self, job: JobId, facts: CaseFacts) -> Call:
        return self._verb(OPEN, job, facts)

    def demand_trace(self, job: JobId, answer: Answer, outcome: Outcome, output: bytes, trace: bytes) -> Call:
        """`output`: its hash."""
        return self._verb(DEMAND_TRACE, job, answer, outcome, output, trace)

    def show_trace(self, job: JobId, facts: CaseFacts, hashes: Sequence[bytes]) -> Call:
        """`hashes`: all that the trace's root is over."""
        return self._verb(SHOW_TRACE, job, facts, hashes)

    def demand_rows(
        self, job: JobId, case: Case, answer: Answer, place: int, *, node: Node, evidence: Evidence
    ) -> Call:
        """`place`: 0 tokens, 1 peaks, then the columns."""
        return self._verb(DEMAND_ROWS, job, case, answer, place, node, evidence)

    def demand_parts(self, job: JobId, case: Case, answer: Answer, position: int, parts: Evidence) -> Call:
        return self._verb(DEMAND_PARTS, job, case, answer, position, parts)

    def show_parts(self, job: JobId, case: Case, position: int, roots: Sequence[bytes], parts: Evidence) -> Call:
        return self._verb(SHOW_PARTS, job, case, position, roots, parts)

    def present_parts(
        self, job: JobId, case: Case, answer: Answer, position: int, *, signed: SignedParts, record: Evidence
    ) -> Call:
        """`record`: of the list, and its way up."""
        evidence = replace(record, path=signed.path)
        return self._verb(PRESENT_PARTS, job, case, answer, position, signed.roots, evidence, signed.signature)

    def demand_elements(
        self, job: JobId, case: Case, answer: Answer, step: Step, *, node: Node, evidence: Evidence
    ) -> Call:
        """`step`: which part, where; its element says nothing."""
        return self._verb(DEMAND_ELEMENTS, job, case, answer, step, node, evidence)

    def show_hashes(self, job: JobId, hash_: bytes, hashes: Sequence[bytes]) -> Call:
        return self._verb(SHOW_HASHES, job, hash_, hashes)

    def show_leaf(self, job: JobId, hash_: bytes, content: bytes) -> Call:
        return self._verb(SHOW_LEAF, job, hash_, content)

    def commit(self, job: JobId, answer: Answer, commitment: bytes) -> Call:
        return self._verb(COMMIT, job, answer, commitment)

    def convict_step(
        self,
        job: JobId,
        case: Case,
        answer: Answer,
        step: Step,
        *,
        evidence: Evidence,
        salt: bytes,
        repaid: Sequence[bytes] = (),
    ) -> Call:
        return self._verb(CONVICT_STEP, job, case, answer, step, evidence, salt, sorted(repaid))

    def convict_answer(
        self,
        job: JobId,
        case: Case,
        answer: Answer,
        claim: Claim,
        *,
        evidence: Evidence,
        payload: bytes,
        salt: bytes,
        repaid: Sequence[bytes] = (),
    ) -> Call:
        return self._verb(CONVICT_ANSWER, job, case, answer, claim, evidence, payload, salt, sorted(repaid))

    def convict_silence(self, job: JobId, answer: Answer, key: bytes, repaid: Sequence[bytes] = ()) -> Call:
        return self._verb(CONVICT_SILENCE, job, answer, key, sorted(repaid))

    def settle_demand(self, job: JobId, key: bytes) -> Call:
        return self._verb(SETTLE_DEMAND, job, key)

    def settle_commitment(self, job: JobId, commitment: bytes, by: Address) -> Call:
        return self._verb(SETTLE_COMMITMENT, job, commitment, by)

    def next_bond(self, job: JobId, answer: Answer, at: BlockRef = "latest") -> int:
        return int(self._read(NEXT_BOND, job, answer, at=at))

    def commitment_bond(self, job: JobId, answer: Answer, at: BlockRef = "latest") -> int:
        return int(self._read(COMMITMENT_BOND, job, answer, at=at))

    def balance_of(self, account: Address, at: BlockRef = "latest") -> int:
        return int(self._read(BALANCE_OF, account, at=at))

    def parts_of(self, job: JobId, list_: int, position: int) -> bytes:
        """Root over the parts shown, hashed with their number; zeros where none were."""
        return bytes(self._read(PARTS_OF, job, list_, position, at="latest"))

    def move_seconds(self, at: BlockRef = "latest") -> int:
        return int(self._read(MOVE_SECONDS, at=at))

    def reveal_seconds(self, at: BlockRef = "latest") -> int:
        return int(self._read(REVEAL_SECONDS, at=at))

    def showing_cost(self, at: BlockRef = "latest") -> int:
        return int(self._read(SHOWING_COST, at=at))
