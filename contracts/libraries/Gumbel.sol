// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ExactMath} from "./ExactMath.sol";
import {HashTree} from "./HashTree.sol";

/// @notice Where the noise of a token stands in the program's table: `docs/inference.md`, (21) and (22).
library Gumbel {
    uint256 private constant MANTISSA_BITS = 10;

    /// @param seed the client's, 64 bits
    /// @param index of the token in the output
    /// @param token whose noise it is
    function place(uint256 seed, uint256 index, uint256 token) internal view returns (uint256) {
        uint256 input = (seed << 192) | (uint256(uint32(index)) << 160) | (uint256(uint32(token / 8)) << 128);
        uint256 hash;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, input)
            hash := free
        }
        hash = uint256(HashTree.digest(hash, 16));
        uint256 rest = type(uint32).max - uint32(hash >> (224 - 32 * (token % 8)));
        uint256 zeros = 32 - ExactMath.bits(rest);
        uint256 mantissa = uint32(rest << (zeros + 1)) >> (32 - MANTISSA_BITS);
        return (zeros << MANTISSA_BITS) + mantissa;
    }
}
