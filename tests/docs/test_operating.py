"""docs/operating.md against the code: settings, metrics, checks, and the tables that it repeats."""

import re
from types import ModuleType

import pytest
from pydantic_settings import BaseSettings

from oracle import decide, health, rounds
from oracle.checks import Checks
from oracle.cli import CONCLUSIONS
from oracle.metrics import Metrics
from oracle.settings import OracleSettings
from protocol.settings import Settings
from tests.chain import ROOT

PAGE = (ROOT / "docs" / "operating.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """Cells of every row of the tables under a heading, without the tables' own headings."""
    section = re.split(r"^## ", PAGE.split(f"\n## {heading}\n")[1], flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for number, row in enumerate(cells) if "---" not in row[0] and not follows_rule(cells, number)]


def follows_rule(cells: list[list[str]], number: int) -> bool:
    """Whether the line is a table's heading: the one above its rule."""
    return number + 1 < len(cells) and "---" in cells[number + 1][0]


def shown(default: object) -> str:
    return "none" if default in (None, (), "") else f"`{default}`"


def documented(settings: type[BaseSettings]) -> dict[str, tuple[str, str]]:
    """Variable to default and description, as the code has them; `chain` is made of the shared settings."""
    prefix = settings.model_config["env_prefix"]
    fields = {name: field for name, field in settings.model_fields.items() if name != "chain"}
    return {
        f"`{prefix}{name.upper()}`": (shown(field.default), field.description or "") for name, field in fields.items()
    }


def test_every_setting_is_there_with_its_default_and_meaning_and_no_other() -> None:
    expected = documented(Settings) | documented(OracleSettings)
    found = {name: (default, meaning) for name, default, meaning in rows("Settings")}
    assert list(found) == list(expected)
    for name, (default, meaning) in expected.items():
        assert found[name][0] == default, name
        assert found[name][1] == (meaning or found[name][1]) != "", name


def test_every_metric_is_there_and_no_other() -> None:
    expected = {f"`{metric.name}`": metric.documentation for metric in Metrics().registry.collect()}
    found = {row[0]: row[1] for row in rows("Health, metrics, logs") if row[0].startswith("`commonhold_")}
    assert found == expected


def test_every_line_that_check_prints_is_explained(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("nothing")
    unreachable = Settings(rpc_url="http://127.0.0.1:9", home=home)
    lines = list(Checks(OracleSettings(chain=unreachable)).run())
    assert [line.name for line in lines] == [row[0] for row in rows("What `check` proves")]


@pytest.mark.parametrize("module", [decide, health, rounds], ids=lambda module: module.__name__)
def test_tables_of_the_code_are_repeated_word_for_word(module: ModuleType) -> None:
    table = [line for line in (module.__doc__ or "").splitlines() if line.startswith("|")]
    assert len(table) > 2
    assert "\n".join(table) in PAGE


def test_exit_codes_of_verify_are_those_of_the_code() -> None:
    assert [row[0] for row in rows("Verifying a job")] == [str(code) for code in CONCLUSIONS]
