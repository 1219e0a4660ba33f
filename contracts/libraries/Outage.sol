// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {IOutageClock} from "../interfaces/IOutageClock.sol";

/// @notice Asks an outage clock without trusting it: bounded gas, bounded return data, bounded effect.
library Outage {
    uint256 internal constant MAX_SECONDS = 1 days;
    uint256 private constant CLOCK_GAS = 100_000;
    /// @dev A caller could otherwise starve the clock by its gas limit and have an honest operator fined: the 63/64 rule
    /// leaves the clock its whole allowance only when this much is left.
    uint256 private constant GAS_NEEDED = CLOCK_GAS * 64 / 63 + 5_000;

    /// @return stated seconds of outage between `from` and now, at most a day; zero when the clock fails
    function secondsSince(address clock, uint256 from) internal view returns (uint256 stated) {
        if (gasleft() < GAS_NEEDED) revert IJobEscrow.InsufficientGas(gasleft(), GAS_NEEDED);
        bytes memory question = abi.encodeCall(IOutageClock.outageSeconds, (from, block.timestamp));
        bool answered;
        assembly ("memory-safe") {
            answered := staticcall(CLOCK_GAS, clock, add(question, 0x20), mload(question), 0x00, 0x20)
            answered := and(answered, gt(returndatasize(), 0x1f))
            stated := mul(answered, mload(0x00))
        }
        if (stated > MAX_SECONDS) stated = MAX_SECONDS;
    }
}
