"""Write what three pages say of the program from the program itself, between two markers each.

docs/architecture.md: the rooms, from the layers of pyproject.toml and the docstrings of the modules.
docs/cli.md: the commands, from the table of the command line and the commands themselves.
docs/app.md: the keys, from the table of verbs.
Without an argument it rewrites them; with --check it only says whether that would change anything.
"""

import ast
import sys
import tomllib
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tui import cli, table, verbs  # noqa: E402 - the repository is on the path only now
from tui.given import Entry  # noqa: E402

FLOORS = ("cmdb", "ccb", "baselines", "tui")
EVERYWHERE = {"site_option", "person_option", "wants_json"}
END = "<!-- end -->\n"


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


def rooms() -> str:
    """Every room with its one job, floor by floor."""
    lines = []
    for floor in FLOORS:
        lines += [
            f"### {floor}",
            "",
            first_sentence(floor, "__init__") or "",
            "",
            "| room | its one job |",
            "|---|---|",
        ]
        for layer in layers(floor):
            for room in sorted(layer):
                words = first_sentence(floor, room)
                if words is not None:
                    lines.append(f"| `{room}` | {cell(words)} |")
        lines.append("")
    return "\n".join(lines)


def commands() -> str:
    """Every command with its arguments and its own options, noun by noun."""
    lines: list[str] = []
    heading = ""
    for entry in table.TABLE:
        noun = entry.path.split(" ")[0]
        title = noun if noun in table.NOUNS else ""
        if title and title != heading:
            lines += [f"### {title}", "", table.NOUNS[noun], ""]
        elif not title and heading != "-":
            lines += ["### " + ("on their own" if heading == "" else "on their own, continued"), ""]
        heading = title or "-"
        if "--" not in entry.path:  # those are options of a command, shown with it
            lines += describe(entry)
    return "\n".join(lines)


def describe(entry: Entry) -> list[str]:
    """One command: how it is typed, what it does, what its options say."""
    command = cli.command_of(entry)
    context = click.Context(command, info_name=entry.path)
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
    lines = [f"**`{' '.join(['cmdb', entry.path, *pieces])}`**<br>", entry.help, ""]
    for option in command.params:
        if isinstance(option, click.Option) and option.name not in EVERYWHERE and not option.hidden:
            record = option.get_help_record(context)
            if record is not None:
                lines.append(f"- `{record[0]}` {record[1]}".rstrip())
    return [*lines, ""] if lines[-1] else lines


def cell(words: str) -> str:
    """Text as it may stand in a table."""
    return words.replace("|", "\\|")


PAGES = {
    "architecture.md": ("rooms", rooms),
    "cli.md": ("commands", commands),
    "app.md": ("keys", verbs.page),
}


def main() -> int:
    behind = []
    for name, (what, make) in PAGES.items():
        page = ROOT / "docs" / name
        begin = f"<!-- {what}: written by .ci/pages.py -->\n"
        text = page.read_text("utf-8")
        head, found, rest = text.partition(begin)
        wanted = f"{head}{begin}\n{make()}{END}{rest.partition(END)[2]}"
        if not found:
            print(f"docs/{name} has lost its line {begin.strip()}", file=sys.stderr)
            return 1
        if wanted != text:
            behind.append(name)
            if "--check" not in sys.argv:
                page.write_text(wanted, "utf-8")
    if behind and "--check" in sys.argv:
        print(f"{' and '.join(behind)}: not as the program is; run 'python .ci/pages.py'", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
