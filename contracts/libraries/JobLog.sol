// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {JobId, Submission} from "../types/Job.sol";

/// @notice Emits the two events that carry payloads straight from calldata: `JobSubmitted` has more fields than the
/// compiler's stack holds, and the submission's own words are already in the event's order.
library JobLog {
    function emitSubmitted(JobId id, bytes32 sheet, uint256 nonce, Submission calldata submission, bytes calldata input)
        internal
    {
        bytes32 topic = IJobEscrow.JobSubmitted.selector;
        uint256 start;
        assembly ("memory-safe") {
            start := mload(0x40)
            mstore(start, nonce)
            calldatacopy(add(start, 0x20), submission, 0xe0) // minFee … sampling
            mstore(add(start, 0x100), 0x120) // where the input begins
        }
        uint256 end = _copy(input, start + 0x120);
        assembly ("memory-safe") {
            log4(start, sub(end, start), topic, id, caller(), sheet)
        }
    }

    function emitPosted(JobId id, uint256 outcome, uint256 price, bytes32 trace, bytes calldata output) internal {
        bytes32 topic = IJobEscrow.ResultPosted.selector;
        uint256 start;
        assembly ("memory-safe") {
            start := mload(0x40)
            mstore(start, outcome)
            mstore(add(start, 0x20), price)
            mstore(add(start, 0x40), trace)
            mstore(add(start, 0x60), 0x80) // where the output begins
        }
        uint256 end = _copy(output, start + 0x80);
        assembly ("memory-safe") {
            log3(start, sub(end, start), topic, id, caller())
        }
    }

    /// @dev Length, then the bytes, then zeros to a whole word.
    function _copy(bytes calldata payload, uint256 to) private pure returns (uint256 end) {
        assembly ("memory-safe") {
            end := add(add(to, 0x20), and(add(payload.length, 0x1f), not(0x1f)))
            mstore(sub(end, 0x20), 0)
            mstore(to, payload.length)
            calldatacopy(add(to, 0x20), payload.offset, payload.length)
        }
    }
}
