// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice Hash trees as in RFC 6962, section 2.1: SHA-256, a first byte tells leaves from nodes. The shape follows from
/// the number of leaves.
library HashTree {
    uint256 private constant SHA256 = 2;

    /// @notice SHA-256 of `length` bytes of memory.
    function digest(uint256 from, uint256 length) internal view returns (bytes32 result) {
        assembly ("memory-safe") {
            if iszero(staticcall(gas(), SHA256, from, length, 0x00, 0x20)) { revert(0, 0) }
            result := mload(0x00)
        }
    }

    function node(bytes32 left, bytes32 right) internal view returns (bytes32 result) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 1)
            mstore(add(free, 0x01), left)
            mstore(add(free, 0x21), right)
            if iszero(staticcall(gas(), SHA256, free, 0x41, 0x00, 0x20)) { revert(0, 0) }
            result := mload(0x00)
        }
    }

    /// @notice Of content in calldata.
    function leaf(bytes calldata content) internal view returns (bytes32 result) {
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
            mstore8(free, 0)
            calldatacopy(add(free, 1), content.offset, content.length)
        }
        result = digest(free, content.length + 1);
    }

    /// @notice Of leaf hashes; of none, zero.
    /// @dev Each level is hashed over the one below, in place. The byte that a node's content begins with is put over the
    /// end of the hash before, which was read already.
    function rootOf(bytes32[] calldata leaves) internal view returns (bytes32 root) {
        if (leaves.length == 0) return 0;
        assembly ("memory-safe") {
            let base := add(mload(0x40), 0x20)
            let count := leaves.length
            calldatacopy(base, leaves.offset, shl(5, count))
            for {} gt(count, 1) {} {
                let to := base
                let from := base
                for { let end := add(base, shl(6, shr(1, count))) } lt(from, end) { from := add(from, 0x40) } {
                    mstore8(sub(from, 1), 1)
                    if iszero(staticcall(gas(), SHA256, sub(from, 1), 0x41, to, 0x20)) { revert(0, 0) }
                    to := add(to, 0x20)
                }
                if and(count, 1) { mstore(to, mload(from)) }
                count := shr(1, add(count, 1))
            }
            root := mload(base)
        }
    }

    /// @notice Where hashes lie in calldata.
    function bounds(bytes32[] calldata path) internal pure returns (uint256 start, uint256 end) {
        assembly ("memory-safe") {
            start := path.offset
            end := add(start, shl(5, path.length))
        }
    }

    /// @notice The hash that stands above `hash` at the end of `path`, at a place that is not told.
    /// @param sides bit n: the n-th hash of the path stands left
    function climbBySides(bytes32 hash, uint256 sides, bytes32[] calldata path) internal view returns (bytes32 root) {
        root = hash;
        for (uint256 i = 0; i < path.length; ++i) {
            root = sides >> i & 1 == 0 ? node(root, path[i]) : node(path[i], root);
        }
    }

    // The sibling of a place is the other of its pair: an exclusive or is meant, no power.
    // slither-disable-start incorrect-exp
    /// @notice The hash that stands above `hash`, place `index` of `count`, after it was joined with hashes from calldata.
    /// @param path where the first of them lies
    /// @param end where they end
    /// @return root zero where `index` is not below `count` or the path is too short
    /// @return next where the path goes on
    function climb(bytes32 hash, uint256 index, uint256 count, uint256 path, uint256 end)
        internal
        view
        returns (bytes32 root, uint256 next)
    {
        if (index >= count) return (0, path);
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 1)
            root := hash
            next := path
            for {} gt(count, 1) {} {
                let sibling := xor(index, 1)
                if lt(sibling, count) {
                    if iszero(lt(next, end)) {
                        root := 0
                        break
                    }
                    let odd := and(index, 1)
                    mstore(add(add(free, 0x01), shl(5, odd)), root)
                    calldatacopy(add(add(free, 0x21), sub(0, shl(5, odd))), next, 0x20)
                    next := add(next, 0x20)
                    if iszero(staticcall(gas(), SHA256, free, 0x41, 0x00, 0x20)) { revert(0, 0) }
                    root := mload(0x00)
                }
                index := shr(1, index)
                count := shr(1, add(count, 1))
            }
        }
    }
    // slither-disable-end incorrect-exp
}
