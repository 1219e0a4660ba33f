// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {DisputeBonds} from "./DisputeBonds.sol";
import {IAnswerReferee} from "./interfaces/IAnswerReferee.sol";
import {IInferenceDispute} from "./interfaces/IInferenceDispute.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IRefusalReferee} from "./interfaces/IRefusalReferee.sol";
import {ISafetyRules} from "./interfaces/ISafetyRules.sol";
import {IStepReferee} from "./interfaces/IStepReferee.sol";
import {CaseBook} from "./libraries/CaseBook.sol";
import {Facts} from "./libraries/Facts.sol";
import {HashTree} from "./libraries/HashTree.sol";
import {Asked, Computation, Evidence, Step} from "./types/Computation.sol";
import {Case, CaseFacts, Claim, Fault, Game, Node, Ruling} from "./types/Dispute.sol";
import {Answer, JobId, JobStatus, Outcome} from "./types/Job.sol";

/// @title InferenceDispute
contract InferenceDispute is IInferenceDispute, DisputeBonds {
    uint256 private constant TOKEN_BYTES = 3;

    IModelRegistry public immutable models;
    ISafetyRules public immutable rules;
    IStepReferee public immutable steps;
    IAnswerReferee public immutable answers;
    IRefusalReferee public immutable refusals;

    /// @dev By list and position: the root over the parts shown, hashed with their number.
    mapping(JobId id => mapping(bytes32 key => bytes32)) private _parts;

    constructor(
        address escrow_,
        address models_,
        address rules_,
        address steps_,
        address answers_,
        address refusals_,
        Game memory game
    ) DisputeBonds(escrow_, game) {
        models = IModelRegistry(models_);
        rules = ISafetyRules(rules_);
        steps = IStepReferee(steps_);
        answers = IAnswerReferee(answers_);
        refusals = IRefusalReferee(refusals_);
    }

    // ---------------------------------------------------------------- what a result rests on

    /// @inheritdoc IInferenceDispute
    function open(JobId id, CaseFacts calldata facts) external returns (Case memory case_) {
        return _open(id, facts);
    }

    /// @inheritdoc IInferenceDispute
    function demandTrace(JobId id, Answer calldata answer, uint256 outcome, bytes32 output, bytes32 trace) external {
        if (CaseBook.resultOf(outcome, output, trace) != answer.result) revert WrongFacts(id);
        if (!CaseBook.isComputed(outcome, output)) revert NoTraceNeeded(id);

        _demand(id, answer, traceKey(trace));

        emit TraceDemanded(id, trace);
    }

    /// @inheritdoc IInferenceDispute
    function showTrace(JobId id, CaseFacts calldata facts, bytes32[] calldata hashes) external {
        Case memory case_ = _open(id, facts);
        if (hashes.length != CaseBook.BEFORE_COLUMNS + case_.computation.columns) revert WrongParts();
        if (HashTree.rootOf(hashes) != facts.root) revert WrongParts();
        _show(id, traceKey(facts.trace));

        emit TraceShown(id, facts.trace, facts.positions, facts.outputs, hashes);
    }

    /// @inheritdoc IInferenceDispute
    function demandRows(
        JobId id,
        Case calldata case_,
        Answer calldata answer,
        uint256 place,
        Node calldata node,
        Evidence calldata evidence
    ) external {
        _requireCase(id, case_);
        (uint256 amount, bool leaf) = CaseBook.belowColumn(case_.computation, place, node, evidence);

        _demand(id, answer, nodeKey(node.hash, leaf, amount));

        emit RowsDemanded(id, place, node, amount);
    }

    /// @inheritdoc IInferenceDispute
    function demandParts(
        JobId id,
        Case calldata case_,
        Answer calldata answer,
        uint256 position,
        Evidence calldata list
    ) external {
        _requireCase(id, case_);
        CaseBook.PartList memory found = CaseBook.readList(case_.computation.program, list);
        // It reverts where there is no such row.
        // slither-disable-next-line unused-return
        CaseBook.rowOf(found, case_.computation, position);
        if (found.parts == 0) revert WrongPlace(found.list, position);
        bytes32 key = partsKey(found.list, position);
        if (_parts[id][key] != 0) revert AlreadyDemanded(key);

        _demand(id, answer, key);

        emit PartsDemanded(id, found.list, position);
    }

    /// @inheritdoc IInferenceDispute
    function showParts(
        JobId id,
        Case calldata case_,
        uint256 position,
        bytes32[] calldata roots,
        Evidence calldata list
    ) external {
        // Only columns are bound by the trace: of the rest, another could show what convicts an honest operator.
        if (msg.sender != _dockets[id].operator) revert NotTheOperator(msg.sender);
        _requireCase(id, case_);
        CaseBook.PartList memory found = CaseBook.readList(case_.computation.program, list);
        if (roots.length != found.parts) revert WrongParts();
        bytes32 key = partsKey(found.list, position);
        _show(id, key);
        _requireColumns(case_.computation, found, position, roots, list);
        // The operator's first word counts: else it could take back what a conviction rests on.
        if (_parts[id][key] == 0) _parts[id][key] = _partsHash(HashTree.rootOf(roots), roots.length);

        emit PartsShown(id, found.list, position, roots);
    }

    /// @inheritdoc IInferenceDispute
    function presentParts(
        JobId id,
        Case calldata case_,
        Answer calldata answer,
        uint256 position,
        bytes32[] calldata roots,
        Evidence calldata list,
        bytes calldata signature
    ) external {
        _requireAnswer(id, answer);
        _requireCase(id, case_);
        CaseBook.PartList memory found = CaseBook.readList(case_.computation.program, list);
        if (roots.length != found.parts) revert WrongParts();
        bytes32 key = partsKey(found.list, position);
        if (_parts[id][key] != 0) revert AlreadyDemanded(key);
        bytes32 parts = _partsHash(HashTree.rootOf(roots), roots.length);
        bytes32 word = MessageHashUtils.toEthSignedMessageHash(partsDigest(id, case_.computation.root, key, parts));
        if (!_isWordOf(answer.operator, word, signature)) revert NotTheOperator(msg.sender);
        _requireColumns(case_.computation, found, position, roots, list);
        _parts[id][key] = parts;

        emit PartsPresented(id, found.list, position, roots);
    }

    /// @inheritdoc IInferenceDispute
    function demandElements(
        JobId id,
        Case calldata case_,
        Answer calldata answer,
        Step calldata step,
        Node calldata node,
        Evidence calldata evidence
    ) external {
        _requireCase(id, case_);
        _requireParts(id, step);
        (uint256 amount, bool leaf) = CaseBook.belowPart(case_.computation, step, node, evidence);

        _demand(id, answer, nodeKey(node.hash, leaf, amount));

        emit ElementsDemanded(id, step.list, step.part, step.position, node, amount);
    }

    /// @inheritdoc IInferenceDispute
    function showHashes(JobId id, bytes32 hash, bytes32[] calldata hashes) external {
        if (HashTree.rootOf(hashes) != hash) revert WrongNode();
        _show(id, nodeKey(hash, false, hashes.length));

        emit HashesShown(id, hash, hashes);
    }

    /// @inheritdoc IInferenceDispute
    function showLeaf(JobId id, bytes32 hash, bytes calldata content) external {
        if (HashTree.leaf(content) != hash) revert WrongNode();
        _show(id, nodeKey(hash, true, content.length));

        emit LeafShown(id, hash, content);
    }

    // ---------------------------------------------------------------- convictions

    /// @inheritdoc IInferenceDispute
    function convictStep(
        JobId id,
        Case calldata case_,
        Answer calldata answer,
        Step calldata step,
        Evidence calldata evidence,
        bytes32 salt,
        bytes32[] calldata repaid
    ) external {
        _requireCase(id, case_);
        _requireCommitted(id, keccak256(abi.encode(step)), salt);
        _requireParts(id, step);
        (int256 committed, int256 expected) = steps.judge(case_.computation, step, evidence);
        if (committed == expected) revert NotWrong();

        emit StepConvicted(id, step, committed, expected);
        _convict(id, answer, msg.sender, repaid);
    }

    /// @inheritdoc IInferenceDispute
    function convictAnswer(
        JobId id,
        Case calldata case_,
        Answer calldata answer,
        Claim calldata claim,
        Evidence calldata evidence,
        bytes calldata payload,
        bytes32 salt,
        bytes32[] calldata repaid
    ) external {
        _requireCase(id, case_);
        _requireCommitted(id, keccak256(abi.encode(claim)), salt);
        if (!_isWrong(id, case_, claim, evidence, payload)) revert NotWrong();

        emit AnswerConvicted(id, claim);
        _convict(id, answer, msg.sender, repaid);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IInferenceDispute
    function caseOf(JobId id) external view returns (bytes32) {
        return _dockets[id].caseHash;
    }

    /// @inheritdoc IInferenceDispute
    function partsOf(JobId id, uint256 list, uint256 position) external view returns (bytes32) {
        return _parts[id][partsKey(list, position)];
    }

    /// @inheritdoc IInferenceDispute
    function partsDigest(JobId id, bytes32 root, bytes32 key, bytes32 parts) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), id, root, key, parts));
    }

    /// @inheritdoc IInferenceDispute
    function traceKey(bytes32 trace) public pure returns (bytes32) {
        return keccak256(abi.encode("trace", trace));
    }

    /// @inheritdoc IInferenceDispute
    function partsKey(uint256 list, uint256 position) public pure returns (bytes32) {
        return keccak256(abi.encode("parts", list, position));
    }

    /// @inheritdoc IInferenceDispute
    function nodeKey(bytes32 hash, bool leaf, uint256 amount) public pure returns (bytes32) {
        return keccak256(abi.encode("node", hash, leaf, amount));
    }

    // ---------------------------------------------------------------- judging

    function _open(JobId id, CaseFacts calldata facts) private returns (Case memory case_) {
        _requireAnswer(id, facts.answer);
        case_ = CaseBook.gather(id, facts, models, rules);
        _dockets[id].caseHash = keccak256(abi.encode(case_));

        emit CaseOpened(id, case_);
    }

    function _requireColumns(
        Computation calldata computation,
        CaseBook.PartList memory list,
        uint256 position,
        bytes32[] calldata roots,
        Evidence calldata evidence
    ) private view {
        (uint256 row, uint256 rows) = CaseBook.rowOf(list, computation, position);
        (uint256 path, uint256 pathEnd) = HashTree.bounds(evidence.path);
        for (uint256 i = 0; i < list.columns; ++i) {
            bytes32 found = roots[CaseBook.columnPart(evidence.record, i)];
            (found, path) = HashTree.climb(found, row, rows, path, pathEnd);
            (found, path) = CaseBook.climbColumn(computation, found, list.firstColumn + i, path, pathEnd);
            if (found != computation.root) revert WrongParts();
        }
    }

    function _isWrong(
        JobId id,
        Case calldata case_,
        Claim calldata claim,
        Evidence calldata evidence,
        bytes calldata payload
    ) private view returns (bool) {
        if (claim.fault >= Fault.Refusal) {
            return refusals.isWrong(case_, claim, evidence, abi.decode(payload, (Ruling)));
        }
        Computation calldata computation = case_.computation;
        _requireJudged(id, case_, claim.fault);
        if (claim.fault == Fault.Peak) return answers.isWrongPeak(computation, claim.index, claim.other, evidence);
        if (claim.fault == Fault.Output) {
            if (Facts.hashBytes(payload) != case_.output) revert WrongFacts(id);
            return answers.isWrongOutput(computation, payload, claim.index, evidence);
        }
        if (claim.fault == Fault.Prompt) return _isWrongPrompt(id, case_, claim, evidence, payload);
        // How long an input may be is judged with the input.
        // slither-disable-next-line unused-return
        (, uint256 mostOutput,) = rules.limitsOf(case_.rules);
        Asked memory asked = Asked({sampling: case_.sampling, mostOutput: mostOutput});
        if (claim.fault == Fault.Choice) {
            return answers.isWrongChoice(computation, asked, claim.index, claim.other, evidence);
        }
        return answers.isWrongEnd(computation, asked, claim.index, evidence);
    }

    /// @param payload the policy's tokens, `claim.other` of them, then the input
    function _isWrongPrompt(
        JobId id,
        Case calldata case_,
        Claim calldata claim,
        Evidence calldata evidence,
        bytes calldata payload
    ) private view returns (bool) {
        uint256 from = TOKEN_BYTES * claim.other;
        bytes32 policy = claim.other == 0 ? bytes32(0) : Facts.hashBytes(payload[:from]);
        if (policy != case_.policy || Facts.hashBytes(payload[from:]) != case_.input) revert WrongFacts(id);
        return answers.isWrongPrompt(case_.computation, payload[:from], payload[from:], claim.index, evidence);
    }

    /// @dev A refused input has no tokens, a refused output does not show them, and an empty one can only have ended early.
    function _requireJudged(JobId id, Case calldata case_, Fault fault) private pure {
        bool answered = case_.outcome == uint256(Outcome.Answered);
        if (CaseBook.isComputed(case_.outcome, case_.output)) {
            if (fault == Fault.Output && !answered) revert WrongFacts(id);
        } else if (fault != Fault.End || !answered) {
            revert WrongFacts(id);
        }
    }

    /// @dev An account's own signature counts whatever code it has, so that it cannot be taken back by having some.
    function _isWordOf(address operator, bytes32 word, bytes calldata signature) private view returns (bool) {
        // What is wrong with a signature does not matter.
        // slither-disable-next-line unused-return
        (address signer, ECDSA.RecoverError flaw,) = ECDSA.tryRecover(word, signature);
        if (flaw == ECDSA.RecoverError.NoError && signer == operator) return true;
        return SignatureChecker.isValidERC1271SignatureNow(operator, word, signature);
    }

    // ---------------------------------------------------------------- refusals

    function _requireAnswer(JobId id, Answer calldata answer) private view {
        bytes32 commitment = escrow.commitmentOf(id);
        bytes32 hash = keccak256(abi.encode(_current(id, answer)));
        if (commitment != Facts.seal(hash, JobStatus.Posted) && commitment != Facts.seal(hash, JobStatus.Disputed)) {
            revert WrongFacts(id);
        }
    }

    function _requireCase(JobId id, Case calldata case_) private view {
        if (keccak256(abi.encode(case_)) != _dockets[id].caseHash) revert WrongCase(id);
    }

    function _requireParts(JobId id, Step calldata step) private view {
        if (_parts[id][partsKey(step.list, step.position)] != _partsHash(step.parts, step.count)) revert WrongParts();
    }

    function _partsHash(bytes32 root, uint256 count) private pure returns (bytes32) {
        return Facts.hash(root, bytes32(count));
    }
}
