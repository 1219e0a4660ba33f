// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice A row as a part's record describes it, in 64 bits: two bytes say where it is (a column of the trace from 2^15
/// on; a part of the same list, counted from one), one the bytes of an element, one what it has for each unit of its
/// width, four the width. `docs/dispute.md`, section 2.
type RowShape is uint64;

using RowShapes for RowShape global;

library RowShapes {
    uint256 private constant LEAF = 256;
    uint256 private constant COLUMN = 1 << 15;
    uint256 private constant SEEN = 1;
    uint256 private constant ALL = 2;
    uint256 private constant PIECES = 16;
    uint256 private constant SINGLE = 32;

    /// @notice A column of the trace.
    /// @param single whether it has one row for all positions
    function columnOf(uint256 number, uint256 bytes_, uint256 units, bool single) internal pure returns (RowShape) {
        return RowShape.wrap(uint64(((COLUMN + number) << 48) | (bytes_ << 40) | ((single ? SINGLE : 0) << 32) | units));
    }

    function isColumn(RowShape shape) internal pure returns (bool) {
        return _place(shape) >= COLUMN;
    }

    function column(RowShape shape) internal pure returns (uint256) {
        return _place(shape) & (COLUMN - 1);
    }

    /// @notice Number of the part; of nothing, one that no list has.
    function part(RowShape shape) internal pure returns (uint256) {
        unchecked {
            return _place(shape) - 1;
        }
    }

    function isNone(RowShape shape) internal pure returns (bool) {
        return RowShape.unwrap(shape) == 0;
    }

    /// @notice Whether a column has one row for all positions.
    function isSingle(RowShape shape) internal pure returns (bool) {
        return _over(shape) & SINGLE != 0;
    }

    /// @notice Bytes of an element.
    function size(RowShape shape) internal pure returns (uint256) {
        return uint8(RowShape.unwrap(shape) >> 40);
    }

    /// @notice Elements in a leaf of it.
    function leaf(RowShape shape) internal pure returns (uint256) {
        return size(shape) == 8 ? LEAF / 2 : LEAF;
    }

    function width(RowShape shape) internal pure returns (uint256) {
        return uint32(RowShape.unwrap(shape));
    }

    /// @notice Whether it has more than one element for each unit of its width.
    function isSegmented(RowShape shape) internal pure returns (bool) {
        return _over(shape) & (SEEN | ALL) != 0;
    }

    /// @notice How many positions it reaches over.
    function seen(RowShape shape, uint256 position, uint256 positions) internal pure returns (uint256) {
        return _over(shape) & SEEN != 0 ? position + 1 : positions;
    }

    /// @notice Elements for each unit of its width.
    function segment(RowShape shape, uint256 position, uint256 positions) internal pure returns (uint256) {
        if (!isSegmented(shape)) return 1;
        uint256 pieces = (seen(shape, position, positions) + LEAF - 1) / LEAF;
        // Whole leaves are meant.
        // slither-disable-next-line divide-before-multiply
        return _over(shape) & PIECES != 0 ? _nextPower(pieces) : pieces * LEAF;
    }

    function length(RowShape shape, uint256 position, uint256 positions) internal pure returns (uint256) {
        return width(shape) * segment(shape, position, positions);
    }

    function _place(RowShape shape) private pure returns (uint256) {
        return uint16(RowShape.unwrap(shape) >> 48);
    }

    function _over(RowShape shape) private pure returns (uint256) {
        return uint8(RowShape.unwrap(shape) >> 32);
    }

    function _nextPower(uint256 number) private pure returns (uint256 power) {
        power = 1;
        while (power < number) {
            power <<= 1;
        }
    }
}
