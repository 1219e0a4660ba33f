// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice An account in the asset, in one slot, from the least significant bit: 104 bits that its owner may withdraw,
/// 104 bits that its open jobs hold, 48 bits that count the jobs it has submitted.
/// @dev Each verb reads and writes the slot once. The escrow never owes more than 2^104 − 1 in all, so no sum outgrows its
/// field; what is taken away is compared first.
library Accounts {
    struct Account {
        uint256 word;
    }

    uint256 private constant AMOUNT_BITS = 104;
    uint256 private constant AMOUNT_MASK = (1 << AMOUNT_BITS) - 1;
    uint256 private constant NONCE_SHIFT = 2 * AMOUNT_BITS;

    function free(Account storage account) internal view returns (uint256) {
        return _free(account.word);
    }

    function locked(Account storage account) internal view returns (uint256) {
        return _locked(account.word);
    }

    function nonce(Account storage account) internal view returns (uint256) {
        return account.word >> NONCE_SHIFT;
    }

    function credit(Account storage account, uint256 amount) internal {
        account.word += amount;
    }

    /// @return done false, and nothing changed, when less than `amount` is free
    function tryDebit(Account storage account, uint256 amount) internal returns (bool done) {
        uint256 word = account.word;
        if (_free(word) < amount) return false;
        account.word = word - amount;
        return true;
    }

    /// @return done false, and nothing changed, when less than `amount` is free
    function tryLock(Account storage account, uint256 amount) internal returns (bool done) {
        uint256 word = account.word;
        if (_free(word) < amount) return false;
        account.word = _lock(word, amount);
        return true;
    }

    /// @return done as `tryLock`
    /// @return number the nonce that names the new job
    function tryLockForJob(Account storage account, uint256 amount) internal returns (bool done, uint256 number) {
        uint256 word = account.word;
        if (_free(word) < amount) return (false, 0);
        account.word = _lock(word, amount) + (1 << NONCE_SHIFT);
        return (true, word >> NONCE_SHIFT);
    }

    function unlock(Account storage account, uint256 amount) internal {
        account.word = _unlock(account.word, amount);
    }

    /// @notice Ends a lock of `amount`, of which `spent`, at most all, leaves the account.
    function unlockAndDebit(Account storage account, uint256 amount, uint256 spent) internal {
        assert(spent <= amount);
        account.word = _unlock(account.word, amount) - spent;
    }

    /// @notice Ends a lock of `amount` and adds `earned`.
    function unlockAndCredit(Account storage account, uint256 amount, uint256 earned) internal {
        account.word = _unlock(account.word, amount) + earned;
    }

    function _lock(uint256 word, uint256 amount) private pure returns (uint256) {
        unchecked {
            return word - amount + (amount << AMOUNT_BITS);
        }
    }

    function _unlock(uint256 word, uint256 amount) private pure returns (uint256) {
        assert(amount <= _locked(word));
        unchecked {
            return word - (amount << AMOUNT_BITS) + amount;
        }
    }

    function _free(uint256 word) private pure returns (uint256) {
        return word & AMOUNT_MASK;
    }

    function _locked(uint256 word) private pure returns (uint256) {
        return (word >> AMOUNT_BITS) & AMOUNT_MASK;
    }
}
