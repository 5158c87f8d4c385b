"""A closed set of candidates that a baseline request brings under control.

A scope is `all`, or `service:ID`, `item:ID`, `customer:ID` or `type:ID`: the candidates it names
with everything they refer to, because a controlled record may refer only to controlled records.
The set is known by its digest and its count, so that nobody votes on one set and gets another.
Inside a transaction; commits nothing. Source: rules.md 5, Bring under control; 7, Control levels.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import ccb.tables  # noqa: F401 - registers the evidence that is kept here
from ccb import controlled
from ccb.model import Evidence, ProposedChange
from ccb.proposal import Fields, Key
from cmdb import canonical, item_records
from cmdb.errors import Invalid, NotFound
from cmdb.model import Value, check, shown
from cmdb.store import UnitOfWork

Records = Iterator[tuple[Key, Fields]]

FORM = "scope/1"  # a summary kept as evidence, named by the state it was taken in
_IDLE = ("change %", "board %", "vote%")  # acts in the journal that touch no candidate
_LISTED = 20  # problems of one kind named one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(Value):
    """A scope in figures: how many records of each type, the digest of all, and what is missing."""

    digest: str
    count: int
    types: Mapping[str, int]
    findings: tuple[str, ...]


def stream(uow: UnitOfWork, change: ProposedChange) -> Records:
    """Give every record of the scope as it would be under control, kind by kind, in id order."""
    ids = None if change.id == "all" else _closure(uow, change.id)
    for kind in controlled.KINDS:
        for id, fields in _candidates(uow, kind, ids):
            yield (kind, id), _risen(kind, fields, change)


def summary(uow: UnitOfWork, change: ProposedChange) -> Summary:
    """Count and digest the scope, and list what keeps records from being controlled.

    Counted once per state of the candidates: a ballot asks for it again and again, and a first
    baseline may hold a million records. `fresh_summary` looks at every record.
    """
    token = _token(uow, change)
    kept = uow.find(Evidence, token, FORM)
    if kept is not None:
        return Summary(**{**json.loads(kept.text), "findings": tuple(json.loads(kept.text)["findings"])})
    found = fresh_summary(uow, change)
    if uow.writes:
        fields = {"digest": found.digest, "count": found.count, "types": dict(found.types)}
        text = json.dumps({**fields, "findings": found.findings}, ensure_ascii=False, sort_keys=True)
        uow.add(Evidence(digest=token, form=FORM, text=text))
    return found


def fresh_summary(uow: UnitOfWork, change: ProposedChange) -> Summary:
    """Count and digest the scope from every record in it."""
    digests: list[str] = []
    types: dict[str, int] = {}
    findings: list[str] = []
    for (kind, id), fields in stream(uow, change):
        form = controlled.form_of(kind)
        digests.append(canonical.digest_of(form, fields))
        label = fields["type"] if kind == "item" else kind
        types[label] = types.get(label, 0) + 1
        if kind == "item" and not fields.get("criterion"):
            findings.append(f"{id} has no selection criterion: 'cmdb item amend {id} --criterion TEXT'.")
    dangling = uow.rows("SELECT source, target FROM dangling ORDER BY source, target")
    findings += [f"{source} needs {target}, which does not exist." for source, target in dangling]
    return Summary(digest=digest_of(digests), count=len(digests), types=types, findings=tuple(findings))


def _token(uow: UnitOfWork, change: ProposedChange) -> str:
    """Names the scope in the present state of the candidates: everything that changes one is journalled."""
    idle = " AND ".join("action NOT LIKE ?" for _ in _IDLE)
    rows = uow.rows(f"SELECT hash FROM journal WHERE {idle} ORDER BY sequence DESC LIMIT 1", *_IDLE)
    parts = [change.id, str(change.exact["level"]), str(change.exact.get("criterion", ""))]
    return sha256("\0".join([*parts, *(row[0] for row in rows)]).encode()).hexdigest()


def digest_of(records: Iterable[str]) -> str:
    """The digest of a set of records, by the digests of each.

    In the order of the digests, because databases and languages sort ids differently.
    """
    whole = sha256(b"cmdb\0scope/1\0")
    for one in sorted(records):
        whole.update(one.encode())
    return whole.hexdigest()


def put(uow: UnitOfWork, change: ProposedChange) -> None:
    """Raise every record of the scope to its level in the database."""
    level, criterion = change.exact["level"], change.exact.get("criterion", "")
    ids = None if change.id == "all" else _closure(uow, change.id)
    for kind, table in controlled.TABLES.items():
        wanted = [None] if ids is None else sorted(ids.get(kind, ()))
        for id in wanted:
            named, parameters = ("", ()) if id is None else (" AND id = ?", (id,))
            if kind == "item":
                uow.rows(
                    "UPDATE item SET level = ?, revision = revision + 1,"
                    " criterion = CASE WHEN criterion = '' THEN ? ELSE criterion END"
                    f" WHERE level = 'draft'{named}",
                    level,
                    criterion,
                    *parameters,
                )
            else:
                uow.rows(f"UPDATE {table} SET level = ? WHERE level = 'draft'{named}", level, *parameters)


def refuse_findings(found: Summary) -> None:
    """Raise Invalid when the scope is empty or something keeps its records from being controlled."""
    if not found.count:
        raise Invalid("There is no candidate in this scope.", "Import or register something first.")
    listed = list(found.findings[:_LISTED])
    if len(found.findings) > _LISTED:
        listed.append(f"... and {len(found.findings) - _LISTED} more")
    check("The scope", listed)


def _risen(kind: str, fields: Fields, change: ProposedChange) -> dict[str, Any]:
    risen = {**fields, "level": change.exact["level"]}
    if kind == "item" and not risen.get("criterion") and change.exact.get("criterion"):
        risen["criterion"] = change.exact["criterion"]
    return risen


def _candidates(
    uow: UnitOfWork, kind: str, ids: Mapping[str, set[str]] | None
) -> Iterator[tuple[str, Fields]]:
    if kind == "item":
        found = (
            item_records.stream(uow.rows, uow.dialect, drafts=True)
            if ids is None
            else item_records.of_ids(uow.rows, uow.dialect, ids.get("item", ()))
        )
        yield from ((id, fields) for id, fields in found if fields["level"] == "draft")
        return
    table = controlled.TABLES[kind]
    for (id,) in uow.rows(f"SELECT id FROM {table} WHERE level = 'draft' ORDER BY id"):
        if ids is None or id in ids.get(kind, ()):
            fields = controlled.held(uow, kind, id)
            if fields is not None:
                yield id, fields


def _closure(uow: UnitOfWork, scope: str) -> dict[str, set[str]]:
    """Every draft that the scope names or refers to, by kind."""
    found: dict[str, set[str]] = {}
    waiting = _named(uow, scope)
    while waiting:
        kind, id = waiting.pop()
        if id in found.setdefault(kind, set()):
            continue
        fields = controlled.held(uow, kind, id)
        if fields is None or fields.get("level") != "draft":
            continue
        found[kind].add(id)
        waiting += controlled.references(kind, fields)
    return found


def _named(uow: UnitOfWork, scope: str) -> list[Key]:
    word, _, id = scope.partition(":")
    if word in ("service", "item") and uow.rows("SELECT 1 FROM item WHERE id = ?", id):
        agreements = uow.rows("SELECT id, services FROM agreement ORDER BY id") if word == "service" else []
        return [("item", id), *(("agreement", row[0]) for row in agreements if f'"{id}"' in row[1])]
    if word == "type":
        return [("item", row[0]) for row in uow.rows("SELECT id FROM item WHERE type = ?", id)]
    if word == "customer" and uow.rows("SELECT 1 FROM party WHERE id = ?", id):
        rows = uow.rows("SELECT id FROM agreement WHERE customer = ?", id)
        return [("party", id), *(("agreement", row[0]) for row in rows)]
    if word in controlled.KINDS and controlled.held(uow, word, id) is not None:
        return [(word, id)]
    raise NotFound(
        f"There is no scope '{shown(scope)}'.",
        "Use all, service:ID, item:ID, customer:ID, type:ID, or KIND:ID such as board:main.",
    )
