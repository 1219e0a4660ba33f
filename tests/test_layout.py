"""The rooms of the house and the doors between them (docs/architecture.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("protocol", "oracle", "indexer", "stack", "scripts")
FORBIDDEN = {
    "protocol": {"oracle", "indexer", "stack", "scripts"},
    "oracle": {"indexer", "stack", "scripts"},
    "indexer": {"oracle", "stack", "scripts"},
}


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported_roots(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    offenders = {
        f"{source.relative_to(ROOT)} imports {root}"
        for source in sources(package)
        for root in imported_roots(source)
        if root in FORBIDDEN[package]
    }
    assert sources(package), f"{package}/ holds no Python source"
    assert not offenders


def test_no_module_is_a_drawer_for_everything() -> None:
    names = {"utils", "util", "common", "helpers", "helper", "misc"}
    assert not [source for package in PACKAGES for source in sources(package) if source.stem in names]
