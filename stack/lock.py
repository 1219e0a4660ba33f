"""Writes requirements.lock: every package, at the version pip resolves from pyproject.toml's own pins.

Versions only: no hashes, no index. The same torch version is a CPU build on one index and a CUDA build on
another, and the lock must serve both.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
HEADER = "# Written by `make lock` from pyproject.toml. Versions only, so that any index may serve its own build.\n"


def resolve() -> dict[str, Any]:
    """pip's own report of what it would install into an empty environment."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        subprocess.run([*command, "--no-build-isolation", f"--report={report}", f"{ROOT}[dev]"], check=True, cwd=ROOT)
        resolved: dict[str, Any] = json.loads(report.read_text())
        return resolved


def pins(report: dict[str, Any]) -> list[str]:
    """`name==version` for all but the project itself, without local version labels such as +cpu."""
    packages = (item["metadata"] for item in report["install"])
    return sorted(
        (
            f"{package['name']}=={package['version'].split('+')[0]}"
            for package in packages
            if package["name"] != "commonhold"
        ),
        key=str.lower,
    )


if __name__ == "__main__":
    LOCK.write_text(HEADER + "\n".join(pins(resolve())) + "\n")
    print(f"{LOCK.name}: {len(LOCK.read_text().splitlines()) - 1} packages")
