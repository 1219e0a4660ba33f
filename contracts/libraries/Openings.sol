// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IStepReferee} from "../interfaces/IStepReferee.sol";
import {Computation} from "../types/Computation.sol";
import {HashTree} from "./HashTree.sol";
import {RowShape} from "./RowShape.sol";

/// @notice Leaves that a check is shown, one after another, each with its way to a root that is known.
/// @dev Contents and hashes come as two runs of calldata, in the order in which the check asks. What does not lead to its
/// root, or is cut short, reverts: then nothing is proved.
library Openings {
    uint256 internal constant LEAF = 256;
    uint256 internal constant PIECE = 1_024;
    uint256 internal constant MATRIX_HEAD = 8;
    uint256 private constant TABLE_BYTES = 256;
    uint256 private constant NUMBER_BYTES = 4;
    /// @dev Places in the trace before its columns: tokens and peaks.
    uint256 private constant BEFORE_COLUMNS = 2;

    /// @param data next byte of calldata to read, and `dataEnd` where they end
    /// @param path next hash of calldata to read, and `pathEnd` where they end
    /// @param parts root over the roots of `count` parts
    /// @param tokens how many were read and chosen
    /// @param position where the rows are that are not asked for at another
    struct Shown {
        uint256 data;
        uint256 dataEnd;
        uint256 path;
        uint256 pathEnd;
        bytes32 parts;
        uint256 count;
        uint256 position;
        uint256 positions;
        uint256 tokens;
        bytes32 root;
        uint256 columns;
        bytes32 weights;
        uint256 tensors;
    }

    function begin(Computation calldata computation, bytes calldata data, bytes32[] calldata path)
        internal
        pure
        returns (Shown memory shown)
    {
        uint256 dataAt;
        uint256 pathAt;
        assembly ("memory-safe") {
            dataAt := data.offset
            pathAt := path.offset
        }
        shown.data = dataAt;
        shown.dataEnd = dataAt + data.length;
        shown.path = pathAt;
        shown.pathEnd = pathAt + 32 * path.length;
        shown.positions = computation.positions;
        shown.tokens = computation.positions + (computation.noise == 0 ? 0 : 1);
        shown.root = computation.root;
        shown.columns = computation.columns;
        shown.weights = computation.weights;
        shown.tensors = computation.tensors;
    }

    /// @notice Reverts unless everything that was shown was asked for.
    function end(Shown memory shown) internal pure {
        if (shown.data != shown.dataEnd || shown.path != shown.pathEnd) revert IStepReferee.WrongOpening();
    }

    // ---------------------------------------------------------------- rows

    /// @notice One leaf of a row.
    /// @return ptr where its elements lie in memory
    /// @return count how many they are
    function leaf(Shown memory shown, RowShape row, uint256 index) internal view returns (uint256 ptr, uint256 count) {
        return _leaf(shown, row, index, shown.position);
    }

    /// @notice One element of a row.
    function element(Shown memory shown, RowShape row, uint256 index) internal view returns (int256) {
        uint256 each = row.leaf();
        (uint256 ptr,) = _leaf(shown, row, index / each, shown.position);
        return integer(ptr, index % each, row.size());
    }

    /// @notice The 1,024 elements of a row with this number, or as many as there are.
    function block1024(Shown memory shown, RowShape row, uint256 piece)
        internal
        view
        returns (uint256 ptr, uint256 count)
    {
        uint256 length = row.length(shown.position, shown.positions);
        if (piece * PIECE >= length) revert IStepReferee.WrongOpening();
        count = _least(PIECE, length - piece * PIECE);
        uint256 size = count * row.size();
        ptr = _take(shown, size);
        bytes32 hash = _blockHash(ptr, size, LEAF * row.size());
        _checkRow(shown, row, _climb(shown, hash, piece, _up(length, PIECE)), shown.position);
    }

    /// @notice Elements of a row at a position, in as many leaves as they lie in.
    /// @return ptr where they lie in memory, one after another
    function span(Shown memory shown, RowShape row, uint256 start, uint256 count, uint256 position)
        internal
        view
        returns (uint256 ptr)
    {
        uint256 size = row.size();
        ptr = _allocate(count * size);
        uint256 to = ptr;
        uint256 each = row.leaf();
        while (count != 0) {
            uint256 from = start % each;
            (uint256 found, uint256 has) = _leaf(shown, row, start / each, position);
            if (from >= has) revert IStepReferee.WrongOpening();
            uint256 taken = _least(has - from, count);
            assembly ("memory-safe") {
                mcopy(to, add(found, mul(from, size)), mul(taken, size))
            }
            to += taken * size;
            start += taken;
            count -= taken;
        }
    }

    /// @notice A number of the trace's own rows.
    /// @param which 0: the tokens that were read and chosen, 1: the peaks
    /// @param length of that row
    function number(Shown memory shown, uint256 which, uint256 index, uint256 length) internal view returns (uint256) {
        if (index >= length) revert IStepReferee.WrongOpening();
        return number(numbers(shown, which, index / LEAF, length), index);
    }

    /// @notice A leaf of these numbers.
    /// @return ptr where it lies in memory
    function numbers(Shown memory shown, uint256 which, uint256 index, uint256 length)
        internal
        view
        returns (uint256 ptr)
    {
        if (index * LEAF >= length) revert IStepReferee.WrongOpening();
        uint256 size = _least(LEAF, length - index * LEAF) * NUMBER_BYTES;
        ptr = _take(shown, size);
        bytes32 row = _climb(shown, _leafHash(ptr, size), index, _up(length, LEAF));
        _check(_climb(shown, row, which, BEFORE_COLUMNS + shown.columns), shown.root);
    }

    /// @notice Number `index` of all, from the leaf that it lies in.
    function number(uint256 leaf_, uint256 index) internal pure returns (uint256) {
        return unsigned(leaf_ + index % LEAF * NUMBER_BYTES, NUMBER_BYTES);
    }

    function _leaf(Shown memory shown, RowShape row, uint256 index, uint256 position)
        private
        view
        returns (uint256 ptr, uint256 count)
    {
        uint256 length = row.length(shown.position, shown.positions);
        uint256 each = row.leaf();
        if (index >= _up(length, each)) revert IStepReferee.WrongOpening();
        count = _least(each, length - index * each);
        uint256 size = count * row.size();
        ptr = _take(shown, size);
        _checkRow(shown, row, _climb(shown, _leafHash(ptr, size), index, _up(length, each)), position);
    }

    /// @dev A part's row is below the parts' root; a column's below the column, which is below the trace's.
    function _checkRow(Shown memory shown, RowShape row, bytes32 root, uint256 position) private view {
        if (!row.isColumn()) {
            _check(_climb(shown, root, row.part(), shown.count), shown.parts);
            return;
        }
        bool single = row.isSingle();
        bytes32 column = _climb(shown, root, single ? 0 : position, single ? 1 : shown.positions);
        _check(_climb(shown, column, BEFORE_COLUMNS + row.column(), BEFORE_COLUMNS + shown.columns), shown.root);
    }

    // ---------------------------------------------------------------- tensors

    /// @notice A piece of a row of a matrix: multiplier and bias, four bytes each, then its codes.
    /// @return ptr where the leaf lies in memory
    /// @return columns of the whole matrix
    function matrix(Shown memory shown, uint256 tensor, uint256 row, uint256 piece)
        internal
        view
        returns (uint256 ptr, uint256 columns)
    {
        uint256 head = _take(shown, 18);
        if (unsigned(head, 2) != 0x0102) revert IStepReferee.WrongOpening();
        uint256 rows = unsigned(head + 2, 8);
        columns = unsigned(head + 10, 8);
        uint256 pieces = _up(columns, PIECE);
        if (row >= rows || piece >= pieces) revert IStepReferee.WrongOpening();
        uint256 size = MATRIX_HEAD + _up(_least(PIECE, columns - piece * PIECE), 32) * 32;
        ptr = _take(shown, size);
        bytes32 root = _climb(shown, _leafHash(ptr, size), row * pieces + piece, rows * pieces);
        _checkTensor(shown, tensor, head, 18, root);
    }

    /// @notice An element of a table or a vector; zero behind its end.
    function entry(Shown memory shown, uint256 tensor, uint256 index) internal view returns (int256 value) {
        uint256 dimensions = _peek(shown, 1);
        if (dimensions == 0 || dimensions > 3) revert IStepReferee.WrongOpening();
        uint256 head = _take(shown, 2 + 8 * dimensions);
        uint256 size = unsigned(head, 1);
        if (size != 2 && size != 4) revert IStepReferee.WrongOpening();
        uint256 length = size;
        for (uint256 i = 0; i < dimensions; ++i) {
            length *= unsigned(head + 2 + 8 * i, 8);
        }
        bytes32 root;
        if (index * size < length) {
            uint256 start = index * size - index * size % TABLE_BYTES;
            uint256 bytes_ = _least(TABLE_BYTES, length - start);
            uint256 ptr = _take(shown, bytes_);
            root = _climb(shown, _leafHash(ptr, bytes_), start / TABLE_BYTES, _up(length, TABLE_BYTES));
            value = integer(ptr + index * size % TABLE_BYTES, 0, size);
        } else {
            root = bytes32(unsigned(_take(shown, 32), 32));
        }
        _checkTensor(shown, tensor, head, 2 + 8 * dimensions, root);
    }

    /// @dev What the tensor's entry begins with lies in memory, with room for its first byte before and a hash behind.
    function _checkTensor(Shown memory shown, uint256 tensor, uint256 head, uint256 length, bytes32 root) private view {
        assembly ("memory-safe") {
            mstore8(sub(head, 1), 2)
            mstore(add(head, length), root)
        }
        bytes32 hash = HashTree.digest(head - 1, length + 33);
        unchecked {
            _check(_climb(shown, hash, tensor - 1, shown.tensors), shown.weights);
        }
    }

    // ---------------------------------------------------------------- any other tree

    /// @notice Content of a leaf of `size` bytes, place `index` of `count` below a root.
    /// @return ptr where it lies in memory
    function content(Shown memory shown, uint256 size, uint256 index, uint256 count, bytes32 root)
        internal
        view
        returns (uint256 ptr)
    {
        ptr = _take(shown, size);
        _check(_climb(shown, _leafHash(ptr, size), index, count), root);
    }

    /// @notice The word that comes next; it is not taken.
    function nextWord(Shown memory shown) internal pure returns (uint256 word) {
        uint256 from = shown.data;
        if (shown.dataEnd - from < 32) revert IStepReferee.WrongOpening();
        assembly ("memory-safe") {
            word := calldataload(from)
        }
    }

    // ---------------------------------------------------------------- numbers in memory

    /// @notice Element `index` of those from `at` on, `size` bytes each, big-endian, two's complement.
    function integer(uint256 ptr, uint256 index, uint256 size) internal pure returns (int256 value) {
        assembly ("memory-safe") {
            value := sar(sub(256, shl(3, size)), mload(add(ptr, mul(index, size))))
        }
    }

    function unsigned(uint256 ptr, uint256 size) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, size)), mload(ptr))
        }
    }

    // ---------------------------------------------------------------- bytes and hashes

    /// @dev Copies the next bytes to memory, with room for a byte before and a word behind.
    function _take(Shown memory shown, uint256 length) private pure returns (uint256 ptr) {
        uint256 from = shown.data;
        if (length > shown.dataEnd - from) revert IStepReferee.WrongOpening();
        shown.data = from + length;
        ptr = _allocate(length);
        assembly ("memory-safe") {
            calldatacopy(ptr, from, length)
        }
    }

    /// @dev A byte that is not taken.
    function _peek(Shown memory shown, uint256 ahead) private pure returns (uint256 value) {
        uint256 from = shown.data + ahead;
        if (from >= shown.dataEnd) revert IStepReferee.WrongOpening();
        assembly ("memory-safe") {
            value := byte(0, calldataload(from))
        }
    }

    function _allocate(uint256 length) private pure returns (uint256 ptr) {
        assembly ("memory-safe") {
            ptr := add(mload(0x40), 0x20)
            mstore(0x40, add(ptr, and(add(length, 0x5f), not(0x1f))))
        }
    }

    function _leafHash(uint256 ptr, uint256 length) private view returns (bytes32) {
        assembly ("memory-safe") {
            mstore8(sub(ptr, 1), 0)
        }
        return HashTree.digest(ptr - 1, length + 1);
    }

    /// @dev The node above at most four leaves of `size` bytes, of which the last may be shorter.
    function _blockHash(uint256 ptr, uint256 length, uint256 size) private view returns (bytes32) {
        if (length <= size) return _innerLeafHash(ptr, length);
        bytes32 first =
            HashTree.node(_innerLeafHash(ptr, size), _innerLeafHash(ptr + size, _least(size, length - size)));
        if (length <= 2 * size) return first;
        bytes32 third = _innerLeafHash(ptr + 2 * size, _least(size, length - 2 * size));
        if (length <= 3 * size) return HashTree.node(first, third);
        bytes32 fourth = _innerLeafHash(ptr + 3 * size, length - 3 * size);
        return HashTree.node(first, HashTree.node(third, fourth));
    }

    /// @dev As `_leafHash`, and the byte before is put back.
    function _innerLeafHash(uint256 ptr, uint256 length) private view returns (bytes32 hash) {
        uint256 before = unsigned(ptr - 1, 1);
        hash = _leafHash(ptr, length);
        assembly ("memory-safe") {
            mstore8(sub(ptr, 1), before)
        }
    }

    function _climb(Shown memory shown, bytes32 hash, uint256 index, uint256 count)
        private
        view
        returns (bytes32 root)
    {
        (root, shown.path) = HashTree.climb(hash, index, count, shown.path, shown.pathEnd);
    }

    function _check(bytes32 found, bytes32 committed) private pure {
        if (found != committed || found == 0) revert IStepReferee.WrongOpening();
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    /// @dev How many of `size` it takes for `length`.
    function _up(uint256 length, uint256 size) private pure returns (uint256) {
        return (length + size - 1) / size;
    }
}
