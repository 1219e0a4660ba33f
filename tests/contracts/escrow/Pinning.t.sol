// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {Answer, Award, JobId, JobStatus, Outcome} from "../../../contracts/types/Job.sol";
import {Sheet} from "../../../contracts/types/Sheet.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {Job, JobFacts} from "./JobFacts.sol";

/// @notice I-6: a job is served, judged and paid under the sheet that it pinned, whatever is voted afterwards. And facts of
/// one state are never taken for those of another.
contract PinningTest is EscrowTest {
    uint256 private constant BOND = 2 * JobFacts.MAX_FEE;
    /// @dev An hour to challenge, and 500, 500, 500 and 10,000 parts to share out, refusal, fine and bond.
    uint256 private constant MORE_OF_EACH = 1 hours | 500 << 96 | 500 << 112 | 500 << 128 | 10_000 << 144;

    function test_I_6_an_open_job_is_served_and_paid_under_the_sheet_that_it_pinned() public {
        Job memory job = submitted();
        bytes32 shares = sheet.shares;
        voteEverythingAnew();

        accept(job, operator);
        assertEq(locked(operator), BOND, "the bond is that of the pinned terms");
        post(job, Outcome.Answered, OUTPUT);
        skip(1 hours);
        settle(job);

        assertEq(escrow.bucketOf(shares, operator), JobFacts.MIN_FEE / 5, "shared by the pinned table and parts");
        assertEq(escrow.bucketOf(sheet.shares, operator), 0, "and not by the new one");
    }

    function test_I_6_an_operator_who_stalls_is_fined_by_the_pinned_terms() public {
        Job memory job = accepted();
        voteEverythingAnew();
        vm.warp(job.work.postBy + 1);

        escrow.expireWork(job.id, job.work, job.offer);

        assertAccount(operator, FUNDS - JobFacts.MAX_FEE / 10, 0);
        assertAccount(client, FUNDS + JobFacts.MAX_FEE / 10, 0);
    }

    function test_I_6_refusing_an_input_earns_the_pinned_part() public {
        Job memory job = accepted();
        voteEverythingAnew();

        post(job, Outcome.InputRefused, WITNESS);

        assertEq(job.answer.price, JobFacts.MIN_FEE / 4);
        skip(1 hours);
        settle(job);
        assertStatus(job, JobStatus.Settled);
    }

    function test_I_6_a_conviction_takes_the_pinned_bond() public {
        Job memory job = posted();
        voteEverythingAnew();

        vm.prank(judge);
        escrow.convict(job.id, job.answer, new Award[](0));

        assertAccount(operator, FUNDS - BOND, 0);
        assertAccount(treasury, BOND, 0);
    }

    function test_I_6_a_job_that_names_its_model_is_served_under_a_sheet_that_is_void_by_now() public {
        Sheet memory unslotted = sheet;
        unslotted.slot = 0;
        putInForce(unslotted);
        escrow.setGeneration(unslotted.generation);
        Job memory job = submitted();
        escrow.setGeneration(unslotted.generation + 1);

        accept(job, operator);
        post(job, Outcome.Answered, OUTPUT);
        skip(1 hours);
        settle(job);

        assertStatus(job, JobStatus.Settled);
    }

    function test_I_6_a_job_stays_open_when_its_slot_has_no_sheet_any_more() public {
        Job memory job = submitted();
        escrow.setSheet(SLOT, 0);

        accept(job, operator);

        assertStatus(job, JobStatus.Accepted);
    }

    function test_I_6_the_dispute_module_of_a_later_sheet_cannot_touch_the_job() public {
        Job memory job = posted();
        voteEverythingAnew();
        address later = sheet.disputes;

        vm.prank(later);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongCaller.selector, job.id, later));
        escrow.convict(job.id, job.answer, new Award[](0));

        vm.prank(judge);
        escrow.convict(job.id, job.answer, new Award[](0));
        assertStatus(job, JobStatus.Convicted);
    }

    function test_I_6_a_job_without_a_dispute_module_cannot_be_convicted_by_anybody() public {
        Sheet memory undisputed = sheet;
        undisputed.disputes = address(0);
        putInForce(undisputed);
        Job memory job = posted();

        vm.prank(judge);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongCaller.selector, job.id, judge));
        escrow.convict(job.id, job.answer, new Award[](0));
    }

    /// @dev `Work` and `Answer` are both eleven words: only the status tells them apart.
    function test_facts_of_accepted_work_never_settle_as_an_answer() public {
        Job memory job = accepted();
        skip(30 days);
        Answer memory disguised = abi.decode(abi.encode(job.work), (Answer));

        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Accepted));
        escrow.settleJob(job.id, disguised);
    }

    function test_facts_of_an_answer_are_never_posted_as_work() public {
        Job memory job = posted();
        bytes memory disguised = abi.encode(job.id, job.answer, Outcome.Answered, JobFacts.TRACE, OUTPUT);

        vm.prank(operator);
        (bool done, bytes memory refusal) =
            address(escrow).call(abi.encodePacked(escrow.postResult.selector, disguised));

        assertFalse(done, "posted twice");
        assertEq(refusal, abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Posted));
    }

    function test_facts_of_one_job_are_not_those_of_its_twin() public {
        Job memory first = submitted();
        Job memory second = submitted();
        assertEq(keccak256(abi.encode(first.offer)), keccak256(abi.encode(second.offer)), "twins");
        vm.prank(client);
        escrow.cancelJob(first.id, first.offer);

        vm.prank(client);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, first.id, JobStatus.Refunded));
        escrow.cancelJob(first.id, second.offer);

        assertStatus(second, JobStatus.Open);
    }

    function test_an_id_names_its_chain_escrow_client_and_nonce_and_is_never_used_again() public {
        Job memory first = submitted();
        vm.prank(client);
        escrow.cancelJob(first.id, first.offer);
        Job memory second = submitted();

        assertEq(
            JobId.unwrap(first.id), keccak256(abi.encode(block.chainid, address(escrow), client, 0)), "by the book"
        );
        assertEq(JobId.unwrap(second.id), JobId.unwrap(escrow.jobIdOf(client, 1)));
    }

    function test_final_states_keep_no_facts() public {
        Job memory job = posted();
        skip(1 hours);
        settle(job);

        assertEq(escrow.commitmentOf(job.id), bytes32(uint256(JobStatus.Settled)));
    }

    function voteEverythingAnew() private {
        Sheet memory next = sheet;
        next.model = keccak256("next model");
        next.rules = keccak256("next rules");
        next.shares = keccak256("next shares");
        next.disputes = makeAddr("next judge");
        next.terms = Terms.wrap(Terms.unwrap(sheet.terms) + MORE_OF_EACH);
        next.generation = 2;
        putInForce(next);
        escrow.setGeneration(2);
    }
}
