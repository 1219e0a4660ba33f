// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Asked, Computation, Evidence} from "../types/Computation.sol";

/// @title The judge of answers: whether tokens follow from the logits that the operator committed to, and the posted
/// answer from the tokens. Each is refuted by one token.
///
/// @notice Has no state, no owner and no power. Every function reverts unless everything shown leads to the roots of
/// `computation`. `docs/dispute.md`, section 4.
interface IAnswerReferee {
    /// @notice The program embeds, so that it chooses no tokens; or it generates, where an embedding is asked for.
    error WrongProgram();
    /// @notice There is no such token in the output.
    error NoSuchToken(uint256 index, uint256 outputs);
    error StopListTooLong(uint256 length);
    error InputMalformed(uint256 length);

    /// @notice Whether the committed peak of the logits at output token `index` is none, since `other` has a larger one, or
    /// the same and is before it.
    function isWrongPeak(Computation calldata computation, uint256 index, uint256 other, Evidence calldata evidence)
        external
        view
        returns (bool);

    /// @notice Whether output token `index` is not the one to choose: it is no token, not the peak though greedy, outside the
    /// cut, or `other` has a larger key, or the same and is before it.
    function isWrongChoice(
        Computation calldata computation,
        Asked calldata asked,
        uint256 index,
        uint256 other,
        Evidence calldata evidence
    ) external view returns (bool);

    /// @notice Whether the output goes on behind token `index`, which is a stop token; or, where `index` is the last, ends
    /// with it though it is none and more tokens are allowed; or is longer than allowed; or is empty though none were not
    /// asked for.
    /// @param evidence record: the program's stop tokens
    function isWrongEnd(
        Computation calldata computation,
        Asked calldata asked,
        uint256 index,
        Evidence calldata evidence
    ) external view returns (bool);

    /// @notice Whether the posted output is not the committed tokens, or embedding: in its length, or at `index`.
    function isWrongOutput(
        Computation calldata computation,
        bytes calldata output,
        uint256 index,
        Evidence calldata evidence
    ) external view returns (bool);

    /// @notice Whether the committed tokens are not those of the prompt: in their number, or at `index`. The system's turn
    /// is the policy, or the program's own where that is empty.
    /// @param input of the job; a length that is no number of tokens is not judged
    /// @param evidence record: the part of the program's list that holds the token, where it is not the input's
    function isWrongPrompt(
        Computation calldata computation,
        bytes calldata policy,
        bytes calldata input,
        uint256 index,
        Evidence calldata evidence
    ) external view returns (bool);
}
