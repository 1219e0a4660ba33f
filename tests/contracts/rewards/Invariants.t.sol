// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "forge-std/Test.sol";

import {HoldToken} from "../../../contracts/HoldToken.sol";
import {RewardPool} from "../../../contracts/RewardPool.sol";
import {StakedHold} from "../../../contracts/StakedHold.sol";
import {TestDollar} from "../../../contracts/mocks/TestDollar.sol";
import {VaultHandler} from "./VaultHandler.sol";

/// @notice What holds of stakes and rewards after any sequence of calls; `docs/invariants.md` says each in a sentence.
contract VaultInvariantsTest is Test {
    uint256 private constant FIRST_SUPPLY = 400_000_000e18;

    VaultHandler private handler;
    StakedHold private stakedHold;
    RewardPool private pool;
    HoldToken private hold;
    TestDollar private dollar;

    function setUp() public {
        handler = new VaultHandler();
        handler.setUp();
        (address stakes_, address pool_, address hold_, address dollar_) = handler.world();
        (stakedHold, pool) = (StakedHold(stakes_), RewardPool(pool_));
        (hold, dollar) = (HoldToken(hold_), TestDollar(dollar_));
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), verbs()));
    }

    /// forge-config: default.invariant.check-interval = 10
    function invariant_what_is_owed_is_the_sum_of_what_each_is_owed_and_is_held() public view {
        uint256 stakes;
        uint256 votes;
        uint256 revenue;
        uint256 credits = pool.credit(handler.treasury());
        for (uint256 i = 0; i < handler.count(); ++i) {
            address who = handler.actors(i);
            stakes += stakedHold.balanceOf(who);
            votes += stakedHold.getVotes(who);
            revenue += stakedHold.revenueOf(who);
            credits += pool.credit(who);
        }
        assertEq(stakedHold.totalOwedHold(), stakes + handler.ticketed(), "HOLD owed: stakes and tickets");
        assertLe(stakedHold.totalOwedHold(), hold.balanceOf(address(stakedHold)), "HOLD owed is held");
        assertEq(votes, stakes, "a vote for each staked HOLD");
        assertLe(revenue, stakedHold.totalOwedAsset(), "no more revenue than was added");
        assertLe(stakedHold.totalOwedAsset(), dollar.balanceOf(address(stakedHold)), "revenue owed is held");
        assertEq(credits, pool.totalCredit(), "credits sum to their total");
        assertLe(pool.totalCredit(), dollar.balanceOf(address(pool)), "credits are held");
        assertEq(hold.totalSupply(), FIRST_SUPPLY + handler.minted(), "nothing but claims mints");
    }

    /// @dev After every run, from whatever state it reached, to the last holder.
    function afterInvariant() public {
        uint256 emitted;
        for (uint256 epoch = 0; epoch <= pool.currentEpoch(); ++epoch) {
            assertLe(pool.emissionOf(epoch), pool.scheduleOf(epoch), "the schedule holds");
            emitted += pool.emissionOf(epoch);
        }
        assertLe(handler.minted(), emitted, "no more is minted than was emitted");

        handler.everybodyLeaves();
        assertEq(stakedHold.totalOwedHold(), 0, "everybody has left with their HOLD");
        assertEq(pool.totalCredit(), 0, "everybody has their credit");
    }

    function verbs() private view returns (bytes4[] memory list) {
        list = new bytes4[](11);
        (list[0], list[1], list[2]) =
        (handler.stakeSome.selector, handler.requestUnstake.selector, handler.withdraw.selector);
        (list[3], list[4], list[5]) = (handler.claimRevenue.selector, handler.delegate.selector, handler.work.selector);
        (list[6], list[7], list[8]) =
        (handler.claimCredit.selector, handler.claimEmission.selector, handler.vote.selector);
        (list[9], list[10]) = (handler.donate.selector, handler.wait.selector);
    }
}
