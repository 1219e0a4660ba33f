// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IStakedHold} from "../../../contracts/interfaces/IStakedHold.sol";
import {StakedHold} from "../../../contracts/StakedHold.sol";
import {FeeToken} from "../escrow/FaultyTokens.sol";
import {ProtocolTest} from "../ProtocolTest.sol";

/// @notice Revenue per share: to whom, how much, and how it is rounded.
contract RevenueTest is ProtocolTest {
    function test_revenue_goes_by_stake() public {
        stake(alice, 3);
        stake(bob, 1);
        earn(100e6);
        assertEq(stakedHold.revenueOf(alice), 75e6);
        assertEq(stakedHold.revenueOf(bob), 25e6);
    }

    function test_whoever_comes_later_has_no_part_in_what_was_earned_before() public {
        stake(alice, 1e18);
        earn(100e6);
        stake(bob, 9e18);
        assertEq(stakedHold.revenueOf(bob), 0);
        earn(100e6);
        assertEq(stakedHold.revenueOf(alice), 110e6 - 1, "rounded down once");
        assertEq(stakedHold.revenueOf(bob), 90e6 - 1);
    }

    function test_whoever_asks_to_leave_keeps_what_was_earned_and_earns_no_more() public {
        stake(alice, 1);
        stake(bob, 1);
        earn(100e6);
        vm.prank(alice);
        stakedHold.requestUnstake(1);
        earn(100e6);
        assertEq(stakedHold.revenueOf(alice), 50e6);
        assertEq(stakedHold.revenueOf(bob), 150e6);
    }

    function test_revenue_is_claimed_once_to_where_one_likes() public {
        stake(alice, 1);
        earn(100e6);
        vm.startPrank(alice);
        vm.expectRevert(IStakedHold.ZeroAddress.selector);
        stakedHold.claimRevenue(address(0));
        vm.expectEmit(address(stakedHold));
        emit IStakedHold.RevenueClaimed(alice, carol, 100e6);
        stakedHold.claimRevenue(carol);
        assertEq(dollar.balanceOf(carol), 100e6);
        assertEq(stakedHold.totalOwedAsset(), 0);
        vm.expectRevert(IStakedHold.ZeroAmount.selector);
        stakedHold.claimRevenue(carol);
    }

    function test_a_part_below_a_unit_stays_until_it_is_one() public {
        stake(alice, 1e18);
        stake(bob, 2e18);
        earn(1);
        assertEq(stakedHold.revenueOf(alice), 0);
        earn(1);
        earn(1);
        earn(1);
        assertEq(stakedHold.revenueOf(alice), 1, "a third of four");
        assertEq(stakedHold.revenueOf(bob), 2);
        assertEq(stakedHold.totalOwedAsset(), 4, "the dust stays");
    }

    function test_revenue_of_nothing_or_for_nobody_is_refused() public {
        vm.startPrank(address(pool));
        vm.expectRevert(IStakedHold.NothingStaked.selector);
        stakedHold.addRevenue(1);
        vm.expectRevert(IStakedHold.ZeroAmount.selector);
        stakedHold.addRevenue(0);
    }

    function test_revenue_that_does_not_arrive_whole_is_refused() public {
        FeeToken leaky = new FeeToken();
        StakedHold other = new StakedHold(address(manager), address(hold), address(leaky), COOLDOWN);
        vm.startPrank(alice);
        hold.approve(address(other), 1e18);
        other.stake(1e18);
        vm.stopPrank();
        leaky.mint(address(timelock), 100);
        vm.startPrank(address(timelock));
        leaky.approve(address(other), 100);
        vm.expectRevert(abi.encodeWithSelector(IStakedHold.WrongReceipt.selector, 100, 99));
        other.addRevenue(100);
    }

    /// @dev The least and the most that one can stake, and all the revenue that the escrow could ever hold, overflow nothing.
    function test_the_extremes_overflow_nothing() public {
        stake(alice, 1);
        earn(type(uint104).max);
        stake(bob, EACH);
        earn(type(uint104).max);
        assertEq(stakedHold.revenueOf(alice), type(uint104).max + type(uint104).max / (EACH + 1));
        assertLe(
            stakedHold.revenueOf(alice) + stakedHold.revenueOf(bob), stakedHold.totalOwedAsset(), "no more than is owed"
        );
    }

    /// @dev Whatever the stakes, all that is earned is owed to the stakers but for less than a unit each.
    function testFuzz_what_is_earned_is_owed_but_for_dust(uint256 a, uint256 b, uint256 c, uint256 amount) public {
        stake(alice, bound(a, 1, EACH));
        stake(bob, bound(b, 1, EACH));
        stake(carol, bound(c, 1, EACH));
        amount = bound(amount, 1, type(uint104).max);
        earn(amount);
        uint256 owed = stakedHold.revenueOf(alice) + stakedHold.revenueOf(bob) + stakedHold.revenueOf(carol);
        assertLe(owed, amount);
        assertGe(owed + 3, amount);
    }

    /// @dev Claiming often earns nothing more, and at most a unit a claim less.
    function testFuzz_claiming_often_is_no_advantage(uint256 a, uint256 b, uint256[4] memory amounts) public {
        stake(alice, bound(a, 1, EACH));
        stake(bob, bound(b, 1, EACH));
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < 4; ++i) {
            earn(bound(amounts[i], 1, type(uint96).max));
        }
        uint256 atOnce = stakedHold.revenueOf(alice);
        vm.revertToState(before);
        for (uint256 i = 0; i < 4; ++i) {
            earn(bound(amounts[i], 1, type(uint96).max));
            claim(alice);
        }
        assertLe(dollar.balanceOf(alice), atOnce);
        assertGe(dollar.balanceOf(alice) + 3, atOnce);
    }

    function earn(uint256 amount) private {
        dollar.mint(address(pool), amount);
        vm.startPrank(address(pool));
        dollar.approve(address(stakedHold), amount);
        stakedHold.addRevenue(amount);
        vm.stopPrank();
    }

    function claim(address who) private {
        if (stakedHold.revenueOf(who) == 0) return;
        vm.prank(who);
        stakedHold.claimRevenue(who);
    }
}
