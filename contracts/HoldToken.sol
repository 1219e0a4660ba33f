// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

import {IHoldToken} from "./interfaces/IHoldToken.sol";

/// @title HoldToken
contract HoldToken is IHoldToken, ERC20, ERC20Permit, AccessManaged {
    using Checkpoints for Checkpoints.Trace208;

    /// @inheritdoc IHoldToken
    uint256 public constant CAP = 1_000_000_000e18;
    /// @notice Most that the published list receives.
    uint256 public constant INITIAL_LIMIT = CAP * 40 / 100;

    Checkpoints.Trace208 private _supplies;

    constructor(address manager, address[] memory holders, uint256[] memory amounts)
        ERC20("Commonhold", "HOLD")
        ERC20Permit("Commonhold")
        AccessManaged(manager)
    {
        if (holders.length != amounts.length) {
            revert LengthMismatch(holders.length, amounts.length);
        }
        for (uint256 i = 0; i < holders.length; ++i) {
            _mint(holders[i], amounts[i]);
        }
        _checkList(holders);
    }

    /// @inheritdoc IHoldToken
    function mint(address to, uint256 amount) external restricted {
        uint256 supply = totalSupply() + amount;
        if (supply > CAP) revert CapExceeded(supply, CAP);
        _mint(to, amount);
    }

    /// @inheritdoc IHoldToken
    function getPastTotalSupply(uint256 timepoint) external view returns (uint256) {
        if (timepoint >= block.timestamp) revert FutureLookup(timepoint, block.timestamp);
        return _supplies.upperLookupRecent(uint48(timepoint));
    }

    /// @dev Every change of the supply leaves a checkpoint.
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from == address(0) || to == address(0)) {
            // The values returned are the checkpoint before and after: known here.
            // slither-disable-next-line unused-return
            _supplies.push(uint48(block.timestamp), SafeCast.toUint208(totalSupply()));
        }
    }

    /// @dev Judged by balances, so that naming a holder twice evades nothing.
    function _checkList(address[] memory holders) private view {
        uint256 supply = totalSupply();
        if (supply > INITIAL_LIMIT) revert InitialAboveLimit(supply, INITIAL_LIMIT);
        for (uint256 i = 0; i < holders.length; ++i) {
            uint256 amount = balanceOf(holders[i]);
            if (amount > supply / 10) revert HolderAboveTenth(holders[i], amount, supply / 10);
        }
    }
}
