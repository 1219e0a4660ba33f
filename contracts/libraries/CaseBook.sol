// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IInferenceDispute} from "../interfaces/IInferenceDispute.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {ISafetyRules} from "../interfaces/ISafetyRules.sol";
import {Computation, Evidence, Step} from "../types/Computation.sol";
import {Case, CaseFacts, Node} from "../types/Dispute.sol";
import {JobId, Outcome, Sampling} from "../types/Job.sol";
import {Facts} from "./Facts.sol";
import {HashTree} from "./HashTree.sol";
import {RowShape} from "./RowShape.sol";

/// @notice Reads a case out of a job's facts, and records out of a program: `docs/dispute.md`, section 2.
library CaseBook {
    /// @dev Places in the trace before its columns: tokens and peaks.
    uint256 internal constant BEFORE_COLUMNS = 2;

    uint256 private constant HEADER = 1;
    uint256 private constant LIST = 2;
    uint256 private constant PART = 3;
    uint256 private constant HEADER_BYTES = 136;
    uint256 private constant PART_BYTES = 128;
    uint256 private constant LIST_HEAD_WORDS = 6;
    uint256 private constant EXACT = 1;

    uint256 private constant READ = 0;
    uint256 private constant CHOSEN = 1;

    /// @dev Elements in a leaf, and the bytes of a token or a peak.
    uint256 private constant LEAF = 256;
    uint256 private constant NUMBER_BYTES = 4;
    /// @dev Levels of a tree that are shown at once, at most.
    uint256 private constant MOST_LEVELS = 7;

    /// @notice What a list's record says.
    /// @param rows 0: it is computed at each position that is read, 1: where a token is chosen, 2: once
    struct PartList {
        uint256 list;
        uint256 parts;
        uint256 rows;
        uint256 firstColumn;
        uint256 columns;
    }

    /// @notice Reverts unless all facts belong together. That `answer` is the job's is not checked here.
    function gather(JobId id, CaseFacts calldata facts, IModelRegistry models, ISafetyRules rules)
        internal
        view
        returns (Case memory)
    {
        bytes32 sheet = Facts.hashSheet(facts.sheet);
        bytes32 request = keccak256(abi.encode(sheet, facts.sampling, facts.input));
        if (
            Facts.hashOffer(facts.offer) != facts.answer.offer || request != facts.offer.request
                || resultOf(facts.outcome, facts.output, facts.trace) != facts.answer.result || !_isTraced(id, facts)
        ) revert IInferenceDispute.WrongFacts(id);

        IModelRegistry.Model memory model = models.modelOf(facts.sheet.model);
        if (model.arithmetic != EXACT) revert IInferenceDispute.NotExact(facts.sheet.model);
        if (!rules.covers(facts.sheet.rules, model.tokenizer)) {
            revert IInferenceDispute.RulesDoNotCover(facts.sheet.rules, model.tokenizer);
        }
        Computation memory computation = _computation(facts, model.program, model.weights);
        return Case({
            computation: computation,
            sampling: Sampling.unwrap(facts.sampling),
            outcome: facts.outcome,
            rules: facts.sheet.rules,
            policy: computation.noise == 0 ? bytes32(0) : rules.policyOf(facts.sheet.rules, model.tokenizer),
            input: facts.input,
            output: facts.output
        });
    }

    /// @notice Whether a result rests on a computation.
    function isComputed(uint256 outcome, bytes32 output) internal pure returns (bool) {
        if (outcome == uint256(Outcome.InputRefused)) return false;
        return outcome == uint256(Outcome.OutputRefused) || output != keccak256("");
    }

    /// @dev What a result that rests on nothing says of a trace is not judged.
    function _isTraced(JobId id, CaseFacts calldata facts) private pure returns (bool) {
        if (isComputed(facts.outcome, facts.output)) {
            return traceOf(id, facts.positions, facts.outputs, facts.root) == facts.trace;
        }
        return facts.positions == 0 && facts.outputs == 0 && facts.root == 0;
    }

    function resultOf(uint256 outcome, bytes32 output, bytes32 trace) internal pure returns (bytes32) {
        return keccak256(abi.encode(outcome, output, trace));
    }

    /// @notice What is posted of a trace.
    function traceOf(JobId id, uint256 positions, uint256 outputs, bytes32 root) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(3), JobId.unwrap(id), uint64(positions), uint64(outputs), root));
    }

    function _computation(CaseFacts calldata facts, bytes32 program, bytes32 weights)
        private
        view
        returns (Computation memory)
    {
        bytes calldata record = facts.header.record;
        requireRecord(program, facts.header);
        if (record.length != HEADER_BYTES || word(record, 0) != HEADER || word(record, 1) != EXACT) {
            revert IInferenceDispute.WrongRecord();
        }
        uint256 lengths = 0;
        for (uint256 i = 8; i < 16; ++i) {
            lengths = (lengths << 32) | uint32(word(record, i));
        }
        return Computation({
            program: program,
            weights: weights,
            root: facts.root,
            positions: facts.positions,
            outputs: facts.outputs,
            vocabulary: word(record, 2),
            contextLength: word(record, 3),
            lists: word(record, 4),
            tensors: word(record, 5),
            columns: word(record, 6),
            noise: word(record, 7),
            width: word(record, 16),
            lengths: lengths
        });
    }

    /// @notice Reverts unless the record is the program's.
    function requireRecord(bytes32 program, Evidence calldata evidence) internal view {
        bytes32 leaf = HashTree.leaf(evidence.record);
        if (HashTree.climbBySides(leaf, evidence.sides, evidence.climb) != program) {
            revert IInferenceDispute.WrongRecord();
        }
    }

    function readList(bytes32 program, Evidence calldata evidence) internal view returns (PartList memory list) {
        requireRecord(program, evidence);
        bytes calldata record = evidence.record;
        if (record.length < 8 * LIST_HEAD_WORDS || word(record, 0) != LIST) revert IInferenceDispute.WrongRecord();
        list.list = word(record, 1);
        list.parts = word(record, 2);
        list.rows = word(record, 3);
        list.firstColumn = word(record, 4);
        list.columns = word(record, 5);
    }

    /// @notice Which part is the column with this number of a list.
    function columnPart(bytes calldata record, uint256 column) internal pure returns (uint256) {
        return word(record, LIST_HEAD_WORDS + column);
    }

    /// @notice The row that a list's columns have for a position, and how many rows they have.
    function rowOf(PartList memory list, Computation calldata computation, uint256 position)
        internal
        pure
        returns (uint256 row, uint256 count)
    {
        uint256 first;
        (first, count) = _rowsOf(list, computation);
        if (position < first || position - first >= count) revert IInferenceDispute.WrongPlace(list.list, position);
        return (position - first, count);
    }

    /// @dev At which position a list is computed first, and at how many. Of nonsense that no prompt has: at none.
    function _rowsOf(PartList memory list, Computation calldata computation)
        private
        pure
        returns (uint256 first, uint256 count)
    {
        if (list.rows == READ) return (0, computation.positions);
        if (list.rows != CHOSEN) return (0, 1);
        if (computation.outputs > computation.positions) return (0, 0);
        return (computation.positions - computation.outputs, computation.outputs);
    }

    // ---------------------------------------------------------------- nodes of trees

    /// @notice How much is below a node above the rows of a column, or above the tokens or peaks; reverts unless it leads
    /// to the trace's root.
    /// @param place 0: tokens, 1: peaks, then the columns
    /// @return amount how many hashes, or how many bytes of the leaf
    function belowColumn(
        Computation calldata computation,
        uint256 place,
        Node calldata node,
        Evidence calldata evidence
    ) internal view returns (uint256 amount, bool leaf) {
        uint256 count;
        if (place >= BEFORE_COLUMNS) {
            if (node.level == 0) revert IInferenceDispute.WrongNode();
            PartList memory list = readList(computation.program, evidence);
            uint256 column = place - BEFORE_COLUMNS;
            if (column < list.firstColumn || column - list.firstColumn >= list.columns) {
                revert IInferenceDispute.WrongRecord();
            }
            (, count) = _rowsOf(list, computation);
            amount = _below(node, count);
        } else {
            uint256 numbers = place == 0 ? _tokens(computation) : _peaks(computation);
            count = Math.ceilDiv(numbers, LEAF);
            amount = node.level == 0 ? _leafLength(numbers, LEAF, node.index) * NUMBER_BYTES : _below(node, count);
        }
        (uint256 path, uint256 end) = HashTree.bounds(evidence.path);
        bytes32 top;
        (top, path) = _climbTo(node, count, path, end);
        (top, path) = HashTree.climb(top, place, BEFORE_COLUMNS + computation.columns, path, end);
        if (top == 0 || top != computation.root || path != end) revert IInferenceDispute.WrongNode();
        leaf = node.level == 0;
    }

    /// @notice How much is below a node above the elements of a part; reverts unless it leads to the root of all parts.
    /// @return amount how many hashes, or how many bytes of the leaf
    function belowPart(
        Computation calldata computation,
        Step calldata step,
        Node calldata node,
        Evidence calldata evidence
    ) internal view returns (uint256 amount, bool leaf) {
        requireRecord(computation.program, evidence);
        bytes calldata record = evidence.record;
        if (
            record.length != PART_BYTES || word(record, 0) != PART || word(record, 1) != step.list
                || word(record, 2) != step.part
        ) revert IInferenceDispute.WrongRecord();
        RowShape shape = RowShape.wrap(uint64(word(record, 4)));
        uint256 length = shape.length(step.position, computation.positions);
        uint256 count = Math.ceilDiv(length, shape.leaf());
        leaf = node.level == 0;
        amount = leaf ? _leafLength(length, shape.leaf(), node.index) * shape.size() : _below(node, count);

        (uint256 path, uint256 end) = HashTree.bounds(evidence.path);
        bytes32 top;
        (top, path) = _climbTo(node, count, path, end);
        (top, path) = HashTree.climb(top, step.part, step.count, path, end);
        if (top == 0 || top != step.parts || path != end) revert IInferenceDispute.WrongNode();
    }

    /// @notice From a column's hash to the trace's root.
    function climbColumn(Computation calldata computation, bytes32 hash, uint256 column, uint256 path, uint256 end)
        internal
        view
        returns (bytes32 root, uint256 next)
    {
        return HashTree.climb(hash, BEFORE_COLUMNS + column, BEFORE_COLUMNS + computation.columns, path, end);
    }

    /// @dev From a node to the root of its own tree.
    function _climbTo(Node calldata node, uint256 count, uint256 path, uint256 end)
        private
        view
        returns (bytes32 root, uint256 next)
    {
        return HashTree.climb(node.hash, node.index, _nodes(count, node.level), path, end);
    }

    /// @dev How many hashes below a node have to be shown: of a level that is as far down as the levels there are allow,
    /// in as few equal moves as possible. Above the root there is nothing.
    function _below(Node calldata node, uint256 count) private pure returns (uint256) {
        if (_nodes(count, node.level - 1) < 2) revert IInferenceDispute.WrongNode();
        uint256 moves = Math.ceilDiv(node.level, MOST_LEVELS);
        uint256 down = Math.ceilDiv(node.level, moves);
        uint256 nodes = _nodes(count, node.level - down);
        uint256 first = node.index << down;
        if (first >= nodes) revert IInferenceDispute.WrongNode();
        return Math.min(1 << down, nodes - first);
    }

    /// @dev Of a tree over `count` leaves: how many nodes are on a level.
    function _nodes(uint256 count, uint256 level) private pure returns (uint256) {
        if (level > MOST_LEVELS * MOST_LEVELS) revert IInferenceDispute.WrongNode();
        return Math.ceilDiv(count, 1 << level);
    }

    /// @dev How many elements a leaf of a row has.
    function _leafLength(uint256 length, uint256 each, uint256 index) private pure returns (uint256) {
        if (index >= Math.ceilDiv(length, each)) revert IInferenceDispute.WrongNode();
        return Math.min(each, length - index * each);
    }

    /// @dev An embedding has none, and there is nothing below their root.
    function _peaks(Computation calldata computation) private pure returns (uint256) {
        return computation.noise == 0 ? 0 : computation.outputs;
    }

    function _tokens(Computation calldata computation) private pure returns (uint256) {
        return computation.positions + (computation.noise == 0 ? 0 : 1);
    }

    // ---------------------------------------------------------------- words

    function word(bytes calldata record, uint256 index) internal pure returns (uint256) {
        return uint64(bytes8(record[8 * index:8 * index + 8]));
    }
}
