"""`python -m protocol.abi` writes the committed ABIs from the sources; with `--check` it only compares them."""

from __future__ import annotations

import argparse
import json
import sys

from protocol.abi import FOLDER
from protocol.artifacts import Artifact, artifacts
from protocol.compiling import CompilationError

TEST_CONTRACTS = "contracts/mocks/"
KEPT_TEST_CONTRACTS = {"TestDollar"}


def is_public(artifact: Artifact) -> bool:
    """Whether programs may call it: not internal libraries, nor the contracts that only tests use."""
    is_for_use = not artifact.source.startswith(TEST_CONTRACTS) or artifact.name in KEPT_TEST_CONTRACTS
    return is_for_use and any(entry["type"] == "function" for entry in artifact.abi)


def compiled() -> dict[str, str]:
    """File name → contents, as they should be."""
    return {f"{each.name}.json": json.dumps(each.abi, indent=1) + "\n" for each in artifacts() if is_public(each)}


def committed() -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}


def differences(wanted: dict[str, str], found: dict[str, str]) -> list[str]:
    missing = [f"{name} is missing" for name in wanted.keys() - found.keys()]
    stale = [f"{name} belongs to no contract" for name in found.keys() - wanted.keys()]
    changed = [
        f"{name} is not what the sources say" for name in wanted.keys() & found.keys() if wanted[name] != found[name]
    ]
    return sorted(missing + stale + changed)


def write(wanted: dict[str, str], found: dict[str, str]) -> None:
    for name in found.keys() - wanted.keys():
        (FOLDER / name).unlink()
    for name, contents in wanted.items():
        (FOLDER / name).write_text(contents, "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m protocol.abi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if something differs")
    arguments = parser.parse_args()
    try:
        wanted, found = compiled(), committed()
    except CompilationError as error:
        print(error, file=sys.stderr)
        return 1
    differing = differences(wanted, found)
    if arguments.check:
        print("\n".join([*differing, "run `make abi`"] if differing else [f"{len(wanted)} ABIs are as compiled"]))
        return 1 if differing else 0
    write(wanted, found)
    print(f"protocol/abi: {len(wanted)} ABIs, {len(differing)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
