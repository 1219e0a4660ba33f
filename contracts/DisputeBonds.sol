// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IDisputeBonds} from "./interfaces/IDisputeBonds.sol";
import {IJobEscrow} from "./interfaces/IJobEscrow.sol";
import {Amounts} from "./libraries/Amounts.sol";
import {Facts} from "./libraries/Facts.sol";
import {Commitment, Demand, Game} from "./types/Dispute.sol";
import {Answer, Award, JobId, JobStatus} from "./types/Job.sol";

/// @title DisputeBonds
abstract contract DisputeBonds is IDisputeBonds {
    using SafeERC20 for IERC20;

    /// @notice The reward of a conviction: this part of the operator's bond. As much again, at most, repays what was shown;
    /// so at least half goes to the treasury, and whoever convicts itself loses three quarters.
    uint256 public constant REWARD_PARTS = 4;
    uint256 public constant MOST_RISE = 4;
    /// @notice Of those who demanded to be shown something, so many are repaid at once.
    uint256 public constant MOST_REPAID = 8;
    /// @notice A bond is one and a half times what showing costs, and what is held up would have borne.
    uint256 private constant BOND_HALVES = 3;
    /// @notice A demand holds a job for its move, and for one more in which to use what was shown.
    uint256 private constant MOVES_HELD = 2;
    uint256 private constant BASIS_POINTS = 10_000;

    IJobEscrow public immutable escrow;
    IERC20 public immutable asset;
    /// @inheritdoc IDisputeBonds
    uint256 public immutable moveSeconds;
    /// @inheritdoc IDisputeBonds
    uint256 public immutable revealSeconds;
    /// @inheritdoc IDisputeBonds
    uint256 public immutable showingCost;
    /// @inheritdoc IDisputeBonds
    uint256 public immutable yieldBps;

    /// @notice Of one job.
    /// @param caseHash of what is judged of it
    /// @param open demands that are not answered, and commitments
    /// @param heldUntil as its answer says now: only this contract changes it
    struct Docket {
        bytes32 caseHash;
        address operator;
        uint32 open;
        uint64 heldUntil;
    }

    mapping(JobId id => Docket) internal _dockets;
    mapping(JobId id => mapping(bytes32 key => Demand)) private _demands;
    mapping(JobId id => mapping(bytes32 commitment => Commitment)) private _commitments;
    /// @inheritdoc IDisputeBonds
    mapping(address account => uint256) public balanceOf;

    constructor(address escrow_, Game memory game) {
        escrow = IJobEscrow(escrow_);
        asset = IERC20(IJobEscrow(escrow_).asset());
        moveSeconds = game.moveSeconds;
        revealSeconds = game.revealSeconds;
        showingCost = game.showingCost;
        yieldBps = game.yieldBps;
    }

    // ---------------------------------------------------------------- balances

    /// @inheritdoc IDisputeBonds
    function deposit(uint256 amount) external {
        balanceOf[msg.sender] += amount;

        emit Deposited(msg.sender, msg.sender, amount);
        asset.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IDisputeBonds
    function withdraw(uint256 amount, address to) external {
        _debit(amount);

        emit Withdrawn(msg.sender, to, amount);
        asset.safeTransfer(to, amount);
    }

    // ---------------------------------------------------------------- stakes

    /// @inheritdoc IDisputeBonds
    function commit(JobId id, Answer calldata answer, bytes32 commitment) external {
        Commitment storage found = _commitments[id][commitmentKey(commitment, msg.sender)];
        if (found.from != 0) revert AlreadyDemanded(commitment);
        uint256 bond = commitmentBond(id, answer);
        uint256 deadline = block.timestamp + revealSeconds;
        (found.bond, found.from, found.deadline) = (uint128(bond), uint64(block.number + 1), uint64(deadline));
        ++_dockets[id].open;
        _debit(bond);

        emit Committed(id, commitment, msg.sender, bond, deadline);
        _hold(id, answer, deadline + 1);
    }

    /// @inheritdoc IDisputeBonds
    function convictSilence(JobId id, Answer calldata answer, bytes32 key, bytes32[] calldata repaid) external {
        Demand memory demand = _demands[id][key];
        if (demand.challenger == address(0) || demand.shown) revert NotDemanded(key);
        if (block.timestamp <= demand.deadline) revert TooEarly(uint256(demand.deadline) + 1);

        emit SilenceConvicted(id, key);
        _convict(id, answer, demand.challenger, repaid);
    }

    /// @inheritdoc IDisputeBonds
    function settleDemand(JobId id, bytes32 key) external {
        Demand storage demand = _demands[id][key];
        uint256 bond = _bond(demand.rise, demand.held);
        if (demand.rise == 0) revert NotDemanded(key);
        JobStatus status = escrow.statusOf(id);
        if (status != JobStatus.Convicted && status != JobStatus.Settled) revert NotFinal(id);
        demand.rise = 0;

        if (status == JobStatus.Convicted || !demand.shown) {
            _pay(id, key, demand.challenger, bond);
        } else {
            uint256 cost = showingCost + demand.held;
            _pay(id, key, _dockets[id].operator, cost);
            _pay(id, key, escrow.treasury(), bond - cost);
        }
    }

    /// @inheritdoc IDisputeBonds
    function settleCommitment(JobId id, bytes32 commitment, address by) external {
        bytes32 key = commitmentKey(commitment, by);
        Commitment storage found = _commitments[id][key];
        uint256 bond = found.bond;
        if (bond == 0) revert NotCommitted(commitment);
        bool convicted = escrow.statusOf(id) == JobStatus.Convicted;
        if (!convicted && block.timestamp <= found.deadline) revert TooEarly(uint256(found.deadline) + 1);
        found.bond = 0;

        _pay(id, key, convicted ? by : escrow.treasury(), bond);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IDisputeBonds
    function demandOf(JobId id, bytes32 key) external view returns (Demand memory) {
        return _demands[id][key];
    }

    /// @inheritdoc IDisputeBonds
    function nextBond(JobId id, Answer calldata answer) public view returns (uint256) {
        return _bond(_rise(id), _held(answer));
    }

    /// @inheritdoc IDisputeBonds
    function commitmentBond(JobId id, Answer calldata answer) public view returns (uint256) {
        uint256 window = answer.terms.challengeSeconds();
        return Math.max(nextBond(id, answer), Math.ceilDiv(_reward(answer) * revealSeconds, Math.max(window, 1)));
    }

    /// @inheritdoc IDisputeBonds
    function commitmentOf(address by, JobId id, bytes32 claim, bytes32 salt) public pure returns (bytes32) {
        return keccak256(abi.encode(by, id, claim, salt));
    }

    /// @inheritdoc IDisputeBonds
    function commitmentKey(bytes32 commitment, address by) public pure returns (bytes32) {
        return Facts.hash(commitment, bytes32(uint256(uint160(by))));
    }

    // ---------------------------------------------------------------- for the game

    /// @dev Once for each key: what was shown once serves everybody.
    function _demand(JobId id, Answer calldata answer, bytes32 key) internal {
        if (_demands[id][key].challenger != address(0)) revert AlreadyDemanded(key);
        uint256 rise = _rise(id);
        uint256 deadline = block.timestamp + moveSeconds;
        uint256 held = _held(answer);
        _demands[id][key] = Demand(msg.sender, uint8(rise), uint40(deadline), false, uint40(held));
        Docket storage docket = _dockets[id];
        docket.operator = answer.operator;
        ++docket.open;
        _debit(_bond(rise, held));

        emit Demanded(id, key, msg.sender, _bond(rise, held), deadline);
        _hold(id, answer, deadline + moveSeconds);
    }

    /// @dev Whoever has what was demanded may show it.
    function _show(JobId id, bytes32 key) internal {
        Demand storage demand = _demands[id][key];
        if (demand.challenger == address(0) || demand.shown) revert NotDemanded(key);
        if (block.timestamp > demand.deadline) revert TooLate(demand.deadline);
        demand.shown = true;
        --_dockets[id].open;
    }

    /// @dev Those whose demands were shown have that repaid first, up to as much as the reward.
    function _convict(JobId id, Answer calldata answer, address by, bytes32[] calldata repaid) internal {
        uint256 reward = _reward(answer);
        if (repaid.length > MOST_REPAID || repaid.length * showingCost > reward) revert TooManyRepaid(repaid.length);
        Award[] memory awards = new Award[](repaid.length + 1);
        uint256 count = 0;
        bytes32 before = 0;
        for (uint256 i = 0; i < repaid.length; ++i) {
            Demand memory demand = _demands[id][repaid[i]];
            if (repaid[i] <= before || !demand.shown) revert NotDemanded(repaid[i]);
            before = repaid[i];
            count = _add(awards, count, demand.challenger, showingCost);
        }
        count = _add(awards, count, by, reward);
        assembly ("memory-safe") {
            mstore(awards, count)
        }

        escrow.convict(id, _current(id, answer), awards);
    }

    /// @dev One who comes twice in a row is paid at once.
    function _add(Award[] memory awards, uint256 count, address to, uint256 amount) private pure returns (uint256) {
        if (count != 0 && awards[count - 1].to == to) {
            awards[count - 1].amount += amount;
            return count;
        }
        awards[count] = Award(to, amount);
        return count + 1;
    }

    /// @dev The answer as it is now. How long it is held is not the caller's to say: else whoever holds a job once more could
    /// make others' moves, which were sent before, come to nothing.
    function _current(JobId id, Answer calldata answer) internal view returns (Answer memory current) {
        current = answer;
        current.heldUntil = _dockets[id].heldUntil;
    }

    function _requireCommitted(JobId id, bytes32 claim, bytes32 salt) internal view {
        bytes32 commitment = commitmentOf(msg.sender, id, claim, salt);
        Commitment memory found = _commitments[id][commitmentKey(commitment, msg.sender)];
        if (found.from == 0 || block.number < found.from) revert NotCommitted(commitment);
        if (block.timestamp > found.deadline) revert TooLate(found.deadline);
    }

    // ---------------------------------------------------------------- inside

    /// @dev The escrow refuses an answer that is not the job's, a job whose window is over, and too long a hold.
    function _hold(JobId id, Answer calldata answer, uint256 until) private {
        Answer memory current = _current(id, answer);
        uint256 held = Math.max(current.heldUntil, until);
        _dockets[id].heldUntil = uint64(held);
        escrow.holdSettlement(id, current, held);
    }

    function _debit(uint256 amount) private {
        uint256 balance = balanceOf[msg.sender];
        if (balance < amount) revert InsufficientBalance(balance, amount);
        balanceOf[msg.sender] = balance - amount;
    }

    function _pay(JobId id, bytes32 key, address to, uint256 amount) private {
        balanceOf[to] += amount;
        emit BondPaid(id, key, to, amount);
    }

    function _rise(JobId id) private view returns (uint256) {
        return Math.min(MOST_RISE, 1 + _dockets[id].open);
    }

    /// @dev Rounded up, so that it is never below what the operator is paid of it.
    function _bond(uint256 rise, uint256 held) private view returns (uint256) {
        return Math.ceilDiv(showingCost * BOND_HALVES * rise, 2) + held * rise;
    }

    /// @dev What the operator's bond and the price would bear while a demand holds them up.
    function _held(Answer calldata answer) private view returns (uint256) {
        uint256 money = Amounts.bondUp(answer.terms, answer.maxFee) + answer.price;
        uint256 bears = Math.ceilDiv(money * yieldBps * MOVES_HELD * moveSeconds, BASIS_POINTS * 365 days);
        return Math.min(bears, type(uint40).max);
    }

    function _reward(Answer calldata answer) private pure returns (uint256) {
        return Amounts.bondUp(answer.terms, answer.maxFee) / REWARD_PARTS;
    }
}
