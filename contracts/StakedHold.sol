// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IStakedHold} from "./interfaces/IStakedHold.sol";

/// @title StakedHold
/// @dev Revenue per share is a fixed-point number with 128 bits after the point. A holder's part is rounded down when it is
/// booked, so what is owed to all never exceeds `totalOwedAsset`; the dust stays.
contract StakedHold is IStakedHold, ERC20Votes, AccessManaged {
    using SafeERC20 for IERC20;

    struct Ticket {
        uint256 amount;
        uint256 unlockAt;
    }

    struct Revenue {
        uint256 booked;
        uint256 perShareSeen;
    }

    uint256 public constant MIN_COOLDOWN = 1 days;
    uint256 public constant MAX_COOLDOWN = 5 days;
    uint256 private constant POINT = 128;

    IERC20 public immutable hold;
    IERC20 public immutable asset;

    /// @inheritdoc IStakedHold
    uint256 public cooldown;
    /// @inheritdoc IStakedHold
    uint256 public totalOwedAsset;
    uint256 private _perShare;
    uint256 private _totalTickets;

    mapping(address account => Revenue) private _revenues;
    mapping(address account => Ticket[]) private _tickets;

    constructor(address manager, address hold_, address asset_, uint256 cooldown_)
        ERC20("Staked HOLD", "sHOLD")
        EIP712("Staked HOLD", "1")
        AccessManaged(manager)
    {
        if (hold_ == address(0) || asset_ == address(0)) revert ZeroAddress();
        hold = IERC20(hold_);
        asset = IERC20(asset_);
        _setCooldown(cooldown_);
    }

    // ---------------------------------------------------------------- stakes

    /// @inheritdoc IStakedHold
    function stake(uint256 amount) external {
        _stake(amount);
    }

    /// @inheritdoc IStakedHold
    function stakeWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        try IERC20Permit(address(hold)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        _stake(amount);
    }

    /// @inheritdoc IStakedHold
    function requestUnstake(uint256 amount) external returns (uint256 ticket) {
        if (amount == 0) revert ZeroAmount();

        _burn(msg.sender, amount);
        uint256 unlockAt = block.timestamp + cooldown;
        ticket = _tickets[msg.sender].length;
        _tickets[msg.sender].push(Ticket({amount: amount, unlockAt: unlockAt}));
        _totalTickets += amount;

        emit UnstakeRequested(msg.sender, ticket, amount, unlockAt);
    }

    /// @inheritdoc IStakedHold
    function withdraw(uint256 ticket, address to) external {
        if (to == address(0)) revert ZeroAddress();
        (uint256 amount, uint256 unlockAt) = ticketOf(msg.sender, ticket);
        if (amount == 0) revert TicketUnknown(msg.sender, ticket);
        if (block.timestamp < unlockAt) revert StillCoolingDown(unlockAt);

        delete _tickets[msg.sender][ticket];
        _totalTickets -= amount;

        emit Withdrawn(msg.sender, ticket, to, amount);
        hold.safeTransfer(to, amount);
    }

    // ---------------------------------------------------------------- revenue

    /// @inheritdoc IStakedHold
    function addRevenue(uint256 amount) external restricted {
        if (amount == 0) revert ZeroAmount();
        uint256 staked = totalSupply();
        if (staked == 0) revert NothingStaked();
        uint256 before = asset.balanceOf(address(this));

        _perShare += (amount << POINT) / staked;
        totalOwedAsset += amount;

        emit RevenueAdded(amount, _perShare);
        asset.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = asset.balanceOf(address(this)) - before;
        if (received != amount) revert WrongReceipt(amount, received);
    }

    /// @inheritdoc IStakedHold
    function claimRevenue(address to) external returns (uint256 amount) {
        if (to == address(0)) revert ZeroAddress();
        _book(msg.sender);
        amount = _revenues[msg.sender].booked;
        if (amount == 0) revert ZeroAmount();

        _revenues[msg.sender].booked = 0;
        totalOwedAsset -= amount;

        emit RevenueClaimed(msg.sender, to, amount);
        asset.safeTransfer(to, amount);
    }

    /// @inheritdoc IStakedHold
    function setCooldown(uint256 cooldown_) external restricted {
        _setCooldown(cooldown_);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IStakedHold
    function revenueOf(address account) external view returns (uint256) {
        return _revenues[account].booked + _unbooked(account);
    }

    /// @inheritdoc IStakedHold
    function totalOwedHold() external view returns (uint256) {
        return totalSupply() + _totalTickets;
    }

    /// @inheritdoc IStakedHold
    function ticketOf(address account, uint256 ticket) public view returns (uint256 amount, uint256 unlockAt) {
        if (ticket >= _tickets[account].length) revert TicketUnknown(account, ticket);
        Ticket storage found = _tickets[account][ticket];
        return (found.amount, found.unlockAt);
    }

    /// @notice Seconds (ERC-6372), so that votes mean the same on every chain.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    // ---------------------------------------------------------------- inside

    function _stake(uint256 amount) private {
        if (amount == 0) revert ZeroAmount();

        bool isFirst = balanceOf(msg.sender) == 0;
        if (isFirst && delegates(msg.sender) == address(0)) _delegate(msg.sender, msg.sender);
        _mint(msg.sender, amount);

        emit Staked(msg.sender, amount);
        hold.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @dev Revenue is booked before a stake changes.
    function _update(address from, address to, uint256 value) internal override {
        if (from != address(0) && to != address(0)) revert NotTransferable();
        _book(from == address(0) ? to : from);
        super._update(from, to, value);
    }

    function _book(address account) private {
        Revenue storage revenue = _revenues[account];
        revenue.booked += _unbooked(account);
        revenue.perShareSeen = _perShare;
    }

    function _unbooked(address account) private view returns (uint256) {
        return (balanceOf(account) * (_perShare - _revenues[account].perShareSeen)) >> POINT;
    }

    function _setCooldown(uint256 cooldown_) private {
        if (cooldown_ < MIN_COOLDOWN || cooldown_ > MAX_COOLDOWN) {
            revert CooldownOutOfBounds(cooldown_, MIN_COOLDOWN, MAX_COOLDOWN);
        }
        cooldown = cooldown_;
        emit CooldownSet(cooldown_);
    }
}
