// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IStepReferee} from "../interfaces/IStepReferee.sol";
import {ExactMath} from "./ExactMath.sol";
import {Openings} from "./Openings.sol";
import {RowShape} from "./RowShape.sol";

/// @notice What one element of a part has to be: one function for each kind of part, `docs/dispute.md`, section 3.
/// `oracle/dispute/elements.py` says the same and opens the same leaves in the same order.
/// @dev Every function has a value for whatever was committed. Elements have at most 64 bits and shifts at most 60, so
/// nothing needs more than 255 bits, and nothing here is checked.
library StepVerifier {
    using ExactMath for int256;
    // A quotient here is a place, of a leaf or of a head, and what is left of it is used too. Where a leaf is shown whole,
    // how much it holds is known beforehand.
    // slither-disable-start divide-before-multiply,unused-return
    using Openings for Openings.Shown;

    int256 private constant HEAD = 16_383;
    int256 private constant LIMB = 32_639;
    int256 private constant WIDE = 2_147_483_647;
    int256 private constant MOST_SHIFT = 60;
    uint256 private constant LEAF = 256;
    uint256 private constant PIECE = 1_024;
    uint256 private constant HALF_TABLE = 32_768;
    int256 private constant OFFSET = 128;

    /// @param element which element of the part's row is judged
    /// @param committed what the row holds there
    /// @param witness where a largest is said to be instead
    struct Check {
        uint256 kind;
        RowShape own;
        RowShape first;
        RowShape second;
        RowShape third;
        uint256 tensor;
        uint256 otherTensor;
        uint256[4] fields;
        uint256 element;
        int256 committed;
        uint256 witness;
    }

    /// @notice What the element has to be. Of a place of a largest: the witness, if that refutes what was committed.
    function expected(Check memory check, Openings.Shown memory shown) internal view returns (int256) {
        uint256 kind = check.kind;
        if (kind < 8) return _expectedBefore8(kind, check, shown);
        if (kind < 14) return _expectedBefore14(kind, check, shown);
        if (kind < 20) return _expectedBefore20(kind, check, shown);
        return _expectedBefore26(kind, check, shown);
    }

    function _expectedBefore26(uint256 kind, Check memory check, Openings.Shown memory shown)
        private
        view
        returns (int256)
    {
        if (kind == 20) return _channels(check, shown);
        if (kind == 21) return _mixed(check, shown);
        if (kind == 22) return _mean(check, shown);
        if (kind == 23) return _activate(check, shown);
        if (kind == 24) return _gate(check, shown);
        if (kind == 25) return _pool(check, shown);
        revert IStepReferee.UnknownKind(kind);
    }

    function _expectedBefore8(uint256 kind, Check memory check, Openings.Shown memory shown)
        private
        view
        returns (int256)
    {
        if (kind == 1) return _embed(check, shown);
        if (kind == 2) return _add(check, shown);
        if (kind == 3) return _sums(check, shown);
        if (kind == 4) return _peak(check, shown);
        if (kind == 5) return _spread(check, shown);
        if (kind == 6) return _squares(check, shown);
        if (kind == 7) return _quotient(check, shown);
        revert IStepReferee.UnknownKind(kind);
    }

    function _expectedBefore14(uint256 kind, Check memory check, Openings.Shown memory shown)
        private
        view
        returns (int256)
    {
        if (kind == 8) return _norm(check, shown);
        if (kind == 9) return _products(check, shown);
        if (kind == 10) return _scale(check, shown);
        if (kind == 11) return _narrow(check, shown);
        if (kind == 12) return _exponent(check, shown);
        return _quantise(check, shown);
    }

    function _expectedBefore20(uint256 kind, Check memory check, Openings.Shown memory shown)
        private
        view
        returns (int256)
    {
        if (kind == 14) return _rotate(check, shown);
        if (kind == 15) return _slice(check, shown);
        if (kind == 16) return _scores(check, shown);
        if (kind == 17) return _peaks(check, shown);
        if (kind == 18) return _largest(check, shown);
        return _weights(check, shown);
    }

    // ---------------------------------------------------------------- embed, add

    function _embed(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            uint256 row = shown.position;
            if (check.fields[0] == 0) row = shown.number(0, row, shown.tokens);
            (uint256 ptr,) = shown.matrix(check.tensor, row, check.element / PIECE);
            int256 code = _code(ptr, check.element % PIECE);
            return (code * Openings.integer(ptr, 0, 4)).halfUp(int256(check.fields[1])).clamp(WIDE);
        }
    }

    /// @dev In a block of 32 codes the groups of four stand in the order 3 7 2 6 1 5 0 4.
    function _code(uint256 leaf, uint256 index) private pure returns (int256) {
        unchecked {
            uint256 group = index % 32 / 4;
            group = group < 4 ? 6 - 2 * group : 15 - 2 * group;
            uint256 ptr = leaf + Openings.MATRIX_HEAD + index - index % 32 + 4 * group + index % 4;
            return int256(Openings.unsigned(ptr, 1)) - OFFSET;
        }
    }

    function _add(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            int256 left = shown.element(check.first, check.element);
            return (left + shown.element(check.second, check.element)).clamp(WIDE);
        }
    }

    // ---------------------------------------------------------------- sums and largest

    function _sums(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            uint256 leaf = check.element;
            if (check.own.isSegmented()) {
                uint256 segment = check.own.segment(shown.position, shown.positions);
                uint256 pieces = check.first.segment(shown.position, shown.positions) / LEAF;
                if (check.element % segment >= pieces) return 0;
                leaf = check.element / segment * pieces + check.element % segment;
            }
            (uint256 ptr, uint256 count) = shown.leaf(check.first, leaf);
            return _sum(ptr, count, check.first.size());
        }
    }

    function _peak(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            int256 length = int256(check.first.length(shown.position, shown.positions));
            if (check.committed < 0 || check.committed >= length) return -1;
            if (check.witness >= uint256(length)) return check.committed;
            int256 total = _total(check.second, shown);
            uint256 ours = _spreadOf(check, shown.element(check.first, check.witness), total);
            uint256 theirs = _spreadOf(check, shown.element(check.first, uint256(check.committed)), total);
            return _refuted(check, ours > theirs, ours == theirs);
        }
    }

    function _refuted(Check memory check, bool larger, bool same) private pure returns (int256) {
        bool before = check.witness < uint256(check.committed);
        return larger || (same && before) ? int256(check.witness) : check.committed;
    }

    // ---------------------------------------------------------------- norm

    function _spread(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            int256 peak = _only(check.second, shown);
            int256 total = _total(check.third, shown);
            if (check.element == 0) return total;
            if (peak < 0 || uint256(peak) >= check.first.length(shown.position, shown.positions)) {
                return check.committed;
            }
            uint256 spread = _spreadOf(check, shown.element(check.first, uint256(peak)), total);
            return spread == 0 ? int256(1) : int256(spread);
        }
    }

    function _squares(Check memory check, Openings.Shown memory shown) private view returns (int256 sum) {
        unchecked {
            (uint256 ptr, uint256 count) = shown.leaf(check.first, check.element);
            (int256 total, int256 largest) = _pair(check.second, shown);
            uint256 size = check.first.size();
            int256 exponent = _exponentOf(largest);
            for (uint256 i = 0; i < count; ++i) {
                int256 a = _centred(check, Openings.integer(ptr, i, size), total).halfUp(exponent);
                sum += a * a;
            }
        }
    }

    function _quotient(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            int256 squares = _total(check.first, shown);
            (, int256 largest) = _pair(check.second, shown);
            int256 exponent = _exponentOf(largest);
            int256 epsilon = int256(check.fields[0]);
            squares += exponent < 0 ? epsilon << uint256(-2 * exponent) : epsilon >> uint256(2 * exponent);
            uint256 root = squares < 0 ? 0 : ExactMath.root(uint256(squares) << 16);
            return int256(check.fields[1] / (root == 0 ? 1 : root));
        }
    }

    function _norm(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            int256 x = shown.element(check.first, check.element);
            (int256 total, int256 largest) = _pair(check.second, shown);
            int256 quotient = _only(check.third, shown);
            int256 gain = shown.entry(check.tensor, check.element);
            int256 bias = check.otherTensor == 0 ? int256(0) : shown.entry(check.otherTensor, check.element);
            int256 scaled = (_scaled(check, x, total, largest) * quotient).halfUp(20);
            return ((scaled * gain).halfUp(34 - int256(check.fields[1])) + bias).clamp(int256(check.fields[2]));
        }
    }

    function _scaled(Check memory check, int256 x, int256 total, int256 largest) private pure returns (int256) {
        unchecked {
            return _centred(check, x, total).halfUp(_exponentOf(largest));
        }
    }

    function _exponentOf(int256 largest) private pure returns (int256) {
        unchecked {
            return int256(ExactMath.bits(largest < 1 ? 1 : uint256(largest))) - 15;
        }
    }

    function _spreadOf(Check memory check, int256 x, int256 total) private pure returns (uint256) {
        return ExactMath.magnitude(_centred(check, x, total));
    }

    function _centred(Check memory check, int256 x, int256 total) private pure returns (int256) {
        unchecked {
            return check.fields[0] == 0 ? x : int256(check.fields[0]) * x - total;
        }
    }

    // ---------------------------------------------------------------- linear

    function _products(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            uint256 piece = check.element % check.fields[0];
            uint256 length = check.first.length(shown.position, shown.positions);
            if (piece * PIECE >= length) return 0;
            (uint256 row, uint256 count) = shown.block1024(check.first, piece);
            (uint256 leaf, uint256 columns) = shown.matrix(check.tensor, check.element / check.fields[0], piece);
            if (columns != length || check.first.size() != 2) revert IStepReferee.WrongOpening();
            return _dot(row, leaf + Openings.MATRIX_HEAD, (count + 31) / 32);
        }
    }

    /// @dev Both as unsigned: u = w + 128, X = x + 2^15. Of 32 products, one multiplication adds up eight: their codes
    /// stand four bytes apart in a word, in the opposite order of the elements, which come from two words. The eighth lane
    /// of 32 bits then holds the sum, and no lane below it carries. Codes behind the row's end are 128, which is w = 0.
    function _dot(uint256 row, uint256 codes, uint256 blocks) private pure returns (int256 result) {
        assembly ("memory-safe") {
            let bytes_ := 0x000000ff000000ff000000ff000000ff000000ff000000ff000000ff000000ff
            let words := 0x000000000000ffff000000000000ffff000000000000ffff000000000000ffff
            let flip := 0x8000800080008000800080008000800080008000800080008000800080008000
            let sum := 0
            let ofCodes := 0
            let ofRow := 0
            for { let n := 0 } lt(n, blocks) { n := add(n, 1) } {
                let u := mload(codes)
                let low := xor(mload(row), flip)
                let high := xor(mload(add(row, 0x20)), flip)
                codes := add(codes, 0x20)
                row := add(row, 0x40)
                for { let s := 0 } lt(s, 4) { s := add(s, 1) } {
                    let a := and(shr(shl(3, s), u), bytes_)
                    let b := or(and(shr(shl(4, s), low), words), shl(0x20, and(shr(shl(4, s), high), words)))
                    sum := add(sum, shr(0xe0, mul(a, b)))
                    ofCodes := add(ofCodes, a)
                    ofRow := add(ofRow, b)
                }
            }
            let ones := 0x0000000100000001000000010000000100000001000000010000000100000001
            ofCodes := shr(0xe0, mul(ofCodes, ones))
            ofRow := shr(0xe0, mul(ofRow, ones))
            // Σ (u − 128)(X − 2^15) = Σ uX − 128 Σ X − 2^15 Σ u + 128 · 2^15 · n
            result := add(sub(sub(sum, shl(7, ofRow)), shl(15, ofCodes)), mul(shl(22, 32), blocks))
        }
    }

    function _scale(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            uint256 pieces = check.fields[0];
            uint256 ptr = shown.span(check.first, check.element * pieces, pieces, shown.position);
            int256 sum = _sum(ptr, pieces, check.first.size());
            int256 exponent = _limited(check.second.isNone() ? int256(0) : _only(check.second, shown));
            (uint256 leaf,) = shown.matrix(check.tensor, check.element, 0);
            int256 scaled = (sum * Openings.integer(leaf, 0, 4)).halfUp(int256(check.fields[1]) - exponent);
            return (scaled + Openings.integer(leaf, 1, 4)).clamp(int256(check.fields[2]));
        }
    }

    // ---------------------------------------------------------------- narrow, quantise, slice

    function _narrow(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        return shown.element(check.first, check.element).halfUp(int256(check.fields[0])).clamp(LIMB);
    }

    function _exponent(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            int256 peak = _only(check.second, shown);
            if (peak < 0 || uint256(peak) >= check.first.length(shown.position, shown.positions)) {
                return check.committed;
            }
            uint256 bits = ExactMath.bits(shown.element(check.first, uint256(peak)).magnitude());
            return bits < 15 ? int256(0) : int256(bits) - 15;
        }
    }

    function _quantise(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        int256 x = shown.element(check.first, check.element);
        return x.halfUp(_limited(_only(check.second, shown))).clamp(LIMB);
    }

    function _slice(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            return shown.element(check.first, check.fields[0] + check.element);
        }
    }

    // ---------------------------------------------------------------- attention

    function _rotate(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            int256 x = shown.element(check.first, check.element);
            uint256 width = check.fields[1];
            uint256 i = check.element % width;
            if (check.element / width >= check.fields[0]) return x.clamp(HEAD);
            uint256 half = width / 2;
            int256 pair = shown.element(check.first, i < half ? check.element + half : check.element - half);
            uint256 ptr = (shown.position * half + i % half) * 2;
            int256 cos = shown.entry(check.tensor, ptr);
            int256 sin = shown.entry(check.tensor, ptr + 1);
            return (i < half ? x * cos - pair * sin : x * cos + pair * sin).halfUp(14).clamp(HEAD);
        }
    }

    function _scores(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            uint256 segment = check.own.segment(shown.position, shown.positions);
            uint256 position = check.element % segment;
            if (position >= check.own.seen(shown.position, shown.positions)) return 0;
            uint256 head = check.element / segment;
            uint256 width = check.fields[0];
            uint256 query = shown.span(check.first, head * width, width, shown.position);
            uint256 key = shown.span(check.second, head / check.fields[1] * width, width, position);
            int256 dot = _dotOf(check, query, key, width);
            return (dot * int256(check.fields[2])).halfUp(int256(check.fields[3])).clamp(WIDE);
        }
    }

    function _peaks(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            uint256 seen = check.first.seen(shown.position, shown.positions);
            if (check.committed < 0 || uint256(check.committed) >= seen) return -1;
            if (check.witness >= seen) return check.committed;
            uint256 start = check.element * check.first.segment(shown.position, shown.positions);
            int256 ours = shown.element(check.first, start + check.witness);
            int256 theirs = shown.element(check.first, start + uint256(check.committed));
            return _refuted(check, ours > theirs, ours == theirs);
        }
    }

    function _largest(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            int256 peak = shown.element(check.second, check.element);
            if (peak < 0 || uint256(peak) >= check.first.seen(shown.position, shown.positions)) return check.committed;
            uint256 start = check.element * check.first.segment(shown.position, shown.positions);
            return shown.element(check.first, start + uint256(peak));
        }
    }

    function _weights(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            uint256 segment = check.own.segment(shown.position, shown.positions);
            if (check.element % segment >= check.own.seen(shown.position, shown.positions)) return 0;
            int256 below = shown.element(check.first, check.element);
            below = shown.element(check.second, check.element / segment) - below;
            return shown.entry(check.tensor, below < 0 ? 0 : uint256(below));
        }
    }

    function _channels(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            uint256 segment = check.own.segment(shown.position, shown.positions);
            uint256 position = check.element % segment;
            if (position >= check.own.seen(shown.position, shown.positions)) return 0;
            uint256 ptr = shown.span(check.first, check.fields[0] + check.element / segment, 1, position);
            return Openings.integer(ptr, 0, check.first.size());
        }
    }

    function _mixed(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            uint256 segment = check.own.segment(shown.position, shown.positions);
            uint256 pieces = check.first.segment(shown.position, shown.positions) / LEAF;
            uint256 piece = check.element % segment;
            if (piece >= pieces) return 0;
            uint256 channel = check.element / segment;
            uint256 head = channel / check.fields[0];
            uint256 group = head / check.fields[1];
            (uint256 weights, uint256 count) = shown.leaf(check.first, head * pieces + piece);
            channel = group * check.fields[0] + channel % check.fields[0];
            (uint256 values,) = shown.leaf(check.second, channel * pieces + piece);
            return _dotOf(check, weights, values, count);
        }
    }

    function _mean(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            int256 mixed = _segment(check.first, check.element, shown);
            int256 total = _segment(check.second, check.element / check.fields[0], shown);
            if (total < 1) total = 1;
            return (2 * mixed + total).floorDiv(2 * total);
        }
    }

    // ---------------------------------------------------------------- functions, pool

    function _activate(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        return shown.entry(check.tensor, _place(shown.element(check.first, check.element)));
    }

    function _gate(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            int256 gate = shown.element(check.first, check.element);
            int256 other = shown.element(check.first, check.own.width() + check.element);
            int256 curve = shown.entry(check.tensor, _place(gate));
            return (curve * other).halfUp(int256(check.fields[0])).clamp(WIDE);
        }
    }

    function _pool(Check memory check, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            int256 count = int256(shown.positions);
            return (2 * _segment(check.first, check.element, shown) + count).floorDiv(2 * count);
        }
    }

    // ---------------------------------------------------------------- shared

    function _place(int256 x) private pure returns (uint256) {
        unchecked {
            return uint256(x + int256(HALF_TABLE));
        }
    }

    /// @dev A row of one element.
    function _only(RowShape row, Openings.Shown memory shown) private view returns (int256) {
        return shown.element(row, 0);
    }

    /// @dev A row of two elements.
    function _pair(RowShape row, Openings.Shown memory shown) private view returns (int256 first, int256 second) {
        (uint256 ptr, uint256 count) = shown.leaf(row, 0);
        if (count < 2) revert IStepReferee.WrongOpening();
        return (Openings.integer(ptr, 0, row.size()), Openings.integer(ptr, 1, row.size()));
    }

    /// @dev The sum of a row of one leaf; zero where there is none.
    function _total(RowShape row, Openings.Shown memory shown) private view returns (int256) {
        if (row.isNone()) return 0;
        (uint256 ptr, uint256 count) = shown.leaf(row, 0);
        return _sum(ptr, count, row.size());
    }

    /// @dev The sum of all that a row has for one unit of its width.
    function _segment(RowShape row, uint256 unit, Openings.Shown memory shown) private view returns (int256) {
        unchecked {
            uint256 segment = row.segment(shown.position, shown.positions);
            return _sum(shown.span(row, unit * segment, segment, shown.position), segment, row.size());
        }
    }

    function _limited(int256 exponent) private pure returns (int256) {
        if (exponent < 0) return 0;
        return exponent > MOST_SHIFT ? MOST_SHIFT : exponent;
    }

    function _sum(uint256 ptr, uint256 count, uint256 size) private pure returns (int256 sum) {
        assembly ("memory-safe") {
            let shift := sub(256, shl(3, size))
            for { let end := add(ptr, mul(count, size)) } lt(ptr, end) { ptr := add(ptr, size) } {
                sum := add(sum, sar(shift, mload(ptr)))
            }
        }
    }

    /// @dev Of elements of the first and of the second row.
    function _dotOf(Check memory check, uint256 a, uint256 b, uint256 count) private pure returns (int256 sum) {
        uint256 sizeOfA = check.first.size();
        uint256 sizeOfB = check.second.size();
        assembly ("memory-safe") {
            let shiftA := sub(256, shl(3, sizeOfA))
            let shiftB := sub(256, shl(3, sizeOfB))
            for { let end := add(a, mul(count, sizeOfA)) } lt(a, end) { a := add(a, sizeOfA) } {
                // An arithmetic shift leaves the sign.
                sum := add(sum, mul(sar(shiftA, mload(a)), sar(shiftB, mload(b))))
                b := add(b, sizeOfB)
            }
        }
    }
    // slither-disable-end divide-before-multiply,unused-return
}
