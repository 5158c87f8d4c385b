"""Verify: the library proves itself, and the database agrees with it.

    verify(library, *, root, at_least, remembered, verify_signature, progress) -> Report

Without `root` the answer says that the root was not confirmed by whoever asks. What was proved
before is passed in as `remembered` and is not proved again; a head that does not descend from it
fails. Where a database was lost, the journal entries that older commits cite are gone: the entry
that took the library over says so, and it is reported as a gap, not a failure. Nothing is changed or
repaired. Source: rules.md 7, Verify, Rebuild; 8.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from baselines import proved, tables
from baselines.decided import Verify
from baselines.library import Library
from baselines.model import Baseline, Commit, LibraryCommit
from baselines.proof import Failed, Failure, Tally, prove
from baselines.proved import Proved
from baselines.vault import content_id
from ccb import controlled, requests, signing
from ccb import tables as ccb_tables
from ccb.ballot import Decision, Vote
from ccb.proposal import Fields
from ccb.statements import content_digest
from cmdb import canonical, item_records, journal, records, signatures, tables_derived
from cmdb.errors import CmdbError, Refused
from cmdb.model import Entry, Value
from cmdb.records import FOLDERS
from cmdb.store import UnitOfWork

_BOUND = ("approved", "checked out", "checked in", "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap(Value):
    """Commits whose journal entries were lost with an earlier database, and who took them over when.

    `after` is the commit before them, empty for the founding; `cites` the journal head the last one
    recorded, from which nothing is left.
    """

    at: datetime
    actor: str
    action: str
    after: str
    through: str
    first: str
    last: str
    cites: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Value):
    """The answer. `alone` counts decisions by one person; `root_confirmed` whether the root was given.

    `gaps` are the parts of the journal that were lost with an earlier database.
    """

    site: str
    root: str
    head: str
    root_confirmed: bool
    baselines: int
    changes: int
    votes: int
    alone: int
    journal: int = 0
    entry: str = ""
    gaps: tuple[Gap, ...] = ()
    failure: Failure | None = None

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return self.failure is None

    @property
    def proved(self) -> Proved:
        """What to remember of it."""
        counts = {name: getattr(self, name) for name in ("baselines", "changes", "votes", "alone")}
        known = Proved(root=self.root, head=self.head, journal=self.journal, entry=self.entry, **counts)
        return known.but(gaps=len(self.gaps))


def verify(
    library: Library,
    *,
    root: str = "",
    at_least: str = "",
    remembered: Proved | None = None,
    verify_signature: Verify = signatures.verify,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Prove the library from its first commit and hold the database against it.

    `root` is the founding commit the caller trusts, `at_least` a baseline that must exist.
    """
    tally = Tally()
    failure = None
    gaps: tuple[Gap, ...] = ()
    with library.store.read() as uow:
        newest = tables.newest(uow)
        last, entry = journal.head(uow)
        try:
            if newest is None:
                raise Failed("site", "", "This site has no founding commit.", "no row in library_commit")
            _refs(library, newest)
            since = _since(library, newest, remembered)
            tally = prove(
                library.vault,
                newest.commit,
                verify=verify_signature,
                since=since,
                start=_start(remembered),
                progress=progress,
            )
            _expected(uow, tally, root, at_least, remembered)
            gaps = agreement(uow, library, newest)
            if broken := proved.journal_problem(uow, remembered):
                raise Failed("journal", "", broken, proved.AGAIN)
        except Failed as failed:
            failure = failed.failure
        except Refused:
            raise  # nothing is wrong with the library: a program is missing, or somebody is writing
        except CmdbError as broken:
            failure = Failure(kind="library", id="", why=broken.reason, detail=broken.remedy)
    return Report(
        site=tally.site,
        root=tally.root,
        head=newest.commit if newest else "",
        root_confirmed=bool(root),
        baselines=tally.baselines,
        changes=tally.changes,
        votes=tally.votes,
        alone=tally.alone,
        journal=last,
        entry=entry,
        gaps=gaps,
        failure=failure,
    )


def _start(remembered: Proved | None) -> Tally:
    """What was counted when it was proved, to count on from."""
    if remembered is None:
        return Tally()
    return Tally(
        baselines=remembered.baselines,
        changes=remembered.changes,
        votes=remembered.votes,
        alone=remembered.alone,
    )


