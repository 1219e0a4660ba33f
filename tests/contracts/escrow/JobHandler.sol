// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ISheetBook} from "../../../contracts/interfaces/ISheetBook.sol";
import {TermsPacking} from "../../../contracts/libraries/TermsPacking.sol";
import {Award, JobStatus, Outcome, Submission} from "../../../contracts/types/Job.sol";
import {Sheet} from "../../../contracts/types/Sheet.sol";
import {StatedClock} from "./Clocks.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {Job, JobFacts} from "./JobFacts.sol";

/// @notice Lets four accounts, each of them client and operator, do everything that may be done, in any order. But for
/// `holdTooLong` it never calls a verb that must be refused, so a refusal is a finding.
contract JobHandler is EscrowTest {
    uint256 private constant MOST_JOBS = 8;

    address[] public actors;
    StatedClock internal clock;
    /// @dev Those that have not ended.
    Job[] internal jobs;

    function setUp() public override {
        super.setUp();
        actors = [client, operator, stranger, watcher];
        clock = new StatedClock();
        vote(1, 0);
    }

    // ---------------------------------------------------------------- money

    function deposit(uint256 actor, uint256 amount) external {
        fund(anyActor(actor), bound(amount, 1, 5_000e6));
    }

    function withdraw(uint256 actor, uint256 amount) external {
        address account = anyActor(actor);
        uint256 most = free(account);
        if (most == 0) return;
        vm.prank(account);
        escrow.withdraw(account, bound(amount, 1, most / 8 + 1));
    }

    function donate(uint256 amount) external {
        dollar.mint(address(escrow), bound(amount, 1, 10e6));
    }

    function takeBucket(uint256 shares, uint256 actor) external {
        escrow.takeBucket(sharesOf(shares), anyActor(actor));
    }

    // ---------------------------------------------------------------- time and votes

    function wait(uint256 seconds_) external {
        skip(bound(seconds_, 1, 30 minutes));
    }

    function stateOutage(uint256 seconds_) external {
        clock.state(bound(seconds_, 0, 2 days));
    }

    function vote(uint256 seed, uint256 shares) public {
        ISheetBook.Numbers memory numbers = JobFacts.numbers();
        numbers.challengeSeconds = bound(seed, 10 minutes, 2 hours);
        numbers.stakersBps = bound(seed >> 8, 0, 1_000);
        numbers.treasuryBps = bound(seed >> 16, 50, 1_000);
        numbers.refusalBps = bound(seed >> 24, 500, 10_000);
        numbers.fineBps = bound(seed >> 32, 100, 10_000);
        numbers.bondBps = bound(seed >> 40, 10_000, 30_000);
        numbers.minBond = bound(seed >> 48, 1, 20e6);
        Sheet memory next = defaultSheet();
        next.shares = sharesOf(shares);
        next.outageClock = address(clock);
        next.terms = TermsPacking.pack(numbers, bound(seed >> 56, 0, 2_000));
        putInForce(next);
    }

    // ---------------------------------------------------------------- jobs

    function submit(uint256 actor, uint256 fees, uint256 windows, uint256 named) external {
        Submission memory asked = JobFacts.submission();
        asked.maxFee = bound(fees, 1, 50e6 + 3);
        asked.minFee = bound(fees >> 128, 1, asked.maxFee);
        asked.offerSeconds = bound(windows, 2, 1 days);
        asked.serviceSeconds = bound(windows >> 64, 1, 2 hours);
        if (named % 4 == 0) {
            asked.named = anyActor(named >> 2);
            asked.exclusiveSeconds = bound(windows >> 128, 0, asked.offerSeconds - 1);
        }
        address by = anyActor(actor);
        if (jobs.length == MOST_JOBS || free(by) < asked.maxFee) return;
        jobs.push(submittedBy(by, asked));
    }

    function accept(uint256 which, uint256 actor) external {
        (bool found, uint256 index) = find(which, JobStatus.Open);
        if (!found) return;
        Job memory job = jobs[index];
        address by = anyActor(actor);
        uint256 elapsed = block.timestamp - job.offer.submittedAt;
        if (elapsed > job.offer.offerSeconds || free(by) < escrow.bondOf(job.offer)) return;
        if (job.offer.exclusiveSeconds != 0 && elapsed <= job.offer.exclusiveSeconds) by = job.offer.named;
        if (free(by) < escrow.bondOf(job.offer)) return;
        accept(job, by);
        jobs[index] = job;
    }

    function post(uint256 which, uint256 outcome) external {
        (bool found, uint256 index) = find(which, JobStatus.Accepted);
        if (!found) return;
        Job memory job = jobs[index];
        if (block.timestamp > postDeadline(job)) return;
        Outcome said = Outcome(outcome % 3);
        post(job, said, said == Outcome.Answered ? OUTPUT : WITNESS);
        jobs[index] = job;
    }

    function cancel(uint256 which) external {
        (bool found, uint256 index) = find(which, JobStatus.Open);
        if (!found || which % 4 != 0) return;
        vm.prank(jobs[index].offer.client);
        escrow.cancelJob(jobs[index].id, jobs[index].offer);
        forget(index);
    }

    function hold(uint256 which, uint256 until) external {
        (bool found, uint256 index) = find(which, JobStatus.Posted);
        if (!found || block.timestamp >= settleFrom(jobs[index])) return;
        Job memory job = jobs[index];
        hold(job, bound(until, block.timestamp, latestHold(job)));
        jobs[index] = job;
    }

    /// @notice The judge is a contract that anybody may have written: what the escrow lets it do, I-2 must survive.
    function holdTooLong(uint256 which, uint256 beyond) external {
        (bool found, uint256 index) = find(which, JobStatus.Posted);
        if (!found) return;
        Job memory job = jobs[index];
        uint256 until = latestHold(job) + bound(beyond, 1, 30 days);
        vm.prank(judge);
        try escrow.holdSettlement(job.id, job.answer, until) {
            jobs[index].answer.heldUntil = until;
        } catch {}
    }

    function release(uint256 which) external {
        (bool found, uint256 index) = find(which, JobStatus.Disputed);
        if (!found) return;
        vm.prank(judge);
        escrow.releaseSettlement(jobs[index].id, jobs[index].answer);
        jobs[index].answer.heldUntil = 0;
    }

    function convict(uint256 which, uint256 actor, uint256 amount) external {
        (bool found, uint256 index) = find(which, JobStatus.Disputed);
        if (!found) return;
        Job memory job = jobs[index];
        Award[] memory awards = new Award[](1);
        awards[0] = Award(anyActor(actor), bound(amount, 0, escrow.bondOf(job.offer) / 2));
        vm.prank(judge);
        escrow.convict(job.id, job.answer, awards);
        forget(index);
    }

    /// @notice Whatever a stranger may do to a job now.
    function nudge(uint256 which) external {
        if (jobs.length != 0) tryToEnd(which % jobs.length);
    }

    // ---------------------------------------------------------------- what a stranger can do

    /// @notice A stranger's part in I-2. Settles or expires a job if it is time, and forgets it if it has ended.
    function tryToEnd(uint256 index) public returns (bool ended) {
        Job memory job = jobs[index];
        JobStatus status = escrow.statusOf(job.id);
        vm.startPrank(makeAddr("passer-by"));
        if (status == JobStatus.Open && block.timestamp > job.offer.submittedAt + job.offer.offerSeconds) {
            escrow.expireOffer(job.id, job.offer);
        } else if (status == JobStatus.Accepted && block.timestamp > postDeadline(job)) {
            escrow.expireWork(job.id, job.work, job.offer);
        } else if (status >= JobStatus.Posted && block.timestamp >= settleFrom(job)) {
            escrow.settleJob(job.id, job.answer);
        }
        vm.stopPrank();
        ended = escrow.statusOf(job.id) >= JobStatus.Settled;
        if (ended) forget(index);
    }

    function jobCount() external view returns (uint256) {
        return jobs.length;
    }

    // ---------------------------------------------------------------- what must hold

    /// @return owed sum of everybody's free and locked parts and of all buckets
    function sumOfAccounts() external view returns (uint256 owed) {
        owed = free(treasury) + locked(treasury);
        for (uint256 i = 0; i < actors.length; ++i) {
            owed += free(actors[i]) + locked(actors[i]);
            owed += escrow.bucketOf(sharesOf(0), actors[i]) + escrow.bucketOf(sharesOf(1), actors[i]);
        }
    }

    /// @return amounts what the jobs that have not ended hold of each actor
    function obligations() external view returns (uint256[] memory amounts) {
        amounts = new uint256[](actors.length);
        for (uint256 i = 0; i < jobs.length; ++i) {
            Job storage job = jobs[i];
            bool bonded = escrow.statusOf(job.id) != JobStatus.Open;
            for (uint256 j = 0; j < amounts.length; ++j) {
                if (job.offer.client == actors[j]) amounts[j] += job.offer.maxFee;
                if (bonded && job.work.operator == actors[j]) amounts[j] += bondOf(job);
            }
        }
    }

    function bondOf(Job storage job) private view returns (uint256) {
        uint256 part = Math.ceilDiv(job.offer.maxFee * job.offer.terms.bondBps(), 10_000);
        return Math.max(part, job.offer.terms.minBond());
    }

    function world() external view returns (address, address, address) {
        return (address(escrow), address(dollar), treasury);
    }

    function sharesOf(uint256 seed) public pure returns (bytes32) {
        return seed % 2 == 0 ? bytes32("slotted") : bytes32("unslotted");
    }

    /// @dev The outage that is stated now stretches it, by a day at most.
    function postDeadline(Job memory job) private view returns (uint256) {
        return job.work.postBy + Math.min(clock.outageSeconds(job.work.acceptedAt, block.timestamp), 1 days);
    }

    function latestHold(Job memory job) private pure returns (uint256) {
        return job.answer.postedAt + job.answer.terms.challengeSeconds() + job.answer.terms.disputeSeconds();
    }

    function settleFrom(Job memory job) private pure returns (uint256) {
        uint256 from = job.answer.postedAt + job.answer.terms.challengeSeconds();
        return job.answer.heldUntil > from ? job.answer.heldUntil : from;
    }

    function find(uint256 from, JobStatus status) private view returns (bool, uint256) {
        for (uint256 i = 0; i < jobs.length; ++i) {
            uint256 index = addmod(from, i, jobs.length);
            if (escrow.statusOf(jobs[index].id) == status) return (true, index);
        }
        return (false, 0);
    }

    function forget(uint256 index) private {
        jobs[index] = jobs[jobs.length - 1];
        jobs.pop();
    }

    function anyActor(uint256 seed) private view returns (address) {
        return actors[seed % actors.length];
    }
}
