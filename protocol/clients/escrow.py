"""Client of `JobEscrow`; `contracts/interfaces/IJobEscrow.sol` says what each verb demands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocol.chain import BlockRef
from protocol.clients.client import Client
from protocol.intents import Call
from protocol.solidity import Address, Function
from protocol.types import (
    Answer,
    Award,
    JobId,
    JobStatus,
    Offer,
    Outcome,
    SharesId,
    Sheet,
    SheetHash,
    Submission,
    Work,
)

DEPOSIT = Function("function deposit(address account, uint256 amount)")
DEPOSIT_WITH_PERMIT = Function(
    "function depositWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)"
)
WITHDRAW = Function("function withdraw(address to, uint256 amount)")
SUBMIT_JOB = Function("function submitJob(Sheet sheet, Submission submission) returns (JobId id)")
SUBMIT_JOBS = Function(
    "function submitJobs(Sheet sheet, Submission[] submissions) returns (JobId[] ids, ItemStatus[] statuses)"
)
ACCEPT_JOB = Function("function acceptJob(JobId id, Offer offer)")
ACCEPT_JOBS = Function("function acceptJobs(JobId[] ids, Offer[] offers) returns (ItemStatus[] statuses)")
POST_RESULT = Function("function postResult(JobId id, Work work, Outcome outcome, bytes32 trace, bytes output)")
POST_RESULTS = Function(
    "function postResults(JobId[] ids, Work[] works, Outcome[] outcomes, bytes32[] traces, bytes[] outputs) "
    "returns (ItemStatus[] statuses)"
)
SETTLE_JOB = Function("function settleJob(JobId id, Answer answer)")
SETTLE_JOBS = Function("function settleJobs(JobId[] ids, Answer[] answers) returns (ItemStatus[] statuses)")
CANCEL_JOB = Function("function cancelJob(JobId id, Offer offer)")
EXPIRE_OFFER = Function("function expireOffer(JobId id, Offer offer)")
EXPIRE_WORK = Function("function expireWork(JobId id, Work work, Offer offer)")
HOLD_SETTLEMENT = Function("function holdSettlement(JobId id, Answer answer, uint256 until)")
RELEASE_SETTLEMENT = Function("function releaseSettlement(JobId id, Answer answer)")
CONVICT = Function("function convict(JobId id, Answer answer, Award[] awards)")
SET_SHEET = Function("function setSheet(bytes32 key, bytes32 sheet)")
SET_GENERATION = Function("function setGeneration(uint256 generation)")
TAKE_BUCKET = Function("function takeBucket(bytes32 shares, address operator) returns (uint256 amount)")
ACCOUNT_OF = Function("function accountOf(address account) returns (uint256 free, uint256 locked, uint256 nonce)")
STATUS_OF = Function("function statusOf(JobId id) returns (JobStatus)")
COMMITMENT_OF = Function("function commitmentOf(JobId id) returns (bytes32)")
JOB_ID_OF = Function("function jobIdOf(address client, uint256 nonce) returns (JobId)")
SHEET_OF = Function("function sheetOf(bytes32 key) returns (bytes32)")
GENERATION = Function("function generation() returns (uint256)")
BUCKET_OF = Function("function bucketOf(bytes32 shares, address operator) returns (uint256)")
TOTAL_OWED = Function("function totalOwed() returns (uint256)")
PRICE_OF = Function("function priceOf(Offer offer, uint256 timestamp) returns (uint256)")
BOND_OF = Function("function bondOf(Offer offer) returns (uint256)")
ASSET = Function("function asset() returns (address)")
TREASURY = Function("function treasury() returns (address)")


@dataclass(frozen=True, slots=True)
class EscrowAccount:
    """An account: units of the asset free and locked, and the nonce that its next job takes."""

    free: int
    locked: int
    nonce: int


class EscrowClient(Client):
    def deposit(self, account: Address, amount: int) -> Call:
        """Needs an approval of the asset by the sender."""
        return self._verb(DEPOSIT, account, amount)

    def deposit_with_permit(self, amount: int, deadline: int, v: int, r: bytes, s: bytes) -> Call:
        return self._verb(DEPOSIT_WITH_PERMIT, amount, deadline, v, r, s)

    def withdraw(self, to: Address, amount: int) -> Call:
        return self._verb(WITHDRAW, to, amount)

    def submit_job(self, sheet: Sheet, submission: Submission) -> Call:
        return self._verb(SUBMIT_JOB, sheet, submission)

    def submit_jobs(self, sheet: Sheet, submissions: Sequence[Submission]) -> Call:
        return self._verb(SUBMIT_JOBS, sheet, submissions)

    def accept_job(self, id: JobId, offer: Offer) -> Call:  # noqa: A002
        return self._verb(ACCEPT_JOB, id, offer)

    def accept_jobs(self, ids: Sequence[JobId], offers: Sequence[Offer]) -> Call:
        return self._verb(ACCEPT_JOBS, ids, offers)

    def post_result(self, id: JobId, work: Work, outcome: Outcome, trace: bytes, output: bytes) -> Call:  # noqa: A002
        return self._verb(POST_RESULT, id, work, outcome, trace, output)

    def post_results(
        self,
        ids: Sequence[JobId],
        works: Sequence[Work],
        outcomes: Sequence[Outcome],
        traces: Sequence[bytes],
        outputs: Sequence[bytes],
    ) -> Call:
        return self._verb(POST_RESULTS, ids, works, outcomes, traces, outputs)

    def settle_job(self, id: JobId, answer: Answer) -> Call:  # noqa: A002
        return self._verb(SETTLE_JOB, id, answer)

    def settle_jobs(self, ids: Sequence[JobId], answers: Sequence[Answer]) -> Call:
        return self._verb(SETTLE_JOBS, ids, answers)

    def cancel_job(self, id: JobId, offer: Offer) -> Call:  # noqa: A002
        return self._verb(CANCEL_JOB, id, offer)

    def expire_offer(self, id: JobId, offer: Offer) -> Call:  # noqa: A002
        return self._verb(EXPIRE_OFFER, id, offer)

    def expire_work(self, id: JobId, work: Work, offer: Offer) -> Call:  # noqa: A002
        return self._verb(EXPIRE_WORK, id, work, offer)

    def hold_settlement(self, id: JobId, answer: Answer, until: int) -> Call:  # noqa: A002
        return self._verb(HOLD_SETTLEMENT, id, answer, until)

    def release_settlement(self, id: JobId, answer: Answer) -> Call:  # noqa: A002
        return self._verb(RELEASE_SETTLEMENT, id, answer)

    def convict(self, id: JobId, answer: Answer, awards: Sequence[Award]) -> Call:  # noqa: A002
        return self._verb(CONVICT, id, answer, awards)

    def account_of(self, account: Address, at: BlockRef = "latest") -> EscrowAccount:
        return EscrowAccount(*self._read(ACCOUNT_OF, account, at=at))

    def status_of(self, id: JobId, at: BlockRef = "latest") -> JobStatus:  # noqa: A002
        return JobStatus(self._read(STATUS_OF, id, at=at))

    def commitment_of(self, id: JobId, at: BlockRef = "latest") -> bytes:  # noqa: A002
        return bytes(self._read(COMMITMENT_OF, id, at=at))

    def job_id_of(self, client: Address, nonce: int, at: BlockRef = "latest") -> JobId:
        return JobId(self._read(JOB_ID_OF, client, nonce, at=at))

    def sheet_of(self, key: bytes, at: BlockRef = "latest") -> SheetHash:
        """Hash of the sheet in force for a slot or model; zero: none."""
        return SheetHash(self._read(SHEET_OF, key, at=at))

    def generation(self, at: BlockRef = "latest") -> int:
        return int(self._read(GENERATION, at=at))

    def bucket_of(self, shares: SharesId, operator: Address, at: BlockRef = "latest") -> int:
        return int(self._read(BUCKET_OF, shares, operator, at=at))

    def total_owed(self, at: BlockRef = "latest") -> int:
        return int(self._read(TOTAL_OWED, at=at))

    def price_of(self, offer: Offer, timestamp: int, at: BlockRef = "latest") -> int:
        return int(self._read(PRICE_OF, offer, timestamp, at=at))

    def bond_of(self, offer: Offer, at: BlockRef = "latest") -> int:
        return int(self._read(BOND_OF, offer, at=at))

    def asset(self, at: BlockRef = "latest") -> Address:
        return Address(self._read(ASSET, at=at))

    def treasury(self, at: BlockRef = "latest") -> Address:
        return Address(self._read(TREASURY, at=at))
