// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Answer, Offer, Sampling} from "./Job.sol";
import {Computation, Evidence} from "./Computation.sol";
import {Sheet} from "./Sheet.sol";

/// @notice What is judged of a job, gathered once from its facts.
/// @param policy keccak256 of the token ids that its safety rules put before a prompt; zero: none
/// @param input keccak256 of the input
/// @param output keccak256 of the output
struct Case {
    Computation computation;
    uint256 sampling;
    uint256 outcome;
    bytes32 rules;
    bytes32 policy;
    bytes32 input;
    bytes32 output;
}

/// @notice The facts that a case is gathered from.
/// @param answer of the job as it is now
/// @param offer that it was accepted by
/// @param sheet that the offer was made under
/// @param input keccak256 of the input
/// @param output keccak256 of the output
/// @param trace as posted
/// @param root of the trace, `positions` and `outputs`: what the posted trace is the hash of; zeros where a result rests
/// on no computation
/// @param header the program's first record and its way up
struct CaseFacts {
    Answer answer;
    Offer offer;
    Sheet sheet;
    Sampling sampling;
    uint256 outcome;
    bytes32 input;
    bytes32 output;
    bytes32 trace;
    bytes32 root;
    uint256 positions;
    uint256 outputs;
    Evidence header;
}

/// @notice A node of a tree of hashes: number `index` of those that stand `level` levels above the leaves.
struct Node {
    uint256 level;
    uint256 index;
    bytes32 hash;
}

/// @notice What a game is played by, fixed at creation.
/// @param moveSeconds time to show what was demanded; and, after that, to use it
/// @param revealSeconds time to prove a conviction that was committed to
/// @param showingCost what showing costs, in units of the asset
/// @param yieldBps what money that is held up would bear in a year, in parts of 10,000
struct Game {
    uint256 moveSeconds;
    uint256 revealSeconds;
    uint256 showingCost;
    uint256 yieldBps;
}

/// @notice Something that a challenger demands to be shown, at a stake.
/// @param rise the stake in units of the least one; zero: it was paid out
/// @param deadline last second to show it
/// @param shown whether it was shown
/// @param held what the money that it holds up would have borne meanwhile
struct Demand {
    address challenger;
    uint8 rise;
    uint40 deadline;
    bool shown;
    uint40 held;
}

/// @notice A conviction that somebody is about to prove.
/// @param bond in units of the asset; zero: it was paid out
/// @param from first block in which it may be proved; zero: there is none
/// @param deadline last second to prove it
struct Commitment {
    uint128 bond;
    uint64 from;
    uint64 deadline;
}

/// @notice In what an answer can be wrong, apart from a step of its computation. `Refusal`: the posted witness of a refusal
/// does not hold. `Forbidden`: another does, that comes before what was posted.
enum Fault {
    Peak,
    Choice,
    End,
    Output,
    Prompt,
    Refusal,
    Forbidden
}

/// @notice An answer, said to be wrong.
/// @param index at which token of the output, or of the prompt; which element of an embedding; of what is forbidden, the
/// witness that a refusal would have posted
/// @param other where a token is said to be a worse choice than another: that one; of a prompt, how many tokens of policy
/// the payload begins with; of what is forbidden, where it is: 1 in the input, 2 in the output
struct Claim {
    Fault fault;
    uint256 index;
    uint256 other;
}

/// @notice What a result is judged by, where it is judged by rules. What does not matter may be left empty.
/// @param denied of a rule of kind `deny`: scope, then pattern
/// @param policy tokens that the rules put before the prompt
/// @param input of the job
/// @param output as posted: the witness of a refusal
struct Ruling {
    bytes denied;
    bytes policy;
    bytes input;
    bytes output;
}
