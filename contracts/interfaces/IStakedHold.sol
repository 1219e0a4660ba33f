// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Staked HOLD: votes, a cooldown to leave, and revenue per share in the asset. Not transferable.
///
/// @notice Votes count by timestamp (ERC-6372). The first stake delegates to oneself unless the holder chose otherwise.
/// Revenue accrues until one asks to leave; a vote of the past stays counted.
interface IStakedHold {
    event Staked(address indexed account, uint256 amount);
    event UnstakeRequested(address indexed account, uint256 indexed ticket, uint256 amount, uint256 unlockAt);
    event Withdrawn(address indexed account, uint256 indexed ticket, address to, uint256 amount);
    event RevenueAdded(uint256 amount, uint256 perShare);
    event RevenueClaimed(address indexed account, address indexed to, uint256 amount);
    event CooldownSet(uint256 cooldown);

    error ZeroAmount();
    error ZeroAddress();
    error NotTransferable();
    error WrongReceipt(uint256 expected, uint256 received);
    error TicketUnknown(address account, uint256 ticket);
    error StillCoolingDown(uint256 unlockAt);
    error NothingStaked();
    error CooldownOutOfBounds(uint256 cooldown, uint256 min, uint256 max);

    function stake(uint256 amount) external;
    function stakeWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Ends votes and revenue of `amount` now; it can be withdrawn after the cooldown.
    function requestUnstake(uint256 amount) external returns (uint256 ticket);
    function withdraw(uint256 ticket, address to) external;
    function claimRevenue(address to) external returns (uint256 amount);

    /// @notice Takes `amount` of the asset from the caller for those staked now. By the reward pool.
    function addRevenue(uint256 amount) external;

    /// @notice By vote; 1 to 5 days. Tickets keep the cooldown that they began with.
    function setCooldown(uint256 cooldown) external;

    function revenueOf(address account) external view returns (uint256);
    function ticketOf(address account, uint256 ticket) external view returns (uint256 amount, uint256 unlockAt);
    function cooldown() external view returns (uint256);
    function totalOwedHold() external view returns (uint256);
    function totalOwedAsset() external view returns (uint256);
}
