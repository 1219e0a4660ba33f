// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Terms} from "./Terms.sol";

/// @notice keccak256(chain id ‖ escrow ‖ client ‖ client's nonce), each in a 32-byte word. Never reused.
type JobId is bytes32;

/// @notice How an answer is to be drawn, from the least significant bit: maxTokens 32 bits, temperature in
/// thousandths 16 bits (zero: greedy), seed 64 bits, cut (256 times the negative
/// logarithm of min-p; zero: none) 16 bits; the rest is zero.
type Sampling is uint256;

/// @notice What a job is at now. Time alone changes none of these; see `IJobEscrow` for the verbs that do.
enum JobStatus {
    None,
    Open,
    Accepted,
    Posted,
    Disputed,
    Settled,
    Refunded,
    Convicted
}

/// @notice What an operator says of a job.
/// Answered: `output` holds token ids, or a marked embedding. The two refusals: `output` is the witness, rule index ‖
/// position, four bytes each.
enum Outcome {
    Answered,
    InputRefused,
    OutputRefused
}

/// @notice What became of one item of a batch.
enum ItemStatus {
    Done,
    WrongFacts,
    WrongCaller,
    BadAmount,
    BadWindow,
    BadPayload,
    InsufficientBalance,
    TooEarly,
    TooLate
}

/// @notice What a client asks for. Amounts and times are whole words so that nonsense is answered, not undecodable.
/// @param minFee price at submission, in units of the asset
/// @param maxFee price at the end of the offer window; locked from the client's balance
/// @param offerSeconds how long operators may accept, from submission
/// @param serviceSeconds how long an operator may take, from acceptance
/// @param exclusiveSeconds first part of the offer window, for `named` alone, at `minFee`
/// @param named the operator who goes first; zero: nobody
/// @param sampling how the answer is to be drawn
/// @param input token ids, three bytes each, big-endian
struct Submission {
    uint256 minFee;
    uint256 maxFee;
    uint256 offerSeconds;
    uint256 serviceSeconds;
    uint256 exclusiveSeconds;
    address named;
    Sampling sampling;
    bytes input;
}

/// @notice Facts of an open job.
/// @param request keccak256(sheet hash ‖ sampling ‖ keccak256(input)): what is judged
struct Offer {
    bytes32 request;
    bytes32 shares;
    Terms terms;
    address client;
    address named;
    address disputes;
    address outageClock;
    uint256 minFee;
    uint256 maxFee;
    uint256 submittedAt;
    uint256 offerSeconds;
    uint256 exclusiveSeconds;
    uint256 serviceSeconds;
}

/// @notice Facts of an accepted job.
/// @param offer hash of the `Offer`, so that the job can be opened again and its request be shown
/// @param price fee agreed, between `minFee` and `maxFee`
/// @param acceptedAt when it was accepted
/// @param postBy last second for the result, before any outage is added
struct Work {
    bytes32 offer;
    bytes32 shares;
    Terms terms;
    address client;
    address operator;
    address disputes;
    address outageClock;
    uint256 maxFee;
    uint256 price;
    uint256 acceptedAt;
    uint256 postBy;
}

/// @notice Facts of a job whose result is posted.
/// @param result keccak256(outcome ‖ keccak256(output) ‖ trace): what is judged
/// @param price fee due: the agreed one, or its refusal part when the input was refused
/// @param heldUntil end of a dispute's hold; zero when none
struct Answer {
    bytes32 offer;
    bytes32 result;
    bytes32 shares;
    Terms terms;
    address client;
    address operator;
    address disputes;
    uint256 maxFee;
    uint256 price;
    uint256 postedAt;
    uint256 heldUntil;
}

/// @notice Part of a slashed bond, for whoever proved the cheat.
struct Award {
    address to;
    uint256 amount;
}
