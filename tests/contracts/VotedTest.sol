// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";

import {ProtocolTest} from "./ProtocolTest.sol";

/// @notice A proposal as `propose`, `queue` and `execute` want it again.
struct Proposal {
    uint256 id;
    address[] targets;
    uint256[] values;
    bytes[] calls;
    string description;
}

/// @notice The protocol with two holders who have staked and can carry a vote, and the way from proposal to effect.
abstract contract VotedTest is ProtocolTest {
    uint8 internal constant AGAINST = 0;
    uint8 internal constant FOR = 1;
    uint8 internal constant ABSTAIN = 2;

    uint256 private _proposals;

    function setUp() public virtual override {
        super.setUp();
        stake(alice, EACH);
        stake(bob, EACH);
        skip(1);
    }

    function proposed(address target, bytes memory call) internal returns (Proposal memory proposal) {
        proposal.targets = new address[](1);
        proposal.values = new uint256[](1);
        proposal.calls = new bytes[](1);
        (proposal.targets[0], proposal.calls[0]) = (target, call);
        propose(proposal);
    }

    /// @dev Each with a description of its own, so that the same call can be proposed twice.
    function propose(Proposal memory proposal) internal {
        proposal.description = vm.toString(++_proposals);
        vm.prank(alice);
        proposal.id = governor.propose(proposal.targets, proposal.values, proposal.calls, proposal.description);
    }

    function opened(address target, bytes memory call) internal returns (Proposal memory proposal) {
        proposal = proposed(target, call);
        open(proposal);
    }

    function open(Proposal memory proposal) internal {
        vm.warp(governor.proposalSnapshot(proposal.id) + 1);
    }

    function vote(Proposal memory proposal, address voter, uint8 support) internal {
        vm.prank(voter);
        governor.castVote(proposal.id, support);
    }

    function close(Proposal memory proposal) internal {
        vm.warp(governor.proposalDeadline(proposal.id) + 1);
    }

    function queue(Proposal memory proposal) internal {
        governor.queue(proposal.targets, proposal.values, proposal.calls, keccak256(bytes(proposal.description)));
        vm.warp(governor.proposalEta(proposal.id));
    }

    function execute(Proposal memory proposal) internal {
        governor.execute(proposal.targets, proposal.values, proposal.calls, keccak256(bytes(proposal.description)));
    }

    /// @notice Proposed, carried by both holders, queued, its delay over.
    function ready(address target, bytes memory call) internal returns (Proposal memory proposal) {
        proposal = proposed(target, call);
        pass(proposal);
    }

    function pass(Proposal memory proposal) internal {
        open(proposal);
        vote(proposal, alice, FOR);
        vote(proposal, bob, FOR);
        close(proposal);
        queue(proposal);
    }

    function carryOut(address target, bytes memory call) internal {
        execute(ready(target, call));
    }

    /// @notice The vote carries, and the call is refused with `reason` when it is to be executed.
    function refuses(address target, bytes memory call, bytes memory reason) internal {
        Proposal memory proposal = ready(target, call);
        vm.expectRevert(reason);
        execute(proposal);
    }

    function assertState(Proposal memory proposal, IGovernor.ProposalState state) internal view {
        assertEq(uint256(governor.state(proposal.id)), uint256(state), "state of the proposal");
    }
}
