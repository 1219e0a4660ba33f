// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRewardPool} from "../../../contracts/interfaces/IRewardPool.sol";
import {ShareTable} from "../../../contracts/types/Sheet.sol";
import {JobsTest} from "../JobsTest.sol";

/// @notice HOLD for work: how much an epoch mints, for whom, and when.
contract EmissionTest is JobsTest {
    uint256 private constant FEE = 10e6;
    /// @dev The treasury's three hundredths of one fee, at half a rate and a cent a HOLD.
    uint256 private constant MINTED = 15e18;

    function test_an_epoch_pays_seven_tenths_to_operators_and_three_to_curators() public {
        runJob(client, operator, FEE);
        runJob(client, operator2, 3 * FEE);
        splitAll();
        skip(7 days);

        assertEq(pool.emissionOf(0), 4 * MINTED);
        assertEq(pool.earnedIn(0, operator), MINTED * 7 / 10);
        assertEq(pool.earnedIn(0, operator2), 3 * MINTED * 7 / 10);
        assertEq(pool.earnedIn(0, curator), 4 * MINTED * 3 / 10);
        assertEq(pool.earnedIn(0, stranger), 0);
    }

    function test_what_was_earned_is_minted_once_by_anyone_to_who_earned_it() public {
        runJob(client, operator, FEE);
        splitAll();
        skip(7 days);
        vm.expectEmit(address(pool));
        emit IRewardPool.EmissionClaimed(0, operator, MINTED * 7 / 10);
        vm.prank(stranger);
        pool.claimEmission(0, operator);
        assertEq(hold.balanceOf(operator), EACH + MINTED * 7 / 10);

        vm.expectRevert(abi.encodeWithSelector(IRewardPool.NothingToClaim.selector, operator));
        pool.claimEmission(0, operator);
        pool.claimEmission(0, curator);
        assertEq(hold.totalSupply(), 10 * EACH + MINTED);
    }

    function test_an_epoch_pays_once_it_is_over() public {
        runJob(client, operator, FEE);
        splitAll();
        uint256 endsAt = pool.startedAt() + 7 days;
        vm.warp(endsAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.EpochNotOver.selector, 0, endsAt));
        pool.claimEmission(0, operator);
        vm.warp(endsAt);
        assertEq(pool.currentEpoch(), 1);
        pool.claimEmission(0, operator);
    }

    function test_an_epoch_without_work_mints_nothing() public {
        skip(7 days);
        assertEq(pool.emissionOf(0), 0);
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.NothingToClaim.selector, operator));
        pool.claimEmission(0, operator);
    }

    function test_work_counts_in_the_epoch_of_its_split() public {
        runJob(client, operator, FEE);
        skip(7 days);
        splitAll();
        assertEq(pool.emissionOf(0), 0);
        assertEq(pool.emissionOf(1), MINTED);
    }

    function test_a_job_that_names_its_model_itself_earns_no_hold() public {
        bytes32 own = registerModel(operator, "own", TOKENIZER, 2_000);
        sheetBook.publishModel(own);
        runJob(0, own, client, operator, FEE);
        (, ShareTable memory shares) = sheetBook.compose(0, own);
        pool.split(shares, operator);

        assertEq(pool.credit(operator), 2e6, "the curator is paid");
        assertEq(pool.emissionOf(0), 0);
        assertEq(pool.earnedIn(0, operator), 0);
    }

    function test_no_epoch_mints_more_than_its_schedule() public {
        runJob(client, operator, 1e15);
        splitAll();
        skip(7 days);
        assertEq(pool.emissionOf(0), pool.scheduleOf(0));
        pool.claimEmission(0, operator);
        pool.claimEmission(0, curator);
        assertEq(hold.totalSupply(), 10 * EACH + pool.scheduleOf(0));
    }

    function test_the_schedule_halves_and_never_sums_to_600_million() public view {
        assertEq(pool.scheduleOf(103), 2_884_000e18);
        assertEq(pool.scheduleOf(104), 1_442_000e18);
        uint256 sum;
        for (uint256 halvings = 0; pool.scheduleOf(halvings * 104) != 0; ++halvings) {
            sum += 104 * pool.scheduleOf(halvings * 104);
        }
        assertLt(sum, 600_000_000e18);
        assertGt(sum, 599_000_000e18);
        assertEq(pool.scheduleOf(256 * 104), 0);
        assertEq(pool.scheduleOf(type(uint256).max), 0);
    }

    // ---------------------------------------------------------------- its numbers

    function test_new_numbers_hold_from_the_next_epoch_on() public {
        runJob(client, operator, FEE);
        splitAll();
        setEmission(10_000, 1);
        runJob(client, operator, FEE);
        splitAll();
        assertEq(pool.emissionOf(0), 2 * MINTED, "as the epoch began");

        skip(7 days);
        runJob(client, operator, 100);
        splitAll();
        assertEq(pool.emissionOf(1), 3e18, "three units of work at a price of one");
    }

    function test_an_epoch_keeps_what_it_began_with_also_before_its_first_split() public {
        setEmission(10_000, 1);
        setEmission(9_000, 2);
        runJob(client, operator, FEE);
        splitAll();
        assertEq(pool.emissionOf(0), MINTED);
    }

    function test_a_rate_of_zero_stops_emission() public {
        setEmission(0, 1);
        skip(7 days);
        runJob(client, operator, FEE);
        splitAll();
        skip(7 days);
        assertEq(pool.emissionOf(1), 0);
        vm.expectRevert(abi.encodeWithSelector(IRewardPool.NothingToClaim.selector, operator));
        pool.claimEmission(1, operator);
    }

    function test_no_vote_changes_what_is_over() public {
        runJob(client, operator, FEE);
        splitAll();
        skip(7 days);
        setEmission(1, 1e12);
        assertEq(pool.earnedIn(0, operator), MINTED * 7 / 10);
    }

    /// @dev Whoever worked, all that is minted for an epoch is at most its emission, and all but dust of it.
    function testFuzz_what_is_earned_is_what_is_minted(uint96 first, uint96 second) public {
        runJob(client, operator, bound(first, 1e6, type(uint88).max));
        runJob(client, curator, bound(second, 1e6, type(uint88).max));
        splitAll();
        skip(7 days);
        uint256 earned = pool.earnedIn(0, operator) + pool.earnedIn(0, curator);
        assertLe(earned, pool.emissionOf(0));
        assertGe(earned + 2, pool.emissionOf(0));
    }

    function splitAll() private {
        address[3] memory workers = [operator, operator2, curator];
        for (uint256 i = 0; i < workers.length; ++i) {
            ShareTable memory shares = slotted();
            if (escrow.bucketOf(pool.sharesId(shares), workers[i]) != 0) pool.split(shares, workers[i]);
        }
    }

    function setEmission(uint256 rateBps, uint256 referencePrice) private {
        vm.prank(address(timelock));
        pool.setEmission(rateBps, referencePrice);
    }
}
