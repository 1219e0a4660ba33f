// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {IRewardPool} from "../../../contracts/interfaces/IRewardPool.sol";
import {IStakedHold} from "../../../contracts/interfaces/IStakedHold.sol";
import {TestDollar} from "../../../contracts/mocks/TestDollar.sol";
import {ShareTable} from "../../../contracts/types/Sheet.sol";
import {JobsTest} from "../JobsTest.sol";

/// @notice Tells an observer of every transfer, before and after it.
contract NotifyingToken is TestDollar {
    Observer private _observer;

    function observeBy(Observer observer) external {
        _observer = observer;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (address(_observer) != address(0)) _observer.look();
        super._update(from, to, amount);
        if (address(_observer) != address(0)) _observer.look();
    }
}

/// @notice Tries one call at every look, as whoever it is.
contract Observer {
    address private _target;
    bytes private _call;
    bool private _looking;
    uint256 public succeeded;

    constructor(TestDollar dollar, address escrow) {
        dollar.approve(escrow, type(uint256).max);
    }

    function prepare(address target, bytes memory call) external {
        (_target, _call, succeeded) = (target, call, 0);
    }

    function act(address target, bytes memory call) external returns (bool done) {
        (done,) = target.call(call);
    }

    function look() external {
        if (_target == address(0) || _looking) return;
        _looking = true;
        (bool done,) = _target.call(_call);
        _looking = false;
        if (done) ++succeeded;
    }
}

/// @notice The asset calls a thief in the middle of every transfer. It is paid what it is owed, once.
contract NotifyingAssetTest is JobsTest {
    uint256 private constant FEE = 10e6;
    uint256 private constant SHARED = FEE * 15 / 100;
    Observer private observer;

    function setUp() public override {
        super.setUp();
        vm.etch(address(dollar), address(new NotifyingToken()).code);
        observer = new Observer(dollar, address(escrow));
        vm.prank(alice);
        hold.transfer(address(observer), EACH);
        vm.startPrank(address(observer));
        hold.approve(address(stakedHold), EACH);
        stakedHold.stake(EACH);
        vm.stopPrank();
    }

    function test_a_bucket_is_split_once_though_its_transfer_splits_it_again() public {
        runJob(client, operator, FEE);
        ShareTable memory shares = slotted();
        watch(address(pool), abi.encodeCall(IRewardPool.split, (shares, operator)));

        pool.split(shares, operator);

        assertEq(observer.succeeded(), 0);
        assertEq(pool.totalCredit() + stakedHold.totalOwedAsset(), SHARED);
        assertSolvent();
    }

    function test_revenue_cannot_be_claimed_before_it_has_come() public {
        runJob(client, operator, FEE);
        ShareTable memory shares = slotted();
        watch(address(stakedHold), abi.encodeCall(IStakedHold.claimRevenue, (address(observer))));

        vm.expectRevert();
        pool.split(shares, operator);

        assertEq(escrow.bucketOf(pool.sharesId(shares), operator), SHARED, "it waits in its bucket");
        assertSolvent();
    }

    function test_revenue_is_claimed_once_though_its_transfer_claims_it_again() public {
        runJob(client, operator, FEE);
        pool.split(slotted(), operator);
        bytes memory claim = abi.encodeCall(IStakedHold.claimRevenue, (address(observer)));
        watch(address(stakedHold), claim);

        assertTrue(observer.act(address(stakedHold), claim));

        assertApproxEqAbs(dollar.balanceOf(address(observer)), FEE * 7 / 100, 1, "but for the dust");
        assertEq(observer.succeeded(), 0);
        assertSolvent();
    }

    function test_an_account_is_emptied_once_though_its_transfer_empties_it_again() public {
        fund(address(observer), FEE);
        fund(client, FEE);
        bytes memory withdrawal = abi.encodeCall(IJobEscrow.withdraw, (address(observer), FEE));
        watch(address(escrow), withdrawal);

        assertTrue(observer.act(address(escrow), withdrawal));

        assertEq(dollar.balanceOf(address(observer)), FEE);
        assertEq(observer.succeeded(), 0);
        assertSolvent();
    }

    function test_a_deposit_inside_a_deposit_is_refused_whole() public {
        dollar.mint(address(observer), FEE);
        dollar.mint(client, FEE);
        vm.prank(client);
        dollar.approve(address(escrow), FEE);
        watch(address(escrow), abi.encodeCall(IJobEscrow.deposit, (address(observer), FEE)));

        vm.prank(client);
        vm.expectPartialRevert(IJobEscrow.WrongReceipt.selector);
        escrow.deposit(client, FEE);

        assertEq(escrow.totalOwed(), 0);
    }

    function watch(address target, bytes memory call) private {
        NotifyingToken(address(dollar)).observeBy(observer);
        observer.prepare(target, call);
    }

    function assertSolvent() private view {
        assertGe(dollar.balanceOf(address(escrow)), escrow.totalOwed());
        assertGe(dollar.balanceOf(address(pool)), pool.totalCredit());
        assertGe(dollar.balanceOf(address(stakedHold)), stakedHold.totalOwedAsset());
    }
}
