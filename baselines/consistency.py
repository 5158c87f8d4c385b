"""The database held against the library: every row that repeats what a commit says, and the journal.

    check(uow, library, newest) -> gaps      raises Failed at the first thing that differs

The library itself is proved by `baselines.proof`; here it is taken as true. What is said of change
requests is in `baselines.dossiers`. Nothing is changed or repaired. Source: rules.md 7, Verify, Rebuild.
"""

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, NoReturn

from baselines import attached, audit_records, dossiers, proved, release_records, scoped_records, vouched
from baselines.decided import Verify
from baselines.establish import SITE_FILE
from baselines.failures import Failed
from baselines.library import Library
from baselines.minuted import FOLDER as MINUTES
from baselines.minutes import TRAILER
from baselines.model import BACK_OUT, FOUNDING, Baseline, Commit, LibraryCommit
from baselines.proof import Tally
from baselines.vault import MAIN, PENDING, TAGS, content_id
from baselines.vault_git import shown_to_clones
from ccb import controlled, minutes
from ccb.meeting import Meeting, Minutes
from ccb.proposal import Fields
from cmdb import attachments, canonical, item_records, journal, records, signatures, tables_derived
from cmdb.errors import CmdbError
from cmdb.model import Entry, Value, shown
from cmdb.records import FOLDERS
from cmdb.store import UnitOfWork

HEADS = "refs/heads/"
_OURS = (HEADS, TAGS, PENDING)  # those below refs/tags/ are held against the baselines
_ESTABLISHED = ("site found", "baseline establish")


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


def check(
    uow: UnitOfWork,
    library: Library,
    newest: LibraryCommit,
    *,
    verify: Verify = signatures.verify,
    held: Set[str] = frozenset(),
    tally: Tally | None = None,
) -> tuple[Gap, ...]:
    """Hold the database against the library up to its newest row; give the gaps of the journal.

    `held` are digests of parts whose rows were held against their signatures before, and are the same;
    `tally` what was just proved, which is then not read again. Raises Failed at the first difference.
    """
    broken = journal.chain_problem(uow) or journal.index_problem(uow)
    if broken:
        raise Failed("journal", "", f"The journal was changed afterwards: {broken}.", broken)
    _one_line(library)
    tally = tally or Tally()
    walked = list(tally.walked or library.vault.walk(newest.commit, whole=True))[::-1]
    gaps = _gaps(uow)
    lost = _lost(walked, gaps)
    _site(uow, library, walked)
    _commits(uow, library, walked, lost)
    dossiers.check(uow, walked, gap=bool(gaps), verify=verify, held=held, proven=tally.parts)
    _baselines(uow, library, walked, lost)
    _minutes(uow, library, walked)
    vouched.check(uow, walked[0].trailer("Actor"), walked[0].at)
    audit_records.check(uow, library.vault, newest.commit, _audited)
    release_records.check(uow, library.vault, newest.commit, _released)
    scoped_records.check(uow, library.vault, walked, _of_scope)
    for kind in controlled.KINDS:
        _records(uow, library, newest.commit, kind)
    _attachments(uow, library, newest.commit)
    for id, what in tables_derived.mistaken(uow):
        raise Failed(
            "derived",
            id,
            f"What the database derives for {id} does not follow from its records: {what}.",
            "impact reads it; nothing signed is touched: 'cmdb doctor --mend' computes it again",
        )
    return gaps


def _one_line(library: Library) -> None:
    """Whoever looks at the library or clones it is shown its one history, and nothing nobody agreed on."""
    head, refs = shown_to_clones(library.vault.path)
    for one in refs:
        if not one.startswith(_OURS):
            raise Failed(
                "ref",
                shown(one),
                f"The library holds '{shown(one)}', which shows others something else than was agreed.",
                f"{shown(one)} in library.git: find out who made it, then 'git update-ref -d' takes it away",
            )
        if one.startswith(HEADS) and one != MAIN:
            name = shown(one.removeprefix(HEADS))
            raise Failed(
                "branch",
                name,
                f"The library has a branch '{name}' beside its history; nothing on it was agreed.",
                f"{one} in library.git: find out who made it, then 'git branch -D' takes it away",
            )
    if head != f"ref: {MAIN}":
        raise Failed(
            "branch",
            "HEAD",
            "Whoever clones the library is shown something else than its history.",
            f"HEAD is {shown(head)!r}: find out who moved it, then 'git symbolic-ref HEAD {MAIN}'",
        )


