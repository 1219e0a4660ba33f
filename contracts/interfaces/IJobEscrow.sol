// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {
    Answer,
    Award,
    ItemStatus,
    JobId,
    JobStatus,
    Offer,
    Outcome,
    Sampling,
    Submission,
    Work
} from "../types/Job.sol";
import {Sheet} from "../types/Sheet.sol";
import {Terms} from "../types/Terms.sol";

/// @title The escrow: everybody's account in the asset, and every job's one word of commitment.
///
/// @notice An account is a free balance, a locked part and a nonce, in one slot. A job is one slot: the first 31 bytes
/// of keccak256 of its facts so far, and one byte of status. The facts travel in the events and come back as calldata;
/// whoever lost theirs can rebuild them from the logs (`python -m protocol job <id>`).
///
/// ```
///             cancelJob (client)                                     ┌─ convict ─▶ Convicted
///             ┌───────────────▶ Refunded                             │
///  submitJob ─▶ Open ── acceptJob ──▶ Accepted ── postResult ──▶ Posted ⇄ Disputed ── settleJob ─▶ Settled
///             │  ▲                       │
///             │  └── expireJob, time left┤
///             └── expireJob ─▶ Refunded ◀┘ expireJob, no time left
/// ```
///
/// @dev Money moves between accounts only, so the sum of accounts and buckets changes at `deposit`, `withdraw` and
/// `takeBucket` alone (invariant I-1). A client's `maxFee` stays locked in its own account until the job ends; an
/// operator's bond likewise. No verb on the path from `submitJob` to `settleJob` calls another contract.
interface IJobEscrow {
    // ---------------------------------------------------------------- events

    event Deposited(address indexed account, address indexed from, uint256 amount);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice `sheet` names the `SheetPublished` event that holds the rest of the offer's facts.
    event JobSubmitted(
        JobId indexed id,
        address indexed client,
        bytes32 indexed sheet,
        uint256 nonce,
        uint256 minFee,
        uint256 maxFee,
        uint256 offerSeconds,
        uint256 serviceSeconds,
        uint256 exclusiveSeconds,
        address named,
        Sampling sampling,
        bytes input
    );
    event JobAccepted(JobId indexed id, address indexed operator, uint256 price, uint256 postBy);
    event ResultPosted(
        JobId indexed id, address indexed operator, Outcome outcome, uint256 price, bytes32 trace, bytes output
    );
    event JobSettled(JobId indexed id, address indexed operator, uint256 operatorPart, uint256 sharedPart);

    /// @notice The client took the job back before anybody accepted it.
    event JobCancelled(JobId indexed id, address indexed client);

    /// @notice Nobody accepted, or the operator's deadline passed. `fine` went from the operator (zero: nobody had
    /// accepted) to the client; `reopened` says whether others may still accept.
    event JobExpired(JobId indexed id, address indexed operator, uint256 fine, bool reopened);

    event SettlementHeld(JobId indexed id, address indexed disputes, uint256 heldUntil);
    event SettlementReleased(JobId indexed id, address indexed disputes);

    /// @notice The client has its fee back; `awarded` of the bond went to those named, the rest to the treasury.
    event JobConvicted(JobId indexed id, address indexed operator, uint256 bond, uint256 awarded);

    /// @notice Part of a convicted operator's bond went to whoever earned it; what is left went to the treasury.
    event AwardCredited(JobId indexed id, address indexed to, uint256 amount);

    /// @notice One item of a batch was left as it was.
    event ItemSkipped(uint256 indexed index, JobId indexed id, ItemStatus status);

    event SheetSet(bytes32 indexed key, bytes32 sheet);
    event GenerationSet(uint256 generation);

    /// @notice `amount` left the escrow for the reward pool, `pool`, which splits it.
    event BucketTaken(bytes32 indexed shares, address indexed operator, address indexed pool, uint256 amount);

    // ---------------------------------------------------------------- errors

