// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {JobStatus, Outcome} from "../../../contracts/types/Job.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {Job, JobFacts} from "./JobFacts.sol";

/// @notice Each requirement of `postResult` and of `settleJob`, broken alone.
contract PostRefusalsTest is EscrowTest {
    function test_refuses_a_result_for_a_job_that_is_not_accepted() public {
        Job memory job = accepted();
        post(job, Outcome.Answered, OUTPUT);

        refusesPost(
            job,
            operator,
            Outcome.Answered,
            OUTPUT,
            abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Posted)
        );
    }

    function test_refuses_work_facts_that_differ_in_any_word() public {
        Job memory job = accepted();
        for (uint256 word = 0; word < 11; ++word) {
            bytes memory call =
                abi.encodeCall(escrow.postResult, (job.id, job.work, Outcome.Answered, JobFacts.TRACE, OUTPUT));
            call[4 + 32 + 32 * word + 31] ^= 0x01;

            vm.prank(operator);
            (bool done, bytes memory refusal) = address(escrow).call(call);

            assertFalse(done, "posted under facts that are not the job's");
            assertEq(refusal, abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Accepted));
        }
    }

    function test_refuses_a_result_by_anybody_but_the_operator() public {
        Job memory job = accepted();

        bytes memory refusal = abi.encodeWithSelector(IJobEscrow.WrongCaller.selector, job.id, client);
        refusesPost(job, client, Outcome.Answered, OUTPUT, refusal);
    }

    function test_refuses_a_result_after_the_deadline() public {
        Job memory job = accepted();
        uint256 postBy = job.work.postBy;
        vm.warp(postBy + 1);
        bytes memory refusal = abi.encodeWithSelector(IJobEscrow.TooLate.selector, job.id, postBy);
        refusesPost(job, operator, Outcome.Answered, OUTPUT, refusal);

        vm.warp(postBy);
        post(job, Outcome.Answered, OUTPUT);
        assertStatus(job, JobStatus.Posted);
    }

    function test_refuses_an_output_that_is_too_long_and_a_witness_that_is_not_eight_bytes() public {
        Job memory job = accepted();

        refusesPost(
            job,
            operator,
            Outcome.Answered,
            new bytes(4_097),
            abi.encodeWithSelector(IJobEscrow.BadPayload.selector, 4_097, 4_096)
        );
        bytes memory refusal = abi.encodeWithSelector(IJobEscrow.BadPayload.selector, 7, 8);
        refusesPost(job, operator, Outcome.InputRefused, new bytes(7), refusal);
        refusal = abi.encodeWithSelector(IJobEscrow.BadPayload.selector, 9, 8);
        refusesPost(job, operator, Outcome.OutputRefused, new bytes(9), refusal);
    }

    function test_takes_an_empty_answer_and_one_of_the_greatest_length() public {
        Job memory brief = accepted();
        post(brief, Outcome.Answered, "");
        Job memory long = accepted();
        post(long, Outcome.Answered, new bytes(4_096));

        assertStatus(brief, JobStatus.Posted);
        assertStatus(long, JobStatus.Posted);
    }

    function test_refuses_to_settle_a_job_that_nobody_answered() public {
        Job memory job = accepted();
        skip(30 days);

        refusesSettle(job, abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Accepted));
    }

    function test_refuses_to_settle_twice() public {
        Job memory job = posted();
        skip(1 hours);
        settle(job);

        refusesSettle(job, abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Settled));
    }

    function test_refuses_to_settle_before_the_challenge_window_is_over() public {
        Job memory job = posted();
        uint256 from = job.answer.postedAt + 1 hours;
        vm.warp(from - 1);
        refusesSettle(job, abi.encodeWithSelector(IJobEscrow.TooEarly.selector, job.id, from));

        vm.warp(from);
        settle(job);
        assertStatus(job, JobStatus.Settled);
    }

    function test_refuses_answer_facts_that_differ_in_any_word() public {
        Job memory job = posted();
        skip(1 hours);
        for (uint256 word = 0; word < 11; ++word) {
            bytes memory call = abi.encodeCall(escrow.settleJob, (job.id, job.answer));
            call[4 + 32 + 32 * word + 31] ^= 0x01;

            (bool done, bytes memory refusal) = address(escrow).call(call);

            assertFalse(done, "settled under facts that are not the job's");
            assertEq(refusal, abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Posted));
        }
    }

    function refusesPost(Job memory job, address by, Outcome outcome, bytes memory output, bytes memory refusal)
        private
    {
        bytes32 before = escrow.commitmentOf(job.id);
        vm.prank(by);
        vm.expectRevert(refusal);
        escrow.postResult(job.id, job.work, outcome, JobFacts.TRACE, output);
        assertEq(escrow.commitmentOf(job.id), before, "the job is as it was");
    }

    function refusesSettle(Job memory job, bytes memory refusal) private {
        vm.expectRevert(refusal);
        escrow.settleJob(job.id, job.answer);
    }
}
