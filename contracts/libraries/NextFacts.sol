// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Answer, Offer, Submission, Work} from "../types/Job.sol";
import {Sheet} from "../types/Sheet.sol";

/// @notice The hash of a job's facts after a verb, from what the verb was given: `docs/encoding.md`.
/// @dev Words that stay are copied in runs, which is why the structs keep them in the same order.
library NextFacts {
    /// @param request what is asked, hashed
    function hashOffer(Sheet calldata sheet, Submission calldata submission, bytes32 request)
        internal
        view
        returns (bytes32 result)
    {
        assembly ("memory-safe") {
            let facts := mload(0x40)
            mstore(facts, request)
            calldatacopy(add(facts, 0x20), add(sheet, 0x60), 0x20) // shares
            calldatacopy(add(facts, 0x40), add(sheet, 0xc0), 0x20) // terms
            mstore(add(facts, 0x60), caller()) // client
            calldatacopy(add(facts, 0x80), add(submission, 0xa0), 0x20) // named
            calldatacopy(add(facts, 0xa0), add(sheet, 0x80), 0x40) // disputes, outageClock
            calldatacopy(add(facts, 0xe0), submission, 0x40) // minFee, maxFee
            mstore(add(facts, 0x120), timestamp()) // submittedAt
            calldatacopy(add(facts, 0x140), add(submission, 0x40), 0x20) // offerSeconds
            calldatacopy(add(facts, 0x160), add(submission, 0x80), 0x20) // exclusiveSeconds
            calldatacopy(add(facts, 0x180), add(submission, 0x60), 0x20) // serviceSeconds
            result := keccak256(facts, 0x1a0)
        }
    }

    /// @param hash that of `offer`
    /// @param price units of the asset, agreed now by the caller
    /// @param postBy last second for the result
    function hashWork(Offer calldata offer, bytes32 hash, uint256 price, uint256 postBy)
        internal
        view
        returns (bytes32 result)
    {
        assembly ("memory-safe") {
            let facts := mload(0x40)
            mstore(facts, hash)
            calldatacopy(add(facts, 0x20), add(offer, 0x20), 0x60) // shares, terms, client
            mstore(add(facts, 0x80), caller()) // operator
            calldatacopy(add(facts, 0xa0), add(offer, 0xa0), 0x40) // disputes, outageClock
            calldatacopy(add(facts, 0xe0), add(offer, 0x100), 0x20) // maxFee
            mstore(add(facts, 0x100), price)
            mstore(add(facts, 0x120), timestamp()) // acceptedAt
            mstore(add(facts, 0x140), postBy)
            result := keccak256(facts, 0x160)
        }
    }

    /// @param answered outcome, output and trace, hashed
    /// @param price units of the asset that are due
    function hashAnswer(Work calldata work, bytes32 answered, uint256 price) internal view returns (bytes32 result) {
        assembly ("memory-safe") {
            let facts := mload(0x40)
            calldatacopy(facts, work, 0x20) // offer
            mstore(add(facts, 0x20), answered) // result
            calldatacopy(add(facts, 0x40), add(work, 0x20), 0xa0) // shares, terms, client, operator, disputes
            calldatacopy(add(facts, 0xe0), add(work, 0xe0), 0x20) // maxFee
            mstore(add(facts, 0x100), price)
            mstore(add(facts, 0x120), timestamp()) // postedAt
            mstore(add(facts, 0x140), 0) // heldUntil
            result := keccak256(facts, 0x160)
        }
    }

    /// @param heldUntil end of a dispute's hold; zero: no longer held
    function hashHeld(Answer calldata answer, uint256 heldUntil) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let facts := mload(0x40)
            calldatacopy(facts, answer, 0x140)
            mstore(add(facts, 0x140), heldUntil)
            result := keccak256(facts, 0x160)
        }
    }

    /// @notice What is answered, and from what it was computed; what is judged in a dispute.
    function hashResult(uint256 outcome, bytes32 outputHash, bytes32 trace) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, outcome)
            mstore(add(words, 0x20), outputHash)
            mstore(add(words, 0x40), trace)
            result := keccak256(words, 0x60)
        }
    }

    /// @notice What is asked, and under which sheet; what is judged in a dispute.
    function hashRequest(bytes32 sheetHash, Submission calldata submission, bytes32 inputHash)
        internal
        pure
        returns (bytes32 result)
    {
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, sheetHash)
            calldatacopy(add(words, 0x20), add(submission, 0xc0), 0x20) // sampling
            mstore(add(words, 0x40), inputHash)
            result := keccak256(words, 0x60)
        }
    }
}
