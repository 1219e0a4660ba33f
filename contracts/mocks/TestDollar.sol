// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @notice The asset of local chains: a dollar with six decimals and a permit, which anyone may mint.
contract TestDollar is ERC20, ERC20Permit {
    constructor() ERC20("Test Dollar", "tUSD") ERC20Permit("Test Dollar") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
