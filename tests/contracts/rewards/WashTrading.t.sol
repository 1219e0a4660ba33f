// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Job} from "../escrow/JobFacts.sol";
import {JobsTest} from "../JobsTest.sol";

/// @notice A trader who is client, operator and curator at once and owns nine tenths of the stake buys from itself and
/// gains nothing at the reference price, whatever it pays, whatever the rate, the price and the curator's share.
contract WashTradingTest is JobsTest {
    address private trader = makeAddr("trader");

    function setUp() public override {
        super.setUp();
        address[9] memory sellers = [deployer, operator, operator2, client, client2, curator, alice, bob, carol];
        for (uint256 i = 0; i < sellers.length; ++i) {
            vm.prank(sellers[i]);
            hold.transfer(trader, EACH);
        }
        stake(trader, 9 * EACH);
        stake(dave, EACH);
    }

    function testFuzz_buying_from_oneself_never_gains(
        uint256 fee,
        uint256 jobs,
        uint256 curatorBps,
        uint256 rateBps,
        uint256 price
    ) public {
        price = bound(price, 1, 1e9);
        adopt(uint16(bound(curatorBps, 0, 2_000)), bound(rateBps, 0, 10_000), price);
        fee = bound(fee, 10, 1e15);
        jobs = bound(jobs, 1, 3);
        uint256 brought;
        for (uint256 i = 0; i < jobs; ++i) {
            brought += buyFromItself(fee);
        }

        uint256 back = everythingBack();

        assertLe(back + hold.balanceOf(trader) * price / 1e18, brought, "gained by buying from itself");
    }

    function adopt(uint16 curatorBps, uint256 rateBps, uint256 price) private {
        bytes32 own = registerModel(trader, "own", TOKENIZER, curatorBps);
        vm.startPrank(address(timelock));
        pool.setEmission(rateBps, price);
        models.assignSlot(CHAT, own);
        vm.stopPrank();
        skip(7 days);
    }

    /// @return brought the fee and the bond, both from outside
    function buyFromItself(uint256 fee) private returns (uint256 brought) {
        (bytes32 own,) = models.slotModel(CHAT);
        Job memory job = submitted(CHAT, own, trader, fee);
        brought = fee + escrow.bondOf(job.offer);
        accept(job, trader);
        post(job);
        settle(job);
    }

    /// @return everything in the asset that the trader has once its jobs are split and all is claimed
    function everythingBack() private returns (uint256) {
        uint256 epoch = pool.currentEpoch();
        pool.split(slotted(), trader);
        skip(7 days);
        vm.startPrank(trader);
        if (pool.credit(trader) != 0) pool.claim(trader);
        if (stakedHold.revenueOf(trader) != 0) stakedHold.claimRevenue(trader);
        if (pool.earnedIn(epoch, trader) != 0) pool.claimEmission(epoch, trader);
        vm.stopPrank();
        (uint256 free,,) = escrow.accountOf(trader);
        return dollar.balanceOf(trader) + free;
    }
}
