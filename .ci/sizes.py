"""Hold every file to 400 lines and every function to 60. Prints each that is longer; exits 1 then."""

import ast
import sys
from pathlib import Path

FILE_LIMIT = 400
FUNCTION_LIMIT = 60

# One table of data each: splitting it would hide that it is one table. File -> what it is a table of.
TABLES = {
    "tests/tui/sample.py": "the invented answers every screen is drawn with",
}

ROOT = Path(__file__).parent.parent
FOLDERS = ("cmdb", "ccb", "baselines", "tui", "tests", "benchmarks", ".ci")


def too_long(path: Path) -> list[str]:
    name = path.relative_to(ROOT).as_posix()
    text = path.read_text("utf-8")
    lines = text.count("\n")
    found = []
    if lines > FILE_LIMIT and name not in TABLES:
        found.append(f"{name}: {lines} lines, at most {FILE_LIMIT}")
    for part in ast.walk(ast.parse(text)):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (part.end_lineno or part.lineno) - part.lineno + 1
            if length > FUNCTION_LIMIT:
                found.append(
                    f"{name}:{part.lineno}: {part.name} has {length} lines, at most {FUNCTION_LIMIT}"
                )
    return found


def main() -> int:
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    found = [line for path in files for line in too_long(path)]
    found += [
        f"{name} is listed as a table of data and does not exist"
        for name in TABLES
        if not (ROOT / name).exists()
    ]
    print("\n".join(found) if found else f"{len(files)} files within {FILE_LIMIT} lines")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
