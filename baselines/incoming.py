"""What a working directory brings back, held against what was approved, field by field.

Exact fields must be equal, open ones filled, and nothing else touched: no other field, no other
dependency. Every difference is a problem, all of them at once. Pure. Source: rules.md 7, Check-in.
"""

from collections.abc import Mapping
from typing import Any

from baselines.compare import flat, links
from ccb.proposal import Fields, Key, Proposal
from cmdb.model import shown


def taken(approved: Proposal, found: Mapping[Key, Fields]) -> tuple[dict[Key, dict[str, Any]], list[str]]:
    """Give the content of the open fields, and every problem with what came back."""
    filled: dict[Key, dict[str, Any]] = {}
    problems: list[str] = []
    for key, expected in approved.after.items():
        record = found.get(key)
        if record is None:
            continue  # a file that is missing or broken is a problem already
        opened = approved.open.get(key, ())
        filled[key] = {name: _content(record, name) for name in opened}
        problems += [
            f"{_name(key)}: the open field '{name}' is not filled in."
            for name, content in filled[key].items()
            if content in (None, "", [], {})
        ]
        problems += _fields(key, expected, record, opened)
        problems += _links(key, expected, record)
    return filled, problems


def unfilled(approved: Proposal) -> list[str]:
    """The open fields that a check-in without a working directory leaves empty."""
    return [
        f"{_name(key)}: the open field '{name}' needs a value; check out with --to DIR and fill it in."
        for key, names in approved.open.items()
        for name in names
    ]


def _fields(key: Key, expected: Fields, record: Fields, opened: tuple[str, ...]) -> list[str]:
    wanted, present = flat(expected), flat(record)
    problems = []
    for name in sorted({*wanted, *present}):
        if any(name == one or name.startswith(f"{one}.") for one in opened):
            continue
        if wanted.get(name) != present.get(name):
            problems.append(
                f"{_name(key)}: '{name}' is {_said(present.get(name))};"
                f" approved is {_said(wanted.get(name))}."
            )
    return problems


def _links(key: Key, expected: Fields, record: Fields) -> list[str]:
    wanted, present = links(expected), links(record)
    problems = []
    for target, kind in sorted({*wanted, *present}):
        approved, brought = wanted.get((target, kind)), present.get((target, kind))
        if approved == brought:
            continue
        what = "is not approved" if approved is None else "is missing" if brought is None else "differs"
        problems.append(f"{_name(key)}: the dependency '{kind} {target}' {what}.")
    return problems


def _content(record: Fields, name: str) -> Any:
    head, _, rest = name.partition(".")
    if head == "characteristics" and rest:
        return record.get("characteristics", {}).get(rest)
    return record.get(name)


def _said(content: Any) -> str:
    return "absent" if content in (None, "", [], {}) else f"'{shown(str(content))}'"


def _name(key: Key) -> str:
    return f"{key[0]} {key[1]}"
