// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Evidence, Step} from "../types/Computation.sol";
import {Case, CaseFacts, Claim, Node} from "../types/Dispute.sol";
import {Answer, JobId} from "../types/Job.sol";
import {IDisputeBonds} from "./IDisputeBonds.sol";

/// @title The referee: holds and convicts jobs whose sheet pins it.
///
/// @notice Anyone may demand to be shown what a result rests on, and anyone may prove it wrong. Nobody can award anything:
/// there is no owner and no guardian. Other rules come with another contract, by vote, for new jobs. `docs/dispute.md`,
/// section 1.
///
/// @dev Whoever proves must have committed to it at least one block before (`commit`), so that a copied transaction earns
/// nothing. `answer` is always the job's; until when it is held is not looked at.
interface IInferenceDispute is IDisputeBonds {
    // ---------------------------------------------------------------- events

    /// @notice The facts of a job were gathered; later calls pass `case_` and nothing else of them.
    event CaseOpened(JobId indexed id, Case case_);
    event TraceDemanded(JobId indexed id, bytes32 trace);
    event RowsDemanded(JobId indexed id, uint256 place, Node node, uint256 amount);
    event PartsDemanded(JobId indexed id, uint256 list, uint256 position);
    event ElementsDemanded(JobId indexed id, uint256 list, uint256 part, uint256 position, Node node, uint256 amount);
    /// @notice What the trace's root is over: tokens, peaks, then each column.
    event TraceShown(JobId indexed id, bytes32 indexed trace, uint256 positions, uint256 outputs, bytes32[] hashes);
    /// @notice The roots of all parts of a list at a position.
    event PartsShown(JobId indexed id, uint256 list, uint256 position, bytes32[] roots);
    /// @notice The same, as the operator signed it off the chain.
    event PartsPresented(JobId indexed id, uint256 list, uint256 position, bytes32[] roots);
    /// @notice Hashes below the node `hash`.
    event HashesShown(JobId indexed id, bytes32 indexed hash, bytes32[] hashes);
    event LeafShown(JobId indexed id, bytes32 indexed hash, bytes content);
    event StepConvicted(JobId indexed id, Step step, int256 committed, int256 expected);
    event AnswerConvicted(JobId indexed id, Claim claim);

    // ---------------------------------------------------------------- errors

    error WrongCase(JobId id);
    error WrongFacts(JobId id);
    error WrongPlace(uint256 list, uint256 position);
    error WrongNode();
    error WrongRecord();
    error WrongParts();
    /// @notice Parts are the operator's own word.
    error NotTheOperator(address account);
    error NotExact(bytes32 model);
    /// @notice The rules have policies, but none for the model's tokenizer: no answer is right.
    error RulesDoNotCover(bytes32 rules, bytes32 tokenizer);
    error NoTraceNeeded(JobId id);
    /// @notice What was to be wrong is right.
    error NotWrong();

    // ---------------------------------------------------------------- what a result rests on

    /// @notice Gathers a job's facts. By anyone, at any time while it is posted.
    function open(JobId id, CaseFacts calldata facts) external returns (Case memory case_);

    /// @notice Demands what the posted trace is the hash of.
    /// @dev A result that rests on no computation has no trace: an input refused, an output of no tokens.
    function demandTrace(JobId id, Answer calldata answer, uint256 outcome, bytes32 output, bytes32 trace) external;
    /// @param hashes all that the trace's root is over
    function showTrace(JobId id, CaseFacts calldata facts, bytes32[] calldata hashes) external;

    /// @notice Demands what is below a node above the rows of a column, or of the tokens or peaks: hashes some levels below,
    /// or the content of a leaf of tokens or peaks.
    /// @param place 0: tokens, 1: peaks, then the columns
    /// @param evidence the record of the column's list; its path leads from the node to the trace's root
    function demandRows(
        JobId id,
        Case calldata case_,
        Answer calldata answer,
        uint256 place,
        Node calldata node,
        Evidence calldata evidence
    ) external;

    /// @notice Demands the roots of all parts of a list at a position.
    /// @param list evidence of the list's record
    function demandParts(
        JobId id,
        Case calldata case_,
        Answer calldata answer,
        uint256 position,
        Evidence calldata list
    ) external;
    /// @notice Shows them, by the operator. Those that are columns of the trace must be the trace's.
    /// @param list evidence of the list's record; its path leads from each column's row to the trace's root
    function showParts(
        JobId id,
        Case calldata case_,
        uint256 position,
        bytes32[] calldata roots,
        Evidence calldata list
    ) external;

    /// @notice Shows parts that the operator signed off the chain, by anyone, without a demand. What it showed or signed first
    /// counts.
    /// @param list as above
    /// @param signature the operator's, of `partsDigest` as a message (EIP-191); a contract's by EIP-1271
    function presentParts(
        JobId id,
        Case calldata case_,
        Answer calldata answer,
        uint256 position,
        bytes32[] calldata roots,
        Evidence calldata list,
        bytes calldata signature
    ) external;

    /// @notice Demands what is below a node above the elements of a part that was shown: hashes some levels below, or the
    /// content of a leaf.
    /// @param step which part, where; its element says nothing
    /// @param evidence the part's record; its path leads from the node to the root of all parts
    function demandElements(
        JobId id,
        Case calldata case_,
        Answer calldata answer,
        Step calldata step,
        Node calldata node,
        Evidence calldata evidence
    ) external;

    /// @notice Shows what is below the node `hash`, by anyone who knows.
    function showHashes(JobId id, bytes32 hash, bytes32[] calldata hashes) external;
    function showLeaf(JobId id, bytes32 hash, bytes calldata content) external;

    // ---------------------------------------------------------------- convictions

    /// @notice Proves that a step of the computation is wrong.
    /// @param repaid demands that were shown, in the order of their keys: whoever made them is repaid what showing costs
    function convictStep(
        JobId id,
        Case calldata case_,
        Answer calldata answer,
        Step calldata step,
        Evidence calldata evidence,
        bytes32 salt,
        bytes32[] calldata repaid
    ) external;

    /// @notice Proves that the answer does not follow from what was computed, or the prompt not from the job.
    /// @param payload the output, where that is judged; where the prompt is, the policy's tokens, if there are any, and
    /// then the input; where rules are what is judged by, a `Ruling`
    /// @param repaid as above
    function convictAnswer(
        JobId id,
        Case calldata case_,
        Answer calldata answer,
        Claim calldata claim,
        Evidence calldata evidence,
        bytes calldata payload,
        bytes32 salt,
        bytes32[] calldata repaid
    ) external;

    // ---------------------------------------------------------------- views

    function caseOf(JobId id) external view returns (bytes32);
    /// @notice Root over the parts shown, hashed with their number; zero: not shown.
    function partsOf(JobId id, uint256 list, uint256 position) external view returns (bytes32);
    /// @notice What an operator signs: `root` is the trace's, `key` is `partsKey`, `parts` as `partsOf` has them.
    function partsDigest(JobId id, bytes32 root, bytes32 key, bytes32 parts) external view returns (bytes32);
    function traceKey(bytes32 trace) external pure returns (bytes32);
    function partsKey(uint256 list, uint256 position) external pure returns (bytes32);
    /// @param amount how many hashes below it are demanded, or how many bytes of the leaf
    function nodeKey(bytes32 hash, bool leaf, uint256 amount) external pure returns (bytes32);
}
