"""The wheel holds the four packages and one command, and works in an environment that has nothing else."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.source import FLOORS, ROOT
from tests.conftest import Keys


def run(*words: str | Path, cwd: Path, **environ: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PIP_CONSTRAINT")}
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**kept, **environ},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network from the working tree."""
    folder = tmp_path_factory.mktemp("wheel")
    offline = ("--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", *offline, "--wheel-dir", folder, ROOT, cwd=folder)
    [built] = folder.glob("cmdb_ccb-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel in it. Only the libraries are borrowed from this one."""
    folder = tmp_path_factory.mktemp("empty")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps"),
        *("--disable-pip-version-check", wheel),
        cwd=folder,
    )
    [site_packages] = (folder / "venv" / "lib").glob("python3*/site-packages")
    libraries = [entry for entry in sys.path if entry.endswith("site-packages")]
    (site_packages / "libraries.pth").write_text("\n".join(libraries) + "\n")
    return folder / "venv" / "bin"


def test_it_holds_the_four_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        files = archive.namelist()
    tops = {name.split("/")[0] for name in files}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(FLOORS)
    sources = {path.relative_to(ROOT).as_posix() for floor in FLOORS for path in (ROOT / floor).rglob("*.py")}
    assert sources <= set(files)
    assert "tui/examples/westhaven/items.csv" in files


def test_it_brings_one_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [entry_points] = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        said = archive.read(entry_points).decode().split()
    assert said == ["[console_scripts]", "cmdb", "=", "tui.__main__:main"]


def test_the_installed_command_answers(installed: Path, tmp_path: Path) -> None:
    where = run(
        installed / "python", "-c", "import cmdb, tui; print(cmdb.__file__, tui.__file__)", cwd=tmp_path
    )
    assert all(Path(path).is_relative_to(installed.parent) for path in where.split())
    assert "Usage: cmdb" in run(installed / "cmdb", "--help", cwd=tmp_path)
    assert run(installed / "cmdb", "--version", cwd=tmp_path).startswith("cmdb ")


def test_the_installed_command_makes_a_site(installed: Path, tmp_path: Path, keys: Keys) -> None:
    act = ("--as", "a.vries")
    environ = keys.environ("a.vries")
    run(installed / "cmdb", "init", "port", "--name", "The port", *act, cwd=tmp_path, **environ)
    assert (tmp_path / "port" / "site.toml").is_file()
    assert (tmp_path / "port" / "library.git" / "HEAD").is_file()
    assert "a.vries" in run(installed / "cmdb", "--site", "port", "person", "list", cwd=tmp_path, **environ)
