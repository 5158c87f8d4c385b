"""The finished demo, built once; every story works on its own copy."""

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from tests.stories.terminal import Answer, Terminal
from tui.cli import run


def built(folder: Path, *options: str) -> tuple[Terminal, Answer]:
    """A site of `cmdb demo`, and everything it printed."""
    site = folder / "site"
    told = io.StringIO()
    with redirect_stdout(told), redirect_stderr(told):
        code = run(["demo", str(site), *options], {})
    return Terminal(site, site / "keys"), Answer(code, told.getvalue(), "")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Terminal, Answer]:
    """The site with the change alone: stories count from the first event, document and audit of their own."""
    return built(tmp_path_factory.mktemp("demo"), "--main-job")


@pytest.fixture(scope="session")
def whole_demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Terminal, Answer]:
    """The site as `make demo` leaves it."""
    return built(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def port(demo: tuple[Terminal, Answer], tmp_path: Path) -> Terminal:
    """The port of Westhaven on the evening the demo ends, for one story alone."""
    terminal, told = demo
    assert told.code == 0, told.out
    return terminal.copy(tmp_path / "port")


@pytest.fixture
def lively_port(whole_demo: tuple[Terminal, Answer], tmp_path: Path) -> Terminal:
    """The same as `make demo` leaves it, with papers, events and an audit."""
    terminal, told = whole_demo
    assert told.code == 0, told.out
    return terminal.copy(tmp_path / "port")
