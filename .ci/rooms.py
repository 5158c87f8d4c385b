"""Write the rooms of docs/architecture.md from the layers of pyproject.toml and the docstrings.

Without an argument it rewrites the section between the two markers; with --check it only says whether
that would change anything (exit 1).
"""

import ast
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: written by .ci/rooms.py -->\n", "<!-- end of rooms -->\n"


def layers(floor: str) -> list[list[str]]:
    """The layers of a floor, lowest first, each a list of modules."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    [rooms] = [one for one in contracts if one["id"] == f"{floor}-rooms"]
    found = [[name.strip(" ()") for name in layer.replace("|", ":").split(":")] for layer in rooms["layers"]]
    return found[::-1]


def first_sentence(floor: str, room: str) -> str | None:
    """What a module says it is for; None when there is no such module."""
    path = ROOT / floor / f"{room}.py"
    path = path if path.exists() else ROOT / floor / room / "__init__.py"
    if not path.exists():
        return None
    words = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return " ".join(words.split("\n\n")[0].split())


def section() -> str:
    """The text between the markers."""
    lines = []
    for floor in ("cmdb", "ccb", "baselines", "tui"):
        question = first_sentence(floor, "__init__") or ""
        lines += [f"### {floor}", "", question, "", "| room | its one job |", "|---|---|"]
        for layer in layers(floor):
            for room in sorted(layer):
                words = first_sentence(floor, room)
                if words is not None:
                    lines.append(f"| `{room}` | {words.replace('|', chr(92) + '|')} |")
        lines.append("")
    return "\n".join(lines)


def main() -> int:
    text = PAGE.read_text("utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    wanted = f"{head}{BEGIN}\n{section()}{END}{tail}"
    if wanted == text:
        return 0
    if "--check" in sys.argv:
        print(
            "docs/architecture.md does not show the rooms as they are: run 'python .ci/rooms.py'",
            file=sys.stderr,
        )
        return 1
    PAGE.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
