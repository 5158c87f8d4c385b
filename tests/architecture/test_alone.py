"""Every module works when it is the only one imported: what it asks the database for is registered."""

import ast
import subprocess
import sys

import pytest

from cmdb import codec
from tests.architecture.source import ROOT, modules
from tests.conftest import table_modules

_ASKS = ("get", "find", "all", "where")
_WRITES = ("add", "replace", "remove")


def rows():
    """The module that registers the rows of each stored value, by the value's name."""
    for name in table_modules():
        __import__(name)
    return {one.value.__name__: one.row.__module__ for one in codec.registered()}


def imported(module):
    """Every module of ours that a module imports, those it imports names from included."""
    found = set()
    for part in ast.walk(module.tree):
        if isinstance(part, ast.Import):
            found |= {alias.name for alias in part.names}
        elif isinstance(part, ast.ImportFrom):
            inner = {f"{part.module}.{alias.name}" for alias in part.names}
            found |= {part.module or ""} | {
                one for one in inner if (ROOT / (one.replace(".", "/") + ".py")).exists()
            }
    return found


def reached(name, graph, seen):
    if name not in seen and name in graph:
        seen.add(name)
        for other in graph[name]:
            reached(other, graph, seen)
    return seen


def asked_for(module):
    """The names of the values that a module reads or writes by `uow`."""
    for part in ast.walk(module.tree):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.args:
            first = part.args[0]
            held = ast.unparse(part.func.value) == "uow"
            if held and part.func.attr in _ASKS and isinstance(first, ast.Name):
                yield first.id
            if held and part.func.attr in _WRITES and isinstance(first, ast.Call):
                yield ast.unparse(first.func)


def test_whoever_reads_or_writes_a_value_has_its_rows_registered():
    known, graph = rows(), {module.name: imported(module) for module in modules()}
    missing = [
        f"{module.name} uses {value}, which {known[value]} registers"
        for module in modules()
        for value in dict.fromkeys(asked_for(module))
        if value in known and known[value] not in reached(module.name, graph, set())
    ]
    assert missing == []
    assert "ccb.tables" in reached("ccb.standing", graph, set())


@pytest.mark.slow
def test_every_module_is_imported_alone():
    """Each in a process of its own that has imported other libraries, but nothing of ours before."""
    names = [one.name for one in modules() if ".migrations" not in one.name and "__main__" not in one.name]
    code = (
        "import os, sys\n"
        "import sqlmodel, alembic, networkx, git, textual.app, click, yaml, jsonschema, cryptography\n"
        "for name in sys.argv[1:]:\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        try:\n"
        "            __import__(name)\n"
        "        except BaseException as broken:\n"
        "            print(name, repr(broken), flush=True)\n"
        "        os._exit(0)\n"
        "    os.waitpid(child, 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *names], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
