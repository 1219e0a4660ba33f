// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Answer, JobId, JobStatus, Offer, Work} from "../types/Job.sol";
import {Sheet} from "../types/Sheet.sol";

/// @notice Hashes facts where they lie, and seals the hash with a status: `docs/encoding.md`.
/// @dev The structs are static, so calldata holds their words in a row. Nothing is decoded, so that facts with dirty bits
/// are merely facts of no job.
library Facts {
    uint256 private constant SHEET_BYTES = 8 * 32;
    uint256 private constant OFFER_BYTES = 13 * 32;
    uint256 private constant WORK_BYTES = 11 * 32;
    uint256 private constant ANSWER_BYTES = 11 * 32;

    /// @notice The hash with its last byte replaced by the status.
    function seal(bytes32 factsHash, JobStatus status) internal pure returns (bytes32 commitment) {
        assembly ("memory-safe") {
            commitment := or(and(factsHash, not(0xff)), status)
        }
    }

    function statusOf(bytes32 commitment) internal pure returns (JobStatus) {
        return JobStatus(uint8(uint256(commitment)));
    }

    function jobId(address client, uint256 nonce) internal view returns (JobId id) {
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, chainid())
            mstore(add(start, 0x20), address())
            mstore(add(start, 0x40), client)
            mstore(add(start, 0x60), nonce)
            id := keccak256(start, 0x80)
        }
    }

    function hashSheet(Sheet calldata sheet) internal pure returns (bytes32) {
        uint256 start;
        assembly ("memory-safe") {
            start := sheet
        }
        return _hashCalldata(start, SHEET_BYTES);
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

    function hashBytes(bytes calldata data) internal pure returns (bytes32) {
        uint256 start;
        assembly ("memory-safe") {
            start := data.offset
        }
        return _hashCalldata(start, data.length);
    }

    function hash(bytes32 a, bytes32 b) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            mstore(0x00, a)
            mstore(0x20, b)
            result := keccak256(0x00, 0x40)
        }
    }

    function _hashCalldata(uint256 from, uint256 length) private pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let start := mload(0x40)
            calldatacopy(start, from, length)
            result := keccak256(start, length)
        }
    }
}
