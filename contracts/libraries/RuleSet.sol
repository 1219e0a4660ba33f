// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISafetyRules} from "../interfaces/ISafetyRules.sol";

/// @notice Reads a safety-rule document: `docs/safety-rules.md`. Refuses with the offset of the faulty rule and the reason,
/// the same as `protocol/rules.py`.
library RuleSet {
    uint256 internal constant MAX_DOCUMENT = 8_192;
    uint256 internal constant MAX_RULES = 64;
    uint256 private constant HEADER = 5;
    uint256 private constant DIGEST = 32;
    /// @dev Where the ids of a prefix begin: after the tokenizer's digest and their number.
    uint256 private constant IDS = 34;
    uint256 private constant TOKEN_BYTES = 3;
    bytes4 private constant MAGIC = "CHR1";

    uint8 private constant PREFIX = 1;
    uint8 private constant LIMIT = 2;
    uint8 private constant DENY = 3;

    /// @notice Most tokens of an input and of an output, and the rule that says so; zeros: none does.
    struct Limit {
        uint32 input;
        uint32 output;
        uint8 rule;
    }

    /// @notice What has been read so far.
    /// @param rules how many they are
    /// @param prefixes how many of them are prefixes
    /// @param tokenizers those that the set has a prefix for
    /// @param policies keccak256 of the token ids of each of these prefixes
    /// @param denied by rule: keccak256 of scope and pattern; zero of other kinds
    struct Reading {
        uint256 rules;
        Limit limit;
        uint256 prefixes;
        bytes32[] tokenizers;
        bytes32[] policies;
        bytes32[] denied;
    }

    function read(bytes calldata document) internal pure returns (Reading memory reading) {
        if (document.length > MAX_DOCUMENT) revert ISafetyRules.RulesMalformed(MAX_DOCUMENT, "document too long");
        if (document.length < 4 || bytes4(document[:4]) != MAGIC) {
            revert ISafetyRules.RulesMalformed(0, "magic is not CHR1");
        }

        reading.tokenizers = new bytes32[](MAX_RULES);
        reading.policies = new bytes32[](MAX_RULES);
        reading.denied = new bytes32[](MAX_RULES);
        uint256 offset = 4;
        while (offset < document.length) {
            offset = _readRule(document, offset, reading);
        }
        if (reading.rules == 0) revert ISafetyRules.RulesMalformed(offset, "no rules");
    }

    function _readRule(bytes calldata document, uint256 offset, Reading memory reading)
        private
        pure
        returns (uint256 next)
    {
        if (reading.rules == MAX_RULES) revert ISafetyRules.RulesMalformed(offset, "too many rules");
        uint256 from = offset + HEADER;
        if (from > document.length) revert ISafetyRules.RulesMalformed(offset, "header cut short");
        next = from + uint32(bytes4(document[offset + 1:from]));
        if (next > document.length) revert ISafetyRules.RulesMalformed(offset, "payload cut short");

        uint8 kind = uint8(document[offset]);
        bytes calldata payload = document[from:next];
        if (kind == PREFIX) _readPrefix(payload, offset, reading);
        else if (kind == LIMIT) _readLimit(payload, offset, reading);
        else if (kind == DENY) _readDeny(payload, offset, reading);
        else revert ISafetyRules.RulesMalformed(offset, "unknown kind");
        ++reading.rules;
    }

    function _readPrefix(bytes calldata payload, uint256 offset, Reading memory reading) private pure {
        if (payload.length < IDS || bytes2(payload[DIGEST:IDS]) == 0) {
            revert ISafetyRules.RulesMalformed(offset, "prefix without tokens");
        }
        uint256 text = IDS + TOKEN_BYTES * uint16(bytes2(payload[DIGEST:IDS]));
        if (payload.length <= text) revert ISafetyRules.RulesMalformed(offset, "prefix without text");
        bytes32 tokenizer = bytes32(payload[:DIGEST]);
        for (uint256 i = 0; i < reading.prefixes; ++i) {
            if (reading.tokenizers[i] == tokenizer) {
                revert ISafetyRules.RulesMalformed(offset, "second prefix of tokenizer");
            }
        }
        reading.policies[reading.prefixes] = keccak256(payload[IDS:text]);
        reading.tokenizers[reading.prefixes++] = tokenizer;
    }

    function _readLimit(bytes calldata payload, uint256 offset, Reading memory reading) private pure {
        if (payload.length != 8) revert ISafetyRules.RulesMalformed(offset, "limit is not 8 bytes");
        if (bytes4(payload[:4]) == 0 || bytes4(payload[4:]) == 0) {
            revert ISafetyRules.RulesMalformed(offset, "limit of zero");
        }
        if (reading.limit.input != 0) revert ISafetyRules.RulesMalformed(offset, "second limit");
        reading.limit = Limit({
            input: uint32(bytes4(payload[:4])), output: uint32(bytes4(payload[4:])), rule: uint8(reading.rules)
        });
    }

    function _readDeny(bytes calldata payload, uint256 offset, Reading memory reading) private pure {
        if (payload.length < 2 || payload.length > 256) {
            revert ISafetyRules.RulesMalformed(offset, "pattern is not 1 to 255 bytes");
        }
        uint8 scope = uint8(payload[0]);
        if (scope == 0 || scope > 3) revert ISafetyRules.RulesMalformed(offset, "unknown scope");
        reading.denied[reading.rules] = keccak256(payload);
    }
}
