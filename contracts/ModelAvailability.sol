// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IModelAvailability} from "./interfaces/IModelAvailability.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {HashTree} from "./libraries/HashTree.sol";
import {Evidence} from "./types/Computation.sol";

/// @title ModelAvailability
contract ModelAvailability is IModelAvailability {
    using SafeERC20 for IERC20;

    uint256 private constant HEADER = 1;
    uint256 private constant HEADER_BYTES = 136;
    uint256 private constant EXACT = 1;
    uint256 private constant PIECE = 1_024;
    uint256 private constant LEAF_BYTES = 256;
    uint256 private constant MOST_DIMENSIONS = 3;

    IERC20 public immutable asset;
    IModelRegistry public immutable models;
    /// @inheritdoc IModelAvailability
    uint256 public immutable bond;
    /// @inheritdoc IModelAvailability
    uint256 public immutable moveSeconds;

    mapping(bytes32 model => mapping(bytes32 key => WeightsDemand)) private _demands;
    /// @dev Demands of a model that lapsed, and were not shown since.
    mapping(bytes32 model => uint256) private _lapsed;
    /// @inheritdoc IModelAvailability
    mapping(address account => uint256) public creditOf;

    constructor(address asset_, address models_, uint256 moveSeconds_, uint256 bond_) {
        asset = IERC20(asset_);
        models = IModelRegistry(models_);
        moveSeconds = moveSeconds_;
        bond = bond_;
    }

    // ---------------------------------------------------------------- demands

    /// @inheritdoc IModelAvailability
    function demandHeader(bytes32 model) external {
        _requireExact(model);
        _demand(model, 0, 0);
    }

    /// @inheritdoc IModelAvailability
    function demandTensor(bytes32 model, Evidence calldata header, uint256 number) external {
        uint256 count = _tensors(_requireExact(model), header);
        if (number == 0 || number > count) revert NoSuchTensor(number, count);
        _demand(model, number, 0);
    }

    /// @inheritdoc IModelAvailability
    function demandLeaf(bytes32 model, Evidence calldata header, Tensor calldata tensor, uint256 index) external {
        _requireTensor(_requireExact(model), header, tensor);
        uint256 count = _leaves(tensor.head);
        if (index >= count) revert NoSuchLeaf(index, count);
        _demand(model, tensor.number, index + 1);
    }

    // ---------------------------------------------------------------- answers

    // What is not demanded, or was shown by another just now, is found out before anything is hashed.

    /// @inheritdoc IModelAvailability
    function showHeader(bytes32 model, Evidence calldata header) external {
        _show(model, keyOf(0, 0));
        // How many tensors there are does not matter here.
        // slither-disable-next-line unused-return
        _tensors(_requireExact(model), header);
    }

    /// @inheritdoc IModelAvailability
    function showTensor(bytes32 model, Evidence calldata header, Tensor calldata tensor) external {
        _show(model, keyOf(tensor.number, 0));
        _requireTensor(_requireExact(model), header, tensor);
    }

    /// @inheritdoc IModelAvailability
    function showLeaf(
        bytes32 model,
        Evidence calldata header,
        Tensor calldata tensor,
        uint256 index,
        bytes calldata content,
        bytes32[] calldata path
    ) external {
        _show(model, keyOf(tensor.number, index + 1));
        _requireTensor(_requireExact(model), header, tensor);
        (uint256 from, uint256 end) = HashTree.bounds(path);
        (bytes32 root, uint256 next) = HashTree.climb(HashTree.leaf(content), index, _leaves(tensor.head), from, end);
        if (root == 0 || root != tensor.root || next != end) revert WrongLeaf();
    }

    // ---------------------------------------------------------------- ends

    /// @inheritdoc IModelAvailability
    function lapse(bytes32 model, bytes32 key) external {
        WeightsDemand storage demand = _demands[model][key];
        if (demand.challenger == address(0) || demand.shown || demand.lapsed) revert NotDemanded(key);
        if (block.timestamp <= demand.deadline) revert TooEarly(uint256(demand.deadline) + 1);
        demand.lapsed = true;
        creditOf[demand.challenger] += bond;
        ++_lapsed[model];

        emit WeightsLapsed(model, key);
        // It is withheld in any case, and the bond not stuck, though votes moved the sheets' role. Whoever gives this too little
        // gas for the sheets gains nothing: anyone may have them withdrawn afterwards.
        try models.withdrawSheets(model) {} catch {}
    }

    /// @inheritdoc IModelAvailability
    function withdraw(address to) external {
        uint256 amount = creditOf[msg.sender];
        creditOf[msg.sender] = 0;

        emit CreditWithdrawn(msg.sender, to, amount);
        asset.safeTransfer(to, amount);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IModelAvailability
    function isWithheld(bytes32 model) external view returns (bool) {
        return _lapsed[model] != 0;
    }

    /// @inheritdoc IModelAvailability
    function demandOf(bytes32 model, bytes32 key) external view returns (WeightsDemand memory) {
        return _demands[model][key];
    }

    /// @inheritdoc IModelAvailability
    function keyOf(uint256 number, uint256 leaf) public pure returns (bytes32) {
        return keccak256(abi.encode(number, leaf));
    }

    // ---------------------------------------------------------------- inside

    /// @dev What was shown once was shown, and may be demanded again: who has it now may be another.
    function _demand(bytes32 model, uint256 number, uint256 leaf) private {
        bytes32 key = keyOf(number, leaf);
        WeightsDemand storage demand = _demands[model][key];
        if (demand.challenger != address(0) && !demand.shown) revert AlreadyDemanded(key);
        uint256 deadline = block.timestamp + moveSeconds;
        _demands[model][key] =
            WeightsDemand({challenger: msg.sender, deadline: uint40(deadline), shown: false, lapsed: false});

        emit WeightsDemanded(model, key, msg.sender, number, leaf, deadline);
        asset.safeTransferFrom(msg.sender, address(this), bond);
    }

    /// @dev After a lapse too, for nothing but the model's sake.
    function _show(bytes32 model, bytes32 key) private {
        WeightsDemand storage demand = _demands[model][key];
        if (demand.challenger == address(0) || demand.shown) revert NotDemanded(key);
        demand.shown = true;
        if (demand.lapsed) --_lapsed[model];
        else creditOf[msg.sender] += bond;

        emit WeightsShown(model, key, msg.sender);
    }

    function _requireExact(bytes32 model) private view returns (IModelRegistry.Model memory facts) {
        facts = models.modelOf(model);
        if (facts.arithmetic != EXACT) revert NotExact(model);
    }

    /// @dev How many tensors the program has, as its first record says: nothing stands left of its way up.
    function _tensors(IModelRegistry.Model memory facts, Evidence calldata header) private view returns (uint256) {
        bytes calldata record = header.record;
        if (record.length != HEADER_BYTES || uint64(bytes8(record)) != HEADER) revert WrongRecord();
        if (HashTree.climbBySides(HashTree.leaf(record), 0, header.climb) != facts.program) revert WrongRecord();
        return uint64(bytes8(record[40:48]));
    }

    function _requireTensor(IModelRegistry.Model memory facts, Evidence calldata header, Tensor calldata tensor)
        private
        view
    {
        uint256 count = _tensors(facts, header);
        if (tensor.number == 0 || tensor.number > count) revert NoSuchTensor(tensor.number, count);
        bytes32 entry = sha256(abi.encodePacked(uint8(2), tensor.head, tensor.root));
        (uint256 from, uint256 end) = HashTree.bounds(tensor.path);
        (bytes32 root, uint256 next) = HashTree.climb(entry, tensor.number - 1, count, from, end);
        if (root == 0 || root != facts.weights || next != end) revert WrongTensor();
    }

    /// @dev Of a matrix, a leaf for each piece of each row; of any other tensor, one for each 256 bytes.
    function _leaves(bytes calldata head) private pure returns (uint256) {
        if (head.length < 2) revert WrongTensor();
        (uint256 size, uint256 dimensions) = (uint8(head[0]), uint8(head[1]));
        if (dimensions == 0 || dimensions > MOST_DIMENSIONS || head.length != 2 + 8 * dimensions) revert WrongTensor();
        if (size == 1 && dimensions == 2) return _dimension(head, 0) * Math.ceilDiv(_dimension(head, 1), PIECE);
        uint256 length = size;
        for (uint256 i = 0; i < dimensions; ++i) {
            length *= _dimension(head, i);
        }
        return Math.ceilDiv(length, LEAF_BYTES);
    }

    function _dimension(bytes calldata head, uint256 index) private pure returns (uint256) {
        return uint64(bytes8(head[2 + 8 * index:10 + 8 * index]));
    }
}
