// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {JobFacts} from "../escrow/JobFacts.sol";
import {ProtocolTest} from "../ProtocolTest.sol";

/// @notice With every slot filled and the longest set of rules, each vote still fits into one transaction: into the least
/// that chains allow one, 2^24 gas (EIP-7825).
contract SixteenSlotsTest is ProtocolTest {
    uint256 private constant TRANSACTION_GAS = 1 << 24;
    uint256 private constant RULES_BYTES = 8_192;
    /// @dev Sixty-four prefixes: 4 bytes of magic, each 5 of header, 32 of digest and 5 of a token, the rest text.
    uint256 private constant TEXT_BYTES = (RULES_BYTES - 4) / 64 - 42;

    function setUp() public override {
        super.setUp();
        vm.startPrank(address(timelock));
        for (uint256 i = 1; i < 16; ++i) {
            models.assignSlot(bytes16(uint128(i)), model);
        }
    }

    function test_the_longest_rules_come_into_force_in_one_transaction() public {
        bytes memory document = longest();
        uint256 before = gasleft();
        rules.adopt(document);
        assertLt(before - gasleft() + 16 * document.length, TRANSACTION_GAS);
        assertTrue(rules.covers(rules.current(), TOKENIZER));
    }

    function test_numbers_and_modules_change_in_one_transaction() public {
        rules.adopt(longest());
        uint256 before = gasleft();
        sheetBook.setNumbers(JobFacts.numbers());
        sheetBook.setModules(alice, bob);
        assertLt(before - gasleft(), TRANSACTION_GAS);
    }

    function longest() private pure returns (bytes memory document) {
        document = "CHR1";
        bytes memory text = new bytes(TEXT_BYTES);
        for (uint256 i = 0; i < 64; ++i) {
            bytes32 tokenizer = i == 63 ? TOKENIZER : keccak256(abi.encode(i));
            document =
                bytes.concat(document, hex"01", bytes4(uint32(37 + TEXT_BYTES)), tokenizer, hex"0001000009", text);
        }
    }
}
