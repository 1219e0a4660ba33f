// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IStepReferee} from "./interfaces/IStepReferee.sol";
import {HashTree} from "./libraries/HashTree.sol";
import {Openings} from "./libraries/Openings.sol";
import {RowShape} from "./libraries/RowShape.sol";
import {StepVerifier} from "./libraries/StepVerifier.sol";
import {Computation, Evidence, Step} from "./types/Computation.sol";

/// @title StepReferee
contract StepReferee is IStepReferee {
    using Openings for Openings.Shown;

    uint256 private constant PART = 3;
    uint256 private constant RECORD_BYTES = 128;

    /// @inheritdoc IStepReferee
    function judge(Computation calldata computation, Step calldata step, Evidence calldata evidence)
        external
        view
        returns (int256 committed, int256 expected)
    {
        bytes32 record = HashTree.leaf(evidence.record);
        if (HashTree.climbBySides(record, evidence.sides, evidence.climb) != computation.program) revert WrongRecord();
        StepVerifier.Check memory check = _read(evidence.record, step);
        Openings.Shown memory shown = Openings.begin(computation, evidence.data, evidence.path);
        shown.parts = step.parts;
        shown.count = step.count;
        shown.position = step.position;
        committed = shown.element(check.own, step.element);
        check.committed = committed;
        expected = StepVerifier.expected(check, shown);
        shown.end();
    }

    /// @dev The own row is where its number says.
    function _read(bytes calldata record, Step calldata step) private pure returns (StepVerifier.Check memory check) {
        if (record.length != RECORD_BYTES) revert WrongRecord();
        if (_word(record, 0) != PART || _word(record, 1) != step.list || _word(record, 2) != step.part) {
            revert WrongRecord();
        }
        check.kind = _word(record, 3);
        check.own = RowShape.wrap(uint64(_word(record, 4) | ((step.part + 1) << 48)));
        check.first = RowShape.wrap(uint64(_word(record, 5)));
        check.second = RowShape.wrap(uint64(_word(record, 6)));
        check.third = RowShape.wrap(uint64(_word(record, 7)));
        check.tensor = _word(record, 8);
        check.otherTensor = _word(record, 9);
        for (uint256 i = 0; i < 4; ++i) {
            check.fields[i] = _word(record, 10 + i);
        }
        check.element = step.element;
        check.witness = step.witness;
    }

    function _word(bytes calldata record, uint256 index) private pure returns (uint256) {
        return uint64(bytes8(record[8 * index:8 * index + 8]));
    }
}
