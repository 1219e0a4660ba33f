// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IModelAvailability} from "../../../contracts/interfaces/IModelAvailability.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {ISheetBook} from "../../../contracts/interfaces/ISheetBook.sol";
import {Evidence} from "../../../contracts/types/Computation.sol";
import {Sheet} from "../../../contracts/types/Sheet.sol";
import {ProtocolTest} from "../ProtocolTest.sol";
import {JobFacts} from "../escrow/JobFacts.sol";
import {Weights} from "./Weights.sol";

/// @notice What is demanded of a model's files is shown and paid for, or else the model takes no new jobs until it is.
contract ModelAvailabilityTest is ProtocolTest {
    bytes32 private real;
    uint256 private bond;
    /// @dev Made beforehand: hashing is a call, which a prank or an expected revert would take for the one that is meant.
    Evidence private header;

    function setUp() public override {
        super.setUp();
        header = Weights.header();
        (bytes32 program, bytes32 weights) = (Weights.program(), Weights.weights());
        vm.prank(curator);
        real = models.registerModel("manifest", program, weights, TOKENIZER, 1, 500);
        bond = availability.bond();
        dollar.mint(alice, 100 * bond);
        vm.prank(alice);
        dollar.approve(address(availability), type(uint256).max);
    }

    // ---------------------------------------------------------------- shown

    function test_whoever_shows_what_is_demanded_is_paid_for_it() public {
        vm.prank(alice);
        availability.demandHeader(real);
        vm.prank(bob);
        availability.showHeader(real, header);
        vm.prank(alice);
        availability.demandTensor(real, header, 2);
        IModelAvailability.Tensor memory vector = Weights.tensor(2);
        vm.prank(bob);
        availability.showTensor(real, header, vector);
        demandLeaf(Weights.MATRIX, 3);
        showLeaf(bob, Weights.MATRIX, 3);

        assertEq(dollar.balanceOf(alice), 97 * bond);
        vm.prank(bob);
        availability.withdraw(carol);
        assertEq(dollar.balanceOf(carol), 3 * bond);
        assertEq(availability.creditOf(bob), 0);
        assertFalse(availability.isWithheld(real));
    }

    function test_every_leaf_that_there_is_can_be_demanded_and_shown() public {
        for (uint256 number = 1; number <= 2; ++number) {
            uint256 count = number == Weights.MATRIX ? Weights.MATRIX_LEAVES : Weights.VECTOR_LEAVES;
            for (uint256 i = 0; i < count; ++i) {
                demandLeaf(number, i);
                showLeaf(bob, number, i);
            }
            IModelAvailability.Tensor memory tensor = Weights.tensor(number);
            vm.expectRevert(abi.encodeWithSelector(IModelAvailability.NoSuchLeaf.selector, count, count));
            availability.demandLeaf(real, header, tensor, count);
        }
    }

    function test_what_was_shown_may_be_demanded_again_and_what_is_demanded_may_not() public {
        demandLeaf(1, 0);
        bytes32 key = availability.keyOf(1, 1);
        IModelAvailability.Tensor memory tensor = Weights.tensor(1);
        vm.expectRevert(abi.encodeWithSelector(IModelAvailability.AlreadyDemanded.selector, key));
        vm.prank(alice);
        availability.demandLeaf(real, header, tensor, 0);
        showLeaf(bob, 1, 0);
        demandLeaf(1, 0);
        assertFalse(availability.demandOf(real, key).shown);
    }

    // ---------------------------------------------------------------- refused

    function test_what_there_is_not_cannot_be_demanded() public {
        for (uint256 i = 0; i < 2; ++i) {
            uint256 number = 3 * i;
            vm.expectRevert(abi.encodeWithSelector(IModelAvailability.NoSuchTensor.selector, number, 2));
            availability.demandTensor(real, header, number);
        }
        Evidence memory longer = header;
        longer.record[47] = 0x09;
        vm.expectRevert(IModelAvailability.WrongRecord.selector);
        availability.demandTensor(real, longer, 3);

        IModelAvailability.Tensor memory tensor = Weights.tensor(1);
        tensor.head[9] = 0x09;
        vm.expectRevert(IModelAvailability.WrongTensor.selector);
        availability.demandLeaf(real, header, tensor, 5);
        vm.expectRevert(abi.encodeWithSelector(IModelAvailability.NotExact.selector, model));
        availability.demandHeader(model);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelUnknown.selector, bytes32("none")));
        availability.demandHeader("none");
    }

    function test_another_record_of_the_program_is_no_header() public {
        Evidence memory other = header;
        other.climb[0] = Weights.leaf(other.record);
        other.record = "other";
        vm.prank(alice);
        availability.demandHeader(real);
        vm.expectRevert(IModelAvailability.WrongRecord.selector);
        availability.showHeader(real, other);
    }

    function test_what_is_not_the_models_is_not_taken_for_it() public {
        demandLeaf(1, 2);
        IModelAvailability.Tensor memory tensor = Weights.tensor(1);
        bytes32[] memory path = Weights.path(1, 2);
        vm.expectRevert(IModelAvailability.WrongLeaf.selector);
        availability.showLeaf(real, header, tensor, 2, "other", path);
        bytes memory other = Weights.content(1, 3);
        path = Weights.path(1, 3);
        vm.expectRevert(IModelAvailability.WrongLeaf.selector);
        availability.showLeaf(real, header, tensor, 2, other, path);
        bytes32 key = availability.keyOf(1, 4);
        vm.expectRevert(abi.encodeWithSelector(IModelAvailability.NotDemanded.selector, key));
        availability.showLeaf(real, header, tensor, 3, other, path);
    }

    // ---------------------------------------------------------------- withheld

    function test_a_model_of_which_something_was_not_shown_takes_no_slot_and_no_job() public {
        assign(real);
        sheetBook.publishModel(real);
        (Sheet memory sheet,) = sheetBook.compose(CHAT, real);
        demandLeaf(1, 1);
        bytes32 key = availability.keyOf(1, 2);
        uint256 deadline = block.timestamp + availability.moveSeconds();
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IModelAvailability.TooEarly.selector, deadline + 1));
        availability.lapse(real, key);

        vm.warp(deadline + 1);
        availability.lapse(real, key);
        assertTrue(availability.isWithheld(real));
        assertEq(availability.creditOf(alice), bond);
        assertEq(escrow.sheetOf(CHAT), 0);
        assertEq(escrow.sheetOf(real), 0);
        fund();
        vm.expectRevert();
        vm.prank(client);
        escrow.submitJob(sheet, JobFacts.submission());
        vm.expectRevert(abi.encodeWithSelector(ISheetBook.ModelNotServable.selector, real));
        sheetBook.publishSlot(CHAT);
        vm.prank(address(timelock));
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelWithheld.selector, real));
        models.assignSlot("other", real);
        vm.expectRevert(abi.encodeWithSelector(IModelAvailability.NotDemanded.selector, key));
        availability.lapse(real, key);
    }

    function test_what_is_shown_after_all_gives_the_model_back_and_pays_nobody() public {
        assign(real);
        lapsed(1, 1);
        lapsed(2, 0);
        showLeaf(bob, 1, 1);
        assertTrue(availability.isWithheld(real));
        showLeaf(bob, 2, 0);
        assertFalse(availability.isWithheld(real));
        assertEq(availability.creditOf(bob), 0);
        assertEq(availability.creditOf(alice), 2 * bond);

        assertEq(escrow.sheetOf(CHAT), 0);
        vm.prank(stranger);
        bytes32 sheetHash = sheetBook.publishSlot(CHAT);
        assertEq(escrow.sheetOf(CHAT), sheetHash);
    }

    function test_a_model_that_is_withheld_stands_in_no_votes_way() public {
        assign(real);
        lapsed(1, 1);
        vm.startPrank(address(timelock));
        rules.adopt(hex"43485231030000000703776561706f6e");
        sheetBook.setNumbers(JobFacts.numbers());
        assertEq(escrow.sheetOf(CHAT), 0);
        models.rollbackSlot(CHAT);
        assertTrue(escrow.sheetOf(CHAT) != 0);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelWithheld.selector, real));
        models.rollbackSlot(CHAT);
        models.retire(real);
        vm.stopPrank();
    }

    function test_a_model_that_is_not_withheld_keeps_its_sheets() public {
        assign(real);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.NotWithheld.selector, real));
        models.withdrawSheets(real);
        assertTrue(escrow.sheetOf(CHAT) != 0);
    }

    /// @dev Of the gas that is given, a call takes 63 parts of 64 at most: so the rest can end what the call could not.
    function test_a_lapse_with_too_little_gas_for_the_sheets_saves_none() public {
        assign(real);
        sheetBook.publishModel(real);
        demandLeaf(1, 1);
        bytes32 key = availability.keyOf(1, 2);
        vm.warp(block.timestamp + availability.moveSeconds() + 1);
        uint256 before = vm.snapshotState();
        bool starved = false;
        for (uint256 gas_ = 60_000; gas_ < 200_000 && !starved; gas_ += 1_000) {
            vm.revertToState(before);
            try availability.lapse{gas: gas_}(real, key) {
                starved = escrow.sheetOf(CHAT) != 0;
            } catch {}
        }
        assertTrue(starved, "no gas let the lapse through without the sheets");
        assertTrue(availability.isWithheld(real));

        vm.prank(stranger);
        models.withdrawSheets(real);
        assertEq(escrow.sheetOf(CHAT), 0);
        assertEq(escrow.sheetOf(real), 0);
    }

    function test_a_lapse_gives_the_bond_back_whatever_roles_votes_moved() public {
        assign(real);
        demandLeaf(1, 1);
        vm.mockCallRevert(address(models), abi.encodeCall(models.withdrawSheets, (real)), "moved on");
        vm.warp(block.timestamp + availability.moveSeconds() + 1);
        availability.lapse(real, availability.keyOf(1, 2));
        assertEq(availability.creditOf(alice), bond);
        assertTrue(availability.isWithheld(real));
    }

    // ---------------------------------------------------------------- money

    function testFuzz_it_holds_what_it_owes_whatever_is_demanded_shown_and_lapses(uint256 seed) public {
        uint256 open = 0;
        for (uint256 i = 0; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            (uint256 number, uint256 index) = (1 + seed % 2, seed >> 8 & 1);
            IModelAvailability.WeightsDemand memory demand =
                availability.demandOf(real, availability.keyOf(number, index + 1));
            bool isOpen = demand.challenger != address(0) && !demand.shown && !demand.lapsed;
            if (seed >> 16 & 3 == 0) vm.warp(block.timestamp + availability.moveSeconds() + 1);
            if (isOpen && block.timestamp > demand.deadline && seed >> 24 & 1 == 0) {
                availability.lapse(real, availability.keyOf(number, index + 1));
                --open;
            } else if (demand.challenger != address(0) && !demand.shown) {
                showLeaf(seed >> 32 & 1 == 0 ? bob : carol, number, index);
                if (isOpen) --open;
            } else {
                demandLeaf(number, index);
                ++open;
            }
            if (seed >> 40 & 7 == 0) {
                vm.prank(bob);
                availability.withdraw(bob);
            }
            uint256 owed = availability.creditOf(alice) + availability.creditOf(bob) + availability.creditOf(carol);
            assertEq(dollar.balanceOf(address(availability)), owed + open * bond);
        }
    }

    // ---------------------------------------------------------------- steps

    function demandLeaf(uint256 number, uint256 index) private {
        IModelAvailability.Tensor memory tensor = Weights.tensor(number);
        vm.prank(alice);
        availability.demandLeaf(real, header, tensor, index);
    }

    function showLeaf(address by, uint256 number, uint256 index) private {
        bytes memory content = Weights.content(number, index);
        bytes32[] memory path = Weights.path(number, index);
        IModelAvailability.Tensor memory tensor = Weights.tensor(number);
        vm.prank(by);
        availability.showLeaf(real, header, tensor, index, content, path);
    }

    function lapsed(uint256 number, uint256 index) private {
        demandLeaf(number, index);
        vm.warp(block.timestamp + availability.moveSeconds() + 1);
        availability.lapse(real, availability.keyOf(number, index + 1));
    }

    function assign(bytes32 model_) private {
        vm.prank(address(timelock));
        models.assignSlot(CHAT, model_);
    }

    function fund() private {
        dollar.mint(client, JobFacts.MAX_FEE);
        vm.startPrank(client);
        dollar.approve(address(escrow), JobFacts.MAX_FEE);
        escrow.deposit(client, JobFacts.MAX_FEE);
        vm.stopPrank();
    }
}
