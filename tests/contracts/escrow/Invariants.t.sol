// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {TestDollar} from "../../../contracts/mocks/TestDollar.sol";
import {JobHandler} from "./JobHandler.sol";

/// @notice What holds after any sequence of calls; `docs/invariants.md` says each in a sentence.
contract EscrowInvariantsTest is Test {
    /// @dev The longest that any state may last: an offer's window, then service and outage, then challenge and dispute.
    uint256 private constant LONGEST = 1 days + (2 hours + 1 days) + (2 hours + 1 days);

    // Overloaded in the handler, so not to be had by name.
    bytes4 private constant ACCEPT = bytes4(keccak256("accept(uint256,uint256)"));
    bytes4 private constant POST = bytes4(keccak256("post(uint256,uint256)"));
    bytes4 private constant HOLD = bytes4(keccak256("hold(uint256,uint256)"));

    JobHandler private handler;
    IJobEscrow private escrow;
    TestDollar private dollar;
    address private treasury;

    function setUp() public {
        handler = new JobHandler();
        handler.setUp();
        address escrow_;
        address dollar_;
        (escrow_, dollar_, treasury) = handler.world();
        (escrow, dollar) = (IJobEscrow(escrow_), TestDollar(dollar_));
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), verbs()));
    }

    function invariant_I_1_the_escrow_owes_the_sum_of_all_accounts_and_buckets_and_holds_it() public view {
        assertEq(handler.sumOfAccounts(), escrow.totalOwed(), "I-1: accounts and buckets sum to what is owed");
        assertLe(escrow.totalOwed(), dollar.balanceOf(address(escrow)), "I-1: what is owed is held");
        uint256[] memory obligations = handler.obligations();
        for (uint256 i = 0; i < obligations.length; ++i) {
            (, uint256 locked,) = escrow.accountOf(handler.actors(i));
            assertEq(locked, obligations[i], "I-1: what is locked is what open jobs hold");
        }
    }

    /// @dev After every run, from whatever state it reached.
    function afterInvariant() public {
        uint256 started = block.timestamp;
        for (uint256 i = 0; handler.jobCount() != 0; ++i) {
            if (!handler.tryToEnd(0)) skip(30 minutes);
            assertLe(block.timestamp, started + LONGEST, "I-2: a stranger ends every job within the stated time");
        }

        for (uint256 i = 0; i < 4; ++i) {
            withdrawAll(handler.actors(i));
            handler.takeBucket(0, i);
            handler.takeBucket(1, i);
        }
        withdrawAll(treasury);
        assertEq(escrow.totalOwed(), 0, "I-2: everybody withdraws everything");
    }

    function withdrawAll(address account) private {
        (uint256 free,,) = escrow.accountOf(account);
        if (free == 0) return;
        vm.prank(account);
        escrow.withdraw(account, free);
    }

    /// @dev What leads to a job's end by its good way is named more than once, or few jobs would get there.
    function verbs() private pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](21);
        selectors[0] = JobHandler.deposit.selector;
        selectors[1] = JobHandler.withdraw.selector;
        selectors[2] = JobHandler.donate.selector;
        selectors[3] = JobHandler.takeBucket.selector;
        selectors[4] = JobHandler.wait.selector;
        selectors[5] = JobHandler.stateOutage.selector;
        selectors[6] = JobHandler.vote.selector;
        selectors[7] = JobHandler.cancel.selector;
        selectors[8] = HOLD;
        selectors[9] = JobHandler.release.selector;
        selectors[10] = JobHandler.convict.selector;
        (selectors[11], selectors[12]) = (JobHandler.nudge.selector, JobHandler.nudge.selector);
        (selectors[13], selectors[14]) = (JobHandler.submit.selector, JobHandler.submit.selector);
        (selectors[15], selectors[16], selectors[17]) = (ACCEPT, ACCEPT, ACCEPT);
        (selectors[18], selectors[19]) = (POST, POST);
        selectors[20] = JobHandler.holdTooLong.selector;
    }
}
