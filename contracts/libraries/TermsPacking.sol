// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISheetBook} from "../interfaces/ISheetBook.sol";
import {Terms} from "../types/Terms.sol";

/// @notice Bounds of the governed numbers, and their packing into `Terms`.
/// @dev With these bounds curator's, stakers' and treasury's parts sum to at most 4,000 of 10,000, so a settlement can
/// always be paid.
library TermsPacking {
    function check(ISheetBook.Numbers memory n) internal pure {
        _check("challengeSeconds", n.challengeSeconds, 10 minutes, 14 days);
        _check("disputeSeconds", n.disputeSeconds, 1 hours, 30 days);
        _check("maxOfferSeconds", n.maxOfferSeconds, 1 minutes, 7 days);
        _check("maxServiceSeconds", n.maxServiceSeconds, 1 minutes, 1 days);
        _check("stakersBps", n.stakersBps, 0, 1_000);
        _check("treasuryBps", n.treasuryBps, 50, 1_000);
        _check("refusalBps", n.refusalBps, 500, 10_000);
        _check("fineBps", n.fineBps, 100, 10_000);
        _check("bondBps", n.bondBps, 10_000, 1_000_000);
        _check("minBond", n.minBond, 1, type(uint72).max);
        _check("maxPayload", n.maxPayload, 1_024, 24_576);
    }

    /// @dev The numbers have been checked, so each fits its field.
    function pack(ISheetBook.Numbers memory n, uint256 curatorBps) internal pure returns (Terms) {
        uint256 outBps = curatorBps + n.stakersBps + n.treasuryBps;
        uint256 windows =
            n.challengeSeconds | n.disputeSeconds << 24 | n.maxOfferSeconds << 48 | n.maxServiceSeconds << 72;
        uint256 parts = outBps << 96 | n.refusalBps << 112 | n.fineBps << 128 | n.bondBps << 144;
        return Terms.wrap(windows | parts | n.minBond << 168 | n.maxPayload << 240);
    }

    function _check(bytes32 name, uint256 value, uint256 min, uint256 max) private pure {
        if (value < min || value > max) revert ISheetBook.NumberOutOfBounds(name, value, min, max);
    }
}
