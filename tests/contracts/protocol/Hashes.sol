// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Facts} from "../../../contracts/libraries/Facts.sol";
import {NextFacts} from "../../../contracts/libraries/NextFacts.sol";
import {Answer, JobStatus, Offer, Submission, Work} from "../../../contracts/types/Job.sol";
import {Sheet} from "../../../contracts/types/Sheet.sol";

/// @notice Opens to tests what the escrow hashes where it lies in calldata.
contract Hashes {
    function sheet(Sheet calldata given) external pure returns (bytes32) {
        return Facts.hashSheet(given);
    }

    function offer(Offer calldata given) external pure returns (bytes32) {
        return Facts.hashOffer(given);
    }

    function work(Work calldata given) external pure returns (bytes32) {
        return Facts.hashWork(given);
    }

    function answer(Answer calldata given) external pure returns (bytes32) {
        return Facts.hashAnswer(given);
    }

    function request(bytes32 sheetHash, Submission calldata asked) external pure returns (bytes32) {
        return NextFacts.hashRequest(sheetHash, asked, Facts.hashBytes(asked.input));
    }

    function result(uint256 outcome, bytes calldata output, bytes32 trace) external pure returns (bytes32) {
        return NextFacts.hashResult(outcome, Facts.hashBytes(output), trace);
    }

    function commitment(bytes32 factsHash, JobStatus status) external pure returns (bytes32) {
        return Facts.seal(factsHash, status);
    }
}
