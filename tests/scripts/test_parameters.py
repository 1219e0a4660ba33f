"""Nonsense on the command line is refused before anything is sent, naming what was wrong."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from scripts._parameters import Amount, Prompt, Share, SlotName, Word

ROOT = Path(__file__).resolve().parent.parent.parent
ASSET = Amount(decimals=6, bits=104)


def test_an_amount_becomes_units() -> None:
    assert ASSET.convert("12.5", None, None) == 12_500_000
    assert ASSET.convert("0.000001", None, None) == 1


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("-1", "negative"),
        ("1e40", "too large"),
        ("0.0000001", "more than 6 decimals"),
        ("NaN", "not an amount"),
        ("Infinity", "not an amount"),
        ("ten", "not a decimal"),
        ("", "not a decimal"),
    ],
)
def test_an_amount_that_is_none_is_refused(typed: str, fault: str) -> None:
    with pytest.raises(click.BadParameter, match=fault):
        ASSET.convert(typed, None, None)


def test_a_share_is_read_in_per_cent() -> None:
    assert Share().convert("12.5%", None, None) == 1_250


@pytest.mark.parametrize("typed", ["-1", "101", "0.001", "half", "NaN"])
def test_a_share_beyond_the_whole_is_refused(typed: str) -> None:
    with pytest.raises(click.BadParameter):
        Share().convert(typed, None, None)


def test_an_id_is_read_with_or_without_its_prefix() -> None:
    assert Word("job").convert("0x" + "ab" * 32, None, None) == bytes([0xAB]) * 32
    assert Word("job").convert("ab" * 32, None, None) == bytes([0xAB]) * 32


@pytest.mark.parametrize(("typed", "fault"), [("0x12", "has 1 bytes"), ("0xzz", "not hexadecimal")])
def test_an_id_of_another_shape_is_refused(typed: str, fault: str) -> None:
    with pytest.raises(click.BadParameter, match=fault):
        Word("job").convert(typed, None, None)


@pytest.mark.parametrize("typed", ["", "x" * 33, "ché", "a\tb"])
def test_a_slot_name_that_does_not_fit_is_refused(typed: str) -> None:
    with pytest.raises(click.BadParameter, match="printable ASCII"):
        SlotName().convert(typed, None, None)


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("a\0b", "NUL character at position 1"),
        (os.fsdecode(b"caf\xe9"), "not UTF-8 text at position 3"),
    ],
)
def test_a_prompt_that_is_no_text_is_refused(typed: str, fault: str) -> None:
    with pytest.raises(click.BadParameter, match=fault):
        Prompt().convert(typed, None, None)


@pytest.mark.parametrize(("piped", "status"), [("grüße".encode(), 0), (b"caf\xe9", 2)])
def test_a_prompt_can_be_piped_in(piped: bytes, status: int) -> None:
    program = "import click; from scripts._parameters import Prompt; Prompt().convert('-', None, None)"
    guarded = f"import click\ntry:\n    exec({program!r})\nexcept click.BadParameter: raise SystemExit(2)"
    done = subprocess.run([sys.executable, "-c", guarded], input=piped, cwd=ROOT, check=False)
    assert done.returncode == status
