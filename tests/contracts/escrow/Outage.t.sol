// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {JobStatus, Outcome} from "../../../contracts/types/Job.sol";
import {Sheet} from "../../../contracts/types/Sheet.sol";
import {BombClock, BrokenClock, BurningClock, CurtClock, SlowClock, StatedClock, WholeClock} from "./Clocks.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {Job, JobFacts} from "./JobFacts.sol";

/// @notice An operator is not fined for the chain's own outage, and no clock can harm anybody.
contract OutageTest is EscrowTest {
    function test_a_stated_outage_stretches_the_deadline_by_as_much() public {
        StatedClock clock = new StatedClock();
        clock.state(10 minutes);
        Job memory job = acceptedUnder(address(clock));
        vm.warp(job.work.postBy + 10 minutes);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.TooEarly.selector, job.id, block.timestamp + 1));
        escrow.expireWork(job.id, job.work, job.offer);

        post(job, Outcome.Answered, OUTPUT);

        assertStatus(job, JobStatus.Posted);
    }

    function test_a_stretched_deadline_is_a_deadline() public {
        StatedClock clock = new StatedClock();
        clock.state(10 minutes);
        Job memory job = acceptedUnder(address(clock));
        uint256 deadline = job.work.postBy + 10 minutes;
        vm.warp(deadline + 1);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.TooLate.selector, job.id, deadline));
        escrow.postResult(job.id, job.work, Outcome.Answered, JobFacts.TRACE, OUTPUT);

        escrow.expireWork(job.id, job.work, job.offer);

        assertStatus(job, JobStatus.Refunded);
    }

    function test_no_clock_stretches_a_deadline_by_more_than_a_day() public {
        StatedClock clock = new StatedClock();
        clock.state(type(uint256).max);
        Job memory job = acceptedUnder(address(clock));
        vm.warp(job.work.postBy + 1 days + 1);

        escrow.expireWork(job.id, job.work, job.offer);

        assertStatus(job, JobStatus.Refunded);
    }

    function test_the_clock_is_asked_about_the_time_since_acceptance() public {
        Job memory job = acceptedUnder(address(new WholeClock()));
        vm.warp(job.work.postBy + 1 hours);
        uint256 deadline = job.work.postBy + (block.timestamp - job.work.acceptedAt);

        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.TooEarly.selector, job.id, deadline + 1));
        escrow.expireWork(job.id, job.work, job.offer);
    }

    function test_a_clock_that_fails_adds_nothing_and_stops_nobody() public {
        address[6] memory clocks = [
            address(new BrokenClock()),
            address(new CurtClock()),
            address(new BombClock(false)),
            address(new BombClock(true)),
            address(new BurningClock()),
            makeAddr("no clock at all")
        ];
        for (uint256 i = 0; i < clocks.length; ++i) {
            Job memory job = acceptedUnder(clocks[i]);
            vm.warp(job.work.postBy + 1);

            uint256 before = gasleft();
            escrow.expireWork(job.id, job.work, job.offer);

            assertLt(before - gasleft(), 250_000, "a clock costs a bounded amount");
            assertStatus(job, JobStatus.Refunded);
        }
    }

    /// @dev With too little gas the clock would fail and the operator be fined: whoever gives too little is refused.
    function test_nobody_has_an_operator_fined_by_starving_the_clock() public {
        Job memory job = acceptedUnder(address(new SlowClock()));
        vm.warp(job.work.postBy + 30 minutes);
        bytes memory call = abi.encodeCall(escrow.expireWork, (job.id, job.work, job.offer));

        for (uint256 gas_ = 20_000; gas_ < 300_000; gas_ += 2_000) {
            vm.prank(stranger);
            (bool done,) = address(escrow).call{gas: gas_}(call);
            assertFalse(done, "fined in an outage");
        }
        assertStatus(job, JobStatus.Accepted);
    }

    function test_whoever_gives_too_little_gas_is_told_so() public {
        Job memory job = acceptedUnder(address(new StatedClock()));
        vm.warp(job.work.postBy + 1);
        bytes memory call = abi.encodeCall(escrow.expireWork, (job.id, job.work, job.offer));

        (bool done, bytes memory refusal) = address(escrow).call{gas: 90_000}(call);

        assertFalse(done);
        assertEq(bytes4(refusal), IJobEscrow.InsufficientGas.selector);
    }

    function acceptedUnder(address clock) private returns (Job memory) {
        Sheet memory clocked = sheet;
        clocked.outageClock = clock;
        putInForce(clocked);
        return accepted();
    }
}
