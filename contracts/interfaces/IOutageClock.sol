// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The chain's own statement of when it could not be used (on a rollup: its sequencer's uptime feed).
///
/// @notice Asked only when a deadline is about to cost somebody a fine. The escrow adds at most one day to a deadline,
/// and nothing when the clock fails.
interface IOutageClock {
    /// @notice Seconds of outage that began or lasted between `from` and `to`.
    function outageSeconds(uint256 from, uint256 to) external view returns (uint256);
}
