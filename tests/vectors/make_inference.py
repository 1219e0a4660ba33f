"""`python -m tests.vectors.make_inference` writes `inference.json`: golden values of exact inference, arithmetic 1.

Operations are computed by `oracle.inference.reference`, a program's records by `protocol.parts`. Sampling and trees are
written out here once more, from `docs/inference.md` alone, so that a mistake in the code cannot hide. A tensor is given
by its values, by the name of a standard table, or by its size and the entries that are not zero.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from math import isqrt
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from oracle.inference import reference, tables
from oracle.inference.arithmetic import clamp, half_up
from protocol.documents import encode
from protocol.operations import HEAD, INPUT, LIMB, WIDE, AnyOperation
from protocol.program import Program, records

FILE = Path(__file__).with_name("inference.json")
COLUMNS = 118

STANDARD: dict[str, Callable[[], Any]] = {
    "exponentials": tables.exponentials,
    "rotations.256.64.100000": lambda: tables.rotations(256, 64, 100_000),
    "silu.8": lambda: tables.silu(8),
    "silu.9": lambda: tables.silu(9),
    "silu.10": lambda: tables.silu(10),
    "gelu.10": lambda: tables.gelu(10),
    "gumbel": tables.gumbel,
}
"""The tables whose digests `docs/inference.md` states."""
Json = Any


def drawn(label: str, low: int, high: int) -> int:
    """A number of `low` to `high` that depends on the label alone."""
    return low + int.from_bytes(sha256(label.encode()).digest(), "big") % (high - low + 1)


def numbers(label: str, shape: Sequence[int], low: int, high: int) -> Any:
    """Nested lists of drawn numbers."""
    if not shape:
        return drawn(label, low, high)
    return [numbers(f"{label} {i}", shape[1:], low, high) for i in range(shape[0])]


def digest(array: Any) -> str:
    """SHA-256 of a table's elements, big-endian."""
    return sha256(array.astype(array.dtype.newbyteorder(">")).tobytes()).hexdigest()


# ------------------------------------------------------------ tensors


def tensor(kind: str, values: Any) -> Json:
    return {"type": kind, "values": values}


def sparse(kind: str, size: int, entries: dict[int, int]) -> Json:
    return {"type": kind, "size": size, "entries": {str(i): value for i, value in entries.items()}}


def standard(name: str) -> Json:
    return {"table": name}


@cache
def _standard(name: str) -> Any:
    return STANDARD[name]().tolist()


def values_of(described: Json) -> Any:
    """A tensor's values as nested lists."""
    if "table" in described:
        return _standard(described["table"])
    if "values" in described:
        return described["values"]
    filled = [0] * described["size"]
    for index, value in described["entries"].items():
        filled[int(index)] = value
    return filled


def array_of(described: Json) -> Any:
    """The same in its type."""
    return STANDARD[described["table"]]() if "table" in described else np.array(values_of(described), described["type"])


def matrix(name: str, codes: list[list[int]], multipliers: list[int]) -> dict[str, Json]:
    return {name: tensor("int8", codes), f"{name}.multiplier": tensor("int32", multipliers)}


# ------------------------------------------------------------ section 2


