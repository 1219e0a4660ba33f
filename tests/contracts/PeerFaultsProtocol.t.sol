// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";

import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {IStakedHold} from "../../contracts/interfaces/IStakedHold.sol";
import {ISheetBook} from "../../contracts/interfaces/ISheetBook.sol";
import {JobEscrow} from "../../contracts/JobEscrow.sol";
import {ModelRegistry} from "../../contracts/ModelRegistry.sol";
import {RewardPool} from "../../contracts/RewardPool.sol";
import {SheetBook} from "../../contracts/SheetBook.sol";
import {StakedHold} from "../../contracts/StakedHold.sol";
import {CommonholdGovernor} from "../../contracts/governance/CommonholdGovernor.sol";
import {CommonholdTimelock} from "../../contracts/governance/CommonholdTimelock.sol";
import {JobsTest} from "./JobsTest.sol";
import {ProtocolTest} from "./ProtocolTest.sol";
import {Proposal, VotedTest} from "./VotedTest.sol";

/// @notice Faults that other networks shipped, of the kind that votes, stakes, registries and rewards could have: each
/// tried here. Those of jobs are tried in `escrow/`.
contract PeerFaultsProtocolTest is JobsTest, VotedTest {
    uint256 private constant FEE = 10e6;

    function setUp() public override(ProtocolTest, VotedTest) {
        VotedTest.setUp();
    }

    function test_a_governor_that_exists_but_does_not_own_anything() public {
        address[7] memory owned = [
            address(hold),
            address(stakedHold),
            address(escrow),
            address(models),
            address(rules),
            address(sheetBook),
            address(pool)
        ];
        for (uint256 i = 0; i < owned.length; ++i) {
            assertEq(IAccessManaged(owned[i]).authority(), address(manager));
        }
        (bool administers,) = manager.hasRole(ADMIN, address(timelock));
        assertTrue(administers);
        assertEq(escrow.treasury(), address(timelock));
        assertEq(pool.treasury(), address(timelock));

        carryOut(address(stakedHold), abi.encodeCall(StakedHold.setCooldown, (2 days)));
        assertEq(stakedHold.cooldown(), 2 days);
    }

    function test_rewards_credited_to_a_balance_but_not_to_the_total_so_that_the_last_to_leave_cannot() public {
        runJob(client, operator, FEE);
        pool.split(slotted(), operator);
        address[2] memory stakers = [alice, bob];
        for (uint256 i = 0; i < 2; ++i) {
            vm.startPrank(stakers[i]);
            uint256 ticket = stakedHold.requestUnstake(EACH);
            skip(COOLDOWN);
            stakedHold.withdraw(ticket, stakers[i]);
            stakedHold.claimRevenue(stakers[i]);
            vm.stopPrank();
            assertEq(hold.balanceOf(stakers[i]), EACH);
        }
        vm.prank(curator);
        pool.claim(curator);
        vm.prank(address(timelock));
        pool.claim(dave);
        assertEq(pool.totalCredit(), 0);
        assertEq(dollar.balanceOf(address(pool)), 0);
        assertEq(stakedHold.totalOwedHold(), 0);
    }

    function test_emission_that_is_reachable_by_buying_from_oneself() public {
        vm.prank(address(timelock));
        pool.setEmission(10_000, REFERENCE_PRICE);
        skip(7 days);
        uint256 epoch = pool.currentEpoch();
        runJob(curator, curator, FEE);
        pool.split(slotted(), curator);
        skip(7 days);

        uint256 earned = pool.claimEmission(epoch, curator) * REFERENCE_PRICE / 1e18;
        assertLe(earned, pool.credit(address(timelock)), "no more than the treasury had from it");
    }

    function test_votes_by_flash_loan() public {
        Proposal memory proposal = proposed(address(pool), abi.encodeCall(RewardPool.setEmission, (1, 1)));
        open(proposal);
        uint256 lent = 8 * EACH;
        vm.startPrank(carol);
        deal(address(hold), carol, lent);
        hold.approve(address(stakedHold), lent);
        stakedHold.stake(lent);
        assertEq(governor.castVote(proposal.id, FOR), 0, "a stake of this second weighs nothing");
        vm.expectPartialRevert(IGovernor.GovernorInsufficientProposerVotes.selector);
        governor.propose(proposal.targets, proposal.values, proposal.calls, "by loan");
        uint256 ticket = stakedHold.requestUnstake(lent);
        vm.expectRevert(abi.encodeWithSelector(IStakedHold.StillCoolingDown.selector, block.timestamp + COOLDOWN));
        stakedHold.withdraw(ticket, carol);
    }

    function test_a_proposal_that_sets_a_window_a_delay_or_the_quorum_to_zero() public {
        ISheetBook.Numbers memory numbers = sheetBook.numbers();
        numbers.challengeSeconds = 0;
        bytes4 refusal = ISheetBook.NumberOutOfBounds.selector;
        refusesAs(refusal, address(sheetBook), abi.encodeCall(SheetBook.setNumbers, (numbers)));
        refusal = CommonholdTimelock.DelayOutOfBounds.selector;
        refusesAs(refusal, address(timelock), abi.encodeCall(CommonholdTimelock.updateDelay, (0)));
        refusal = CommonholdGovernor.NumberOutOfBounds.selector;
        refusesAs(refusal, address(governor), abi.encodeCall(governor.setVotingDelay, (0)));
        refusesAs(refusal, address(governor), abi.encodeCall(governor.setVotingPeriod, (0)));
        refusesAs(refusal, address(governor), abi.encodeCall(governor.updateQuorumNumerator, (0)));
        refusal = IStakedHold.CooldownOutOfBounds.selector;
        refusesAs(refusal, address(stakedHold), abi.encodeCall(StakedHold.setCooldown, (0)));
    }

    function test_a_steward_who_switches_a_live_model_off() public {
        vm.prank(curator);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, curator));
        models.retire(model);
        refuses(
            address(models),
            abi.encodeCall(ModelRegistry.retire, (model)),
            abi.encodeWithSelector(IModelRegistry.ModelInSlot.selector, model, CHAT)
        );
        assertTrue(models.isServable(model));
    }

    function test_a_balance_that_a_donated_cent_makes_insolvent() public {
        dollar.mint(address(pool), 1);
        dollar.mint(address(stakedHold), 1);
        vm.prank(carol);
        hold.transfer(address(stakedHold), 1);
        runJob(client, operator, FEE);
        pool.split(slotted(), operator);

        assertEq(stakedHold.totalOwedAsset(), FEE * 7 / 100);
        assertEq(stakedHold.totalOwedHold(), 2 * EACH);
        vm.prank(curator);
        assertEq(pool.claim(curator), FEE * 5 / 100);
        vm.startPrank(alice);
        stakedHold.claimRevenue(alice);
        stakedHold.requestUnstake(EACH);
    }

    function test_authorisation_by_tx_origin() public {
        vm.prank(stranger, address(timelock));
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        stakedHold.setCooldown(1 days);
        vm.prank(stranger, address(pool));
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        hold.mint(stranger, 1);
        vm.prank(stranger, alice);
        vm.expectRevert(abi.encodeWithSelector(IStakedHold.TicketUnknown.selector, stranger, 0));
        stakedHold.withdraw(0, stranger);
    }

    function test_cost_that_grows_with_the_number_of_stakers_or_jobs() public {
        runJob(client, operator, FEE);
        pool.split(slotted(), operator);
        uint256 few = costOfSplit();
        for (uint256 i = 0; i < 50; ++i) {
            address staker = makeAddr(vm.toString(i));
            vm.prank(carol);
            hold.transfer(staker, 1e18);
            stake(staker, 1e18);
            submitted(CHAT, model, client, FEE);
        }
        assertApproxEqRel(costOfSplit(), few, 0.02e18, "gas of a split");
    }

    function test_an_administrator_who_takes_what_is_owed_to_others() public {
        runJob(client, operator, FEE);
        bytes memory take = abi.encodeCall(JobEscrow.takeBucket, (pool.sharesId(slotted()), operator));
        refuses(
            address(escrow),
            take,
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, address(timelock))
        );
    }

    function costOfSplit() private returns (uint256 gas) {
        runJob(client, operator, FEE);
        vm.cool(address(pool));
        gas = gasleft();
        pool.split(slotted(), operator);
        gas -= gasleft();
    }

    function refusesAs(bytes4 refusal, address target, bytes memory call) private {
        Proposal memory proposal = ready(target, call);
        vm.expectPartialRevert(refusal);
        execute(proposal);
        assertState(proposal, IGovernor.ProposalState.Queued);
    }
}
