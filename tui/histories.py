"""What happened to a record, in one line of time: journal, baselines, events, audits, releases.

The journal tells of whatever was done here. What it does not tell of by the record is added: the
baselines that brought it in or altered it with everything else of a scope, events imported from another
system, findings about it, baselines of scopes and releases that hold it. Read path and vault, no ORM.
Source: IT Service CMM 5.5, Activity 8.2.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from baselines.vault import Vault
from cmdb.places import FOLDERS, path_of
from cmdb.reading import Reader

JOURNAL = "journal"


class Happened(NamedTuple):
    """One thing that happened; `kind` says which records tell of it. Only the journal has a `sequence`."""

    kind: str
    sequence: int | None
    at: str
    actor: str
    action: str
    subjects: tuple[str, ...]
    changed: dict[str, Any]
    request: str


def of(reader: Reader, library: Path, subject: str, *, limit: int) -> tuple[Happened, ...]:
    """What happened to an item, or to a record named with its kind; the newest first."""
    kind, _, id = subject.partition(":") if ":" in subject else ("item", "", subject)
    found = [Happened(JOURNAL, *entry) for entry in reader.history(subject, limit=limit)]
    told = {one.changed.get("baseline") for one in found}
    if kind in FOLDERS:
        found += (one for one in _baselines(reader, library, kind, id) if one.subjects[0] not in told)
    if kind == "item":
        acts = {(one.action, one.changed.get("event")) for one in found}
        found += (one for one in _events(reader, id) if (one.action, one.changed["event"]) not in acts)
        found += [*_audits(reader, id), *_findings(reader, id), *_scopes(reader, id), *_releases(reader, id)]
    # What has no number in the journal stands beside it by its time; of one second the journal's order holds.
    found.sort(key=lambda one: (one.at, one.sequence or 0), reverse=True)
    return tuple(found[:limit])


def _entry(
    kind: str, at: str, actor: str, action: str, subject: str, request: str = "", **told: Any
) -> Happened:
    return Happened(kind, None, at, actor, action, (subject,), told, request)


def _baselines(reader: Reader, library: Path, kind: str, id: str) -> Iterator[Happened]:
    """The baselines that brought a record in, altered or removed it."""
    rows = list(
        reader.rows(
            "SELECT id, commit_id, established_at, established_by, request FROM baseline WHERE kind = 'site'"
            " ORDER BY id"
        )
    )
    if not rows or not library.is_dir():
        return
    with Vault.open(library) as vault:
        commits = set(vault.history(path_of(kind, id), rows[-1][1]))
    for baseline, commit, at, by, request in rows:
        if commit in commits:
            yield _entry("baseline", at, by, "baseline", baseline, request, baseline=baseline)


def _events(reader: Reader, item: str) -> Iterator[Happened]:
    """Events by their own times: of those from another system the journal tells that they were imported."""
    for id, reported, resolved, closed, by, words in reader.rows(
        "SELECT e.id, e.reported, e.resolved_at, e.closed_at, e.recorded_by, SUBSTR(e.description, 1, 80)"
        " FROM event_item c JOIN event e ON e.id = c.event WHERE c.item = ?",
        item,
    ):
        acts = (("event record", reported), ("event resolve", resolved), ("event close", closed))
        for action, at in acts:
            if at:
                yield _entry("event", at, by, action, f"event:{id}", event=id, description=words)


def _audits(reader: Reader, item: str) -> Iterator[Happened]:
    """The audits held of the item, or of the service it is; those of more show by what they found of it."""
    for id, kind, scope, at, by, baseline, found in reader.rows(
        "SELECT id, kind, scope, run_at, auditor, baseline, findings FROM audit"
        " WHERE scope IN (?, ?) AND run_at IS NOT NULL AND run_at <> ''",
        f"item:{item}",
        f"service:{item}",
    ):
        told = {"audit": id, "scope": scope, "findings": len(json.loads(found))}
        yield _entry("audit", at, by, f"{kind} audit", f"audit:{id}", **told, baseline=baseline)


def _findings(reader: Reader, item: str) -> Iterator[Happened]:
    for id, audit, what, about, raised, closed, by in reader.rows(
        "SELECT id, audit, what, about, raised_at, closed_at, raised_by FROM finding WHERE about LIKE ?",
        f"%{item}%",
    ):
        if {item, f"item:{item}"} & set(json.loads(about)):
            for action, at in (("finding raised", raised), ("finding closed", closed)):
                if at:
                    yield _entry(
                        "finding", at, by, action, f"finding:{id}", finding=id, audit=audit, what=what
                    )


def _scopes(reader: Reader, item: str) -> Iterator[Happened]:
    for id, scope, at, by, request, replaced, archived in reader.rows(
        "SELECT b.id, b.scope, b.established_at, b.established_by, b.request, b.replaced_by, b.archived_at"
        " FROM scoped_member m JOIN scoped_baseline b ON b.id = m.baseline"
        " WHERE m.kind = 'item' AND m.id = ?",
        item,
    ):
        yield _entry("baseline", at, by, "baseline of a scope", id, request, baseline=id, scope=scope)
        if archived:
            yield _entry("baseline", archived, by, "baseline archived", id, request, baseline=id, by=replaced)


def _releases(reader: Reader, item: str) -> Iterator[Happened]:
    for product, version, at, by, request in reader.rows(
        'SELECT r.product, r.version, r.at, r."by", r.request FROM released_item i JOIN product_release r'
        " ON r.product = i.product AND r.version = i.version WHERE i.item = ?",
        item,
    ):
        yield _entry(
            "release", at, by, "released", f"{product} {version}", request, release=f"{product} {version}"
        )
