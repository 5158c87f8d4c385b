"""What the database says of every change request, held against what was signed and what the journal tells.

    check(uow, walked, gap=False, verify=...)      raises Failed at the first thing that differs

What was decided is known by signature; when a request was handed in, referred, decided and closed, and
how far it came, by the journal, which is a chain. What was lost with an earlier database is not asked
for. Changes nothing. Source: rules.md 5; 6; 7, Verify.
"""

import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from baselines import dossier_rows
from baselines.decided import Verify
from baselines.dossier_rows import Dossier
from baselines.failures import Failed
from baselines.model import Commit
from ccb import counting, requests, scope, signing, voting
from ccb import tables as ccb_tables
from ccb.ballot import BLOCKS, Decision, Override, Vote, blocks
from ccb.model import ChangeRequest
from ccb.standing import EMERGENCY_REVIEW
from ccb.statements import content_digest
from cmdb import canonical
from cmdb.errors import CmdbError
from cmdb.model import Person
from cmdb.store import UnitOfWork
from cmdb.work import ActionItem

_BOUND = ("approved", "checked out", "checked in", "closed", "backed out")
_UNDER_WAY = ("checked out", "checked in")
_PENDING = ("submitted", "assessed", "under review", "approved")
_STILL_WAIT = {"approved": BLOCKS, "checked out": BLOCKS, "checked in": ("closing",)}  # for what
_DATES = {
    "change new": "created_at",
    "change submit": "submitted_at",
    "change refer": "referred_at",
    "board decide": "decided_at",
    "board defer": "decided_at",
    "board confirm": "decided_at",
    "change accept template": "decided_at",
    "change close": "closed_at",
    "change back-out": "closed_at",
}
_WORDS = {"board": "board", "policy": "policy", "round": "round", "assessment": "assessment"}
_BY_DECISION = {"round": "round", "board": "board", "policy": "policy_id", "assessment": "assessment"}


@dataclass(slots=True)
class _Told:
    """What the journal tells of one request: what its row must say, and the votes cast on it."""

    row: dict[str, Any] = field(default_factory=dict)
    votes: list[str] = field(default_factory=list)
    begun: bool = False
    content: str = ""  # the digest of what a template accepted
    void: list[str] = field(default_factory=list)  # action items that ended with the approval
    decided: str = ""  # the digest of the decision that nothing was assessed or referred after
    extended: tuple[datetime, int] | None = None  # until when the work was extended, and its worst outage


def check(
    uow: UnitOfWork,
    walked: Sequence[Commit],
    *,
    gap: bool,
    verify: Verify,
    held: Set[str] = frozenset(),
    proven: Set[bytes] = frozenset(),
) -> None:
    """Hold every request, vote, decision and piece of evidence against library and journal.

    `walked` are the commits, oldest first; `gap` tells that a part of the journal was lost; `held` are
    digests of decisions and votes whose rows are those that were held against their signatures before,
    `proven` fingerprints of what the library was just seen to keep under good signatures.
    """
    _evidence(uow)
    told = _journalled(uow)
    records: dict[str, dict[str, str]] = {}
    for commit in walked:
        if commit.trailer("Record") and commit.trailer("Decision"):
            records.setdefault(commit.trailer("Request"), {})[commit.trailer("Decision")] = commit.id
    site = ccb_tables.site_root(uow)
    known: set[str] = set()
    waits = _waited_for(uow, {item for one in told.values() for item in one.void})
    for one in dossier_rows.every(uow, held):
        id = one.request.id
        known.add(id)
        _signed(one, site, verify, (held, proven))
        _kept(one, records.get(id, {}))
        _content(one.request, one.decisions, told.get(id))
        _course(one, told.get(id), gap=gap)
        _derived(one, told.get(id))
        _conditions(uow, one, waits)
        _scopes(uow, one.request)
    for id in sorted((records.keys() | told.keys() | _named(uow)) - known):
        _fail(id, f"{id} is missing from the database.", "no row in change_request")


def _named(uow: UnitOfWork) -> set[str]:
    """Every request that a vote, an override, a decision, a plan or the list of records speaks of."""
    places = ("vote", "override", "decision", "proposed_record")
    found = {row[0] for place in places for row in uow.rows(f'SELECT DISTINCT request FROM "{place}"')}
    return found | {row[0] for row in uow.rows("SELECT reference FROM planned_work")}


def _evidence(uow: UnitOfWork) -> None:
    """What votes and decisions were about is what its digest says."""
    for one in dossier_rows.evidence(uow):
        if one.form != scope.FORM and canonical.digest(one.form, one.text.encode()) != one.digest:
            raise Failed(
                "evidence",
                one.digest[:12],
                "What votes and decisions were about was changed in the database.",
                f"the text of evidence {one.digest} ({one.form}) has another digest",
            )


