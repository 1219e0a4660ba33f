// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {ISheetBook} from "../../../contracts/interfaces/ISheetBook.sol";
import {ShareTable, Sheet} from "../../../contracts/types/Sheet.sol";
import {JobFacts} from "../escrow/JobFacts.sol";
import {JobsTest} from "../JobsTest.sol";

/// @notice Sheets follow from what was voted, at once, and nobody can write one.
contract SheetBookTest is JobsTest {
    bytes32 private own;

    function setUp() public override {
        super.setUp();
        own = registerModel(curator, "own", TOKENIZER, 1_234);
        vm.prank(address(timelock));
        models.assignSlot("embed", own);
    }

    function test_a_sheet_holds_what_was_voted() public {
        vm.prank(address(timelock));
        sheetBook.setModules(alice, bob);
        (Sheet memory sheet, ShareTable memory shares) = sheetBook.compose("embed", own);

        assertEq(sheet.slot, bytes32("embed"));
        assertEq(sheet.model, own);
        assertEq(sheet.rules, keccak256(RULES));
        assertEq(sheet.disputes, alice);
        assertEq(sheet.outageClock, bob);
        assertEq(sheet.generation, 2, "rules, then modules");
        assertEq(sheet.shares, pool.sharesId(shares));
        assertEq(abi.encode(shares), abi.encode(ShareTable(curator, 1_234, 700, 300, true)));
    }

    function test_terms_hold_every_number() public view {
        (Sheet memory sheet,) = sheetBook.compose("embed", own);
        ISheetBook.Numbers memory numbers = sheetBook.numbers();
        assertEq(sheet.terms.challengeSeconds(), numbers.challengeSeconds);
        assertEq(sheet.terms.disputeSeconds(), numbers.disputeSeconds);
        assertEq(sheet.terms.maxOfferSeconds(), numbers.maxOfferSeconds);
        assertEq(sheet.terms.maxServiceSeconds(), numbers.maxServiceSeconds);
        assertEq(sheet.terms.outBps(), 1_234 + numbers.stakersBps + numbers.treasuryBps);
        assertEq(sheet.terms.refusalBps(), numbers.refusalBps);
        assertEq(sheet.terms.fineBps(), numbers.fineBps);
        assertEq(sheet.terms.bondBps(), numbers.bondBps);
        assertEq(sheet.terms.minBond(), numbers.minBond);
        assertEq(sheet.terms.maxPayload(), numbers.maxPayload);
    }

    function test_every_vote_republishes_every_slot_at_once() public {
        bytes32[4] memory seen;
        seen[0] = assertPublished();
        vm.startPrank(address(timelock));
        ISheetBook.Numbers memory numbers = JobFacts.numbers();
        numbers.treasuryBps = 301;
        sheetBook.setNumbers(numbers);
        seen[1] = assertPublished();
        sheetBook.setModules(alice, address(0));
        seen[2] = assertPublished();
        rules.adopt(hex"43485231030000000703776561706f6e");
        seen[3] = assertPublished();
        for (uint256 i = 0; i < 3; ++i) {
            assertNotEq(seen[i], seen[i + 1]);
        }
    }

    function test_a_slots_sheet_changes_only_by_vote() public {
        (Sheet memory sheet,) = sheetBook.compose(CHAT, model);
        sheet.terms = JobFacts.terms();
        vm.prank(client);
        vm.expectPartialRevert(IJobEscrow.SheetNotInForce.selector);
        escrow.submitJob(sheet, JobFacts.submission());
    }

    // ---------------------------------------------------------------- models without a slot

    function test_anyone_publishes_the_sheet_of_a_model() public {
        (Sheet memory sheet, ShareTable memory shares) = sheetBook.compose(0, own);
        bytes32 sheetHash = keccak256(abi.encode(sheet));
        vm.expectEmit(address(sheetBook));
        emit ISheetBook.SheetPublished(own, sheetHash, sheet, shares);
        vm.prank(stranger);
        assertEq(sheetBook.publishModel(own), sheetHash);
        assertEq(escrow.sheetOf(own), sheetHash);
        assertFalse(shares.slotted);
    }

    function test_a_vote_outdates_the_sheets_of_models_until_they_are_published_again() public {
        sheetBook.publishModel(own);
        (Sheet memory before,) = sheetBook.compose(0, own);
        vm.prank(address(timelock));
        sheetBook.setModules(alice, bob);
        fund(client, JobFacts.MAX_FEE);

        vm.prank(client);
        vm.expectRevert(abi.encodeWithSelector(IJobEscrow.SheetOutdated.selector, own, 1, 2));
        escrow.submitJob(before, JobFacts.submission());

        sheetBook.publishModel(own);
        (Sheet memory now_,) = sheetBook.compose(0, own);
        vm.prank(client);
        escrow.submitJob(now_, JobFacts.submission());
    }

    function test_a_retired_model_takes_no_new_jobs() public {
        bytes32 third = registerModel(curator, "third", TOKENIZER, 0);
        sheetBook.publishModel(third);
        vm.expectEmit(address(sheetBook));
        emit ISheetBook.SheetWithdrawn(third);
        vm.prank(address(timelock));
        models.retire(third);

        assertEq(escrow.sheetOf(third), 0);
        vm.expectRevert(abi.encodeWithSelector(ISheetBook.ModelNotServable.selector, third));
        sheetBook.publishModel(third);
    }

    function test_a_model_whose_tokenizer_the_rules_do_not_cover_is_not_served() public {
        vm.prank(address(timelock));
        rules.adopt(abi.encodePacked("CHR1", uint8(1), uint32(38), TOKENIZER, hex"0001000009", "x"));
        bytes32 foreign = registerModel(curator, "foreign", "foreign", 0);
        bytes memory refusal = abi.encodeWithSelector(ISheetBook.ModelNotServable.selector, foreign);
        vm.expectRevert(refusal);
        sheetBook.publishModel(foreign);
        vm.expectRevert(refusal);
        vm.prank(address(timelock));
        models.assignSlot(CHAT, foreign);
    }

    function test_an_unknown_model_has_no_sheet() public {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelUnknown.selector, bytes32("?")));
        sheetBook.publishModel("?");
    }

    function test_an_empty_slot_has_no_sheet() public {
        vm.prank(address(models));
        vm.expectRevert(abi.encodeWithSelector(ISheetBook.SlotEmpty.selector, bytes32("image")));
        sheetBook.onSlotAssigned("image");
    }

    function assertPublished() private view returns (bytes32 ofChat) {
        (Sheet memory chat,) = sheetBook.compose(CHAT, model);
        (Sheet memory embed,) = sheetBook.compose("embed", own);
        ofChat = keccak256(abi.encode(chat));
        assertEq(escrow.sheetOf(CHAT), ofChat);
        assertEq(escrow.sheetOf("embed"), keccak256(abi.encode(embed)));
    }
}
