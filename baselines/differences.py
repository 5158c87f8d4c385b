"""What differs between two baselines of a library, with the request behind each difference.

Only files that differ are read, each held against its id; which of them differ is asked of git. A
baseline may be compared with an older or a newer one; the requests named are those that lie between.
Source: rules.md 7, Baseline.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from baselines import tables
from baselines.compare import Comparison, Fields, LinkChange, Step, compare
from baselines.library import Library
from baselines.model import Baseline, ScopedBaseline
from baselines.vault import Vault
from ccb import controlled
from cmdb import canonical
from cmdb.errors import NotFound
from cmdb.model import shown
from cmdb.records import FOLDERS
from cmdb.store import UnitOfWork

Contents = Mapping[str, tuple[str, Fields]]  # what an object holds, by its id: form and fields

Agreed = Baseline | ScopedBaseline

_KINDS = {folder: kind for kind, folder in FOLDERS.items()}
_FORMS = {one.form: one.name for one in controlled.KINDS.values()}


def baseline(uow: UnitOfWork, id: str) -> Baseline:
    """A baseline by id (`BL-000012`, `12`, or `latest`). Raises NotFound."""
    if id == "latest":
        newest = tables.baseline_in_force(uow)
        if newest is not None:
            return newest
    wanted = f"BL-{int(id):06d}" if id.isdecimal() and len(id) < 13 else id.upper()
    found = uow.find(Baseline, wanted)
    if found is None:
        raise NotFound(f"There is no baseline '{shown(id)}'.", "List them with 'cmdb baseline list'.")
    return found


def between(library: Library, older: Agreed, newer: Agreed) -> Comparison:
    """Compare two baselines: every record, field and dependency that differs."""
    with _uncollected():
        changed = {
            one.path: (one.old, one.new)
            for one in library.vault.differing(older.commit, newer.commit)
            if one.path.split("/", 1)[0] in _KINDS
        }
        return _between(library.vault, older, newer, changed)


def of_paths(
    library: Library, older: Agreed, newer: Agreed, changed: Mapping[str, tuple[str, str]]
) -> Comparison:
    """Compare two baselines in these files alone: object before and after by path, empty where not held."""
    with _uncollected():
        return _between(library.vault, older, newer, changed)


def _between(
    vault: Vault, older: Agreed, newer: Agreed, changed: Mapping[str, tuple[str, str]]
) -> Comparison:
    contents = _contents(vault, changed.values(), {})
    steps = _steps(vault, older.commit, newer.commit, changed, contents)
    found = []
    for path, (old, new) in changed.items():
        before, after = contents.get(old), contents.get(new)
        kind, id = _named(after or before)
        found.append(
            (kind, id, before[1] if before else None, after[1] if after else None, steps.get(path, []))
        )
    return compare(older.id, newer.id, found)


def _steps(
    vault: Vault, older: str, newer: str, changed: Mapping[str, tuple[str, str]], contents: Contents
) -> dict[str, list[Step]]:
    """What each request between two commits made of the records that differ, oldest first."""
    backwards = not vault.is_ancestor(older, newer)
    low, high = (newer, older) if backwards else (older, newer)
    steps: dict[str, list[Step]] = {}
    for commit in vault.walk(high):
        if commit.id == low:
            break
        if not commit.trailer("Baseline") or not commit.parents:
            continue
        if (commit.parents[0], commit.id) == (low, high):  # one step: what differs is known already
            here = {path: (new, old) for path, (old, new) in changed.items()} if backwards else changed
        else:
            moved = vault.differing(commit.parents[0], commit.id)
            here = {one.path: (one.old, one.new) for one in moved if one.path in changed}
            contents = _contents(vault, here.values(), contents)
        for path, (old, new) in here.items():
            before, after = contents.get(old), contents.get(new)
            step = Step(
                request=commit.trailer("Request"),
                before=before[1] if before else None,
                after=after[1] if after else None,
            )
            steps.setdefault(path, []).append(step)
    return {path: list(reversed(found)) for path, found in steps.items()}


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the collector of cycles rest: records are none, and it would go through all of them again and
    again."""
    resting = not gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not resting:
            gc.enable()


def _contents(vault: Vault, pairs: Iterable[tuple[str, str]], known: Contents) -> Contents:
    """What these objects hold, those `known` among them not read again."""
    wanted = {oid for pair in pairs for oid in pair if oid}
    fresh = sorted(wanted - known.keys())
    found = {oid: canonical.decode(data) for oid, data in zip(fresh, vault.contents(fresh), strict=True)}
    return found | {oid: known[oid] for oid in wanted & known.keys()}


def _named(record: tuple[str, Fields] | None) -> tuple[str, str]:
    if record is None:
        return "", ""
    form, fields = record
    return _FORMS.get(form, form.split("/", 1)[0]), str(fields.get("id", ""))


def fields_of(found: Comparison) -> dict[str, object]:
    """A comparison as other programs read it. Source: terminal.md, `baseline compare --json`."""
    return {
        "from": found.older,
        "to": found.newer,
        "added": [one.id for one in found.added],
        "removed": [one.id for one in found.removed],
        "changed": [
            {"id": one.id, "field": one.field, "old": one.old, "new": one.new, "change": one.request}
            for one in found.changed
        ],
        "connected": [_link(one) for one in found.connected],
        "disconnected": [_link(one) for one in found.disconnected],
    }


def _link(one: LinkChange) -> dict[str, str]:
    return {
        "source": one.source,
        "target": one.target,
        "kind": one.kind,
        "strength": one.strength,
        "group": one.group,
        "change": one.request,
    }
