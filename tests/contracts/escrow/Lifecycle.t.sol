// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {JobStatus, Outcome, Submission} from "../../../contracts/types/Job.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {Job, JobFacts} from "./JobFacts.sol";

/// @notice A job from its first verb to every one of its ends, and where the money is at each step.
contract LifecycleTest is EscrowTest {
    uint256 private constant BOND = 2 * JobFacts.MAX_FEE;
    uint256 private constant FINE = JobFacts.MAX_FEE / 10;

    function test_submission_locks_the_most_that_the_client_may_pay() public {
        Job memory job = submitted();

        assertStatus(job, JobStatus.Open);
        assertAccount(client, FUNDS - JobFacts.MAX_FEE, JobFacts.MAX_FEE);
    }

    function test_acceptance_locks_the_bond() public {
        Job memory job = accepted();

        assertStatus(job, JobStatus.Accepted);
        assertAccount(operator, FUNDS - BOND, BOND);
    }

    function test_settlement_pays_the_operator_and_the_bucket_and_gives_back_the_rest() public {
        Job memory job = submitted();
        skip(5 minutes);
        accept(job, operator);
        post(job, Outcome.Answered, OUTPUT);
        skip(1 hours);

        settle(job);

        assertStatus(job, JobStatus.Settled);
        assertEq(job.work.price, 7e6, "half-way between 4 and 10 dollars");
        assertAccount(client, FUNDS - 7e6, 0);
        assertAccount(operator, FUNDS + 5.6e6, 0);
        assertEq(escrow.bucketOf(sheet.shares, operator), 1.4e6, "a fifth is shared");
    }

    function test_a_refused_input_earns_the_refusal_part_of_the_price() public {
        Job memory job = accepted();
        post(job, Outcome.InputRefused, WITNESS);
        skip(1 hours);

        settle(job);

        assertAccount(client, FUNDS - JobFacts.MIN_FEE / 4, 0);
        assertAccount(operator, FUNDS + JobFacts.MIN_FEE / 4 * 8 / 10, 0);
    }

    function test_a_refused_output_earns_the_whole_price() public {
        Job memory job = accepted();
        post(job, Outcome.OutputRefused, WITNESS);
        skip(1 hours);

        settle(job);

        assertAccount(client, FUNDS - JobFacts.MIN_FEE, 0);
    }

    function test_the_client_takes_an_open_job_back() public {
        Job memory job = submitted();

        vm.prank(client);
        escrow.cancelJob(job.id, job.offer);

        assertStatus(job, JobStatus.Refunded);
        assertAccount(client, FUNDS, 0);
    }

    function test_anyone_refunds_a_job_that_nobody_accepted() public {
        Job memory job = submitted();
        skip(10 minutes + 1);

        vm.prank(stranger);
        escrow.expireOffer(job.id, job.offer);

        assertStatus(job, JobStatus.Refunded);
        assertAccount(client, FUNDS, 0);
    }

    function test_an_operator_who_stalls_pays_the_fine_and_the_job_opens_again_while_time_remains() public {
        Submission memory asked = JobFacts.submission();
        asked.offerSeconds = 1 hours;
        Job memory job = submitted(asked);
        accept(job, operator);
        skip(20 minutes + 1);

        vm.prank(stranger);
        escrow.expireWork(job.id, job.work, job.offer);

        uint256 risen = (JobFacts.MAX_FEE - JobFacts.MIN_FEE) / 3;
        assertStatus(job, JobStatus.Open);
        assertAccount(operator, FUNDS - FINE - risen, 0);
        assertAccount(client, FUNDS - JobFacts.MAX_FEE + FINE + risen, JobFacts.MAX_FEE);
        fund(watcher, BOND);
        accept(job, watcher);
        assertStatus(job, JobStatus.Accepted);
    }

    function test_an_operator_who_stalls_past_the_offer_window_pays_the_fine_and_the_client_is_refunded() public {
        Job memory job = accepted();
        skip(20 minutes + 1);

        vm.prank(stranger);
        escrow.expireWork(job.id, job.work, job.offer);

        assertStatus(job, JobStatus.Refunded);
        assertAccount(operator, FUNDS - FINE, 0);
        assertAccount(client, FUNDS + FINE, 0);
    }

    function test_everything_can_be_withdrawn_when_the_job_is_over() public {
        Job memory job = posted();
        skip(1 hours);
        settle(job);
        uint256 bucket = escrow.takeBucket(sheet.shares, operator);

        withdrawAll(client);
        withdrawAll(operator);

        assertEq(dollar.balanceOf(client) + dollar.balanceOf(operator) + bucket, 2 * FUNDS, "nothing is left behind");
        assertEq(escrow.totalOwed(), 0, "nothing is owed");
        assertEq(dollar.balanceOf(address(escrow)), 0, "nothing is held");
    }

    function withdrawAll(address account) private {
        uint256 amount = free(account);
        vm.prank(account);
        escrow.withdraw(account, amount);
    }
}
