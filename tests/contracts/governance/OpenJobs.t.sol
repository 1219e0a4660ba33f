// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISheetBook} from "../../../contracts/interfaces/ISheetBook.sol";
import {ModelRegistry} from "../../../contracts/ModelRegistry.sol";
import {SafetyRules} from "../../../contracts/SafetyRules.sol";
import {SheetBook} from "../../../contracts/SheetBook.sol";
import {JobStatus} from "../../../contracts/types/Job.sol";
import {ShareTable} from "../../../contracts/types/Sheet.sol";
import {Job, JobFacts} from "../escrow/JobFacts.sol";
import {ProtocolTest} from "../ProtocolTest.sol";
import {JobsTest} from "../JobsTest.sol";
import {Proposal, VotedTest} from "../VotedTest.sol";

/// @notice No vote reaches a job that is open (invariant I-6): the worst numbers, modules, rules and model that a vote can
/// choose are in force between each two steps, and the job ends as it was agreed.
contract OpenJobsTest is JobsTest, VotedTest {
    uint256 private constant FEE = 10e6;
    bytes private constant DENY_ALL = hex"4348523103000000020300";

    function setUp() public override(ProtocolTest, VotedTest) {
        VotedTest.setUp();
    }

    function test_an_open_job_is_taken_and_paid_as_agreed() public {
        Proposal memory proposal = everythingChanged();
        ShareTable memory shares = slotted();
        Job memory job = submitted(CHAT, model, client, FEE);
        execute(proposal);

        accept(job, operator);
        post(job);
        settle(job);

        assertEndedAsAgreed(job, shares);
    }

    function test_an_accepted_job_is_posted_and_paid_as_agreed() public {
        Proposal memory proposal = everythingChanged();
        ShareTable memory shares = slotted();
        Job memory job = submitted(CHAT, model, client, FEE);
        accept(job, operator);
        execute(proposal);

        post(job);
        settle(job);

        assertEndedAsAgreed(job, shares);
    }

    function test_a_posted_job_is_settled_after_its_own_window_and_judged_by_nobody_new() public {
        Proposal memory proposal = everythingChanged();
        ShareTable memory shares = slotted();
        Job memory job = submitted(CHAT, model, client, FEE);
        accept(job, operator);
        post(job);
        execute(proposal);

        vm.prank(stranger);
        vm.expectRevert();
        escrow.holdSettlement(job.id, job.answer, block.timestamp + 1);
        settle(job);

        assertEndedAsAgreed(job, shares);
    }

    function test_the_next_job_is_under_what_was_voted() public {
        execute(everythingChanged());
        (bytes32 current,) = models.slotModel(CHAT);

        Job memory job = submitted(CHAT, current, client, FEE);

        assertEq(job.offer.terms.challengeSeconds(), 14 days);
        assertEq(job.offer.disputes, stranger);
        assertEq(uint256(escrow.statusOf(job.id)), uint256(JobStatus.Open));
    }

    function assertEndedAsAgreed(Job memory job, ShareTable memory shares) private view {
        (uint256 free, uint256 locked,) = escrow.accountOf(operator);
        assertEq(uint256(escrow.statusOf(job.id)), uint256(JobStatus.Settled));
        assertEq(free, 2 * FEE + FEE * 85 / 100, "the bond, and the fee less 5 + 7 + 3 per cent");
        assertEq(locked, 0);
        assertEq(escrow.bucketOf(pool.sharesId(shares), operator), FEE * 15 / 100);
    }

    function everythingChanged() private returns (Proposal memory proposal) {
        bytes32 second = registerModel(stranger, "second", TOKENIZER, 2_000);
        proposal.targets = new address[](4);
        proposal.values = new uint256[](4);
        proposal.calls = new bytes[](4);
        (proposal.targets[0], proposal.targets[1]) = (address(sheetBook), address(sheetBook));
        (proposal.targets[2], proposal.targets[3]) = (address(rules), address(models));
        proposal.calls[0] = abi.encodeCall(SheetBook.setNumbers, (worst()));
        proposal.calls[1] = abi.encodeCall(SheetBook.setModules, (stranger, stranger));
        proposal.calls[2] = abi.encodeCall(SafetyRules.adopt, (DENY_ALL));
        proposal.calls[3] = abi.encodeCall(ModelRegistry.assignSlot, (CHAT, second));
        propose(proposal);
        pass(proposal);
    }

    function worst() private pure returns (ISheetBook.Numbers memory numbers) {
        numbers = JobFacts.numbers();
        numbers.challengeSeconds = 14 days;
        (numbers.maxOfferSeconds, numbers.maxServiceSeconds) = (10 minutes, 20 minutes);
        (numbers.stakersBps, numbers.treasuryBps) = (1_000, 1_000);
        (numbers.bondBps, numbers.minBond) = (1_000_000, type(uint72).max);
        numbers.fineBps = 10_000;
    }
}
