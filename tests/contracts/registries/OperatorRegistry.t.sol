// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IOperatorRegistry} from "../../../contracts/interfaces/IOperatorRegistry.sol";
import {ProtocolTest} from "../ProtocolTest.sol";

/// @notice Who operates, and that everybody speaks for themselves alone.
contract OperatorRegistryTest is ProtocolTest {
    function test_an_operator_is_found_by_what_it_registered() public {
        IOperatorRegistry.Profile memory mine = profile("https://operator.example", 2);
        vm.expectEmit(address(operators));
        emit IOperatorRegistry.OperatorRegistered(operator, mine);
        vm.prank(operator);
        operators.register(mine);

        assertTrue(operators.isRegistered(operator));
        assertEq(abi.encode(operators.profileOf(operator)), abi.encode(mine));
        assertFalse(operators.isRegistered(stranger));
    }

    function test_an_update_replaces_the_whole_profile() public {
        IOperatorRegistry.Profile memory shorter = profile("ipfs://", 1);
        vm.startPrank(operator);
        operators.register(profile("https://operator.example", 32));
        vm.expectEmit(address(operators));
        emit IOperatorRegistry.OperatorUpdated(operator, shorter);
        operators.update(shorter);
        assertEq(abi.encode(operators.profileOf(operator)), abi.encode(shorter));
    }

    function test_whoever_retires_is_gone_and_may_come_back() public {
        vm.startPrank(operator);
        operators.register(profile("a", 1));
        vm.expectEmit(address(operators));
        emit IOperatorRegistry.OperatorRetired(operator);
        operators.retire();
        assertFalse(operators.isRegistered(operator));
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.NotRegistered.selector, operator));
        operators.profileOf(operator);
        operators.register(profile("b", 0));
        assertEq(operators.profileOf(operator).models.length, 0);
    }

    function test_whoever_is_registered_cannot_register_again() public {
        vm.startPrank(operator);
        operators.register(profile("a", 1));
        vm.expectRevert(abi.encodeWithSelector(IOperatorRegistry.AlreadyRegistered.selector, operator));
        operators.register(profile("a", 1));
    }

    function test_whoever_is_not_registered_can_neither_update_nor_retire() public {
        bytes memory refusal = abi.encodeWithSelector(IOperatorRegistry.NotRegistered.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(refusal);
        operators.update(profile("a", 1));
        vm.expectRevert(refusal);
        operators.retire();
    }

    function test_profiles_are_bounded_at_both_verbs() public {
        IOperatorRegistry.Profile memory uneven = profile("a", 2);
        uneven.prices = new uint256[](1);
        vm.startPrank(operator);
        refusesBoth(profile(string(new bytes(513)), 1), IOperatorRegistry.UriTooLong.selector, 513, 512);
        refusesBoth(profile("a", 33), IOperatorRegistry.TooManyModels.selector, 33, 32);
        refusesBoth(uneven, IOperatorRegistry.LengthMismatch.selector, 2, 1);
        operators.update(profile(string(new bytes(512)), 32));
    }

    /// @dev Registers first, since the profile at fault must be refused before and after.
    function refusesBoth(IOperatorRegistry.Profile memory faulty, bytes4 refusal, uint256 given, uint256 limit)
        private
    {
        if (operators.isRegistered(operator)) operators.retire();
        vm.expectRevert(abi.encodeWithSelector(refusal, given, limit));
        operators.register(faulty);
        operators.register(profile("a", 1));
        vm.expectRevert(abi.encodeWithSelector(refusal, given, limit));
        operators.update(faulty);
    }

    function profile(string memory uri, uint256 count) private pure returns (IOperatorRegistry.Profile memory made) {
        made = IOperatorRegistry.Profile(uri, "h100", new bytes32[](count), new uint256[](count));
        for (uint256 i = 0; i < count; ++i) {
            (made.models[i], made.prices[i]) = (keccak256(abi.encode(i)), i);
        }
    }
}
