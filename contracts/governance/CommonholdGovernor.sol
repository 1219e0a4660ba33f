// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IHoldToken} from "../interfaces/IHoldToken.sol";

/// @title Counts the votes of staked HOLD and tells the timelock what passed.
/// @notice OpenZeppelin's modules; ours are only the bounds, which hold at construction and in every setter, and the floor
/// of the quorum: one hundredth of HOLD's total supply, however little is staked.
contract CommonholdGovernor is
    Governor,
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorVotesQuorumFraction,
    GovernorPreventLateQuorum,
    GovernorTimelockControl
{
    /// @param votingDelay seconds from proposal to vote; 1 hour to 7 days
    /// @param votingPeriod seconds of the vote; 1 to 30 days, and at least the extension
    /// @param proposalThreshold votes needed to propose; one HOLD to 1 % of HOLD's cap
    /// @param quorumBps part of the staked HOLD; 100 to 5,000 of 10,000
    /// @param lateQuorumExtension least seconds left once the quorum is reached; 1 hour to 7 days, and at most the period
    struct Numbers {
        uint48 votingDelay;
        uint32 votingPeriod;
        uint256 proposalThreshold;
        uint256 quorumBps;
        uint48 lateQuorumExtension;
    }

    uint256 public constant QUORUM_FLOOR_BPS = 100;
    uint256 private constant WHOLE = 10_000;

    IHoldToken public immutable hold;

    error NumberOutOfBounds(bytes32 name, uint256 value, uint256 min, uint256 max);
    error TimelockIsFixed();

    constructor(address stakedHold, address hold_, address payable timelock_, Numbers memory numbers)
        Governor("Commonhold Governor")
        GovernorSettings(numbers.votingDelay, numbers.votingPeriod, numbers.proposalThreshold)
        GovernorVotes(IVotes(stakedHold))
        GovernorVotesQuorumFraction(numbers.quorumBps)
        GovernorPreventLateQuorum(numbers.lateQuorumExtension)
        GovernorTimelockControl(TimelockController(timelock_))
    {
        hold = IHoldToken(hold_);
    }

    /// @notice The governor and its timelock belong together for ever: handing over would be a way around every delay.
    function updateTimelock(TimelockController) public pure override {
        revert TimelockIsFixed();
    }

    // ---------------------------------------------------------------- quorum

    /// @notice The larger of a part of the staked HOLD and one hundredth of HOLD's total supply, both at `timepoint`.
    function quorum(uint256 timepoint) public view override(Governor, GovernorVotesQuorumFraction) returns (uint256) {
        uint256 ofStaked = super.quorum(timepoint);
        uint256 floor = hold.getPastTotalSupply(timepoint) * QUORUM_FLOOR_BPS / WHOLE;
        return ofStaked < floor ? floor : ofStaked;
    }

    function quorumDenominator() public pure override returns (uint256) {
        return WHOLE;
    }

    // ---------------------------------------------------------------- bounds

    function _setVotingDelay(uint48 value) internal override {
        _checkBounds("votingDelay", value, 1 hours, 7 days);
        super._setVotingDelay(value);
    }

    function _setVotingPeriod(uint32 value) internal override {
        _checkBounds("votingPeriod", value, Math.max(1 days, lateQuorumVoteExtension()), 30 days);
        super._setVotingPeriod(value);
    }

    function _setProposalThreshold(uint256 value) internal override {
        _checkBounds("proposalThreshold", value, 1e18, 10_000_000e18);
        super._setProposalThreshold(value);
    }

    function _updateQuorumNumerator(uint256 value) internal override {
        _checkBounds("quorumBps", value, 100, 5_000);
        super._updateQuorumNumerator(value);
    }

    function _setLateQuorumVoteExtension(uint48 value) internal override {
        _checkBounds("lateQuorumExtension", value, 1 hours, Math.min(7 days, votingPeriod()));
        super._setLateQuorumVoteExtension(value);
    }

    function _checkBounds(bytes32 name, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert NumberOutOfBounds(name, value, min, max);
    }

    // ---------------------------------------------------------------- where the modules meet

    function state(uint256 proposalId) public view override(Governor, GovernorTimelockControl) returns (ProposalState) {
        return super.state(proposalId);
    }

    function proposalNeedsQueuing(uint256 proposalId)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (bool)
    {
        return super.proposalNeedsQueuing(proposalId);
    }

    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    function proposalDeadline(uint256 proposalId)
        public
        view
        override(Governor, GovernorPreventLateQuorum)
        returns (uint256)
    {
        return super.proposalDeadline(proposalId);
    }

    function _tallyUpdated(uint256 proposalId) internal override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(proposalId);
    }

    function _queueOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(
        uint256 proposalId,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }
}
