// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @notice What a result says that it was computed from, and by which program: all that a step is judged by.
/// @param program root over the program's records
/// @param weights root over its tensors
/// @param root root of the trace
/// @param positions tokens that were read
/// @param outputs tokens that came out, or elements of an embedding
/// @param vocabulary token ids that the program knows
/// @param contextLength positions that it provides for
/// @param lists lists of parts
/// @param tensors how many tensors it has
/// @param columns how many columns the trace has
/// @param noise number of the table that sampling draws from; zero: the program embeds
/// @param width elements of its embedding; zero: it generates
/// @param lengths of its eight lists of token ids, four bytes each, the first in the most significant ones
struct Computation {
    bytes32 program;
    bytes32 weights;
    bytes32 root;
    uint256 positions;
    uint256 outputs;
    uint256 vocabulary;
    uint256 contextLength;
    uint256 lists;
    uint256 tensors;
    uint256 columns;
    uint256 noise;
    uint256 width;
    uint256 lengths;
}

/// @notice One element of one part of a list of operations at one position, said to be wrong.
/// @param parts root over the roots of the list's parts at the position, as the operator showed them
/// @param count how many parts the list has
/// @param list which list
/// @param part which of its parts
/// @param position at which position
/// @param element which element of the part's row
/// @param witness where a largest is said to lie elsewhere: there
struct Step {
    bytes32 parts;
    uint256 count;
    uint256 list;
    uint256 part;
    uint256 position;
    uint256 element;
    uint256 witness;
}

/// @notice What a judge is shown.
/// @param record of the program: what the part is
/// @param sides bit n: the n-th hash on the record's way up stands left
/// @param climb the record's way to the program's root
/// @param data contents of leaves, in the order in which they are asked for
/// @param path their ways up, likewise
struct Evidence {
    bytes record;
    uint256 sides;
    bytes32[] climb;
    bytes data;
    bytes32[] path;
}

/// @notice What a job asked for, as far as an answer is judged by it.
/// @param sampling as the client gave it
/// @param mostOutput most tokens that the job's safety rules allow; zero: they do not say
struct Asked {
    uint256 sampling;
    uint256 mostOutput;
}
