// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {JobEscrow} from "../../../contracts/JobEscrow.sol";
import {TestDollar} from "../../../contracts/mocks/TestDollar.sol";
import {JobStatus, Outcome, Submission} from "../../../contracts/types/Job.sol";
import {Sheet} from "../../../contracts/types/Sheet.sol";
import {Job, JobFacts} from "./JobFacts.sol";

/// @notice An escrow with its asset, a sheet in force, and funded actors. The test itself has every role.
abstract contract EscrowTest is Test {
    uint256 internal constant FUNDS = 1_000e6;
    bytes32 internal constant SLOT = "chat";
    bytes internal constant OUTPUT = hex"000003000004";
    bytes internal constant WITNESS = hex"0000000100000002";

    TestDollar internal dollar;
    JobEscrow internal escrow;
    Sheet internal sheet;

    address internal treasury = makeAddr("treasury");
    address internal client = makeAddr("client");
    address internal operator = makeAddr("operator");
    address internal stranger = makeAddr("stranger");
    address internal watcher = makeAddr("watcher");
    /// @dev The dispute module pinned in jobs; to the escrow it is an address.
    address internal judge = makeAddr("judge");

    function setUp() public virtual {
        dollar = new TestDollar();
        escrow = new JobEscrow(address(new AccessManager(address(this))), address(dollar), treasury);
        vm.warp(1_800_000_000);
        putInForce(defaultSheet());
        fund(client, FUNDS);
        fund(operator, FUNDS);
    }

    function defaultSheet() internal view returns (Sheet memory) {
        return Sheet({
            slot: SLOT,
            model: keccak256("model"),
            rules: keccak256("rules"),
            shares: keccak256("shares"),
            disputes: judge,
            outageClock: address(0),
            terms: JobFacts.terms(),
            generation: 1
        });
    }

    function putInForce(Sheet memory chosen) internal {
        sheet = chosen;
        escrow.setSheet(chosen.slot == 0 ? chosen.model : chosen.slot, keccak256(abi.encode(chosen)));
    }

    function fund(address account, uint256 amount) internal {
        dollar.mint(address(this), amount);
        dollar.approve(address(escrow), amount);
        escrow.deposit(account, amount);
    }

    // ---------------------------------------------------------------- a job, step by step

    function submitted() internal returns (Job memory) {
        return submitted(JobFacts.submission());
    }

    function submitted(Submission memory asked) internal returns (Job memory) {
        return submittedBy(client, asked);
    }

    function submittedBy(address by, Submission memory asked) internal returns (Job memory job) {
        vm.prank(by);
        job.id = escrow.submitJob(sheet, asked);
        job.offer = JobFacts.offer(by, sheet, asked, block.timestamp);
    }

    function accepted() internal returns (Job memory job) {
        job = submitted();
        accept(job, operator);
    }

    function accept(Job memory job, address by) internal {
        uint256 price = escrow.priceOf(job.offer, block.timestamp);
        vm.prank(by);
        escrow.acceptJob(job.id, job.offer);
        job.work = JobFacts.work(job.offer, by, price, block.timestamp);
    }

    function posted() internal returns (Job memory job) {
        job = accepted();
        post(job, Outcome.Answered, OUTPUT);
    }

    function post(Job memory job, Outcome outcome, bytes memory output) internal {
        uint256 price = job.work.price;
        if (outcome == Outcome.InputRefused) price = price * job.work.terms.refusalBps() / 10_000;
        vm.prank(job.work.operator);
        escrow.postResult(job.id, job.work, outcome, JobFacts.TRACE, output);
        job.answer = JobFacts.answer(job.work, outcome, output, price, block.timestamp);
    }

    function held() internal returns (Job memory job) {
        job = posted();
        hold(job, block.timestamp + 20 hours);
    }

    function hold(Job memory job, uint256 until) internal {
        vm.prank(judge);
        escrow.holdSettlement(job.id, job.answer, until);
        job.answer.heldUntil = until;
    }

    function settle(Job memory job) internal {
        vm.prank(stranger);
        escrow.settleJob(job.id, job.answer);
    }

    // ---------------------------------------------------------------- what is asserted

    function free(address account) internal view returns (uint256 amount) {
        (amount,,) = escrow.accountOf(account);
    }

    function locked(address account) internal view returns (uint256 amount) {
        (, amount,) = escrow.accountOf(account);
    }

    function assertAccount(address account, uint256 free_, uint256 locked_) internal view {
        assertEq(free(account), free_, string.concat(vm.getLabel(account), ": free"));
        assertEq(locked(account), locked_, string.concat(vm.getLabel(account), ": locked"));
    }

    function assertStatus(Job memory job, JobStatus status) internal view {
        assertEq(uint256(escrow.statusOf(job.id)), uint256(status), "status");
    }
}
