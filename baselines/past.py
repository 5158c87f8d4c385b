"""The estate as it was: what to lay over the estate of today to have it as a baseline left it.

Items, dependencies, redundancy groups and the statuses that serve are those of the baseline; names,
owners and whom to tell are today's, because the question is asked today. A kind of dependency that
passed impact then and does not now, or the other way, is refused rather than guessed at.
Source: rules.md 4, Outages of a service; 7, Baseline (`as of`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

from baselines import tables
from baselines.library import Library
from baselines.model import Baseline, ScopedBaseline
from baselines.vault import Vault
from ccb.graph_changes import delta_of
from ccb.proposal import Fields, Proposal
from cmdb import agreement_versions, canonical, types
from cmdb.back_then import Told
from cmdb.bound import BINDING_STATES
from cmdb.canonical import rfc3339
from cmdb.errors import NotFound, Refused
from cmdb.estate import Link, Rising, in_columns
from cmdb.graph import ChangedEstate, GraphDelta, PlannedItem
from cmdb.measurements import Then
from cmdb.model import Item, ItemType
from cmdb.promises import ServiceAgreement
from cmdb.reading_graph import StoredEstate
from cmdb.records import FOLDERS, kind_from, type_from
from cmdb.risk_reports import Scene
from cmdb.store import UnitOfWork


def in_force(uow: UnitOfWork, at: datetime, *, before: Collection[str] = ()) -> Baseline | None:
    """The baseline in force at an instant, or None before the first.

    What the requests in `before` made counts as not done yet, nor does anything after it.
    """
    marks = ", ".join("?" * len(before))
    early = (
        f" AND id < (SELECT coalesce(min(id), '~') FROM baseline WHERE request IN ({marks}))"
        if before
        else ""
    )
    found = uow.rows(
        f"SELECT id FROM baseline WHERE kind = 'site' AND established_at <= ?{early}"
        " ORDER BY id DESC LIMIT 1",
        rfc3339(at),
        *sorted(before),
    )
    return uow.get(Baseline, found[0][0]) if found else None


class Past:
    """The estate at past moments, for `measurements`: reads each baseline it needs once."""

    def __init__(self, library: Library) -> None:
        self._vault = library.vault
        self._known: dict[tuple[str, str], GraphDelta] = {}

    def __call__(self, uow: UnitOfWork, at: datetime, changes: Collection[str]) -> Then:
        """The estate in which an outage of these changes began at `at`: without what they changed.

        What was no part of a baseline then is taken as it is now.
        """
        now, then = tables.baseline_in_force(uow), in_force(uow, at, before=changes)
        if now is None or then is None:
            return Then(baseline=then.id if then else "", delta=GraphDelta())
        pair = now.commit, then.commit
        if pair not in self._known:
            self._known[pair] = delta_to(self._vault, uow, now, then)
        return Then(baseline=then.id, delta=self._known[pair])


def as_of(library: Library, uow: UnitOfWork, then: Baseline | ScopedBaseline) -> ChangedEstate:
    """The estate as a baseline holds it: nothing that was no part of it, so no candidates either."""
    return _whole(library, uow, then)[0]


def _whole(
    library: Library, uow: UnitOfWork, then: Baseline | ScopedBaseline
) -> tuple[ChangedEstate, GraphDelta]:
    now = tables.baseline_in_force(uow)
    held = _Held(uow.rows, uow.dialect)
    delta = delta_to(library.vault, uow, now, then, whole=True) if now else GraphDelta()
    return ChangedEstate(held, delta), delta


def scene(library: Library, uow: UnitOfWork, then: Baseline, at: datetime) -> tuple[ChangedEstate, Scene]:
    """The estate as a baseline holds it, with what in it served and the agreements in force at a moment.

    Of an agreement the version in force then counts, also where it has ended since.
    """
    estate, delta = _whole(library, uow, then)
    kinds: dict[int, str] = {}
    services: set[int] = set()
    for key, type, serves, service in uow.rows(
        "SELECT key, type, serves, service FROM item WHERE level <> 'draft' ORDER BY key"
    ):
        kinds |= {key: type} if serves else {}
        services |= {key} if service else set()
    moved = estate.keys([*delta.removed, *(one.item.id for one in delta.items)])
    for id in (*delta.removed, *(one.item.id for one in delta.items)):
        kinds.pop(moved.get(id, -1), None)
        services.discard(moved.get(id, -1))
    for one in delta.items:
        kinds |= {moved[one.item.id]: one.item.type} if one.serves else {}
        services |= {moved[one.item.id]} if one.service else set()
    types_known = frozenset(kinds.values()) | {str(row[0]) for row in uow.rows("SELECT id FROM item_type")}
    return estate, Scene(kinds, frozenset(services), _agreements(uow, estate, at), types_known)


def _agreements(uow: UnitOfWork, estate: ChangedEstate, at: datetime) -> dict[str, frozenset[int]]:
    """The services of every agreement that bound at a moment."""
    told = Told(uow, "agreement", at, acts="agreement ")
    found: dict[str, frozenset[int]] = {}
    for one in sorted(uow.all(ServiceAgreement), key=lambda one: one.id):
        moved = [said.changed["state"] for said in told.since(one.id) if "state" in said.changed]
        state = moved[0].get("old") if moved and isinstance(moved[0], dict) else one.state
        version = agreement_versions.in_force(one, at)
        lasts = version.start <= at and (version.end is None or version.end > at)
        bound = state in (*BINDING_STATES, "ended") and lasts
        if bound and not told.since(one.id, "agreement register"):
            found[one.id] = frozenset(estate.keys([*version.services]).values())
    return found


def delta_to(
    vault: Vault, uow: UnitOfWork, now: Baseline, then: Baseline | ScopedBaseline, *, whole: bool = False
) -> GraphDelta:
    """What must be laid over the estate of today to have it as a baseline left it.

    `whole` takes away what came later. Raises Refused where a kind of dependency changed what it passes.
    """
    if now.commit == then.commit:
        return GraphDelta()
    items, served = changed(vault, now, then, "item"), changed(vault, now, then, "type")
    _refuse_other_kinds(changed(vault, now, then, "dependency kind"), then)
    old_types = {id: type_from(after) for id, (_, after) in served.items() if after is not None}

    def type_of(id: str) -> ItemType:
        own = old_types.get(id) or uow.get(ItemType, id)
        return types.joined(type_of(own.parent), own) if own.parent else own

    delta = delta_of(
        Proposal(
            before={("item", id): before for id, (before, _) in items.items()},
            after={("item", id): after for id, (_, after) in items.items() if after is not None},
        ),
        type_of,
    )
    removed = tuple(id for id, (_, after) in items.items() if after is None) if whole else ()
    again = _serving_otherwise(uow, old_types, type_of, {one.item.id for one in delta.items}, removed)
    return delta.but(items=(*delta.items, *again), removed=removed)


def changed(
    vault: Vault, now: Baseline, then: Baseline | ScopedBaseline, kind: str
) -> dict[str, tuple[Fields | None, Fields | None]]:
    """Records of a kind that differ, by id: as they are, and as they were."""
    files = [one for one in vault.changes(now.commit, then.commit, FOLDERS[kind]) if one.old or one.new]
    oids = sorted({oid for one in files for oid in (one.old, one.new) if oid})
    fields = {oid: canonical.decode(data)[1] for oid, data in zip(oids, vault.contents(oids), strict=True)}
    pairs = [(fields.get(one.old), fields.get(one.new)) for one in files]
    return {str((after or before or {})["id"]): (before, after) for before, after in pairs}


def _refuse_other_kinds(
    kinds: Mapping[str, tuple[Fields | None, Fields | None]], then: Baseline | ScopedBaseline
) -> None:
    for id, (before, after) in sorted(kinds.items()):
        if before and after and kind_from(before).impact != kind_from(after).impact:
            raise Refused(
                f"Since {then.id} the dependency kind '{id}' changed whether it passes impact.",
                f"Ask of a baseline after that: 'cmdb baseline compare {then.id}' shows which.",
            )


def _serving_otherwise(
    uow: UnitOfWork,
    old_types: Mapping[str, ItemType],
    type_of: Callable[[str], ItemType],
    known: Collection[str],
    removed: Iterable[str],
) -> list[PlannedItem]:
    """Items that served then and do not now, or the other way, because their type changed."""
    found: list[PlannedItem] = []
    gone = {*known, *removed}
    for id in sorted(old_types):
        of, now = type_of(id), types.effective(uow, id)
        if (set(of.serves), of.service) == (set(now.serves), now.service):
            continue
        for (name,) in uow.rows("SELECT id FROM item WHERE type = ? ORDER BY id", id):
            item = uow.get(Item, name)
            if name not in gone:
                found.append(PlannedItem(item=item, serves=item.status in of.serves, service=of.service))
    return found


class _Held(StoredEstate):
    """The estate without candidates. Nothing under control needs one, so leaving them out loses no margin."""

    def keys(self, ids: Collection[str]) -> dict[str, int]:
        """Give the keys of the ids that are under control. Raises NotFound for a candidate."""
        found = super().keys(ids)
        drafts = self._drafts(found.values())
        for id, key in found.items():
            if key in drafts:
                raise NotFound(
                    f"'{id}' is a candidate: no baseline holds it.", "Ask without --baseline or --as-of."
                )
        return found

    def links(self, targets: Collection[int]) -> list[Link]:
        """Give what is under control and needs these items."""
        rows = [(row[0], row[1], row[2], row[3], row[4]) for row in super().links(targets)]
        drafts = self._drafts({row[1] for row in rows})
        return [row for row in rows if row[1] not in drafts]

    def rising(self, targets: Collection[int]) -> Rising:
        """Give the same as `links`, column by column."""
        return in_columns(self.links(targets))

    def above(self, targets: Collection[int]) -> tuple[list[int], list[int]]:
        """Give the same as `links`, of each only its source and its target."""
        links = self.links(targets)
        return [link[1] for link in links], [link[0] for link in links]

    def sources(self, targets: Collection[int]) -> Collection[int]:
        """Give what is under control and needs these items, whether anything is passed on or not."""
        found = set(super().sources(targets))
        return found - self._drafts(found)

    def _drafts(self, keys: Collection[int]) -> set[int]:
        return {
            row[0]
            for row in self.rows(
                f"SELECT i.key FROM {self.dialect.keys} item i ON i.key = wanted.value"
                " WHERE i.level = 'draft'",
                self.dialect.array(sorted(keys)),
            )
        }
