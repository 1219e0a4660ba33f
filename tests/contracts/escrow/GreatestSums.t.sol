// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {stdError} from "forge-std/StdError.sol";

import {TermsPacking} from "../../../contracts/libraries/TermsPacking.sol";
import {ISheetBook} from "../../../contracts/interfaces/ISheetBook.sol";
import {Award, JobStatus, Outcome, Submission} from "../../../contracts/types/Job.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {Job, JobFacts} from "./JobFacts.sol";

/// @notice The greatest fee and bond that the escrow can hold at once fill their fields of an account's word, and no field
/// runs into its neighbour, whichever way the job ends.
contract GreatestSumsTest is EscrowTest {
    uint256 private constant HALF = type(uint104).max / 2;
    uint256 private constant ACCOUNTS_SLOT = 3;
    uint256 private constant LAST_NONCE = type(uint48).max;

    function setUp() public override {
        super.setUp();
        ISheetBook.Numbers memory numbers = JobFacts.numbers();
        (numbers.bondBps, numbers.fineBps, numbers.minBond) = (10_000, 10_000, 1);
        sheet.terms = TermsPacking.pack(numbers, 0);
        putInForce(sheet);
        fund(client, HALF - FUNDS);
        fund(operator, HALF - FUNDS);
    }

    function test_the_greatest_job_is_settled() public {
        Job memory job = greatest();
        post(job, Outcome.Answered, OUTPUT);
        skip(1 hours);
        settle(job);

        assertAccount(client, 0, 0);
        assertAccount(operator, 2 * HALF - HALF / 10, 0);
        assertEq(escrow.bucketOf(sheet.shares, operator), HALF / 10);
        assertNonces();
    }

    function test_the_greatest_fine_is_paid() public {
        Job memory job = greatest();
        skip(20 minutes + 1);
        escrow.expireWork(job.id, job.work, job.offer);

        assertAccount(client, 2 * HALF, 0);
        assertAccount(operator, 0, 0);
        assertNonces();
    }

    function test_the_greatest_bond_is_taken() public {
        Job memory job = greatest();
        post(job, Outcome.Answered, OUTPUT);
        Award[] memory awards = new Award[](1);
        awards[0] = Award(client, HALF / 2);
        vm.prank(judge);
        escrow.convict(job.id, job.answer, awards);

        assertAccount(client, HALF + HALF / 2, 0);
        assertAccount(operator, 0, 0);
        assertAccount(treasury, HALF - HALF / 2, 0);
        assertNonces();
    }

    /// @dev After 2^48 jobs an account submits no more; it neither begins again at nonce zero nor loses anything.
    function test_a_nonce_never_begins_again() public {
        bytes32 slot = keccak256(abi.encode(client, ACCOUNTS_SLOT));
        vm.store(address(escrow), slot, bytes32(uint256(vm.load(address(escrow), slot)) | LAST_NONCE << 208));
        (uint256 free,, uint256 nonce) = escrow.accountOf(client);
        assertEq(nonce, LAST_NONCE);

        vm.prank(client);
        vm.expectRevert(stdError.arithmeticError);
        escrow.submitJob(sheet, JobFacts.submission());

        vm.prank(client);
        escrow.withdraw(client, free);
        assertAccount(client, 0, 0);
    }

    function greatest() private returns (Job memory job) {
        Submission memory asked = JobFacts.submission();
        (asked.minFee, asked.maxFee) = (HALF, HALF);
        job = submitted(asked);
        accept(job, operator);
        assertAccount(client, 0, HALF);
        assertAccount(operator, 0, HALF);
        assertStatus(job, JobStatus.Accepted);
    }

    function assertNonces() private view {
        (,, uint256 ofClient) = escrow.accountOf(client);
        (,, uint256 ofOperator) = escrow.accountOf(operator);
        assertEq(ofClient, 1);
        assertEq(ofOperator, 0);
    }
}
