// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Answer, JobStatus, Offer, Work} from "../types/Job.sol";

/// @notice Hashes facts where they lie, and seals the hash with a status: `docs/encoding.md`.
/// @dev The structs are static, so calldata and memory hold their words in a row. Nothing is decoded, so that facts with
/// dirty bits are merely facts of no job.
library Facts {
    uint256 private constant OFFER_BYTES = 13 * 32;
    uint256 private constant WORK_BYTES = 11 * 32;
    uint256 private constant ANSWER_BYTES = 11 * 32;

    /// @notice The hash with its last byte replaced by the status.
    function seal(bytes32 factsHash, JobStatus status) internal pure returns (bytes32) {
        return (factsHash & ~bytes32(uint256(0xff))) | bytes32(uint256(status));
    }

    function statusOf(bytes32 commitment) internal pure returns (JobStatus) {
        return JobStatus(uint8(uint256(commitment)));
    }

    function hashOffer(Offer calldata offer) internal pure returns (bytes32) {
        uint256 start;
        assembly ("memory-safe") {
            start := offer
        }
        return _hashCalldata(start, OFFER_BYTES);
    }

    function hashWork(Work calldata work) internal pure returns (bytes32) {
        uint256 start;
        assembly ("memory-safe") {
            start := work
        }
        return _hashCalldata(start, WORK_BYTES);
    }

    function hashAnswer(Answer calldata answer) internal pure returns (bytes32) {
        uint256 start;
        assembly ("memory-safe") {
            start := answer
        }
        return _hashCalldata(start, ANSWER_BYTES);
    }

    function hashNewOffer(Offer memory offer) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            result := keccak256(offer, OFFER_BYTES)
        }
    }

    function hashNewWork(Work memory work) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            result := keccak256(work, WORK_BYTES)
        }
    }

    function hashNewAnswer(Answer memory answer) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            result := keccak256(answer, ANSWER_BYTES)
        }
    }

    function hash(bytes32 a, bytes32 b) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            mstore(0x00, a)
            mstore(0x20, b)
            result := keccak256(0x00, 0x40)
        }
    }

    function hash(bytes32 a, bytes32 b, bytes32 c) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, a)
            mstore(add(start, 0x20), b)
            mstore(add(start, 0x40), c)
            result := keccak256(start, 0x60)
        }
    }

    function hashBytes(bytes calldata data) internal pure returns (bytes32) {
        uint256 start;
        assembly ("memory-safe") {
            start := data.offset
        }
        return _hashCalldata(start, data.length);
    }

    function _hashCalldata(uint256 from, uint256 length) private pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let start := mload(0x40)
            calldatacopy(start, from, length)
            result := keccak256(start, length)
        }
    }
}
