// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ShareTable, Sheet} from "../types/Sheet.sol";

/// @title Composes the sheets that jobs pin, from what was voted, and pushes their hashes into the escrow.
///
/// @notice A sheet follows from the slots, the models, the rules in force and the governed numbers: nobody can write
/// one. Every vote that changes any of these republishes every slot's sheet in the same transaction and outdates the
/// sheets of models without a slot, which anyone may publish again.
interface ISheetBook {
    /// @notice Governed. Bounds stand beside each; seconds, or parts of 10,000, or units of the asset.
    struct Numbers {
        uint256 challengeSeconds; // 10 minutes – 14 days
        uint256 disputeSeconds; // 1 hour – 30 days
        uint256 maxOfferSeconds; // 1 minute – 7 days
        uint256 maxServiceSeconds; // 1 minute – 1 day
        uint256 stakersBps; // 0 – 1,000
        uint256 treasuryBps; // 50 – 1,000
        uint256 refusalBps; // 500 – 10,000
        uint256 fineBps; // 100 – 10,000
        uint256 bondBps; // 10,000 – 1,000,000
        uint256 minBond; // 1 – 2^72 − 1
        uint256 maxPayload; // 1,024 – 24,576
    }

    event SheetPublished(bytes32 indexed key, bytes32 indexed sheetHash, Sheet sheet, ShareTable shares);
    event SheetWithdrawn(bytes32 indexed key);
    event NumbersSet(Numbers numbers);
    event ModulesSet(address disputes, address outageClock);

    error NumberOutOfBounds(bytes32 name, uint256 value, uint256 min, uint256 max);
    error ModelNotServable(bytes32 model);
    error SlotEmpty(bytes32 slot);
    error OnlyRegistries(address caller);

    /// @notice By vote. Republishes every slot.
    function setNumbers(Numbers calldata numbers) external;

    /// @notice By vote. Republishes every slot. Jobs already open keep the modules that they pinned.
    function setModules(address disputes, address outageClock) external;

    /// @notice Publishes the sheet of a model for jobs that name it themselves. By anyone.
    function publishModel(bytes32 model) external returns (bytes32 sheetHash);

    /// @notice Publishes a slot's sheet again, after its model was withheld. By anyone.
    function publishSlot(bytes32 slot) external returns (bytes32 sheetHash);

    /// @notice Called by the model registry when a vote has filled a slot.
    function onSlotAssigned(bytes32 slot) external;

    /// @notice Called by the model registry when a vote has retired a model, or something of it was not shown in time.
    /// @param key the model, or a slot that it holds
    function onUnservable(bytes32 key) external;

    /// @notice Called by the safety rules when a vote has adopted a set: republishes every slot.
    function onRulesAdopted() external;

    function numbers() external view returns (Numbers memory);
    function disputes() external view returns (address);
    function outageClock() external view returns (address);
    /// @notice The sheet and share table that would be published now. Slot zero: for the model itself.
    function compose(bytes32 slot, bytes32 model) external view returns (Sheet memory sheet, ShareTable memory shares);
}
