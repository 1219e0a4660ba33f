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

    /// @notice The hash that stands above `hash` at the end of `path`, at a place that is not told.
    /// @param sides bit n: the n-th hash of the path stands left
    function climbBySides(bytes32 hash, uint256 sides, bytes32[] calldata path) internal view returns (bytes32 root) {
        root = hash;
        for (uint256 i = 0; i < path.length; ++i) {
            root = sides >> i & 1 == 0 ? node(root, path[i]) : node(path[i], root);
        }
    }

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
}
