"""What undoes a change: of every record it touched, exactly the parts it altered, put back.

A part is a field, a characteristic, an attachment, a redundancy group or a dependency. A part that
somebody altered since is a conflict, never overwritten; what later changes did to other parts stays.
Identifiers are never reused, so a record that the change added does not vanish: an item or a document
is retired, a person made inactive. Pure: verify asks the same of the library alone.
Source: rules.md 5, Back-out.
"""

import copy
from collections.abc import Mapping
from typing import Any

from ccb.proposal import Fields, Key, Moved, Proposal

Part = tuple[str, ...]
Past = Mapping[Key, tuple[Fields | None, Fields | None]]

_GONE: dict[str, tuple[str, Any]] = {
    "item": ("status", "retired"),
    "document": ("status", "retired"),
    "person": ("active", False),
}
_MAPPINGS = ("characteristics", "attachments")  # whose entries are parts of their own


def reversal(past: Past, held: Mapping[Key, Fields | None]) -> Proposal:
    """Compute the records as they would be without a change.

    `past` gives, for every record the change touched, its fields before and after it (None: it was not
    there); `held` what stands there now. `moved` names the parts altered since, `problems` what cannot
    be undone at all.
    """
    after: dict[Key, Fields] = {}
    moved: list[Moved] = []
    problems: list[str] = []
    for key, (before, done) in past.items():
        now = held.get(key)
        if now is None or done is None:
            problems.append(f"{key[0]} {key[1]} is not there any more.")
            continue
        if before is None:
            problem = _taken_out(after, moved, key, done, now)
            problems += [problem] if problem else []
            continue
        after[key] = _put_back(moved, problems, key, (before, done, now))
    return Proposal(
        before={key: held.get(key) for key in past},
        after=after,
        moved=tuple(moved),
        problems=tuple(problems),
    )


def parts(fields: Fields) -> dict[Part, Any]:
    """The parts of a record, each with its content."""
    found: dict[Part, Any] = {}
    for name, content in fields.items():
        if name in _MAPPINGS:
            found |= {(name, one): inner for one, inner in content.items()}
        elif name == "groups":
            found |= {(name, one["name"]): one for one in content}
        elif name == "dependencies":
            found |= {(name, one["target"], one["kind"]): one for one in content}
        else:
            found[name,] = content
    return found


def _taken_out(after: dict[Key, Fields], moved: list[Moved], key: Key, done: Fields, now: Fields) -> str:
    """Take a record out of use that the change added; give the sentence why that cannot be, or nothing."""
    if key[0] not in _GONE:
        return f"The {key[0]} {key[1]} was added, and a back-out cannot take it away: raise a request for it."
    name, content = _GONE[key[0]]
    was, stands = parts(done), parts(now)
    changed = [one for one in sorted({*was, *stands}) if was.get(one) != stands.get(one)]
    moved += [_moved(key, one, was.get(one), "(not there)", stands.get(one)) for one in changed]
    after[key] = {**copy.deepcopy(dict(now)), name: content}
    return ""


def _put_back(
    moved: list[Moved], problems: list[str], key: Key, versions: tuple[Fields, Fields, Fields]
) -> Fields:
    """Give the record as it stands now, with the parts the change altered as they were before it."""
    before, done, now = versions
    was, made, stands = parts(before), parts(done), parts(now)
    result = dict(stands)
    for one in sorted({*was, *made}):
        old, new, current = was.get(one), made.get(one), stands.get(one)
        if old == new or current == old:
            continue
        if current != new:
            moved.append(_moved(key, one, new, old, current))
        elif old is None:
            del result[one]
        else:
            result[one] = old
    record = _joined(result)
    names = {one["name"] for one in record.get("groups", ())}
    wanted = {link.get("group", "") for link in record.get("dependencies", ())} - {""}
    problems += [
        f"{key[0]} {key[1]}: the redundancy group '{name}' came with the change, and dependencies"
        " connected later are in it: take them out first."
        for name in sorted(wanted - names)
    ]
    if "groups" in record:
        record["groups"] = [one for one in record["groups"] if one["name"] in wanted]
    return {name: content for name, content in record.items() if content not in ([], {})}


def _joined(found: Mapping[Part, Any]) -> dict[str, Any]:
    """Put the parts of a record together again, lists in the order of a canonical record."""
    record: dict[str, Any] = {}
    for part in sorted(found):
        content = copy.deepcopy(found[part])
        if len(part) == 1:
            record[part[0]] = content
        elif part[0] in _MAPPINGS:
            record.setdefault(part[0], {})[part[1]] = content
        else:
            record.setdefault(part[0], []).append(content)
    return record


def _moved(key: Key, part: Part, original: Any, proposed: Any, current: Any) -> Moved:
    return Moved(
        subject=f"{key[0]} {key[1]}",
        field=_words(part),
        original=original,
        proposed=proposed,
        current=current,
    )


def _words(part: Part) -> str:
    if part[0] == "groups":
        return f"the redundancy group '{part[1]}'"
    if part[0] == "dependencies":
        return f"the dependency '{part[2]} {part[1]}'"
    if part[0] == "attachments" and len(part) == 2:
        return f"the attachment '{part[1]}'"
    return part[-1].replace("_", " ")
