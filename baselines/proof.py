"""Proving a library from its first commit, with nothing but the vault.

Every baseline has its decision, every decision the votes its policy asked for, every vote a valid
signature over what was decided and checked in; record commits only add. What a commit may do is
read from its parent: keys, members and policies in force then. Stops at the first failure, told in
a sentence for a manager and a line for an engineer. Source: rules.md 7, Verify.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from baselines import attached, audit_records, incoming, line, release_model, release_records, scoped_records
from baselines.decided import Decided, Decisions, Verify
from baselines.failures import fail, failing
from baselines.line import Tags
from baselines.minuted import FOLDER as MINUTES
from baselines.minuted import Minuted
from baselines.minuted import added as minutes_added
from baselines.model import BACK_OUT, FOUNDING, Commit, RecordChange
from baselines.records import asked_path, request_folder
from baselines.scopes import mistaken
from baselines.state import State, around
from baselines.vault import NAMESPACE, Vault
from baselines.vault_objects import stamp
from ccb import controlled, proposal, reversal, statements, templates
from ccb.model import ChangeRequest
from ccb.proposal import Fields, Key
from cmdb import canonical, records
from cmdb.errors import CmdbError
from cmdb.model import Value
from cmdb.places import ATTACHMENTS

_RECORDS = "records/"
# Held whole against what was signed by those that know them: nothing else can stand there.
_HELD = (MINUTES, release_model.FOLDER, scoped_records.FOLDER)
# What reading fields that are absent or of another kind ends in. Whoever can sign can write such a file.
_MISSHAPEN = (LookupError, TypeError, ValueError, AttributeError)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was proved so far; the commits, newest first, and the fingerprint of each part of a decision."""

    walked: Sequence[Commit] = ()
    parts: set[bytes] = field(default_factory=set)
    site: str = ""
    root: str = ""
    head: str = ""
    baselines: int = 0
    changes: int = 0
    votes: int = 0
    alone: int = 0


@dataclass(slots=True, kw_only=True)
class _Course:
    """What came before a commit, as far as proving it needs: kept from commit to commit."""

    tags: Tags
    verify: Verify
    tally: Tally
    used: dict[str, list[Commit]] = field(default_factory=dict)
    scoped: scoped_records.Course = field(default_factory=scoped_records.Course)
    decisions: Decisions = field(default_factory=Decisions)
    templates: dict[str, list[str]] = field(default_factory=dict)  # path -> commits, newest first


def prove(
    vault: Vault,
    head: str,
    *,
    verify: Verify,
    since: str = "",
    start: Tally | None = None,
    progress: Callable[[int], None] | None = None,
    stretch: range | None = None,
) -> Tally:
    """Prove every commit up to `head`, or only those after `since`, which was proved before.

    `start` is what was counted up to `since`. `stretch` leaves all but these places of the line, the
    founding commit's being 0, to whoever proves the others.

    Raises Failed at the first thing that does not hold.
    """
    vault.close()  # nothing is taken from what was read before
    tally = start or Tally()
    tally.head = head
    tally.walked = walked = list(vault.walk(head, whole=True))
    tally.root = walked[-1].id
    stretch = range(len(walked)) if stretch is None else stretch
    tags = vault.tags()
    own = walked[len(walked) - stretch.stop : len(walked) - stretch.start]
    course = _Course(tags=Tags(vault, own, tags), verify=verify, tally=tally)
    line.no_strange_tags(walked, tags)
    line.descends(walked, since)
    site = canonical.decode(State(vault, tally.root).file("site.json") or b"")[1]
    tally.site = str(site["id"])
    fresh = True
    before = State(vault, "")
    for number, commit in enumerate(reversed(walked)):
        line.once(commit, course.used)
        if number >= stretch.stop:
            break
        if since and fresh:
            fresh = commit.id != since
            if commit.trailer("Baseline"):  # a tag can be moved after it was proved
                course.tags.of(commit)
        elif number >= stretch.start:
            try:
                before = _commit(vault, commit, before, course)
            except CmdbError as broken:
                fail(commit, f"it cannot be read: {broken.reason}")
            except _MISSHAPEN as odd:  # a file of it is no record of its format, whoever signed it
                where = f"{type(odd).__name__}: {odd}"
                fail(commit, "a record in it lacks what its format asks for", where)
            if progress is not None:
                progress(number)
        course.scoped.add(commit)
    return tally


