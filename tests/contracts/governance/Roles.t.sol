// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {HoldToken} from "../../../contracts/HoldToken.sol";
import {JobEscrow} from "../../../contracts/JobEscrow.sol";
import {Proposal, VotedTest} from "../VotedTest.sol";

/// @notice Even the first vote after deployment cannot reach minting or the buckets before everybody could leave: new
/// roles, and changes of who may call where money is, take seven days, the cooldown at most five.
contract RolesTest is VotedTest {
    function test_a_vote_cannot_repoint_minting_and_mint_in_one_go() public {
        bytes memory repoint = repointing(address(hold), HoldToken.mint.selector);
        Proposal memory proposal =
            both(address(manager), repoint, address(hold), abi.encodeCall(HoldToken.mint, (address(timelock), 1e18)));

        vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
        execute(proposal);
    }

    function test_a_vote_cannot_repoint_the_buckets_and_take_one_in_one_go() public {
        bytes memory repoint = repointing(address(escrow), JobEscrow.takeBucket.selector);
        bytes memory take = abi.encodeCall(JobEscrow.takeBucket, (bytes32(0), operator));
        Proposal memory proposal = both(address(manager), repoint, address(escrow), take);

        vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
        execute(proposal);
    }

    function test_a_vote_that_grants_itself_a_role_must_wait_to_use_it() public {
        bytes memory grant = abi.encodeCall(AccessManager.grantRole, (MINTER, address(timelock), 0));
        bytes memory mint = abi.encodeCall(HoldToken.mint, (address(timelock), 1e18));
        bytes memory unauthorized =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, address(timelock));
        Proposal memory inOneGo = both(address(manager), grant, address(hold), mint);
        vm.expectRevert(unauthorized);
        execute(inOneGo);

        carryOut(address(manager), grant);
        uint256 granted = block.timestamp;
        Proposal memory later = ready(address(hold), mint);
        vm.warp(granted + 7 days - 1);
        vm.expectRevert(unauthorized);
        execute(later);

        vm.warp(granted + 7 days);
        execute(later);

        assertEq(hold.balanceOf(address(timelock)), 1e18);
    }

    function test_a_repointing_is_announced_seven_days_before() public {
        bytes memory repoint = repointing(address(hold), HoldToken.mint.selector);
        carryOut(address(manager), abi.encodeCall(AccessManager.schedule, (address(manager), repoint, 0)));
        uint256 announced = block.timestamp;

        vm.warp(announced + 7 days - 1);
        vm.prank(address(timelock));
        vm.expectPartialRevert(IAccessManager.AccessManagerNotReady.selector);
        manager.execute(address(manager), repoint);

        vm.warp(announced + 7 days);
        vm.prank(address(timelock));
        manager.execute(address(manager), repoint);
        assertEq(manager.getTargetFunctionRole(address(hold), HoldToken.mint.selector), ADMIN);
    }

    function test_lowering_the_delays_first_takes_as_long() public {
        carryOut(address(manager), abi.encodeCall(AccessManager.setTargetAdminDelay, (address(hold), 0)));
        vm.prank(address(timelock));
        manager.setGrantDelay(MINTER, 0);
        uint256 lowered = block.timestamp;

        vm.warp(lowered + 7 days - 1);
        assertEq(manager.getTargetAdminDelay(address(hold)), 7 days);
        assertEq(manager.getRoleGrantDelay(MINTER), 7 days);

        vm.warp(lowered + 7 days);
        assertEq(manager.getTargetAdminDelay(address(hold)), 0);
        assertEq(manager.getRoleGrantDelay(MINTER), 0);
    }

    function test_a_vote_can_neither_close_a_contract_nor_give_it_another_manager_at_once() public {
        vm.startPrank(address(timelock));
        vm.warp(block.timestamp + 6 days);
        address[4] memory guarded = [address(escrow), address(hold), address(stakedHold), address(pool)];
        for (uint256 i = 0; i < guarded.length; ++i) {
            vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
            manager.setTargetClosed(guarded[i], true);
            vm.expectPartialRevert(IAccessManager.AccessManagerNotScheduled.selector);
            manager.updateAuthority(guarded[i], address(timelock));
        }
    }

    function repointing(address target, bytes4 selector) private pure returns (bytes memory) {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        return abi.encodeCall(AccessManager.setTargetFunctionRole, (target, selectors, ADMIN));
    }

    function both(address first, bytes memory call, address second, bytes memory secondCall)
        private
        returns (Proposal memory proposal)
    {
        proposal.targets = new address[](2);
        proposal.values = new uint256[](2);
        proposal.calls = new bytes[](2);
        (proposal.targets[0], proposal.targets[1]) = (first, second);
        (proposal.calls[0], proposal.calls[1]) = (call, secondCall);
        propose(proposal);
        pass(proposal);
    }
}
