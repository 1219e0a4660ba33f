// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Who operates, what they serve, and what they ask. Holds no money and guards nothing: for discovery.
interface IOperatorRegistry {
    /// @param uri where the operator answers, or a document about it; at most 512 bytes
    /// @param device class of its device, a short name in ASCII
    /// @param models served; at most 32
    /// @param prices least `maxFee` asked for each of them, in units of the asset
    struct Profile {
        string uri;
        bytes32 device;
        bytes32[] models;
        uint256[] prices;
    }

    event OperatorRegistered(address indexed operator, Profile profile);
    event OperatorUpdated(address indexed operator, Profile profile);
    event OperatorRetired(address indexed operator);

    error AlreadyRegistered(address operator);
    error NotRegistered(address operator);
    error UriTooLong(uint256 length, uint256 limit);
    error TooManyModels(uint256 count, uint256 limit);
    error LengthMismatch(uint256 models, uint256 prices);

    function register(Profile calldata profile) external;
    function update(Profile calldata profile) external;
    function retire() external;

    function isRegistered(address operator) external view returns (bool);
    function profileOf(address operator) external view returns (Profile memory);
}
