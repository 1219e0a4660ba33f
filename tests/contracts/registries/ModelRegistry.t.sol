// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {ProtocolTest} from "../ProtocolTest.sol";

/// @notice Models by anyone, slots by vote.
contract ModelRegistryTest is ProtocolTest {
    bytes32 private second;

    function setUp() public override {
        super.setUp();
        second = registerModel(curator, "second", TOKENIZER, 100);
    }

    function test_anyone_registers_a_model_under_the_hash_of_its_facts() public {
        IModelRegistry.Model memory facts = IModelRegistry.Model("m", "p", "w", "t", 1, stranger, 2_000);
        bytes32 id = keccak256(abi.encode(facts));
        vm.expectEmit(address(models));
        emit IModelRegistry.ModelRegistered(id, stranger, facts);
        vm.prank(stranger);
        assertEq(models.registerModel("m", "p", "w", "t", 1, 2_000), id);
        assertEq(abi.encode(models.modelOf(id)), abi.encode(facts));
        assertTrue(models.isServable(id));
    }

    function test_nobody_can_take_anothers_model_by_registering_it_first() public {
        vm.prank(stranger);
        bytes32 copied = models.registerModel("m", "p", "w", "t", 0, 100);
        vm.prank(curator);
        bytes32 own = models.registerModel("m", "p", "w", "t", 0, 100);
        assertNotEq(own, copied);
        assertEq(models.modelOf(own).curator, curator);
    }

    function test_a_model_is_registered_once() public {
        bytes memory refusal = abi.encodeWithSelector(IModelRegistry.ModelKnown.selector, second);
        bytes32 digest = sha256("second");
        vm.prank(curator);
        vm.expectRevert(refusal);
        models.registerModel(digest, digest, digest, TOKENIZER, 0, 100);
    }

    function test_every_digest_is_needed() public {
        for (uint256 missing = 0; missing < 4; ++missing) {
            bytes32[4] memory digests = [bytes32("m"), "p", "w", "t"];
            digests[missing] = 0;
            vm.expectRevert(IModelRegistry.DigestMissing.selector);
            models.registerModel(digests[0], digests[1], digests[2], digests[3], 0, 0);
        }
    }

    function test_a_curator_may_ask_for_a_fifth_and_no_more() public {
        models.registerModel("m", "p", "w", "t", 0, 2_000);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ShareTooLarge.selector, 2_001, 2_000));
        models.registerModel("m", "p", "w", "t", 0, 2_001);
    }

    function test_an_unknown_model_is_refused_everywhere() public {
        bytes memory refusal = abi.encodeWithSelector(IModelRegistry.ModelUnknown.selector, bytes32("?"));
        vm.startPrank(address(timelock));
        vm.expectRevert(refusal);
        models.assignSlot(CHAT, "?");
        vm.expectRevert(refusal);
        models.retire("?");
        vm.expectRevert(refusal);
        models.modelOf("?");
        assertFalse(models.isServable("?"));
    }

    // ---------------------------------------------------------------- slots

    function test_a_slot_keeps_the_model_before() public {
        vm.expectEmit(address(models));
        emit IModelRegistry.SlotAssigned(CHAT, second, model);
        assign(CHAT, second);
        assertSlot(second, model);
        rollback();
        assertSlot(model, second);
        rollback();
        assertSlot(second, model);
    }

    function test_the_model_that_holds_the_slot_cannot_push_out_the_one_before() public {
        assign(CHAT, second);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelInSlot.selector, second, CHAT));
        assign(CHAT, second);
        assertSlot(second, model);
    }

    function test_a_slot_that_had_one_model_has_nothing_to_roll_back() public {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.NothingToRollBack.selector, CHAT));
        rollback();
    }

    /// @dev A longer name could be a model's id, whose sheet anybody publishes under the same key.
    function test_the_name_of_a_slot_has_one_to_sixteen_bytes() public {
        bytes32[3] memory bad = [bytes32(0), "seventeen letters", model];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IModelRegistry.SlotNameInvalid.selector, bad[i]));
            assign(bad[i], second);
        }
        assign("sixteen letters.", second);
    }

    function test_there_are_sixteen_slots() public {
        for (uint256 i = 1; i < 16; ++i) {
            assign(bytes16(uint128(i)), second);
        }
        assertEq(models.slots().length, 16);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.TooManySlots.selector, 16));
        assign("17th", second);
        assign(CHAT, second);
    }

    // ---------------------------------------------------------------- retiring

    function test_a_model_is_retired_for_ever_and_for_new_jobs_only() public {
        vm.expectEmit(address(models));
        emit IModelRegistry.ModelRetired(second);
        retire(second);

        assertFalse(models.isServable(second));
        bytes memory refusal = abi.encodeWithSelector(IModelRegistry.ModelIsRetired.selector, second);
        vm.expectRevert(refusal);
        assign(CHAT, second);
        vm.expectRevert(refusal);
        retire(second);
    }

    function test_a_model_cannot_be_retired_while_it_holds_a_slot() public {
        assign("embed", second);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelInSlot.selector, second, bytes32("embed")));
        retire(second);
    }

    function test_a_slot_does_not_roll_back_to_a_retired_model() public {
        assign(CHAT, second);
        retire(model);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelIsRetired.selector, model));
        rollback();
    }

    function assign(bytes32 slot, bytes32 model_) private {
        vm.prank(address(timelock));
        models.assignSlot(slot, model_);
    }

    function rollback() private {
        vm.prank(address(timelock));
        models.rollbackSlot(CHAT);
    }

    function retire(bytes32 model_) private {
        vm.prank(address(timelock));
        models.retire(model_);
    }

    function assertSlot(bytes32 current, bytes32 previous) private view {
        (bytes32 is_, bytes32 was) = models.slotModel(CHAT);
        assertEq(is_, current, "current");
        assertEq(was, previous, "previous");
    }
}