def _commit(vault: Vault, commit: Commit, before: State, course: _Course) -> State:
    """Prove one commit; give the state it leaves, which the next one begins with."""
    tally, verify = course.tally, course.verify
    parent = commit.parents[0] if commit.parents else ""
    if before.commit != parent:
        before = State(vault, parent)
    after = State(vault, commit.id)
    name = commit.trailer("Baseline") or commit.trailer("Record")
    if commit.trailer("Site") != tally.site:
        fail(commit, "it belongs to another site", f"trailer Site is '{commit.trailer('Site')}'")
    signers = (before if parent else after).keys(commit.trailer("Actor"))
    if commit.trailer("Baseline"):
        tag = course.tags.of(commit)
        _signed(commit, tag.payload, tag.signature, signers, verify)
    else:
        _signed(commit, commit.payload, commit.signature, signers, verify)
    if not parent:
        if name != FOUNDING:
            fail(commit, "the first commit is not a founding commit", f"it is named '{name}'")
        tally.baselines += 1
        return after
    changes = list(vault.changes(parent, commit.id))
    if commit.trailer("Record"):
        _record(vault, commit, changes, (before, after), course)
    else:
        _baseline(vault, commit, changes, (before, after), course)
    _by_its_actor(commit, before)
    after.go_on_from(before, [one.path for one in changes])
    return after


def _by_its_actor(commit: Commit, before: State) -> None:
    """Whoever reads the history in any git is told the name of who signed it, as it was then."""
    actor = before.person(commit.trailer("Actor"))
    if (
        actor is None
        or stamp(actor, commit.at) != f"{commit.author} {int(commit.at.timestamp())} +0000".encode()
    ):
        fail(commit, f"it is shown as made by {commit.author}, who did not sign it", commit.trailer("Actor"))


def _baseline(
    vault: Vault, commit: Commit, changes: list[RecordChange], states: tuple[State, State], course: _Course
) -> None:
    """A baseline holds exactly what its request was approved for, or undoes exactly what another did."""
    before, after = states
    if wrong := attached.problems(vault, changes):
        fail(commit, "the files attached to its documents are not those its records name", "; ".join(wrong))
    changes = [one for one in changes if not one.path.startswith(ATTACHMENTS)]
    known = _granted(vault, commit, before, after, course)
    if commit.trailer(BACK_OUT):
        _as_undone(vault, commit, known, (before, after), changes, course.used[known.request.id][0])
    else:
        _exactly(commit, known, before, after, changes)
    for path in [one.path for one in changes if one.path in course.templates]:
        course.templates[path].insert(0, commit.id)
    course.tally.baselines += 1
    course.tally.changes += 1


def _record(
    vault: Vault, commit: Commit, changes: list[RecordChange], states: tuple[State, State], course: _Course
) -> None:
    """A record commit only adds, and each decision, minutes, release and act of an audit it adds holds."""
    before, after = states
    tally, verify, name = course.tally, course.verify, commit.trailer("Record")
    _only_adds(commit, changes)
    told: set[str] = set()
    for path in [one.path for one in changes if one.path.endswith("-decision.json")]:
        one = course.decisions.read(after, path)
        told |= one.files
        named = failing("decision", one.decision.request)
        tally.parts.update(one.check(before, root=tally.root, verify=verify, fail=named))
        tally.votes += len(one.votes)
        tally.alone += one.decision.alone
    for path in minutes_added(changes, failing("minutes", name)):
        minuted = Minuted.read(after, path)
        named = failing("minutes", path.rsplit("/", 1)[1].removesuffix(".json"))
        minuted.check(before, root=tally.root, verify=verify, fail=named)
    if commit.trailer(scoped_records.TRAILER) or scoped_records.named(changes):
        _of_scope(vault, commit, changes, before, course)
    audit_records.prove(vault, commit, changes, failing("audit", name))
    release_records.prove(
        vault, commit, changes, root=tally.root, verify=verify, fail=failing("release", name)
    )
    told.update(audit_records.kept_in(one.path for one in changes))
    strange = [one.path for one in changes if one.path not in told and not one.path.startswith(_HELD)]
    if strange or not changes:
        fail(
            commit,
            "it adds something that nobody decided, signed or released",
            ", ".join(strange) or "nothing",
        )


