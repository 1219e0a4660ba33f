// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IStepReferee} from "../interfaces/IStepReferee.sol";
import {Computation, Evidence} from "../types/Computation.sol";
import {HashTree} from "./HashTree.sol";
import {Openings} from "./Openings.sol";

/// @notice The bytes of a program's tokens, in a tree of its own: `docs/inference.md`, 6.3.
library Spellings {
    using Openings for Openings.Shown;

    uint256 private constant RECORD = 5;
    uint256 private constant TOKENS_A_LEAF = 16;
    uint256 private constant RECORD_BYTES = 48;
    uint256 private constant LENGTHS = 32;
    uint256 private constant LANE = 16;
    /// @dev Of the lane of a token: its bytes, and the bit that says that it is no text.
    uint256 private constant LENGTH = 0x7fff;
    uint256 private constant NO_TEXT = 0x8000;

    uint256 private constant ALL_LENGTHS = 0x7fff7fff7fff7fff7fff7fff7fff7fff7fff7fff7fff7fff7fff7fff7fff7fff;
    uint256 private constant EVEN_LANES = 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff;
    uint256 private constant ONES = 0x0000000100000001000000010000000100000001000000010000000100000001;

    /// @param root of the tree
    /// @param vocabulary how many tokens it is of
    /// @param places of the leaves that were read: which, and in the lower half where it lies in memory
    /// @param count how many they are
    struct Book {
        bytes32 root;
        uint256 vocabulary;
        uint256[] places;
        uint256 count;
    }

    /// @param evidence record: the program's, of the tree; data: no more leaves than have room in it are read
    function open(Computation calldata computation, Evidence calldata evidence)
        internal
        view
        returns (Book memory book)
    {
        bytes calldata record = evidence.record;
        bytes32 leaf = HashTree.leaf(record);
        if (HashTree.climbBySides(leaf, evidence.sides, evidence.climb) != computation.program) {
            revert IStepReferee.WrongRecord();
        }
        if (
            record.length != RECORD_BYTES || uint64(bytes8(record)) != RECORD
                || uint64(bytes8(record[8:16])) != TOKENS_A_LEAF
        ) revert IStepReferee.WrongRecord();
        book.root = bytes32(record[16:48]);
        book.vocabulary = computation.vocabulary;
        book.places = new uint256[](evidence.data.length / LENGTHS);
    }

    /// @notice The bytes of a token; none of one that is no text, or not in the vocabulary.
    /// @return ptr where they lie in memory
    function bytesOf(Book memory book, Openings.Shown memory shown, uint256 token)
        internal
        view
        returns (uint256 ptr, uint256 length)
    {
        if (token >= book.vocabulary) return (0, 0);
        uint256 place = _place(book, shown, token / TOKENS_A_LEAF);
        uint256 lengths = Openings.unsigned(place, LENGTHS);
        unchecked {
            ptr = place + LENGTHS + _sum(lengths >> (LANE * (TOKENS_A_LEAF - token % TOKENS_A_LEAF)));
            length = _lane(lengths, token) & LENGTH;
        }
    }

    function isText(Book memory book, Openings.Shown memory shown, uint256 token) internal view returns (bool) {
        if (token >= book.vocabulary) return false;
        uint256 place = _place(book, shown, token / TOKENS_A_LEAF);
        return _lane(Openings.unsigned(place, LENGTHS), token) & NO_TEXT == 0;
    }

    /// @dev Each leaf is shown once, when it is asked for first.
    function _place(Book memory book, Openings.Shown memory shown, uint256 leaf) private view returns (uint256 place) {
        place = _known(book, leaf);
        if (place != 0) return place;
        uint256 leaves = (book.vocabulary + TOKENS_A_LEAF - 1) / TOKENS_A_LEAF;
        place = shown.content(LENGTHS + _sum(shown.nextWord()), leaf, leaves, book.root);
        book.places[book.count++] = leaf << 128 | place;
    }

    /// @dev Zero: it was not read yet.
    function _known(Book memory book, uint256 leaf) private pure returns (uint256 place) {
        uint256[] memory places = book.places;
        uint256 count = book.count;
        assembly ("memory-safe") {
            let at := add(places, 0x20)
            for { let end := add(at, shl(5, count)) } lt(at, end) { at := add(at, 0x20) } {
                let found := mload(at)
                if eq(shr(128, found), leaf) {
                    place := and(found, 0xffffffffffffffffffffffffffffffff)
                    break
                }
            }
        }
    }

    function _lane(uint256 lengths, uint256 token) private pure returns (uint256) {
        unchecked {
            return lengths >> (LANE * (TOKENS_A_LEAF - 1 - token % TOKENS_A_LEAF));
        }
    }

    /// @dev Of all lengths: in lanes of twice the width, which one multiplication adds up in the highest.
    function _sum(uint256 lengths) private pure returns (uint256) {
        unchecked {
            lengths &= ALL_LENGTHS;
            return ((lengths & EVEN_LANES) + (lengths >> LANE & EVEN_LANES)) * ONES >> 224;
        }
    }
}
