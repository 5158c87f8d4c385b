"""Holding what comes back from a check-out against what was approved: every problem, no change.

    examine(uow, id, *, folder, evidence, actor, at) -> Incoming

Verified are the authorisation, the lease, the base, the exact scope, schema and references, the
evidence, and effects nobody approved (a new cycle, margin lost). Source: rules.md 7, Check-in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from baselines import attached, incoming, tables, workdir
from baselines.compare import words
from baselines.model import Checkout
from baselines.records import request_folder
from ccb import controlled, effects, examination, levels, proposal, requests
from ccb.assessment import after as estates_after
from ccb.authorisation import Authorisation, authorised
from ccb.authorisation import evidence as evidence_of
from ccb.model import ChangeRequest
from ccb.proposal import Proposal
from ccb.statements import ASSESSMENT
from cmdb import canonical, files, item_rules, people, records
from cmdb.errors import CmdbError
from cmdb.model import Value, shown
from cmdb.places import NAME_BYTES
from cmdb.store import UnitOfWork

_OUT = ("approved", "checked out", "checked in")  # states a check-out can have led to
EVIDENCE_LIMIT = 16 * 1024 * 1024  # bytes of one evidence file


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming(Value):
    """What a check-in would write, and everything that stands against it.

    `files` are (path, bytes) in the library, without the attachments of documents, whose digests are in
    their records; those lie in the database, the library or the `folder`. `untouched` are open fields
    that come back as they were before, `empty` those that hold nothing yet, as they are typed; `late`
    tells that the window has ended already.
    """

    request: ChangeRequest
    authorisation: Authorisation | None
    proposal: Proposal
    files: Mapping[str, bytes] = field(repr=False, default_factory=dict)
    problems: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    late: bool = False
    folder: Path | None = None

    @property
    def digest(self) -> str:
        """SHA-256 over everything it would write: what was shown is what is signed."""
        whole = sha256()
        for path, data in sorted(self.files.items()):
            whole.update(f"{path}\0{len(data)}\0".encode() + data)
        return whole.hexdigest()


def examine(
    uow: UnitOfWork,
    id: str,
    *,
    folder: Path | None = None,
    evidence: Sequence[Path] = (),
    actor: str,
    at: datetime,
) -> Incoming:
    """Hold what came back against what was approved; give every problem. Changes nothing lasting.

    Run it in a write transaction that is rolled back: the records are tried out in the database.
    """
    request = requests.find(uow, id)
    problems: list[str] = []
    known = _authorised(uow, request, problems, at)
    out = tables.checkout_of(uow, request.id)
    folder = folder or (Path(out.folder) if out and out.folder and out.state == "out" else None)
    approved = examination.proposed(uow, request.changes)
    problems += approved.problems
    problems += [
        f"{one.subject}: '{words(one.field)}' moved since: it was {_said(one.original)}, is now"
        f" {_said(one.current)}, approved is {_said(one.proposed)}."
        for one in approved.moved
    ]
    untouched: list[str] = []
    result = _brought_back(uow, request, approved, folder, problems, untouched)
    problems += _lease_problems(request, out, actor, at)
    problems += _reference_problems(uow, result)
    problems += attached.absent(uow, result.after, folder)
    problems += _unapproved_effects(uow, request, known)
    problems += _trial(uow, result)
    written = {
        records.path_of(*key): canonical.encode(controlled.form_of(key[0]), fields)
        for key, fields in result.after.items()
    }
    written |= _evidence(request, evidence, problems)
    return Incoming(
        request=request,
        authorisation=known,
        proposal=result,
        files=written,
        problems=tuple(dict.fromkeys(problems)),
        untouched=tuple(untouched),
        empty=incoming.empty(result),
        late=request.window is not None and at >= request.window.end,
        folder=folder,
    )


def against(uow: UnitOfWork, result: Proposal) -> list[str]:
    """Every problem of records that are to be written: what they refer to, and what stores them.

    Tries them out in the database: run it in a write transaction that is rolled back.
    """
    return [*_reference_problems(uow, result), *_trial(uow, result)]


def _authorised(
    uow: UnitOfWork, request: ChangeRequest, problems: list[str], at: datetime
) -> Authorisation | None:
    try:
        return authorised(uow, request, at=at, recompute=False)
    except CmdbError as refusal:
        problems += [refusal.reason, *refusal.problems]
        if request.kind == "standard":  # mending the work does not help: the way out is another one
            problems.append(refusal.remedy)
        return None


def _brought_back(
    uow: UnitOfWork,
    request: ChangeRequest,
    approved: Proposal,
    folder: Path | None,
    problems: list[str],
    untouched: list[str],
) -> Proposal:
    """The records as they come back: open fields filled from the working directory."""
    if folder is None:
        problems += incoming.unfilled(approved)
        return approved
    found, wrong = workdir.read(folder, tuple(approved.after), request.id)
    problems += wrong
    contents, empty = incoming.filled(approved, found)
    problems += empty
    untouched += incoming.untouched(approved, contents)
    held = controlled.held_all(uow, proposal.keys(request.changes))
    expected = controlled.completed(proposal.proposed(held, request.changes, filled=contents))
    problems += incoming.differing(
        expected, {key: controlled.normal(key[0], fields) for key, fields in found.items()}
    )
    return expected


def _lease_problems(request: ChangeRequest, out: Checkout | None, actor: str, at: datetime) -> list[str]:
    if out is None or out.state != "out":
        if request.state not in _OUT:  # that no decision carries it is said already
            return []
        return [f"{request.id} is not checked out; it is {request.state}."]
    if out.person != actor:
        return [f"{request.id} is checked out by {out.person}, not by you."]
    if not out.holds(at):
        return [
            (
                f"Your check-out expired at {canonical.rfc3339(out.expires_at)};"
                f" renew it: 'cmdb check-out {request.id} --renew'."
            )
        ]
    return []


def _reference_problems(uow: UnitOfWork, result: Proposal) -> list[str]:
    """A controlled record may refer only to controlled records, here or in the same change."""
    problems = []
    for (kind, id), fields in result.after.items():
        for key in controlled.references(kind, fields):
            known = result.after.get(key) or controlled.held(uow, *key)
            if known is None:
                problems.append(f"{kind} {id} refers to {key[0]} '{shown(key[1])}', which does not exist.")
            elif known.get("level") == "draft":
                problems.append(f"{kind} {id} refers to {key[0]} {key[1]}, which is not under control.")
    return problems or levels.level_problems(uow, result)


def _unapproved_effects(uow: UnitOfWork, request: ChangeRequest, known: Authorisation | None) -> list[str]:
    """New cycles and lost margin that the assessment decided on did not show."""
    if known is None or not any(one.holder[0] == "item" for one in request.changes):
        return []
    decided = known.latest  # a template foresees no such effect
    approved = evidence_of(uow, decided.assessment, ASSESSMENT) if decided else {}
    try:
        before, changed, delta = estates_after(uow, request)
    except CmdbError:
        return []  # what cannot be worked out is among the problems already
    problems = []
    shown_cycles = [list(one) for one in approved.get("cycles", ())]
    for cycle in effects.new_cycles(before, changed, delta):
        if cycle not in shown_cycles:
            problems.append(f"A new cycle nobody approved: {' -> '.join(cycle)}.")
    foreseen = {(one["service"], one["item"]) for one in approved.get("single_points_added", ())}
    points = effects.moved_points(before, changed, delta)
    for service, item in points[0] if points else ():
        if (service, item) not in foreseen:
            problems.append(f"{item} becomes a single point of failure of {service}, which nobody approved.")
    for item in effects.lost_margin(before, changed, delta):
        if item not in approved.get("margin", ()):
            problems.append(f"{item} loses redundancy, which nobody approved.")
    return problems


def _trial(uow: UnitOfWork, result: Proposal) -> list[str]:
    """Try the records out in the database, which knows rules no single record shows."""
    try:
        for (kind, id), fields in result.after.items():
            before = result.before.get((kind, id)) or {}
            if kind == "item" and fields.get("status") == "retired" != before.get("status"):
                gone = frozenset(
                    (other, link["target"], link["kind"])
                    for (name, other), old in result.before.items()
                    if name == "item" and old
                    for link in old.get("dependencies", ())
                    if link not in result.after[name, other].get("dependencies", ())
                    or result.after[name, other].get("status") == "retired"
                )
                item_rules.refuse_needed(uow, id, moved=gone)
            if kind == "person" and before.get("active") and not fields.get("active"):
                given = examination.handed_over(result, id)
                people.refuse_owner(uow, records.person_from(fields), besides=given)
        controlled.put_all(uow, result.after)
    except CmdbError as wrong:
        return [wrong.reason, *wrong.problems]
    return []


def _evidence(request: ChangeRequest, brought: Sequence[Path], problems: list[str]) -> dict[str, bytes]:
    """Read the evidence files; each required piece is one whose name it has."""
    found: dict[str, bytes] = {}
    names = {}
    for file in brought:
        name = file.name
        try:
            data = files.read(file, limit=EVIDENCE_LIMIT)
        except CmdbError as wrong:
            problems.append(f"The evidence {shown(name)}: {wrong.reason}")
            continue
        safe = records.file_name(name)
        if len(safe) > NAME_BYTES:
            problems.append(f"The evidence {shown(name)}: its name is too long for the library; shorten it.")
        path = f"{request_folder(request.id)}/evidence/{safe}"
        if path in found:
            problems.append(f"Two evidence files are called {shown(name)}.")
        found[path] = data
        names[_plain(file.stem)] = name
    problems += [
        f"The evidence '{shown(one)}' is missing: bring a file of that name with --evidence."
        for one in request.evidence
        if _plain(one) not in names
    ]
    return found


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name.casefold()).strip("-")


def _said(content: object) -> str:
    return "empty" if content in (None, "", [], {}) else f"'{shown(str(content))}'"
