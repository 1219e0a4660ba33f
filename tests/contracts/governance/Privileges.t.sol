// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {ISheetBook} from "../../../contracts/interfaces/ISheetBook.sol";
import {HoldToken} from "../../../contracts/HoldToken.sol";
import {JobEscrow} from "../../../contracts/JobEscrow.sol";
import {ModelRegistry} from "../../../contracts/ModelRegistry.sol";
import {RewardPool} from "../../../contracts/RewardPool.sol";
import {SafetyRules} from "../../../contracts/SafetyRules.sol";
import {SheetBook} from "../../../contracts/SheetBook.sol";
import {StakedHold} from "../../../contracts/StakedHold.sol";
import {CommonholdGovernor} from "../../../contracts/governance/CommonholdGovernor.sol";
import {CommonholdTimelock} from "../../../contracts/governance/CommonholdTimelock.sol";
import {JobFacts} from "../escrow/JobFacts.sol";
import {ProtocolTest} from "../ProtocolTest.sol";

/// @notice Nobody but the vote may do what the vote may do (invariant I-5): every privileged verb, by everybody else.
contract PrivilegesTest is ProtocolTest {
    function test_the_deployer_has_no_role() public view {
        for (uint64 role = ADMIN; role <= MINTER; ++role) {
            (bool isMember,) = manager.hasRole(role, deployer);
            assertFalse(isMember);
        }
        bytes32[4] memory roles = [
            timelock.DEFAULT_ADMIN_ROLE(), timelock.PROPOSER_ROLE(), timelock.EXECUTOR_ROLE(), timelock.CANCELLER_ROLE()
        ];
        for (uint256 i = 0; i < roles.length; ++i) {
            assertFalse(timelock.hasRole(roles[i], deployer));
        }
    }

    function test_the_timelock_alone_administers() public view {
        (bool isMember, uint32 delay) = manager.hasRole(ADMIN, address(timelock));
        assertTrue(isMember);
        assertEq(delay, 0);
        assertTrue(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(timelock)));
        assertFalse(timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE(), address(governor)));
    }

    function test_every_managed_verb_refuses_everybody_else() public {
        (address[] memory targets, bytes[] memory calls) = managed();
        address[] memory callers = others();
        for (uint256 i = 0; i < calls.length; ++i) {
            for (uint256 j = 0; j < callers.length; ++j) {
                refuses(
                    callers[j],
                    targets[i],
                    calls[i],
                    abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, callers[j])
                );
            }
        }
    }

    function test_the_vote_itself_has_none_of_the_modules_roles() public {
        bytes memory refusal =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, address(timelock));
        (address[] memory targets, bytes[] memory calls) = ofModules();
        for (uint256 i = 0; i < calls.length; ++i) {
            refuses(address(timelock), targets[i], calls[i], refusal);
        }
    }

    function test_a_registry_alone_tells_the_sheet_book() public {
        address[] memory callers = others();
        for (uint256 j = 0; j < callers.length; ++j) {
            bytes memory refusal = abi.encodeWithSelector(ISheetBook.OnlyRegistries.selector, callers[j]);
            refuses(callers[j], address(sheetBook), abi.encodeCall(SheetBook.onRulesAdopted, ()), refusal);
            refuses(callers[j], address(sheetBook), abi.encodeCall(SheetBook.onSlotAssigned, (CHAT)), refusal);
            refuses(callers[j], address(sheetBook), abi.encodeCall(SheetBook.onUnservable, (model)), refusal);
        }
    }

    function test_every_verb_of_the_manager_refuses_everybody_else() public {
        bytes[] memory calls = ofManager();
        address[] memory callers = others();
        for (uint256 i = 0; i < calls.length; ++i) {
            for (uint256 j = 0; j < callers.length; ++j) {
                refuses(
                    callers[j],
                    address(manager),
                    calls[i],
                    abi.encodeWithSelector(IAccessManager.AccessManagerUnauthorizedAccount.selector, callers[j], ADMIN)
                );
            }
        }
    }

    function test_every_number_of_the_governor_refuses_everybody_else() public {
        bytes[] memory calls = ofGovernor();
        address[] memory callers = others();
        for (uint256 i = 0; i < calls.length; ++i) {
            for (uint256 j = 0; j < callers.length; ++j) {
                refuses(
                    callers[j],
                    address(governor),
                    calls[i],
                    abi.encodeWithSelector(IGovernor.GovernorOnlyExecutor.selector, callers[j])
                );
            }
        }
    }

    function test_the_timelock_takes_orders_from_the_governor_alone() public {
        bytes32 proposer = timelock.PROPOSER_ROLE();
        bytes32 canceller = timelock.CANCELLER_ROLE();
        address[3] memory callers = [deployer, stranger, address(pool)];
        for (uint256 j = 0; j < callers.length; ++j) {
            refuses(callers[j], address(timelock), scheduling(), withoutRole(callers[j], proposer));
            refuses(
                callers[j],
                address(timelock),
                abi.encodeCall(TimelockController.cancel, (0)),
                withoutRole(callers[j], canceller)
            );
            refuses(
                callers[j],
                address(timelock),
                abi.encodeCall(IAccessControl.grantRole, (proposer, callers[j])),
                abi.encodeWithSelector(CommonholdTimelock.RolesAreFixed.selector)
            );
            refuses(
                callers[j],
                address(timelock),
                abi.encodeCall(CommonholdTimelock.updateDelay, (1 days)),
                abi.encodeWithSelector(TimelockController.TimelockUnauthorizedCaller.selector, callers[j])
            );
        }
    }

    // ---------------------------------------------------------------- the verbs

    function managed() private view returns (address[] memory targets, bytes[] memory calls) {
        (address[] memory moduleTargets, bytes[] memory moduleCalls) = ofModules();
        (targets, calls) = (new address[](13), new bytes[](13));
        for (uint256 i = 0; i < moduleCalls.length; ++i) {
            (targets[i], calls[i]) = (moduleTargets[i], moduleCalls[i]);
        }
        (targets[5], calls[5]) = (address(stakedHold), abi.encodeCall(StakedHold.setCooldown, (1 days)));
        (targets[6], calls[6]) = (address(models), abi.encodeCall(ModelRegistry.assignSlot, (CHAT, model)));
        (targets[7], calls[7]) = (address(models), abi.encodeCall(ModelRegistry.rollbackSlot, (CHAT)));
        (targets[8], calls[8]) = (address(models), abi.encodeCall(ModelRegistry.retire, (model)));
        (targets[9], calls[9]) = (address(rules), abi.encodeCall(SafetyRules.adopt, (RULES)));
        (targets[10], calls[10]) = (address(sheetBook), abi.encodeCall(SheetBook.setNumbers, (JobFacts.numbers())));
        (targets[11], calls[11]) = (address(sheetBook), abi.encodeCall(SheetBook.setModules, (stranger, stranger)));
        (targets[12], calls[12]) = (address(pool), abi.encodeCall(RewardPool.setEmission, (1, 1)));
    }

    function ofModules() private view returns (address[] memory targets, bytes[] memory calls) {
        (targets, calls) = (new address[](5), new bytes[](5));
        (targets[0], targets[1], targets[2]) = (address(escrow), address(escrow), address(escrow));
        calls[0] = abi.encodeCall(JobEscrow.setSheet, (CHAT, 0));
        calls[1] = abi.encodeCall(JobEscrow.setGeneration, (9));
        calls[2] = abi.encodeCall(JobEscrow.takeBucket, (0, operator));
        (targets[3], calls[3]) = (address(stakedHold), abi.encodeCall(StakedHold.addRevenue, (1)));
        (targets[4], calls[4]) = (address(hold), abi.encodeCall(HoldToken.mint, (stranger, 1)));
    }

    function ofManager() private view returns (bytes[] memory calls) {
        bytes4[] memory selectors = new bytes4[](1);
        calls = new bytes[](10);
        calls[0] = abi.encodeCall(AccessManager.labelRole, (MINTER, "mine"));
        calls[1] = abi.encodeCall(AccessManager.grantRole, (MINTER, stranger, 0));
        calls[2] = abi.encodeCall(AccessManager.revokeRole, (MINTER, address(pool)));
        calls[3] = abi.encodeCall(AccessManager.setRoleAdmin, (MINTER, SHEETS));
        calls[4] = abi.encodeCall(AccessManager.setRoleGuardian, (MINTER, SHEETS));
        calls[5] = abi.encodeCall(AccessManager.setGrantDelay, (MINTER, 0));
        calls[6] = abi.encodeCall(AccessManager.setTargetFunctionRole, (address(models), selectors, MINTER));
        calls[7] = abi.encodeCall(AccessManager.setTargetAdminDelay, (address(hold), 0));
        calls[8] = abi.encodeCall(AccessManager.setTargetClosed, (address(models), true));
        calls[9] = abi.encodeCall(AccessManager.updateAuthority, (address(models), stranger));
    }

    function ofGovernor() private view returns (bytes[] memory calls) {
        calls = new bytes[](6);
        calls[0] = abi.encodeCall(governor.setVotingDelay, (1 hours));
        calls[1] = abi.encodeCall(governor.setVotingPeriod, (1 days));
        calls[2] = abi.encodeCall(governor.setProposalThreshold, (1e18));
        calls[3] = abi.encodeCall(governor.updateQuorumNumerator, (100));
        calls[4] = abi.encodeCall(governor.setLateQuorumVoteExtension, (1 hours));
        calls[5] = abi.encodeCall(governor.relay, (address(hold), 0, ""));
    }

    /// @dev Strangers to all of the guarded verbs, the protocol's own contracts without a role among them.
    function others() private view returns (address[] memory list) {
        list = new address[](6);
        (list[0], list[1], list[2]) = (deployer, stranger, curator);
        (list[3], list[4], list[5]) = (address(governor), address(escrow), address(operators));
    }

    function refuses(address caller, address target, bytes memory call, bytes memory refusal) private {
        vm.prank(caller);
        (bool done, bytes memory returned) = target.call(call);
        assertFalse(done, string.concat(vm.getLabel(caller), " was let in: ", vm.toString(call)));
        assertEq(returned, refusal);
    }

    function scheduling() private view returns (bytes memory) {
        return abi.encodeCall(TimelockController.schedule, (address(hold), 0, "", 0, 0, TIMELOCK_DELAY));
    }

    function withoutRole(address caller, bytes32 role) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, role);
    }
}
