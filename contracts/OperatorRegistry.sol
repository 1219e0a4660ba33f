// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOperatorRegistry} from "./interfaces/IOperatorRegistry.sol";

/// @title OperatorRegistry
contract OperatorRegistry is IOperatorRegistry {
    uint256 public constant MAX_URI_BYTES = 512;
    uint256 public constant MAX_MODELS = 32;

    mapping(address operator => Profile) private _profiles;

    /// @inheritdoc IOperatorRegistry
    mapping(address operator => bool) public isRegistered;

    /// @inheritdoc IOperatorRegistry
    function register(Profile calldata profile) external {
        if (isRegistered[msg.sender]) revert AlreadyRegistered(msg.sender);
        _check(profile);

        isRegistered[msg.sender] = true;
        _profiles[msg.sender] = profile;

        emit OperatorRegistered(msg.sender, profile);
    }

    /// @inheritdoc IOperatorRegistry
    function update(Profile calldata profile) external {
        if (!isRegistered[msg.sender]) revert NotRegistered(msg.sender);
        _check(profile);

        _profiles[msg.sender] = profile;

        emit OperatorUpdated(msg.sender, profile);
    }

    /// @inheritdoc IOperatorRegistry
    function retire() external {
        if (!isRegistered[msg.sender]) revert NotRegistered(msg.sender);

        isRegistered[msg.sender] = false;
        delete _profiles[msg.sender];

        emit OperatorRetired(msg.sender);
    }

    /// @inheritdoc IOperatorRegistry
    function profileOf(address operator) external view returns (Profile memory) {
        if (!isRegistered[operator]) revert NotRegistered(operator);
        return _profiles[operator];
    }

    function _check(Profile calldata profile) private pure {
        if (bytes(profile.uri).length > MAX_URI_BYTES) revert UriTooLong(bytes(profile.uri).length, MAX_URI_BYTES);
        if (profile.models.length > MAX_MODELS) revert TooManyModels(profile.models.length, MAX_MODELS);
        if (profile.models.length != profile.prices.length) {
            revert LengthMismatch(profile.models.length, profile.prices.length);
        }
    }
}
