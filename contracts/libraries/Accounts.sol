// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice An account in the asset, in one slot: what its owner may withdraw, what its open jobs hold, and how many jobs
/// it has submitted.
/// @dev The escrow never owes more than 2^104 − 1 in all, so no part of it can outgrow its field.
library Accounts {
    struct Account {
        uint104 free;
        uint104 locked;
        uint48 nonce;
    }

    function credit(Account storage account, uint256 amount) internal {
        account.free += uint104(amount);
    }

    function debit(Account storage account, uint256 amount) internal {
        account.free -= uint104(amount);
    }

    function lock(Account storage account, uint256 amount) internal {
        account.free -= uint104(amount);
        account.locked += uint104(amount);
    }

    function unlock(Account storage account, uint256 amount) internal {
        account.locked -= uint104(amount);
        account.free += uint104(amount);
    }

    /// @return nonce the one that names the new job
    function lockForJob(Account storage account, uint256 amount) internal returns (uint256 nonce) {
        nonce = account.nonce;
        account.nonce = uint48(nonce + 1);
        lock(account, amount);
    }

    /// @notice Ends a lock of `amount`, of which `spent` leaves the account.
    function unlockAndDebit(Account storage account, uint256 amount, uint256 spent) internal {
        account.locked -= uint104(amount);
        account.free += uint104(amount - spent);
    }

    /// @notice Ends a lock of `amount` and adds `earned`.
    function unlockAndCredit(Account storage account, uint256 amount, uint256 earned) internal {
        account.locked -= uint104(amount);
        account.free += uint104(amount + earned);
    }
}