def _of_scope(
    vault: Vault,
    commit: Commit,
    changes: list[RecordChange],
    before: State,
    course: _Course,
) -> None:
    """The baseline of a scope: decided on, and exactly what follows from the decision."""
    decided = _decision(vault, commit, before, commit.trailer(scoped_records.AUTHORISED), course)
    scoped_records.prove(
        vault,
        commit,
        changes,
        decided.request,
        decided.material,
        root=course.tally.root,
        course=course.scoped,
        fail=lambda why, detail: fail(commit, why, detail),
    )


def _signed(commit: Commit, payload: bytes, signature: str, signers: tuple[str, ...], verify: Verify) -> None:
    try:
        verify(payload, signature, namespace=NAMESPACE, keys=signers)
    except CmdbError as wrong:
        fail(
            commit,
            f"it is not signed by a key that {commit.trailer('Actor')} had registered then",
            wrong.reason,
        )


def _only_adds(commit: Commit, changes: Iterable[RecordChange]) -> None:
    for change in changes:
        if change.operation != "added" or not change.path.startswith(_RECORDS):
            fail(
                commit,
                "a commit that may only add records changed something else",
                f"{change.operation} {change.path}",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Granted(Value):
    """What a baseline was allowed to do: the request, and the assessment its voters saw."""

    request: ChangeRequest
    material: Mapping[str, Any]


def _granted(vault: Vault, commit: Commit, before: State, after: State, course: _Course) -> _Granted:
    """What authorises a baseline: a decision, or for a standard change its template."""
    if commit.trailer("Template"):
        return _Granted(request=_by_template(vault, commit, before, after, course), material={})
    decided = _decision(vault, commit, before, commit.trailer("Decision"), course)
    if decided.request.kind == "release":
        fail(commit, f"{decided.request.id} authorises a release, which changes no record", "kind release")
    return _Granted(request=decided.request, material=decided.material)


def _by_template(vault: Vault, commit: Commit, before: State, after: State, course: _Course) -> ChangeRequest:
    """A standard change keeps to the template as it was before it, which the named commit established.

    A back-out is not held against the template again: what it undoes was.
    """
    template, named = commit.trailer("Template"), commit.trailer("Decision")
    data = after.file(asked_path(commit.trailer("Request")))
    if data is None:
        fail(commit, "what was asked for by the template is not kept", asked_path(commit.trailer("Request")))
    request = statements.request_from(canonical.decode(data)[1], at=commit.at)
    about = (request.id, request.kind, request.template)
    if about != (commit.trailer("Request"), "standard", template):
        fail(commit, "it is no standard change by the template it names", f"kept are {about}")
    path = records.path_of("template", template)
    if path not in course.templates:  # asked of git once; from here on the proof knows by itself
        course.templates[path] = list(vault.history(path, before.commit, indexes=False))
    established = course.templates[path]
    undoes = bool(commit.trailer(BACK_OUT))
    if not established or named not in (established if undoes else established[:1]):
        fail(
            commit, f"it does not name what brought the template {template} into force", f"Decision: {named}"
        )
    if not undoes:
        held = {one.id: before.record(("item", one.id)) for one in request.changes}
        rules = templates.template_from(before.record(("template", template)) or {})
        if wrong := templates.departures(rules, request, held):
            fail(commit, f"it leaves the template {template}, which nobody voted on", " ".join(wrong))
    return request


def _decision(vault: Vault, commit: Commit, before: State, named: str, course: _Course) -> Decided:
    """The decision that authorises a baseline: to approve, and named from among its ancestors."""
    request = commit.trailer("Request")
    paths = before.decisions(request) if request else []
    if not paths:
        fail(commit, "no decision authorises it", f"no decision about '{request}' in its ancestors")
    decided = course.decisions.read(before, paths[-1])
    if decided.decision.result not in ("carried", "confirmed"):
        fail(commit, f"the decision about {request} was not to approve", f"{paths[-1]} says otherwise")
    if not vault.is_ancestor(named, commit.id) or not vault.file_id(named, paths[-1]):
        fail(commit, "it names a decision that does not stand before it", f"Decision: {named}")
    return decided


def _as_undone(
    vault: Vault,
    commit: Commit,
    decided: _Granted,
    states: tuple[State, State],
    changes: list[RecordChange],
    undone: Commit,
) -> None:
    """A back-out puts back exactly what the check-in altered, as the approved plan foresaw."""
    if not decided.request.backout.strip():
        fail(commit, f"{decided.request.id} was approved without a back-out plan", BACK_OUT)
    before, after = states
    keys = proposal.keys(decided.request.changes)
    expected = reversal.reversal(around(vault, undone, keys), {key: before.record(key) for key in keys})
    problems = [*expected.problems, *(f"{one.subject}: {one.field} moved since" for one in expected.moved)]
    problems += [
        f"{key[0]} {key[1]} is not as it was before {undone.trailer('Baseline')}"
        for key, fields in expected.after.items()
        if after.record(key) != fields
    ]
    allowed = {records.path_of(*key) for key in keys}
    problems += [f"{one.path} was changed too" for one in changes if one.path not in allowed]
    if problems or not keys:
        fail(
            commit,
            f"it does not undo what {undone.trailer('Baseline')} did",
            "; ".join(problems) or "that brought records under control, which no back-out undoes",
        )


def _exactly(
    commit: Commit, decided: _Granted, before: State, after: State, changes: list[RecordChange]
) -> None:
    """What a baseline changed is exactly what its request was allowed to change."""
    request = decided.request
    evidence = f"{request_folder(request.id)}/evidence/"
    kept = {asked_path(request.id)} if request.kind == "standard" else set()
    touched = {one.path: one for one in changes if not one.path.startswith(evidence) and one.path not in kept}
    for change in changes:
        if (change.path.startswith(evidence) or change.path in kept) and change.operation != "added":
            fail(commit, "evidence was replaced", change.path)
    scopes = [one for one in request.changes if one.record == "scope"]
    if any(one.operation == "establish baseline" for one in scopes):
        fail(commit, f"{request.id} was about the baseline of a scope, which changes no record")
    if scopes:
        wrong = mistaken(scopes, decided.material, (before, after), touched)
        if wrong or len(scopes) != len(request.changes):
            fail(commit, *(wrong or ("its request holds more than scopes", request.id)))
        return
    keys = proposal.keys(request.changes)
    held = {key: before.record(key) for key in keys}
    approved = proposal.proposed(held, request.changes)
    found_now: dict[Key, Fields] = {key: fields for key in keys if (fields := after.record(key)) is not None}
    contents, problems = incoming.filled(approved, found_now)
    expected = controlled.completed(proposal.proposed(held, request.changes, filled=contents))
    problems += [*approved.problems, *incoming.differing(expected, found_now)]
    problems += [f"{key[0]} {key[1]} is missing" for key in approved.after if key not in found_now]
    allowed = {records.path_of(*key) for key in keys}
    problems += [f"{path} was changed too" for path in sorted(touched.keys() - allowed)]
    if problems:
        fail(commit, "it holds something else than was approved", "; ".join(problems))
