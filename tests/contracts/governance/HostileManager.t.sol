// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {JobStatus} from "../../../contracts/types/Job.sol";
import {Job} from "../escrow/JobFacts.sol";
import {JobsTest} from "../JobsTest.sol";
import {ProtocolTest} from "../ProtocolTest.sol";
import {VotedTest} from "../VotedTest.sol";

/// @notice A vote that waited out every delay has given the escrow and the stakes to a manager that a stranger owns, who
/// closes both. Every job still ends, and everybody takes out what is theirs: exits ask no manager.
contract HostileManagerTest is JobsTest, VotedTest {
    uint256 private constant FEE = 10e6;
    uint256 private constant BOND = 2 * FEE;
    AccessManager private hostile;

    function setUp() public override(ProtocolTest, VotedTest) {
        VotedTest.setUp();
    }

    function test_jobs_end_and_money_leaves_under_a_manager_who_closed_the_escrow() public {
        announce(address(escrow));
        Job memory posted = submitted(CHAT, model, client, FEE);
        accept(posted, operator);
        post(posted);
        Job memory stalled = submitted(CHAT, model, client, FEE);
        accept(stalled, operator2);
        Job memory open = submitted(CHAT, model, client2, FEE);
        handOver(address(escrow));

        settle(posted);
        escrow.expireWork(stalled.id, stalled.work, stalled.offer);
        escrow.expireOffer(open.id, open.offer);

        assertEq(uint256(escrow.statusOf(posted.id)), uint256(JobStatus.Settled));
        takeOut(operator, BOND + FEE * 85 / 100);
        takeOut(operator2, BOND - FEE / 10);
        takeOut(client, FEE + FEE / 10);
        takeOut(client2, FEE);
        assertEq(escrow.totalOwed(), FEE * 15 / 100, "nothing is left but the bucket");
    }

    function test_stakes_and_revenue_leave_under_a_manager_who_closed_the_stakes() public {
        announce(address(stakedHold));
        runJob(client, operator, FEE);
        pool.split(slotted(), operator);
        handOver(address(stakedHold));

        vm.startPrank(alice);
        assertApproxEqAbs(stakedHold.claimRevenue(alice), FEE * 7 / 200, 1, "half of seven per cent, but for dust");
        uint256 ticket = stakedHold.requestUnstake(EACH);
        skip(COOLDOWN);
        stakedHold.withdraw(ticket, alice);

        assertEq(hold.balanceOf(alice), EACH);
    }

    function announce(address target) private {
        hostile = new AccessManager(stranger);
        bytes memory call = abi.encodeCall(AccessManager.updateAuthority, (target, address(hostile)));
        carryOut(address(manager), abi.encodeCall(AccessManager.schedule, (address(manager), call, 0)));
    }

    function handOver(address target) private {
        skip(ROLE_DELAY);
        vm.prank(address(timelock));
        manager.execute(address(manager), abi.encodeCall(AccessManager.updateAuthority, (target, address(hostile))));
        vm.prank(stranger);
        hostile.setTargetClosed(target, true);
        assertEq(IAccessManaged(target).authority(), address(hostile));
    }

    function takeOut(address who, uint256 amount) private {
        vm.prank(who);
        escrow.withdraw(who, amount);
        (uint256 free, uint256 locked,) = escrow.accountOf(who);
        assertEq(free + locked, 0, "more than that was theirs");
    }
}
