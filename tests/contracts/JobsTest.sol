// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Outcome, Submission} from "../../contracts/types/Job.sol";
import {ShareTable, Sheet} from "../../contracts/types/Sheet.sol";
import {Job, JobFacts} from "./escrow/JobFacts.sol";
import {ProtocolTest} from "./ProtocolTest.sol";

/// @notice The protocol with jobs run through its escrow, step by step or whole.
abstract contract JobsTest is ProtocolTest {
    bytes internal constant OUTPUT = hex"000003000004";

    function submitted(bytes32 slot, bytes32 model_, address by, uint256 fee) internal returns (Job memory job) {
        (Sheet memory sheet,) = sheetBook.compose(slot, model_);
        Submission memory asked = JobFacts.submission();
        (asked.minFee, asked.maxFee) = (fee, fee);
        fund(by, fee);
        vm.prank(by);
        job.id = escrow.submitJob(sheet, asked);
        job.offer = JobFacts.offer(by, sheet, asked, block.timestamp);
    }

    function accept(Job memory job, address by) internal {
        fund(by, escrow.bondOf(job.offer));
        uint256 price = escrow.priceOf(job.offer, block.timestamp);
        vm.prank(by);
        escrow.acceptJob(job.id, job.offer);
        job.work = JobFacts.work(job.offer, by, price, block.timestamp);
    }

    function post(Job memory job) internal {
        vm.prank(job.work.operator);
        escrow.postResult(job.id, job.work, Outcome.Answered, JobFacts.TRACE, OUTPUT);
        job.answer = JobFacts.answer(job.work, Outcome.Answered, OUTPUT, job.work.price, block.timestamp);
    }

    function settle(Job memory job) internal {
        vm.warp(job.answer.postedAt + job.answer.terms.challengeSeconds());
        escrow.settleJob(job.id, job.answer);
    }

    /// @notice A whole job through slot "chat", from submission to settlement.
    function runJob(address by, address operator_, uint256 fee) internal {
        (bytes32 current,) = models.slotModel(CHAT);
        runJob(CHAT, current, by, operator_, fee);
    }

    function runJob(bytes32 slot, bytes32 model_, address by, address operator_, uint256 fee) internal {
        Job memory job = submitted(slot, model_, by, fee);
        accept(job, operator_);
        post(job);
        settle(job);
    }

    function fund(address account, uint256 amount) internal {
        dollar.mint(address(this), amount);
        dollar.approve(address(escrow), amount);
        escrow.deposit(account, amount);
    }

    /// @notice The share table of jobs through slot "chat".
    function slotted() internal view returns (ShareTable memory shares) {
        (bytes32 current,) = models.slotModel(CHAT);
        (, shares) = sheetBook.compose(CHAT, current);
    }
}
