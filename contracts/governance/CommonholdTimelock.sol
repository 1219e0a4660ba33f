// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title The only administrator: carries out what was voted, after a delay in which anyone can leave.
/// @notice OpenZeppelin's timelock without an admin of its own and with bounds on its delay. It also owns the treasury.
contract CommonholdTimelock is TimelockController {
    uint256 public constant MIN_DELAY = 1 days;
    uint256 public constant MAX_DELAY = 30 days;

    error DelayOutOfBounds(uint256 delay, uint256 min, uint256 max);
    error RolesAreFixed();

    constructor(uint256 delay, address[] memory proposers, address[] memory executors)
        TimelockController(delay, proposers, executors, address(0))
    {
        _checkDelay(delay);
    }

    /// @notice By the timelock itself, so by vote; 1 to 30 days.
    function updateDelay(uint256 newDelay) public override {
        _checkDelay(newDelay);
        super.updateDelay(newDelay);
    }

    /// @notice Who may propose and execute here is fixed at creation: one vote that let a key propose would be the last.
    function grantRole(bytes32, address) public pure override {
        revert RolesAreFixed();
    }

    /// @notice See `grantRole`.
    function revokeRole(bytes32, address) public pure override {
        revert RolesAreFixed();
    }

    /// @notice See `grantRole`: the governor cannot be talked into leaving, which would close the treasury for ever.
    function renounceRole(bytes32, address) public pure override {
        revert RolesAreFixed();
    }

    function _checkDelay(uint256 delay) private pure {
        if (delay < MIN_DELAY || delay > MAX_DELAY) revert DelayOutOfBounds(delay, MIN_DELAY, MAX_DELAY);
    }
}
