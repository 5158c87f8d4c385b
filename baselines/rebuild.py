"""Rebuild: a database made again from the library, or an older one brought up to it.

    rebuild(site, *, actor, at, apply, root, remember, verify) -> Restored        the database is lost
    forward(library, *, actor, at, apply, root, remembered, verify) -> Restored   main is ahead of its rows
    person_of_login(site, login) -> id                      who acts, while there is no database to ask

The library is proved first, and what was written is held against it before it is committed. A
database that holds anything is never overwritten. What was never in the library is lost with the
database; NOT_KEPT names it. The new journal begins with (rebuild), or goes on with (forward), an
entry that cites the last recorded head. Source: rules.md 7, Rebuild; 8.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from baselines import consistency, loading, replay, tables, whole_layout
from baselines.decided import Verify
from baselines.establish import SITE_FILE
from baselines.failures import Failed
from baselines.library import Library
from baselines.model import Commit
from baselines.proved import FORWARD, REBUILD, Proved
from baselines.proving import prove
from baselines.state import State
from baselines.vault import Vault
from ccb import tables as ccb_tables
from cmdb import bulk, canonical, journal, records, roles, signatures
from cmdb.errors import Corrupt, Invalid, NotFound, Refused
from cmdb.model import RoleGrant, Value
from cmdb.site import Site
from cmdb.store import Store, UnitOfWork, is_postgres

NOT_KEPT = (
    "drafts, and requests that were not decided with their votes and comments",
    "attached files of requests not checked in: 'cmdb document supply FILE' brings them again",
    "events: incidents and service requests, with what was analysed and linked",
    "measurements: outages, observations, claims, freezes and when facts were last confirmed",
    "action items (conditions of approvals still to be done are written again), notices and holds",
    "who is told of what, and how people want mail",
    "reviews, trainings, the work log and milestones of plans",
    "meetings whose minutes were not signed, and the series they belong to",
    "check-outs: what was checked out is approved again",
    "how far checked-in requests came afterwards: started, finished, closed",
    "roles and rights: the founder holds every role again, nobody else any",
    "the journal up to now",
)
_USED = ("person", "item", "library_commit", "journal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored(Value):
    """What a rebuild writes, or would write: from commit `first` to `last`, records by kind.

    `journal` is the last recorded journal head, which the new journal cites; `unknown` are people
    known only from requests, `conditions` the action items written again; both are empty, and
    `requests` a count of decided ones, until it is `applied`. `unfinished` names writes of which
    the library alone cannot say whether they happened.
    """

    site: str
    name: str
    root: str
    founder: str
    first: str
    last: str
    commits: int
    baselines: int
    votes: int
    requests: int
    records: Mapping[str, int]
    journal: str
    unfinished: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    conditions: int = 0
    applied: bool = False


def _nothing(_site: str) -> Proved | None:
    """Nothing was proved before."""
    return None


def rebuild(
    site: Site,
    *,
    actor: str,
    at: datetime,
    apply: bool = False,
    root: str = "",
    remember: Callable[[str], Proved | None] = _nothing,
    verify: Verify = signatures.verify,
    progress: bulk.Progress = bulk.silent,
) -> Restored:
    """Lay out the lost database of a site and restore what its library holds; prove that first.

    Writes only when told to `apply`. `root` is the founding commit the caller trusts; `remember`
    gives what was proved before of a site, by its id. Raises Refused when a database is there that
    holds anything, or the actor is nobody the library knows; Corrupt when the library does not prove
    itself.
    """
    laid_out = _refuse_unless_empty(site.url)
    with Vault.open(site.library) as vault:
        head = vault.head()
        if not head:
            raise Refused(
                "The library holds no commit; there is nothing to rebuild from.",
                "Restore a backup with 'cmdb backup --restore FILE DIR'.",
            )
        check = signatures.Remembered(verify)
        walked, plan = _proved(vault, head, "", root, remember, check, progress)
        _refuse_unknown(vault, head, actor)
        if not apply:
            return plan
        store = Store.connect(site.url)
        try:
            if not laid_out:
                whole_layout.lay_out(store, site=plan.site, name=plan.name)
            return _rebuild(Library(store, vault), head, walked, plan, actor, at, progress, check)
        finally:
            store.engine.dispose()


def forward(
    library: Library,
    *,
    actor: str,
    at: datetime,
    apply: bool = False,
    root: str = "",
    remembered: Proved | None = None,
    verify: Verify = signatures.verify,
    progress: bulk.Progress = bulk.silent,
) -> Restored:
    """Take over the commits that a restored older database does not have yet; prove them first.

    Drafts and whatever else the database holds stay. Raises Refused when the library is not ahead,
    Corrupt when it does not prove itself or the database is no older copy of the same site.
    """
    vault = library.vault
    head = vault.head()
    with library.store.read() as uow:
        newest = tables.newest(uow)
        if newest is None:
            raise Refused("This database holds no baseline at all.", "Run 'cmdb rebuild'.")
        roles.require(uow, actor, "establish baselines", at=at)
        if head in (newest.commit, newest.parent):
            raise Refused("The library is not ahead of the database.", "Nothing is to be done.")
        if ccb_tables.site_root(uow) != next(iter(list(vault.walk(head, whole=True))[::-1])).id:
            raise Corrupt(
                "The library and the database belong to different sites.", "Put back those that match."
            )
        if not vault.is_ancestor(newest.commit, head):
            raise Corrupt(
                f"The library does not follow from {newest.name}, the newest commit of the database.",
                "Keep both stores untouched and run 'cmdb verify'.",
            )
    check = signatures.Remembered(verify)
    walked, plan = _proved(vault, head, newest.commit, root, lambda _: remembered, check, progress)
    if not apply:
        return plan
    with library.store.write() as uow, vault.locked() as lock:
        if tables.newest(uow) != newest or vault.head() != head:
            raise Refused("The site moved meanwhile; nothing was changed.", "Try again.")
        loading.take_over(uow, vault, newest.commit, head)
        done = replay.replay(uow, vault, walked, root=plan.root, verify=check)
        entry = _note(uow, FORWARD, walked, plan, newest.commit, actor, at)
        bulk.note_subjects(uow, loading.changed_items(vault, newest.commit, head), entry)
        return _finish(library, uow, lock, plan, done, actor, check)


def person_of_login(site: Site, login: str) -> str:
    """The active person of a login as the library has it; empty when it knows nobody of that login."""
    with Vault.open(site.library) as vault:
        head = vault.head()
        oids = (oid for _path, oid in vault.paths(head, "people/")) if head else ()
        for data in vault.contents(oids):
            person = records.person_from(canonical.decode(data)[1])
            if login and person.login == login and person.active:
                return person.id
    return ""


def _refuse_unless_empty(database: str) -> bool:
    """Tell whether an empty database is laid out already. Raises Refused when it holds anything."""
    if not is_postgres(database) and not Path(database).is_file():
        return False
    store = Store.connect(database)
    try:
        store.layout()
    except Corrupt as damaged:
        raise Refused(
            f"{database} is damaged, but it is there; a rebuild writes over nothing. {damaged.reason}",
            f"Move it aside and run it again: mv {database} {database}.damaged",
        ) from damaged
    except Refused:  # it can be read and holds no site
        return False
    store.check_version()
    with store.read() as uow:
        held = [table for table in _USED if uow.rows(f"SELECT 1 FROM {table} LIMIT 1")]
    store.engine.dispose()
    if held:
        raise Refused(
            "The database of this site holds something; a rebuild writes over nothing.",
            "If the library is ahead of it, run 'cmdb rebuild --forward'; if it is to be replaced, move it"
            " aside or name an empty one in site.toml.",
        )
    return True


def _proved(
    vault: Vault,
    head: str,
    since: str,
    root: str,
    remember: Callable[[str], Proved | None],
    verify: Verify,
    progress: bulk.Progress,
) -> tuple[list[Commit], Restored]:
    """Prove the library; give the commits behind `since`, oldest first, and what they restore."""
    try:
        tally = prove(vault, head, verify=verify, progress=lambda count: progress("commits proved", count))
    except Failed as failed:
        raise Corrupt(
            f"The library does not prove itself, and nothing was written. {failed.failure.why}",
            "Take another copy of library.git, or restore with 'cmdb backup --restore FILE DIR'."
            f" For an engineer: {failed.failure.detail}",
        ) from failed
    remembered = remember(tally.site)
    for trusted in (root, remembered.root if remembered else ""):
        if trusted and trusted != tally.root:
            raise Corrupt(
                f"The library starts at {tally.root}, not at the root you trust.",
                "It is the library of another site, or a forged one. Nothing was written.",
            )
    if remembered is not None and not vault.is_ancestor(remembered.head, head):
        raise Corrupt(
            "The end of the history that was proved here before is missing.",
            "Take a newer copy of library.git. Nothing was written.",
        )
    walked = list(tally.walked)[::-1]
    places = {commit.id: place for place, commit in enumerate(walked)}
    walked = walked[places[since] + 1 :] if since else walked
    site = canonical.decode(vault.read(tally.root, SITE_FILE))[1]
    names = [commit.trailer("Baseline") or commit.trailer("Record") for commit in walked]
    plan = Restored(
        site=tally.site,
        name=str(site["name"]),
        root=tally.root,
        founder=str(site["founder"]),
        first=names[0],
        last=names[-1],
        commits=len(walked),
        baselines=sum(1 for name in names if name.startswith("BL-")),
        votes=tally.votes,
        requests=len({commit.trailer("Request") for commit in walked} - {""}),
        records=_changed(vault, since, head),
        journal=walked[-1].trailer("Journal"),
        unfinished=tuple(sorted(vault.pending_names())),
    )
    return walked, plan


def _changed(vault: Vault, since: str, head: str) -> Mapping[str, int]:
    return loading.count_changed(vault, since, head) if since else loading.count(vault, head)


def _refuse_unknown(vault: Vault, head: str, actor: str) -> None:
    try:
        person = State(vault, head).person(actor)
    except (Invalid, NotFound):
        person = None
    if person is None or not person.active:
        raise Refused(
            f"The library knows nobody active named '{actor}'.",
            "Say who you are, as a person under control, with --as PERSON.",
        )


def _rebuild(
    library: Library,
    head: str,
    walked: list[Commit],
    plan: Restored,
    actor: str,
    at: datetime,
    progress: bulk.Progress,
    check: Verify,
) -> Restored:
    vault = library.vault
    with library.store.write() as uow, vault.locked() as lock:
        if vault.head() != head or tables.newest(uow) is not None:
            raise Refused("Somebody else rebuilds this site; nothing was changed here.", "Look again.")
        uow.rows("UPDATE site SET id = ?, name = ?", plan.site, plan.name)
        loading.load(uow, vault, head, progress=progress)
        done = replay.replay(uow, vault, walked, root=plan.root, verify=check)
        for role in roles.ROLES:
            uow.add(RoleGrant(id=f"founder {role}", person=plan.founder, role=role, start=walked[0].at))
        _note(uow, REBUILD, walked, plan, "", actor, at)
        return _finish(library, uow, lock, plan, done, actor, check)


def _note(
    uow: UnitOfWork,
    action: str,
    walked: list[Commit],
    plan: Restored,
    after: str,
    actor: str,
    at: datetime,
) -> int:
    """The entry that makes what older commits cite acceptable, because it says what was lost."""
    entry = journal.record(
        uow,
        at=at,
        actor=actor,
        action=action,
        subjects=(plan.last,),
        changed={
            "after": after,
            "through": walked[-1].id,
            "first": plan.first,
            "last": plan.last,
            "commits": plan.commits,
            "cites": plan.journal,
        },
    )
    return entry.sequence


def _finish(
    library: Library,
    uow: UnitOfWork,
    lock: int,
    plan: Restored,
    done: replay.Replayed,
    actor: str,
    check: Verify,
) -> Restored:
    """Hold what was written against the library, then commit it and drop what was never completed."""
    conditions = replay.follow_up(uow, done, actor=actor)
    newest = tables.newest(uow)
    assert newest is not None, "at least one commit was just written"
    try:
        consistency.check(uow, library, newest, verify=check)
    except Failed as failed:
        raise Corrupt(
            f"The database would not agree with the library; nothing was changed. {failed.failure.why}",
            "Keep both stores untouched; move the database aside and run 'cmdb rebuild'."
            f" For an engineer: {failed.failure.detail}",
        ) from failed
    uow.commit()
    library.vault.settle(newest.prepared, lock=lock)
    return plan.but(
        votes=done.votes,
        requests=len(done.requests),
        unknown=tuple(done.unknown),
        conditions=conditions,
        applied=True,
    )