    /// @notice The facts given are not those of the job, or the job is not in the state that the verb needs.
    error WrongFacts(JobId id, JobStatus status);
    error WrongCaller(JobId id, address caller);
    /// @notice The sheet given is not the one in force for its slot or model.
    error SheetNotInForce(bytes32 key, bytes32 given, bytes32 inForce);
    error SheetOutdated(bytes32 model, uint256 generation, uint256 current);
    /// @notice Under these terms a job could owe more than it holds. The escrow trusts no sheet book to prevent that.
    error TermsUnpayable(Terms terms);
    /// @notice Zero, more than 104 bits, or `minFee` above `maxFee`.
    error BadAmount(uint256 amount, uint256 limit);
    /// @notice A window is zero, longer than the terms allow, or the exclusive part exceeds the whole.
    error BadWindow(uint256 secondsGiven, uint256 limit);
    error BadPayload(uint256 length, uint256 limit);
    error InsufficientBalance(address account, uint256 free, uint256 needed);
    error TooEarly(JobId id, uint256 from);
    error TooLate(JobId id, uint256 until);
    error LengthMismatch(uint256 ids, uint256 facts);
    error AwardsExceedHalf(uint256 awarded, uint256 bond);
    /// @notice The token moved another amount than it was told to (a fee on transfer, for instance).
    error WrongReceipt(uint256 expected, uint256 received);
    error ZeroAddress();
    /// @notice Too little gas was left to ask the outage clock honestly.
    error InsufficientGas(uint256 left, uint256 needed);

    // ---------------------------------------------------------------- accounts

    /// @notice Adds `amount` of the asset, taken from the caller, to the free balance of `account`.
    function deposit(address account, uint256 amount) external;

    /// @notice `deposit` to the caller's own account, with a permit (ERC-2612) instead of an earlier approval. A permit
    /// that was used by somebody else already does no harm.
    function depositWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Pays `amount` of the caller's free balance out to `to`.
    function withdraw(address to, uint256 amount) external;

    // ---------------------------------------------------------------- a job

    /// @notice Opens a job under `sheet` and locks `maxFee` of the caller's balance. Emits `JobSubmitted`.
    /// @dev Requirements:
    /// - `sheet` is the one in force for its slot or model, and of the present generation when it has no slot
    /// - its terms share out and fine no more than there is
    /// - 0 < `minFee` ≤ `maxFee` < 2^104, and `maxFee` is free in the caller's account
    /// - 0 < `offerSeconds` ≤ terms' maximum, likewise `serviceSeconds`; `exclusiveSeconds` < `offerSeconds`, and zero
    ///   unless somebody is `named`
    /// - `input` is not empty, and no longer than the terms' `maxPayload`
    function submitJob(Sheet calldata sheet, Submission calldata submission) external returns (JobId id);

    /// @notice `submitJob` for several. Reverts only when the sheet is not in force; an item that cannot be opened is
    /// skipped, with `ItemSkipped` and its status, and its id is zero.
    function submitJobs(Sheet calldata sheet, Submission[] calldata submissions)
        external
        returns (JobId[] memory ids, ItemStatus[] memory statuses);

    /// @notice Takes an open job at the price of this second, which rises in a straight line from `minFee` at the end
    /// of the exclusive part to `maxFee` at the end of the offer window, rounded down, and locks the bond. Emits
    /// `JobAccepted`.
    /// @dev Requirements:
    /// - the job is open, `offer` holds its facts, and its offer window is not over
    /// - in the exclusive part the caller is the one named
    /// - the bond is free in the caller's account
    function acceptJob(JobId id, Offer calldata offer) external;

    function acceptJobs(JobId[] calldata ids, Offer[] calldata offers) external returns (ItemStatus[] memory statuses);

