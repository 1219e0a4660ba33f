// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {Award, JobStatus} from "../../../contracts/types/Job.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {Job, JobFacts} from "./JobFacts.sol";

/// @notice What the dispute module pinned in a job can do to that job, and to nothing else.
contract DisputesTest is EscrowTest {
    uint256 private constant BOND = 2 * JobFacts.MAX_FEE;

    function test_a_held_job_settles_when_the_hold_is_over_and_not_before() public {
        Job memory job = held();
        uint256 from = job.answer.heldUntil;
        assertStatus(job, JobStatus.Disputed);
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.TooEarly.selector, job.id, from));
        escrow.settleJob(job.id, job.answer);

        vm.warp(from);
        settle(job);

        assertStatus(job, JobStatus.Settled);
    }

    function test_a_hold_that_ends_early_does_not_shorten_the_challenge_window() public {
        Job memory job = posted();
        hold(job, block.timestamp + 1);
        skip(2);

        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.TooEarly.selector, job.id, job.answer.postedAt + 1 hours));
        escrow.settleJob(job.id, job.answer);
    }

    function test_a_hold_is_bounded_however_often_it_is_renewed() public {
        Job memory job = held();
        uint256 limit = job.answer.postedAt + 1 hours + 1 days;

        vm.prank(judge);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.TooLate.selector, job.id, limit));
        escrow.holdSettlement(job.id, job.answer, limit + 1);

        hold(job, limit);
        vm.warp(limit);
        settle(job);
        assertStatus(job, JobStatus.Settled);
    }

    function test_a_job_that_could_be_settled_can_no_longer_be_held() public {
        Job memory job = posted();
        uint256 from = job.answer.postedAt + 1 hours;
        vm.warp(from);

        vm.prank(judge);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.TooLate.selector, job.id, from));
        escrow.holdSettlement(job.id, job.answer, from + 1);
    }

    function test_a_released_job_settles_as_if_it_had_never_been_held() public {
        Job memory job = held();

        vm.prank(judge);
        vm.expectEmit(address(escrow));
        emit IJobEscrow.SettlementReleased(job.id, judge);
        escrow.releaseSettlement(job.id, job.answer);
        job.answer.heldUntil = 0;
        skip(1 hours);
        settle(job);

        assertStatus(job, JobStatus.Settled);
    }

    function test_a_job_that_is_not_held_cannot_be_released() public {
        Job memory job = posted();

        vm.prank(judge);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Posted));
        escrow.releaseSettlement(job.id, job.answer);
    }

    function test_a_conviction_refunds_the_client_and_splits_the_bond() public {
        Job memory job = held();
        Award[] memory awards = new Award[](2);
        awards[0] = Award(watcher, BOND / 4);
        awards[1] = Award(client, BOND / 4);

        convict(job, awards);

        assertStatus(job, JobStatus.Convicted);
        assertAccount(operator, FUNDS - BOND, 0);
        assertAccount(watcher, BOND / 4, 0);
        assertAccount(client, FUNDS + BOND / 4, 0);
        assertAccount(treasury, BOND / 2, 0);
    }

    function test_a_posted_job_is_convicted_without_a_hold_and_the_treasury_takes_what_nobody_earned() public {
        Job memory job = posted();

        convict(job, new Award[](0));

        assertAccount(client, FUNDS, 0);
        assertAccount(treasury, BOND, 0);
    }

    function test_awards_above_half_of_the_bond_are_refused() public {
        Job memory job = held();
        Award[] memory awards = new Award[](2);
        awards[0] = Award(watcher, BOND / 2);
        awards[1] = Award(watcher, 1);

        refusesConviction(job, awards, abi.encodeWithSelector(IJobEscrow.AwardsExceedHalf.selector, BOND / 2 + 1, BOND));
    }

    function test_awards_that_would_overflow_or_go_to_nobody_are_refused() public {
        Job memory job = held();
        Award[] memory awards = new Award[](1);
        awards[0] = Award(watcher, type(uint256).max);
        bytes memory refusal =
            abi.encodeWithSelector(IJobEscrow.BadAmount.selector, type(uint256).max, type(uint104).max);
        refusesConviction(job, awards, refusal);

        awards[0] = Award(address(0), 1);
        refusesConviction(job, awards, abi.encodeWithSelector(IJobEscrow.ZeroAddress.selector));
    }

    function test_nobody_but_the_pinned_module_holds_releases_or_convicts() public {
        Job memory job = held();
        bytes memory refusal = abi.encodeWithSelector(IJobEscrow.WrongCaller.selector, job.id, client);
        vm.startPrank(client);

        vm.expectRevert(refusal);
        escrow.holdSettlement(job.id, job.answer, block.timestamp);
        vm.expectRevert(refusal);
        escrow.releaseSettlement(job.id, job.answer);
        vm.expectRevert(refusal);
        escrow.convict(job.id, job.answer, new Award[](0));
    }

    function test_a_module_reaches_no_job_that_is_not_posted() public {
        Job memory job = posted();
        skip(1 hours);
        settle(job);

        bytes memory refusal = abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Settled);
        refusesConviction(job, new Award[](0), refusal);
    }

    function test_a_conviction_takes_no_more_than_its_own_bond() public {
        Job memory job = posted();
        Job memory other = posted();

        convict(job, new Award[](0));

        assertAccount(operator, FUNDS - 2 * BOND, BOND);
        skip(1 hours);
        settle(other);
        assertStatus(other, JobStatus.Settled);
    }

    function convict(Job memory job, Award[] memory awards) private {
        vm.prank(judge);
        escrow.convict(job.id, job.answer, awards);
    }

    function refusesConviction(Job memory job, Award[] memory awards, bytes memory refusal) private {
        vm.prank(judge);
        vm.expectRevert(refusal);
        escrow.convict(job.id, job.answer, awards);
    }
}
