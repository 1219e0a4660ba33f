// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {ISafetyRules} from "./interfaces/ISafetyRules.sol";
import {ISheetBook} from "./interfaces/ISheetBook.sol";
import {RuleSet} from "./libraries/RuleSet.sol";

/// @title SafetyRules
contract SafetyRules is ISafetyRules, AccessManaged {
    ISheetBook public immutable sheetBook;

    bytes32[] private _history;
    mapping(bytes32 rules => uint256) private _prefixes;
    /// @inheritdoc ISafetyRules
    mapping(bytes32 rules => mapping(bytes32 tokenizer => bytes32)) public policyOf;
    /// @inheritdoc ISafetyRules
    mapping(bytes32 rules => mapping(uint256 rule => bytes32)) public deniedBy;
    mapping(bytes32 rules => RuleSet.Limit) private _limits;

    constructor(address manager, address sheetBook_) AccessManaged(manager) {
        sheetBook = ISheetBook(sheetBook_);
    }

    /// @inheritdoc ISafetyRules
    function adopt(bytes calldata document) external restricted returns (bytes32 rules) {
        RuleSet.Reading memory reading = RuleSet.read(document);
        rules = keccak256(document);

        _history.push(rules);
        _prefixes[rules] = reading.prefixes;
        _limits[rules] = reading.limit;
        for (uint256 i = 0; i < reading.prefixes; ++i) {
            policyOf[rules][reading.tokenizers[i]] = reading.policies[i];
        }
        for (uint256 i = 0; i < reading.rules; ++i) {
            if (reading.denied[i] != 0) deniedBy[rules][i] = reading.denied[i];
        }

        emit RulesAdopted(rules, _history.length, document);
        sheetBook.onRulesAdopted();
    }

    /// @inheritdoc ISafetyRules
    function current() external view returns (bytes32 rules) {
        return _history.length == 0 ? bytes32(0) : _history[_history.length - 1];
    }

    /// @inheritdoc ISafetyRules
    function version() external view returns (uint256) {
        return _history.length;
    }

    /// @inheritdoc ISafetyRules
    function rulesAt(uint256 version_) external view returns (bytes32 rules) {
        if (version_ == 0 || version_ > _history.length) revert VersionUnknown(version_, _history.length);
        return _history[version_ - 1];
    }

    /// @inheritdoc ISafetyRules
    function limitsOf(bytes32 rules) external view returns (uint256 input, uint256 output, uint256 rule) {
        RuleSet.Limit memory limit = _limits[rules];
        return (limit.input, limit.output, limit.rule);
    }

    /// @inheritdoc ISafetyRules
    function covers(bytes32 rules, bytes32 tokenizer) external view returns (bool) {
        return _prefixes[rules] == 0 || policyOf[rules][tokenizer] != 0;
    }
}
