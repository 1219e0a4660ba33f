// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {HoldToken} from "../../contracts/HoldToken.sol";
import {JobEscrow} from "../../contracts/JobEscrow.sol";
import {ModelAvailability} from "../../contracts/ModelAvailability.sol";
import {ModelRegistry} from "../../contracts/ModelRegistry.sol";
import {OperatorRegistry} from "../../contracts/OperatorRegistry.sol";
import {RewardPool} from "../../contracts/RewardPool.sol";
import {SafetyRules} from "../../contracts/SafetyRules.sol";
import {SheetBook} from "../../contracts/SheetBook.sol";
import {StakedHold} from "../../contracts/StakedHold.sol";
import {CommonholdGovernor} from "../../contracts/governance/CommonholdGovernor.sol";
import {CommonholdTimelock} from "../../contracts/governance/CommonholdTimelock.sol";
import {TestDollar} from "../../contracts/mocks/TestDollar.sol";
import {JobFacts} from "./escrow/JobFacts.sol";

/// @notice The whole protocol, deployed and handed over as `protocol/deploying.py` does it, with ten named holders.
abstract contract ProtocolTest is Test {
    uint64 internal constant ADMIN = 0;
    uint64 internal constant SHEETS = 1;
    uint64 internal constant POOL = 2;
    uint64 internal constant MINTER = 3;

    bytes32 internal constant CHAT = "chat";
    bytes32 internal constant TOKENIZER = keccak256("tokenizer");
    uint16 internal constant CURATOR_BPS = 500;
    /// @dev One limit: 4,096 tokens in, 1,024 out.
    bytes internal constant RULES = hex"4348523102000000080000100000000400";

    uint256 internal constant EACH = 40_000_000e18;
    uint256 internal constant COOLDOWN = 3 days;
    uint256 internal constant TIMELOCK_DELAY = 2 days;
    uint32 internal constant ROLE_DELAY = 7 days;
    uint256 internal constant RATE_BPS = 5_000;
    uint256 internal constant REFERENCE_PRICE = 10_000;

    TestDollar internal dollar;
    AccessManager internal manager;
    HoldToken internal hold;
    StakedHold internal stakedHold;
    CommonholdTimelock internal timelock;
    CommonholdGovernor internal governor;
    JobEscrow internal escrow;
    OperatorRegistry internal operators;
    ModelRegistry internal models;
    ModelAvailability internal availability;
    SafetyRules internal rules;
    SheetBook internal sheetBook;
    RewardPool internal pool;
    /// @dev The model in slot "chat".
    bytes32 internal model;

    address internal deployer = makeAddr("deployer");
    address internal operator = makeAddr("operator");
    address internal operator2 = makeAddr("operator2");
    address internal client = makeAddr("client");
    address internal client2 = makeAddr("client2");
    address internal curator = makeAddr("curator");
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal carol = makeAddr("carol");
    address internal dave = makeAddr("dave");
    address internal stranger = makeAddr("stranger");

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        vm.startPrank(deployer);
        dollar = new TestDollar();
        manager = new AccessManager(deployer);
        _deployVotes();
        _deployWork();
        _openRoles();
        vm.stopPrank();
        model = registerModel(curator, "smollm2", TOKENIZER, CURATOR_BPS);
        vm.startPrank(deployer);
        rules.adopt(RULES);
        models.assignSlot(CHAT, model);
        _handOver();
        vm.stopPrank();
    }

    function registerModel(address by, string memory name, bytes32 tokenizer, uint16 curatorBps)
        internal
        returns (bytes32)
    {
        bytes32 digest = sha256(bytes(name));
        vm.prank(by);
        return models.registerModel(digest, digest, digest, tokenizer, 0, curatorBps);
    }

    function stake(address who, uint256 amount) internal {
        vm.startPrank(who);
        hold.approve(address(stakedHold), amount);
        stakedHold.stake(amount);
        vm.stopPrank();
    }

    function holders() internal view returns (address[] memory list) {
        list = new address[](10);
        (list[0], list[1], list[2], list[3], list[4]) = (deployer, operator, operator2, client, client2);
        (list[5], list[6], list[7], list[8], list[9]) = (curator, alice, bob, carol, dave);
    }

    function governorNumbers() internal pure returns (CommonholdGovernor.Numbers memory) {
        return CommonholdGovernor.Numbers({
            votingDelay: 1 days,
            votingPeriod: 3 days,
            proposalThreshold: 1_000_000e18,
            quorumBps: 1_000,
            lateQuorumExtension: 1 days
        });
    }

    // ---------------------------------------------------------------- deployment

    function _deployVotes() private {
        address[] memory list = holders();
        uint256[] memory amounts = new uint256[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            amounts[i] = EACH;
        }
        hold = new HoldToken(address(manager), list, amounts);
        stakedHold = new StakedHold(address(manager), address(hold), address(dollar), COOLDOWN);
        timelock = new CommonholdTimelock(TIMELOCK_DELAY, _only(_created(1)), _only(address(0)));
        governor =
            new CommonholdGovernor(address(stakedHold), address(hold), payable(address(timelock)), governorNumbers());
    }

    function _deployWork() private {
        address book = _created(4);
        escrow = new JobEscrow(address(manager), address(dollar), address(timelock));
        operators = new OperatorRegistry();
        models = new ModelRegistry(address(manager), book, _created(3));
        rules = new SafetyRules(address(manager), book);
        sheetBook =
            new SheetBook(address(manager), address(escrow), address(models), address(rules), JobFacts.numbers());
        availability = new ModelAvailability(address(dollar), address(models), 1 hours, 3e6);
        pool = new RewardPool(
            address(manager),
            address(escrow),
            address(hold),
            address(stakedHold),
            address(dollar),
            address(timelock),
            RATE_BPS,
            REFERENCE_PRICE
        );
    }

    function _openRoles() private {
        _open(address(escrow), JobEscrow.setSheet.selector, SHEETS, address(sheetBook));
        _open(address(escrow), JobEscrow.setGeneration.selector, SHEETS, address(sheetBook));
        _open(address(escrow), JobEscrow.takeBucket.selector, POOL, address(pool));
        _open(address(stakedHold), StakedHold.addRevenue.selector, POOL, address(pool));
        _open(address(hold), HoldToken.mint.selector, MINTER, address(pool));
    }

    function _open(address target, bytes4 selector, uint64 role, address holder) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(target, selectors, role);
        manager.grantRole(role, holder, 0);
    }

    function _handOver() private {
        manager.grantRole(ADMIN, address(timelock), 0);
        for (uint64 role = ADMIN; role <= MINTER; ++role) {
            manager.setGrantDelay(role, ROLE_DELAY);
        }
        address[4] memory guarded = [address(escrow), address(hold), address(stakedHold), address(pool)];
        for (uint256 i = 0; i < guarded.length; ++i) {
            manager.setTargetAdminDelay(guarded[i], ROLE_DELAY);
        }
        manager.renounceRole(ADMIN, deployer);
    }

    /// @dev Address of the deployer's contract that comes `later` contracts after the next.
    function _created(uint256 later) private view returns (address) {
        return vm.computeCreateAddress(deployer, vm.getNonce(deployer) + later);
    }

    function _only(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }
}
