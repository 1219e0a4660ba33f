// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRewardPool} from "../../../contracts/interfaces/IRewardPool.sol";
import {RewardPool} from "../../../contracts/RewardPool.sol";
import {ShareTable} from "../../../contracts/types/Sheet.sol";
import {JobsTest} from "../JobsTest.sol";

/// @notice Where the shared part of a fee goes: curator 5, stakers 7, treasury 3 of a hundred.
contract SplitTest is JobsTest {
    uint256 private constant FEE = 10e6;

    function test_a_split_pays_everybody_their_part_and_the_parts_are_the_whole() public {
        stake(alice, EACH);
        runJob(client, operator, FEE);
        ShareTable memory shares = slotted();
        vm.expectEmit(address(pool));
        emit IRewardPool.BucketSplit(operator, curator, pool.sharesId(shares), 0, 0.5e6, 0.7e6, 0.3e6, true);

        vm.prank(stranger);
        assertEq(pool.split(shares, operator), 1.5e6);

        assertEq(pool.credit(curator), 0.5e6);
        assertEq(pool.credit(address(timelock)), 0.3e6);
        assertEq(stakedHold.revenueOf(alice), 0.7e6 - 1, "rounded down");
        assertEq(stakedHold.totalOwedAsset(), 0.7e6);
        assertEq(pool.totalCredit(), 0.8e6);
        assertEq(dollar.balanceOf(address(pool)), 0.8e6);
    }

    function test_dust_is_the_treasurys() public {
        stake(alice, EACH);
        runJob(client, operator, 100);
        assertEq(pool.split(slotted(), operator), 15);
        runJob(client, operator, 67);
        assertEq(pool.split(slotted(), operator), 10, "a fee of 67");
        assertEq(pool.credit(curator), 5 + 3, "a third of ten, down");
        assertEq(stakedHold.totalOwedAsset(), 7 + 4);
        assertEq(pool.credit(address(timelock)), 3 + 3, "what is left");
    }

    function test_with_nobody_staked_their_part_is_the_treasurys_and_earns_no_hold() public {
        runJob(client, operator, FEE);
        pool.split(slotted(), operator);
        assertEq(pool.credit(address(timelock)), 1e6);
        assertEq(pool.credit(curator), 0.5e6);
        assertEq(pool.emissionOf(0), uint256(0.3e6) * 1e18 / 2 / REFERENCE_PRICE, "of the treasury's own part alone");
    }

    function test_a_bucket_gathers_many_jobs_and_is_split_once() public {
        runJob(client, operator, FEE);
        runJob(client2, operator, FEE);
        assertEq(pool.split(slotted(), operator), 3e6);
        ShareTable memory shares = slotted();
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.NothingToSplit.selector, pool.sharesId(shares), operator));
        pool.split(shares, operator);
    }

    function test_a_share_table_that_nobody_voted_has_nothing_to_split() public {
        runJob(client, operator, FEE);
        ShareTable memory forged = slotted();
        forged.curator = stranger;
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.NothingToSplit.selector, pool.sharesId(forged), operator));
        pool.split(forged, operator);
    }

    function test_an_operator_may_be_the_curator() public {
        runJob(client, curator, FEE);
        pool.split(slotted(), curator);
        assertEq(pool.credit(curator), 0.5e6);
        skip(7 days);
        assertEq(pool.earnedIn(0, curator), pool.emissionOf(0), "seven tenths and three tenths");
    }

    function test_a_credit_is_claimed_once_to_where_one_likes() public {
        runJob(client, operator, FEE);
        pool.split(slotted(), operator);
        vm.startPrank(curator);
        vm.expectRevert(IRewardPool.ZeroAddress.selector);
        pool.claim(address(0));
        vm.expectEmit(address(pool));
        emit IRewardPool.Claimed(curator, carol, 0.5e6);
        assertEq(pool.claim(carol), 0.5e6);
        assertEq(dollar.balanceOf(carol), 0.5e6);
        assertEq(pool.totalCredit(), 1e6);
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.NothingToClaim.selector, curator));
        pool.claim(carol);
    }

    function test_the_vote_spends_the_treasury() public {
        runJob(client, operator, FEE);
        pool.split(slotted(), operator);
        vm.prank(address(timelock));
        pool.claim(dave);
        assertEq(dollar.balanceOf(dave), 1e6);
    }

    function test_it_cannot_be_created_without_a_treasury() public {
        vm.expectRevert(IRewardPool.ZeroAddress.selector);
        new RewardPool(
            address(manager), address(escrow), address(hold), address(stakedHold), address(dollar), address(0), 1, 1
        );
    }

    /// @dev Of whatever was settled, to the unit.
    function testFuzz_the_parts_are_the_whole(uint96 fee, bool staked) public {
        uint256 paid = bound(fee, 7, type(uint96).max);
        if (staked) stake(alice, EACH);
        runJob(client, operator, paid);
        uint256 amount = pool.split(slotted(), operator);
        assertEq(pool.totalCredit() + stakedHold.totalOwedAsset(), amount);
        assertEq(pool.credit(curator), amount / 3);
        assertEq(stakedHold.totalOwedAsset(), staked ? amount * 7 / 15 : 0);
    }
}
