// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {Answer, ItemStatus, JobId, JobStatus, Offer, Outcome, Submission, Work} from "../../../contracts/types/Job.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {Job, JobFacts} from "./JobFacts.sol";

/// @notice A batch does what can be done, and says of the rest why not: one bad item never sinks it.
contract BatchesTest is EscrowTest {
    function test_good_submissions_go_through_beside_every_kind_of_bad_one() public {
        Submission[] memory asked = new Submission[](7);
        for (uint256 i = 0; i < asked.length; ++i) {
            asked[i] = JobFacts.submission();
        }
        asked[1].minFee = 0;
        asked[2].offerSeconds = 0;
        asked[3].input = "";
        asked[4].maxFee = FUNDS;

        vm.expectEmit(address(escrow));
        emit IJobEscrow.ItemSkipped(1, JobId.wrap(0), ItemStatus.BadAmount);
        vm.prank(client);
        (JobId[] memory ids, ItemStatus[] memory statuses) = escrow.submitJobs(sheet, asked);

        assertEq(JobId.unwrap(ids[1]), 0, "a skipped item has no id");
        assertEq(JobId.unwrap(ids[6]), JobId.unwrap(escrow.jobIdOf(client, 2)), "and takes no nonce");
        assertStatuses(statuses, ItemStatus.BadAmount, ItemStatus.BadWindow, ItemStatus.BadPayload);
        assertEq(uint256(statuses[4]), uint256(ItemStatus.InsufficientBalance));
        assertEq(uint256(escrow.statusOf(ids[6])), uint256(JobStatus.Open));
        assertAccount(client, FUNDS - 3 * JobFacts.MAX_FEE, 3 * JobFacts.MAX_FEE);
    }

    function test_a_named_address_with_dirty_bits_is_skipped() public {
        Submission[] memory asked = new Submission[](2);
        (asked[0], asked[1]) = (JobFacts.submission(), JobFacts.submission());
        bytes memory call = abi.encodeCall(escrow.submitJobs, (sheet, asked));
        call[4 + 256 + 32 + 32 + 64 + 5 * 32] = 0x01; // selector, sheet, offset, length, two offsets, five fields

        vm.prank(client);
        (bool done, bytes memory result) = address(escrow).call(call);

        assertTrue(done, "sunk by one item");
        (JobId[] memory ids, ItemStatus[] memory statuses) = abi.decode(result, (JobId[], ItemStatus[]));
        assertEq(uint256(statuses[0]), uint256(ItemStatus.WrongCaller));
        assertEq(uint256(escrow.statusOf(ids[1])), uint256(JobStatus.Open));
    }

    function test_good_acceptances_go_through_beside_every_kind_of_bad_one() public {
        Submission memory reserved = JobFacts.submission();
        (reserved.named, reserved.exclusiveSeconds) = (watcher, 9 minutes);
        Submission memory dear = JobFacts.submission();
        dear.maxFee = 600e6;
        Job[] memory jobs = jobsOf(submitted(), submitted(reserved), submitted(dear), submitted());
        Offer[] memory offers = new Offer[](5);
        for (uint256 i = 0; i < 4; ++i) {
            offers[i] = jobs[i].offer;
        }
        offers[4] = jobs[0].offer;
        offers[3].maxFee += 1;
        JobId[] memory ids = idsOf(jobs, 5);

        vm.prank(operator);
        ItemStatus[] memory statuses = escrow.acceptJobs(ids, offers);

        assertStatuses(statuses, ItemStatus.WrongCaller, ItemStatus.InsufficientBalance, ItemStatus.WrongFacts);
        assertEq(uint256(statuses[4]), uint256(ItemStatus.WrongFacts), "the same job twice is accepted once");
        assertEq(locked(operator), 2 * JobFacts.MAX_FEE);
    }

    function test_a_late_acceptance_is_skipped() public {
        Job memory job = submitted();
        skip(10 minutes + 1);
        Offer[] memory offers = new Offer[](1);
        offers[0] = job.offer;

        vm.prank(operator);
        ItemStatus[] memory statuses = escrow.acceptJobs(idsOf(jobsOf(job, job, job, job), 1), offers);

        assertEq(uint256(statuses[0]), uint256(ItemStatus.TooLate));
    }

    function test_good_results_go_through_beside_every_kind_of_bad_one() public {
        Job memory foreign = submitted();
        fund(watcher, FUNDS);
        accept(foreign, watcher);
        Job[] memory jobs = jobsOf(accepted(), foreign, accepted(), accepted());
        (Outcome[] memory outcomes, bytes[] memory outputs) = (new Outcome[](4), new bytes[](4));
        (outputs[0], outputs[1], outputs[2], outputs[3]) = (OUTPUT, OUTPUT, new bytes(4_097), OUTPUT);
        Work[] memory works = worksOf(jobs);
        works[3].price += 1;

        vm.prank(operator);
        ItemStatus[] memory statuses = escrow.postResults(idsOf(jobs, 4), works, outcomes, new bytes32[](4), outputs);

        assertStatuses(statuses, ItemStatus.WrongCaller, ItemStatus.BadPayload, ItemStatus.WrongFacts);
        assertStatus(jobs[0], JobStatus.Posted);
    }

    function test_an_outcome_that_does_not_exist_is_skipped() public {
        Job[] memory jobs = jobsOf(accepted(), accepted(), accepted(), accepted());
        (Outcome[] memory outcomes, bytes[] memory outputs) = (new Outcome[](4), new bytes[](4));
        for (uint256 i = 0; i < 4; ++i) {
            (outcomes[i], outputs[i]) = (Outcome.InputRefused, WITNESS);
        }
        bytes memory call =
            abi.encodeCall(escrow.postResults, (idsOf(jobs, 4), worksOf(jobs), outcomes, new bytes32[](4), outputs));
        uint256 first = 4 + 5 * 32 + (1 + 4) * 32 + (1 + 4 * 11) * 32 + 32;
        call[first + 63] = 0x03;
        call[first + 64] = 0xff;

        vm.prank(operator);
        (bool done, bytes memory result) = address(escrow).call(call);

        assertTrue(done, "sunk by one item");
        ItemStatus[] memory statuses = abi.decode(result, (ItemStatus[]));
        assertStatuses(statuses, ItemStatus.BadPayload, ItemStatus.BadPayload, ItemStatus.Done);
    }

    function test_good_settlements_go_through_beside_every_kind_of_bad_one() public {
        Job memory first = posted();
        Job memory second = posted();
        skip(59 minutes);
        Job[] memory jobs = jobsOf(first, posted(), first, second);
        skip(1 minutes);
        Answer[] memory answers = new Answer[](4);
        for (uint256 i = 0; i < 4; ++i) {
            answers[i] = jobs[i].answer;
        }

        ItemStatus[] memory statuses = escrow.settleJobs(idsOf(jobs, 4), answers);

        assertStatuses(statuses, ItemStatus.TooEarly, ItemStatus.WrongFacts, ItemStatus.Done);
        assertStatus(second, JobStatus.Settled);
    }

    function test_lists_of_different_lengths_are_refused_whole() public {
        bytes memory refusal = abi.encodeWithSelector(IJobEscrow.LengthMismatch.selector, 1, 0);
        JobId[] memory one = new JobId[](1);
        vm.expectRevert(refusal);
        escrow.acceptJobs(one, new Offer[](0));
        vm.expectRevert(refusal);
        escrow.settleJobs(one, new Answer[](0));
        vm.expectRevert(refusal);
        escrow.postResults(one, new Work[](0), new Outcome[](1), new bytes32[](1), new bytes[](1));
        vm.expectRevert(refusal);
        escrow.postResults(one, new Work[](1), new Outcome[](0), new bytes32[](1), new bytes[](1));
        vm.expectRevert(refusal);
        escrow.postResults(one, new Work[](1), new Outcome[](1), new bytes32[](0), new bytes[](1));
        vm.expectRevert(refusal);
        escrow.postResults(one, new Work[](1), new Outcome[](1), new bytes32[](1), new bytes[](0));
    }

    function jobsOf(Job memory a, Job memory b, Job memory c, Job memory d) private pure returns (Job[] memory jobs) {
        jobs = new Job[](4);
        (jobs[0], jobs[1], jobs[2], jobs[3]) = (a, b, c, d);
    }

    /// @dev Beyond the fourth, the first again.
    function idsOf(Job[] memory jobs, uint256 count) private pure returns (JobId[] memory ids) {
        ids = new JobId[](count);
        for (uint256 i = 0; i < count; ++i) {
            ids[i] = jobs[i % 4].id;
        }
    }

    function worksOf(Job[] memory jobs) private pure returns (Work[] memory works) {
        works = new Work[](jobs.length);
        for (uint256 i = 0; i < jobs.length; ++i) {
            works[i] = jobs[i].work;
        }
    }

    function assertStatuses(ItemStatus[] memory given, ItemStatus second, ItemStatus third, ItemStatus fourth)
        private
        pure
    {
        assertEq(uint256(given[0]), uint256(ItemStatus.Done), "first item");
        assertEq(uint256(given[1]), uint256(second), "second item");
        assertEq(uint256(given[2]), uint256(third), "third item");
        assertEq(uint256(given[3]), uint256(fourth), "fourth item");
    }
}
