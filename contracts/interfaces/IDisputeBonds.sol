// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Demand} from "../types/Dispute.sol";
import {Answer, JobId} from "../types/Job.sol";

/// @title The stakes of disputes, and what becomes of them.
///
/// @notice Whoever demands to be shown something stakes a bond, and so does whoever announces a conviction. Bonds are taken
/// from balances here. All times and stakes are fixed at creation. `docs/dispute.md`, section 1.
interface IDisputeBonds {
    // ---------------------------------------------------------------- events

    event Deposited(address indexed account, address indexed from, uint256 amount);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    /// @notice Something must be shown until `deadline`. `key` names it.
    event Demanded(JobId indexed id, bytes32 indexed key, address indexed challenger, uint256 bond, uint256 deadline);
    event Committed(JobId indexed id, bytes32 indexed commitment, address indexed by, uint256 bond, uint256 deadline);
    event SilenceConvicted(JobId indexed id, bytes32 indexed key);
    /// @notice What became of a bond: `amount` to `to`. `key` names the demand, or is the `commitmentKey`.
    event BondPaid(JobId indexed id, bytes32 indexed key, address indexed to, uint256 amount);

    // ---------------------------------------------------------------- errors

    error InsufficientBalance(uint256 balance, uint256 needed);
    error AlreadyDemanded(bytes32 key);
    error NotDemanded(bytes32 key);
    error NotCommitted(bytes32 commitment);
    error NotFinal(JobId id);
    error TooEarly(uint256 from);
    error TooLate(uint256 until);
    error TooManyRepaid(uint256 count);

    // ---------------------------------------------------------------- verbs

    /// @notice Needs an approval of the asset.
    function deposit(uint256 amount) external;
    function withdraw(uint256 amount, address to) external;

    /// @notice Announces a conviction: `commitment` is `commitmentOf` of it. Holds the job for the time to reveal it.
    function commit(JobId id, Answer calldata answer, bytes32 commitment) external;

    /// @notice Convicts an operator who did not show in time what was demanded. The challenger is paid, whoever calls.
    /// @param repaid demands that were shown, in the order of their keys: whoever made them is repaid what showing costs
    function convictSilence(JobId id, Answer calldata answer, bytes32 key, bytes32[] calldata repaid) external;

    /// @notice Pays a bond out once the job is final: to the challenger if it ended in a conviction or if nothing was shown;
    /// else what showing costs, and what was held up would have borne, to the operator, the rest to the treasury.
    function settleDemand(JobId id, bytes32 key) external;

    /// @notice Pays the bond of a commitment out: to whoever committed if the job was convicted; else, once the time to
    /// reveal is over, to the treasury.
    function settleCommitment(JobId id, bytes32 commitment, address by) external;

    // ---------------------------------------------------------------- views

    function balanceOf(address account) external view returns (uint256);
    function demandOf(JobId id, bytes32 key) external view returns (Demand memory);
    /// @notice The next demand's bond on a job: it rises with those that are open, to four times the least.
    function nextBond(JobId id, Answer calldata answer) external view returns (uint256);
    /// @notice The bond of a conviction that is announced: at least the part of its reward that the time to reveal is of the
    /// window, so that nobody keeps one in reserve.
    function commitmentBond(JobId id, Answer calldata answer) external view returns (uint256);
    function commitmentOf(address by, JobId id, bytes32 claim, bytes32 salt) external pure returns (bytes32);
    /// @notice Names a commitment of somebody's: so nobody can take its place by sending the same before.
    function commitmentKey(bytes32 commitment, address by) external pure returns (bytes32);
    /// @notice Time to show what was demanded; and, after that, to use it.
    function moveSeconds() external view returns (uint256);
    /// @notice Time to prove a conviction that was committed to.
    function revealSeconds() external view returns (uint256);
    /// @notice What it costs to show something, in units of the asset.
    function showingCost() external view returns (uint256);
    /// @notice What money that is held up is taken to bear in a year, in parts of 10,000: an operator whose result was right is
    /// paid it besides.
    function yieldBps() external view returns (uint256);
}
