"""What a result says that it was computed from, and what a judge is told and shown of it: `docs/dispute.md`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from protocol import merkle
from protocol.parts import Shapes
from protocol.program import Program, embedding_width, parts_of, records, spellings_record, token_lists
from protocol.solidity import struct
from protocol.spellings import Spellings, spelling_leaves


@struct(
    "bytes32 program, bytes32 weights, bytes32 root, uint256 positions, uint256 outputs, uint256 vocabulary, "
    "uint256 contextLength, uint256 lists, uint256 tensors, uint256 columns, uint256 noise, uint256 width, "
    "uint256 lengths"
)
@dataclass(frozen=True, slots=True)
class Computation:
    """`contracts/types/Computation.sol`. `root`: the trace's; `noise`: the number of the table, zero of a program that
    embeds; `width`: elements of its embedding, zero of one that generates; `lengths`: of the lists of tokens, four
    bytes each, the first in the most significant ones."""

    program: bytes
    weights: bytes
    root: bytes
    positions: int
    outputs: int
    vocabulary: int
    context_length: int
    lists: int
    tensors: int
    columns: int
    noise: int
    width: int
    lengths: int


@struct("bytes32 parts, uint256 count, uint256 list, uint256 part, uint256 position, uint256 element, uint256 witness")
@dataclass(frozen=True, slots=True)
class Step:
    """One element of one part of a list at one position. `parts`: root over the roots of the list's `count` parts."""

    parts: bytes
    count: int
    list: int
    part: int
    position: int
    element: int
    witness: int = 0


@struct("bytes record, uint256 sides, bytes32[] climb, bytes data, bytes32[] path")
@dataclass(frozen=True, slots=True)
class Evidence:
    """What a judge is shown: the part's record and its way up, the leaves that the check asks for and theirs."""

    record: bytes
    sides: int
    climb: tuple[bytes, ...]
    data: bytes
    path: tuple[bytes, ...]


@struct("uint256 sampling, uint256 mostOutput")
@dataclass(frozen=True, slots=True)
class Asked:
    """What a job asked for, as far as an answer is judged by it. `most_output`: what its rules allow, zero where they
    do not say."""

    sampling: int
    most_output: int = 0


class ProgramBook:
    """A program's records, and the tree above them. `spellings`: the bytes of its tokens."""

    def __init__(self, program: Program, shapes: Shapes, spellings: Spellings) -> None:
        self.program = program
        self.spellings = spellings
        self.lists = parts_of(program, shapes)
        self._records = list(records(program, shapes, spellings))
        self._leaves = [merkle.leaf(record) for record in self._records]
        self.root = merkle.root(self._leaves)
        self._places = {record: place for place, record in enumerate(self._records)}

    def header(self) -> bytes:
        return self._records[0]

    def prove(self, record: bytes) -> tuple[int, tuple[bytes, ...]]:
        """The sides and the hashes of a record's way up."""
        return merkle.sided(self._leaves, self._places[record])

    @cached_property
    def spellings_record(self) -> bytes:
        return spellings_record(self.spellings)

    def spelling_leaf(self, leaf: int) -> tuple[bytes, list[bytes]]:
        """A leaf of the tokens' bytes, and its way up to the root in `spellings_record`."""
        contents, hashes = self._spelling_leaves
        return contents[leaf], merkle.path(hashes, leaf)

    @cached_property
    def _spelling_leaves(self) -> tuple[list[bytes], list[bytes]]:
        contents = spelling_leaves(self.spellings)
        return contents, [merkle.leaf(content) for content in contents]

    def computation(self, weights: bytes, root: bytes, positions: int, outputs: int) -> Computation:
        """`weights`: their root; `root`: the trace's; the numbers are those of the trace."""
        program, lengths = self.program, 0
        for ids in token_lists(program):
            lengths = lengths << 32 | len(ids)
        return Computation(
            program=self.root,
            weights=weights,
            root=root,
            positions=positions,
            outputs=outputs,
            vocabulary=program.vocabulary,
            context_length=program.context_length,
            lists=len(self.lists),
            tensors=len(program.tensors),
            columns=sum(len(parts.columns) for parts in self.lists),
            noise=program.tensors.index(program.noise) + 1 if program.noise else 0,
            width=embedding_width(program, self.lists),
            lengths=lengths,
        )
