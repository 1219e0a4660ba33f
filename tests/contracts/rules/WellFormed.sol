// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice A second reader of rule documents, written from `docs/safety-rules.md` and slow on purpose: copies every
/// payload and says only yes or no.
library WellFormed {
    function isRuleSet(bytes memory document) internal pure returns (bool) {
        if (document.length < 5 || document.length > 8_192) return false;
        if (keccak256(part(document, 0, 4)) != keccak256("CHR1")) return false;
        bytes32[] memory tokenizers = new bytes32[](8_192);
        uint256 offset = 4;
        uint256 count;
        uint256 limits;
        while (offset != document.length) {
            if (++count > 64 || offset + 5 > document.length) return false;
            uint256 length = number(part(document, offset + 1, 4));
            if (offset + 5 + length > document.length) return false;
            bytes memory payload = part(document, offset + 5, length);
            uint8 kind = uint8(document[offset]);
            if (kind == 2) ++limits;
            if (!isRule(kind, payload) || limits > 1) return false;
            if (kind == 1 && !isNew(bytes32(payload), tokenizers, count)) return false;
            offset += 5 + length;
        }
        return true;
    }

    function isRule(uint8 kind, bytes memory payload) private pure returns (bool) {
        if (kind == 1) {
            if (payload.length < 34) return false;
            uint256 tokens = number(part(payload, 32, 2));
            return tokens > 0 && payload.length >= 35 + 3 * tokens;
        }
        if (kind == 2) {
            return payload.length == 8 && number(part(payload, 0, 4)) > 0 && number(part(payload, 4, 4)) > 0;
        }
        return kind == 3 && payload.length >= 2 && payload.length <= 256 && payload[0] != 0 && payload[0] < 0x04;
    }

    /// @dev Notes the tokenizer under the rule's number, which no other rule has.
    function isNew(bytes32 tokenizer, bytes32[] memory noted, uint256 count) private pure returns (bool) {
        for (uint256 i = 0; i < count; ++i) {
            if (noted[i] == keccak256(abi.encode(tokenizer))) return false;
        }
        noted[count] = keccak256(abi.encode(tokenizer));
        return true;
    }

    function part(bytes memory from, uint256 offset, uint256 length) private pure returns (bytes memory copy) {
        copy = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            copy[i] = from[offset + i];
        }
    }

    function number(bytes memory digits) private pure returns (uint256 value) {
        for (uint256 i = 0; i < digits.length; ++i) {
            value = value * 256 + uint8(digits[i]);
        }
    }
}