def _site(uow: UnitOfWork, library: Library, walked: Sequence[Commit]) -> None:
    """The site's own row says what its founding commit and its newest baseline say."""
    founded = canonical.decode(library.vault.read(walked[0].id, SITE_FILE))[1]
    newest = [one.trailer("Baseline") for one in walked if one.trailer("Baseline")][-1]
    [row] = uow.rows("SELECT id, name, baseline FROM site")
    for name, found, expected in zip(
        ("id", "name", "baseline"), row, (founded["id"], founded["name"], newest), strict=True
    ):
        if found != expected:
            raise Failed(
                "site",
                name,
                f"What the database says of the site, its {name}, is not what the library says.",
                f"site.{name} is {found!r}, the library says {expected!r}",
            )


def _commits(uow: UnitOfWork, library: Library, walked: Sequence[Commit], lost: set[int]) -> None:
    """Every row repeats the commit of its place, and the journal's head each one cites existed."""
    heads = {row[0] for row in uow.rows("SELECT hash FROM journal")} | {journal.START}
    tags = _tags(library)
    rows = {one.sequence: one for one in uow.all(LibraryCommit)}
    for sequence, commit in enumerate(walked):
        name = commit.trailer("Baseline") or commit.trailer("Record")
        row = rows.pop(sequence, None)
        if row is None or (row.commit, row.name) != (commit.id, name):
            raise Failed(
                "commit", name, f"The database does not know {name} as the library has it.", commit.id
            )
        _same("commit", row, _said(commit, tags), commit)
        cited = commit.trailer("Journal")
        if cited not in heads and sequence not in lost:
            raise Failed(
                "journal", name, f"The journal entry that {name} cites is gone.", f"no entry has hash {cited}"
            )
    for row in rows.values():
        raise Failed("commit", row.name, f"The library has no commit {row.name} at its place.", row.commit)


def _baselines(uow: UnitOfWork, library: Library, walked: Sequence[Commit], lost: set[int]) -> None:
    """Every baseline is what its commit says, each archived by the next."""
    places = [place for place, one in enumerate(walked) if one.trailer("Baseline")]
    before, tags = _before_each(uow), _tags(library)
    titles: dict[str, str] = dict(uow.rows("SELECT id, title FROM change_request"))
    titles[""] = uow.rows("SELECT name FROM site")[0][0]
    rows = {one.id: one for one in uow.all(Baseline, kind="site")}
    for place, after in zip(places, [*places[1:], None], strict=True):
        commit, later = walked[place], None if after is None else walked[after]
        name = commit.trailer("Baseline")
        row = rows.pop(name, None)
        if row is None:
            raise Failed("baseline", name, f"{name} is missing from the database.", commit.id)
        said = _said(commit, tags)
        cited = commit.trailer("Journal")
        expected = {
            "scope": "",
            "title": _title(commit, titles),
            "commit": commit.id,
            "tag": said["tag"],
            "parent": said["parent"],
            "request": said["request"],
            "established_at": said["at"],
            "established_by": said["actor"],
            "replaced_by": "" if later is None else later.trailer("Baseline"),
            "archived_at": None if later is None else later.at,
            "journal": cited if place in lost else before.get(name, cited),
        }
        if expected["journal"] == journal.START:
            expected["journal"] = ""
        _same("baseline", row, expected, commit)
    for row in rows.values():
        raise Failed("baseline", row.id, f"The library has no baseline {row.id}.", row.commit)


def _meetings(uow: UnitOfWork) -> None:
    """A meeting whose minutes are signed is the one they tell of; notes alone may be corrected since."""
    newest = {row.meeting: row for row in sorted(uow.all(Minutes), key=lambda row: row.version)}
    for id, row in newest.items():
        held, told = uow.find(Meeting, id), minutes.meeting_from(canonical.decode(row.text.encode())[1])
        if held is None or minutes.without_notes(held) != minutes.without_notes(told):
            why = f"The meeting {id} is not the one its signed minutes tell of."
            raise Failed("minutes", id, why, f"row of {id} differs from version {row.version}")


def _minutes(uow: UnitOfWork, library: Library, walked: Sequence[Commit]) -> None:
    """Every row of minutes is what the library keeps of them, and none is missing."""
    commits = {one.trailer(TRAILER): one.id for one in walked if one.trailer(TRAILER)}
    kept = dict(library.vault.paths(walked[-1].id, MINUTES))
    for row in uow.all(Minutes):
        stem = f"{MINUTES}{row.meeting}-{row.version}"
        data = library.vault.find(walked[-1].id, f"{stem}.json") or b""
        signature = library.vault.find(walked[-1].id, f"{stem}.sig") or b""
        kept.pop(f"{stem}.json", None)
        kept.pop(f"{stem}.sig", None)
        fields = canonical.decode(data)[1] if data else {}
        expected = {
            "text": data.decode(),
            "signature": signature.decode("ascii", "replace"),
            "digest": canonical.digest(minutes.FORM, data),
            "previous": fields.get("previous", ""),
            "by": fields.get("by", ""),
            "at": canonical.instant(fields["at"]) if "at" in fields else None,
            "record": commits.get(row.digest, ""),
        }
        wrong = [name for name, content in expected.items() if getattr(row, name) != content]
        try:
            signatures.verify(data, row.signature, namespace=minutes.NAMESPACE, keys=[row.key])
        except CmdbError:
            wrong.append("key")
        if wrong:
            raise Failed(
                "minutes",
                f"{row.meeting}-{row.version}",
                f"What the database says of the minutes of {row.meeting} is not what was signed:"
                f" '{wrong[0]}' was changed.",
                f"{', '.join(wrong)} differ from {stem}.json",
            )
    _meetings(uow)
    for path in sorted(kept):
        name = path.removeprefix(MINUTES).rpartition(".")[0]
        raise Failed("minutes", name, f"The minutes {name} are missing from the database.", path)


