// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ShareTable} from "../types/Sheet.sol";

/// @title Splits the escrow's buckets among those whom their share table names, and mints HOLD for the work.
///
/// @notice Epochs last a week, counted from deployment. What an epoch mints is the smaller of its schedule and
/// `rate × the treasury's part of the slotted fees split in it ÷ reference price`, rate ≤ 1: so that buying from
/// oneself costs at least what it earns. Of that, 70 % goes to operators and 30 % to curators, by the treasury's part
/// that their work brought. An epoch's rate and price are those at its first split.
interface IRewardPool {
    event BucketSplit(
        address indexed operator,
        address indexed curator,
        bytes32 indexed shares,
        uint256 epoch,
        uint256 curatorPart,
        uint256 stakersPart,
        uint256 treasuryPart,
        bool slotted
    );
    event Claimed(address indexed account, address indexed to, uint256 amount);
    event EmissionClaimed(uint256 indexed epoch, address indexed account, uint256 amount);
    event EmissionRateSet(uint256 rateBps, uint256 referencePrice);

    error NothingToSplit(bytes32 shares, address operator);
    error NothingToClaim(address account);
    error EpochNotOver(uint256 epoch, uint256 endsAt);
    error EmissionOutOfBounds(uint256 rateBps, uint256 referencePrice);
    error ZeroAddress();

    /// @notice Takes the bucket of (`shares`, `operator`) from the escrow and credits curator, stakers and treasury, each
    /// part rounded down and the dust to the treasury. With nobody staked, the stakers' part is the treasury's. By anyone.
    function split(ShareTable calldata shares, address operator) external returns (uint256 amount);

    /// @notice Pays the caller's credit in the asset out to `to`.
    function claim(address to) external returns (uint256 amount);

    /// @notice Mints what `account` earned in a past epoch, as operator and as curator, to it. By anyone.
    function claimEmission(uint256 epoch, address account) external returns (uint256 amount);

    /// @notice By vote. `rateBps` ≤ 10,000; `referencePrice` ≥ 1, asset units for one whole HOLD. From the next epoch on.
    function setEmission(uint256 rateBps, uint256 referencePrice) external;

    function credit(address account) external view returns (uint256);
    function totalCredit() external view returns (uint256);
    function currentEpoch() external view returns (uint256);
    /// @notice Most that an epoch may mint: halves every 104 epochs.
    function scheduleOf(uint256 epoch) external view returns (uint256);
    function emissionOf(uint256 epoch) external view returns (uint256);
    function earnedIn(uint256 epoch, address account) external view returns (uint256);
    function sharesId(ShareTable calldata shares) external pure returns (bytes32);
}
