"""Checking in what was approved: every verification, one commit, one signed baseline.

    check_in(library, id, *, folder, evidence, actor, key, at) -> Baseline
    establish(library, id, *, actor, key, at) -> Baseline          baseline requests: a closed set

The gate stands here, where the damage could be done: without an authorisation that is read again
inside the transaction that commits, nothing is written. A failure names every problem, changes
nothing and loses no work. Source: rules.md 7, Check-in, Baseline; IT Service CMM 5.5, Activity 6.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from baselines import attached, checkout
from baselines.establish import enter_baseline
from baselines.inspection import Incoming, examine
from baselines.library import Draft, Library, commit_point, unheard
from baselines.model import Baseline, LibraryCommit
from baselines.records import asked_path
from ccb import closing, controlled, examination, requests, scope, statements
from ccb.authorisation import Authorisation, authorised
from ccb.model import ChangeRequest, ProposedChange
from ccb.proposal import Key
from ccb.standing import active_person
from cmdb import canonical, documents, journal, records
from cmdb.errors import Refused
from cmdb.model import Person
from cmdb.parts import Content
from cmdb.places import FOLDERS, path_of
from cmdb.store import UnitOfWork
from cmdb.written import Document


def check_in(
    library: Library,
    id: str,
    *,
    folder: Path | None = None,
    evidence: Sequence[Path] = (),
    unchanged: bool = False,
    seen: str = "",
    actor: str,
    key: Path,
    at: datetime,
    steps: Callable[[str], None] = unheard,
) -> Baseline:
    """Write what was approved as one signed baseline, or nothing.

    `unchanged` says that open fields which come back as they were before are right so; `seen` is the
    digest of what was shown before, refused when it is something else now. Raises Refused naming every
    problem. `steps` hears each step of the write order.
    """
    brought: list[Incoming] = []
    entered: list[Baseline] = []

    def draft(uow: UnitOfWork, newest: LibraryCommit | None) -> Draft:
        with library.store.write() as trial:  # rolled back: the records are only tried out
            found = examine(trial, id, folder=folder, evidence=evidence, actor=actor, at=at)
            refuse(found, unchanged=unchanged, also=_not_yet(trial, found.request, actor, at))
            _refuse_unseen(found, seen)
        brought[:] = [found]
        files = _with_attached(uow, library, newest, found)
        return drafted(library, found.request, found.authorisation, newest, files)

    def enter(uow: UnitOfWork, commit: LibraryCommit) -> None:
        request, result = brought[0].request, brought[0].proposal
        if requests.find(uow, id) != request:
            raise Refused(f"{id} was changed meanwhile.", "Look at it and check in again.")
        authorised(uow, request, at=at, recompute=False)
        if examination.proposed(uow, request.changes).before != result.before:
            raise Refused("A record was changed meanwhile.", "Check in again.")
        controlled.put_all(uow, result.after)
        out = checkout.current(uow, request)
        moved = _movable(uow, request, actor, at)
        requests.put(
            uow,
            moved,
            action="check-in late" if brought[0].late else "check-in",
            actor=actor,
            at=at,
            changed={"baseline": commit.name},
        )
        checkout.release_leases(uow, out)
        uow.replace(out.but(state="checked in", ended_at=at))
        entered.append(enter_baseline(uow, commit, title=request.title))
        issue(uow, result.after, commit.name, at)

    with library.store.read() as uow:
        author = active_person(uow, actor)
    _commit(library, draft, enter, author=author, key=key, at=at, request=id, steps=steps)
    return entered[-1]


def _refuse_unseen(found: Incoming, seen: str) -> None:
    """Refuse when what would be written is not what was shown before; `seen` empty: nothing was."""
    if seen not in ("", found.digest):
        raise Refused(
            "A file was edited since you looked, so something else would be written; nothing was.",
            f"Look at it again: 'cmdb check-in {found.request.id}'.",
        )


def _with_attached(
    uow: UnitOfWork, library: Library, newest: LibraryCommit | None, found: Incoming
) -> Iterator[tuple[str, Content | None]]:
    """The files of a check-in, then the attachments that its documents name, one at a time."""
    yield from found.files.items()
    head, after = newest.commit if newest else "", found.proposal.after
    yield from attached.changes(uow, library.vault, after, head=head, folder=found.folder)


def issue(uow: UnitOfWork, keys: Iterable[Key], baseline: str, at: datetime) -> None:
    """Tell whom each document among these records is distributed to, and forget files nobody names."""
    found = [uow.get(Document, id) for kind, id in keys if kind == "document"]
    for document in found:
        documents.issued(uow, document, baseline=baseline, at=at)
    if found:
        attached.sweep(uow, at=at)


def establish(
    library: Library,
    id: str,
    *,
    actor: str,
    key: Path,
    at: datetime,
    steps: Callable[[str], None] = unheard,
) -> Baseline:
    """Bring the closed set of an approved request to its level, as one signed baseline.

    A `baseline` request brings candidates under control, a `promotion` moves records between levels.

    What was voted on is what is established: the set's digest and count are computed again. Raises
    Refused when it is not approved, or a candidate moved since.
    """
    entered: list[Baseline] = []
    seen: list[tuple[int, str]] = []
    risen: list[Key] = []

    def draft(uow: UnitOfWork, newest: LibraryCommit | None) -> Draft:
        request = requests.find(uow, id)
        decision = _refuse_unless_ready(uow, request, at)
        seen[:] = [journal.head(uow)]
        files = _beside(uow, library, newest, _scope_files(uow, request), risen)
        return drafted(library, request, decision, newest, files)

    def enter(uow: UnitOfWork, commit: LibraryCommit) -> None:
        request = requests.find(uow, id)
        if journal.head(uow) != seen[0]:  # somebody wrote meanwhile: look at every candidate again
            _refuse_unless_ready(uow, request, at)
        for change in _scopes(request):
            scope.put(uow, change)
        request = requests.move(uow, request, "check out", actor=actor, at=at)
        request = requests.move(
            uow, request, "check in", actor=actor, at=at, lease=actor, lease_is_actors=True
        )
        requests.put(uow, request, action=request.kind, actor=actor, at=at, changed={"baseline": commit.name})
        closing.conclude(uow, request, actor=actor, at=at)  # establishing was all the work there is
        entered.append(enter_baseline(uow, commit, title=request.title))
        issue(uow, risen, commit.name, at)

    with library.store.read() as uow:
        author = active_person(uow, actor)
    _commit(library, draft, enter, author=author, key=key, at=at, request=id, steps=steps)
    return entered[-1]


def refuse(found: Incoming, *, unchanged: bool, also: Refused | None = None) -> None:
    """Raise Refused with every problem of an incoming check-in, or return when there is none.

    An open field that was left as it was is one, unless somebody says that it is `unchanged`; `also`
    is what the life cycle has against it.
    """
    untouched = () if unchanged else found.untouched
    if also is not None and not (found.problems or untouched):
        raise also
    if found.problems or also is not None:
        id = found.request.id
        filling = f" Open fields: 'cmdb check-in {id} --set {found.empty[0]}=...'." if found.empty else ""
        raise Refused(
            f"{id} cannot be checked in; nothing was changed.",
            f"Mend what is listed and check in again; the working directory is as you left it.{filling}",
            (*((also.reason, *also.problems) if also else ()), *found.problems, *untouched),
        )
    if untouched:
        id = found.request.id
        raise Refused(
            f"What {id} left open came back as it was before; nothing was changed.",
            f"Fill it in, or say that it is right so: 'cmdb check-in {id} --unchanged --apply'.",
            untouched,
        )


def _commit(
    library: Library,
    draft: Callable[[UnitOfWork, LibraryCommit | None], Draft],
    enter: Callable[[UnitOfWork, LibraryCommit], None],
    *,
    author: Person,
    key: Path,
    at: datetime,
    request: str,
    steps: Callable[[str], None],
) -> None:
    commit_point(
        library,
        kind="baseline",
        draft=draft,
        enter=enter,
        author=author,
        key=key,
        at=at,
        request=request,
        steps=steps,
    )


def drafted(
    library: Library,
    request: ChangeRequest,
    known: Authorisation | None,
    newest: LibraryCommit | None,
    files: Iterable[tuple[str, Content | None]],
    subject: str = "",
    trailers: Mapping[str, str] | None = None,
) -> Draft:
    """The draft of a baseline: it names the decision's record, which must be an ancestor.

    A standard change has no decision: it names the template and the commit that brought it as it is,
    and keeps what was asked for beside what was done.
    """
    trailers = dict(trailers or {})
    if request.kind == "standard" and known and newest:
        trailers["Template"] = request.template
        record = next(iter(library.vault.history(path_of("template", request.template), newest.commit)), "")
        kept = asked_path(request.id)
        if library.vault.find(newest.commit, kept) is None:
            asked = canonical.encode(statements.REQUEST, statements.content_of(request))
            files = itertools.chain(files, [(kept, asked)])
    else:
        record = known.latest.record if known and known.latest else ""
    if newest is None or not record or not library.vault.is_ancestor(record, newest.commit):
        raise Refused(
            f"The decision on {request.id} is not in the library.", "Run 'cmdb verify' to find out why."
        )
    return Draft(
        files=files,
        subject=subject or request.title,
        trailers={"Request": request.id, "Decision": record, **trailers},
    )


def _not_yet(uow: UnitOfWork, request: ChangeRequest, actor: str, at: datetime) -> Refused | None:
    """What the life cycle has against checking in now; told together with every other problem."""
    try:
        _movable(uow, request, actor, at)
    except Refused as refusal:
        return refusal
    return None


def _movable(uow: UnitOfWork, request: ChangeRequest, actor: str, at: datetime) -> ChangeRequest:
    out = checkout.current(uow, request)
    return requests.move(
        uow,
        request,
        "check in",
        actor=actor,
        at=at,
        lease=out.person,
        lease_is_actors=out.person == actor,
        lease_expired=not out.holds(at),
    )


def _refuse_unless_ready(uow: UnitOfWork, request: ChangeRequest, at: datetime) -> Authorisation:
    if request.kind != "promotion":
        requests.refuse_unless(request, "baseline")
    if any(one.operation == "establish baseline" for one in request.changes):
        raise Refused(
            f"{request.id} establishes the baseline of a scope, which brings nothing under control.",
            f"Establish it: 'cmdb baseline establish {request.id}'.",
        )
    return authorised(uow, request, at=at)


def _scopes(request: ChangeRequest) -> list[ProposedChange]:
    return [change for change in request.changes if change.record == "scope"]


def _beside(
    uow: UnitOfWork,
    library: Library,
    newest: LibraryCommit | None,
    files: Iterable[tuple[str, bytes]],
    risen: list[Key],
) -> Iterator[tuple[str, Content | None]]:
    """The files of a closed set, each document followed by its attachments; `risen` are the documents."""
    risen.clear()
    for path, data in files:
        yield path, data
        if path.startswith(f"{FOLDERS['document']}/"):
            fields = canonical.decode(data)[1]
            risen.append(key := ("document", str(fields["id"])))
            head = newest.commit if newest else ""
            yield from attached.changes(uow, library.vault, {key: fields}, head=head)


def _scope_files(uow: UnitOfWork, request: ChangeRequest) -> Iterator[tuple[str, bytes]]:
    """The files of the closed set. Ends in Refused when they are not those that were decided on.

    Looks at every record, whatever was counted before: what is written is what was voted on.
    """
    several, written = len(_scopes(request)) > 1, set()
    for change in _scopes(request):
        digests = []
        for (kind, id), fields in scope.stream(uow, change):
            form = controlled.form_of(kind)
            data = canonical.encode(form, fields)
            digests.append(canonical.digest(form, data))
            path = records.path_of(kind, id)
            if path not in written:  # two scopes that share a record agree on it: so it was submitted
                yield path, data
            if several:
                written.add(path)
        if scope.digest_of(digests) != change.seen.get("digest"):
            raise Refused(
                f"The candidates of '{change.id}' are not those that {request.id} was decided on.",
                f"Accept them as they are now and have it decided again: 'cmdb change settle {request.id}'.",
            )
