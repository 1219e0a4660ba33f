"""What is said more than once about tools is said the same everywhere."""

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from protocol.compiling import ROOT


def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text())


def package_lock() -> dict[str, Any]:
    lock: dict[str, Any] = json.loads((ROOT / "package-lock.json").read_text())
    return lock


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.partition("[")[0]).lower()


def test_ape_compiles_under_the_same_settings_as_forge() -> None:
    forge = toml("foundry.toml")["profile"]["default"]
    ape = yaml.safe_load((ROOT / "ape-config.yaml").read_text())
    solidity = ape["solidity"]
    stated = (forge["evm_version"], forge["optimizer"], forge["optimizer_runs"])
    assert (solidity["evm_version"], solidity["optimize"], solidity["optimization_runs"]) == stated
    assert ape["foundry"]["evm_version"] == forge["evm_version"]
    assert solidity["version"] == package_lock()["packages"]["node_modules/solc"]["version"]


def test_ape_plugins_are_those_that_are_locked() -> None:
    locked = dict(pin.split("==") for pin in lock_lines())
    for plugin in yaml.safe_load((ROOT / "ape-config.yaml").read_text())["plugins"]:
        assert plugin["version"] == locked[f"ape-{plugin['name']}"]


def test_every_direct_dependency_is_locked_at_the_version_that_pyproject_names() -> None:
    locked = {normal(name): version for name, version in (pin.split("==") for pin in lock_lines())}
    project = toml("pyproject.toml")["project"]
    for pin in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        name, version = pin.split("==")
        assert locked[normal(name)] == version


def test_the_locks_name_no_index_and_no_build() -> None:
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in lock_lines())
    assert not [name for name, package in package_lock()["packages"].items() if "resolved" in package]


def lock_lines() -> list[str]:
    return [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("arguments", [["--bin", "x.sol"], []], ids=["an option", "nothing"])
def test_the_compiler_refuses_what_it_does_not_serve(arguments: list[str]) -> None:
    result = subprocess.run([compiler(), *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 2
    assert "--version and --standard-json" in result.stderr


def test_the_compiler_reports_the_locked_version() -> None:
    shown = subprocess.run([compiler(), "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    assert f"Version: {package_lock()['packages']['node_modules/solc']['version']}+commit." in shown


def test_the_compiler_reads_no_file_outside_the_project(tmp_path: Path) -> None:
    (tmp_path / "Secret.sol").write_text("contract Secret {}")
    request = {"language": "Solidity", "sources": {"A.sol": {"content": f'import "{tmp_path}/Secret.sol";'}}}
    result = subprocess.run(
        [compiler(), "--standard-json", "--base-path", str(ROOT)],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    messages = [error["message"] for error in json.loads(result.stdout)["errors"] if error["severity"] == "error"]
    assert len(messages) == 1
    assert "lies outside" in messages[0]


def compiler() -> str:
    return str(ROOT / "stack" / "solc" / "solc")