def _refs(library: Library, newest: LibraryCommit) -> None:
    """The vault's main is where the newest row says, or one unsettled step before it."""
    main = library.vault.head()
    if main not in (newest.commit, newest.parent):
        raise Failed(
            "commit",
            newest.name,
            "The library and the database disagree about the newest commit.",
            f"main is {main or 'absent'}, the newest row names {newest.commit}",
        )


def _since(library: Library, newest: LibraryCommit, remembered: Proved | None) -> str:
    if remembered is None:
        return ""
    if not library.vault.is_ancestor(remembered.head, newest.commit):
        raise Failed(
            "commit",
            remembered.head[:12],
            "The end of the history that was proved here before is missing: it was cut off or rewritten.",
            f"{newest.commit} does not descend from {remembered.head}",
        )
    return remembered.head


def _expected(uow: UnitOfWork, tally: Tally, root: str, at_least: str, remembered: Proved | None) -> None:
    for trusted in (root, remembered.root if remembered else ""):
        if trusted and trusted != tally.root:
            raise Failed(
                "commit",
                tally.root[:12],
                "This is the history of another site, or a forged one: it does not start at your root.",
                f"root is {tally.root}, expected {trusted}",
            )
    if ccb_tables.site_root(uow) != tally.root:
        raise Failed("site", tally.root[:12], "The database belongs to another root.", tally.root)
    if at_least and tables.commit_named(uow, at_least) is None:
        raise Failed(
            "baseline", at_least, f"{at_least} is not in this history: the end was cut off.", at_least
        )


def agreement(uow: UnitOfWork, library: Library, newest: LibraryCommit) -> tuple[Gap, ...]:
    """Hold the database against the library up to its newest row; give the gaps of the journal.

    Raises Failed at the first thing that differs.
    """
    broken = journal.chain_problem(uow) or journal.index_problem(uow)
    if broken:
        raise Failed("journal", "", f"The journal was changed afterwards: {broken}.", broken)
    gaps = _commits(uow, library, newest)
    for kind in controlled.KINDS:
        _records(uow, library, newest.commit, kind)
    _votes(uow)
    _requests(uow)
    for id, what in tables_derived.mistaken(uow):
        raise Failed(
            "derived",
            id,
            f"What the database derives for {id} does not follow from its records: {what}.",
            "impact reads it; nothing signed is touched: 'cmdb doctor --mend' computes it again",
        )
    return gaps


def _commits(uow: UnitOfWork, library: Library, newest: LibraryCommit) -> tuple[Gap, ...]:
    """Every row names the commit of its place, and the journal's head each one cites existed."""
    walked = list(library.vault.walk(newest.commit))[::-1]
    heads = {row[0] for row in uow.rows("SELECT hash FROM journal")} | {journal.START}
    gaps = _gaps(uow)
    lost = _lost(walked, gaps)
    for sequence, commit in enumerate(walked):
        rows = uow.all(LibraryCommit, sequence=sequence)
        name = commit.trailer("Baseline") or commit.trailer("Record")
        if not rows or (rows[0].commit, rows[0].name) != (commit.id, name):
            raise Failed(
                "commit", name, f"The database does not know {name} as the library has it.", commit.id
            )
        request = commit.trailer("Request")
        if commit.trailer("Baseline") and uow.find(Baseline, name) is None:
            raise Failed("baseline", name, f"{name} is missing from the database.", commit.id)
        if commit.trailer("Baseline") and uow.get(Baseline, name).request != request:
            raise Failed(
                "baseline",
                name,
                f"The database names another request for {name}.",
                f"{commit.id} names {request}",
            )
        cited = commit.trailer("Journal")
        if cited not in heads and sequence not in lost:
            raise Failed(
                "journal", name, f"The journal entry that {name} cites is gone.", f"no entry has hash {cited}"
            )
    return gaps


def _gaps(uow: UnitOfWork) -> tuple[Gap, ...]:
    """What the journal itself says was lost before it, oldest first."""
    found = uow.where(Entry, "action IN (?, ?)", proved.REBUILD, proved.FORWARD)
    names = ("after", "through", "first", "last", "cites")
    for entry in found:
        if entry.action == proved.REBUILD and entry.sequence != 1:
            raise Failed(
                "journal",
                str(entry.sequence),
                "The journal says in its midst that the database was rebuilt, which begins a journal.",
                f"journal entry {entry.sequence} is '{entry.action}'",
            )
    return tuple(
        Gap(
            at=entry.at,
            actor=entry.actor,
            action=entry.action,
            **{name: str(entry.changed.get(name, "")) for name in names},
        )
        for entry in found
    )


