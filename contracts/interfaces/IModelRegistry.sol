// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Models that anyone may register, and the slots that a vote fills with them.
interface IModelRegistry {
    /// @param manifest SHA-256 of the manifest document, which names all files
    /// @param program SHA-256 of the program description: everything that decides the computation but the weights
    /// @param weights SHA-256 of the weights file
    /// @param tokenizer SHA-256 of the tokenizer file
    /// @param arithmetic version of the arithmetic; 0: floating point, not exact across machines
    /// @param curator who registered it and earns its share
    /// @param curatorBps curator's part of each fee, at most 2,000 of 10,000; fixed for ever
    struct Model {
        bytes32 manifest;
        bytes32 program;
        bytes32 weights;
        bytes32 tokenizer;
        uint16 arithmetic;
        address curator;
        uint16 curatorBps;
    }

    event ModelRegistered(bytes32 indexed model, address indexed curator, Model facts);
    event ModelRetired(bytes32 indexed model);
    event SlotAssigned(bytes32 indexed slot, bytes32 indexed model, bytes32 previous);

    error ModelKnown(bytes32 model);
    error ModelUnknown(bytes32 model);
    error ModelIsRetired(bytes32 model);
    error ModelWithheld(bytes32 model);
    error NotWithheld(bytes32 model);
    error ModelInSlot(bytes32 model, bytes32 slot);
    error DigestMissing();
    error ShareTooLarge(uint256 bps, uint256 limit);
    error SlotUnknown(bytes32 slot);
    error SlotNameInvalid(bytes32 slot);
    error TooManySlots(uint256 limit);
    error NothingToRollBack(bytes32 slot);

    /// @notice Registers a model under keccak256 of its facts, the caller as its curator. By anyone.
    function registerModel(
        bytes32 manifest,
        bytes32 program,
        bytes32 weights,
        bytes32 tokenizer,
        uint16 arithmetic,
        uint16 curatorBps
    ) external returns (bytes32 model);

    /// @notice Puts a model into a slot; the one before is kept for `rollbackSlot`. By vote. At most sixteen slots. The model
    /// that holds the slot already is refused: it would take the place of the one before. So is one that is withheld.
    function assignSlot(bytes32 slot, bytes32 model) external;

    /// @notice Puts the model before back into its slot. By vote.
    function rollbackSlot(bytes32 slot) external;

    /// @notice Ends a model: no new job can name it. By vote; not while it holds a slot.
    function retire(bytes32 model) external;

    /// @notice Withdraws the sheets of a model that is withheld, and of the slots that it holds: no new job can name them,
    /// until all was shown and somebody publishes them again. By anyone; `ModelAvailability` does it with the lapse.
    function withdrawSheets(bytes32 model) external;

    function modelOf(bytes32 model) external view returns (Model memory);
    /// @notice Whether it is known, not retired, and not withheld.
    function isServable(bytes32 model) external view returns (bool);
    function slotModel(bytes32 slot) external view returns (bytes32 current, bytes32 previous);
    function slots() external view returns (bytes32[] memory);
}
