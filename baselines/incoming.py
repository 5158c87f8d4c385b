"""What a working directory brings back, held against what was approved, field by field.

Exact fields must be equal, open ones filled, and nothing else touched: no other field, no other
dependency. Every difference is a problem, all of them at once. Pure. Source: rules.md 7, Check-in.
"""

from collections.abc import Mapping
from typing import Any

from baselines.compare import flat, links, words
from ccb.proposal import Fields, Key, Proposal
from cmdb.model import shown
from cmdb.written import content_problems
from cmdb.written import said as attachment_said


def filled(approved: Proposal, found: Mapping[Key, Fields]) -> tuple[dict[Key, dict[str, Any]], list[str]]:
    """Give the content of the open fields, and which of them are still empty."""
    contents = {
        key: {name: content_of(found[key], name) for name in names}
        for key, names in approved.open.items()
        if key in found
    }
    problems = [
        f"{_name(key)}: the open field '{words(name)}' is not filled in."
        for key, names in contents.items()
        for name, content in names.items()
        if content in (None, "", [], {})
    ]
    return contents, problems


def untouched(approved: Proposal, contents: Mapping[Key, Fields]) -> list[str]:
    """The open fields that come back with what stood there before: right only if it did not change."""
    return [
        f"{_name(key)}: the open field '{words(name)}' is still {_said(content)}."
        for key, fields in contents.items()
        for name, content in fields.items()
        if content not in (None, "", [], {}) and content == content_of(approved.after[key], name)
    ]


def empty(brought: Proposal) -> tuple[str, ...]:
    """The open fields that hold nothing, as they are typed: `sw-11.serial`. A file is never typed."""
    return tuple(
        f"{key[1]}.{words(name)}"
        for key, names in brought.open.items()
        for name in names
        if content_of(brought.after[key], name) in (None, "", [], {}) and not name.startswith("attachments.")
    )


def differing(expected: Proposal, found: Mapping[Key, Fields]) -> list[str]:
    """Every field and dependency that is not as expected, open fields filled already.

    A record that was not found is a problem of whoever looked for it.
    """
    problems: list[str] = []
    for key, wanted in expected.after.items():
        if key in found:
            problems += _fields(key, wanted, found[key])
            problems += _links(key, wanted, found[key])
    return problems


def unfilled(approved: Proposal) -> list[str]:
    """The open fields that a check-in without a working directory leaves empty."""
    return [
        f"{_name(key)}: the open field '{words(name)}' is not filled in."
        for key, names in approved.open.items()
        for name in names
    ]


def _fields(key: Key, expected: Fields, record: Fields) -> list[str]:
    wanted, present = flat(expected), flat(record)
    return [
        f"{_name(key)}: '{words(name)}' is {_said(present.get(name))}; approved is {_said(wanted.get(name))}."
        for name in sorted({*wanted, *present})
        if wanted.get(name) != present.get(name)
    ]


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


def content_of(record: Fields, name: str) -> Any:
    """What a record has in a flat field such as `characteristics.serial`; None when it has nothing."""
    head, _, rest = name.partition(".")
    if head in ("characteristics", "attachments") and rest:
        return record.get(head, {}).get(rest)
    return record.get(name)


def _said(content: Any) -> str:
    if content in (None, "", [], {}):
        return "absent"
    return f"'{shown(str(content))}'" if content_problems(content) else attachment_said(content)


def _name(key: Key) -> str:
    return f"{key[0]} {key[1]}"
