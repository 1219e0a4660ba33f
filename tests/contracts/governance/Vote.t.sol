// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {ModelRegistry} from "../../../contracts/ModelRegistry.sol";
import {SafetyRules} from "../../../contracts/SafetyRules.sol";
import {Proposal, VotedTest} from "../VotedTest.sol";

/// @notice From a proposal to its effect, through Governor and Timelock.
contract VoteTest is VotedTest {
    bytes private constant STRICTER = hex"43485231030000000703776561706f6e";

    function test_holders_vote_a_model_and_rules_into_force_at_once() public {
        bytes32 second = registerModel(curator, "second", TOKENIZER, 100);
        Proposal memory proposal;
        proposal.targets = new address[](2);
        proposal.values = new uint256[](2);
        proposal.calls = new bytes[](2);
        (proposal.targets[0], proposal.targets[1]) = (address(models), address(rules));
        proposal.calls[0] = abi.encodeCall(ModelRegistry.assignSlot, (CHAT, second));
        proposal.calls[1] = abi.encodeCall(SafetyRules.adopt, (STRICTER));
        bytes32 sheetBefore = escrow.sheetOf(CHAT);

        propose(proposal);
        pass(proposal);
        execute(proposal);

        (bytes32 current, bytes32 previous) = models.slotModel(CHAT);
        assertEq(current, second);
        assertEq(previous, model);
        assertEq(rules.current(), keccak256(STRICTER));
        assertEq(rules.version(), 2);
        assertNotEq(escrow.sheetOf(CHAT), sheetBefore);
    }

    function test_one_vote_rolls_a_slot_back() public {
        bytes32 second = registerModel(curator, "second", TOKENIZER, 100);
        bytes32 sheetBefore = escrow.sheetOf(CHAT);
        carryOut(address(models), abi.encodeCall(ModelRegistry.assignSlot, (CHAT, second)));

        carryOut(address(models), abi.encodeCall(ModelRegistry.rollbackSlot, (CHAT)));

        (bytes32 current, bytes32 previous) = models.slotModel(CHAT);
        assertEq(current, model);
        assertEq(previous, second);
        assertEq(escrow.sheetOf(CHAT), sheetBefore);
    }

    function test_a_proposal_without_the_votes_changes_nothing() public {
        Proposal memory proposal = opened(address(rules), abi.encodeCall(SafetyRules.adopt, (STRICTER)));
        vote(proposal, alice, FOR);
        vote(proposal, bob, AGAINST);
        close(proposal);

        assertState(proposal, IGovernor.ProposalState.Defeated);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        queue(proposal);
    }

    function test_what_passed_waits_for_the_delay_of_the_timelock() public {
        Proposal memory proposal = proposed(address(rules), abi.encodeCall(SafetyRules.adopt, (STRICTER)));
        pass(proposal);
        rewind(1);

        vm.expectRevert();
        execute(proposal);

        skip(1);
        execute(proposal);
        assertState(proposal, IGovernor.ProposalState.Executed);
    }

    function test_a_call_that_fails_leaves_the_proposal_executable() public {
        bytes32 unknown = keccak256("unknown");
        Proposal memory proposal = ready(address(models), abi.encodeCall(ModelRegistry.assignSlot, (CHAT, unknown)));

        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelUnknown.selector, unknown));
        execute(proposal);

        assertState(proposal, IGovernor.ProposalState.Queued);
    }

    function test_proposing_needs_the_threshold_of_votes() public {
        stake(carol, 999_999e18);
        skip(1);
        vm.prank(carol);
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernor.GovernorInsufficientProposerVotes.selector, carol, 999_999e18, 1_000_000e18
            )
        );
        governor.propose(new address[](1), new uint256[](1), new bytes[](1), "");
    }

    function test_the_proposer_may_cancel_until_the_vote_opens() public {
        Proposal memory proposal = proposed(address(rules), abi.encodeCall(SafetyRules.adopt, (STRICTER)));

        vm.prank(alice);
        governor.cancel(proposal.targets, proposal.values, proposal.calls, keccak256(bytes(proposal.description)));

        assertState(proposal, IGovernor.ProposalState.Canceled);
    }
}
