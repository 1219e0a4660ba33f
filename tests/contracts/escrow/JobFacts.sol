// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISheetBook} from "../../../contracts/interfaces/ISheetBook.sol";
import {TermsPacking} from "../../../contracts/libraries/TermsPacking.sol";
import {Answer, JobId, Offer, Outcome, Sampling, Submission, Work} from "../../../contracts/types/Job.sol";
import {Sheet} from "../../../contracts/types/Sheet.sol";
import {Terms} from "../../../contracts/types/Terms.sol";

/// @notice A job as its participants know it: the facts of every state that it has been in.
struct Job {
    JobId id;
    Offer offer;
    Work work;
    Answer answer;
}

/// @notice Builds what the escrow's verbs take, the facts by the book (`docs/encoding.md`) and not by the contract.
library JobFacts {
    bytes32 internal constant TRACE = keccak256("a trace");

    uint256 internal constant MIN_FEE = 4e6;
    uint256 internal constant MAX_FEE = 10e6;

    function terms() internal pure returns (Terms) {
        return TermsPacking.pack(numbers(), 1_000);
    }

    function numbers() internal pure returns (ISheetBook.Numbers memory) {
        return ISheetBook.Numbers({
            challengeSeconds: 1 hours,
            disputeSeconds: 1 days,
            maxOfferSeconds: 1 days,
            maxServiceSeconds: 2 hours,
            stakersBps: 700,
            treasuryBps: 300,
            refusalBps: 2_500,
            fineBps: 1_000,
            bondBps: 20_000,
            minBond: 1e6,
            maxPayload: 4_096
        });
    }

    function submission() internal pure returns (Submission memory) {
        return Submission({
            minFee: MIN_FEE,
            maxFee: MAX_FEE,
            offerSeconds: 10 minutes,
            serviceSeconds: 20 minutes,
            exclusiveSeconds: 0,
            named: address(0),
            sampling: Sampling.wrap(64),
            input: hex"000001000002"
        });
    }

    function request(Sheet memory sheet, Submission memory asked) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(sheet)), asked.sampling, keccak256(asked.input)));
    }

    function offer(address client, Sheet memory sheet, Submission memory asked, uint256 submittedAt)
        internal
        pure
        returns (Offer memory made)
    {
        made.request = request(sheet, asked);
        made.shares = sheet.shares;
        made.terms = sheet.terms;
        made.client = client;
        made.named = asked.named;
        made.disputes = sheet.disputes;
        made.outageClock = sheet.outageClock;
        made.minFee = asked.minFee;
        made.maxFee = asked.maxFee;
        made.submittedAt = submittedAt;
        made.offerSeconds = asked.offerSeconds;
        made.exclusiveSeconds = asked.exclusiveSeconds;
        made.serviceSeconds = asked.serviceSeconds;
    }

    function work(Offer memory from, address operator, uint256 price, uint256 acceptedAt)
        internal
        pure
        returns (Work memory)
    {
        return Work({
            offer: keccak256(abi.encode(from)),
            shares: from.shares,
            terms: from.terms,
            client: from.client,
            operator: operator,
            disputes: from.disputes,
            outageClock: from.outageClock,
            maxFee: from.maxFee,
            price: price,
            acceptedAt: acceptedAt,
            postBy: acceptedAt + from.serviceSeconds
        });
    }

    function answer(Work memory from, Outcome outcome, bytes memory output, uint256 price, uint256 postedAt)
        internal
        pure
        returns (Answer memory)
    {
        return Answer({
            offer: from.offer,
            result: keccak256(abi.encode(uint256(outcome), keccak256(output), TRACE)),
            shares: from.shares,
            terms: from.terms,
            client: from.client,
            operator: from.operator,
            disputes: from.disputes,
            maxFee: from.maxFee,
            price: price,
            postedAt: postedAt,
            heldUntil: 0
        });
    }
}
