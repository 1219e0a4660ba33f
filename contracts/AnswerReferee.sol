// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAnswerReferee} from "./interfaces/IAnswerReferee.sol";
import {IStepReferee} from "./interfaces/IStepReferee.sol";
import {Gumbel} from "./libraries/Gumbel.sol";
import {HashTree} from "./libraries/HashTree.sol";
import {Openings} from "./libraries/Openings.sol";
import {Prompts} from "./libraries/Prompts.sol";
import {RowShape, RowShapes} from "./libraries/RowShape.sol";
import {Asked, Computation, Evidence} from "./types/Computation.sol";

/// @title AnswerReferee
contract AnswerReferee is IAnswerReferee {
    using Openings for Openings.Shown;

    uint256 private constant TOKENS = 0;
    uint256 private constant PEAKS = 1;
    uint256 private constant TOKEN_BYTES = 3;
    uint256 private constant ELEMENT_BYTES = 2;
    bytes3 private constant EMBEDDING = 0xffffff;
    uint256 private constant STOP_LIST = 7;
    /// @dev Stand for the rules' policy and the job's input among the program's lists.
    uint8 private constant POLICY = 254;
    uint8 private constant INPUT = 255;
    uint256 private constant LIST_RECORD = 4;
    uint256 private constant LIST_HEAD = 32;
    uint256 private constant MOST_STOP_TOKENS = 256;
    int256 private constant THOUSAND = 1_000;
    uint256 private constant CUT_SHIFT = 8;

    /// @notice How to choose, from the sampling word.
    struct Drawing {
        int256 temperature;
        uint256 seed;
        uint256 cut;
        uint256 noise;
        uint256 index;
    }

    /// @inheritdoc IAnswerReferee
    function isWrongPeak(Computation calldata computation, uint256 index, uint256 other, Evidence calldata evidence)
        external
        view
        returns (bool wrong)
    {
        Openings.Shown memory shown = _begin(computation, index, evidence);
        uint256 peak = shown.number(PEAKS, index, computation.outputs);
        if (peak >= computation.vocabulary) {
            wrong = true;
        } else {
            RowShape logits = _logits(computation);
            int256 theirs = shown.element(logits, peak);
            int256 ours = shown.element(logits, other);
            wrong = ours > theirs || (ours == theirs && other < peak);
        }
        shown.end();
    }

    /// @inheritdoc IAnswerReferee
    function isWrongChoice(
        Computation calldata computation,
        Asked calldata asked,
        uint256 index,
        uint256 other,
        Evidence calldata evidence
    ) external view returns (bool wrong) {
        Openings.Shown memory shown = _begin(computation, index, evidence);
        uint256 token = shown.number(TOKENS, _prompt(computation) + index, shown.tokens);
        Drawing memory drawing = _drawing(computation, asked, index);
        if (token >= computation.vocabulary) {
            wrong = true;
        } else if (drawing.temperature == 0) {
            wrong = token != shown.number(PEAKS, index, computation.outputs);
        } else {
            wrong = _isWrongDraw(computation, drawing, shown, token, other);
        }
        shown.end();
    }

    /// @inheritdoc IAnswerReferee
    function isWrongEnd(
        Computation calldata computation,
        Asked calldata asked,
        uint256 index,
        Evidence calldata evidence
    ) external view returns (bool wrong) {
        if (computation.outputs == 0) return computation.noise == 0 || uint32(asked.sampling) != 0;
        Openings.Shown memory shown = _begin(computation, index, evidence);
        uint256 most = _most(computation, asked);
        if (computation.outputs > most) return true;
        uint256 token = shown.number(TOKENS, _prompt(computation) + index, shown.tokens);
        bool stops = _isStop(computation, evidence, token);
        bool last = index + 1 == computation.outputs;
        wrong = last ? !stops && computation.outputs < most : stops;
        shown.end();
    }

    /// @inheritdoc IAnswerReferee
    function isWrongOutput(
        Computation calldata computation,
        bytes calldata output,
        uint256 index,
        Evidence calldata evidence
    ) external view returns (bool wrong) {
        bool embeds = computation.noise == 0;
        if (output.length != _outputBytes(computation.outputs, embeds)) return true;
        if (embeds && computation.outputs != computation.width) return true;
        if (embeds && bytes3(output) != EMBEDDING) return true;
        if (index >= computation.outputs) revert NoSuchToken(index, computation.outputs);
        Openings.Shown memory shown = Openings.begin(computation, evidence.data, evidence.path);
        if (embeds) {
            uint256 place = TOKEN_BYTES + ELEMENT_BYTES * index;
            int256 posted = int16(uint16(bytes2(output[place:place + ELEMENT_BYTES])));
            wrong = posted != shown.element(_embedding(computation), index);
        } else {
            uint256 posted = uint24(bytes3(output[TOKEN_BYTES * index:TOKEN_BYTES * (index + 1)]));
            wrong = posted != shown.number(TOKENS, _prompt(computation) + index, shown.tokens);
        }
        shown.end();
    }

    /// @inheritdoc IAnswerReferee
    function isWrongPrompt(
        Computation calldata computation,
        bytes calldata policy,
        bytes calldata input,
        uint256 index,
        Evidence calldata evidence
    ) external view returns (bool wrong) {
        if (input.length % TOKEN_BYTES != 0) revert InputMalformed(input.length);
        uint256 length = Prompts.around(computation, policy.length / TOKEN_BYTES) + input.length / TOKEN_BYTES;
        uint256 chosen = computation.noise == 0 ? 0 : computation.outputs;
        Openings.Shown memory shown = Openings.begin(computation, evidence.data, evidence.path);
        if (shown.tokens != length + chosen) return true;
        if (index >= length) revert NoSuchToken(index, length);
        uint256 token = _promptToken(computation, policy, input, index, evidence);
        wrong = token != shown.number(TOKENS, index, shown.tokens);
        shown.end();
    }

    // ---------------------------------------------------------------- prompts

    /// @dev system.before ‖ policy or defaultSystem ‖ system.after ‖ user.before ‖ input ‖ user.after ‖ assistant
    function _promptToken(
        Computation calldata computation,
        bytes calldata policy,
        bytes calldata input,
        uint256 index,
        Evidence calldata evidence
    ) private view returns (uint256) {
        uint8[7] memory order = [0, policy.length == 0 ? uint8(Prompts.DEFAULT_SYSTEM) : POLICY, 1, 2, INPUT, 3, 5];
        for (uint256 i = 0; i < order.length; ++i) {
            bytes calldata payload = order[i] == INPUT ? input : policy;
            uint256 length =
                order[i] < POLICY ? Prompts.listLength(computation, order[i]) : payload.length / TOKEN_BYTES;
            if (index < length) {
                if (order[i] < POLICY) return _listed(computation, evidence, order[i], index);
                return uint24(bytes3(payload[TOKEN_BYTES * index:TOKEN_BYTES * (index + 1)]));
            }
            index -= length;
        }
        revert NoSuchToken(index, 0);
    }

    /// @dev Token `index` of a list of the program.
    function _listed(Computation calldata computation, Evidence calldata evidence, uint256 list, uint256 index)
        private
        view
        returns (uint256)
    {
        bytes calldata record = evidence.record;
        _requireList(computation, evidence, list);
        uint256 place = LIST_HEAD + 4 * (index - _word(record, 3));
        return uint32(bytes4(record[place:place + 4]));
    }

    function _requireList(Computation calldata computation, Evidence calldata evidence, uint256 list) private view {
        bytes calldata record = evidence.record;
        bytes32 leaf = HashTree.leaf(record);
        if (HashTree.climbBySides(leaf, evidence.sides, evidence.climb) != computation.program) {
            revert IStepReferee.WrongRecord();
        }
        if (record.length < LIST_HEAD || _word(record, 0) != LIST_RECORD || _word(record, 1) != list) {
            revert IStepReferee.WrongRecord();
        }
    }

    // ---------------------------------------------------------------- choices

    function _isWrongDraw(
        Computation calldata computation,
        Drawing memory drawing,
        Openings.Shown memory shown,
        uint256 token,
        uint256 other
    ) private view returns (bool) {
        RowShape logits = _logits(computation);
        int256 theirs = shown.element(logits, token);
        int256 largest = 0;
        if (drawing.cut != 0) {
            largest = shown.element(logits, shown.number(PEAKS, drawing.index, computation.outputs));
            if (_isCut(drawing, largest, theirs)) return true;
        }
        if (other == token) return false;
        int256 ours = shown.element(logits, other);
        if (drawing.cut != 0 && _isCut(drawing, largest, ours)) return false;
        theirs = _key(drawing, shown, theirs, token);
        ours = _key(drawing, shown, ours, other);
        return ours > theirs || (ours == theirs && other < token);
    }

    /// @dev (19)
    function _isCut(Drawing memory drawing, int256 largest, int256 logit) private pure returns (bool) {
        return THOUSAND * (largest - logit) > drawing.temperature * int256(drawing.cut << CUT_SHIFT);
    }

    /// @dev (20)
    function _key(Drawing memory drawing, Openings.Shown memory shown, int256 logit, uint256 token)
        private
        view
        returns (int256)
    {
        uint256 place = Gumbel.place(drawing.seed, drawing.index, token);
        return THOUSAND * logit + drawing.temperature * shown.entry(drawing.noise, place);
    }

    function _drawing(Computation calldata computation, Asked calldata asked, uint256 index)
        private
        pure
        returns (Drawing memory)
    {
        return Drawing({
            temperature: int256(uint256(uint16(asked.sampling >> 32))),
            seed: uint64(asked.sampling >> 48),
            cut: uint16(asked.sampling >> 112),
            noise: computation.noise,
            index: index
        });
    }

    // ---------------------------------------------------------------- ends

    /// @dev The most tokens that may come out.
    function _most(Computation calldata computation, Asked calldata asked) private pure returns (uint256 most) {
        most = uint32(asked.sampling);
        if (asked.mostOutput != 0 && asked.mostOutput < most) most = asked.mostOutput;
        uint256 prompt = _prompt(computation);
        uint256 room = computation.contextLength < prompt ? 0 : computation.contextLength - prompt;
        if (room < most) most = room;
    }

    function _isStop(Computation calldata computation, Evidence calldata evidence, uint256 token)
        private
        view
        returns (bool)
    {
        bytes calldata record = evidence.record;
        _requireList(computation, evidence, STOP_LIST);
        uint256 length = _word(record, 2);
        if (length > MOST_STOP_TOKENS) revert StopListTooLong(length);
        for (uint256 i = 0; i < length; ++i) {
            if (uint32(bytes4(record[LIST_HEAD + 4 * i:LIST_HEAD + 4 * i + 4])) == token) return true;
        }
        return false;
    }

    function _word(bytes calldata record, uint256 index) private pure returns (uint256) {
        return uint64(bytes8(record[8 * index:8 * index + 8]));
    }

    // ---------------------------------------------------------------- rows

    /// @dev From here on the rows asked for are those at output token `index`, of as many as there are outputs.
    function _begin(Computation calldata computation, uint256 index, Evidence calldata evidence)
        private
        pure
        returns (Openings.Shown memory shown)
    {
        if (computation.noise == 0) revert WrongProgram();
        if (index >= computation.outputs) revert NoSuchToken(index, computation.outputs);
        shown = Openings.begin(computation, evidence.data, evidence.path);
        shown.position = index;
        shown.positions = computation.outputs;
    }

    /// @dev How many tokens the prompt has.
    function _prompt(Computation calldata computation) private pure returns (uint256) {
        return computation.positions + 1 - computation.outputs;
    }

    function _logits(Computation calldata computation) private pure returns (RowShape) {
        return RowShapes.columnOf(computation.columns - 1, 4, computation.vocabulary, false);
    }

    function _embedding(Computation calldata computation) private pure returns (RowShape) {
        return RowShapes.columnOf(computation.columns - 1, ELEMENT_BYTES, computation.outputs, true);
    }

    function _outputBytes(uint256 outputs, bool embeds) private pure returns (uint256) {
        return embeds ? TOKEN_BYTES + ELEMENT_BYTES * outputs : TOKEN_BYTES * outputs;
    }
}
