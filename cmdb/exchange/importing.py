"""Import a file: read, plan, and write all of it or nothing, with one journal entry.

Planning reads one state of the site; writing refuses when anything was written since. Rows that
would change records under control are never written here: `draft` makes one change request of them
in the same transaction. Source: rules.md 11; IT Service CMM 5.5, Activity 4.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cmdb import bulk, item_rules, journal, people, tables_graph, types
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid, Refused
from cmdb.exchange import dependency_rows, given, plan_dependencies, plan_items, rows
from cmdb.exchange import people as few
from cmdb.exchange.item_keys import ItemKeys
from cmdb.exchange.plan import CREATE, REQUEST, UPDATE, Plan
from cmdb.exchange.sheet import Problems, Sheet
from cmdb.exchange.staging import Staging
from cmdb.model import Dependency, Group, ItemType, Party, Person, RedundancyGroup, Value
from cmdb.reading import on_read_only_disk
from cmdb.roles import require
from cmdb.store import Store, UnitOfWork

KINDS = ("people", "groups", "parties", "items", "dependencies")

# What exists, as tables of the scratch database; `{0}` is where the site's tables are.
_SEEN: dict[str, dict[str, str]] = {
    "items": {
        "item_have": (
            "SELECT id, type, name, owner, grp, status, level, custody, party, criterion, points,"
            " characteristics AS facts FROM {0}item"
        )
    },
    "dependencies": {
        "known": "SELECT key, id, type, level, serves FROM {0}item",
        "edge_have": (
            "SELECT source, target, kind, CASE WHEN hard THEN 'hard' ELSE 'soft' END AS strength, grp"
            " FROM {0}dependency"
        ),
        "group_have": (
            "SELECT key, source, name, need, CASE WHEN hard THEN 'hard' ELSE 'soft' END AS strength"
            " FROM {0}redundancy_group"
        ),
    },
}
_NOUN: dict[type, str] = {Person: "person", Group: "group", Party: "party"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(Value):
    """A file that was read and planned. `head` is the journal entry the plan was made at."""

    kind: str
    plan: Plan
    digest: str
    head: int
    written: few.Written | None = None


Drafted = Callable[[UnitOfWork], str]


def prepare(
    store: Store, staged: Staging, *, kind: str, path: Path, map_path: Path | None = None
) -> Prepared:
    """Read a file and plan what it would do. Changes nothing.

    Raises Invalid or NotFound when the file or the mapping cannot be read at all; what is wrong
    with its rows is in the plan.
    """
    problems = Problems(path.name)
    sheet = given.sheet(path, map_path, problems)
    digest = given.digest(path)
    with store.read() as uow:
        head = journal.head(uow)[0]
        if kind in ("people", "groups", "parties"):
            written = _plan_few(uow, kind, sheet, problems)
            return Prepared(kind=kind, plan=written.plan, digest=digest, head=head, written=written)
        known = references(uow)
        _see(uow, staged, kind)
        if kind == "items":
            found = rows.items(sheet, known, problems)
            plan = plan_items.plan(staged, found, known, problems, header=sheet.header)
        else:
            keys = ItemKeys(staged).of
            needs = dependency_rows.dependencies(sheet, known, problems, keys)
            plan = plan_dependencies.plan(staged, needs, known, problems)
    return Prepared(kind=kind, plan=plan, digest=digest, head=head)


def apply(
    store: Store,
    staged: Staging,
    prepared: Prepared,
    *,
    keep_dangling: bool = False,
    draft: Drafted | None = None,
    progress: bulk.Progress = bulk.silent,
    actor: str,
    at: datetime,
) -> str:
    """Write a plan, all or nothing; give the id of the change request drafted, or empty text.

    Raises Invalid when the plan is blocked, Refused when the site moved since it was made, or when
    rows touch records under control and there is nobody to draft their request.
    """
    refuse_blocked(prepared.plan, keep_dangling=keep_dangling)
    with store.write(references_at_end=prepared.plan.create >= bulk.LARGE) as uow:
        require(uow, actor, "import", at=at)
        given.refuse_moved(uow, prepared.head)
        if prepared.plan.request and draft is None:
            raise Refused(
                f"{prepared.plan.request:,} rows of {prepared.plan.file} would change records under control.",
                "Raise a change request for them: 'cmdb change new'.",
            )
        request = draft(uow) if prepared.plan.request and draft else ""
        entry = journal.record(
            uow,
            at=at,
            actor=actor,
            action=f"import {prepared.kind}",
            subjects=(f"file:{prepared.plan.file}",),
            changed={"sha256": prepared.digest, **prepared.plan.counts()},
            request=request,
        )
        _write(uow, staged, prepared, entry.sequence, progress, at)
        uow.commit()
    return request


def refuse_blocked(plan: Plan, *, keep_dangling: bool) -> None:
    """Raise Invalid, with everything that is wrong, when a plan may not be applied."""
    if not plan.blocked(keep_dangling=keep_dangling):
        return
    said = [one.sentence() for one in plan.errors]
    if plan.error_total > len(plan.errors):
        said.append(f"... and {plan.error_total - len(plan.errors):,} more problems")
    remedy = "Correct the file and run the command again; nothing was written."
    if plan.dangling_total and not keep_dangling:
        said += [
            f"{plan.file}, line {one.line:,}: {one.source} -> {one.target} ({one.kind}): {one.missing}"
            " does not exist"
            for one in plan.dangling
        ]
        remedy = "Correct the file, or keep dangling dependencies as findings with --keep-dangling."
    total = plan.error_total + (0 if keep_dangling else plan.dangling_total)
    raise Invalid(f"{plan.file} has {total:,} {'problem' if total == 1 else 'problems'}.", remedy, said)


def references(uow: UnitOfWork) -> rows.References:
    """Everything that rows of items and dependencies may refer to."""
    whole = {one.id: types.effective(uow, one.id) for one in uow.all(ItemType)}
    checks = {id_: types.validator(one) for id_, one in whole.items()}
    return rows.References(
        people={one.id: one.active for one in uow.all(Person)},
        leads={one.id: one.lead for one in uow.all(Group)},
        parties=frozenset(one.id for one in uow.all(Party)),
        types=whole,
        kinds={
            str(id_): (int(key), bool(impact))
            for key, id_, impact in uow.rows("SELECT key, id, impact FROM dependency_kind")
        },
        both_ways=frozenset(item_rules.BOTH_WAYS),
        spent=frozenset(str(row[0]) for row in uow.rows("SELECT id FROM spent_id")),
        characteristic_problems=lambda type_, facts: types.characteristic_problems(checks[type_], facts),
    )


def _plan_few(uow: UnitOfWork, kind: str, sheet: Sheet, problems: Problems) -> few.Written:
    registered = uow.all(Person)
    groups = {one.id: one for one in uow.all(Group)}
    if kind == "people":
        return few.plan_people(sheet, {one.id: one for one in registered}, groups, problems)
    if kind == "groups":
        return few.plan_groups(sheet, groups, {one.id: one.active for one in registered}, problems)
    return few.plan_parties(sheet, {one.id: one for one in uow.all(Party)}, problems)


def _write(
    uow: UnitOfWork, staged: Staging, prepared: Prepared, sequence: int, progress: bulk.Progress, at: datetime
) -> None:
    source = f"import {prepared.plan.file}"
    if prepared.written is not None:
        _write_few(uow, prepared.written, sequence)
    elif prepared.kind == "items":
        with bulk.references_at_end(uow, "item", "journal_subject", expected=prepared.plan.create):
            _write_items(uow, staged, prepared.plan, sequence, progress, rfc3339(at), source)
        _settle_dangling(uow)
    else:
        with bulk.references_at_end(uow, "redundancy_group", "dependency", expected=prepared.plan.create):
            _write_dependencies(uow, staged, prepared.plan, progress, rfc3339(at), source)


def _write_few(uow: UnitOfWork, written: few.Written, sequence: int) -> None:
    for value in written.add:
        if isinstance(value, Person):
            people.add(uow, value)
        else:
            uow.add(value)
    for value in written.replace:
        uow.replace(value)
    subjects = (f"{_NOUN[type(value)]}:{value.id}" for value in (*written.add, *written.replace))
    bulk.note_subjects(uow, dict.fromkeys(subjects), sequence)


def _write_items(
    uow: UnitOfWork,
    staged: Staging,
    plan: Plan,
    sequence: int,
    progress: bulk.Progress,
    when: str,
    source: str,
) -> None:
    bulk.add_items(
        uow,
        plan_items.final_rows(staged, CREATE),
        expected=plan.create,
        confirmed_at=when,
        confirmed_by=source,
        progress=progress,
    )
    bulk.change_items(uow, plan_items.final_rows(staged, UPDATE))
    if plan.update or plan.unchanged or plan.request:
        bulk.confirm_items(uow, plan_items.listed_ids(staged), at=when, by=source)
    bulk.note_subjects(uow, plan_items.written_ids(staged), sequence)


def _write_dependencies(
    uow: UnitOfWork, staged: Staging, plan: Plan, progress: bulk.Progress, when: str, source: str
) -> None:
    after = bulk.last_group(uow)
    bulk.add_groups(uow, plan_dependencies.final_groups(staged, CREATE, after=after))
    bulk.change_groups(uow, plan_dependencies.final_groups(staged, UPDATE, after=after))
    bulk.add_dependencies(
        uow,
        plan_dependencies.final_rows(staged, CREATE, after=after),
        expected=plan.create,
        confirmed_at=when,
        confirmed_by=source,
        progress=progress,
    )
    bulk.change_dependencies(uow, plan_dependencies.final_rows(staged, UPDATE, after=after))
    if plan.update or plan.unchanged or plan.request:
        bulk.confirm_dependencies(uow, plan_dependencies.listed_keys(staged), at=when, by=source)
    bulk.settle(uow, plan_dependencies.sources_to_settle(staged))
    uow.rows("DELETE FROM dangling WHERE file = ?", plan.file)
    uow.many(
        'INSERT INTO dangling (source, target, kind, strength, "group", need, file, found_at)'
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, target, kind) DO NOTHING",
        [(*row, plan.file, when) for row in plan_dependencies.kept_dangling(staged)],
    )


def _settle_dangling(uow: UnitOfWork) -> None:
    """Turn kept findings into dependencies where both ends exist by now and the source is a draft."""
    for source, target, kind, strength, group, need in uow.rows(
        'SELECT d.source, d.target, d.kind, d.strength, d."group", d.need FROM dangling d'
        " JOIN item s ON s.id = d.source JOIN item t ON t.id = d.target WHERE s.level = 'draft'"
        " ORDER BY d.source, d.target, d.kind"
    ):
        if group and not any(one.name == group for one in tables_graph.groups_of(uow, source)):
            tables_graph.put_group(
                uow, RedundancyGroup(source=source, name=group, need=need or "1", strength=strength)
            )
        dependency = Dependency(source=source, target=target, kind=kind, strength=strength, group=group)
        for row in item_rules.rows_of(dependency):
            tables_graph.put_dependency(uow, row)
        uow.rows("DELETE FROM dangling WHERE source = ? AND target = ? AND kind = ?", source, target, kind)


def _see(uow: UnitOfWork, staged: Staging, kind: str) -> None:
    """Let the scratch database know what exists: SQLite is looked at in place, PostgreSQL copied.

    Looking happens a moment after the journal's head was read; a plan of a newer state than its head
    says is refused when it is applied.
    """
    if uow.dialect == "sqlite":
        path = Path(uow.rows("PRAGMA database_list")[0][2])
        staged.see(path.as_uri() + ("?immutable=1" if on_read_only_disk(path) else "?mode=ro"), _SEEN[kind])
    else:
        for table, select in _SEEN[kind].items():
            columns = len(list(staged.ask(f"PRAGMA table_info({table})")))
            staged.load(table, columns, bulk.read(uow, select.format("")))
    if kind == "dependencies":
        staged.run("INSERT INTO idle SELECT key FROM known WHERE NOT serves ORDER BY key")


def requested(staged: Staging, prepared: Prepared) -> Iterator[tuple[str, dict[str, tuple[Any, Any]]]]:
    """What a drafted request would change, record by record, as field -> (old, new)."""
    if prepared.written is not None:
        for id_, fields in prepared.written.request.items():
            yield id_, dict(fields)
    elif prepared.kind == "items":
        yield from plan_items.changes(staged, REQUEST)