def _signed(dossier: Dossier, site: str, verify: Verify, known: tuple[Set[str], Set[bytes]]) -> None:
    """Every stored vote, override and decision is what was signed, and none that counted is missing."""
    request, decisions = dossier.request, dossier.decisions
    votes, overrides = dossier.votes, dossier.overrides
    held, proven = known
    for counted, found, what in (
        ({digest for one in decisions for digest in one.votes}, dossier.cast, "vote"),
        (
            {digest for one in decisions for digest in one.overrides},
            {one.digest for one in overrides},
            "override",
        ),
    ):
        for digest in sorted(counted - found):
            raise Failed(
                what, request.id, f"A {what} counted on {request.id} is missing from the database.", digest
            )
    parts: list[Vote | Override | Decision] = [*votes, *overrides, *decisions]
    for part in parts:
        if part.digest in held or signing.fingerprint(part, kind=request.kind, key=part.key) in proven:
            continue
        who, what = signing.signer_of(part), type(part).__name__.lower()
        try:
            signing.verify_part(part, site=site, kind=request.kind, keys=[part.key], verify=verify)
        except CmdbError as wrong:
            raise Failed(
                what,
                request.id,
                f"The {what} of {who} on {request.id} is not what was signed.",
                f"{part.digest}: {wrong.reason}",
            ) from wrong


def _kept(dossier: Dossier, records: Mapping[str, str]) -> None:
    """The decisions are those the library keeps, each beside the commit that keeps it, in its order."""
    id, decisions, places = dossier.request.id, dossier.decisions, dossier.places
    if {one.digest: one.record for one in decisions} != records:
        raise Failed(
            "decision",
            id,
            f"The decisions on {id} are not those that the library keeps.",
            f"rows name {sorted({one.record for one in decisions})}, the library {sorted(records.values())}",
        )
    in_order = [one.digest for one in decisions] == list(records)
    if places != tuple(range(1, len(decisions) + 1)) or not in_order:
        raise Failed(
            "decision", id, f"The decisions on {id} stand in another order.", f"sequences {list(places)}"
        )


def _content(request: ChangeRequest, decisions: Sequence[Decision], told: _Told | None) -> None:
    """What a request says after its decision, or its acceptance by a template, is what that was about."""
    if request.state not in _BOUND:
        return
    known = decisions[-1].content if decisions else ""
    if request.kind == "standard":
        known = (told.content if told else "") or content_digest(request)  # told by its check-in alone
    if known != content_digest(request):
        _fail(
            request.id, f"{request.id} is not what was decided on.", f"state {request.state}, content differs"
        )


def _course(dossier: Dossier, told: _Told | None, *, gap: bool) -> None:
    """How far a request came, and when, is what the journal and its last decision tell."""
    request, decisions = dossier.request, dossier.decisions
    if not gap and (told is None or not told.begun):
        _fail(request.id, f"The journal knows nothing of {request.id}.", "no entry 'change new' of it")
    expected: dict[str, Any] = dict.fromkeys(_DATES.values()) if told and told.begun else {}
    expected |= told.row if told else {}
    last = next((one for one in decisions if told and one.digest == told.decided), None)
    if decisions and request.state in _BOUND and request.kind != "standard":
        last = decisions[-1]
    if last is not None:
        expected |= {name: getattr(last, source) for name, source in _BY_DECISION.items()}
    if told and told.begun:
        expected.setdefault("round", 0)
        expected |= {name: expected.get(name, "") for name in ("board", "policy", "assessment")}
    for name, content in expected.items():
        if getattr(request, name) != content:
            _fail(
                request.id,
                f"{request.id} does not stand where journal and decisions say: '{name}' was changed.",
                f"{name} is {getattr(request, name)!s}, recorded was {content!s}",
            )
    untils = {None, *(one.until for one in decisions[-1:])} - (
        {None} if request.state == "deferred" else set()
    )
    if request.until not in untils:
        _fail(request.id, f"{request.id} is deferred until another day than was decided.", str(request.until))
    for digest in told.votes if told else ():
        if digest not in dossier.cast:
            raise Failed("vote", request.id, f"A vote cast on {request.id} is missing.", digest)


def _derived(dossier: Dossier, told: _Told | None) -> None:
    """What is repeated of a request so that lists are quick: number, records named, work planned."""
    request, number, named = dossier.request, dossier.number, dossier.named
    if number != int(request.id.removeprefix("CR-")):
        _fail(request.id, f"{request.id} has another number in the database.", f"number is {number}")
    if named != {change.holder for change in request.changes}:
        _fail(
            request.id,
            f"{request.id} is found by other records than it names.",
            f"proposed_record has {sorted(named)}",
        )
    work, expected = dossier.work, requests.planned_for(request)
    if expected and told and told.extended and request.state in _UNDER_WAY:
        until, worst = told.extended
        expected = expected.but(window_end=max(expected.window_end, until), worst=max(expected.worst, worst))
    if work != expected:
        _fail(
            request.id,
            f"The calendar holds another plan for {request.id} than the request.",
            f"planned_work has {work}",
        )


