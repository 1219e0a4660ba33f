// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Terms} from "./Terms.sol";

/// @notice All that a job pins at submission, published per slot or model and named by its hash.
/// @param slot the voted slot that it is for; zero for jobs that name a model themselves
/// @param model the model that serves; see `IModelRegistry`
/// @param rules the safety-rule set that binds input and answer; see `ISafetyRules`
/// @param shares id of the `ShareTable` by which the fee is split
/// @param disputes the only contract that can hold or convict the job; zero: none
/// @param outageClock states how long the chain was unusable; see `IOutageClock`; zero: none
/// @param terms the governed numbers
/// @param generation counts governed changes; a sheet without a slot is void once it is behind
struct Sheet {
    bytes32 slot;
    bytes32 model;
    bytes32 rules;
    bytes32 shares;
    address disputes;
    address outageClock;
    Terms terms;
    uint256 generation;
}

/// @notice Who shares in a fee besides the operator. Parts of 10,000; their sum is the terms' `outBps`, at most 5,000.
/// @param curator owner of the model's share
/// @param curatorBps to the curator
/// @param stakersBps to those who stake HOLD
/// @param treasuryBps to the treasury, with all dust
/// @param slotted whether jobs come through a voted slot and so earn HOLD
struct ShareTable {
    address curator;
    uint16 curatorBps;
    uint16 stakersBps;
    uint16 treasuryBps;
    bool slotted;
}
