"""Establishing baselines: the founding commit, and how any later one enters the rows.

    found(library, *, founder, key, at, name) -> Baseline      BL-000000, the root of the site
    enter_baseline(uow, commit, *, title, request) -> Baseline     rows of a site baseline

The founding commit is the only one without votes: it holds the site's random id, the founder with
a key, the CM group, the starter types and kinds, the site board and its policies. Whoever knows its
id (the root) can prove everything that followed. Source: rules.md 7, Founding commit, Baseline.
"""

from datetime import datetime
from pathlib import Path

from baselines import announcing, tables
from baselines.library import Draft, Library, commit_point
from baselines.model import FOUNDING, Baseline, LibraryCommit
from ccb import controlled
from ccb.ballot import SITE_BOARD, Board, Policy, Seat
from cmdb import canonical, journal, records, signatures, types
from cmdb.errors import Refused
from cmdb.model import Group, Person, RoleGrant, Value
from cmdb.roles import ROLES
from cmdb.store import UnitOfWork

SITE_FILE = "site.json"
SITE_FORM = "site/1"
CM_GROUP = "cm-group"
LEVEL = "baselined"


def found(library: Library, *, founder: Person, key: Path, at: datetime, name: str) -> Baseline:
    """Write the founding commit of a new site and everything it holds into the database.

    The founder holds every role until they are granted to others. Raises Refused when the site is
    founded already or the key cannot sign.
    """
    public = signatures.read_public_key(key)
    person = founder.but(level=LEVEL, keys=(public,), active=True)
    values = starters(person)
    entered: list[Baseline] = []

    def draft(uow: UnitOfWork, newest: LibraryCommit | None) -> Draft:
        if newest is not None:
            raise Refused(
                "This site is founded already.", "Work on it, or make another with 'cmdb init DIR'."
            )
        site = {"id": tables.site_id(uow), "name": name, "founder": person.id}
        files = [(SITE_FILE, canonical.encode(SITE_FORM, site))]
        files += [record_file(one) for one in values]
        return Draft(files=files, subject=f"Found the site {name}")

    def enter(uow: UnitOfWork, commit: LibraryCommit) -> None:
        for one in values:
            uow.add(one)
        for role in ROLES:
            uow.add(RoleGrant(id=f"founder {role}", person=person.id, role=role, start=at))
        tables.set_root(uow, commit.commit)
        entered.append(enter_baseline(uow, commit, title=f"Founding of {name}"))

    commit_point(library, kind="baseline", draft=draft, enter=enter, author=person, key=key, at=at)
    return entered[-1]


def enter_baseline(uow: UnitOfWork, commit: LibraryCommit, *, title: str) -> Baseline:
    """Write the row of a new site baseline, archive the one it replaces, and journal it."""
    before = tables.baseline_in_force(uow)
    sequence, head = journal.head(uow)
    baseline = Baseline(
        id=commit.name,
        title=title,
        commit=commit.commit,
        tag=commit.tag,
        parent=commit.parent,
        request=commit.request,
        established_at=commit.at,
        established_by=commit.actor,
        journal=head if sequence else "",
    )
    uow.add(baseline)
    tables.set_baseline(uow, baseline.id)
    if before is not None:
        uow.replace(before.but(replaced_by=baseline.id, archived_at=commit.at))
    journal.record(
        uow,
        at=commit.at,
        actor=commit.actor,
        action="site found" if baseline.id == FOUNDING else "baseline establish",
        subjects=(baseline.id,),
        changed={"commit": commit.commit, "tag": commit.tag, "archived": before.id if before else ""},
        request=commit.request,
    )
    if baseline.request:
        announcing.announce(uow, baseline)
    return baseline


def record_file(value: Value) -> tuple[str, bytes]:
    """The path and canonical bytes of a controlled value other than an item."""
    kind = next(one for one in controlled.KINDS.values() if one.value is type(value))
    fields = kind.fields(value)
    return records.path_of(kind.name, fields["id"]), canonical.encode(kind.form, fields)


def starters(founder: Person) -> tuple[Value, ...]:
    """What a new site controls from its first commit, in the order in which rows may be written.

    One person cannot be four eyes: the starter policies ask for one vote of the site board. The
    first request of a site with more people should be to raise that.
    """
    group = Group(id=CM_GROUP, name="CM group", lead=founder.id, members=(founder.id,), level=LEVEL)
    board = Board(
        id=SITE_BOARD,
        name="Site board",
        chair=founder.id,
        members=(Seat(person=founder.id, group=group.id),),
        level=LEVEL,
    )
    return (
        *(kind.but(level=LEVEL) for kind in types.KINDS),
        *(one.but(level=LEVEL) for one in types.TYPES),
        founder,
        group,
        board,
        *_policies(),
    )


def _policies() -> tuple[Policy, ...]:
    board = tuple(
        Policy(
            id=f"site-{decision}",
            name=f"Site board: {decision}",
            board=SITE_BOARD,
            decision=decision,
            four_eyes=False,
            level=LEVEL,
        )
        for decision in ("change", "baseline", "promotion", "release")
    )
    controlled_only = Policy(
        id="controlled-change",
        name="Records that are merely controlled: the owner and a named reviewer",
        board=SITE_BOARD,
        decision="change",
        control_level="controlled",
        rule="consents",
        quorum=0,
        reviewer=True,
        level=LEVEL,
    )
    return (*board, controlled_only)
