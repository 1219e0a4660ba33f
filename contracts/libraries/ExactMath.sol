// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice Integer arithmetic as `docs/inference.md`, section 2, defines it.
/// @dev Nothing here reverts. Whoever calls sees to it that no value needs more than 255 bits.
library ExactMath {
    /// @notice The nearest of −bound … bound.
    function clamp(int256 value, int256 bound) internal pure returns (int256) {
        if (value > bound) return bound;
        return value < -bound ? -bound : value;
    }

    /// @notice value / 2^shift, rounded to the nearest, halves up; a negative shift multiplies.
    function halfUp(int256 value, int256 shift) internal pure returns (int256 result) {
        unchecked {
            if (shift <= 0) return value << uint256(-shift);
            return (value + int256(1 << uint256(shift - 1))) >> uint256(shift);
        }
    }

    /// @notice The largest integer that is at most a / b; b > 0.
    function floorDiv(int256 a, int256 b) internal pure returns (int256 result) {
        assembly ("memory-safe") {
            result := sub(sdiv(a, b), slt(smod(a, b), 0))
        }
    }

    function magnitude(int256 value) internal pure returns (uint256) {
        unchecked {
            return value < 0 ? uint256(-value) : uint256(value);
        }
    }

    /// @notice The least n with value < 2^n.
    function bits(uint256 value) internal pure returns (uint256) {
        return value == 0 ? 0 : Math.log2(value) + 1;
    }

    function root(uint256 value) internal pure returns (uint256) {
        return Math.sqrt(value);
    }
}
