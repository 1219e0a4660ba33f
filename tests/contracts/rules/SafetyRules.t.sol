// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISafetyRules} from "../../../contracts/interfaces/ISafetyRules.sol";
import {ISheetBook} from "../../../contracts/interfaces/ISheetBook.sol";
import {ProtocolTest} from "../ProtocolTest.sol";
import {WellFormed} from "./WellFormed.sol";

/// @notice Which documents come into force, by the vectors that the client reads too, and what follows when one does.
contract SafetyRulesTest is ProtocolTest {
    bytes32 private constant VECTORS_TOKENIZER = hex"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    string private vectors;

    function setUp() public override {
        super.setUp();
        vectors = vm.readFile("tests/vectors/rules.json");
        bytes32 covered = registerModel(curator, "covered", VECTORS_TOKENIZER, 0);
        vm.prank(address(timelock));
        models.assignSlot(CHAT, covered);
    }

    function test_every_valid_document_comes_into_force_under_its_id() public {
        bytes[] memory documents = vm.parseJsonBytesArray(vectors, ".valid");
        bytes32[] memory ids = vm.parseJsonBytes32Array(vectors, ".ids");
        for (uint256 i = 0; i < documents.length; ++i) {
            vm.expectEmit(address(rules));
            emit ISafetyRules.RulesAdopted(ids[i], i + 2, documents[i]);
            assertEq(adopt(documents[i]), ids[i]);
            assertEq(rules.current(), ids[i]);
            assertEq(rules.rulesAt(i + 2), ids[i]);
        }
        assertEq(rules.version(), documents.length + 1);
    }

    function test_every_invalid_document_is_refused_with_the_offset_and_the_reason() public {
        bytes[] memory documents = vm.parseJsonBytesArray(vectors, ".invalid");
        uint256[] memory offsets = vm.parseJsonUintArray(vectors, ".offsets");
        string[] memory reasons = vm.parseJsonStringArray(vectors, ".reasons");
        for (uint256 i = 0; i < documents.length; ++i) {
            vm.prank(address(timelock));
            vm.expectRevert(
                abi.encodeWithSelector(ISafetyRules.RulesMalformed.selector, offsets[i], bytes32(bytes(reasons[i])))
            );
            rules.adopt(documents[i]);
        }
        assertEq(rules.version(), 1);
    }

    function test_text_that_is_no_utf8_is_the_clients_to_refuse() public {
        bytes[] memory documents = vm.parseJsonBytesArray(vectors, ".notUtf8");
        for (uint256 i = 0; i < documents.length; ++i) {
            assertEq(adopt(documents[i]), keccak256(documents[i]));
        }
    }

    function test_rules_that_do_not_cover_a_slots_tokenizer_are_refused() public {
        bytes memory other = abi.encodePacked("CHR1", uint8(1), uint32(38), bytes32("another"), hex"0001000007", "x");
        (bytes32 inSlot,) = models.slotModel(CHAT);
        vm.prank(address(timelock));
        vm.expectRevert(abi.encodeWithSelector(ISheetBook.ModelNotServable.selector, inSlot));
        rules.adopt(other);
        assertEq(rules.current(), keccak256(RULES));
    }

    function test_a_set_covers_the_tokenizers_of_its_prefixes_or_else_all() public {
        bytes32 both = adopt(
            abi.encodePacked(
                abi.encodePacked("CHR1", uint8(1), uint32(38), VECTORS_TOKENIZER, hex"0001000009", "x"),
                abi.encodePacked(uint8(1), uint32(38), bytes32("another"), hex"0001000007", "x")
            )
        );
        assertTrue(rules.covers(both, VECTORS_TOKENIZER));
        assertTrue(rules.covers(both, "another"));
        assertEq(rules.policyOf(both, VECTORS_TOKENIZER), keccak256(hex"000009"));
        assertEq(rules.policyOf(both, "another"), keccak256(hex"000007"));
        assertEq(rules.policyOf(both, "a third"), 0);
        assertFalse(rules.covers(both, "a third"));
        assertTrue(rules.covers(keccak256(RULES), "a third"));
    }

    function test_a_set_tells_a_judge_what_each_rule_forbids_and_which_one_limits() public {
        bytes memory limit = abi.encodePacked(uint8(2), uint32(8), uint32(512), uint32(256));
        bytes memory first = abi.encodePacked(uint8(3), uint32(7), hex"03", "weapon");
        bytes memory last = abi.encodePacked(uint8(3), uint32(2), hex"01ff");
        bytes32 set = adopt(abi.encodePacked("CHR1", first, limit, last));
        (uint256 input, uint256 output, uint256 rule) = rules.limitsOf(set);
        assertEq(input, 512);
        assertEq(output, 256);
        assertEq(rule, 1);
        assertEq(rules.deniedBy(set, 0), keccak256("\x03weapon"));
        assertEq(rules.deniedBy(set, 1), 0);
        assertEq(rules.deniedBy(set, 2), keccak256(hex"01ff"));
        assertEq(rules.deniedBy(set, 3), 0);
        (input, output,) = rules.limitsOf(adopt(abi.encodePacked("CHR1", last)));
        assertEq(input, 0);
        assertEq(output, 0);
    }

    function test_the_largest_set_that_there_can_be_is_adopted_in_one_block() public {
        bytes memory document = "CHR1";
        for (uint256 i = 0; i < 64; ++i) {
            bytes memory pattern = new bytes(121);
            pattern[0] = bytes1(uint8(i));
            document = abi.encodePacked(document, uint8(3), uint32(122), hex"03", pattern);
        }
        assertGt(document.length, 8_192 - 128);
        uint256 before = gasleft();
        adopt(document);
        assertLt(before - gasleft() + 40 * document.length, 16_777_216 / 4);
    }

    function test_a_set_may_come_back_into_force() public {
        bytes32 stricter = adopt(hex"43485231030000000703776561706f6e");
        adopt(RULES);
        assertEq(rules.rulesAt(1), rules.rulesAt(3));
        assertEq(rules.rulesAt(2), stricter);
    }

    function test_versions_count_from_one_to_the_latest() public {
        vm.expectRevert(abi.encodeWithSelector(ISafetyRules.VersionUnknown.selector, 0, 1));
        rules.rulesAt(0);
        vm.expectRevert(abi.encodeWithSelector(ISafetyRules.VersionUnknown.selector, 2, 1));
        rules.rulesAt(2);
    }

    function testFuzz_random_bytes_are_accepted_only_when_well_formed(bytes memory tail) public {
        assertAcceptedWhenWellFormed(tail);
        assertAcceptedWhenWellFormed(abi.encodePacked("CHR1", tail));
    }

    /// @dev Mutants of the valid vectors come far closer to being accepted than random bytes do.
    function testFuzz_a_document_with_changed_bytes_is_accepted_only_when_well_formed(
        uint256 which,
        uint256[3] memory places,
        bytes3 bytes_,
        uint256 cut
    ) public {
        bytes[] memory documents = vm.parseJsonBytesArray(vectors, ".valid");
        bytes memory document = documents[which % 6];
        for (uint256 i = 0; i < 3; ++i) {
            document[places[i] % (i == 0 ? 12 : document.length)] = bytes_[i] & bytes1(i == 2 ? 0xff : 0x03);
        }
        assertAcceptedWhenWellFormed(document);
        uint256 length = cut % document.length;
        assembly ("memory-safe") {
            mstore(document, length)
        }
        assertAcceptedWhenWellFormed(document);
    }

    function assertAcceptedWhenWellFormed(bytes memory document) private {
        (bytes32 inSlot,) = models.slotModel(CHAT);
        vm.prank(address(timelock));
        (bool accepted, bytes memory refusal) = address(rules).call(abi.encodeCall(rules.adopt, (document)));
        if (accepted) return assertTrue(WellFormed.isRuleSet(document), "accepted what is not well-formed");
        if (bytes4(refusal) == ISafetyRules.RulesMalformed.selector) {
            return assertFalse(WellFormed.isRuleSet(document), "refused what is well-formed");
        }
        assertEq(refusal, abi.encodeWithSelector(ISheetBook.ModelNotServable.selector, inSlot));
    }

    function adopt(bytes memory document) private returns (bytes32) {
        vm.prank(address(timelock));
        return rules.adopt(document);
    }
}
