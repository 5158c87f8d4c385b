"""What a release is to consist of, as its board votes on it: files of one baseline, by their SHA-256.

    set_fields(...) -> fields        the set as it is digested; `baselines` reads it from the library
    keep(uow, fields) -> digest      kept as evidence, under the digest the request names
    kept(uow, change) -> fields      the set a request names, held against that digest
    told(uow, change) -> (material, context)       what voters are told of it besides its counts

A release changes no record: its set lies in a baseline and cannot move. What may move beside it are
findings (material: they make votes stale) and work on the same items (shown only).
Inside a transaction; commits nothing.
Source: rules.md 5, `release`; 7, Release; IT Service CMM 5.5, Activity 7.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from ccb import tables
from ccb.lifecycle import FINAL
from ccb.model import Evidence, ProposedChange
from cmdb import canonical
from cmdb.errors import CmdbError, Corrupt
from cmdb.model import LEVELS, id_problems, shown
from cmdb.store import UnitOfWork

RELEASE = "release"  # the operation on a scope
FORM = "release set/1"
FIELDS = ("product", "version", "baseline", "commit", "level", "set", "items", "left_out", "also")
LISTED = 200  # items below the level asked for, and works under way, told one by one

_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+~-]{0,63}")
_BASELINE = re.compile(r"BL-[0-9]{6,12}")
_OBJECT = re.compile(r"[0-9a-f]{40}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ENDED = ("corrected", "verified", "closed")  # findings about which nothing is to be done any more


def set_fields(
    *,
    baseline: str,
    commit: str,
    level: str,
    left_out: Mapping[str, str],
    files: Iterable[tuple[str, str]],
    items: Iterable[tuple[str, str, str]],
    others: Iterable[str],
) -> dict[str, Any]:
    """A set as it is digested: every file with its SHA-256, counts, and items below the level asked for.

    `items` are (id, type, level), `others` the kinds of the records that are no items, one for each.
    """
    counts: dict[str, int] = {}
    below = []
    for id, type, at in items:
        counts[type] = counts.get(type, 0) + 1
        if LEVELS.index(at) < LEVELS.index(level):
            below.append({"item": id, "level": at})
    for kind in others:
        counts[kind] = counts.get(kind, 0) + 1
    return {
        "baseline": baseline,
        "commit": commit,
        "level": level,
        "types": [{"type": name, "count": count} for name, count in sorted(counts.items())],
        "below": sorted(below, key=lambda one: one["item"]),
        "left_out": [{"record": one, "reason": why} for one, why in sorted(left_out.items())],
        "files": [{"path": path, "sha256": sha} for path, sha in sorted(files)],
    }


def keep(uow: UnitOfWork, fields: Mapping[str, Any]) -> str:
    """Keep a set as evidence, once; give its digest."""
    data = canonical.encode(FORM, fields)
    digest = canonical.digest(FORM, data)
    tables.keep_evidence(uow, Evidence(digest=digest, form=FORM, text=data.decode()))
    return digest


def kept(uow: UnitOfWork, change: ProposedChange) -> dict[str, Any]:
    """The set a request names. Raises Corrupt when it is missing, or is not that of its digest."""
    digest = str(change.exact.get("set", ""))
    found = tables.kept_evidence(uow, digest, FORM)
    if found is None:
        raise Corrupt(
            f"The set {shown(digest)} that is to be released is not kept here.",
            "Draft it again: 'cmdb release new --help'.",
        )
    fields: dict[str, Any] = json.loads(found.text)
    fields.pop("format", None)
    return fields


def counts(fields: Mapping[str, Any]) -> dict[str, int]:
    """How many records of each type a set holds; what is no item by its kind."""
    return {str(one["type"]): int(one["count"]) for one in fields.get("types", ())}


def items_of(fields: Mapping[str, Any]) -> list[str]:
    """The ids of the items of a set."""
    paths = (str(one["path"]) for one in fields.get("files", ()))
    return [
        unquote(path.rsplit("/", 1)[1].removesuffix(".json")) for path in paths if path.startswith("items/")
    ]


def told(uow: UnitOfWork, change: ProposedChange) -> tuple[dict[str, Any], dict[str, Any]]:
    """What voters are told of a release: what is digested, and what is only shown beside it."""
    fields = kept(uow, change)
    ids = set(items_of(fields))
    below = list(fields.get("below", ()))
    material = {
        "product": change.exact["product"],
        "version": change.exact["version"],
        "baseline": change.exact["baseline"],
        "level": change.exact["level"],
        "below_level": len(below),
        "below": below[:LISTED],
        "left_out": list(fields.get("left_out", ())),
        "findings": _findings(uow, ids),
    }
    return material, {"unfinished": _unfinished(uow, ids)}


def problems(change: ProposedChange) -> list[str]:
    """What is wrong with a release as written, whatever it names."""
    exact = {
        name: str(content) for name, content in change.exact.items() if name not in ("items", "left_out")
    }
    found = [
        *id_problems("The product", exact.get("product", "")),
        *version_problems(exact.get("version", "")),
    ]
    for name, pattern in (("baseline", _BASELINE), ("commit", _OBJECT), ("set", _DIGEST)):
        if not pattern.fullmatch(exact.get(name, "")):
            found.append(f"its {name} '{shown(exact.get(name, ''))}' is none.")
    if change.id.partition(":")[0] not in ("service", "item", "type", "list"):
        found.append("a release names service:ID, item:ID, type:ID or a list of items.")
    return found


def version_problems(text: str) -> list[str]:
    """Say why a text is no version of a product."""
    if _VERSION.fullmatch(text):
        return []
    return [
        f"The version '{shown(text)}' is none: it has up to 64 letters, digits and . _ + ~ -, such as 2.4.1."
    ]


def unkept(uow: UnitOfWork, change: ProposedChange) -> list[str]:
    """Say what is wrong with the set a request names: it is not kept, or is of another baseline."""
    try:
        fields = kept(uow, change)
    except CmdbError as missing:
        return [f"{missing.reason} {missing.remedy}"]
    named = tuple(str(change.exact.get(name, "")) for name in ("baseline", "commit", "level"))
    if named != tuple(str(fields.get(name, "")) for name in ("baseline", "commit", "level")):
        return ["the set it names is of another baseline, or was made for another level."]
    return []


def _findings(uow: UnitOfWork, ids: set[str]) -> list[dict[str, Any]]:
    """The findings of audits about these items that nobody has corrected, by id."""
    marks = ", ".join("?" for _ in _ENDED)
    rows = uow.rows(f"SELECT id, what, about FROM finding WHERE state NOT IN ({marks}) ORDER BY id", *_ENDED)
    found = []
    for id, what, about in rows:
        hit = sorted(ids.intersection(one.removeprefix("item:") for one in json.loads(about)))
        if hit:
            found.append({"finding": id, "what": what, "items": hit[:LISTED]})
    return found


def _unfinished(uow: UnitOfWork, ids: set[str]) -> list[dict[str, Any]]:
    """The requests that propose something about these items and are neither drafts nor over, by number."""
    over = ("draft", *FINAL)
    marks = ", ".join("?" for _ in over)
    rows = uow.rows(
        "SELECT c.id, c.state, c.title, p.id FROM change_request c JOIN proposed_record p ON p.request = c.id"
        f" WHERE p.record = 'item' AND c.state NOT IN ({marks}) ORDER BY c.number, p.id",
        *over,
    )
    found: dict[str, dict[str, Any]] = {}
    for request, state, title, item in rows:
        if item in ids:
            one = found.setdefault(request, {"change": request, "state": state, "title": title, "items": []})
            one["items"].append(item)
    return list(found.values())
