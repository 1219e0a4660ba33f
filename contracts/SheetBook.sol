// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IJobEscrow} from "./interfaces/IJobEscrow.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {ISafetyRules} from "./interfaces/ISafetyRules.sol";
import {ISheetBook} from "./interfaces/ISheetBook.sol";
import {TermsPacking} from "./libraries/TermsPacking.sol";
import {ShareTable, Sheet} from "./types/Sheet.sol";

/// @title SheetBook
contract SheetBook is ISheetBook, AccessManaged {
    IJobEscrow public immutable escrow;
    IModelRegistry public immutable models;
    ISafetyRules public immutable rules;

    /// @inheritdoc ISheetBook
    address public disputes;
    /// @inheritdoc ISheetBook
    address public outageClock;
    Numbers private _numbers;

    constructor(address manager, address escrow_, address models_, address rules_, Numbers memory numbers_)
        AccessManaged(manager)
    {
        escrow = IJobEscrow(escrow_);
        models = IModelRegistry(models_);
        rules = ISafetyRules(rules_);
        _storeNumbers(numbers_);
        emit ModulesSet(address(0), address(0));
    }

    // ---------------------------------------------------------------- votes

    /// @inheritdoc ISheetBook
    function setNumbers(Numbers calldata numbers_) external restricted {
        _storeNumbers(numbers_);
        _republish();
    }

    /// @inheritdoc ISheetBook
    function setModules(address disputes_, address outageClock_) external restricted {
        disputes = disputes_;
        outageClock = outageClock_;
        emit ModulesSet(disputes_, outageClock_);
        _republish();
    }

    /// @inheritdoc ISheetBook
    function onRulesAdopted() external {
        if (msg.sender != address(rules)) revert OnlyRegistries(msg.sender);
        _republish();
    }

    /// @inheritdoc ISheetBook
    function onSlotAssigned(bytes32 slot) external {
        if (msg.sender != address(models)) revert OnlyRegistries(msg.sender);
        _publish(slot, _modelOf(slot));
    }

    /// @inheritdoc ISheetBook
    function onUnservable(bytes32 key) external {
        if (msg.sender != address(models)) revert OnlyRegistries(msg.sender);
        _withdraw(key);
    }

    // ---------------------------------------------------------------- anyone

    /// @inheritdoc ISheetBook
    function publishModel(bytes32 model) external returns (bytes32 sheetHash) {
        return _publish(0, model);
    }

    /// @inheritdoc ISheetBook
    function publishSlot(bytes32 slot) external returns (bytes32 sheetHash) {
        return _publish(slot, _modelOf(slot));
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ISheetBook
    function numbers() external view returns (Numbers memory) {
        return _numbers;
    }

    /// @inheritdoc ISheetBook
    function compose(bytes32 slot, bytes32 model) public view returns (Sheet memory sheet, ShareTable memory shares) {
        IModelRegistry.Model memory facts = models.modelOf(model);
        bytes32 ruleSet = rules.current();
        if (!models.isServable(model) || !rules.covers(ruleSet, facts.tokenizer)) revert ModelNotServable(model);

        shares.curator = facts.curator;
        shares.curatorBps = facts.curatorBps;
        shares.stakersBps = uint16(_numbers.stakersBps);
        shares.treasuryBps = uint16(_numbers.treasuryBps);
        shares.slotted = slot != 0;

        sheet.slot = slot;
        sheet.model = model;
        sheet.rules = ruleSet;
        sheet.shares = keccak256(abi.encode(shares));
        sheet.disputes = disputes;
        sheet.outageClock = outageClock;
        sheet.terms = TermsPacking.pack(_numbers, facts.curatorBps);
        sheet.generation = escrow.generation();
    }

    // ---------------------------------------------------------------- inside

    /// @dev Every slot anew, and every sheet without a slot outdated. A model that is withheld stays without a sheet, so that it
    /// stands in no vote's way.
    function _republish() private {
        escrow.setGeneration(escrow.generation() + 1);
        bytes32[] memory slots = models.slots();
        for (uint256 i = 0; i < slots.length; ++i) {
            bytes32 model = _modelOf(slots[i]);
            if (models.isServable(model)) _publish(slots[i], model);
            else _withdraw(slots[i]);
        }
    }

    function _withdraw(bytes32 key) private {
        emit SheetWithdrawn(key);
        escrow.setSheet(key, 0);
    }

    function _publish(bytes32 slot, bytes32 model) private returns (bytes32 sheetHash) {
        (Sheet memory sheet, ShareTable memory shares) = compose(slot, model);
        sheetHash = keccak256(abi.encode(sheet));
        bytes32 key = slot == 0 ? model : slot;

        emit SheetPublished(key, sheetHash, sheet, shares);
        escrow.setSheet(key, sheetHash);
    }

    function _modelOf(bytes32 slot) private view returns (bytes32 model) {
        // The model before is of no use here.
        // slither-disable-next-line unused-return
        (model,) = models.slotModel(slot);
        if (model == 0) revert SlotEmpty(slot);
    }

    function _storeNumbers(Numbers memory numbers_) private {
        TermsPacking.check(numbers_);
        _numbers = numbers_;
        emit NumbersSet(numbers_);
    }
}