def _of_scope(id: str, why: str, detail: str) -> NoReturn:
    raise Failed("scoped baseline", id, why, detail)


def _audited(id: str, why: str, detail: str) -> NoReturn:
    raise Failed("audit", id, why, detail)


def _released(id: str, why: str, detail: str) -> NoReturn:
    raise Failed("release", id, why, detail)


def _tags(library: Library) -> dict[str, str]:
    """The tag object of every baseline, also of one that is not settled yet."""
    return {**library.vault.pending_names(), **library.vault.tags()}


def _said(commit: Commit, tags: Mapping[str, str]) -> dict[str, Any]:
    """What a commit says of itself, by the columns that repeat it."""
    return {
        "parent": commit.parents[0] if commit.parents else "",
        "tag": tags.get(commit.trailer("Baseline"), ""),
        "at": commit.at,
        "actor": commit.trailer("Actor"),
        "request": commit.trailer("Request"),
    }


def _before_each(uow: UnitOfWork) -> dict[str, str]:
    """The hash of the journal's entry before the one that tells of each baseline, by its id."""
    found = uow.rows(
        "SELECT subjects, previous FROM journal WHERE action IN (?, ?) ORDER BY sequence", *_ESTABLISHED
    )
    return {json.loads(subjects)[0]: previous for subjects, previous in found}


def _title(commit: Commit, titles: Mapping[str, str]) -> str:
    """The title under which a baseline is listed: that of its request, whose content is proved."""
    if commit.trailer("Baseline") == FOUNDING:
        return f"Founding of {titles['']}"
    request = commit.trailer("Request")
    title = titles.get(request, "")  # one that is missing was told of before this
    return f"Back out {request}: {title}" if commit.trailer(BACK_OUT) else title


def _same(kind: str, row: LibraryCommit | Baseline, expected: dict[str, Any], commit: Commit) -> None:
    name = row.name if isinstance(row, LibraryCommit) else row.id
    for column, content in expected.items():
        if getattr(row, column) != content:
            raise Failed(
                kind,
                name,
                f"What the database says of {name} is not what the library says: '{column}' was changed.",
                f"{column} is {getattr(row, column)!s}, commit {commit.id} says {content!s}",
            )


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
    folder = f"{FOLDERS[kind]}/"
    # A digest of each: a million paths with their object ids take three times as much memory.
    expected = {_known_as(path, oid) for path, oid in library.vault.paths(head, folder)}
    form = controlled.form_of(kind)
    for id, fields in _stored(uow, kind):
        path = records.path_of(kind, id)
        known = _known_as(path, content_id(canonical.encode(form, fields)))
        if known not in expected:
            raise Failed(
                kind,
                id,
                f"{kind} {id} was changed in the database without a baseline.",
                f"row of {id} differs from {path} at {head}",
            )
        expected.discard(known)
    for path, oid in library.vault.paths(head, folder) if expected else ():
        if _known_as(path, oid) in expected:
            raise Failed(kind, path, f"A controlled {kind} is missing from the database.", path)


def _known_as(path: str, oid: str) -> bytes:
    return sha256(f"{path}\0{oid}".encode("utf-8", "surrogatepass")).digest()


def _attachments(uow: UnitOfWork, library: Library, head: str) -> None:
    """The files attached to documents are those their records name, and those that wait are whole."""
    for name, why in attached.unlike(library.vault, head):
        said = f"A file attached to a document does not agree: {why}."
        raise Failed("attachment", name, said, f"{why} at {head}")
    for digest, why in attachments.damaged(uow):
        raise Failed("attachment", digest, why, f"kept_file {digest} does not have these bytes")


def _stored(uow: UnitOfWork, kind: str) -> Iterator[tuple[str, Fields]]:
    if kind == "item":
        yield from item_records.stream(uow.rows, uow.dialect, drafts=False)
        return
    for id in controlled.ids_under_control(uow, kind):
        fields = controlled.held(uow, kind, id)
        if fields is not None:
            yield id, fields
