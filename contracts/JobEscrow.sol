// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IJobEscrow} from "./interfaces/IJobEscrow.sol";
import {Accounts} from "./libraries/Accounts.sol";
import {Amounts} from "./libraries/Amounts.sol";
import {Facts} from "./libraries/Facts.sol";
import {JobLog} from "./libraries/JobLog.sol";
import {NextFacts} from "./libraries/NextFacts.sol";
import {Outage} from "./libraries/Outage.sol";
import {Answer, Award, ItemStatus, JobId, JobStatus, Offer, Outcome, Submission, Work} from "./types/Job.sol";
import {Sheet} from "./types/Sheet.sol";
import {Terms} from "./types/Terms.sol";

/// @title JobEscrow
/// @dev Each verb of a job is said once, in a `_try…` that changes nothing unless it returns `Done`; the single verb turns
/// any other status into an error with its facts, the batch verb reports it.
contract JobEscrow is IJobEscrow, AccessManaged {
    using Accounts for Accounts.Account;
    using SafeERC20 for IERC20;

    uint256 private constant MAX_AMOUNT = type(uint104).max;
    uint256 private constant WITNESS_BYTES = 8;

    /// @inheritdoc IJobEscrow
    address public immutable asset;
    /// @inheritdoc IJobEscrow
    address public immutable treasury;
    /// @inheritdoc IJobEscrow
    uint256 public totalOwed;
    /// @inheritdoc IJobEscrow
    uint256 public generation;

    mapping(address account => Accounts.Account) private _accounts;
    mapping(JobId id => bytes32) private _jobs;
    mapping(bytes32 key => bytes32) private _sheets;
    mapping(bytes32 key => uint256) private _buckets;

    constructor(address manager, address asset_, address treasury_) AccessManaged(manager) {
        if (asset_ == address(0) || treasury_ == address(0)) revert ZeroAddress();
        asset = asset_;
        treasury = treasury_;
    }

    // ---------------------------------------------------------------- accounts

    /// @inheritdoc IJobEscrow
    function deposit(address account, uint256 amount) external {
        _deposit(account, amount);
    }

    /// @inheritdoc IJobEscrow
    function depositWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        try IERC20Permit(asset).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        _deposit(msg.sender, amount);
    }

    /// @inheritdoc IJobEscrow
    function withdraw(address to, uint256 amount) external {
        if (to == address(0)) revert ZeroAddress();
        if (amount == 0) revert BadAmount(amount, MAX_AMOUNT);
        Accounts.Account storage account = _accounts[msg.sender];

        if (!account.tryDebit(amount)) revert InsufficientBalance(msg.sender, account.free(), amount);
        totalOwed -= amount;

        emit Withdrawn(msg.sender, to, amount);
        IERC20(asset).safeTransfer(to, amount);
    }

    // ---------------------------------------------------------------- submit

    /// @inheritdoc IJobEscrow
    function submitJob(Sheet calldata sheet, Submission calldata submission) external returns (JobId id) {
        bytes32 sheetHash = _requireInForce(sheet);

        ItemStatus status;
        (status, id) = _trySubmit(sheetHash, sheet, submission);
        if (status != ItemStatus.Done) _refuseSubmission(status, sheet.terms, submission);
    }

    /// @inheritdoc IJobEscrow
    function submitJobs(Sheet calldata sheet, Submission[] calldata submissions)
        external
        returns (JobId[] memory ids, ItemStatus[] memory statuses)
    {
        bytes32 sheetHash = _requireInForce(sheet);
        ids = new JobId[](submissions.length);
        statuses = new ItemStatus[](submissions.length);

        for (uint256 i = 0; i < submissions.length; ++i) {
            (ItemStatus status, JobId id) = _trySubmit(sheetHash, sheet, submissions[i]);
            if (status == ItemStatus.Done) ids[i] = id;
            else _skip(statuses, i, id, status);
        }
    }

    // ---------------------------------------------------------------- accept

    /// @inheritdoc IJobEscrow
    function acceptJob(JobId id, Offer calldata offer) external {
        ItemStatus status = _tryAccept(id, offer);
        if (status == ItemStatus.Done) return;
        if (status == ItemStatus.WrongFacts) revert WrongFacts(id, statusOf(id));
        if (status == ItemStatus.TooLate) revert TooLate(id, _offerEnd(offer));
        if (status == ItemStatus.WrongCaller) revert WrongCaller(id, msg.sender);
        revert InsufficientBalance(msg.sender, _accounts[msg.sender].free(), bondOf(offer));
    }

    /// @inheritdoc IJobEscrow
    function acceptJobs(JobId[] calldata ids, Offer[] calldata offers) external returns (ItemStatus[] memory statuses) {
        _requireSameLength(ids.length, offers.length);
        statuses = new ItemStatus[](ids.length);

        for (uint256 i = 0; i < ids.length; ++i) {
            ItemStatus status = _tryAccept(ids[i], offers[i]);
            if (status != ItemStatus.Done) _skip(statuses, i, ids[i], status);
        }
    }

    // ---------------------------------------------------------------- post

    /// @inheritdoc IJobEscrow
    function postResult(JobId id, Work calldata work, Outcome outcome, bytes32 trace, bytes calldata output) external {
        ItemStatus status = _tryPost(id, work, uint256(outcome), trace, output);
        if (status == ItemStatus.Done) return;
        if (status == ItemStatus.WrongFacts) revert WrongFacts(id, statusOf(id));
        if (status == ItemStatus.WrongCaller) revert WrongCaller(id, msg.sender);
        if (status == ItemStatus.BadPayload) {
            revert BadPayload(output.length, outcome == Outcome.Answered ? work.terms.maxPayload() : WITNESS_BYTES);
        }
        revert TooLate(id, _postDeadline(work));
    }

    /// @inheritdoc IJobEscrow
    function postResults(
        JobId[] calldata ids,
        Work[] calldata works,
        Outcome[] calldata outcomes,
        bytes32[] calldata traces,
        bytes[] calldata outputs
    ) external returns (ItemStatus[] memory statuses) {
        _requireSameLength(ids.length, works.length);
        _requireSameLength(ids.length, outcomes.length);
        _requireSameLength(ids.length, traces.length);
        _requireSameLength(ids.length, outputs.length);
        statuses = new ItemStatus[](ids.length);

        for (uint256 i = 0; i < ids.length; ++i) {
            ItemStatus status = _tryPost(ids[i], works[i], _outcomeWord(outcomes, i), traces[i], outputs[i]);
            if (status != ItemStatus.Done) _skip(statuses, i, ids[i], status);
        }
    }

    // ---------------------------------------------------------------- settle

    /// @inheritdoc IJobEscrow
    function settleJob(JobId id, Answer calldata answer) external {
        ItemStatus status = _trySettle(id, answer);
        if (status == ItemStatus.WrongFacts) revert WrongFacts(id, statusOf(id));
        if (status == ItemStatus.TooEarly) revert TooEarly(id, _settleFrom(answer));
    }

    /// @inheritdoc IJobEscrow
    function settleJobs(JobId[] calldata ids, Answer[] calldata answers)
        external
        returns (ItemStatus[] memory statuses)
    {
        _requireSameLength(ids.length, answers.length);
        statuses = new ItemStatus[](ids.length);

        for (uint256 i = 0; i < ids.length; ++i) {
            ItemStatus status = _trySettle(ids[i], answers[i]);
            if (status != ItemStatus.Done) _skip(statuses, i, ids[i], status);
        }
    }

    // ---------------------------------------------------------------- the other exits

    /// @inheritdoc IJobEscrow
    function cancelJob(JobId id, Offer calldata offer) external {
        _requireFacts(id, Facts.hashOffer(offer), JobStatus.Open);
        if (msg.sender != offer.client) revert WrongCaller(id, msg.sender);

        _jobs[id] = Facts.seal(0, JobStatus.Refunded);
        _accounts[offer.client].unlock(offer.maxFee);

        emit JobCancelled(id, offer.client);
    }

    /// @inheritdoc IJobEscrow
    function expireOffer(JobId id, Offer calldata offer) external {
        _requireFacts(id, Facts.hashOffer(offer), JobStatus.Open);
        if (block.timestamp <= _offerEnd(offer)) revert TooEarly(id, _offerEnd(offer) + 1);

        _jobs[id] = Facts.seal(0, JobStatus.Refunded);
        _accounts[offer.client].unlock(offer.maxFee);

        emit JobExpired(id, address(0), 0, false);
    }

    /// @inheritdoc IJobEscrow
    function expireWork(JobId id, Work calldata work, Offer calldata offer) external {
        _requireFacts(id, Facts.hashWork(work), JobStatus.Accepted);
        bytes32 offerHash = Facts.hashOffer(offer);
        if (offerHash != work.offer) revert WrongFacts(id, JobStatus.Accepted);
        uint256 deadline = _postDeadline(work);
        if (block.timestamp <= deadline) revert TooEarly(id, deadline + 1);

        bool reopened = block.timestamp <= _offerEnd(offer);
        _jobs[id] = reopened ? Facts.seal(offerHash, JobStatus.Open) : Facts.seal(0, JobStatus.Refunded);
        uint256 bond = Amounts.bondUp(work.terms, work.maxFee);
        uint256 fine = Amounts.fineUp(work.terms, work.maxFee);
        if (reopened) fine = Math.min(bond, fine + Amounts.priceDown(offer, deadline) - work.price);
        _accounts[work.operator].unlockAndDebit(bond, fine);
        _accounts[work.client].credit(fine);
        if (!reopened) _accounts[work.client].unlock(work.maxFee);

        emit JobExpired(id, work.operator, fine, reopened);
    }

    // ---------------------------------------------------------------- disputes

    /// @inheritdoc IJobEscrow
    function holdSettlement(JobId id, Answer calldata answer, uint256 until) external {
        _requireJudge(id, answer);
        if (block.timestamp >= _settleFrom(answer)) revert TooLate(id, _settleFrom(answer));
        uint256 limit = answer.postedAt + answer.terms.challengeSeconds() + answer.terms.disputeSeconds();
        if (until > limit) revert TooLate(id, limit);

        _jobs[id] = Facts.seal(NextFacts.hashHeld(answer, until), JobStatus.Disputed);

        emit SettlementHeld(id, msg.sender, until);
    }

    /// @inheritdoc IJobEscrow
    function releaseSettlement(JobId id, Answer calldata answer) external {
        _requireJudge(id, answer);
        if (statusOf(id) != JobStatus.Disputed) revert WrongFacts(id, JobStatus.Posted);

        _jobs[id] = Facts.seal(NextFacts.hashHeld(answer, 0), JobStatus.Posted);

        emit SettlementReleased(id, msg.sender);
    }

    /// @inheritdoc IJobEscrow
    function convict(JobId id, Answer calldata answer, Award[] calldata awards) external {
        _requireJudge(id, answer);

        _jobs[id] = Facts.seal(0, JobStatus.Convicted);
        uint256 bond = Amounts.bondUp(answer.terms, answer.maxFee);
        _accounts[answer.client].unlock(answer.maxFee);
        _accounts[answer.operator].unlockAndDebit(bond, bond);
        uint256 awarded = _creditAwards(id, bond, awards);
        _accounts[treasury].credit(bond - awarded);

        emit JobConvicted(id, answer.operator, bond, awarded);
    }

    // ---------------------------------------------------------------- modules

    /// @inheritdoc IJobEscrow
    function setSheet(bytes32 key, bytes32 sheet) external restricted {
        _sheets[key] = sheet;
        emit SheetSet(key, sheet);
    }

    /// @inheritdoc IJobEscrow
    function setGeneration(uint256 generation_) external restricted {
        generation = generation_;
        emit GenerationSet(generation_);
    }

    /// @inheritdoc IJobEscrow
    function takeBucket(bytes32 shares, address operator) external restricted returns (uint256 amount) {
        bytes32 key = _bucketKey(shares, operator);
        amount = _buckets[key];

        _buckets[key] = 0;
        totalOwed -= amount;

        emit BucketTaken(shares, operator, msg.sender, amount);
        IERC20(asset).safeTransfer(msg.sender, amount);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IJobEscrow
    function accountOf(address account) external view returns (uint256 free, uint256 locked, uint256 nonce) {
        Accounts.Account storage found = _accounts[account];
        return (found.free(), found.locked(), found.nonce());
    }

    /// @inheritdoc IJobEscrow
    function commitmentOf(JobId id) external view returns (bytes32) {
        return _jobs[id];
    }

    /// @inheritdoc IJobEscrow
    function sheetOf(bytes32 key) external view returns (bytes32) {
        return _sheets[key];
    }

    /// @inheritdoc IJobEscrow
    function bucketOf(bytes32 shares, address operator) external view returns (uint256) {
        return _buckets[_bucketKey(shares, operator)];
    }

    /// @inheritdoc IJobEscrow
    function priceOf(Offer calldata offer, uint256 timestamp) external pure returns (uint256) {
        return Amounts.priceDown(offer, timestamp);
    }

    /// @inheritdoc IJobEscrow
    function statusOf(JobId id) public view returns (JobStatus) {
        return Facts.statusOf(_jobs[id]);
    }

    /// @inheritdoc IJobEscrow
    function jobIdOf(address client, uint256 nonce) public view returns (JobId) {
        return Facts.jobId(client, nonce);
    }

    /// @inheritdoc IJobEscrow
    function bondOf(Offer calldata offer) public pure returns (uint256) {
        return Amounts.bondUp(offer.terms, offer.maxFee);
    }

    // ---------------------------------------------------------------- each verb once

    function _trySubmit(bytes32 sheetHash, Sheet calldata sheet, Submission calldata submission)
        private
        returns (ItemStatus status, JobId id)
    {
        bytes calldata input = submission.input;
        status = _checkSubmission(sheet.terms, submission, input.length);
        if (status != ItemStatus.Done) return (status, id);

        (bool locked, uint256 nonce) = _accounts[msg.sender].tryLockForJob(submission.maxFee);
        if (!locked) return (ItemStatus.InsufficientBalance, id);
        id = jobIdOf(msg.sender, nonce);
        bytes32 request = NextFacts.hashRequest(sheetHash, submission, Facts.hashBytes(input));
        _jobs[id] = Facts.seal(NextFacts.hashOffer(sheet, submission, request), JobStatus.Open);

        JobLog.emitSubmitted(id, sheetHash, nonce, submission, input);
    }

    function _tryAccept(JobId id, Offer calldata offer) private returns (ItemStatus) {
        bytes32 offerHash = Facts.hashOffer(offer);
        if (!_matches(id, offerHash, JobStatus.Open)) return ItemStatus.WrongFacts;
        if (block.timestamp > _offerEnd(offer)) return ItemStatus.TooLate;
        if (_isReservedForAnother(offer)) return ItemStatus.WrongCaller;
        if (!_accounts[msg.sender].tryLock(bondOf(offer))) return ItemStatus.InsufficientBalance;

        uint256 price = Amounts.priceDown(offer, block.timestamp);
        uint256 postBy = block.timestamp + offer.serviceSeconds;
        _jobs[id] = Facts.seal(NextFacts.hashWork(offer, offerHash, price, postBy), JobStatus.Accepted);

        emit JobAccepted(id, msg.sender, price, postBy);
        return ItemStatus.Done;
    }

    function _tryPost(JobId id, Work calldata work, uint256 outcome, bytes32 trace, bytes calldata output)
        private
        returns (ItemStatus)
    {
        if (!_matches(id, Facts.hashWork(work), JobStatus.Accepted)) return ItemStatus.WrongFacts;
        if (msg.sender != work.operator) return ItemStatus.WrongCaller;
        if (!_isPayload(outcome, output.length, work.terms)) return ItemStatus.BadPayload;
        if (block.timestamp > work.postBy && block.timestamp > _postDeadline(work)) return ItemStatus.TooLate;

        uint256 price = work.price;
        if (outcome == uint256(Outcome.InputRefused)) price = Amounts.refusalPriceDown(work.terms, price);
        bytes32 result = NextFacts.hashResult(outcome, Facts.hashBytes(output), trace);
        _jobs[id] = Facts.seal(NextFacts.hashAnswer(work, result, price), JobStatus.Posted);

        JobLog.emitPosted(id, outcome, price, trace, output);
        return ItemStatus.Done;
    }

    function _trySettle(JobId id, Answer calldata answer) private returns (ItemStatus) {
        if (!_isPosted(id, Facts.hashAnswer(answer))) return ItemStatus.WrongFacts;
        if (block.timestamp < _settleFrom(answer)) return ItemStatus.TooEarly;

        _jobs[id] = Facts.seal(0, JobStatus.Settled);
        address operator = answer.operator;
        uint256 sharedPart = Amounts.sharedPartDown(answer.terms, answer.price);
        uint256 operatorPart = answer.price - sharedPart;
        _accounts[answer.client].unlockAndDebit(answer.maxFee, answer.price);
        _accounts[operator].unlockAndCredit(Amounts.bondUp(answer.terms, answer.maxFee), operatorPart);
        _buckets[_bucketKey(answer.shares, operator)] += sharedPart;

        emit JobSettled(id, operator, operatorPart, sharedPart);
        return ItemStatus.Done;
    }

    // ---------------------------------------------------------------- money

    function _deposit(address account, uint256 amount) private {
        if (account == address(0)) revert ZeroAddress();
        uint256 room = MAX_AMOUNT - totalOwed;
        if (amount == 0 || amount > room) revert BadAmount(amount, room);
        uint256 before = IERC20(asset).balanceOf(address(this));

        totalOwed += amount;
        _accounts[account].credit(amount);

        emit Deposited(account, msg.sender, amount);
        IERC20(asset).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(asset).balanceOf(address(this)) - before;
        if (received != amount) revert WrongReceipt(amount, received);
    }

    function _creditAwards(JobId id, uint256 bond, Award[] calldata awards) private returns (uint256 awarded) {
        for (uint256 i = 0; i < awards.length; ++i) {
            if (awards[i].to == address(0)) revert ZeroAddress();
            if (awards[i].amount > MAX_AMOUNT) revert BadAmount(awards[i].amount, MAX_AMOUNT);
            awarded += awards[i].amount;
            if (awarded > bond / 2) revert AwardsExceedHalf(awarded, bond);
            _accounts[awards[i].to].credit(awards[i].amount);
            emit AwardCredited(id, awards[i].to, awards[i].amount);
        }
    }

    // ---------------------------------------------------------------- refusals

    function _requireInForce(Sheet calldata sheet) private view returns (bytes32 sheetHash) {
        bytes32 key = sheet.slot == 0 ? sheet.model : sheet.slot;
        sheetHash = Facts.hashSheet(sheet);
        bytes32 inForce = _sheets[key];
        if (sheetHash != inForce) revert SheetNotInForce(key, sheetHash, inForce);
        if (sheet.slot == 0 && sheet.generation != generation) {
            revert SheetOutdated(sheet.model, sheet.generation, generation);
        }
        if (!Amounts.canBePaid(sheet.terms)) revert TermsUnpayable(sheet.terms);
    }

    function _checkSubmission(Terms terms, Submission calldata submission, uint256 length)
        private
        pure
        returns (ItemStatus)
    {
        uint256 maxFee = submission.maxFee;
        if (submission.minFee == 0 || submission.minFee > maxFee || maxFee > MAX_AMOUNT) return ItemStatus.BadAmount;
        if (_badWindow(submission.offerSeconds, terms.maxOfferSeconds())) return ItemStatus.BadWindow;
        if (_badWindow(submission.serviceSeconds, terms.maxServiceSeconds())) return ItemStatus.BadWindow;
        if (submission.exclusiveSeconds >= submission.offerSeconds) return ItemStatus.BadWindow;
        uint256 named = _namedWord(submission);
        if (named > type(uint160).max) return ItemStatus.WrongCaller;
        if (named == 0 && submission.exclusiveSeconds != 0) return ItemStatus.BadWindow;
        if (length == 0 || length > terms.maxPayload()) return ItemStatus.BadPayload;
        return ItemStatus.Done;
    }

    function _refuseSubmission(ItemStatus status, Terms terms, Submission calldata submission) private view {
        if (status == ItemStatus.BadAmount) {
            if (submission.maxFee > MAX_AMOUNT) revert BadAmount(submission.maxFee, MAX_AMOUNT);
            revert BadAmount(submission.minFee, submission.maxFee);
        }
        if (status == ItemStatus.BadPayload) revert BadPayload(submission.input.length, terms.maxPayload());
        if (status == ItemStatus.InsufficientBalance) {
            revert InsufficientBalance(msg.sender, _accounts[msg.sender].free(), submission.maxFee);
        }
        if (status == ItemStatus.WrongCaller) {
            revert WrongCaller(JobId.wrap(0), address(uint160(_namedWord(submission))));
        }
        if (_badWindow(submission.offerSeconds, terms.maxOfferSeconds())) {
            revert BadWindow(submission.offerSeconds, terms.maxOfferSeconds());
        }
        if (_badWindow(submission.serviceSeconds, terms.maxServiceSeconds())) {
            revert BadWindow(submission.serviceSeconds, terms.maxServiceSeconds());
        }
        revert BadWindow(submission.exclusiveSeconds, submission.named == address(0) ? 0 : submission.offerSeconds - 1);
    }

    function _requireFacts(JobId id, bytes32 factsHash, JobStatus status) private view {
        if (!_matches(id, factsHash, status)) revert WrongFacts(id, statusOf(id));
    }

    function _requireJudge(JobId id, Answer calldata answer) private view {
        if (!_isPosted(id, Facts.hashAnswer(answer))) revert WrongFacts(id, statusOf(id));
        if (msg.sender != answer.disputes) revert WrongCaller(id, msg.sender);
    }

    function _requireSameLength(uint256 ids, uint256 facts) private pure {
        if (ids != facts) revert LengthMismatch(ids, facts);
    }

    function _skip(ItemStatus[] memory statuses, uint256 index, JobId id, ItemStatus status) private {
        statuses[index] = status;
        emit ItemSkipped(index, id, status);
    }

    // ---------------------------------------------------------------- looking

    function _matches(JobId id, bytes32 factsHash, JobStatus status) private view returns (bool) {
        // A hash is compared, nothing that a stranger could nudge.
        // slither-disable-next-line incorrect-equality
        return _jobs[id] == Facts.seal(factsHash, status);
    }

    function _isPosted(JobId id, bytes32 factsHash) private view returns (bool) {
        bytes32 commitment = _jobs[id];
        // slither-disable-next-line incorrect-equality
        return commitment == Facts.seal(factsHash, JobStatus.Posted)
            || commitment == Facts.seal(factsHash, JobStatus.Disputed);
    }

    function _isReservedForAnother(Offer calldata offer) private view returns (bool) {
        return offer.exclusiveSeconds != 0 && block.timestamp <= offer.submittedAt + offer.exclusiveSeconds
            && msg.sender != offer.named;
    }

    function _isPayload(uint256 outcome, uint256 length, Terms terms) private pure returns (bool) {
        if (outcome == uint256(Outcome.Answered)) return length <= terms.maxPayload();
        return outcome <= uint256(type(Outcome).max) && length == WITNESS_BYTES;
    }

    function _badWindow(uint256 given, uint256 limit) private pure returns (bool) {
        return given == 0 || given > limit;
    }

    function _offerEnd(Offer calldata offer) private pure returns (uint256) {
        return offer.submittedAt + offer.offerSeconds;
    }

    function _postDeadline(Work calldata work) private view returns (uint256) {
        if (block.timestamp <= work.postBy || work.outageClock == address(0)) return work.postBy;
        return work.postBy + Outage.secondsSince(work.outageClock, work.acceptedAt);
    }

    function _settleFrom(Answer calldata answer) private pure returns (uint256) {
        uint256 windowEnd = answer.postedAt + answer.terms.challengeSeconds();
        return answer.heldUntil > windowEnd ? answer.heldUntil : windowEnd;
    }

    /// @dev Read undecoded, so that dirty bits in one item do not sink a batch.
    function _namedWord(Submission calldata submission) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(submission, 0xa0))
        }
    }

    /// @dev Likewise.
    function _outcomeWord(Outcome[] calldata outcomes, uint256 i) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(outcomes.offset, mul(i, 0x20)))
        }
    }

    function _bucketKey(bytes32 shares, address operator) private pure returns (bytes32) {
        return Facts.hash(shares, bytes32(uint256(uint160(operator))));
    }
}
