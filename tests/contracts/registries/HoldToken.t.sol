// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IHoldToken} from "../../../contracts/interfaces/IHoldToken.sol";
import {HoldToken} from "../../../contracts/HoldToken.sol";
import {ProtocolTest} from "../ProtocolTest.sol";

/// @notice The first list, the cap, and the supply of the past.
contract HoldTokenTest is ProtocolTest {
    function test_it_is_hold() public view {
        assertEq(hold.name(), "Commonhold");
        assertEq(hold.symbol(), "HOLD");
        assertEq(hold.decimals(), 18);
        assertEq(hold.totalSupply(), hold.INITIAL_LIMIT());
    }

    function test_nobody_on_the_list_has_more_than_a_tenth_also_when_named_twice() public {
        (address[] memory list, uint256[] memory amounts) = listOf(10e18);
        amounts[3] = 10e18 + 2;
        vm.expectRevert(abi.encodeWithSelector(IHoldToken.HolderAboveTenth.selector, list[3], 10e18 + 2, 10e18));
        new HoldToken(address(manager), list, amounts);

        amounts[3] = 10e18;
        list[4] = list[3];
        vm.expectRevert(abi.encodeWithSelector(IHoldToken.HolderAboveTenth.selector, list[3], 20e18, 10e18));
        new HoldToken(address(manager), list, amounts);
    }

    function test_the_list_receives_at_most_two_fifths_of_the_cap() public {
        uint256 limit = hold.INITIAL_LIMIT();
        (address[] memory list, uint256[] memory amounts) = listOf(EACH);
        amounts[9] += 1;
        vm.expectRevert(abi.encodeWithSelector(IHoldToken.InitialAboveLimit.selector, limit + 1, limit));
        new HoldToken(address(manager), list, amounts);
    }

    function test_every_holder_needs_an_amount() public {
        (address[] memory list,) = listOf(1);
        vm.expectRevert(abi.encodeWithSelector(IHoldToken.LengthMismatch.selector, 10, 9));
        new HoldToken(address(manager), list, new uint256[](9));
    }

    function test_the_cap_holds() public {
        uint256 left = hold.CAP() - hold.totalSupply();
        vm.startPrank(address(pool));
        vm.expectRevert(abi.encodeWithSelector(IHoldToken.CapExceeded.selector, hold.CAP() + 1, hold.CAP()));
        hold.mint(alice, left + 1);
        hold.mint(alice, left);
        assertEq(hold.totalSupply(), hold.CAP());
    }

    function test_the_supply_of_the_past_is_remembered() public {
        uint256 start = block.timestamp;
        skip(100);
        vm.startPrank(address(pool));
        hold.mint(alice, 1e18);
        hold.mint(alice, 1e18);
        vm.stopPrank();
        skip(100);

        assertEq(hold.getPastTotalSupply(start - 1), 0);
        assertEq(hold.getPastTotalSupply(start), 10 * EACH);
        assertEq(hold.getPastTotalSupply(start + 99), 10 * EACH);
        assertEq(hold.getPastTotalSupply(start + 100), 10 * EACH + 2e18);
        vm.expectRevert(abi.encodeWithSelector(IHoldToken.FutureLookup.selector, block.timestamp, block.timestamp));
        hold.getPastTotalSupply(block.timestamp);
    }

    function listOf(uint256 each) private view returns (address[] memory list, uint256[] memory amounts) {
        list = holders();
        amounts = new uint256[](list.length);
        for (uint256 i = 0; i < amounts.length; ++i) {
            amounts[i] = each;
        }
    }
}
