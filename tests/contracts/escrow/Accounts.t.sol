// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {JobEscrow} from "../../../contracts/JobEscrow.sol";
import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {TestDollar} from "../../../contracts/mocks/TestDollar.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {FeeToken, HookToken, Thief} from "./FaultyTokens.sol";
import {Job} from "./JobFacts.sol";

/// @notice Money in and out, and tokens that misbehave.
contract AccountsTest is EscrowTest {
    uint256 private constant SIGNER_KEY = 0xA11CE;

    function test_anyone_deposits_for_anyone() public {
        dollar.mint(stranger, 5);
        vm.startPrank(stranger);
        dollar.approve(address(escrow), 5);
        vm.expectEmit(address(escrow));
        emit IJobEscrow.Deposited(watcher, stranger, 5);
        escrow.deposit(watcher, 5);

        assertAccount(watcher, 5, 0);
    }

    function test_an_owner_withdraws_to_whom_it_likes() public {
        vm.expectEmit(address(escrow));
        emit IJobEscrow.Withdrawn(client, watcher, 3);
        vm.prank(client);
        escrow.withdraw(watcher, 3);

        assertEq(dollar.balanceOf(watcher), 3);
        assertAccount(client, FUNDS - 3, 0);
    }

    function test_what_a_job_holds_cannot_be_withdrawn() public {
        submitted();
        uint256 left = free(client);

        vm.prank(client);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.InsufficientBalance.selector, client, left, left + 1));
        escrow.withdraw(client, left + 1);
    }

    function test_refuses_nothing_nobody_and_too_much() public {
        vm.expectRevert(IJobEscrow.ZeroAddress.selector);
        escrow.deposit(address(0), 1);
        vm.expectRevert(IJobEscrow.ZeroAddress.selector);
        escrow.withdraw(address(0), 1);
        uint256 room = type(uint104).max - 2 * FUNDS;
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.BadAmount.selector, 0, room));
        escrow.deposit(client, 0);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.BadAmount.selector, room + 1, room));
        escrow.deposit(client, room + 1);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.BadAmount.selector, 0, type(uint104).max));
        escrow.withdraw(client, 0);
    }

    function test_an_escrow_needs_an_asset_and_a_treasury() public {
        vm.expectRevert(IJobEscrow.ZeroAddress.selector);
        new JobEscrow(address(this), address(0), treasury);
        vm.expectRevert(IJobEscrow.ZeroAddress.selector);
        new JobEscrow(address(this), address(dollar), address(0));
    }

    function test_the_greatest_sum_that_the_escrow_can_owe_goes_in_and_out() public {
        uint256 room = type(uint104).max - 2 * FUNDS;
        fund(watcher, room);

        vm.prank(watcher);
        escrow.withdraw(watcher, room);

        assertEq(dollar.balanceOf(watcher), room);
    }

    function test_a_permit_deposits_without_an_approval() public {
        address signer = vm.addr(SIGNER_KEY);
        dollar.mint(signer, 7);
        (uint8 v, bytes32 r, bytes32 s) = permit(signer, 7);

        vm.prank(signer);
        escrow.depositWithPermit(7, block.timestamp, v, r, s);

        assertAccount(signer, 7, 0);
    }

    function test_a_permit_that_somebody_used_already_does_no_harm() public {
        address signer = vm.addr(SIGNER_KEY);
        dollar.mint(signer, 7);
        (uint8 v, bytes32 r, bytes32 s) = permit(signer, 7);
        vm.prank(stranger);
        dollar.permit(signer, address(escrow), 7, block.timestamp, v, r, s);

        vm.prank(signer);
        escrow.depositWithPermit(7, block.timestamp, v, r, s);

        assertAccount(signer, 7, 0);
    }

    function test_somebody_elses_permit_moves_nothing() public {
        address signer = vm.addr(SIGNER_KEY);
        dollar.mint(signer, 7);
        (uint8 v, bytes32 r, bytes32 s) = permit(signer, 7);

        vm.prank(stranger);
        vm.expectRevert();
        escrow.depositWithPermit(7, block.timestamp, v, r, s);

        assertEq(dollar.balanceOf(signer), 7);
    }

    function test_a_token_that_keeps_a_fee_is_refused() public {
        useToken(new FeeToken());
        dollar.mint(address(this), 1_000);
        dollar.approve(address(escrow), 1_000);

        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongReceipt.selector, 1_000, 990));
        escrow.deposit(client, 1_000);
    }

    function test_a_hook_cannot_take_out_what_has_not_come_in() public {
        (HookToken token, Thief thief) = robbed();

        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.WrongReceipt.selector, 100, 0));
        thief.depositAndWithdrawMeanwhile(100);

        assertEq(token.balanceOf(address(escrow)), 1_000, "the others' money is there");
    }

    function test_a_hook_cannot_withdraw_twice() public {
        (HookToken token, Thief thief) = robbed();
        token.mint(address(this), 100);
        token.approve(address(escrow), 100);
        escrow.deposit(address(thief), 100);

        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.InsufficientBalance.selector, thief, 0, 100));
        thief.withdrawTwice(100);

        assertEq(token.balanceOf(address(escrow)), 1_100, "nothing has gone");
    }

    function test_only_roles_set_sheets_and_generations_and_take_buckets() public {
        bytes memory refusal = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(refusal);
        escrow.setSheet(SLOT, 0);
        vm.expectRevert(refusal);
        escrow.setGeneration(2);
        vm.expectRevert(refusal);
        escrow.takeBucket(sheet.shares, operator);
    }

    function test_a_bucket_is_taken_once() public {
        Job memory job = posted();
        skip(1 hours);
        settle(job);

        uint256 taken = escrow.takeBucket(sheet.shares, operator);

        assertEq(dollar.balanceOf(address(this)), taken);
        assertEq(escrow.takeBucket(sheet.shares, operator), 0, "it is empty then");
        assertEq(escrow.totalOwed(), 2 * FUNDS - taken);
    }

    function test_the_escrow_names_its_asset_treasury_sheets_and_generation() public {
        escrow.setGeneration(3);

        assertEq(escrow.asset(), address(dollar));
        assertEq(escrow.treasury(), treasury);
        assertEq(escrow.sheetOf(SLOT), keccak256(abi.encode(sheet)));
        assertEq(escrow.generation(), 3);
    }

    function useToken(TestDollar token) private {
        dollar = token;
        escrow = new JobEscrow(escrow.authority(), address(token), treasury);
    }

    function robbed() private returns (HookToken token, Thief thief) {
        token = new HookToken();
        useToken(token);
        fund(client, 1_000);
        thief = new Thief(escrow);
        token.mint(address(thief), 100);
        token.hook(address(thief));
    }

    function permit(address signer, uint256 amount) private view returns (uint8 v, bytes32 r, bytes32 s) {
        bytes32 permitType =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 message =
            keccak256(abi.encode(permitType, signer, address(escrow), amount, dollar.nonces(signer), block.timestamp));
        return vm.sign(SIGNER_KEY, keccak256(abi.encodePacked("\x19\x01", dollar.DOMAIN_SEPARATOR(), message)));
    }
}