    /// @notice Posts the result, whole, and what it was computed from as one hash. Refusing an input earns the terms' refusal part of the price. Emits
    /// `ResultPosted`.
    /// @dev Requirements:
    /// - the job is accepted, `work` holds its facts, and the caller is its operator
    /// - the deadline, stretched by a stated outage, has not passed
    /// - `output` is no longer than `maxPayload`; a refusal's is its eight-byte witness
    function postResult(JobId id, Work calldata work, Outcome outcome, bytes32 trace, bytes calldata output) external;

    function postResults(
        JobId[] calldata ids,
        Work[] calldata works,
        Outcome[] calldata outcomes,
        bytes32[] calldata traces,
        bytes[] calldata outputs
    ) external returns (ItemStatus[] memory statuses);

    /// @notice Ends a job whose challenge window is over: the operator is paid and has its bond back, the others' part
    /// goes to the bucket, what the client did not spend is free again. By anyone. Emits `JobSettled`.
    function settleJob(JobId id, Answer calldata answer) external;

    function settleJobs(JobId[] calldata ids, Answer[] calldata answers) external returns (ItemStatus[] memory statuses);

    /// @notice Takes back a job that nobody has accepted. By its client. Emits `JobCancelled`.
    function cancelJob(JobId id, Offer calldata offer) external;

    /// @notice Ends an open job whose offer window is over. By anyone. Emits `JobExpired`.
    function expireOffer(JobId id, Offer calldata offer) external;

    /// @notice Ends the acceptance of an operator whose deadline passed: it pays the fine to the client, the rest of its
    /// bond is free again; the job is open again when its offer window is not over, else refunded. When it is open again,
    /// the fine includes what its price rose until the deadline, so that nobody earns by keeping others out. By anyone.
    /// Emits `JobExpired`.
    function expireWork(JobId id, Work calldata work, Offer calldata offer) external;

    // ---------------------------------------------------------------- disputes: only the contract pinned in the job

    /// @notice Holds settlement until `until`, at most the challenge and dispute time after posting. When that has
    /// passed anyone may settle, whatever became of the dispute. Emits `SettlementHeld`.
    function holdSettlement(JobId id, Answer calldata answer, uint256 until) external;

    /// @notice Ends a hold; there must be one. Emits `SettlementReleased`.
    function releaseSettlement(JobId id, Answer calldata answer) external;

    /// @notice Convicts: the client has its whole fee back; of the operator's bond, at most half goes to `awards`, the
    /// rest to the treasury. Nothing else can be reached. Emits `JobConvicted`.
    function convict(JobId id, Answer calldata answer, Award[] calldata awards) external;

    // ---------------------------------------------------------------- modules: by role

    /// @notice Sets the sheet in force for a slot or model; zero: none. By the sheet book.
    function setSheet(bytes32 key, bytes32 sheet) external;

    /// @notice Outdates every sheet without a slot. By the sheet book.
    function setGeneration(uint256 generation) external;

    /// @notice Pays the bucket of `shares` and `operator` out to the caller, the reward pool.
    function takeBucket(bytes32 shares, address operator) external returns (uint256 amount);

    // ---------------------------------------------------------------- views

    function accountOf(address account) external view returns (uint256 free, uint256 locked, uint256 nonce);
    function statusOf(JobId id) external view returns (JobStatus);
    /// @notice The job's one word: 31 bytes of the facts' hash, one byte of status.
    function commitmentOf(JobId id) external view returns (bytes32);
    function jobIdOf(address client, uint256 nonce) external view returns (JobId);
    function sheetOf(bytes32 key) external view returns (bytes32);
    function generation() external view returns (uint256);
    function bucketOf(bytes32 shares, address operator) external view returns (uint256);
    /// @notice All that the escrow owes: every account's free and locked part, and every bucket.
    function totalOwed() external view returns (uint256);
    function priceOf(Offer calldata offer, uint256 timestamp) external pure returns (uint256);
    function bondOf(Offer calldata offer) external pure returns (uint256);
    function asset() external view returns (address);
    function treasury() external view returns (address);
}
