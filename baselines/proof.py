"""Proving a library from its first commit, with nothing but the vault.

Every baseline has its decision, every decision the votes its policy asked for, every vote a valid
signature over what was decided and checked in; record commits only add. What a commit may do is
read from its parent: keys, members and policies in force then. Stops at the first failure, told in
a sentence for a manager and a line for an engineer. Source: rules.md 7, Verify.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from baselines import attached, audit_records, incoming, release_records, scoped_records
from baselines.decided import Decided, Verify
from baselines.minuted import Minuted
from baselines.minuted import added as minutes_added
from baselines.model import BACK_OUT, FOUNDING, Commit, RecordChange, Tag
from baselines.records import asked_path, request_folder
from baselines.scopes import mistaken
from baselines.state import State, around
from baselines.vault import NAMESPACE, Vault
from ccb import controlled, proposal, reversal, statements, templates
from ccb.model import ChangeRequest
from ccb.proposal import Fields, Key
from cmdb import canonical, records
from cmdb.errors import CmdbError
from cmdb.model import Value
from cmdb.places import ATTACHMENTS

_RECORDS = "records/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(Value):
    """The first thing that fails: what it is, `why` for a manager, `detail` for an engineer."""

    kind: str
    id: str
    why: str
    detail: str


class Failed(Exception):
    """Ends a proof at its first failure."""

    def __init__(self, kind: str, id: str, why: str, detail: str) -> None:
        super().__init__(why)
        self.failure = Failure(kind=kind, id=id, why=why, detail=detail)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was proved so far."""

    site: str = ""
    root: str = ""
    head: str = ""
    baselines: int = 0
    changes: int = 0
    votes: int = 0
    alone: int = 0


def prove(
    vault: Vault,
    head: str,
    *,
    verify: Verify,
    since: str = "",
    start: Tally | None = None,
    progress: Callable[[int], None] | None = None,
) -> Tally:
    """Prove every commit up to `head`, or only those after `since`, which was proved before.

    `start` is what was counted up to `since`.

    Raises Failed at the first thing that does not hold.
    """
    tally = start or Tally()
    tally.head = head
    walked = list(vault.walk(head))
    tally.root = walked[-1].id
    tags = vault.tags()
    course = scoped_records.Course()
    _no_strange_tags(walked, tags)
    site = canonical.decode(State(vault, tally.root).file("site.json") or b"")[1]
    tally.site = str(site["id"])
    used: dict[str, list[Commit]] = {}
    fresh = True
    for number, commit in enumerate(reversed(walked)):
        _once(commit, used)
        if since and fresh:
            fresh = commit.id != since
            if commit.trailer("Baseline"):  # a tag can be moved after it was proved
                _on_its_commit(vault, commit, tags)
            course.add(commit)
            continue
        try:
            _commit(vault, commit, tags, tally, verify, used, course)
        except CmdbError as broken:
            _fail(commit, f"it cannot be read: {broken.reason}")
        course.add(commit)
        if progress is not None:
            progress(number)
    return tally


