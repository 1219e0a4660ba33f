// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRefusalReferee} from "./interfaces/IRefusalReferee.sol";
import {ISafetyRules} from "./interfaces/ISafetyRules.sol";
import {Facts} from "./libraries/Facts.sol";
import {Openings} from "./libraries/Openings.sol";
import {Prompts} from "./libraries/Prompts.sol";
import {Spellings} from "./libraries/Spellings.sol";
import {Evidence} from "./types/Computation.sol";
import {Case, Claim, Fault, Ruling} from "./types/Dispute.sol";
import {Outcome} from "./types/Job.sol";

/// @title RefusalReferee
contract RefusalReferee is IRefusalReferee {
    using Openings for Openings.Shown;
    using Spellings for Spellings.Book;

    /// @dev What rules are applied to: a rule's scope has the bits of those that it is for.
    uint256 private constant INPUT = 1;
    uint256 private constant OUTPUT = 2;
    uint256 private constant TOKENS = 0;
    uint256 private constant WITNESS_BYTES = 8;
    /// @dev Comes before all rules: tokens that no rules could allow.
    uint32 private constant NO_RULE = type(uint32).max;

    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;
    uint256 private constant LOW_BITS = 0x7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f;

    ISafetyRules public immutable rules;

    /// @notice A text, token by token.
    /// @param stage whether it is the input or the output
    /// @param count how many tokens it has
    /// @param first which of the trace's tokens is the output's first
    /// @param leaf one more than that of the trace's tokens that was read last, and `ptr` where it lies in memory
    struct Text {
        uint256 stage;
        uint256 count;
        uint256 first;
        uint256 leaf;
        uint256 ptr;
        Openings.Shown shown;
        Spellings.Book book;
    }

    constructor(address rules_) {
        rules = ISafetyRules(rules_);
    }

    /// @inheritdoc IRefusalReferee
    function isWrong(Case calldata case_, Claim calldata claim, Evidence calldata evidence, Ruling calldata ruling)
        external
        view
        returns (bool)
    {
        if (claim.fault == Fault.Refusal) {
            uint256 stage = _stageOf(case_.outcome);
            if (stage == 0) revert WrongClaim();
            if (!_isWitness(case_, ruling.output)) return true;
            return !_breaks(case_, evidence, ruling, stage, uint64(bytes8(ruling.output)));
        }
        if (claim.fault != Fault.Forbidden) revert WrongClaim();
        uint64 witness = uint64(claim.index);
        _requireBefore(case_, ruling, claim.other, witness);
        return _breaks(case_, evidence, ruling, claim.other, witness);
    }

    // ---------------------------------------------------------------- what was posted

    /// @dev What was refused; zero: nothing was.
    function _stageOf(uint256 outcome) private pure returns (uint256) {
        if (outcome == uint256(Outcome.InputRefused)) return INPUT;
        return outcome == uint256(Outcome.OutputRefused) ? OUTPUT : 0;
    }

    /// @dev Whether a refusal's output has a witness's length.
    function _isWitness(Case calldata case_, bytes calldata output) private pure returns (bool) {
        if (Facts.hashBytes(output) != case_.output) revert WrongRuling();
        return output.length == WITNESS_BYTES;
    }

    /// @dev An input's breach comes before all that can be said of the output; of the same text, the one of the earlier rule,
    /// and then of the earlier token. Reverts unless the claim's comes before what was posted.
    function _requireBefore(Case calldata case_, Ruling calldata ruling, uint256 stage, uint64 witness) private pure {
        if (stage != INPUT && stage != OUTPUT) revert WrongClaim();
        uint256 posted = _stageOf(case_.outcome);
        if (posted == INPUT && stage == OUTPUT) revert WrongClaim();
        if (posted != stage) return;
        if (!_isWitness(case_, ruling.output)) revert WrongClaim();
        if (_order(witness) >= _order(uint64(bytes8(ruling.output)))) revert WrongClaim();
    }

    function _order(uint64 witness) private pure returns (uint256) {
        unchecked {
            return (uint256(uint32(witness >> 32) + 1) << 32) | uint32(witness);
        }
    }

    // ---------------------------------------------------------------- rules

    /// @dev Whether a text breaks a rule at a token.
    /// @param witness which rule, and which token
    function _breaks(
        Case calldata case_,
        Evidence calldata evidence,
        Ruling calldata ruling,
        uint256 stage,
        uint64 witness
    ) private view returns (bool broken) {
        Text memory text = _begin(case_, evidence, ruling, stage);
        broken = _isBroken(case_, evidence, ruling, text, witness);
        text.shown.end();
    }

    function _isBroken(
        Case calldata case_,
        Evidence calldata evidence,
        Ruling calldata ruling,
        Text memory text,
        uint64 witness
    ) private view returns (bool) {
        (uint32 rule, uint256 position) = (uint32(witness >> 32), uint32(witness));
        if (rule == NO_RULE) return text.stage == INPUT && _isNoText(case_, evidence, ruling, text, position);
        // How long an output may be is judged with its end.
        // slither-disable-next-line unused-return
        (uint256 mostInput,, uint256 limit) = rules.limitsOf(case_.rules);
        if (mostInput != 0 && rule == limit) {
            return text.stage == INPUT && text.count > mostInput && position == mostInput;
        }
        bytes32 denied = rules.deniedBy(case_.rules, rule);
        if (denied == 0) return false;
        if (Facts.hashBytes(ruling.denied) != denied) revert WrongRuling();
        if (uint8(ruling.denied[0]) & text.stage == 0 || position >= text.count) return false;
        text.book = Spellings.open(case_.computation, evidence);
        return _beginsAt(ruling, text, position);
    }

    function _begin(Case calldata case_, Evidence calldata evidence, Ruling calldata ruling, uint256 stage)
        private
        pure
        returns (Text memory text)
    {
        text.shown = Openings.begin(case_.computation, evidence.data, evidence.path);
        text.stage = stage;
        if (stage == INPUT) {
            if (Facts.hashBytes(ruling.input) != case_.input) revert WrongRuling();
            text.count = ruling.input.length / Prompts.TOKEN_BYTES;
        } else if (case_.computation.noise != 0) {
            text.count = case_.computation.outputs;
            text.first = text.count == 0 ? 0 : case_.computation.positions + 1 - text.count;
        }
    }

    /// @dev Whether an input goes beyond the context here, or has something that is no text.
    function _isNoText(
        Case calldata case_,
        Evidence calldata evidence,
        Ruling calldata ruling,
        Text memory text,
        uint256 position
    ) private view returns (bool) {
        bytes32 policy = ruling.policy.length == 0 ? bytes32(0) : Facts.hashBytes(ruling.policy);
        if (policy != case_.policy) revert WrongRuling();
        uint256 room = Prompts.room(case_.computation, ruling.policy.length / Prompts.TOKEN_BYTES);
        if (position == room && position < text.count) return true;
        if (position >= text.count) return position == text.count && ruling.input.length % Prompts.TOKEN_BYTES != 0;
        uint256 token = _token(ruling, text, position);
        if (token >= case_.computation.vocabulary) return true;
        text.book = Spellings.open(case_.computation, evidence);
        return !text.book.isText(text.shown, token);
    }

    /// @dev Whether the pattern begins in the bytes of the token at a position, letters A to Z compared without case.
    function _beginsAt(Ruling calldata ruling, Text memory text, uint256 position) private view returns (bool) {
        (uint256 from, uint256 length) = text.book.bytesOf(text.shown, _token(ruling, text, position));
        if (length == 0) return false;
        bytes memory pattern = ruling.denied[1:];
        bytes memory window = new bytes(length - 1 + pattern.length);
        uint256 starts = length;
        uint256 filled = _fill(window, 0, from, length);
        while (filled < window.length && ++position < text.count) {
            (from, length) = text.book.bytesOf(text.shown, _token(ruling, text, position));
            filled = _fill(window, filled, from, length);
        }
        _lower(pattern);
        _lower(window);
        bytes32 wanted = keccak256(pattern);
        for (uint256 start = 0; start < starts && start + pattern.length <= filled; ++start) {
            if (_hash(window, start, pattern.length) == wanted) return true;
        }
        return false;
    }

    // ---------------------------------------------------------------- tokens and bytes

    function _token(Ruling calldata ruling, Text memory text, uint256 position) private view returns (uint256) {
        if (text.stage == INPUT) {
            uint256 from = Prompts.TOKEN_BYTES * position;
            return uint24(bytes3(ruling.input[from:from + Prompts.TOKEN_BYTES]));
        }
        uint256 index = text.first + position;
        uint256 leaf = index / Openings.LEAF;
        if (text.leaf != leaf + 1) {
            text.ptr = text.shown.numbers(TOKENS, leaf, text.shown.tokens);
            text.leaf = leaf + 1;
        }
        return Openings.number(text.ptr, index);
    }

    /// @dev As much as there is room for.
    function _fill(bytes memory window, uint256 filled, uint256 from, uint256 length) private pure returns (uint256) {
        uint256 taken = window.length - filled < length ? window.length - filled : length;
        assembly ("memory-safe") {
            mcopy(add(add(window, 0x20), filled), from, taken)
        }
        return filled + taken;
    }

    /// @dev Letters A to Z become small, 32 bytes at once: behind the end of a content is nothing that counts.
    function _lower(bytes memory content) private pure {
        uint256 low = LOW_BITS;
        assembly ("memory-safe") {
            let at := add(content, 0x20)
            for { let end := add(at, mload(content)) } lt(at, end) { at := add(at, 0x20) } {
                let word := mload(at)
                let seven := and(word, low)
                // The high bit of a byte: it is A or behind, it is behind Z, it is below 128.
                let from := add(seven, mul(ONES, 0x3f))
                let behind := add(seven, mul(ONES, 0x25))
                let upper := and(and(from, not(behind)), and(not(word), not(low)))
                mstore(at, or(word, shr(2, upper)))
            }
        }
    }

    function _hash(bytes memory content, uint256 start, uint256 length) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(add(content, 0x20), start), length)
        }
    }
}
