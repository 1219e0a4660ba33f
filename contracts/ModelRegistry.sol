// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IModelAvailability} from "./interfaces/IModelAvailability.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {ISheetBook} from "./interfaces/ISheetBook.sol";

/// @title ModelRegistry
contract ModelRegistry is IModelRegistry, AccessManaged {
    uint256 public constant MAX_CURATOR_BPS = 2_000;
    uint256 public constant MAX_SLOTS = 16;

    ISheetBook public immutable sheetBook;
    IModelAvailability public immutable availability;

    struct Slot {
        bytes32 current;
        bytes32 previous;
    }

    mapping(bytes32 model => Model) private _models;
    mapping(bytes32 model => bool) private _retired;
    mapping(bytes32 slot => Slot) private _slots;
    bytes32[] private _slotNames;

    constructor(address manager, address sheetBook_, address availability_) AccessManaged(manager) {
        sheetBook = ISheetBook(sheetBook_);
        availability = IModelAvailability(availability_);
    }

    /// @inheritdoc IModelRegistry
    function registerModel(
        bytes32 manifest,
        bytes32 program,
        bytes32 weights,
        bytes32 tokenizer,
        uint16 arithmetic,
        uint16 curatorBps
    ) external returns (bytes32 model) {
        if (manifest == 0 || program == 0 || weights == 0 || tokenizer == 0) revert DigestMissing();
        if (curatorBps > MAX_CURATOR_BPS) revert ShareTooLarge(curatorBps, MAX_CURATOR_BPS);
        Model memory facts = Model(manifest, program, weights, tokenizer, arithmetic, msg.sender, curatorBps);
        model = keccak256(abi.encode(facts));
        if (_isKnown(model)) revert ModelKnown(model);

        _models[model] = facts;

        emit ModelRegistered(model, msg.sender, facts);
    }

    /// @inheritdoc IModelRegistry
    function assignSlot(bytes32 slot, bytes32 model) external restricted {
        if (slot == 0 || slot != bytes16(slot)) revert SlotNameInvalid(slot);
        _assign(slot, model);
    }

    /// @inheritdoc IModelRegistry
    function rollbackSlot(bytes32 slot) external restricted {
        bytes32 previous = _slots[slot].previous;
        if (previous == 0) revert NothingToRollBack(slot);
        _assign(slot, previous);
    }

    /// @inheritdoc IModelRegistry
    function retire(bytes32 model) external restricted {
        _requireCurrent(model);
        for (uint256 i = 0; i < _slotNames.length; ++i) {
            if (_slots[_slotNames[i]].current == model) revert ModelInSlot(model, _slotNames[i]);
        }

        _retired[model] = true;

        emit ModelRetired(model);
        sheetBook.onUnservable(model);
    }

    /// @inheritdoc IModelRegistry
    function withdrawSheets(bytes32 model) external {
        if (!availability.isWithheld(model)) revert NotWithheld(model);
        sheetBook.onUnservable(model);
        for (uint256 i = 0; i < _slotNames.length; ++i) {
            if (_slots[_slotNames[i]].current == model) sheetBook.onUnservable(_slotNames[i]);
        }
    }

    /// @inheritdoc IModelRegistry
    function modelOf(bytes32 model) external view returns (Model memory) {
        if (!_isKnown(model)) revert ModelUnknown(model);
        return _models[model];
    }

    /// @inheritdoc IModelRegistry
    function isServable(bytes32 model) external view returns (bool) {
        return _isKnown(model) && !_retired[model] && !availability.isWithheld(model);
    }

    /// @inheritdoc IModelRegistry
    function slotModel(bytes32 slot) external view returns (bytes32 current, bytes32 previous) {
        return (_slots[slot].current, _slots[slot].previous);
    }

    /// @inheritdoc IModelRegistry
    function slots() external view returns (bytes32[] memory) {
        return _slotNames;
    }

    function _assign(bytes32 slot, bytes32 model) private {
        _requireCurrent(model);
        if (availability.isWithheld(model)) revert ModelWithheld(model);
        bytes32 previous = _slots[slot].current;
        if (previous == model) revert ModelInSlot(model, slot);
        if (previous == 0) _addSlot(slot);

        _slots[slot] = Slot({current: model, previous: previous});

        emit SlotAssigned(slot, model, previous);
        sheetBook.onSlotAssigned(slot);
    }

    function _addSlot(bytes32 slot) private {
        if (_slotNames.length == MAX_SLOTS) revert TooManySlots(MAX_SLOTS);
        _slotNames.push(slot);
    }

    function _requireCurrent(bytes32 model) private view {
        if (!_isKnown(model)) revert ModelUnknown(model);
        if (_retired[model]) revert ModelIsRetired(model);
    }

    function _isKnown(bytes32 model) private view returns (bool) {
        return _models[model].curator != address(0);
    }
}
