// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Computation} from "../types/Computation.sol";

/// @notice How a prompt is put together: `docs/inference.md`, section 4.
library Prompts {
    uint256 internal constant TOKEN_BYTES = 3;
    /// @dev The program's own words, where the rules have no policy; the lists below `LISTS` stand in a prompt.
    uint256 internal constant DEFAULT_SYSTEM = 4;
    uint256 private constant LISTS = 6;

    /// @notice How many tokens a list of the program has.
    function listLength(Computation calldata computation, uint256 list) internal pure returns (uint256) {
        return uint32(computation.lengths >> (32 * (7 - list)));
    }

    /// @notice Tokens of a prompt that are not the input's.
    /// @param policy how many tokens the rules put before it
    function around(Computation calldata computation, uint256 policy) internal pure returns (uint256 length) {
        for (uint256 list = 0; list < LISTS; ++list) {
            length += listLength(computation, list);
        }
        if (policy != 0) length = length - listLength(computation, DEFAULT_SYSTEM) + policy;
    }

    /// @notice The most tokens that an input may have: one has to come out, of a program that generates.
    function room(Computation calldata computation, uint256 policy) internal pure returns (uint256) {
        uint256 taken = around(computation, policy) + (computation.noise == 0 ? 0 : 1);
        return computation.contextLength < taken ? 0 : computation.contextLength - taken;
    }
}
