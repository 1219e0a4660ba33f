// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Evidence} from "../types/Computation.sol";

/// @title Whether a model's files can be had: anyone may demand to be shown any part of its weights, and anyone may show it.
///
/// @notice A model of which something was not shown in time is *withheld*: it takes no new jobs and no slot, until somebody
/// shows it after all. Jobs that were accepted stay as they are; those that nobody accepts are refunded as ever. Has no owner
/// and no parameter that changes. `docs/availability.md`.
///
/// @dev What is demanded must exist, so each step needs the one before: the program's header, which says how many tensors
/// there are; a tensor's entry, which says how many leaves it has; a leaf.
interface IModelAvailability {
    /// @notice What is demanded of a model's files.
    /// @param deadline last second to be paid for showing it
    /// @param lapsed nobody showed it in time: the model is withheld for it
    struct WeightsDemand {
        address challenger;
        uint40 deadline;
        bool shown;
        bool lapsed;
    }

    /// @notice A tensor's entry in the weights: `docs/inference.md`, 6.4.
    /// @param number from one
    /// @param head bytes of an element ‖ number of dimensions ‖ each dimension
    /// @param root of its leaves
    /// @param path its way up to the root of the weights
    struct Tensor {
        uint256 number;
        bytes head;
        bytes32 root;
        bytes32[] path;
    }

    /// @notice Something must be shown until `deadline`; whoever shows it is paid the bond. `number` and `leaf` as in `keyOf`.
    event WeightsDemanded(
        bytes32 indexed model,
        bytes32 indexed key,
        address indexed challenger,
        uint256 number,
        uint256 leaf,
        uint256 deadline
    );
    event WeightsShown(bytes32 indexed model, bytes32 indexed key, address indexed by);
    /// @notice It was not shown in time; the bond is the challenger's again.
    event WeightsLapsed(bytes32 indexed model, bytes32 indexed key);
    event CreditWithdrawn(address indexed account, address indexed to, uint256 amount);

    error NotExact(bytes32 model);
    error WrongRecord();
    error WrongTensor();
    error WrongLeaf();
    error NoSuchTensor(uint256 number, uint256 count);
    error NoSuchLeaf(uint256 index, uint256 count);
    error AlreadyDemanded(bytes32 key);
    error NotDemanded(bytes32 key);
    error TooEarly(uint256 from);

    // Demands take the bond from the sender, who must have approved it.

    function demandHeader(bytes32 model) external;
    /// @param header the program's first record and its way up
    function demandTensor(bytes32 model, Evidence calldata header, uint256 number) external;
    function demandLeaf(bytes32 model, Evidence calldata header, Tensor calldata tensor, uint256 index) external;

    function showHeader(bytes32 model, Evidence calldata header) external;
    function showTensor(bytes32 model, Evidence calldata header, Tensor calldata tensor) external;
    /// @param path the leaf's way up to the tensor's root
    function showLeaf(
        bytes32 model,
        Evidence calldata header,
        Tensor calldata tensor,
        uint256 index,
        bytes calldata content,
        bytes32[] calldata path
    ) external;

    /// @notice Says that something was not shown in time. By anyone.
    function lapse(bytes32 model, bytes32 key) external;
    /// @notice Takes all that one was paid here.
    function withdraw(address to) external;

    function isWithheld(bytes32 model) external view returns (bool);
    function demandOf(bytes32 model, bytes32 key) external view returns (WeightsDemand memory);
    function creditOf(address account) external view returns (uint256);
    function bond() external view returns (uint256);
    function moveSeconds() external view returns (uint256);
    /// @notice Names a demand of a model.
    /// @param number of the tensor, from one; zero: the program's header
    /// @param leaf one more than its index; zero: the tensor's entry
    function keyOf(uint256 number, uint256 leaf) external pure returns (bytes32);
}
