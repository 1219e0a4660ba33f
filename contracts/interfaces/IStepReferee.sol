// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Computation, Evidence, Step} from "../types/Computation.sol";

/// @title The judge of single steps: recomputes one element of one part from leaves that it is shown.
///
/// @notice Has no state, no owner and no power: it only says what follows from what. `docs/dispute.md`, section 3.
interface IStepReferee {
    /// @notice What was shown does not belong to what was committed, or too much or too little was shown.
    error WrongOpening();
    /// @notice The record is not that of the step's part.
    error WrongRecord();
    /// @notice No part has this kind.
    error UnknownKind(uint256 kind);

    /// @notice What the operator committed to, and what it has to be; where they differ the result is wrong.
    /// @dev Reverts unless everything shown leads to the roots of `computation` and `step`.
    function judge(Computation calldata computation, Step calldata step, Evidence calldata evidence)
        external
        view
        returns (int256 committed, int256 expected);
}
