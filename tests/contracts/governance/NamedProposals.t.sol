// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";

import {ModelRegistry} from "../../../contracts/ModelRegistry.sol";
import {Proposal, VotedTest} from "../VotedTest.sol";

/// @notice Whoever proposes another's words first can cancel them, and they can never be proposed again. A description that
/// ends with its proposer's address is safe from that.
contract NamedProposalsTest is VotedTest {
    function test_nobody_takes_a_proposal_that_names_its_proposer() public {
        stake(carol, EACH);
        skip(1);
        Proposal memory proposal = named(alice);

        vm.prank(carol);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorRestrictedProposer.selector, carol));
        governor.propose(proposal.targets, proposal.values, proposal.calls, proposal.description);

        vm.prank(alice);
        proposal.id = governor.propose(proposal.targets, proposal.values, proposal.calls, proposal.description);
        assertState(proposal, IGovernor.ProposalState.Pending);
    }

    function test_nobody_but_its_proposer_cancels_a_proposal() public {
        Proposal memory proposal = named(alice);
        vm.prank(alice);
        proposal.id = governor.propose(proposal.targets, proposal.values, proposal.calls, proposal.description);

        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, proposal.id, bob));
        governor.cancel(proposal.targets, proposal.values, proposal.calls, keccak256(bytes(proposal.description)));
    }

    function named(address proposer) private view returns (Proposal memory proposal) {
        proposal.targets = new address[](1);
        proposal.values = new uint256[](1);
        proposal.calls = new bytes[](1);
        proposal.targets[0] = address(models);
        proposal.calls[0] = abi.encodeCall(ModelRegistry.rollbackSlot, (CHAT));
        proposal.description = string.concat("the model before #proposer=", vm.toString(proposer));
    }
}
