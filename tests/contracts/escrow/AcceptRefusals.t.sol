// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {JobStatus, Submission} from "../../../contracts/types/Job.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {Job, JobFacts} from "./JobFacts.sol";

/// @notice Each requirement of `acceptJob`, broken alone; and who may accept when, at which price.
contract AcceptRefusalsTest is EscrowTest {
    function test_refuses_a_job_that_was_never_submitted() public {
        Job memory job = submitted();
        job.id = escrow.jobIdOf(client, 1);

        refuses(job, operator, abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.None));
    }

    function test_refuses_facts_that_differ_in_any_word() public {
        Job memory job = submitted();
        for (uint256 word = 0; word < 13; ++word) {
            bytes memory call = abi.encodeCall(escrow.acceptJob, (job.id, job.offer));
            call[4 + 32 + 32 * word + 31] ^= 0x01;

            vm.prank(operator);
            (bool done, bytes memory refusal) = address(escrow).call(call);

            assertFalse(done, "accepted under facts that are not the job's");
            assertEq(refusal, abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Open));
        }
    }

    function test_refuses_addresses_with_dirty_bits_as_facts_of_no_job() public {
        Job memory job = submitted();
        bytes memory call = abi.encodeCall(escrow.acceptJob, (job.id, job.offer));
        call[4 + 32 + 32 * 3] = 0x01;

        vm.prank(operator);
        (bool done, bytes memory refusal) = address(escrow).call(call);

        assertFalse(done);
        assertEq(refusal, abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Open));
    }

    function test_refuses_a_job_that_somebody_has_accepted() public {
        Job memory job = accepted();

        refuses(job, watcher, abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Accepted));
    }

    function test_refuses_a_job_whose_client_took_it_back() public {
        Job memory job = submitted();
        vm.prank(client);
        escrow.cancelJob(job.id, job.offer);

        refuses(job, operator, abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Refunded));
    }

    function test_refuses_after_the_last_second_of_the_offer_window() public {
        Job memory job = submitted();
        uint256 end = block.timestamp + 10 minutes;
        vm.warp(end + 1);
        refuses(job, operator, abi.encodeWithSelector(IJobEscrow.TooLate.selector, job.id, end));

        vm.warp(end);
        accept(job, operator);
        assertEq(job.work.price, JobFacts.MAX_FEE, "at the last second the price is the highest");
    }

    function test_refuses_an_operator_whose_bond_is_not_free() public {
        Job memory job = submitted();
        fund(watcher, 2 * JobFacts.MAX_FEE - 1);

        refuses(
            job,
            watcher,
            abi.encodeWithSelector(
                IJobEscrow.InsufficientBalance.selector, watcher, 2 * JobFacts.MAX_FEE - 1, 2 * JobFacts.MAX_FEE
            )
        );
    }

    function test_the_one_named_goes_first_and_then_the_job_is_open_to_all() public {
        Job memory job = submitted(naming(operator));
        fund(watcher, FUNDS);
        skip(2 minutes);
        refuses(job, watcher, abi.encodeWithSelector(IJobEscrow.WrongCaller.selector, job.id, watcher));

        skip(1);
        accept(job, watcher);

        assertEq(job.work.price, JobFacts.MIN_FEE + 6e6 / uint256(8 minutes), "the price rises from then on");
    }

    function test_the_one_named_accepts_at_the_lowest_price_until_its_part_is_over() public {
        Job memory job = submitted(naming(operator));
        skip(2 minutes);

        accept(job, operator);

        assertEq(job.work.price, JobFacts.MIN_FEE);
    }

    function test_naming_somebody_without_an_exclusive_part_reserves_nothing() public {
        Submission memory asked = naming(operator);
        asked.exclusiveSeconds = 0;
        Job memory job = submitted(asked);
        fund(watcher, FUNDS);

        accept(job, watcher);

        assertStatus(job, JobStatus.Accepted);
    }

    function test_the_bond_is_never_less_than_the_least_bond() public {
        Submission memory asked = JobFacts.submission();
        (asked.minFee, asked.maxFee) = (1, 3);

        Job memory job = submitted(asked);

        assertEq(escrow.bondOf(job.offer), 1e6);
    }

    function naming(address named) private pure returns (Submission memory asked) {
        asked = JobFacts.submission();
        asked.named = named;
        asked.exclusiveSeconds = 2 minutes;
    }

    function refuses(Job memory job, address by, bytes memory refusal) private {
        uint256 before = free(by);
        vm.prank(by);
        vm.expectRevert(refusal);
        escrow.acceptJob(job.id, job.offer);
        assertEq(free(by), before, "nothing was locked");
    }
}
