"""Which key process area a record is about: what a review, an hour of work or a training is evidence of.

What is about nothing in particular is about every area. Source: rules.md 10, Conformance.
"""

import re
from collections.abc import Callable, Mapping

from baselines.performed import Ask
from cmdb.origins import SECTION, SECTIONS

EVERY: frozenset[str] = frozenset(SECTIONS)
# What is about items, their baselines, changes to them, or what is delivered from them.
_CM = ("change", "baseline", "item", "release", "group", "meeting")
_DOCUMENTS: Mapping[str, str] = {
    "service commitment": "5.1",
    "service delivery": "5.3",
    "subcontract": "5.4",
    "CM": "5.5",
    "event": "5.6",
    "SQA": "5.7",
}
# A training is in what its subject names, by a name of the area or the short one.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "5.1": ("service commitments", "service commitment", "SCM"),
    "5.3": ("service tracking", "service delivery", "STO"),
    "5.4": ("subcontract management", "subcontracting", "subcontracts"),
    "5.5": ("configuration management", "change control", "CM"),
    "5.6": ("event management", "incident management", "EM"),
    "5.7": ("service quality assurance", "quality assurance", "SQA"),
}


def areas(ask: Ask) -> Callable[[str], frozenset[str]]:
    """Give what says which areas a record `kind:id` is about; its tables are read once, when needed."""

    def of(record: str) -> frozenset[str]:
        kind, _, id = record.partition(":")
        if kind == SECTION:
            return frozenset({id})
        if kind in _CM:
            return frozenset({"5.5"})
        if kind == "event":
            return frozenset({"5.6"})
        above = _ABOVE.get(kind)
        if above is not None:
            column, table, prefix = above
            held = _column(ask, column, table)
            return of(f"{prefix}{held[id]}") if held.get(id) else EVERY
        return _of_kind(ask, kind, id)

    return of


def trained_in(subject: str, section: str) -> bool:
    """Whether the subject of a training names an area, in words of their own."""
    return any(
        re.search(rf"(?<!\w){re.escape(name)}(?!\w)", subject, re.IGNORECASE) for name in _NAMES[section]
    )


def named(section: str) -> str:
    """The name of an area as the subject of a training."""
    return _NAMES[section][0]


# What a record follows from: the column that names it, its table, and the kind it names.
_ABOVE: Mapping[str, tuple[str, str, str]] = {
    "action": ("origin", "action_item", ""),
    "review": ("about", "review", ""),
    "milestone": ("document", "milestone", "document:"),
    "finding": ("audit", "finding", "audit:"),
}


def _of_kind(ask: Ask, kind: str, id: str) -> frozenset[str]:
    """The areas of an audit, an agreement or a document, by its kind; every area for anything else."""
    if kind == "audit":
        held = _column(ask, "kind", "audit").get(id, "")
        scope = _column(ask, "scope", "audit").get(id, "")
        if held == "process":
            return frozenset({scope, "5.7"})
        return frozenset({"5.6" if held == "event repository" else "5.5"})
    if kind == "agreement":
        supplied = _column(ask, "kind", "agreement").get(id) == "underpinning"
        return frozenset({"5.4"} if supplied else {"5.1", "5.3"})
    if kind == "document":
        held = _column(ask, "kind", "document").get(id, "")
        found = frozenset(area for words, area in _DOCUMENTS.items() if held.startswith(words))
        return found or EVERY
    return EVERY


def _column(ask: Ask, column: str, table: str) -> Mapping[str, str]:
    """One column of a table by id."""
    found: Mapping[str, str] = ask.once(
        f"{table}.{column}", lambda: dict(ask.rows(f"SELECT id, {column} FROM {table}"))
    )
    return found
