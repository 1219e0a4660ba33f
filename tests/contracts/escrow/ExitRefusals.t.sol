// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {JobStatus, Submission} from "../../../contracts/types/Job.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {Job, JobFacts} from "./JobFacts.sol";

/// @notice Each requirement of `cancelJob`, `expireOffer` and `expireWork`, broken alone.
contract ExitRefusalsTest is EscrowTest {
    function test_only_the_client_takes_a_job_back() public {
        Job memory job = submitted();

        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongCaller.selector, job.id, stranger));
        escrow.cancelJob(job.id, job.offer);
    }

    function test_an_accepted_job_cannot_be_taken_back() public {
        Job memory job = accepted();

        vm.prank(client);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Accepted));
        escrow.cancelJob(job.id, job.offer);
    }

    function test_a_job_cannot_be_taken_back_twice() public {
        Job memory job = submitted();
        vm.startPrank(client);
        escrow.cancelJob(job.id, job.offer);

        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Refunded));
        escrow.cancelJob(job.id, job.offer);
    }

    function test_an_offer_does_not_expire_before_its_window_is_over() public {
        Job memory job = submitted();
        skip(10 minutes);

        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.TooEarly.selector, job.id, block.timestamp + 1));
        escrow.expireOffer(job.id, job.offer);
    }

    function test_an_accepted_job_is_no_expired_offer() public {
        Job memory job = accepted();
        skip(30 days);

        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Accepted));
        escrow.expireOffer(job.id, job.offer);
    }

    function test_work_does_not_expire_before_its_deadline() public {
        Job memory job = accepted();
        vm.warp(job.work.postBy);

        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.TooEarly.selector, job.id, job.work.postBy + 1));
        escrow.expireWork(job.id, job.work, job.offer);
    }

    function test_a_posted_job_does_not_expire() public {
        Job memory job = posted();
        skip(30 days);

        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Posted));
        escrow.expireWork(job.id, job.work, job.offer);
    }

    function test_work_expires_under_its_own_offer_only() public {
        Job memory job = accepted();
        skip(30 days);
        job.offer.offerSeconds = 365 days;

        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Accepted));
        escrow.expireWork(job.id, job.work, job.offer);
    }

    /// @dev The last second of an offer's window is open to acceptance, so it is open to a second operator too.
    function test_a_job_opens_again_up_to_the_last_second_of_its_offer_window() public {
        Submission memory asked = JobFacts.submission();
        asked.offerSeconds = 30 minutes;
        Job memory job = submitted(asked);
        accept(job, operator);
        vm.warp(job.offer.submittedAt + 30 minutes);

        escrow.expireWork(job.id, job.work, job.offer);

        assertStatus(job, JobStatus.Open);
    }
}
