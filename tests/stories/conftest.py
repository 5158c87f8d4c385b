"""The finished demo, built once; every story works on its own copy."""

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from tests.stories.terminal import Answer, Terminal
from tui.cli import run


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Terminal, Answer]:
    """The site `cmdb demo` leaves behind, and everything it printed."""
    site = tmp_path_factory.mktemp("demo") / "site"
    told = io.StringIO()
    with redirect_stdout(told), redirect_stderr(told):
        code = run(["demo", str(site)], {})
    return Terminal(site, site / "keys"), Answer(code, told.getvalue(), "")


@pytest.fixture
def port(demo: tuple[Terminal, Answer], tmp_path: Path) -> Terminal:
    """The port of Westhaven on the evening the demo ends, for one story alone."""
    terminal, told = demo
    assert told.code == 0, told.out
    return terminal.copy(tmp_path / "port")
