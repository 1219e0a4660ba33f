// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../interfaces/IJobEscrow.sol";
import {JobId, Submission} from "../types/Job.sol";

/// @notice Emits `JobSubmitted` straight from calldata: twelve fields are more than the compiler's stack holds, and the
/// submission's own words are already in the event's order.
library SubmissionLog {
    function emitSubmitted(JobId id, bytes32 sheet, uint256 nonce, Submission calldata submission) internal {
        bytes32 topic = IJobEscrow.JobSubmitted.selector;
        bytes calldata input = submission.input;
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, nonce)
            calldatacopy(add(start, 0x20), submission, 0xe0) // minFee … sampling
            mstore(add(start, 0x100), 0x120) // where the input begins
            mstore(add(start, 0x120), input.length)
            let padded := and(add(input.length, 0x1f), not(0x1f))
            mstore(add(add(start, 0x120), padded), 0) // zeros behind the input's last byte
            calldatacopy(add(start, 0x140), input.offset, input.length)
            log4(start, add(0x140, padded), topic, id, caller(), sheet)
        }
    }
}
