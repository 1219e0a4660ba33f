// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title HOLD: ERC-20 with permit, capped at 1,000,000,000. At deployment a published list receives at most 40 % of the
/// cap, nobody above a tenth of the list's sum; thereafter only the reward pool mints.
interface IHoldToken {
    error LengthMismatch(uint256 holders, uint256 amounts);
    error HolderAboveTenth(address holder, uint256 amount, uint256 limit);
    error InitialAboveLimit(uint256 amount, uint256 limit);
    error FutureLookup(uint256 timepoint, uint256 clock);
    error CapExceeded(uint256 supply, uint256 cap);

    /// @notice By the reward pool, through its role.
    function mint(address to, uint256 amount) external;

    function CAP() external view returns (uint256);
    /// @notice Total supply at a past second; the quorum's floor rests on it.
    function getPastTotalSupply(uint256 timepoint) external view returns (uint256);
}