def _scopes(uow: UnitOfWork, request: ChangeRequest) -> None:
    """What a ballot shows of the candidates to come under control is what they are."""
    if request.kind not in ("baseline", "promotion") or request.state not in _PENDING:
        return
    for change in request.changes:
        if change.record == "scope" and scope.summary(uow, change) != scope.fresh_summary(uow, change):
            raise Failed(
                "evidence",
                request.id,
                f"What is counted of the candidates of {request.id} was changed in the database.",
                f"the summary of {change.id} kept as evidence differs from the records",
            )


def _waited_for(uow: UnitOfWork, void: Set[str]) -> dict[str, list[tuple[str, str]]]:
    """What requests wait for, as the journal left it: by origin, what was to be done and what it blocks.

    `void` are the action items that ended with the approval they were of.
    """
    words: dict[str, list[str]] = {}  # what was to be done, first and last
    states: dict[str, str] = {}
    for subject, changed in uow.rows(
        "SELECT s.subject, j.changed FROM journal_subject AS s JOIN journal AS j ON j.sequence = s.sequence"
        " WHERE s.subject LIKE 'action:%' AND j.action LIKE 'action %' ORDER BY j.sequence"
    ):
        id, moved = subject.removeprefix("action:"), json.loads(changed)
        if "state" in moved:
            states[id] = moved["state"]
        if what := moved.get("what"):
            words.setdefault(id, []).extend(what if isinstance(what, list) else [what])
    states |= dict.fromkeys(void, "closed")
    found: dict[str, list[tuple[str, str]]] = {}
    for item in uow.where(ActionItem, "origin LIKE 'change:%'"):
        said = words.get(item.id) or [item.what]
        found.setdefault(item.origin, []).append((said[0], item.blocks))
        if not item.blocks and not said[0].startswith(EMERGENCY_REVIEW):
            continue
        for name, expected in (
            ("state", states.get(item.id, "approved")),
            ("what", said[-1]),
            ("blocks", "closing" if said[0].startswith(EMERGENCY_REVIEW) else item.blocks),
        ):
            if getattr(item, name) != expected:
                raise Failed(
                    "action item",
                    item.id,
                    f"{item.id}, which {item.origin} waits for, is not as the journal left it:"
                    f" '{name}' was changed.",
                    f"{name} is {getattr(item, name)!s}, recorded was {expected!s}",
                )
    return found


def _conditions(uow: UnitOfWork, one: Dossier, waits: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """Every condition the approval in force was given on stands among the action items."""
    request, steps = one.request, _STILL_WAIT.get(one.request.state, ())
    carried = [each for each in one.decisions if each.result == "carried"]
    if not steps or not carried:
        return
    if not uow.rows("SELECT 1 FROM vote WHERE request = ? AND conditions <> '[]' LIMIT 1", request.id):
        return
    known = waits.get(f"change:{request.id}", ())
    for vote in voting.current(ccb_tables.votes_of(uow, request.id)).values():
        person = uow.find(Person, vote.voter)
        held = person is not None and any(key.text == vote.key for key in person.keys)
        for condition in vote.conditions if held and counting.about(vote, carried[-1]) else ():
            before = blocks(condition)
            if before in steps and (condition, before) not in known:
                raise Failed(
                    "action item",
                    request.id,
                    f"A condition of {vote.voter} for {request.id} is missing among the action items.",
                    f"'{condition}', which blocks {before}",
                )


def _journalled(uow: UnitOfWork) -> dict[str, _Told]:
    """What the journal tells of each request, from its entries in order."""
    found: dict[str, _Told] = {}
    last = 0
    while page := uow.rows(
        "SELECT sequence, request, action, actor, at, changed FROM journal"
        " WHERE request <> '' AND sequence > ? ORDER BY sequence LIMIT 5000",
        last,
    ):
        for sequence, id, action, actor, at, changed in page:
            last = sequence
            one = found.setdefault(id, _Told())
            _tell(one, action, actor, canonical.instant(at), json.loads(changed))
    return {id: one for id, one in found.items() if one.begun or one.row or one.votes}


def _tell(one: _Told, action: str, actor: str, at: datetime, changed: Mapping[str, Any]) -> None:
    if action == "change new":
        one.begun = True
        one.row |= {"originator": actor, "state": "draft", "changed_at": at}
    if action == "vote":
        one.votes.append(str(changed.get("vote", "")))
    if "state" in changed:
        one.extended = one.extended if changed["state"] in _UNDER_WAY else None
        one.row |= {"state": changed["state"], "changed_at": at}
    one.void += changed.get("void", ())
    if action == "change extend":
        one.extended = canonical.instant(changed["until"]), changed["worst_s"]
    if action in _DATES:
        one.row[_DATES[action]] = at
    if action == "change accept template":
        one.content = str(changed["content"])
    if action.startswith("board ") and "decision" in changed:
        one.decided = str(changed["decision"])
    if action in ("change assess", "change refer", "change accept template"):
        one.decided = ""
        one.row |= {_WORDS[name]: content for name, content in changed.items() if name in _WORDS}
    if action == "change refer":
        one.row["decided_at"] = None


def _fail(id: str, why: str, detail: str) -> None:
    raise Failed("request", id, why, detail)