def _commit(
    vault: Vault,
    commit: Commit,
    tags: dict[str, str],
    tally: Tally,
    verify: Verify,
    used: dict[str, list[Commit]],
    course: scoped_records.Course,
) -> None:
    parent = commit.parents[0] if commit.parents else ""
    before, after = State(vault, parent), State(vault, commit.id)
    name = commit.trailer("Baseline") or commit.trailer("Record")
    if commit.trailer("Site") != tally.site:
        _fail(commit, "it belongs to another site", f"trailer Site is '{commit.trailer('Site')}'")
    signers = (before if parent else after).keys(commit.trailer("Actor"))
    if commit.trailer("Baseline"):
        _tagged(vault, commit, tags, signers, verify)
    else:
        _signed(commit, commit.payload, commit.signature, signers, verify)
    if not parent:
        if name != FOUNDING:
            _fail(commit, "the first commit is not a founding commit", f"it is named '{name}'")
        tally.baselines += 1
        return
    changes = list(vault.changes(parent, commit.id))
    if commit.trailer("Record"):
        _only_adds(commit, changes)
        decided = [
            Decided.read(after, change.path) for change in changes if change.path.endswith("-decision.json")
        ]
        for one in decided:
            one.check(before, root=tally.root, verify=verify, fail=_failing("decision", one.decision.request))
            tally.votes += len(one.votes)
            tally.alone += one.decision.alone
        for path in minutes_added(changes, _failing("minutes", name)):
            minuted = Minuted.read(after, path)
            named = _failing("minutes", path.rsplit("/", 1)[1].removesuffix(".json"))
            minuted.check(before, root=tally.root, verify=verify, fail=named)
        if commit.trailer(scoped_records.TRAILER) or scoped_records.named(changes):
            _of_scope(vault, commit, changes, before, tally.root, course)
        audit_records.prove(vault, commit, changes, _failing("audit", name))
        release_records.prove(
            vault, commit, changes, root=tally.root, verify=verify, fail=_failing("release", name)
        )
        return
    if wrong := attached.problems(vault, changes):
        _fail(commit, "the files attached to its documents are not those its records name", "; ".join(wrong))
    changes = [one for one in changes if not one.path.startswith(ATTACHMENTS)]
    known = _granted(vault, commit, before, after)
    if commit.trailer(BACK_OUT):
        _as_undone(vault, commit, known, (before, after), changes, used[known.request.id][0])
    else:
        _exactly(commit, known, before, after, changes)
    tally.baselines += 1
    tally.changes += 1


def _of_scope(
    vault: Vault,
    commit: Commit,
    changes: list[RecordChange],
    before: State,
    root: str,
    course: scoped_records.Course,
) -> None:
    """The baseline of a scope: decided on, and exactly what follows from the decision."""
    decided = _decision(vault, commit, before, commit.trailer(scoped_records.AUTHORISED))
    scoped_records.prove(
        vault,
        commit,
        changes,
        decided.request,
        decided.material,
        root=root,
        course=course,
        fail=lambda why, detail: _fail(commit, why, detail),
    )


def _once(commit: Commit, used: dict[str, list[Commit]]) -> None:
    """A request is checked in once, and after that backed out once at most."""
    request = commit.trailer("Request")
    name = commit.trailer("Baseline") or commit.trailer(scoped_records.TRAILER)
    if not (name and request):
        return
    earlier, undoes = used.setdefault(request, []), commit.trailer(BACK_OUT)
    if undoes and (len(earlier) != 1 or earlier[0].trailer("Baseline") != undoes):
        _fail(commit, f"it undoes {undoes}, which is no check-in of {request} still in force", undoes)
    if earlier and not undoes:
        by = earlier[0].trailer("Baseline") or earlier[0].trailer(scoped_records.TRAILER)
        _fail(commit, f"{request} was checked in before", f"by {by}")
    earlier.append(commit)


def _tagged(
    vault: Vault, commit: Commit, tags: dict[str, str], signers: tuple[str, ...], verify: Verify
) -> None:
    """The baseline's tag: under its own name, on this commit, signed by a registered key."""
    tag = _on_its_commit(vault, commit, tags)
    _signed(commit, tag.payload, tag.signature, signers, verify)


def _on_its_commit(vault: Vault, commit: Commit, tags: dict[str, str]) -> Tag:
    """The tag under the baseline's name, which must be made for this commit."""
    name = commit.trailer("Baseline")
    if name not in tags:
        _fail(commit, f"the signed tag of {name} is missing", f"refs/tags/{name} does not exist")
    tag = vault.tag(tags[name])
    if tag.object != commit.id or tag.name != name or tag.trailers != commit.trailers:
        _fail(commit, f"the tag {name} does not belong to this baseline", f"tag {tag.id} names {tag.object}")
    return tag


def _signed(commit: Commit, payload: bytes, signature: str, signers: tuple[str, ...], verify: Verify) -> None:
    try:
        verify(payload, signature, namespace=NAMESPACE, keys=signers)
    except CmdbError as wrong:
        _fail(
            commit,
            f"it is not signed by a key that {commit.trailer('Actor')} had registered then",
            wrong.reason,
        )


