// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IJobEscrow} from "../../../contracts/interfaces/IJobEscrow.sol";
import {Submission} from "../../../contracts/types/Job.sol";
import {Sheet} from "../../../contracts/types/Sheet.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {EscrowTest} from "./EscrowTest.sol";
import {JobFacts} from "./JobFacts.sol";

/// @notice Each requirement of `submitJob`, broken alone.
contract SubmitRefusalsTest is EscrowTest {
    function test_refuses_a_sheet_that_is_not_in_force() public {
        Sheet memory old = sheet;
        Sheet memory next = sheet;
        next.rules = keccak256("other rules");
        putInForce(next);

        refuses(
            old,
            JobFacts.submission(),
            abi.encodeWithSelector(
                IJobEscrow.SheetNotInForce.selector, SLOT, keccak256(abi.encode(old)), keccak256(abi.encode(next))
            )
        );
    }

    function test_refuses_a_sheet_that_was_never_published_for_a_slot_that_does_not_exist() public {
        Sheet memory invented = sheet;
        invented.slot = "nothing";

        refuses(
            invented,
            JobFacts.submission(),
            abi.encodeWithSelector(
                IJobEscrow.SheetNotInForce.selector, bytes32("nothing"), keccak256(abi.encode(invented)), bytes32(0)
            )
        );
    }

    function test_refuses_a_sheet_without_a_slot_once_the_generation_has_moved_on() public {
        Sheet memory unslotted = sheet;
        unslotted.slot = 0;
        putInForce(unslotted);
        escrow.setGeneration(2);

        refuses(
            unslotted,
            JobFacts.submission(),
            abi.encodeWithSelector(IJobEscrow.SheetOutdated.selector, unslotted.model, 1, 2)
        );
    }

    function test_refuses_terms_under_which_a_job_could_owe_more_than_it_holds() public {
        uint256 sound = Terms.unwrap(sheet.terms);
        uint256[3] memory unsound = [
            (sound & ~(uint256(type(uint16).max) << 96)) | uint256(10_001) << 96,
            (sound & ~(uint256(type(uint16).max) << 112)) | uint256(10_001) << 112,
            (sound & ~(uint256(type(uint16).max) << 128)) | uint256(20_001) << 128
        ];
        for (uint256 i = 0; i < unsound.length; ++i) {
            Sheet memory greedy = sheet;
            greedy.terms = Terms.wrap(unsound[i]);
            putInForce(greedy);
            refuses(
                greedy, JobFacts.submission(), abi.encodeWithSelector(IJobEscrow.TermsUnpayable.selector, greedy.terms)
            );
        }
    }

    function test_refuses_fees_that_are_zero_reversed_or_beyond_104_bits() public {
        Submission memory asked = JobFacts.submission();
        asked.minFee = 0;
        refuses(asked, abi.encodeWithSelector(IJobEscrow.BadAmount.selector, 0, asked.maxFee));

        asked.minFee = asked.maxFee + 1;
        refuses(asked, abi.encodeWithSelector(IJobEscrow.BadAmount.selector, asked.minFee, asked.maxFee));

        asked.maxFee = 1 << 104;
        refuses(asked, abi.encodeWithSelector(IJobEscrow.BadAmount.selector, asked.maxFee, type(uint104).max));

        asked.maxFee = type(uint256).max;
        refuses(asked, abi.encodeWithSelector(IJobEscrow.BadAmount.selector, asked.maxFee, type(uint104).max));
    }

    function test_refuses_a_fee_that_is_not_free_in_the_account() public {
        Submission memory asked = JobFacts.submission();
        asked.maxFee = FUNDS + 1;

        refuses(asked, abi.encodeWithSelector(IJobEscrow.InsufficientBalance.selector, client, FUNDS, asked.maxFee));
    }

    function test_refuses_windows_that_are_zero_or_longer_than_the_terms_allow() public {
        Submission memory asked = JobFacts.submission();
        asked.offerSeconds = 0;
        refusesWindow(asked, 0, 1 days);
        asked.offerSeconds = 1 days + 1;
        refusesWindow(asked, 1 days + 1, 1 days);

        asked = JobFacts.submission();
        asked.serviceSeconds = 0;
        refusesWindow(asked, 0, 2 hours);
        asked.serviceSeconds = type(uint256).max;
        refusesWindow(asked, type(uint256).max, 2 hours);
    }

    function test_refuses_an_exclusive_part_as_long_as_the_whole_or_for_nobody() public {
        Submission memory asked = JobFacts.submission();
        asked.exclusiveSeconds = 1;
        refusesWindow(asked, 1, 0);

        asked.named = operator;
        asked.exclusiveSeconds = asked.offerSeconds;
        refusesWindow(asked, asked.offerSeconds, asked.offerSeconds - 1);
    }

    function test_refuses_an_input_that_is_empty_or_too_long() public {
        Submission memory asked = JobFacts.submission();
        asked.input = "";
        refuses(asked, abi.encodeWithSelector(IJobEscrow.BadPayload.selector, 0, 4_096));

        asked.input = new bytes(4_097);
        refuses(asked, abi.encodeWithSelector(IJobEscrow.BadPayload.selector, 4_097, 4_096));
    }

    function test_refuses_a_named_operator_with_dirty_bits() public {
        Submission memory asked = JobFacts.submission();
        asked.named = operator;
        bytes memory call = abi.encodeCall(escrow.submitJob, (sheet, asked));
        call[4 + 256 + 32 + 5 * 32] = 0x01; // selector, sheet, offset, five fields

        vm.prank(client);
        (bool done, bytes memory refusal) = address(escrow).call(call);

        assertFalse(done, "taken for a name");
        assertEq(refusal, abi.encodeWithSelector(IJobEscrow.WrongCaller.selector, 0, operator));
        assertAccount(client, FUNDS, 0);
    }

    function refusesWindow(Submission memory asked, uint256 given, uint256 limit) private {
        refuses(asked, abi.encodeWithSelector(IJobEscrow.BadWindow.selector, given, limit));
    }

    function refuses(Submission memory asked, bytes memory refusal) private {
        refuses(sheet, asked, refusal);
    }

    function refuses(Sheet memory under, Submission memory asked, bytes memory refusal) private {
        vm.prank(client);
        vm.expectRevert(refusal);
        escrow.submitJob(under, asked);

        assertAccount(client, FUNDS, 0);
        assertEq(escrow.commitmentOf(escrow.jobIdOf(client, 0)), 0, "no job was opened");
    }
}
