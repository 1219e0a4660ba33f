// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IStakedHold} from "../../../contracts/interfaces/IStakedHold.sol";
import {StakedHold} from "../../../contracts/StakedHold.sol";
import {ProtocolTest} from "../ProtocolTest.sol";

/// @notice Staking, leaving, and what a stake gives.
contract StakesTest is ProtocolTest {
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    function test_a_stake_takes_the_hold_and_gives_votes() public {
        vm.startPrank(alice);
        hold.approve(address(stakedHold), 5e18);
        vm.expectEmit(address(stakedHold));
        emit IStakedHold.Staked(alice, 5e18);
        stakedHold.stake(5e18);

        assertEq(hold.balanceOf(alice), EACH - 5e18);
        assertEq(hold.balanceOf(address(stakedHold)), 5e18);
        assertEq(stakedHold.balanceOf(alice), 5e18);
        assertEq(stakedHold.getVotes(alice), 5e18);
        assertEq(stakedHold.totalOwedHold(), 5e18);
    }

    function test_a_delegate_chosen_before_the_first_stake_stays() public {
        vm.prank(alice);
        stakedHold.delegate(bob);
        stake(alice, 5e18);
        assertEq(stakedHold.getVotes(bob), 5e18);
        assertEq(stakedHold.getVotes(alice), 0);
    }

    function test_whoever_chose_no_delegate_keeps_none_at_the_next_stake() public {
        stake(alice, 5e18);
        vm.prank(alice);
        stakedHold.delegate(address(0));
        stake(alice, 5e18);
        assertEq(stakedHold.delegates(alice), address(0));
        assertEq(stakedHold.getVotes(alice), 0);
    }

    function test_a_permit_stakes_in_one_transaction() public {
        (address signer, bytes memory call) = permitted(block.timestamp);
        vm.prank(signer);
        (bool done,) = address(stakedHold).call(call);
        assertTrue(done);
        assertEq(stakedHold.balanceOf(signer), 7e18);
    }

    function test_a_permit_used_by_somebody_else_already_does_no_harm() public {
        (address signer, uint256 key) = makeAddrAndKey("signer");
        (uint8 v, bytes32 r, bytes32 s) = signed(signer, key, block.timestamp);
        vm.prank(carol);
        hold.transfer(signer, 7e18);
        vm.prank(stranger);
        hold.permit(signer, address(stakedHold), 7e18, block.timestamp, v, r, s);

        vm.prank(signer);
        stakedHold.stakeWithPermit(7e18, block.timestamp, v, r, s);
        assertEq(stakedHold.balanceOf(signer), 7e18);
    }

    function test_a_permit_out_of_date_stakes_nothing() public {
        (address signer, bytes memory call) = permitted(block.timestamp - 1);
        vm.prank(signer);
        (bool done, bytes memory returned) = address(stakedHold).call(call);
        assertFalse(done);
        assertEq(bytes4(returned), IERC20Errors.ERC20InsufficientAllowance.selector);
    }

    function test_whoever_asks_to_leave_loses_votes_now_and_has_the_hold_after_the_cooldown() public {
        stake(alice, 5e18);
        vm.expectEmit(address(stakedHold));
        emit IStakedHold.UnstakeRequested(alice, 0, 2e18, block.timestamp + COOLDOWN);
        vm.prank(alice);
        uint256 ticket = stakedHold.requestUnstake(2e18);
        assertEq(stakedHold.getVotes(alice), 3e18);
        assertEq(stakedHold.totalOwedHold(), 5e18);

        skip(COOLDOWN);
        vm.expectEmit(address(stakedHold));
        emit IStakedHold.Withdrawn(alice, 0, bob, 2e18);
        vm.prank(alice);
        stakedHold.withdraw(ticket, bob);
        assertEq(hold.balanceOf(bob), EACH + 2e18);
        assertEq(stakedHold.totalOwedHold(), 3e18);
    }

    function test_a_ticket_is_paid_neither_early_nor_twice_nor_to_another() public {
        stake(alice, 5e18);
        uint256 unlockAt = block.timestamp + COOLDOWN;
        vm.startPrank(alice);
        uint256 ticket = stakedHold.requestUnstake(5e18);

        vm.warp(unlockAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IStakedHold.StillCoolingDown.selector, unlockAt));
        stakedHold.withdraw(ticket, alice);
        vm.warp(unlockAt);
        vm.expectRevert(IStakedHold.ZeroAddress.selector);
        stakedHold.withdraw(ticket, address(0));
        stakedHold.withdraw(ticket, alice);
        vm.expectRevert(abi.encodeWithSelector(IStakedHold.TicketUnknown.selector, alice, ticket));
        stakedHold.withdraw(ticket, alice);
        vm.stopPrank();

        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IStakedHold.TicketUnknown.selector, bob, ticket));
        stakedHold.withdraw(ticket, bob);
    }

    function test_a_ticket_keeps_the_cooldown_that_it_began_with() public {
        stake(alice, 5e18);
        vm.prank(alice);
        stakedHold.requestUnstake(2e18);
        (, uint256 unlockAt) = stakedHold.ticketOf(alice, 0);
        vm.prank(address(timelock));
        stakedHold.setCooldown(5 days);

        (uint256 amount, uint256 after_) = stakedHold.ticketOf(alice, 0);
        assertEq(amount, 2e18);
        assertEq(after_, unlockAt);
        vm.prank(alice);
        stakedHold.requestUnstake(2e18);
        (, uint256 later) = stakedHold.ticketOf(alice, 1);
        assertEq(later, block.timestamp + 5 days);
    }

    function test_nothing_and_more_than_staked_are_refused() public {
        stake(alice, 5e18);
        vm.startPrank(alice);
        vm.expectRevert(IStakedHold.ZeroAmount.selector);
        stakedHold.stake(0);
        vm.expectRevert(IStakedHold.ZeroAmount.selector);
        stakedHold.requestUnstake(0);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, alice, 5e18, 5e18 + 1));
        stakedHold.requestUnstake(5e18 + 1);
        vm.expectRevert();
        stakedHold.stake(EACH);
    }

    function test_a_stake_cannot_be_handed_on() public {
        stake(alice, 5e18);
        vm.startPrank(alice);
        vm.expectRevert(IStakedHold.NotTransferable.selector);
        stakedHold.transfer(bob, 1);
        stakedHold.approve(bob, 1);
        vm.stopPrank();
        vm.prank(bob);
        vm.expectRevert(IStakedHold.NotTransferable.selector);
        stakedHold.transferFrom(alice, bob, 1);
    }

    function test_it_cannot_be_created_without_its_tokens() public {
        vm.expectRevert(IStakedHold.ZeroAddress.selector);
        new StakedHold(address(manager), address(0), address(dollar), COOLDOWN);
        vm.expectRevert(IStakedHold.ZeroAddress.selector);
        new StakedHold(address(manager), address(hold), address(0), COOLDOWN);
    }

    function permitted(uint256 deadline) private returns (address signer, bytes memory call) {
        uint256 key;
        (signer, key) = makeAddrAndKey("signer");
        vm.prank(carol);
        hold.transfer(signer, 7e18);
        (uint8 v, bytes32 r, bytes32 s) = signed(signer, key, deadline);
        call = abi.encodeCall(StakedHold.stakeWithPermit, (7e18, deadline, v, r, s));
    }

    function signed(address signer, uint256 key, uint256 deadline) private view returns (uint8, bytes32, bytes32) {
        bytes32 said = keccak256(abi.encode(PERMIT, signer, address(stakedHold), 7e18, 0, deadline));
        return vm.sign(key, keccak256(abi.encodePacked(hex"1901", hold.DOMAIN_SEPARATOR(), said)));
    }
}
