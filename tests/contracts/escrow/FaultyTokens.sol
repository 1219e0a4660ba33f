// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {TestDollar} from "../../../contracts/mocks/TestDollar.sol";

/// @notice Keeps a hundredth of every transfer.
contract FeeToken is TestDollar {
    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && to != address(0)) super._update(to, address(this), amount / 100);
    }
}

/// @notice Calls the sender back, before and after it moves anything, as tokens with hooks do.
contract HookToken is TestDollar {
    address private _hooked;

    function hook(address account) external {
        _hooked = account;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from == _hooked && _hooked != address(0)) Thief(from).beforeTransfer();
        super._update(from, to, amount);
        if (to == _hooked && _hooked != address(0)) Thief(to).afterReceipt();
    }
}

/// @notice Withdraws, in the middle of a deposit, what the deposit has credited but not yet paid; and withdraws twice.
contract Thief {
    IJobEscrow private immutable _escrow;
    uint256 private _amount;
    bool private _depositing;
    bool private _withdrawing;

    constructor(IJobEscrow escrow) {
        _escrow = escrow;
        TestDollar(escrow.asset()).approve(address(escrow), type(uint256).max);
    }

    function depositAndWithdrawMeanwhile(uint256 amount) external {
        (_amount, _depositing) = (amount, true);
        _escrow.deposit(address(this), amount);
    }

    function withdrawTwice(uint256 amount) external {
        (_amount, _withdrawing) = (amount, true);
        _escrow.withdraw(address(this), amount);
    }

    function beforeTransfer() external {
        if (_depositing) _escrow.withdraw(address(0xBEEF), _amount);
    }

    function afterReceipt() external {
        if (_withdrawing) _escrow.withdraw(address(this), _amount);
    }
}
