// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Offer} from "../types/Job.sol";
import {Terms} from "../types/Terms.sol";

/// @notice Every amount that the escrow computes, with its rounding: `docs/lifecycle.md`, "Amounts".
/// @dev A job's fees are below 2^104, its parts and windows below 2^24, its times below 2^64, so nothing overflows; of facts
/// of no job the result is as meaningless as they are.
library Amounts {
    uint256 internal constant WHOLE = 10_000;

    /// @notice The fee offered at `timestamp`; from the end of the offer window on, `maxFee`.
    function priceDown(Offer calldata offer, uint256 timestamp) internal pure returns (uint256) {
        unchecked {
            uint256 rampFrom = offer.submittedAt + offer.exclusiveSeconds;
            if (timestamp <= rampFrom) return offer.minFee;

            uint256 ramp = offer.offerSeconds - offer.exclusiveSeconds;
            uint256 elapsed = timestamp - rampFrom;
            if (elapsed >= ramp) return offer.maxFee;
            return offer.minFee + (offer.maxFee - offer.minFee) * elapsed / ramp;
        }
    }

    /// @notice Whether every amount below stays within the fee or the bond that it is taken from.
    function canBePaid(Terms terms) internal pure returns (bool) {
        return terms.outBps() <= WHOLE && terms.refusalBps() <= WHOLE && terms.fineBps() <= terms.bondBps();
    }

    function bondUp(Terms terms, uint256 maxFee) internal pure returns (uint256) {
        uint256 bond = _partUp(maxFee, terms.bondBps());
        uint256 least = terms.minBond();
        return bond < least ? least : bond;
    }

    function fineUp(Terms terms, uint256 maxFee) internal pure returns (uint256) {
        return _partUp(maxFee, terms.fineBps());
    }

    function refusalPriceDown(Terms terms, uint256 price) internal pure returns (uint256) {
        return _partDown(price, terms.refusalBps());
    }

    function sharedPartDown(Terms terms, uint256 price) internal pure returns (uint256) {
        return _partDown(price, terms.outBps());
    }

    function _partDown(uint256 amount, uint256 bps) private pure returns (uint256) {
        unchecked {
            return amount * bps / WHOLE;
        }
    }

    function _partUp(uint256 amount, uint256 bps) private pure returns (uint256) {
        unchecked {
            return (amount * bps + WHOLE - 1) / WHOLE;
        }
    }
}
