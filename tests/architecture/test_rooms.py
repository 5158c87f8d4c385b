"""The house: imports point down, each library has its rooms, every module says what it is for."""

import ast
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.architecture.source import FLOORS, ROOT, Module, modules

# Which rooms may know a library. Everything else has to go through them.
ROOMS = {
    "sqlmodel": ("*.tables", "*.tables_*", "cmdb.store", "cmdb.codec", "cmdb.migrations*"),
    "sqlalchemy": ("*.tables", "*.tables_*", "cmdb.store", "cmdb.codec", "cmdb.migrations*"),
    "alembic": ("cmdb.migrations*",),
    "git": ("baselines.vault", "baselines.vault_*"),
    "gitdb": ("baselines.vault", "baselines.vault_*"),
    "textual": ("tui.app", "tui.screens*", "tui.widgets*"),
    "click": ("tui.*",),
    "cryptography": ("cmdb.sshsig", "cmdb.signatures"),
}
BAD_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "manager", "constants", "misc", "base"}
# The tables that import by name; see docs/decisions/0010-three-tables-load-late.md.
LATE = (
    *("tui.__main__", "tui.cli", "tui.opening", "tui.screens.directory", "tui.reports"),
    *("cmdb.reading", "cmdb.calendar"),
)


def names(found: tuple[Module, ...]) -> list[str]:
    return [module.name for module in found]


def test_the_contracts_of_pyproject_hold() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [tool, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("library", ROOMS)
def test_a_library_is_known_only_in_its_rooms(library: str) -> None:
    strangers = [
        f"{module.name}:{line}"
        for module in modules()
        for imported, line, _ in module.imports
        if imported.split(".")[0] == library
        and not any(fnmatchcase(module.name, room) for room in ROOMS[library])
    ]
    assert strangers == []


def test_nothing_below_knows_a_floor_above() -> None:
    upward = [
        f"{module.name}:{line} imports {imported}"
        for module in modules()
        for imported, line, _ in module.imports
        if imported.split(".")[0] in FLOORS[FLOORS.index(module.name.split(".")[0]) + 1 :]
    ]
    assert upward == []


def test_every_import_stands_at_the_top_of_its_file() -> None:
    deferred = [
        f"{module.name}:{line} imports {imported}"
        for module in modules()
        for imported, line, top in module.imports
        if not top
    ]
    assert deferred == []


def test_only_seven_tables_import_by_name() -> None:
    by_name = [
        f"{module.name}:{part.lineno}"
        for module in modules()
        for part in ast.walk(module.tree)
        if isinstance(part, ast.Name | ast.Attribute)
        and (part.id if isinstance(part, ast.Name) else part.attr)
        in ("import_module", "__import__", "TYPE_CHECKING")
        and module.name not in LATE
    ]
    assert by_name == []


def test_packages_re_export_nothing() -> None:
    filled = [
        module.name
        for module in modules()
        if module.path.name == "__init__.py" and any(not _is_words(part) for part in module.tree.body)
    ]
    assert filled == []


def test_every_module_says_what_it_is_for() -> None:
    assert [module.name for module in modules() if not ast.get_docstring(module.tree)] == []


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    assert [name for name in names(modules()) if set(name.split(".")) & BAD_NAMES] == []


def test_nothing_reads_the_clock_or_prints_below_the_front_end() -> None:
    found = [
        f"{module.name}:{part.lineno} calls {ast.unparse(part.func)}"
        for module in modules()
        if not module.name.startswith("tui")
        for part in ast.walk(module.tree)
        if isinstance(part, ast.Call)
        and ast.unparse(part.func)
        in (
            "print",
            "input",
            "datetime.now",
            "datetime.utcnow",
            "datetime.today",
            "date.today",
            "time.time",
            "os.getenv",
        )
    ]
    assert found == []


def _is_words(part: ast.stmt) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