def primitives() -> Json:
    odd = (0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13)
    rounded = [(sign * v, n) for n in (1, 2, 3) for v in odd for sign in (1, -1)]
    rounded += [(v, n) for v in (WIDE, -WIDE, -WIDE - 1, (1 << 59) - 1, -(1 << 59)) for n in (0, 1, 31, 59, 60)]
    rounded += [(v, -n) for v in (0, 1, -1, 32_639, -32_639) for n in (1, 16)]
    clamped = [(v, b) for b in (HEAD, LIMB, WIDE) for v in (0, b, b + 1, -b, -b - 1, 1 << 59, -(1 << 59))]
    squares = (0, 1, 2, 3, 4, 8, 9, 15, 16, 17, (1 << 31) - 1, 1 << 32, (1 << 61) - 1)
    roots = [*squares, *(r * r + d for r in (94_906_265, 94_906_266, (1 << 31) - 1) for d in (-1, 0, 1))]
    lengths = (0, 1, 2, 3, 4, 32_767, 32_768, WIDE, WIDE + 1, (1 << 46) - 1, 1 << 46, (1 << 52) - 1)
    dividends = (0, 1, -1, 2, -2, 3, -3, 65_533, -65_533, -(1 << 48), 1 << 48)
    quotients = [(n, d) for d in (1, 2, 3, 65_534) for n in dividends]
    return {
        "round": [[v, n, half_up(v, n)] for v, n in rounded],
        "clamp": [[v, b, clamp(v, b)] for v, b in clamped],
        "root": [[v, isqrt(v)] for v in roots],
        "bits": [[v, v.bit_length()] for v in lengths],
        "quotient": [[n, d, n // d] for n, d in quotients],
    }


# ------------------------------------------------------------ section 3


def shown_value(rows: list[Any]) -> Json:
    if isinstance(rows[0], reference.Scaled):
        return {"elements": [row.elements for row in rows], "exponents": [row.exponent for row in rows]}
    return rows


def value_of(shown: Json) -> list[Any]:
    """What the reference takes and gives, of its form in the file."""
    if isinstance(shown, dict):
        pairs = zip(shown["elements"], shown["exponents"], strict=True)
        return [reference.Scaled(elements, exponent) for elements, exponent in pairs]
    return list(shown)


def computed(op: AnyOperation, tensors: dict[str, Any], tokens: list[int], given: list[Json]) -> Json:
    """The operation's value by the reference."""
    plain = {name: values_of(described) for name, described in tensors.items()}
    return shown_value(reference.OPERATIONS[type(op)](op, plain, tokens, *map(value_of, given)))


def case(
    name: str, op: dict[str, Json], given: list[Json], tensors: dict[str, Json] | None = None, tokens: Json = None
) -> Json:
    operation = msgspec.convert(op, AnyOperation)
    tensors = tensors or {}
    tokens = tokens or [0] * len(value_of(given[0]))
    value = computed(operation, tensors, tokens, given)
    return {"name": name, "op": op, "tensors": tensors, "tokens": tokens, "given": given, "value": value}


def embeds() -> Iterator[Json]:
    codes = [[-128, -127, -1], [0, 1, 127], [3, -3, 5], [127, -128, 64]]
    for name, by, multipliers, shift in (
        ("extremes", "token", [8_388_607, 0, 1, 8_388_607], 0),
        ("halves, also negative", "token", [1, 1, 1, 1], 1),
        ("by position", "position", [8_388_607, 4_096, 1, 65_536], 16),
        ("the largest shift", "token", [8_388_607, 1, 1, 8_388_607], 60),
    ):
        op = {"op": "embed", "by": by, "weights": "e", "shift": shift}
        yield case(f"embed: {name}", op, [], matrix("e", codes, multipliers), [3, 0, 2, 1])


def adds() -> Iterator[Json]:
    left = [[WIDE, -WIDE, WIDE, -WIDE - 1, 0], [1, -1, 5, -1_000_000, WIDE]]
    right = [[1, -1, -WIDE, 0, 0], [-1, -1, -7, 1_000_001, WIDE]]
    yield case("add: both limits", {"op": "add", "left": 0, "right": 1}, [left, right])


def norms() -> Iterator[Json]:
    ordinary = numbers("norm", (2, 6), -1_000_000, 1_000_000)
    rows = [
        [0] * 6,
        [1, -1, 0, 1, 0, -1],
        [WIDE, -WIDE, WIDE, WIDE, -WIDE, 0],
        [WIDE] * 6,
        [3, 0, 0, 0, 0, 0],
        *ordinary,
    ]
    rows += [[16_384, 32_767, -32_768, 65_535, -65_537, 7]]
    mean_square, length = isqrt(6 << 92), 1 << 46
    plain = [65_536] * 6
    for name, gain, bias, changed in (
        ("root mean square", plain, None, {}),
        ("by length", plain, None, {"numerator": length, "fraction": 14, "epsilon": 0}),
        ("saturates at 32,639", [1 << 20, -(1 << 20), 65_536, 1, 0, -1], None, {"bound": LIMB, "fraction": 16}),
        ("saturates at 16,383", [1 << 20, -(1 << 20), 65_536, 1, 0, -1], None, {"bound": HEAD, "fraction": 13}),
        ("the largest gains", [WIDE, -WIDE, WIDE, -WIDE, 1, -1], None, {"fraction": 0}),
        ("a large epsilon", plain, None, {"epsilon": (1 << 19) - (1 << 17)}),
        ("no fraction, least numerator", plain, None, {"fraction": 0, "numerator": 1}),
        ("centred, with bias", plain, [WIDE, -WIDE, 0, 1, -1, 4_096], {"centred": True}),
        ("centred, bound 32,639", plain, [32_639, -32_639, 0, 1, -1, 7], {"centred": True, "bound": LIMB}),
    ):
        tensors = {"g": tensor("int32", gain)}
        if bias:
            tensors["b"] = tensor("int32", bias)
        op = {
            "op": "norm",
            "of": 0,
            "gain": "g",
            "bias": "b" if bias else "",
            "centred": False,
            "numerator": mean_square,
            "epsilon": 96_637,
            "fraction": 12,
            "bound": WIDE,
            **changed,
        }
        yield case(f"norm: {name}", op, [rows], tensors)


def linear(name: str, codes: list[list[int]], multipliers: list[int], given: Json, **fields: Any) -> Json:
    bias = fields.pop("biases", None)
    tensors = matrix("w", codes, multipliers)
    if bias:
        tensors["w.bias"] = tensor("int32", bias)
    fields = {"bound": WIDE, "shift": 20, **fields}
    op = {"op": "linear", "of": 0, "weights": "w", "bias": "w.bias" if bias else "", **fields}
    return case(f"linear: {name}", op, [given], tensors)


def linears() -> Iterator[Json]:
    unit = [[1, 0], [-1, 0], [0, 127], [0, -128], [127, -128]]
    small = [[1, 32_639], [-1, -32_639], [3, 1], [-3, -1], [0, 0]]
    yield linear("halves, also negative", unit, [1] * 5, small, shift=1)
    yield linear("no shift", unit, [8_388_607, 1, 0, 8_388_607, 8_388_607], small, shift=0)
    yield linear("the largest shift", unit, [8_388_607] * 5, small, shift=60)
    for bound in (HEAD, LIMB, WIDE):
        biases = [bound, -bound, 1, -1, 0]
        yield linear(f"bound {bound}", unit, [8_388_607] * 5, small, shift=21, bound=bound, biases=biases)
    rows = {"elements": [[32_639, -32_639], [16_384, 1], [0, 0], [-16_384, 5]], "exponents": [16, 1, 0, 17]}
    yield linear("rows with exponents", unit, [8_388_607, 1, 4_096, 0, 65_537], rows, shift=17)
    yield linear("rows with exponents and a bias", unit, [5] * 5, rows, shift=18, biases=[1, -1, WIDE, -WIDE, 0])
    width = 1_030
    signs = [1 - 2 * (i % 2) for i in range(width)]
    codes = [[127] * width, [-128] * width, [max(-128, 128 * s - (s > 0)) for s in signs]]
    codes += numbers("weights", (2, width), -128, 127)
    yield linear(
        "long sums, as large as they can be",
        codes,
        [8_388_607, 8_388_607, 8_388_607, 4_000_001, 1],
        [[32_639] * width, [-32_639 * s for s in signs], numbers("activations", (width,), -32_639, 32_639)],
        shift=32,
    )


def narrows() -> Iterator[Json]:
    row = [0, 1, -1, 2, -2, 3, -3, 32_639, 32_640, -32_639, -32_640, WIDE, -WIDE, -WIDE - 1, 65_279, -65_279]
    for shift in (0, 1, 2, 16, 31, 60):
        yield case(f"narrow: shift {shift}", {"op": "narrow", "of": 0, "shift": shift}, [[row]])


def quantises() -> Iterator[Json]:
    rows = [
        *([0, 0, 0], [32_767, -32_767, 1], [32_768, 1, -1], [65_535, 3, -3], [-65_535, 1, 2]),
        *([WIDE, -WIDE, 98_304], [-WIDE - 1, 65_536, -65_536], [1, -1, 0], [32_640, -32_640, 5]),
    ]
    yield case("quantise: each exponent's edge", {"op": "quantise", "of": 0}, [rows])


def rotates() -> Iterator[Json]:
    table = [
        [[16_384, 0], [16_384, 0]],
        [[0, 16_384], [11_585, 11_585]],
        [[-16_384, 0], [11_585, -11_585]],
        [[32_767, -32_768], [-32_768, 32_767]],
    ]
    first = [32_639, 1, -32_639, -1, 16_384, -16_384, 3, -3]
    rows = [first, [16_383, 16_383, -16_383, 16_383, 1, 0, -1, 0], first[::-1], [-32_639] * 8]
    tensors = {"t": tensor("int16", table)}
    for heads in (2, 1):
        op = {"op": "rotate", "of": 0, "heads": heads, "headWidth": 4, "table": "t"}
        yield case(f"rotate: {heads} of 2 heads", op, [rows], tensors)


def attend(name: str, given: Json, table: Json, **fields: Any) -> Json:
    op = {
        "op": "attend",
        "of": 0,
        "heads": 2,
        "keyValueHeads": 1,
        "headWidth": 2,
        "causal": True,
        "factor": 94_548,
        "shift": 29,
        "table": "t",
        **fields,
    }
    return case(f"attend: {name}", op, [given], {"t": table})


def attends() -> Iterator[Json]:
    exponentials, three = standard("exponentials"), tensor("int16", [32_767, 2, 1])
    rows = numbers("attend", (5, 8), -16_383, 16_383)
    yield attend("two heads share their keys", rows, exponentials)
    yield attend("a head has its own keys", numbers("own", (4, 12), -3_000, 3_000), exponentials, keyValueHeads=2)
    yield attend("all positions", rows, exponentials, causal=False)
    yield attend("all positions, an odd width", numbers("odd", (4, 9), -900, 900), exponentials, **ODD)
    ties = [[1, 0, 0, 1, 1, 1, v, -v] for v in (1, 2, -5, 8)]
    yield attend("equal scores: halves, also negative", ties, three, factor=1, shift=0)
    steps = [[v, 0, 0, v, v, -v, 1_000 * v, -333 * v] for v in (0, 1, -1, 2, -2)]
    yield attend("below the table's end weighs nothing", steps, three, factor=1, shift=0)
    yield attend("a score's halves", steps, three, factor=1, shift=1)
    largest = [[HEAD, -HEAD, HEAD, HEAD, s * HEAD, s * HEAD, s * HEAD, -s] for s in (1, -1, 1, -1)]
    yield attend("scores at both limits", largest, exponentials, factor=8_388_607, shift=0)
    yield attend("no weight at all", rows, tensor("int16", [0]))
    wide = [[s * HEAD for s in signs for _ in range(256)] for signs in ((1, 1, 1), (-1, 1, -1), (1, -1, 1))]
    yield attend("the widest head", wide, exponentials, heads=1, headWidth=256, shift=40)
    many = numbers("many", (130, 6), -16_383, 16_383)
    yield attend("many positions", many, exponentials, heads=1, shift=32)


ODD = {"heads": 1, "keyValueHeads": 1, "headWidth": 3, "causal": False, "shift": 20}


def activates() -> Iterator[Json]:
    row = [-32_639, -1_024, -1, 0, 1, 1_024, 32_639, 700]
    ends = {129: -WIDE - 1, 32_767: 5, 32_768: -7, 32_769: 1, 65_407: WIDE, 0: 11, 65_535: 13}
    tables_ = (("limits", sparse("int32", 65_536, ends)), ("silu", standard("silu.10")), ("silu 8", standard("silu.8")))
    for name, table in tables_:
        yield case(f"activate: {name}", {"op": "activate", "of": 0, "table": "t"}, [[row]], {"t": table})


def gates() -> Iterator[Json]:
    rows = [
        [-32_639, -1, 0, 1, 32_639, 32_639, 1, 1, 3, 32_639],
        [32_639, 1, 0, -1, -32_639, -32_639, -1, 5, -3, -32_639],
    ]
    ends = {129: -WIDE, 32_767: 1, 32_768: 3, 32_769: -1, 65_407: WIDE}
    for name, table, shift in (
        ("silu", standard("silu.9"), 10),
        ("saturates", sparse("int32", 65_536, ends), 0),
        ("halves, also negative", sparse("int32", 65_536, ends), 1),
        ("the largest shift", sparse("int32", 65_536, ends), 60),
    ):
        op = {"op": "gate", "of": 0, "table": "t", "shift": shift}
        yield case(f"gate: {name}", op, [rows], {"t": table})


def pools() -> Iterator[Json]:
    rows = [[0, -1, 1, WIDE, -WIDE - 1, 7], [-1, -2, 2, WIDE, -WIDE - 1, 8], [0, 0, 0, WIDE, -WIDE, -3]]
    for count in (1, 2, 3):
        yield case(f"pool: over {count}", {"op": "pool", "of": 0}, [rows[:count]])


MAKERS = (embeds, adds, norms, linears, narrows, quantises, rotates, attends, activates, gates, pools)


# ------------------------------------------------------------ section 5


def noise_word(seed: int, position: int, token: int) -> int:
    """(21)"""
    preimage = seed.to_bytes(8, "big") + position.to_bytes(4, "big") + (token // 8).to_bytes(4, "big")
    begin = 4 * (token % 8)
    return int.from_bytes(sha256(preimage).digest()[begin : begin + 4], "big")


def noise_index(word: int) -> int:
    """(22)"""
    rest = 2**32 - 1 - word
    zeros = 32 - rest.bit_length()
    after = rest - (1 << 31 - zeros) if rest else 0
    return 1_024 * zeros + (after << (zeros + 1) >> 22)


def chosen(logits: list[int], temperature: int, seed: int, cut: int, position: int) -> int:
    """(19) and (20)"""
    largest, noise = max(logits), _standard("gumbel")
    if temperature == 0:
        return logits.index(largest)
    keys = {
        token: 1_000 * logit + temperature * noise[noise_index(noise_word(seed, position, token))]
        for token, logit in enumerate(logits)
        if cut == 0 or 1_000 * (largest - logit) <= temperature * cut * 256
    }
    return min(keys, key=lambda token: (-keys[token], token))


def noise() -> Json:
    most = 2**32 - 1
    places = [(0, 0, 0), (0, 0, 7), (0, 0, 8), (1, 0, 0), (0, 1, 0), (2**64 - 1, most, 2**24 - 17), (11, 5, 49_151)]
    edges = [1 << i for i in range(32)]
    words = [0, most, *(most - edge for edge in edges), *(most - (2 * edge - 1) for edge in edges), 0xDEADBEEF, 12_345]
    entries = [[word, noise_index(word), _standard("gumbel")[noise_index(word)]] for word in sorted(set(words))]
    return {"words": [[*place, noise_word(*place)] for place in places], "entries": entries}


def choices() -> Json:
    one = 1 << 16
    flat, peaked = [0] * 12, [one * x for x in (1, 3, 2, 0, 3, -4)]
    given = [
        ("greedy, a tie", peaked, 0, 99, 7, 3),
        ("greedy, the lowest logits", [-WIDE - 1, -WIDE, -WIDE], 0, 0, 0, 0),
        ("one token", [5], 1_000, 1, 0, 0),
        *((f"equal logits, position {p}", flat, 1_000, 2**64 - 1, 0, p) for p in (0, 1, 2, 2**32 - 1)),
        *((f"temperature {t}", peaked, t, 11, 0, 4) for t in (1, 500, 1_000, 2_000, 65_535)),
        *((f"cut {c}", peaked, 65_535, 3, c, 9) for c in (0, 1, 4, 512, 65_535)),
        *(
            (f"cut at its edge, {d} below, seed {seed}", [d, 0, 0, -2_000_000], 1_000, seed, 128, 2)
            for d in (32_767, 32_768, 32_769)
            for seed in range(6)
        ),
        ("the widest logits", [WIDE, -WIDE - 1, WIDE, 0], 65_535, 8, 65_535, 6),
        ("equal keys", *equal_keys()),
    ]
    return [
        {
            "name": name,
            "logits": logits,
            "temperature": t,
            "seed": seed,
            "cut": cut,
            "position": position,
            "token": chosen(logits, t, seed, cut, position),
        }
        for name, logits, t, seed, cut, position in given
    ]


def equal_keys() -> tuple[list[int], int, int, int, int]:
    """Two logits that differ by just what the noise gives, so that both have the largest key."""
    table = _standard("gumbel")
    first, second = (table[noise_index(noise_word(5, 0, token))] for token in (0, 1))
    return [second, first], 1_000, 5, 0, 0


# ------------------------------------------------------------ section 6


def leaf(content: bytes) -> bytes:
    return sha256(b"\0" + content).digest()


def tree(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962's definition, from above."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + tree(leaves[:half]) + tree(leaves[half:])).digest()


def words(values: Sequence[int], size: int = 8) -> bytes:
    return b"".join((value % (1 << 8 * size)).to_bytes(size, "big") for value in values)


def pieces(content: Any, size: int) -> list[Any]:
    return [content[i : i + size] for i in range(0, len(content), size)]


def tensor_names(document: Json) -> list[str]:
    """Those with a tree of their own, in order."""
    names = {document["noise"]}
    for op in operations(document):
        names |= {op[field] for field in ("weights", "gain", "table") if field in op}
        if op["op"] == "norm" and op["bias"]:
            names.add(op["bias"])
    return sorted(names)


def lists(document: Json) -> list[Json]:
    return [document["steps"]["before"], *document["steps"]["layers"], document["steps"]["after"]]


def operations(document: Json) -> Iterator[Json]:
    return (op for steps in lists(document) for op in steps)


def stored(codes: list[int]) -> bytes:
    """A piece of a matrix's row as its leaf has it: each code plus 128, in whole blocks of 32, groups of four in their
    order."""
    padded = codes + [0] * (-len(codes) % 32)
    groups = [[block[4 * group : 4 * group + 4] for group in (3, 7, 2, 6, 1, 5, 0, 4)] for block in pieces(padded, 32)]
    return bytes(code + 128 for block in groups for group in block for code in group)


def tensor_root(document: Json, tensors: dict[str, Json], name: str) -> bytes:
    """A tensor's entry in the tree of weights."""
    array = array_of(tensors[name])
    biases = {op["weights"]: op.get("bias", "") for op in operations(document) if "weights" in op}
    if name in biases:
        rows = array.tolist()
        multipliers = values_of(tensors[f"{name}.multiplier"])
        bias = values_of(tensors[biases[name]]) if biases[name] else [0] * len(rows)
        leaves = [
            leaf(words(pair, 4) + stored(part))
            for row, *pair in zip(rows, multipliers, bias, strict=True)
            for part in pieces(row, 1_024)
        ]
    else:
        content = words(array.reshape(-1).tolist(), array.itemsize)
        leaves = [leaf(part) for part in pieces(content, 256)]
    head = bytes([2, array.itemsize, array.ndim]) + words(array.shape)
    return sha256(head + tree(leaves)).digest()


def weights_file(tensors: dict[str, Json]) -> bytes:
    """The file as section 6 says."""
    header, data = {}, b""
    for name in sorted(tensors):
        array = array_of(tensors[name])
        content = array.astype(array.dtype.newbyteorder("<")).tobytes()
        kind = f"I{8 * array.itemsize}"
        span = [len(data), len(data) + len(content)]
        header[name] = {"data_offsets": span, "dtype": kind, "shape": list(array.shape)}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data


def rows() -> Json:
    """Roots of rows of numbers, two and four bytes each, of one piece and of several."""
    shapes = [(width, size) for width in (1, 255, 256, 257, 512, 700) for size in (2, 4)]
    drawn_rows = [
        (numbers(f"row {w} {size}", (w,), -(1 << 8 * size - 1), (1 << 8 * size - 1) - 1), size) for w, size in shapes
    ]
    return [
        {"label": f"row {len(row)} {size}", "width": len(row), "bytes": size, "root": row_root(row, size).hex()}
        for row, size in drawn_rows
    ]


def trees() -> Json:
    return [tree([leaf(bytes([i])) for i in range(count)]).hex() for count in range(18)]


# ------------------------------------------------------------ a whole program

VOCABULARY, WIDTH, HIDDEN, CONTEXT = 8, 4, 3, 24
INNER = 8
"""Two heads of queries, one of keys, one of values, of two elements each."""


def small_matrix(name: str, rows: int, columns: int) -> dict[str, Json]:
    return matrix(
        name, numbers(name, (rows, columns), -128, 127), numbers(f"{name} scales", (rows,), 1 << 20, (1 << 23) - 1)
    )


def small_norm(of: int, gain: str, bound: int = LIMB) -> Json:
    return {
        "op": "norm",
        "of": of,
        "gain": gain,
        "bias": "",
        "centred": False,
        "numerator": isqrt(WIDTH << 92),
        "epsilon": 671,
        "fraction": 12,
        "bound": bound,
    }


def small_linear(of: int, weights: str, shift: int, bound: int, bias: str = "") -> Json:
    return {"op": "linear", "of": of, "weights": weights, "bias": bias, "shift": shift, "bound": bound}


def small_layer(p: str) -> list[Json]:
    attention = {"heads": 2, "keyValueHeads": 1, "headWidth": 2, "causal": True, "factor": 6_051_102, "shift": 32}
    return [
        small_norm(INPUT, f"{p}first"),
        small_linear(0, f"{p}qkv", 27, HEAD, f"{p}qkv.bias"),
        {"op": "rotate", "of": 1, "heads": 3, "headWidth": 2, "table": "rotations"},
        {"op": "attend", "of": 2, **attention, "table": "exponentials"},
        small_linear(3, f"{p}mix", 29, WIDE),
        {"op": "add", "left": INPUT, "right": 4},
        small_norm(5, f"{p}second"),
        small_linear(6, f"{p}gate_up", 28, LIMB),
        {"op": "gate", "of": 7, "table": "silu.9", "shift": 9},
        {"op": "quantise", "of": 8},
        small_linear(9, f"{p}down", 31, WIDE),
        {"op": "add", "left": 5, "right": 10},
    ]


def small_document() -> Json:
    layers = [small_layer("layers.0."), small_layer("layers.1.")]
    embed = {"op": "embed", "by": "token", "weights": "embedding", "shift": 18}
    return {
        "arithmetic": "integer/1",
        "contextLength": CONTEXT,
        "controlTokens": [6, 7],
        "format": "commonhold/program/2",
        "noise": "gumbel",
        "steps": {
            "before": [embed],
            "layers": layers,
            "after": [small_norm(INPUT, "last"), small_linear(0, "head", 23, WIDE)],
        },
        "stopTokens": [7],
        "template": {
            "assistant": [6, 3],
            "defaultSystem": [0] * 300,
            "system": {"before": [6, 1], "after": [7]},
            "user": {"before": [6, 2], "after": [7]},
        },
        "vocabulary": VOCABULARY,
    }


def small_tensors() -> dict[str, Json]:
    found = {name: standard(name) for name in ("exponentials", "silu.9", "gumbel")}
    found["rotations"] = tensor("int16", tables.rotations(CONTEXT, 2, 10_000).tolist())
    found |= small_matrix("embedding", VOCABULARY, WIDTH) | small_matrix("head", VOCABULARY, WIDTH)
    gains = ["last"]
    for p in ("layers.0.", "layers.1."):
        found |= small_matrix(f"{p}qkv", INNER, WIDTH) | small_matrix(f"{p}mix", WIDTH, 4)
        found |= small_matrix(f"{p}gate_up", 2 * HIDDEN, WIDTH) | small_matrix(f"{p}down", WIDTH, HIDDEN)
        found[f"{p}qkv.bias"] = tensor("int32", numbers(f"{p}bias", (INNER,), -2_000, 2_000))
        gains += [f"{p}first", f"{p}second"]
    return found | {name: tensor("int32", numbers(name, (WIDTH,), 40_000, 90_000)) for name in gains}


def generated(program: Program, tensors: dict[str, Any], prompt: list[int], sampling: Json) -> Json:
    """Tokens one by one, each from the whole sequence before it, as section 5 has them."""
    room, output = min(sampling["maxTokens"], program.context_length - len(prompt)), list[int]()
    reason = "length"
    while len(output) < room:
        logits = reference.run(program.steps, tensors, [*prompt, *output])[-1][-1][-1]
        drawn_by = (sampling["temperature"], sampling["seed"], sampling["cut"])
        output.append(chosen(logits, *drawn_by, len(output)))
        if output[-1] in program.stop_tokens:
            reason = "stop token"
            break
    run = {"prompt": prompt, "sampling": sampling, "output": output, "ended": reason}
    if output:
        values = reference.run(program.steps, tensors, [*prompt, *output[:-1]])
        run["trace"] = committed(values, prompt, output).hex()
    return run


def row_root(row: list[int], size: int) -> bytes:
    return tree([leaf(words(part, size)) for part in pieces(row, 256)])


def committed(values: Json, prompt: list[int], output: list[int]) -> bytes:
    """What is posted for job 0x11…: the columns of `small_document`, each a row for each position."""
    before, *layers, after = values
    columns = [(before[-1], 4)]
    for layer in layers:  # the value that attend takes holds two queries of two elements, then keys and values
        columns += [([row[4:] for row in layer[2]], 2), (layer[-1], 4)]
    logits = after[-1][len(prompt) - 1 :]
    columns.append((logits, 4))
    roots = [
        row_root([*prompt, *output], 4),
        row_root([max(range(len(row)), key=row.__getitem__) for row in logits], 4),
    ]
    roots += [tree([row_root(row, size) for row in rows]) for rows, size in columns]
    sizes = words([len(prompt) + len(output) - 1, len(output)])
    return sha256(b"\3" + b"\x11" * 32 + sizes + tree(roots)).digest()


def sampling_of(most: int, temperature: int = 0, seed: int = 0, cut: int = 0) -> Json:
    return {"maxTokens": most, "temperature": temperature, "seed": seed, "cut": cut}


def spellings() -> list[bytes | None]:
    """Bytes of the small program's tokens: of one, none; of another, many."""
    made: list[bytes | None] = [bytes(range(97, 97 + token % 5)) for token in range(small_document()["vocabulary"])]
    made[2], made[3] = None, b"\xff" * 300
    return made


def spellings_record(spelt: list[bytes | None]) -> bytes:
    leaves = []
    for first in range(0, len(spelt), 16):
        sixteen = (spelt[first : first + 16] + [None] * 16)[:16]
        lengths = b"".join(b"\x80\0" if each is None else len(each).to_bytes(2, "big") for each in sixteen)
        leaves.append(leaf(lengths + b"".join(each or b"" for each in sixteen)))
    return words([5, 16]) + tree(leaves)


def whole() -> Json:
    document, tensors = small_document(), small_tensors()
    program = msgspec.convert(document, Program)
    plain = {name: values_of(described) for name, described in tensors.items()}
    tokens = [6, 1, 0, 5, 3, 3, 7, 2]
    values = reference.run(program.steps, plain, tokens)
    names = tensor_names(document)
    shapes, spelt = {name: array_of(described).shape for name, described in tensors.items()}, spellings()
    found = [*list(records(program, shapes, spelt))[:-1], spellings_record(spelt)]
    runs = [([6, 1, 0], sampling_of(5)), ([6, 1, 0], sampling_of(0)), (tokens, sampling_of(100, 2_000, 8, 900))]
    runs += [([seed % 6, 4], sampling_of(6, 1_500, seed)) for seed in range(4)]
    return {
        "document": document,
        "tensors": tensors,
        "documentSha256": sha256(encode(program)).hexdigest(),
        "spellings": [None if spelling is None else spelling.hex() for spelling in spelt],
        "records": [entry.hex() for entry in found],
        "programRoot": tree([leaf(entry) for entry in found]).hex(),
        "weightsSha256": sha256(weights_file(tensors)).hexdigest(),
        "tensorRoots": {name: tensor_root(document, tensors, name).hex() for name in names},
        "weightsRoot": tree([tensor_root(document, tensors, name) for name in names]).hex(),
        "tokens": tokens,
        "values": [[shown_value(value) for value in here] for here in values],
        "generations": [generated(program, plain, *run) for run in runs],
    }


def vectors() -> Json:
    return {
        "arithmetic": 1,
        "tables": {name: digest(make()) for name, make in STANDARD.items()},
        "primitives": primitives(),
        "operations": [each for make in MAKERS for each in make()],
        "noise": noise(),
        "choices": choices(),
        "trees": trees(),
        "rows": rows(),
        "program": whole(),
    }


def shown(value: Json, indent: int = 0, lead: int = 0) -> str:
    """JSON in lines of at most 118 columns: numbers side by side."""
    flat = json.dumps(value)
    if indent + lead + len(flat) <= COLUMNS or not isinstance(value, dict | list):
        return flat
    space = " " * (indent + 1)
    if isinstance(value, dict):
        parts = (f"{json.dumps(key)}: {shown(each, indent + 1, len(key) + 4)}" for key, each in value.items())
        return "{\n" + ",\n".join(space + part for part in parts) + "\n" + " " * indent + "}"
    if all(isinstance(each, int) for each in value):
        filled = textwrap.fill(flat[1:-1], COLUMNS, initial_indent=space, subsequent_indent=space)
        return "[\n" + filled + "\n" + " " * indent + "]"
    return "[\n" + ",\n".join(space + shown(each, indent + 1) for each in value) + "\n" + " " * indent + "]"


def text() -> str:
    return shown(vectors()) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
