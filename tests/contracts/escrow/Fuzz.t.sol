// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {ISheetBook} from "../../../contracts/interfaces/ISheetBook.sol";
import {TermsPacking} from "../../../contracts/libraries/TermsPacking.sol";
import {Award, JobStatus, Offer, Outcome, Submission} from "../../../contracts/types/Job.sol";
import {Sheet} from "../../../contracts/types/Sheet.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {Job, JobFacts} from "./JobFacts.sol";

/// @notice Amounts and facts at random: no fee, window or term that the escrow lets through makes or loses a unit.
contract EscrowFuzzTest is EscrowTest {
    uint256 private constant MOST = type(uint104).max;

    function testFuzz_the_price_rises_from_the_least_to_the_most_and_never_falls(
        uint256 fees,
        uint256 windows,
        uint256 early,
        uint256 late
    ) public view {
        Offer memory offer;
        offer.submittedAt = block.timestamp;
        offer.maxFee = bound(fees, 1, MOST);
        offer.minFee = bound(fees >> 128, 1, offer.maxFee);
        offer.offerSeconds = bound(windows, 2, type(uint24).max);
        offer.exclusiveSeconds = bound(windows >> 128, 0, offer.offerSeconds - 1);
        early = bound(early, 0, offer.offerSeconds + 1);
        late = bound(late, early, offer.offerSeconds + 1);

        uint256 before = escrow.priceOf(offer, block.timestamp + early);
        uint256 later = escrow.priceOf(offer, block.timestamp + late);
        assertLe(offer.minFee, before);
        assertLe(before, later);
        assertLe(later, offer.maxFee);
        assertEq(before, byTheBook(offer, early));
        assertEq(escrow.priceOf(offer, block.timestamp + offer.exclusiveSeconds), offer.minFee);
        assertEq(escrow.priceOf(offer, block.timestamp + offer.offerSeconds), offer.maxFee);
    }

    function testFuzz_a_settled_job_moves_its_price_and_nothing_else(
        uint256 fees,
        uint256 terms,
        uint256 waited,
        uint256 outcome
    ) public {
        Job memory job = answered(fees, terms, waited, Outcome(outcome % 3));
        skip(job.answer.terms.challengeSeconds());
        settle(job);

        uint256 shared = job.answer.price * job.answer.terms.outBps() / 10_000;
        assertAccount(client, MOST / 2 - job.answer.price, 0);
        assertAccount(operator, MOST / 2 + job.answer.price - shared, 0);
        assertEq(escrow.bucketOf(sheet.shares, operator), shared);
        assertEq(escrow.totalOwed(), 2 * (MOST / 2));
    }

    function testFuzz_a_conviction_gives_back_the_fee_and_shares_out_the_bond(
        uint256 fees,
        uint256 terms,
        uint256 waited,
        uint256 awarded
    ) public {
        Job memory job = answered(fees, terms, waited, Outcome.Answered);
        uint256 bond = escrow.bondOf(job.offer);
        Award[] memory awards = new Award[](1);
        awards[0] = Award(watcher, bound(awarded, 0, bond / 2));
        vm.prank(judge);
        escrow.convict(job.id, job.answer, awards);

        assertAccount(client, MOST / 2, 0);
        assertAccount(operator, MOST / 2 - bond, 0);
        assertEq(free(watcher), awards[0].amount);
        assertEq(free(treasury), bond - awards[0].amount);
    }

    function testFuzz_a_deadline_missed_moves_the_fine_and_nothing_else(uint256 fees, uint256 terms, uint256 waited)
        public
    {
        Job memory job = taken(fees, terms, waited);
        vm.warp(job.offer.submittedAt + job.offer.offerSeconds + job.offer.serviceSeconds + 1);
        vm.prank(stranger);
        escrow.expireWork(job.id, job.work, job.offer);

        uint256 fine = Math.ceilDiv(job.offer.maxFee * job.offer.terms.fineBps(), 10_000);
        assertAccount(client, MOST / 2 + fine, 0);
        assertAccount(operator, MOST / 2 - fine, 0);
        assertStatus(job, JobStatus.Refunded);
    }

    /// @dev One who takes a job while it is cheap, keeps others out, and takes it again under a second name when it is dear,
    /// has less than by serving it at first.
    function testFuzz_nobody_earns_by_stalling_a_job_and_taking_it_again(uint256 fees, uint256 taken_, uint256 service)
        public
    {
        Submission memory asked = JobFacts.submission();
        asked.maxFee = bound(fees, 1e6, FUNDS / 4);
        asked.minFee = bound(fees >> 128, 1, asked.maxFee);
        (asked.offerSeconds, asked.serviceSeconds) = (1 hours, bound(service, 1, 30 minutes));
        fund(watcher, FUNDS);
        Job memory job = submitted(asked);
        skip(bound(taken_, 0, 29 minutes));
        accept(job, operator);
        uint256 price = job.work.price;
        vm.warp(job.work.postBy + 1);
        vm.prank(stranger);
        escrow.expireWork(job.id, job.work, job.offer);

        uint256 rise = escrow.priceOf(job.offer, job.work.postBy) - price;
        uint256 fine = Math.ceilDiv(asked.maxFee, 10) + rise;
        assertAccount(operator, FUNDS - fine, 0);
        assertAccount(client, FUNDS + fine - asked.maxFee, asked.maxFee);
        accept(job, watcher);
        post(job, Outcome.Answered, OUTPUT);
        skip(1 hours);
        settle(job);
        assertLt(free(operator) + free(watcher), 2 * FUNDS + price - price / 5, "stalling pays");
    }

    /// @dev However dear the job has become, no more than the bond is taken.
    function test_a_fine_is_at_most_the_bond() public {
        ISheetBook.Numbers memory numbers = JobFacts.numbers();
        (numbers.bondBps, numbers.fineBps) = (10_000, 10_000);
        sheet.terms = TermsPacking.pack(numbers, 0);
        putInForce(sheet);
        Submission memory asked = JobFacts.submission();
        asked.offerSeconds = 1 hours;
        Job memory job = submitted(asked);
        accept(job, operator);
        vm.warp(job.work.postBy + 1);
        escrow.expireWork(job.id, job.work, job.offer);

        assertStatus(job, JobStatus.Open);
        assertAccount(operator, FUNDS - asked.maxFee, 0);
        assertAccount(client, FUNDS, asked.maxFee);
    }

    /// @dev Of the calldata of every verb that takes facts: whichever bit an attacker turns, the job is not moved.
    function testFuzz_facts_with_one_bit_turned_move_nothing(uint256 bit, uint256 step) public {
        Job memory job = submitted();
        bytes memory call = abi.encodeCall(IJobEscrow.acceptJob, (job.id, job.offer));
        address by = operator;
        if (step % 3 != 0) {
            accept(job, operator);
            call = abi.encodeCall(IJobEscrow.expireWork, (job.id, job.work, job.offer));
            skip(job.offer.offerSeconds + job.offer.serviceSeconds + 1);
        }
        if (step % 3 == 2) {
            rewind(job.offer.offerSeconds + job.offer.serviceSeconds + 1);
            post(job, Outcome.Answered, OUTPUT);
            call = abi.encodeCall(IJobEscrow.settleJob, (job.id, job.answer));
            skip(job.answer.terms.challengeSeconds());
        }
        bit = bound(bit, 32, 8 * call.length - 1);
        call[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));

        bytes32 before = escrow.commitmentOf(job.id);
        vm.prank(by);
        (bool moved,) = address(escrow).call(call);
        assertFalse(moved, "turned facts were taken");
        assertEq(escrow.commitmentOf(job.id), before);
    }

    // ---------------------------------------------------------------- jobs at random

    function answered(uint256 fees, uint256 terms, uint256 waited, Outcome outcome) private returns (Job memory job) {
        job = taken(fees, terms, waited);
        post(job, outcome, outcome == Outcome.Answered ? OUTPUT : WITNESS);
    }

    /// @dev Half of all that the escrow can owe is the client's, half the operator's.
    function taken(uint256 fees, uint256 terms, uint256 waited) private returns (Job memory job) {
        putInForce(sheetAtRandom(terms));
        fund(client, MOST / 2 - FUNDS);
        fund(operator, MOST / 2 - FUNDS);
        Submission memory asked = JobFacts.submission();
        asked.maxFee = bound(fees, 1, MOST / 8);
        asked.minFee = bound(fees >> 128, 1, asked.maxFee);
        job = submitted(asked);
        skip(bound(waited, 0, asked.offerSeconds));
        accept(job, operator);
    }

    function sheetAtRandom(uint256 seed) private view returns (Sheet memory made) {
        ISheetBook.Numbers memory numbers = JobFacts.numbers();
        numbers.refusalBps = bound(seed & 0xffff, 500, 10_000);
        numbers.fineBps = bound(seed >> 16 & 0xffff, 100, 10_000);
        numbers.bondBps = bound(seed >> 32 & 0xffff, 10_000, 30_000);
        numbers.minBond = bound(seed >> 48 & 0xffffffffff, 1, 1_000_000e6);
        made = defaultSheet();
        made.terms = TermsPacking.pack(numbers, bound(seed >> 96, 0, 2_000));
    }

    function byTheBook(Offer memory offer, uint256 elapsed) private pure returns (uint256) {
        if (elapsed <= offer.exclusiveSeconds) return offer.minFee;
        uint256 ramp = offer.offerSeconds - offer.exclusiveSeconds;
        uint256 onRamp = Math.min(elapsed - offer.exclusiveSeconds, ramp);
        return offer.minFee + Math.mulDiv(offer.maxFee - offer.minFee, onRamp, ramp);
    }
}
