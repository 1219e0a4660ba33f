// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IRewardPool} from "../../../contracts/interfaces/IRewardPool.sol";
import {ISheetBook} from "../../../contracts/interfaces/ISheetBook.sol";
import {IStakedHold} from "../../../contracts/interfaces/IStakedHold.sol";
import {RewardPool} from "../../../contracts/RewardPool.sol";
import {SheetBook} from "../../../contracts/SheetBook.sol";
import {StakedHold} from "../../../contracts/StakedHold.sol";
import {CommonholdGovernor} from "../../../contracts/governance/CommonholdGovernor.sol";
import {CommonholdTimelock} from "../../../contracts/governance/CommonholdTimelock.sol";
import {JobFacts} from "../escrow/JobFacts.sol";
import {VotedTest} from "../VotedTest.sol";

/// @notice Every governed number has bounds that no vote can leave: both ends hold, one beyond either is refused.
contract BoundsTest is VotedTest {
    // ---------------------------------------------------------------- governor

    function test_the_voting_delay_is_an_hour_to_seven_days() public {
        governorKeeps("setVotingDelay(uint48)", "votingDelay", 1 hours, 7 days);
        assertEq(governor.votingDelay(), 7 days);
    }

    function test_the_voting_period_is_one_to_thirty_days() public {
        governorKeeps("setVotingPeriod(uint32)", "votingPeriod", 1 days, 30 days);
        assertEq(governor.votingPeriod(), 30 days);
    }

    function test_the_threshold_is_one_hold_to_a_hundredth_of_the_cap() public {
        governorKeeps("setProposalThreshold(uint256)", "proposalThreshold", 1e18, hold.CAP() / 100);
        assertEq(governor.proposalThreshold(), hold.CAP() / 100);
    }

    function test_the_quorum_is_a_hundredth_to_half_of_the_stake() public {
        governorKeeps("updateQuorumNumerator(uint256)", "quorumBps", 100, 5_000);
        assertEq(governor.quorumNumerator(), 5_000);
    }

    function test_the_late_extension_is_an_hour_to_seven_days() public {
        carryOut(address(governor), abi.encodeCall(governor.setVotingPeriod, (30 days)));
        governorKeeps("setLateQuorumVoteExtension(uint48)", "lateQuorumExtension", 1 hours, 7 days);
        assertEq(governor.lateQuorumVoteExtension(), 7 days);
    }

    /// @dev Whichever of the two is moved: an extension longer than the vote would put off its end for ever.
    function test_the_late_extension_is_at_most_the_voting_period() public {
        carryOut(address(governor), abi.encodeCall(governor.setLateQuorumVoteExtension, (2 days)));
        refuses(
            address(governor),
            abi.encodeCall(governor.setVotingPeriod, (1 days)),
            governorRefusal("votingPeriod", 1 days, 2 days, 30 days)
        );
        carryOut(address(governor), abi.encodeCall(governor.setVotingPeriod, (2 days)));
        refuses(
            address(governor),
            abi.encodeCall(governor.setLateQuorumVoteExtension, (3 days)),
            governorRefusal("lateQuorumExtension", 3 days, 1 hours, 2 days)
        );
    }

    function test_a_governor_cannot_be_created_out_of_bounds() public {
        CommonholdGovernor.Numbers memory numbers = governorNumbers();
        numbers.votingPeriod = 0;
        vm.expectRevert(governorRefusal("votingPeriod", 0, 1 days, 30 days));
        new CommonholdGovernor(address(stakedHold), address(hold), payable(address(timelock)), numbers);
    }

    function test_the_governor_keeps_its_timelock() public {
        refuses(
            address(governor),
            abi.encodeCall(governor.updateTimelock, (timelock)),
            abi.encodeWithSelector(CommonholdGovernor.TimelockIsFixed.selector)
        );
    }

    // ---------------------------------------------------------------- timelock

    function test_the_delay_of_the_timelock_is_one_to_thirty_days() public {
        timelockRefuses(0);
        timelockRefuses(1 days - 1);
        timelockRefuses(30 days + 1);
        carryOut(address(timelock), abi.encodeCall(CommonholdTimelock.updateDelay, (1 days)));
        carryOut(address(timelock), abi.encodeCall(CommonholdTimelock.updateDelay, (30 days)));
        assertEq(timelock.getMinDelay(), 30 days);
    }

    function test_a_timelock_cannot_be_created_out_of_bounds() public {
        vm.expectRevert(delayRefusal(0));
        new CommonholdTimelock(0, new address[](0), new address[](0));
        vm.expectRevert(delayRefusal(31 days));
        new CommonholdTimelock(31 days, new address[](0), new address[](0));
    }

    /// @dev One vote for a key would otherwise be the last vote that is needed.
    function test_no_vote_changes_who_may_propose_to_the_timelock() public {
        bytes32 proposer = timelock.PROPOSER_ROLE();
        bytes memory refusal = abi.encodeWithSelector(CommonholdTimelock.RolesAreFixed.selector);
        refuses(address(timelock), abi.encodeCall(timelock.grantRole, (proposer, stranger)), refusal);
        refuses(address(timelock), abi.encodeCall(timelock.revokeRole, (proposer, address(governor))), refusal);
        bytes memory renounce = abi.encodeCall(timelock.renounceRole, (proposer, address(governor)));
        bytes memory relayed = abi.encodeCall(governor.relay, (address(timelock), 0, renounce));
        refuses(address(governor), relayed, refusal);
    }

    // ---------------------------------------------------------------- the rest

    function test_every_number_of_the_sheet_book_keeps_its_bounds() public {
        (bytes32[11] memory names, uint256[11] memory least, uint256[11] memory most) = sheetBounds();
        for (uint256 i = 0; i < names.length; ++i) {
            sheetBookRefuses(i, least[i] - (least[i] == 0 ? 0 : 1), names[i], least[i], most[i]);
            sheetBookRefuses(i, 0, names[i], least[i], most[i]);
            sheetBookRefuses(i, most[i] + 1, names[i], least[i], most[i]);
            sheetBookRefuses(i, type(uint256).max, names[i], least[i], most[i]);
        }
        for (uint256 i = 0; i < names.length; ++i) {
            setNumber(i, least[i]);
            setNumber(i, most[i]);
        }
    }

    function test_a_sheet_book_cannot_be_created_out_of_bounds() public {
        ISheetBook.Numbers memory numbers = JobFacts.numbers();
        numbers.maxPayload = 24_577;
        vm.expectRevert(sheetRefusal("maxPayload", 24_577, 1_024, 24_576));
        new SheetBook(address(manager), address(escrow), address(models), address(rules), numbers);
    }

    function test_the_cooldown_is_one_to_five_days() public {
        uint256[3] memory beyond = [uint256(0), 1 days - 1, 5 days + 1];
        for (uint256 i = 0; i < beyond.length; ++i) {
            bytes memory refusal =
                abi.encodeWithSelector(IStakedHold.CooldownOutOfBounds.selector, beyond[i], 1 days, 5 days);
            refuses(address(stakedHold), abi.encodeCall(StakedHold.setCooldown, (beyond[i])), refusal);
        }
        carryOut(address(stakedHold), abi.encodeCall(StakedHold.setCooldown, (1 days)));
        carryOut(address(stakedHold), abi.encodeCall(StakedHold.setCooldown, (5 days)));
        assertEq(stakedHold.cooldown(), 5 days);
    }

    function test_emission_is_at_most_what_the_treasury_earned() public {
        uint256 most = type(uint104).max;
        poolRefuses(10_001, 1);
        poolRefuses(0, 0);
        poolRefuses(10_000, most + 1);
        carryOut(address(pool), abi.encodeCall(RewardPool.setEmission, (0, 1)));
        carryOut(address(pool), abi.encodeCall(RewardPool.setEmission, (10_000, most)));
        assertEq(pool.rateBps(), 10_000);
        assertEq(pool.referencePrice(), most);
    }

    // ---------------------------------------------------------------- how

    function governorKeeps(string memory setter, bytes32 name, uint256 least, uint256 most) private {
        uint256[3] memory beyond = [0, least - 1, most + 1];
        for (uint256 i = 0; i < beyond.length; ++i) {
            bytes memory refusal = governorRefusal(name, beyond[i], least, most);
            refuses(address(governor), abi.encodeWithSignature(setter, beyond[i]), refusal);
        }
        carryOut(address(governor), abi.encodeWithSignature(setter, least));
        carryOut(address(governor), abi.encodeWithSignature(setter, most));
    }

    function timelockRefuses(uint256 delay) private {
        refuses(address(timelock), abi.encodeCall(CommonholdTimelock.updateDelay, (delay)), delayRefusal(delay));
    }

    function poolRefuses(uint256 rateBps, uint256 price) private {
        bytes memory refusal = abi.encodeWithSelector(IRewardPool.EmissionOutOfBounds.selector, rateBps, price);
        refuses(address(pool), abi.encodeCall(RewardPool.setEmission, (rateBps, price)), refusal);
    }

    function sheetBookRefuses(uint256 field, uint256 value, bytes32 name, uint256 least, uint256 most) private {
        if (value >= least && value <= most) return;
        vm.expectRevert(sheetRefusal(name, value, least, most));
        setNumber(field, value);
    }

    function setNumber(uint256 field, uint256 value) private {
        uint256[11] memory fields = abi.decode(abi.encode(JobFacts.numbers()), (uint256[11]));
        fields[field] = value;
        vm.prank(address(timelock));
        sheetBook.setNumbers(abi.decode(abi.encode(fields), (ISheetBook.Numbers)));
    }

    /// @dev In the order of `ISheetBook.Numbers`.
    function sheetBounds()
        private
        pure
        returns (bytes32[11] memory names, uint256[11] memory least, uint256[11] memory most)
    {
        (names[0], least[0], most[0]) = ("challengeSeconds", 10 minutes, 14 days);
        (names[1], least[1], most[1]) = ("disputeSeconds", 1 hours, 30 days);
        (names[2], least[2], most[2]) = ("maxOfferSeconds", 1 minutes, 7 days);
        (names[3], least[3], most[3]) = ("maxServiceSeconds", 1 minutes, 1 days);
        (names[4], least[4], most[4]) = ("stakersBps", 0, 1_000);
        (names[5], least[5], most[5]) = ("treasuryBps", 50, 1_000);
        (names[6], least[6], most[6]) = ("refusalBps", 500, 10_000);
        (names[7], least[7], most[7]) = ("fineBps", 100, 10_000);
        (names[8], least[8], most[8]) = ("bondBps", 10_000, 1_000_000);
        (names[9], least[9], most[9]) = ("minBond", 1, 2 ** 72 - 1);
        (names[10], least[10], most[10]) = ("maxPayload", 1_024, 24_576);
    }

    function governorRefusal(bytes32 name, uint256 value, uint256 least, uint256 most)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(CommonholdGovernor.NumberOutOfBounds.selector, name, value, least, most);
    }

    function sheetRefusal(bytes32 name, uint256 value, uint256 least, uint256 most)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(ISheetBook.NumberOutOfBounds.selector, name, value, least, most);
    }

    function delayRefusal(uint256 delay) private pure returns (bytes memory) {
        return abi.encodeWithSelector(CommonholdTimelock.DelayOutOfBounds.selector, delay, 1 days, 30 days);
    }
}