def _lost(walked: Sequence[Commit], gaps: Sequence[Gap]) -> set[int]:
    """The places of the commits whose journal entries were lost; each gap is as the library has it."""
    places = {commit.id: place for place, commit in enumerate(walked)}
    lost: set[int] = set()
    for gap in gaps:
        last = places.get(gap.through, -1)
        start = places.get(gap.after, -1) + 1
        if last < start or walked[last].trailer("Journal") != gap.cites or bool(gap.after) != bool(start):
            raise Failed(
                "journal",
                gap.last,
                f"What the journal says of the gap up to {gap.last} is not what the library has.",
                f"'{gap.action}' names {gap.through} and the journal head {gap.cites}",
            )
        lost.update(range(start, last + 1))
    return lost


def _records(uow: UnitOfWork, library: Library, head: str, kind: str) -> None:
    """The controlled records of a kind are the same in the database and at the head."""
    expected = dict(library.vault.paths(head, f"{FOLDERS[kind]}/"))
    form = controlled.form_of(kind)
    for id, fields in _stored(uow, kind):
        path = records.path_of(kind, id)
        if expected.pop(path, None) != content_id(canonical.encode(form, fields)):
            raise Failed(
                kind,
                id,
                f"{kind} {id} was changed in the database without a baseline.",
                f"row of {id} differs from {path} at {head}",
            )
    for path in expected:
        raise Failed(kind, path, f"A controlled {kind} is missing from the database.", path)


def _stored(uow: UnitOfWork, kind: str) -> Iterator[tuple[str, Fields]]:
    if kind == "item":
        yield from item_records.stream(uow.rows, uow.dialect, drafts=False)
        return
    for id in controlled.ids_under_control(uow, kind):
        fields = controlled.held(uow, kind, id)
        if fields is not None:
            yield id, fields


def _votes(uow: UnitOfWork) -> None:
    """Every stored vote and decision is what was signed; decided ones stand in the library too."""
    site = ccb_tables.site_root(uow)
    for (id,) in uow.rows("SELECT id FROM change_request ORDER BY number"):
        kind = requests.find(uow, id).kind
        votes, decisions = ccb_tables.votes_of(uow, id), ccb_tables.decisions_of(uow, id)
        counted = {digest for one in decisions for digest in one.votes}
        for digest in sorted(counted - {one.digest for one in votes}):
            raise Failed("vote", id, f"A vote counted on {id} is missing from the database.", digest)
        parts: list[Vote | Decision] = [*votes, *decisions]
        for part in parts:
            who = part.by if isinstance(part, Decision) else part.voter
            what = "decision" if isinstance(part, Decision) else "vote"
            try:
                signing.verify_part(part, site=site, kind=kind, keys=[part.key])
            except CmdbError as wrong:
                raise Failed(
                    what,
                    id,
                    f"The {what} of {who} on {id} is not what was signed.",
                    f"{part.digest}: {wrong.reason}",
                ) from wrong


def _requests(uow: UnitOfWork) -> None:
    """What a request says after its decision is what was decided on."""
    for (id,) in uow.rows(
        f"SELECT id FROM change_request WHERE state IN ({', '.join('?' * len(_BOUND))}) ORDER BY number",
        *_BOUND,
    ):
        request = requests.find(uow, id)
        decisions = ccb_tables.decisions_of(uow, id)
        if request.kind == "standard" and not decisions:
            continue
        if not decisions or decisions[-1].content != content_digest(request):
            raise Failed(
                "request", id, f"{id} is not what was decided on.", f"state {request.state}, content differs"
            )


def report_fields(report: Report) -> dict[str, object]:
    """The report as other programs read it. Source: terminal.md, `verify --json`."""
    failure = report.failure
    return {
        "ok": report.ok,
        "site": report.site,
        "root": report.root,
        "root_confirmed": report.root_confirmed,
        "head": report.head,
        "baselines": report.baselines,
        "changes": report.changes,
        "votes": report.votes,
        "decided_by_one_person": report.alone,
        "journal_gaps": [
            {
                "at": canonical.rfc3339(gap.at),
                "actor": gap.actor,
                "action": gap.action,
                "first": gap.first,
                "last": gap.last,
                "cites": gap.cites,
            }
            for gap in report.gaps
        ],
        "first_failure": None
        if failure is None
        else {"kind": failure.kind, "id": failure.id, "why": failure.why, "detail": failure.detail},
    }
