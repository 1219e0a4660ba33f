// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Evidence} from "../types/Computation.sol";
import {Case, Claim, Ruling} from "../types/Dispute.sol";

/// @title The judge of refusals: whether what was refused breaks the rule that the operator named, and whether what was
/// answered, or refused for another reason, breaks one that comes before.
///
/// @notice Has no state, no owner and no power. Reverts unless everything shown leads to the roots of the case.
/// `docs/dispute.md`, section 4.
interface IRefusalReferee {
    /// @notice The claim is of no rule, or does not fit the outcome.
    error WrongClaim();
    /// @notice These are not the bytes that the case has the hash of.
    error WrongRuling();

    /// @notice Whether a result is wrong by the rules.
    /// @param claim `Fault.Refusal` or `Fault.Forbidden`
    /// @param evidence record: the program's, of the tree of its tokens' bytes; data: leaves of that tree and of the trace's
    /// tokens, each once, in the order in which they are read
    function isWrong(Case calldata case_, Claim calldata claim, Evidence calldata evidence, Ruling calldata ruling)
        external
        view
        returns (bool);
}
