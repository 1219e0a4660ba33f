"""What the documents say must be there: links, make targets, tests, verbs, scripts."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
IDS = [str(page.relative_to(ROOT)) for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_script_that_a_page_names_exists(page: Path) -> None:
    named = set(re.findall(r"ape run ([a-z_]+)", page.read_text()))
    assert not [name for name in named if not (ROOT / "scripts" / f"{name}.py").exists()]


def test_every_invariant_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "invariants.md").read_text()
    rows = re.findall(r"^## (I-\d+)[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in rows] == [f"I-{number}" for number in range(1, 10)]
    for name, body in rows:
        holders = re.findall(r"`(tests/[\w/.]+)::(\w+)`", body)
        assert holders or "not yet" in body, f"{name} names no test and does not say that it has none"
        for path, test in holders:
            assert re.search(rf"\b{test}\b", (ROOT / path).read_text()), f"{name}: {path} has no {test}"


def test_the_referees_page_names_tests_that_exist_and_the_figures_of_the_snapshot() -> None:
    page = (ROOT / "docs" / "dispute.md").read_text()
    for path, test in re.findall(r"`(tests/[\w/.]+)::(\w+)`", page):
        assert re.search(rf"\b{test}\b", (ROOT / path).read_text()), f"{path} has no {test}"
    for figures in json.loads((ROOT / "tests" / "snapshots" / "referee.json").read_text()).values():
        for what, gas in figures.items():
            assert re.search(rf"\| `?{re.escape(what)}`? \| {gas:,} \|", page), f"{what} is {gas:,} in the snapshot"


def test_the_life_cycle_names_only_verbs_that_the_escrow_has() -> None:
    abi = json.loads((ROOT / "protocol" / "abi" / "JobEscrow.json").read_text())
    verbs = {entry["name"] for entry in abi if entry["type"] == "function"}
    text = (ROOT / "docs" / "lifecycle.md").read_text()
    diagram = text.split("```mermaid")[1].split("```")[0]
    assert set(re.findall(r": (\w+) \(", diagram)) <= verbs
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", text.split("## Step by step")[1].split("##")[0], re.MULTILINE)
    named = {verb for row in rows for verb in re.findall(r"\w+", row)}
    assert named
    assert named <= verbs


def test_the_project_says_nothing_of_the_machine_it_was_built_on() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    if not tracked:
        pytest.skip("not a git checkout")
    pattern = re.compile(r"/(?:work|root|home/\w+)/[a-z.]")
    guilty = []
    for name in tracked.split("\0"):
        path = ROOT / name
        if not name or path.suffix in {".lock", ".png"} or path.name == "package-lock.json" or path == Path(__file__):
            continue
        if path.is_file() and pattern.search(path.read_text(errors="ignore")):
            guilty.append(name)
    assert not guilty
