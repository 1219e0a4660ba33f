// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Sheet} from "../../../contracts/types/Sheet.sol";
import {ProtocolTest} from "../ProtocolTest.sol";

/// @notice What the deployment leaves behind.
contract DeploymentTest is ProtocolTest {
    function test_the_slot_has_a_sheet_in_force() public view {
        (Sheet memory sheet,) = sheetBook.compose(CHAT, model);

        assertEq(escrow.sheetOf(CHAT), keccak256(abi.encode(sheet)));
        assertEq(sheet.rules, keccak256(RULES));
    }

    function test_the_governor_is_where_the_timelock_expects_it() public view {
        assertTrue(timelock.hasRole(timelock.PROPOSER_ROLE(), address(governor)));
        assertEq(governor.timelock(), address(timelock));
    }
}
