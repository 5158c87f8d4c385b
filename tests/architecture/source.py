"""The source of the four packages, parsed once, for the tests of the house."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FLOORS = ("cmdb", "ccb", "baselines", "tui")


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One source file: its dotted name, its path and its tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def imports(self) -> Iterator[tuple[str, int, bool]]:
        """Every module imported, the line, and whether that is at the top level of the file."""
        top = set(map(id, self.tree.body))
        for part in ast.walk(self.tree):
            if isinstance(part, ast.Import):
                for alias in part.names:
                    yield alias.name, part.lineno, id(part) in top
            elif isinstance(part, ast.ImportFrom):
                yield part.module or "", part.lineno, id(part) in top


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the four packages, migrations included, in name order."""
    found = []
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Module(name=name, path=path, tree=ast.parse(path.read_text("utf-8"))))
    return tuple(found)
