// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The safety-rule sets: their bytes, and the one in force. Changed by vote only.
///
/// @notice A set is `CHR1` and then up to 64 rules, each kind (1 byte) ‖ payload length (4 bytes, big-endian) ‖ payload;
/// 8,192 bytes at most. Its id is keccak256 of the document. Kinds: 1 prefix (tokenizer digest, 32 bytes ‖ number of
/// token ids, 2 bytes ‖ these, three bytes each ‖ text),
/// 2 limit (input tokens, 4 bytes ‖ output tokens, 4 bytes), 3 deny (scope, 1 byte: 1 input, 2 output, 3 both ‖ pattern,
/// 1–255 bytes). At most one limit, and one prefix a tokenizer. Normative: `docs/safety-rules.md`.
interface ISafetyRules {
    event RulesAdopted(bytes32 indexed rules, uint256 indexed version, bytes document);

    error RulesMalformed(uint256 offset, bytes32 reason);
    error VersionUnknown(uint256 version, uint256 latest);

    /// @notice Puts a set into force for new jobs. By vote. Emits `RulesAdopted` with the whole document.
    function adopt(bytes calldata document) external returns (bytes32 rules);

    function current() external view returns (bytes32 rules);
    function version() external view returns (uint256);
    /// @notice The set of a version, counted from one.
    function rulesAt(uint256 version) external view returns (bytes32 rules);
    /// @notice Whether the set fits the tokenizer: it has no prefix at all, or one for it.
    function covers(bytes32 rules, bytes32 tokenizer) external view returns (bool);
    /// @notice keccak256 of the token ids, three bytes each, of the set's prefix for a tokenizer; zero: it has none.
    function policyOf(bytes32 rules, bytes32 tokenizer) external view returns (bytes32);
    /// @notice Most tokens of an input and of an output that a set allows, and the index of the rule that says so; zeros: none
    /// does.
    function limitsOf(bytes32 rules) external view returns (uint256 input, uint256 output, uint256 rule);
    /// @notice keccak256 of scope and pattern of the set's rule with this index; zero: it is of another kind, or there is none.
    function deniedBy(bytes32 rules, uint256 rule) external view returns (bytes32);
}
