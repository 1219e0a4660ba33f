// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IHoldToken} from "./interfaces/IHoldToken.sol";
import {IJobEscrow} from "./interfaces/IJobEscrow.sol";
import {IRewardPool} from "./interfaces/IRewardPool.sol";
import {IStakedHold} from "./interfaces/IStakedHold.sol";
import {ShareTable} from "./types/Sheet.sol";

/// @title RewardPool
contract RewardPool is IRewardPool, AccessManaged {
    using SafeERC20 for IERC20;

    uint256 public constant EPOCH_SECONDS = 7 days;
    /// @notice First epoch's schedule: with a halving every 104 epochs, all of them sum to less than 600,000,000 HOLD.
    uint256 public constant FIRST_SCHEDULE = 2_884_000e18;
    uint256 public constant HALVING_EPOCHS = 104;
    uint256 public constant OPERATORS_BPS = 7_000;
    uint256 private constant WHOLE = 10_000;
    uint256 private constant ONE_HOLD = 1e18;

    /// @notice What an epoch's emission rests on.
    /// @param work the treasury's part of the slotted fees split in it
    struct Epoch {
        uint256 work;
        uint256 rateBps;
        uint256 referencePrice;
    }

    struct Work {
        uint256 asOperator;
        uint256 asCurator;
    }

    IJobEscrow public immutable escrow;
    IHoldToken public immutable hold;
    IStakedHold public immutable stakedHold;
    IERC20 public immutable asset;
    address public immutable treasury;
    uint256 public immutable startedAt;

    uint256 public rateBps;
    uint256 public referencePrice;
    /// @inheritdoc IRewardPool
    uint256 public totalCredit;
    /// @inheritdoc IRewardPool
    mapping(address account => uint256) public credit;

    mapping(uint256 epoch => Epoch) private _epochs;
    mapping(uint256 epoch => mapping(address account => Work)) private _work;

    constructor(
        address manager,
        address escrow_,
        address hold_,
        address stakedHold_,
        address asset_,
        address treasury_,
        uint256 rateBps_,
        uint256 referencePrice_
    ) AccessManaged(manager) {
        if (treasury_ == address(0)) revert ZeroAddress();
        escrow = IJobEscrow(escrow_);
        hold = IHoldToken(hold_);
        stakedHold = IStakedHold(stakedHold_);
        asset = IERC20(asset_);
        treasury = treasury_;
        startedAt = block.timestamp;
        _setEmission(rateBps_, referencePrice_);
    }

    // ---------------------------------------------------------------- fees

    /// @inheritdoc IRewardPool
    function split(ShareTable calldata shares, address operator) external returns (uint256 amount) {
        bytes32 id = sharesId(shares);
        amount = escrow.takeBucket(id, operator);
        if (amount == 0) revert NothingToSplit(id, operator);

        uint256 whole = uint256(shares.curatorBps) + shares.stakersBps + shares.treasuryBps;
        uint256 curatorPart = amount * shares.curatorBps / whole;
        uint256 stakersPart = _isAnythingStaked() ? amount * shares.stakersBps / whole : 0;
        uint256 treasuryPart = amount - curatorPart - stakersPart;
        _credit(shares.curator, curatorPart);
        _credit(treasury, treasuryPart);
        // What earns HOLD is the treasury's own share: what fell to it because nobody staked is not counted.
        if (shares.slotted) _recordWork(operator, shares.curator, amount * shares.treasuryBps / whole);

        emit BucketSplit(
            operator, shares.curator, id, currentEpoch(), curatorPart, stakersPart, treasuryPart, shares.slotted
        );
        if (stakersPart != 0) _payStakers(stakersPart);
    }

    /// @inheritdoc IRewardPool
    function claim(address to) external returns (uint256 amount) {
        if (to == address(0)) revert ZeroAddress();
        amount = credit[msg.sender];
        if (amount == 0) revert NothingToClaim(msg.sender);

        credit[msg.sender] = 0;
        totalCredit -= amount;

        emit Claimed(msg.sender, to, amount);
        asset.safeTransfer(to, amount);
    }

    // ---------------------------------------------------------------- emission

    /// @inheritdoc IRewardPool
    function claimEmission(uint256 epoch, address account) external returns (uint256 amount) {
        uint256 endsAt = startedAt + (epoch + 1) * EPOCH_SECONDS;
        if (block.timestamp < endsAt) revert EpochNotOver(epoch, endsAt);
        amount = earnedIn(epoch, account);
        if (amount == 0) revert NothingToClaim(account);

        delete _work[epoch][account];

        emit EmissionClaimed(epoch, account, amount);
        hold.mint(account, amount);
    }

    /// @inheritdoc IRewardPool
    function setEmission(uint256 rateBps_, uint256 referencePrice_) external restricted {
        // The running epoch keeps what it began with, also when nothing has been split in it yet.
        _pin(_epochs[currentEpoch()]);
        _setEmission(rateBps_, referencePrice_);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IRewardPool
    function emissionOf(uint256 epoch) public view returns (uint256) {
        Epoch storage found = _epochs[epoch];
        if (found.work == 0) return 0;
        uint256 bought = found.work * ONE_HOLD * found.rateBps / WHOLE / found.referencePrice;
        uint256 scheduled = scheduleOf(epoch);
        return bought < scheduled ? bought : scheduled;
    }

    /// @inheritdoc IRewardPool
    function earnedIn(uint256 epoch, address account) public view returns (uint256) {
        Work storage work = _work[epoch][account];
        if (work.asOperator == 0 && work.asCurator == 0) return 0;
        uint256 weighted = work.asOperator * OPERATORS_BPS + work.asCurator * (WHOLE - OPERATORS_BPS);
        return emissionOf(epoch) * weighted / WHOLE / _epochs[epoch].work;
    }

    /// @inheritdoc IRewardPool
    function currentEpoch() public view returns (uint256) {
        return (block.timestamp - startedAt) / EPOCH_SECONDS;
    }

    /// @inheritdoc IRewardPool
    function scheduleOf(uint256 epoch) public pure returns (uint256) {
        uint256 halvings = epoch / HALVING_EPOCHS;
        return halvings > 255 ? 0 : FIRST_SCHEDULE >> halvings;
    }

    /// @inheritdoc IRewardPool
    function sharesId(ShareTable calldata shares) public pure returns (bytes32) {
        return keccak256(abi.encode(shares));
    }

    // ---------------------------------------------------------------- inside

    function _credit(address account, uint256 amount) private {
        credit[account] += amount;
        totalCredit += amount;
    }

    function _recordWork(address operator, address curator, uint256 amount) private {
        uint256 epoch = currentEpoch();
        _pin(_epochs[epoch]);
        _epochs[epoch].work += amount;
        _work[epoch][operator].asOperator += amount;
        _work[epoch][curator].asCurator += amount;
    }

    function _pin(Epoch storage epoch) private {
        if (epoch.referencePrice != 0) return;
        epoch.rateBps = rateBps;
        epoch.referencePrice = referencePrice;
    }

    function _payStakers(uint256 amount) private {
        asset.forceApprove(address(stakedHold), amount);
        stakedHold.addRevenue(amount);
    }

    function _isAnythingStaked() private view returns (bool) {
        return IERC20(address(stakedHold)).totalSupply() != 0;
    }

    function _setEmission(uint256 rateBps_, uint256 referencePrice_) private {
        if (rateBps_ > WHOLE || referencePrice_ == 0 || referencePrice_ > type(uint104).max) {
            revert EmissionOutOfBounds(rateBps_, referencePrice_);
        }
        rateBps = rateBps_;
        referencePrice = referencePrice_;
        emit EmissionRateSet(rateBps_, referencePrice_);
    }
}
