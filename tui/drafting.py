"""What a person typed into a form, and the document a change file would hold for it.

Pure. The document is read by `ccb.changefile`, so that a form and a file are held to the same rules.

    sw-11    model=QFX5120 firmware="22.4" serial=?     set, and open until afterwards
    sw-09    retire
    others   connect lb-edge sw-12 uses group=uplink need=1; disconnect lb-edge sw-11; add sw-12 type=switch
"""

import shlex
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Any, NamedTuple

from cmdb.canonical import rfc3339
from cmdb.errors import Invalid

_LINKED = ("connect", "disconnect")


class Draft(NamedTuple):
    """What a person filled in for a new change, as typed.

    `items` are (item, what happens to it), `others` connections and additions separated by `;`.
    """

    title: str
    items: tuple[tuple[str, str], ...]
    kind: str = "normal"
    reason: str = ""
    implementer: str = ""
    start: str = ""
    end: str = ""
    expected: str = ""
    worst: str = ""
    others: str = ""
    down: tuple[str, ...] = ()
    back_out: str = ""
    test_plan: str = ""


class Ending(NamedTuple):
    """How a change went, as typed: one of the outcomes, and the actual outage such as `40m`."""

    outcome: str
    outage: str = ""
    deviation: str = ""
    test_result: str = ""
    test_reviewer: str = ""


def document(draft: Draft, zone: tzinfo) -> dict[str, Any]:
    """Give the change file's content. Times without a zone are the site's.

    Raises Invalid with every line that cannot be read.
    """
    problems: list[str] = []
    fields: dict[str, Any] = {
        "title": draft.title,
        "kind": draft.kind,
        "reason": draft.reason,
        "implementer": draft.implementer,
        "backout": draft.back_out,
        "test": draft.test_plan,
        "changes": _changes(draft, problems),
    }
    if draft.start or draft.end:
        fields["window"] = {
            "start": _when(draft.start, zone, "start", problems),
            "end": _when(draft.end, zone, "end", problems),
        }
    if draft.down and (draft.expected or draft.worst):
        fields["down"] = {
            "items": list(draft.down),
            "expected": draft.expected,
            "worst": draft.worst or draft.expected,
        }
    if problems:
        raise Invalid("The form cannot be read.", "Correct what is listed.", problems)
    return {name: content for name, content in fields.items() if content}


def moment_of(text: str, zone: tzinfo) -> datetime:
    """Read a time as typed, into UTC; without a zone it is the site's. Raises Invalid."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise Invalid(f"'{text}' is not a time.", "Write it like 2026-11-22T22:00.") from wrong
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _when(text: str, zone: tzinfo, label: str, problems: list[str]) -> str:
    try:
        return rfc3339(moment_of(text, zone))
    except Invalid as wrong:
        problems.append(f"{label}: {wrong.reason} {wrong.remedy}")
        return ""


def _changes(draft: Draft, problems: list[str]) -> list[dict[str, Any]]:
    found = [_item(item, text, problems) for item, text in draft.items if text.strip()]
    found += [_other(part, problems) for part in draft.others.split(";") if part.strip()]
    return found


def _words(text: str, where: str, problems: list[str]) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        problems.append(f"{where}: a quotation mark is not closed.")
        return []


def _item(item: str, text: str, problems: list[str]) -> dict[str, Any]:
    words = _words(text, item, problems)
    if words == ["retire"]:
        return {"item": item, "retire": True}
    fields, opened = _assigned(words, item, problems)
    change: dict[str, Any] = {"item": item}
    if fields:
        change["set"] = fields
    if opened:
        change["open"] = opened
    return change


def _assigned(words: Iterable[str], where: str, problems: list[str]) -> tuple[dict[str, Any], list[str]]:
    fields: dict[str, Any] = {}
    opened: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            problems.append(f"{where}: '{word}' is not field=value; a value known only afterwards is field=?")
        elif value == "?":
            opened.append(name)
        else:
            fields[name] = value
    return fields, opened


def _other(text: str, problems: list[str]) -> dict[str, Any]:
    words = _words(text, "others", problems)
    if len(words) >= 3 and words[0] in _LINKED:
        plain = [word for word in words[3:] if "=" not in word]
        fields, _ = _assigned([word for word in words[3:] if "=" in word], "others", problems)
        change: dict[str, Any] = {words[0]: words[1:3], **fields}
        if "soft" in plain:
            plain.remove("soft")
            change["strength"] = "soft"
        if plain:
            change["kind"] = " ".join(plain)
        return change
    if len(words) >= 2 and words[0] == "add":
        fields, _ = _assigned(words[2:], "others", problems)
        return {"item": words[1], "add": fields}
    if len(words) == 2 and words[0] == "retire":
        return {"item": words[1], "retire": True}
    problems.append(
        f"others: '{text.strip()}' is none of: connect A B KIND; disconnect A B; add ID field=value."
    )
    return {}
