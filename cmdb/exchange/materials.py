"""Bills of materials in CycloneDX as rows: what they list, and what needs what.

    is_bill(path) -> whether a file is one             read(path) -> Bill, with every problem at once

Services and components count alike, also those inside others. What our own bills say besides - type and
status of an item - is taken from their properties. Source: CycloneDX 1.6 (ECMA-424); rules.md 10, Physical.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cmdb import files
from cmdb.checks import TEXT_LIMIT
from cmdb.errors import Invalid
from cmdb.model import shown

_WHOLE = 1_000_000_000  # bytes of a bill: it is one document, held in memory
_BEGINS = 4_096  # bytes in which a bill says that it is one, unless its names are sorted
_NAMED = 50  # problems named one by one
TAKEN = ("bom-ref", "name", "version", "purl", "group")  # of what is listed, as it is written there
COLUMNS = ("id", "type", "name", "status", "version", "purl", "kind", "group")


class Listed(NamedTuple):
    """One thing a bill lists; `kind` is what CycloneDX calls it, empty where the bill does not say."""

    id: str
    type: str
    name: str
    status: str
    version: str
    purl: str
    kind: str
    group: str


class Bill(NamedTuple):
    """What a bill lists, in its order, and pairs of what needs what among it."""

    things: tuple[Listed, ...]
    needs: tuple[tuple[str, str], ...]


def is_bill(path: Path) -> bool:
    """Whether a JSON file is a bill of CycloneDX, whatever else may be wrong with it."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    files.refuse_special(path, limit=_WHOLE)
    with path.open("rb") as data:
        begins = data.read(_BEGINS)
        if not begins.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return False
        return b'"bomFormat"' in begins or b'"bomFormat"' in data.read()


def read(path: Path) -> Bill:
    """Read a bill. Raises Invalid with everything that is wrong with it."""
    found, problems = _document(path), list[str]()
    things = [
        *_things(found.get("components", []), "components", problems),
        *_things(found.get("services", []), "services", problems),
    ]
    seen: set[str] = set()
    for one in things:
        if one.id in seen:
            problems.append(f"'{shown(one.id)}' is listed twice (bom-ref).")
        seen.add(one.id)
    needs = [
        (source, target)
        for source, target in _needs(found.get("dependencies", []), _root(found), seen, problems)
        if source in seen and target in seen
    ]
    if problems:
        more = len(problems) - _NAMED
        raise Invalid(
            f"{path.name} is no bill of materials that can be read:"
            f" {len(problems):,} {'problem' if len(problems) == 1 else 'problems'}.",
            "Correct what is listed and try again.",
            [*problems[:_NAMED], *([f"... and {more:,} more."] if more > 0 else [])],
        )
    return Bill(tuple(things), tuple(dict.fromkeys(needs)))


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes().decode("utf-8-sig"), parse_float=str)
    except (ValueError, RecursionError) as broken:
        raise Invalid(
            f"{path.name} is no JSON: {shown(str(broken), 200)}.", "Mend the file; it has to be UTF-8."
        ) from broken
    if not isinstance(found, dict) or found.get("bomFormat") != "CycloneDX":
        raise Invalid(f"{path.name} is no bill of CycloneDX.", 'It has to say "bomFormat": "CycloneDX".')
    return found


def _things(listed: Any, where: str, problems: list[str]) -> Iterator[Listed]:
    """Everything in a list and inside what is in it, without calling itself: a bill may be of any depth."""
    waiting = [(listed, where)]
    while waiting:
        every, place = waiting.pop()
        if not isinstance(every, list):
            problems.append(f"{place} is no list.")
            continue
        for number, one in enumerate(every):
            here = f"{place}[{number}]"
            if not isinstance(one, dict):
                problems.append(f"{here} is no object.")
                continue
            lacking = [name for name in ("bom-ref", "name") if not _text(one.get(name))]
            long = [name for name in TAKEN if len(_text(one.get(name))) > TEXT_LIMIT]
            if lacking:
                problems.append(f"{here} lacks {' and '.join(lacking)}.")
            elif long:
                problems.append(f"{here} has a {long[0]} of more than {TEXT_LIMIT:,} characters.")
            else:
                yield _listed(one)
            waiting += [(one[name], f"{here}.{name}") for name in ("components", "services") if name in one]


def _listed(one: dict[str, Any]) -> Listed:
    told = one.get("properties")
    said = {
        _text(each.get("name")): _text(each.get("value"))
        for each in (told if isinstance(told, list) else ())
        if isinstance(each, dict)
    }
    return Listed(
        id=_text(one["bom-ref"]),
        type=said.get("cmdb:type", ""),
        name=_text(one["name"]),
        status=said.get("cmdb:status", ""),
        version=_text(one.get("version")),
        purl=_text(one.get("purl")),
        kind=_text(one.get("type")),
        group=_text(one.get("group")),
    )


def _root(found: dict[str, Any]) -> str:
    about = found.get("metadata")
    whole = about.get("component") if isinstance(about, dict) else None
    return _text(whole.get("bom-ref")) if isinstance(whole, dict) else ""


def _needs(listed: Any, root: str, known: set[str], problems: list[str]) -> Iterator[tuple[str, str]]:
    """What needs what; what the whole consists of is no need of a thing in it."""
    if not isinstance(listed, list):
        problems.append("dependencies is no list.")
        return
    for number, one in enumerate(listed):
        source = _text(one.get("ref")) if isinstance(one, dict) else ""
        targets = one.get("dependsOn", []) if isinstance(one, dict) else None
        if not source or not isinstance(targets, list) or not all(isinstance(each, str) for each in targets):
            problems.append(f"dependencies[{number}] is no ref with a list of what it depends on.")
            continue
        if source == root and source not in known:
            continue
        for each in (source, *targets):
            if each not in known and each != root:
                problems.append(
                    f"dependencies[{number}] names '{shown(each)}', which the bill does not list."
                )
        yield from ((source, target) for target in targets)


def _text(content: Any) -> str:
    return content if isinstance(content, str) else ""
