"""A scope as the database has it: what it names, counted and digested, and raised to its level.

A scope is `all`, or `service:ID`, `item:ID`, `customer:ID`, `type:ID` or `list:NAME` with its items;
`ccb.closures` says what belongs to it. The set is known by its digest and its count, so that nobody
votes on one set and gets another: candidates that come under control, records that move between
levels, or what a scoped baseline agrees on.
Inside a transaction; commits nothing. Source: rules.md 5, Bring under control; 7, Control levels.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

import ccb.tables  # noqa: F401 - registers the evidence that is kept here
from ccb import closures, controlled, release_sets
from ccb.model import Evidence, ProposedChange
from ccb.proposal import Fields, Key
from cmdb import canonical, item_records, tables_graph
from cmdb.errors import Invalid, NotFound
from cmdb.model import Value, check, shown
from cmdb.store import UnitOfWork

Records = Iterator[tuple[Key, Fields]]

FORM = "scope/1"  # a summary kept as evidence, named by the state it was taken in
_IDLE = ("change %", "board %", "vote%")  # acts in the journal that touch no candidate
_NAMED = 3  # items without a selection criterion named one by one
_LISTED = 20  # problems of one kind named one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary(Value):
    """A scope in figures: how many records of each type, the digest of all, and what is missing."""

    digest: str
    count: int
    types: Mapping[str, int]
    findings: tuple[str, ...]


def stream(uow: UnitOfWork, change: ProposedChange) -> Records:
    """Give every record of the scope as it would be, kind by kind. Raises NotFound for what is unknown."""
    refuse_unknown(uow, change)
    keys = closures.closed(Rows(uow), change)
    for kind in controlled.KINDS:
        wanted = None if keys is None else {id for one, id in keys if one == kind}
        for id, fields in _held(uow, kind, wanted, closures.taken(change)):
            yield (kind, id), closures.risen(change, kind, fields)


def summary(uow: UnitOfWork, change: ProposedChange) -> Summary:
    """Count and digest the scope, and list what keeps records from being controlled.

    Counted once per state of the candidates: a ballot asks for it again and again, and a first
    baseline may hold a million records. `fresh_summary` looks at every record.
    """
    if change.operation == release_sets.RELEASE:
        return _released(uow, change)
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
    if change.operation == release_sets.RELEASE:
        return _released(uow, change)
    digests: list[str] = []
    types: dict[str, int] = {}
    findings: list[str] = []
    unselected: list[str] = []  # items without a selection criterion
    low = _merely_controlled(uow, change)
    rises = change.operation != "establish baseline" and not closures.demotes(change)
    for (kind, id), fields in stream(uow, change):
        form = controlled.form_of(kind)
        digests.append(canonical.digest_of(form, fields))
        label = fields["type"] if kind == "item" else kind
        types[label] = types.get(label, 0) + 1
        if kind == "item" and rises and not fields.get("criterion"):
            unselected.append(id)
        findings += [
            f"{kind} {id} would refer to {one[0]} {one[1]}, which is merely controlled: promote it first,"
            f" 'cmdb promote {one[0]}:{one[1]} --to baselined'."
            for one in (controlled.references(kind, fields) if low else ())
            if one in low
        ]
    findings = [*_unselected(unselected), *findings]
    findings += _dangling(uow, change) if rises else []
    findings += closures.open_ends(Rows(uow), change, closures.closed(Rows(uow), change))
    return Summary(digest=digest_of(digests), count=len(digests), types=types, findings=tuple(findings))


def _unselected(items: list[str]) -> list[str]:
    """Say which items name no selection criterion; of many, in one sentence, what mends all of them."""
    if len(items) <= _NAMED:
        return [f"{id} has no selection criterion: 'cmdb item amend {id} --criterion TEXT'." for id in items]
    return [
        (
            f"{len(items):,} items have no selection criterion, such as {', '.join(items[:_NAMED])}: say one"
            " for all of them beside the scope, {control: all, level: baselined, criterion: TEXT}, or import"
            " them again with a column 'criterion'."
        )
    ]


def _released(uow: UnitOfWork, change: ProposedChange) -> Summary:
    """A release: its set lies in a baseline, was read there and kept under its digest."""
    types = release_sets.counts(release_sets.kept(uow, change))
    return Summary(digest=str(change.exact["set"]), count=sum(types.values()), types=types, findings=())


def _merely_controlled(uow: UnitOfWork, change: ProposedChange) -> set[Key]:
    """The records to which candidates brought straight to `baselined` may not refer."""
    if change.operation != "bring under control" or change.exact["level"] != "baselined":
        return set()
    return {
        (kind, row[0])
        for kind, table in controlled.TABLES.items()
        for row in uow.rows(f"SELECT id FROM {table} WHERE level = 'controlled'")
    }


def _dangling(uow: UnitOfWork, change: ProposedChange) -> list[str]:
    """The dependencies of the set on what does not exist."""
    keys = closures.closed(Rows(uow), change)
    rows = uow.rows("SELECT source, target FROM dangling ORDER BY source, target")
    inside = [row for row in rows if keys is None or ("item", row[0]) in keys]
    return [f"{source} needs {target}, which does not exist." for source, target in inside]


def _token(uow: UnitOfWork, change: ProposedChange) -> str:
    """Names the scope in the present state of the candidates: everything that changes one is journalled."""
    idle = " AND ".join("action NOT LIKE ?" for _ in _IDLE)
    rows = uow.rows(f"SELECT hash FROM journal WHERE {idle} ORDER BY sequence DESC LIMIT 1", *_IDLE)
    parts = [change.id, str(change.exact.get("level", "")), str(change.exact.get("criterion", ""))]
    parts += [f"also {one}" for one in change.exact.get("also", ())]
    if change.operation != "bring under control":
        more = {name: change.exact[name] for name in ("from", "items", "left_out") if name in change.exact}
        parts += [change.operation, json.dumps(more, sort_keys=True)]
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
    """Bring every record of the scope to its level in the database."""
    level, criterion = change.exact["level"], change.exact.get("criterion", "")
    keys, levels = closures.closed(Rows(uow), change), closures.taken(change)
    among = f"level IN ({', '.join('?' for _ in levels)})"
    for kind, table in controlled.TABLES.items():
        wanted = [None] if keys is None else sorted(id for one, id in keys if one == kind)
        for id in wanted:
            named, parameters = ("", ()) if id is None else (" AND id = ?", (id,))
            if kind == "item":
                uow.rows(
                    "UPDATE item SET level = ?, revision = revision + 1,"
                    " criterion = CASE WHEN criterion = '' THEN ? ELSE criterion END"
                    f" WHERE {among}{named}",
                    *(level, criterion, *levels, *parameters),
                )
            else:
                uow.rows(f"UPDATE {table} SET level = ? WHERE {among}{named}", level, *levels, *parameters)


def refuse_findings(found: Summary, change: ProposedChange) -> None:
    """Raise Invalid when the scope is empty or something keeps it from being done."""
    if not found.count and change.operation == "bring under control":
        raise Invalid("There is no candidate in this scope.", "Import or register something first.")
    if not found.count:
        what = "under control" if change.operation == "establish baseline" else "to be moved to this level"
        raise Invalid(f"There is nothing in this scope {what}.", "See the levels with 'cmdb level check'.")
    listed = list(found.findings[:_LISTED])
    if len(found.findings) > _LISTED:
        listed.append(f"... and {len(found.findings) - _LISTED} more")
    check("The scope", listed)


def refuse_unknown(uow: UnitOfWork, change: ProposedChange) -> None:
    """Raise NotFound when the scope names something that does not exist."""
    word, _, id = change.id.partition(":")
    missing = []
    if word == "list":
        items = change.exact.get("items", ())
        missing = [one for one in items if controlled.held(uow, "item", one) is None]
    elif word in ("service", "item"):
        missing = [] if uow.rows("SELECT 1 FROM item WHERE id = ?", id) else [id]
    elif word == "customer":
        missing = [] if uow.rows("SELECT 1 FROM party WHERE id = ?", id) else [id]
    elif change.id != "all" and word != "type":
        missing = [] if word in controlled.KINDS and controlled.held(uow, word, id) else [id]
    if missing and word == "list":
        gone = [f"There is no item '{shown(one)}'." for one in missing]
        raise NotFound("The list names items that do not exist.", "Leave them out of it.", gone)
    if missing:
        raise NotFound(
            f"There is no scope '{shown(change.id)}'.",
            "Use all, service:ID, item:ID, customer:ID, type:ID, or KIND:ID such as board:main.",
        )
    absent = [one for one in closures.left_out(change) if controlled.held(uow, *one) is None]
    if absent:
        gone = [f"There is no {kind} '{shown(id)}' to leave out." for kind, id in absent]
        raise NotFound("Something left out does not exist.", "Name what the set would hold.", gone)


class Rows:
    """The database as a source of closed sets."""

    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow

    def record(self, key: Key) -> Fields | None:
        """The fields of a record, or None."""
        return controlled.held(self.uow, *key) if key[0] in controlled.KINDS else None

    def of_types(self, types: Collection[str]) -> Iterable[str]:
        """The ids of the items of these types."""
        for one in types:
            yield from (row[0] for row in self.uow.rows("SELECT id FROM item WHERE type = ?", one))

    def types(self) -> Mapping[str, str]:
        """The parent of every item type, empty for one that has none."""
        return dict(self.uow.rows("SELECT id, parent FROM item_type"))

    def documents(self) -> Iterable[tuple[str, Fields]]:
        """Every document, by id."""
        rows = self.uow.rows("SELECT id, services, status FROM document ORDER BY id")
        return [(row[0], {"services": json.loads(row[1]), "status": row[2]}) for row in rows]

    def agreements(self) -> Iterable[tuple[str, Fields]]:
        """Every agreement, by id."""
        rows = self.uow.rows("SELECT id, customer, services FROM agreement ORDER BY id")
        return [(row[0], {"customer": row[1], "services": json.loads(row[2])}) for row in rows]

    def referring(self, key: Key) -> Iterable[Key]:
        """The records that refer to one; only items are asked about."""
        sources = tables_graph.dependants_of(self.uow, key[1]) if key[0] == "item" else ()
        found = [("item", one.source) for one in sources]
        for kind in ("agreement", "template", "minimum level", "document"):
            for (id,) in self.uow.rows(f"SELECT id FROM {controlled.TABLES[kind]} ORDER BY id"):
                if key in controlled.references(kind, controlled.held(self.uow, kind, id) or {}):
                    found.append((kind, id))
        return found


def _held(
    uow: UnitOfWork, kind: str, ids: Collection[str] | None, levels: Collection[str]
) -> Iterator[tuple[str, Fields]]:
    """The records of a kind at these levels, those named or all, in id order."""
    if kind == "item":
        yield from ((id, fields) for id, fields in _items(uow, ids, levels) if fields["level"] in levels)
        return
    marks = ", ".join("?" for _ in levels)
    table = controlled.TABLES[kind]
    for (id,) in uow.rows(f"SELECT id FROM {table} WHERE level IN ({marks}) ORDER BY id", *levels):
        if ids is None or id in ids:
            fields = controlled.held(uow, kind, id)
            if fields is not None:
                yield id, fields


def _items(
    uow: UnitOfWork, ids: Collection[str] | None, levels: Collection[str]
) -> Iterator[tuple[str, Fields]]:
    if ids is not None:
        yield from item_records.of_ids(uow.rows, uow.dialect, ids)
        return
    if "draft" in levels:
        yield from item_records.stream(uow.rows, uow.dialect, drafts=True)
    if set(levels) - {"draft"}:
        yield from item_records.stream(uow.rows, uow.dialect, drafts=False)
