// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice The governed numbers that a job pins, packed in one word, from the least significant bit:
///
/// | bits    | width | field            | unit                                                         |
/// | ------- | ----- | ---------------- | ------------------------------------------------------------ |
/// | 0–23    | 24    | challengeSeconds | time for anyone to challenge a posted result                 |
/// | 24–47   | 24    | disputeSeconds   | most that a dispute can add to that time                     |
/// | 48–71   | 24    | maxOfferSeconds  | longest offer window that a client may ask for               |
/// | 72–95   | 24    | maxServiceSeconds| longest time to serve that a client may ask for              |
/// | 96–111  | 16    | outBps           | part of a fee that is not the operator's                     |
/// | 112–127 | 16    | refusalBps       | part of the price paid for refusing an input                 |
/// | 128–143 | 16    | fineBps          | part of `maxFee` paid to the client when a deadline passes   |
/// | 144–167 | 24    | bondBps          | bond as a part of `maxFee`; at least one whole               |
/// | 168–239 | 72    | minBond          | least bond, in units of the asset                            |
/// | 240–255 | 16    | maxPayload       | most bytes of an input, and of an output                     |
type Terms is uint256;

using TermsFields for Terms global;

/// @notice Reads the fields of `Terms`.
library TermsFields {
    function challengeSeconds(Terms terms) internal pure returns (uint256) {
        return uint24(Terms.unwrap(terms));
    }

    function disputeSeconds(Terms terms) internal pure returns (uint256) {
        return uint24(Terms.unwrap(terms) >> 24);
    }

    function maxOfferSeconds(Terms terms) internal pure returns (uint256) {
        return uint24(Terms.unwrap(terms) >> 48);
    }

    function maxServiceSeconds(Terms terms) internal pure returns (uint256) {
        return uint24(Terms.unwrap(terms) >> 72);
    }

    function outBps(Terms terms) internal pure returns (uint256) {
        return uint16(Terms.unwrap(terms) >> 96);
    }

    function refusalBps(Terms terms) internal pure returns (uint256) {
        return uint16(Terms.unwrap(terms) >> 112);
    }

    function fineBps(Terms terms) internal pure returns (uint256) {
        return uint16(Terms.unwrap(terms) >> 128);
    }

    function bondBps(Terms terms) internal pure returns (uint256) {
        return uint24(Terms.unwrap(terms) >> 144);
    }

    function minBond(Terms terms) internal pure returns (uint256) {
        return uint72(Terms.unwrap(terms) >> 168);
    }

    function maxPayload(Terms terms) internal pure returns (uint256) {
        return uint16(Terms.unwrap(terms) >> 240);
    }
}