def _only_adds(commit: Commit, changes: Iterable[RecordChange]) -> None:
    for change in changes:
        if change.operation != "added" or not change.path.startswith(_RECORDS):
            _fail(
                commit,
                "a commit that may only add records changed something else",
                f"{change.operation} {change.path}",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Granted(Value):
    """What a baseline was allowed to do: the request, and the assessment its voters saw."""

    request: ChangeRequest
    material: Mapping[str, Any]


def _granted(vault: Vault, commit: Commit, before: State, after: State) -> _Granted:
    """What authorises a baseline: a decision, or for a standard change its template."""
    if commit.trailer("Template"):
        return _Granted(request=_by_template(vault, commit, before, after), material={})
    decided = _decision(vault, commit, before, commit.trailer("Decision"))
    if decided.request.kind == "release":
        _fail(commit, f"{decided.request.id} authorises a release, which changes no record", "kind release")
    return _Granted(request=decided.request, material=decided.material)


def _by_template(vault: Vault, commit: Commit, before: State, after: State) -> ChangeRequest:
    """A standard change keeps to the template as it was before it, which the named commit established.

    A back-out is not held against the template again: what it undoes was.
    """
    template, named = commit.trailer("Template"), commit.trailer("Decision")
    data = after.file(asked_path(commit.trailer("Request")))
    if data is None:
        _fail(commit, "what was asked for by the template is not kept", asked_path(commit.trailer("Request")))
    request = statements.request_from(canonical.decode(data)[1], at=commit.at)
    about = (request.id, request.kind, request.template)
    if about != (commit.trailer("Request"), "standard", template):
        _fail(commit, "it is no standard change by the template it names", f"kept are {about}")
    established = vault.history(records.path_of("template", template), before.commit)
    undoes = bool(commit.trailer(BACK_OUT))
    if not established or named not in (established if undoes else established[:1]):
        _fail(
            commit, f"it does not name what brought the template {template} into force", f"Decision: {named}"
        )
    if not undoes:
        held = {one.id: before.record(("item", one.id)) for one in request.changes}
        rules = templates.template_from(before.record(("template", template)) or {})
        if wrong := templates.departures(rules, request, held):
            _fail(commit, f"it leaves the template {template}, which nobody voted on", " ".join(wrong))
    return request


def _decision(vault: Vault, commit: Commit, before: State, named: str) -> Decided:
    """The decision that authorises a baseline: to approve, and named from among its ancestors."""
    request = commit.trailer("Request")
    paths = before.decisions(request) if request else []
    if not paths:
        _fail(commit, "no decision authorises it", f"no decision about '{request}' in its ancestors")
    decided = Decided.read(before, paths[-1])
    if decided.decision.result not in ("carried", "confirmed"):
        _fail(commit, f"the decision about {request} was not to approve", f"{paths[-1]} says otherwise")
    if not vault.is_ancestor(named, commit.id) or vault.find(named, paths[-1]) is None:
        _fail(commit, "it names a decision that does not stand before it", f"Decision: {named}")
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
        _fail(commit, f"{decided.request.id} was approved without a back-out plan", BACK_OUT)
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
        _fail(
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
            _fail(commit, "evidence was replaced", change.path)
    scopes = [one for one in request.changes if one.record == "scope"]
    if any(one.operation == "establish baseline" for one in scopes):
        _fail(commit, f"{request.id} was about the baseline of a scope, which changes no record")
    if scopes:
        wrong = mistaken(scopes, decided.material, (before, after), touched)
        if wrong or len(scopes) != len(request.changes):
            _fail(commit, *(wrong or ("its request holds more than scopes", request.id)))
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
        _fail(commit, "it holds something else than was approved", "; ".join(problems))


def _no_strange_tags(walked: list[Commit], tags: dict[str, str]) -> None:
    known = {commit.trailer("Baseline") for commit in walked}
    for name in sorted(tags.keys() - known):
        raise Failed(
            "tag", name, f"There is a tag {name} that no baseline of this history has.", f"refs/tags/{name}"
        )


def _failing(kind: str, id: str) -> Callable[[str, str], NoReturn]:
    def fail(why: str, detail: str) -> NoReturn:
        raise Failed(kind, id, why, detail)

    return fail


def _fail(commit: Commit, why: str, detail: str = "") -> NoReturn:
    name = commit.trailer("Baseline") or commit.trailer("Record") or commit.id[:12]
    raise Failed("commit", name, f"{name}: {why}.", f"commit {commit.id}: {detail or why}")
