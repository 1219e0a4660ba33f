// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";

import {RewardPool} from "../../../contracts/RewardPool.sol";
import {Proposal, VotedTest} from "../VotedTest.sol";

/// @notice Whose vote counts, for how much, and when the vote ends.
contract BallotsTest is VotedTest {
    bytes32 private constant BALLOT = keccak256("Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)");
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    Proposal private _proposal;

    function setUp() public override {
        super.setUp();
        _proposal = proposed(address(pool), abi.encodeCall(RewardPool.setEmission, (1, 1)));
    }

    function test_front_ends_find_what_they_look_for() public view {
        assertEq(governor.CLOCK_MODE(), "mode=timestamp");
        assertEq(stakedHold.CLOCK_MODE(), "mode=timestamp");
        assertEq(governor.clock(), block.timestamp);
        assertEq(governor.COUNTING_MODE(), "support=bravo&quorum=for,abstain");
        assertTrue(governor.supportsInterface(type(IGovernor).interfaceId));
        assertTrue(governor.proposalNeedsQueuing(_proposal.id));
    }

    function test_a_signature_votes() public {
        (address signer, uint256 key) = makeAddrAndKey("signer");
        vm.prank(carol);
        hold.transfer(signer, EACH);
        stake(signer, EACH);
        open(_proposal);

        governor.castVoteBySig(_proposal.id, FOR, signer, ballot(key, signer, FOR));

        (, uint256 votes,) = governor.proposalVotes(_proposal.id);
        assertEq(votes, EACH);
    }

    function test_a_signature_counts_once_and_only_for_what_it_says() public {
        (address signer, uint256 key) = makeAddrAndKey("signer");
        open(_proposal);
        bytes memory signature = ballot(key, signer, FOR);

        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, signer));
        governor.castVoteBySig(_proposal.id, AGAINST, signer, signature);

        governor.castVoteBySig(_proposal.id, FOR, signer, signature);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorInvalidSignature.selector, signer));
        governor.castVoteBySig(_proposal.id, FOR, signer, signature);
    }

    function test_a_vote_may_give_its_reason() public {
        open(_proposal);
        vm.expectEmit(address(governor));
        emit IGovernor.VoteCast(alice, _proposal.id, FOR, EACH, "cheaper");
        vm.prank(alice);
        governor.castVoteWithReason(_proposal.id, FOR, "cheaper");
    }

    function test_nobody_votes_twice() public {
        open(_proposal);
        vote(_proposal, alice, FOR);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorAlreadyCastVote.selector, alice));
        vote(_proposal, alice, AGAINST);
    }

    function test_a_stake_that_comes_once_the_vote_is_open_weighs_nothing() public {
        open(_proposal);
        stake(carol, EACH);
        vote(_proposal, carol, AGAINST);
        (uint256 against,,) = governor.proposalVotes(_proposal.id);
        assertEq(against, 0);
    }

    function test_whoever_leaves_while_the_vote_is_open_is_still_counted_once() public {
        open(_proposal);
        vm.prank(alice);
        stakedHold.requestUnstake(EACH);
        vote(_proposal, alice, FOR);
        (, uint256 votes,) = governor.proposalVotes(_proposal.id);
        assertEq(votes, EACH);
        assertEq(stakedHold.getVotes(alice), 0);
    }

    function test_votes_can_be_delegated() public {
        vm.prank(bob);
        stakedHold.delegate(alice);
        open(_proposal);
        vote(_proposal, alice, FOR);
        vote(_proposal, bob, AGAINST);
        (uint256 against, uint256 votes,) = governor.proposalVotes(_proposal.id);
        assertEq(votes, 2 * EACH);
        assertEq(against, 0);
    }

    function test_a_quorum_reached_late_leaves_a_day_to_answer() public {
        open(_proposal);
        uint256 deadline = governor.proposalDeadline(_proposal.id);
        vm.warp(deadline);
        vote(_proposal, alice, FOR);

        assertEq(governor.proposalDeadline(_proposal.id), deadline + 1 days);
        vm.warp(deadline + 1 days);
        vote(_proposal, bob, AGAINST);
        close(_proposal);
        assertState(_proposal, IGovernor.ProposalState.Defeated);
    }

    function test_a_quorum_reached_early_changes_no_deadline() public {
        open(_proposal);
        uint256 deadline = governor.proposalDeadline(_proposal.id);
        vote(_proposal, alice, FOR);
        assertEq(governor.proposalDeadline(_proposal.id), deadline);
    }

    // ---------------------------------------------------------------- quorum

    function test_the_quorum_is_a_part_of_the_stake() public {
        stake(carol, EACH);
        stake(dave, EACH);
        skip(1);
        assertEq(governor.quorum(block.timestamp - 1), 16_000_000e18, "a tenth of 160 million");
    }

    function test_the_quorum_never_falls_below_a_hundredth_of_all_hold() public {
        withdrawVotes(bob, EACH);
        withdrawVotes(alice, EACH - 3_000_000e18);
        skip(1);
        assertEq(governor.quorum(block.timestamp - 1), 4_000_000e18, "a hundredth of 400 million");

        Proposal memory byFew = opened(address(pool), abi.encodeCall(RewardPool.setEmission, (2, 2)));
        vote(byFew, alice, FOR);
        close(byFew);
        assertState(byFew, IGovernor.ProposalState.Defeated);
    }

    function test_the_floor_is_that_of_the_past() public {
        withdrawVotes(bob, EACH);
        withdrawVotes(alice, EACH);
        skip(1);
        uint256 before = block.timestamp - 1;
        vm.prank(address(pool));
        hold.mint(carol, 100_000_000e18);
        skip(1);
        assertEq(governor.quorum(before), 4_000_000e18);
        assertEq(governor.quorum(block.timestamp - 1), 5_000_000e18);
    }

    function test_abstentions_count_to_the_quorum() public {
        withdrawVotes(alice, EACH - 1e18);
        open(_proposal);
        vote(_proposal, alice, FOR);
        vote(_proposal, bob, ABSTAIN);
        close(_proposal);
        assertState(_proposal, IGovernor.ProposalState.Succeeded);
    }

    function withdrawVotes(address who, uint256 amount) private {
        vm.prank(who);
        stakedHold.requestUnstake(amount);
    }

    function ballot(uint256 key, address voter, uint8 support) private view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN, keccak256("Commonhold Governor"), keccak256("1"), block.chainid, address(governor))
        );
        bytes32 said = keccak256(abi.encode(BALLOT, _proposal.id, support, voter, governor.nonces(voter)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, said)));
        return abi.encodePacked(r, s, v);
    }
}
