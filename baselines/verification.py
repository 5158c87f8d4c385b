"""Verify: the library proves itself, and the database agrees with it.

    verify(library, *, root, at_least, remembered, verify_signature, progress) -> Report

Without `root` the answer says that the root was not confirmed by whoever asks. What was proved
before is passed in as `remembered` and is not proved again; a head that does not descend from it
fails. Where a database was lost, the journal entries that older commits cite are gone: the entry
that took the library over says so, and it is reported as a gap, not a failure. Nothing is changed or
repaired. Source: rules.md 7, Verify, Rebuild; 8.
"""

from collections.abc import Callable
from dataclasses import dataclass

from baselines import consistency, disguises, dossier_rows, minuted, proved, tables
from baselines.consistency import Gap
from baselines.decided import Verify
from baselines.dossier_rows import Counted
from baselines.failures import Failed, Failure
from baselines.library import Library
from baselines.model import LibraryCommit
from baselines.proof import Tally
from baselines.proved import Proved
from baselines.proving import prove
from ccb import tables as ccb_tables
from cmdb import canonical, journal, signatures
from cmdb.errors import CmdbError, Refused
from cmdb.model import Value
from cmdb.store import UnitOfWork

_BOUND = ("approved", "checked out", "checked in", "closed", "backed out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Value):
    """The answer. `alone` counts decisions by one person; `root_confirmed` whether the root was given.

    `minutes` counts signed minutes, corrected ones too. `gaps` are the parts of the journal that were
    lost with an earlier database.
    """

    site: str
    root: str
    head: str
    root_confirmed: bool
    baselines: int
    changes: int
    votes: int
    alone: int
    minutes: int = 0
    journal: int = 0
    entry: str = ""
    rows: str = ""
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
        return known.but(gaps=len(self.gaps), rows=self.rows)


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
    check = signatures.Remembered(verify_signature)
    failure = None
    gaps: tuple[Gap, ...] = ()
    rows = ""
    with library.store.read() as uow:
        newest = None
        last, entry = journal.head(uow)
        try:
            newest = tables.newest(uow)
            if newest is None:
                raise Failed("site", "", "This site has no founding commit.", "no row in library_commit")
            _open(uow, library, newest)
            tally = prove(
                library.vault,
                newest.commit,
                verify=check,
                since=remembered.head if remembered else "",
                start=_start(remembered),
                progress=progress,
            )
            _expected(uow, tally, root, at_least, remembered)
            gaps, rows = _agrees(uow, library, newest, tally, remembered, check)
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
        minutes=minuted.count(library.vault, newest.commit) if newest and failure is None else 0,
        journal=last,
        entry=entry,
        rows=rows,
        gaps=gaps,
        failure=failure,
    )


def _agrees(
    uow: UnitOfWork,
    library: Library,
    newest: LibraryCommit,
    tally: Tally,
    remembered: Proved | None,
    check: Verify,
) -> tuple[tuple[Gap, ...], str]:
    """The database agrees with what was proved; give the gaps of its journal and what to know its rows by."""
    held = _held(uow, library, remembered)
    gaps = consistency.check(uow, library, newest, verify=check, held=held, tally=tally)
    return gaps, _counted(uow, library, newest.commit).rows


def _counted(uow: UnitOfWork, library: Library, head: str) -> Counted:
    """The decisions up to a commit and the votes they counted, as the database has them."""
    return dossier_rows.counted(uow, library.vault.line(head))


def _held(uow: UnitOfWork, library: Library, remembered: Proved | None) -> frozenset[str]:
    """The decisions and votes whose rows are, in every column, what was held against signatures before."""
    if remembered is None or not remembered.rows:
        return frozenset()
    counted = _counted(uow, library, remembered.head)
    return counted.parts if counted.rows == remembered.rows else frozenset()


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


def _open(uow: UnitOfWork, library: Library, newest: LibraryCommit) -> None:
    """Nothing alters or hides what is read, and main is where the newest row says, or one step before."""
    for one in (*disguises.in_database(uow), *disguises.in_library(library.vault.path)):
        raise Failed(*one)
    main = library.vault.head()
    if main not in (newest.commit, newest.parent):
        raise Failed(
            "commit",
            newest.name,
            "The library and the database disagree about the newest commit.",
            f"main is {main or 'absent'}, the newest row names {newest.commit}",
        )


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
        "minutes": report.minutes,
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
