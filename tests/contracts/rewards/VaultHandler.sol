// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ShareTable} from "../../../contracts/types/Sheet.sol";
import {JobsTest} from "../JobsTest.sol";

/// @notice Holders who stake, leave and claim while jobs are paid, split and rewarded, in any order. Every verb that can
/// be done is done; none reverts.
contract VaultHandler is JobsTest {
    address[] public actors;
    /// @notice HOLD in tickets that are not withdrawn.
    uint256 public ticketed;
    uint256 public minted;
    mapping(address who => uint256[]) private _tickets;

    function setUp() public override {
        super.setUp();
        actors = [alice, bob, operator, curator];
    }

    function count() external view returns (uint256) {
        return actors.length;
    }

    // ---------------------------------------------------------------- stakes

    function stakeSome(uint256 seed, uint256 amount) public {
        address who = actor(seed);
        uint256 most = hold.balanceOf(who);
        if (most != 0) stake(who, bound(amount, 1, most));
    }

    function requestUnstake(uint256 seed, uint256 amount) public {
        address who = actor(seed);
        uint256 most = stakedHold.balanceOf(who);
        if (most == 0) return;
        amount = bound(amount, 1, most);
        vm.prank(who);
        _tickets[who].push(stakedHold.requestUnstake(amount));
        ticketed += amount;
    }

    function withdraw(uint256 seed) public {
        address who = actor(seed);
        uint256 left = _tickets[who].length;
        if (left == 0) return;
        uint256 ticket = _tickets[who][left - 1];
        (uint256 amount, uint256 unlockAt) = stakedHold.ticketOf(who, ticket);
        if (block.timestamp < unlockAt) vm.warp(unlockAt);
        vm.prank(who);
        stakedHold.withdraw(ticket, who);
        _tickets[who].pop();
        ticketed -= amount;
    }

    function claimRevenue(uint256 seed) public {
        address who = actor(seed);
        if (stakedHold.revenueOf(who) == 0) return;
        vm.prank(who);
        stakedHold.claimRevenue(who);
    }

    function delegate(uint256 seed, uint256 to) public {
        vm.prank(actor(seed));
        stakedHold.delegate(actor(to));
    }

    // ---------------------------------------------------------------- fees

    function work(bool first, uint256 fee) public {
        address worker = first ? operator : bob;
        runJob(client, worker, bound(fee, 7, 1e12));
        pool.split(slotted(), worker);
    }

    function claimCredit(uint256 seed) public {
        address who = seed % 4 == 0 ? address(timelock) : curator;
        if (pool.credit(who) == 0) return;
        vm.prank(who);
        pool.claim(who);
    }

    function claimEmission(uint256 seed, uint256 epoch) public {
        if (pool.currentEpoch() == 0) return;
        address who = actor(seed);
        epoch = bound(epoch, 0, pool.currentEpoch() - 1);
        if (pool.earnedIn(epoch, who) != 0) minted += pool.claimEmission(epoch, who);
    }

    // ---------------------------------------------------------------- the world

    function vote(uint256 cooldown, uint256 rateBps, uint256 price) public {
        vm.startPrank(address(timelock));
        stakedHold.setCooldown(bound(cooldown, 1 days, 5 days));
        pool.setEmission(bound(rateBps, 0, 10_000), bound(price, 1, 1e9));
        vm.stopPrank();
    }

    function donate(uint256 amount) public {
        amount = bound(amount, 1, 1e9);
        dollar.mint(address(pool), amount);
        dollar.mint(address(stakedHold), amount);
        if (hold.balanceOf(dave) < amount) return;
        vm.prank(dave);
        hold.transfer(address(stakedHold), amount);
    }

    function wait(uint256 seconds_) public {
        skip(bound(seconds_, 1, 3 days));
    }

    // ---------------------------------------------------------------- the end

    function everybodyLeaves() external {
        for (uint256 i = 0; i < actors.length; ++i) {
            requestUnstake(i, type(uint256).max);
            while (_tickets[actors[i]].length != 0) {
                withdraw(i);
            }
            claimRevenue(i);
            claimCredit(i);
        }
        claimCredit(1);
    }

    function world() external view returns (address, address, address, address) {
        return (address(stakedHold), address(pool), address(hold), address(dollar));
    }

    function treasury() external view returns (address) {
        return address(timelock);
    }

    function actor(uint256 seed) private view returns (address) {
        return actors[seed % actors.length];
    }
}
