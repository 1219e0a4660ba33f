// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {Award, JobStatus, Outcome, Submission} from "../../../contracts/types/Job.sol";
import {Sheet} from "../../../contracts/types/Sheet.sol";
import {StatedClock} from "./Clocks.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {Job, JobFacts} from "./JobFacts.sol";

/// @notice Faults that other networks shipped, of the kind that an escrow of jobs could have: each tried here, with the
/// network that had it. Those of votes, stakes and rewards are tried in `PeerFaultsProtocol.t.sol`.
contract PeerFaultsTest is EscrowTest {
    uint256 private constant BOND = 2 * JobFacts.MAX_FEE;
    /// @dev Of a job taken at once; a fifth is shared out.
    uint256 private constant EARNED = JobFacts.MIN_FEE * 8 / 10;

    /// @dev Arbius, whose engine lost `retractTask` at V3; Olas, whose marketplace has no withdrawal for requesters;
    /// Lilypad, whose time-outs revert.
    function test_a_clients_fee_is_locked_for_ever_when_nobody_serves() public {
        Job memory job = submitted();
        skip(10 minutes + 1);

        vm.prank(stranger);
        escrow.expireOffer(job.id, job.offer);

        withdrawAll(client);
        assertEq(dollar.balanceOf(client), FUNDS);
    }

    /// @dev Lilypad: `timeoutSubmitResult` and `timeoutJudgeResult` call functions that do not exist.
    function test_paths_of_time_outs_always_revert() public {
        Job memory open = submitted();
        Job memory stalled = accepted();
        Job memory answered = posted();
        Job memory disputed = held();
        vm.warp(disputed.answer.heldUntil);

        vm.startPrank(stranger);
        escrow.expireOffer(open.id, open.offer);
        escrow.expireWork(stalled.id, stalled.work, stalled.offer);
        escrow.settleJob(answered.id, answered.answer);
        escrow.settleJob(disputed.id, disputed.answer);

        assertStatus(open, JobStatus.Refunded);
        assertStatus(stalled, JobStatus.Refunded);
        assertStatus(answered, JobStatus.Settled);
        assertStatus(disputed, JobStatus.Settled);
    }

    /// @dev Lilypad: `timeoutAgree` gives back another collateral than was paid, 12 for 11.
    function test_a_refund_is_larger_than_the_payment() public {
        Job memory cancelled = submitted();
        vm.prank(client);
        escrow.cancelJob(cancelled.id, cancelled.offer);
        assertAccount(client, FUNDS, 0);

        Job memory convicted = posted();
        vm.prank(judge);
        escrow.convict(convicted.id, convicted.answer, new Award[](0));
        assertAccount(client, FUNDS, 0);

        Job memory expired = submitted();
        skip(10 minutes + 1);
        escrow.expireOffer(expired.id, expired.offer);
        assertAccount(client, FUNDS, 0);
    }

    /// @dev Arbius V6: rewards count in a validator's stake, not in `totalHeld`, and the last to withdraw cannot.
    function test_what_is_credited_to_a_balance_is_not_in_the_total_so_that_the_last_to_leave_cannot() public {
        Job memory settled = posted();
        Job memory convicted = posted();
        Award[] memory awards = new Award[](1);
        awards[0] = Award(watcher, BOND / 2);
        vm.prank(judge);
        escrow.convict(convicted.id, convicted.answer, awards);
        skip(1 hours);
        settle(settled);

        escrow.takeBucket(sheet.shares, operator);
        address[4] memory owners = [client, watcher, treasury, operator];
        for (uint256 i = 0; i < owners.length; ++i) {
            withdrawAll(owners[i]);
        }

        assertEq(escrow.totalOwed(), 0);
        assertEq(dollar.balanceOf(address(escrow)), 0);
    }

    /// @dev Infernet, `deliverCompute`: whoever delivers first is paid (Trail of Bits, finding 7).
    function test_a_front_runner_delivers_first_and_steals_the_payment() public {
        Job memory job = accepted();

        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongCaller.selector, job.id, stranger));
        escrow.postResult(job.id, job.work, Outcome.Answered, JobFacts.TRACE, OUTPUT);
        job.work.operator = stranger;
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Accepted));
        escrow.postResult(job.id, job.work, Outcome.Answered, JobFacts.TRACE, OUTPUT);

        job.work.operator = operator;
        post(job, Outcome.Answered, OUTPUT);
        skip(1 hours);
        settle(job);
        assertAccount(operator, FUNDS + EARNED, 0);
    }

    /// @dev Infernet: nothing is held for a job, so that a consumer empties its wallet in time (Trail of Bits, finding 2).
    /// Golem: a requestor who never accepts the invoice never pays.
    function test_a_consumer_gets_the_work_free() public {
        Job memory job = posted();

        vm.startPrank(client);
        escrow.withdraw(client, FUNDS - JobFacts.MAX_FEE);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.InsufficientBalance.selector, client, 0, 1));
        escrow.withdraw(client, 1);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Posted));
        escrow.cancelJob(job.id, job.offer);
        vm.stopPrank();
        skip(1 hours);
        settle(job);

        assertAccount(operator, FUNDS + EARNED, 0);
    }

    /// @dev Infernet: the consumer names the verifier, and the verifier takes the node's stake (Trail of Bits, finding 3).
    /// Arbius: a master contester's voice counts fifty-fold, and pays out stake that nobody put in.
    function test_a_verifier_slashes_the_honest() public {
        Sheet memory own = sheet;
        own.disputes = client;
        vm.prank(client);
        vm.expectPartialRevert(IJobEscrow.SheetNotInForce.selector);
        escrow.submitJob(own, JobFacts.submission());

        Job memory job = posted();
        job.answer.disputes = client;
        vm.prank(client);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongFacts.selector, job.id, JobStatus.Posted));
        escrow.convict(job.id, job.answer, new Award[](0));

        job.answer.disputes = judge;
        Award[] memory awards = new Award[](1);
        awards[0] = Award(client, BOND);
        vm.prank(judge);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.AwardsExceedHalf.selector, BOND, BOND));
        escrow.convict(job.id, job.answer, awards);
    }

    /// @dev Infernet: a subscription is made so that its deliveries revert or find no money (Trail of Bits, finding 6).
    function test_a_job_is_made_to_waste_an_operators_gas() public {
        Job memory job = accepted();

        vm.prank(client);
        escrow.withdraw(client, FUNDS - JobFacts.MAX_FEE);
        vm.etch(client, hex"fe");
        escrow.setSheet(SLOT, 0);
        vm.mockCallRevert(address(dollar), bytes(""), bytes("paused"));

        post(job, Outcome.Answered, new bytes(job.work.terms.maxPayload()));
        skip(1 hours);
        settle(job);
        assertAccount(operator, FUNDS + EARNED, 0);
    }

    /// @dev Ocean: `createLock` takes 247,000 gas with no lock open and 1,670,000 with three hundred.
    function test_cost_grows_with_the_number_of_open_jobs() public {
        fund(client, 300 * JobFacts.MAX_FEE);
        costOfAJob();
        uint256 few = costOfAJob();
        for (uint256 i = 0; i < 100; ++i) {
            submitted();
        }

        assertApproxEqRel(costOfAJob(), few, 0.01e18, "gas of a job");
    }

    /// @dev Lilypad: more than thirty checks of `tx.origin`, one of which lets anybody's call empty a wallet.
    function test_authorisation_by_tx_origin() public {
        vm.prank(stranger, client);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.InsufficientBalance.selector, stranger, 0, 1));
        escrow.withdraw(stranger, 1);

        Job memory job = submitted();
        bytes memory refusal = abi.encodeWithSelector(IJobEscrow.WrongCaller.selector, job.id, stranger);
        vm.prank(stranger, client);
        vm.expectRevert(refusal);
        escrow.cancelJob(job.id, job.offer);

        accept(job, operator);
        vm.prank(stranger, operator);
        vm.expectRevert(refusal);
        escrow.postResult(job.id, job.work, Outcome.Answered, JobFacts.TRACE, OUTPUT);

        post(job, Outcome.Answered, OUTPUT);
        vm.prank(stranger, judge);
        vm.expectRevert(refusal);
        escrow.convict(job.id, job.answer, new Award[](0));
    }

    /// @dev Olas: whoever is named and does not serve loses a point of karma; nobody else loses anything.
    function test_an_operator_grabs_every_job_and_serves_none() public {
        Job[] memory jobs = new Job[](FUNDS / BOND);
        fund(client, jobs.length * JobFacts.MAX_FEE);
        for (uint256 i = 0; i < jobs.length; ++i) {
            jobs[i] = submitted(openForTwoHours());
            accept(jobs[i], operator);
        }
        Job memory next = submitted();
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.InsufficientBalance.selector, operator, 0, BOND));
        escrow.acceptJob(next.id, next.offer);

        skip(20 minutes + 1);
        for (uint256 i = 0; i < jobs.length; ++i) {
            escrow.expireWork(jobs[i].id, jobs[i].work, jobs[i].offer);
            assertStatus(jobs[i], JobStatus.Open);
        }
        uint256 rise = (JobFacts.MAX_FEE - JobFacts.MIN_FEE) / 6;
        uint256 fines = jobs.length * (JobFacts.MAX_FEE / 10 + rise);
        assertAccount(operator, FUNDS - fines, 0);
        assertEq(free(client) + locked(client), FUNDS + jobs.length * JobFacts.MAX_FEE + fines);
        fund(watcher, BOND);
        accept(jobs[0], watcher);
        assertStatus(jobs[0], JobStatus.Accepted);
    }

    /// @dev Balances compared for equality with what is held, as in many a vault: one unit sent unasked stops them.
    function test_a_donated_cent_makes_a_balance_insolvent() public {
        dollar.mint(address(escrow), 1);

        Job memory job = posted();
        skip(1 hours);
        settle(job);
        fund(stranger, 1);
        withdrawAll(operator);
        withdrawAll(client);
        withdrawAll(stranger);

        assertEq(dollar.balanceOf(address(escrow)), escrow.totalOwed() + 1);
    }

    /// @dev Deadlines that run on while the chain or its sequencer stands still, as all that know `block.timestamp` alone.
    function test_an_operator_is_fined_for_an_outage_longer_than_it_could_bridge() public {
        StatedClock clock = new StatedClock();
        Sheet memory clocked = sheet;
        clocked.outageClock = address(clock);
        putInForce(clocked);
        Job memory job = accepted();
        skip(6 hours);
        clock.state(6 hours - 10 minutes);

        vm.prank(client);
        vm.expectRevert(
            abi.encodeWithSelector(IJobEscrow.TooEarly.selector, job.id, job.work.postBy + 6 hours - 10 minutes + 1)
        );
        escrow.expireWork(job.id, job.work, job.offer);
        post(job, Outcome.Answered, OUTPUT);
        skip(1 hours);
        settle(job);

        assertAccount(operator, FUNDS + EARNED, 0);
    }

    function costOfAJob() private returns (uint256 gas) {
        Job memory job = submitted();
        gas = vm.lastCallGas().gasTotalUsed;
        accept(job, operator);
        gas += vm.lastCallGas().gasTotalUsed;
        post(job, Outcome.Answered, OUTPUT);
        gas += vm.lastCallGas().gasTotalUsed;
        skip(1 hours);
        settle(job);
        gas += vm.lastCallGas().gasTotalUsed;
    }

    function openForTwoHours() private pure returns (Submission memory asked) {
        asked = JobFacts.submission();
        asked.offerSeconds = 2 hours;
    }

    function withdrawAll(address account) private {
        uint256 amount = free(account);
        vm.prank(account);
        escrow.withdraw(account, amount);
    }
}
