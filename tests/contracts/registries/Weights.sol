// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IModelAvailability} from "../../../contracts/interfaces/IModelAvailability.sol";
import {Evidence} from "../../../contracts/types/Computation.sol";

/// @notice The trees of a model of two tensors: a matrix of two rows of 1,500 columns, and a vector of 100 numbers of four
/// bytes.
library Weights {
    uint256 internal constant MATRIX_LEAVES = 4;
    uint256 internal constant VECTOR_LEAVES = 2;
    uint256 internal constant MATRIX = 1;
    uint256 internal constant VECTOR = 2;

    function program() internal pure returns (bytes32) {
        return node(leaf(record()), leaf("other"));
    }

    function weights() internal pure returns (bytes32) {
        return node(entry(MATRIX), entry(VECTOR));
    }

    function header() internal pure returns (Evidence memory evidence) {
        evidence.record = record();
        evidence.climb = new bytes32[](1);
        evidence.climb[0] = leaf("other");
    }

    function tensor(uint256 number) internal pure returns (IModelAvailability.Tensor memory made) {
        made.number = number;
        made.head = head(number);
        made.root = root(number);
        made.path = new bytes32[](1);
        made.path[0] = entry(3 - number);
    }

    function content(uint256 number, uint256 index) internal pure returns (bytes memory) {
        return abi.encodePacked("leaf", number, index);
    }

    function path(uint256 number, uint256 index) internal pure returns (bytes32[] memory siblings) {
        siblings = new bytes32[](number == MATRIX ? 2 : 1);
        siblings[0] = leaf(content(number, index ^ 1));
        if (number == MATRIX) siblings[1] = _pair(number, index / 2 == 0 ? 2 : 0);
    }

    function record() internal pure returns (bytes memory made) {
        made = abi.encodePacked(uint64(1), uint64(1), uint64(50), uint64(40), uint64(3), uint64(2));
        made = abi.encodePacked(made, new bytes(136 - made.length));
    }

    function head(uint256 number) internal pure returns (bytes memory) {
        if (number == MATRIX) return abi.encodePacked(uint8(1), uint8(2), uint64(2), uint64(1_500));
        return abi.encodePacked(uint8(4), uint8(1), uint64(100));
    }

    function root(uint256 number) internal pure returns (bytes32) {
        return number == MATRIX ? node(_pair(number, 0), _pair(number, 2)) : _pair(number, 0);
    }

    function entry(uint256 number) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(2), head(number), root(number)));
    }

    function leaf(bytes memory content_) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(0), content_));
    }

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(1), left, right));
    }

    function _pair(uint256 number, uint256 index) private pure returns (bytes32) {
        return node(leaf(content(number, index)), leaf(content(number, index + 1)));
    }
}
