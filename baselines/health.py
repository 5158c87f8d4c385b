"""What is wrong with a site's library, for the doctor: a quick look, no proof.

Verify proves; this only says at once that the library is gone, unreadable, or not where the
database says it is. Changes nothing. Source: rules.md 8.
"""

from baselines import disguises, proved, tables
from baselines.library import Library
from ccb import levels
from cmdb.doctor import Finding
from cmdb.errors import CmdbError, Refused
from cmdb.site import Site
from cmdb.store import Store

LEVELS_LISTED = 10  # findings about control levels named one by one
_VERIFY = "Stop writing, keep both stores untouched and run 'cmdb verify'."


def of_library(site: Site, known: str = "") -> tuple[Finding, ...]:
    """Give every finding about the library of a site; `known` is the file of what was proved before."""
    try:
        with Library.open(site) as library:
            return tuple(_look(library, known))
    except Refused as refusal:  # a mirror, a missing program: it stops work, and nothing is damaged
        found = _fault("library.git", refusal.reason, refusal.remedy)
        return (found.but(kind="vault"),)
    except CmdbError as fault:
        return (_fault("library.git", fault.reason, fault.remedy),)


def _look(library: Library, known: str) -> list[Finding]:
    with library.store.read() as uow:
        newest = tables.newest(uow)
        remembered = proved.recall(known, tables.site_id(uow))
        cut = proved.journal_problem(uow, remembered)
        tags = {row[0]: row[1] for row in uow.rows("SELECT id, tag FROM baseline")}
        disguised = (*disguises.in_database(uow), *disguises.in_library(library.vault.path))
    if newest is None:
        return [_fault("library.git", "The database names no founding commit.", "Restore a backup.")]
    found = [_fault("journal", cut, proved.AGAIN)] if cut else []
    if remembered and not library.vault.is_ancestor(remembered.head, newest.commit):
        found.append(_fault("library.git", "The end that was proved here before is missing.", proved.AGAIN))
    main = library.vault.head()
    if main not in (newest.commit, newest.parent):
        text = f"main is at {main[:12] or 'nothing'}, but the newest baseline or record is {newest.name}."
        ahead = main and library.vault.is_ancestor(newest.commit, main)
        found.append(_fault("main", text, "Run 'cmdb rebuild --forward'." if ahead else _VERIFY))
    present = library.vault.tags()
    settling = newest.name if main == newest.parent != newest.commit else ""
    found += [
        _fault(name, "Its signed tag is missing or was moved.", _VERIFY)
        for name, tag in sorted(tags.items())
        if present.get(name) != tag and name != settling
    ]
    found += [
        _fault(name, "There is a tag of that name, but no such baseline.", _VERIFY)
        for name in sorted(present.keys() - tags.keys())
    ]
    found += [_fault(one.id, one.why, f"{one.detail}.") for one in disguised]
    library.vault.commit(newest.commit)  # raises when its objects are damaged
    return found


def of_levels(site: Site) -> tuple[Finding, ...]:
    """Give what is not at the control level it has to be at; none where the database cannot be read."""
    try:
        with Store.open(site.url).read() as uow:
            found = levels.findings(uow)
    except CmdbError:
        return ()
    more = len(found) - LEVELS_LISTED
    listed = [
        Finding(kind="level", subject=one.id, text=one.why, remedy=f"{one.remedy}.", severity="warning")
        for one in found[:LEVELS_LISTED]
    ]
    if more > 0:
        text = f"{more:,} more are not at the control level asked of them."
        rest = Finding(
            kind="level", subject="items", text=text, remedy="'cmdb level check'.", severity="warning"
        )
        listed.append(rest)
    return tuple(listed)


def _fault(subject: str, text: str, remedy: str) -> Finding:
    return Finding(kind="library", subject=subject, text=text, remedy=remedy, severity="fault")
