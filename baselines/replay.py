"""What commits of the library meant for the database: their rows, decisions, votes and baselines.

    replay(uow, vault, commits, root) -> Replayed      rows of commits that the database does not have yet

Controlled records are written by `baselines.loading`; here stands everything else the library holds:
library commits, baselines (each archived by the next), and from records/ every decision with the
request, the votes, overrides and evidence it was about. A request is as its last decision left it;
one with a baseline is checked in. Commits nothing. Source: rules.md 7, Rebuild.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from baselines import audit_records, checkout, release_records, scoped_records, tables
from baselines.decided import Decided, Verify
from baselines.minuted import FOLDER, Minuted
from baselines.model import BACK_OUT, FOUNDING, Baseline, Commit, LibraryCommit
from baselines.records import asked_path
from baselines.state import State
from baselines.vault import Vault
from ccb import (
    consequences,
    counting,
    minutes,
    requests,
    signing,
    statements,
    tables_meetings,
    voting,
)
from ccb import tables as ccb_tables
from ccb.ballot import BLOCKS, Board, Decision, Override, Vote
from ccb.meeting import Meeting
from ccb.model import ChangeRequest, Evidence
from cmdb import action_items, canonical, journal, signatures
from cmdb.errors import Refused
from cmdb.model import Person, Value
from cmdb.numbers import note_number
from cmdb.store import UnitOfWork

_FORMS = {"request": statements.REQUEST, "assessment": statements.ASSESSMENT, "rules": statements.RULES}
_AFTER = {"carried": "approved", "lost": "rejected", "deferred": "deferred"}


@dataclass(slots=True, kw_only=True)
class Replayed:
    """What was written: how many of each, and the people known only from requests."""

    commits: int = 0
    baselines: int = 0
    decisions: int = 0
    votes: int = 0
    minutes: int = 0
    requests: dict[str, str] = field(default_factory=dict)  # id -> state
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _How(Value):
    """How signatures are checked: for which site, and with what."""

    root: str
    verify: Verify


def replay(
    uow: UnitOfWork,
    vault: Vault,
    commits: Iterable[Commit],
    *,
    root: str,
    verify: Verify = signatures.verify,
) -> Replayed:
    """Write the rows of commits, oldest first, that follow the newest one the database has.

    Every commit was proved before, with `verify`. Raises Refused when the database holds another request of a
    number that the library decided on: then it is more than an older copy.
    """
    done = Replayed()
    how = _How(root=root, verify=verify)
    newest = tables.newest(uow)
    tags = vault.tags()
    before = State(vault, "")
    for sequence, commit in enumerate(commits, newest.sequence + 1 if newest else 0):
        name = commit.trailer("Baseline") or commit.trailer("Record")
        row = LibraryCommit(
            sequence=sequence,
            name=name,
            commit=commit.id,
            parent=commit.parents[0] if commit.parents else "",
            tag=tags.get(name, ""),
            at=commit.at,
            actor=commit.trailer("Actor"),
            request=commit.trailer("Request"),
        )
        uow.add(row)
        done.commits += 1
        if before.commit != row.parent:
            before = State(vault, row.parent)
        after = State(vault, commit.id)
        if commit.trailer("Baseline"):
            _baseline(uow, vault, commit, row, done)
            changed = vault.changes(row.parent, commit.id) if row.parent else ()
            after.go_on_from(before, (one.path for one in changed))
        else:
            _decisions(uow, commit, before, after, how, done)
            _minutes(uow, commit, before, after, done)
            after.go_on_from(before, ())  # it only adds records of what was decided
            audit_records.replay(uow, vault, commit)
            if commit.trailer(scoped_records.TRAILER):
                scoped_records.replay(uow, vault, commit)
                _checked_in(uow, row, done, undone=False)
            if release_records.replay(uow, vault, commit):
                _checked_in(uow, row, done, undone=False)
        before = after
    return done


def follow_up(uow: UnitOfWork, done: Replayed, *, actor: str) -> int:
    """Make what approvals were given on action items again, where it is still to be done; give how many.

    What was closed before is not known any more: of work that is checked in, what blocks closing is
    asked for again.
    """
    count = 0
    steps = {"approved": BLOCKS, "checked in": ("closing",)}
    for id, state in done.requests.items():
        carried = [one for one in ccb_tables.decisions_of(uow, id) if one.result == "carried"]
        known = action_items.listed(uow, origin=f"change:{id}", only_open=False)
        if state not in steps or not carried or known:
            continue
        votes = voting.current(ccb_tables.votes_of(uow, id)).values()
        count += consequences.follow_up(
            uow,
            requests.find(uow, id),
            [one for one in votes if counting.about(one, carried[-1])],
            uow.get(Board, carried[-1].board),
            steps=steps[state],
            actor=actor,
            at=carried[-1].at,
        )
    return count


def _baseline(uow: UnitOfWork, vault: Vault, commit: Commit, row: LibraryCommit, done: Replayed) -> None:
    before = tables.baseline_in_force(uow)
    cited = commit.trailer("Journal")
    if row.name == FOUNDING:
        name = canonical.decode(vault.read(commit.id, "site.json"))[1]["name"]
        title = f"Founding of {name}"
        tables.set_root(uow, commit.id)
    else:
        if commit.trailer("Template") and not commit.trailer(BACK_OUT):
            _by_template(uow, vault, commit, done)
        title = requests.find(uow, row.request).title
    undoes = commit.trailer(BACK_OUT)
    if undoes:
        title = f"Back out {row.request}: {title}"
    uow.add(
        Baseline(
            id=row.name,
            title=title,
            commit=row.commit,
            tag=row.tag,
            parent=row.parent,
            request=row.request,
            established_at=row.at,
            established_by=row.actor,
            journal="" if cited == journal.START else cited,
        )
    )
    tables.set_baseline(uow, row.name)
    if before is not None:
        uow.replace(before.but(replaced_by=row.name, archived_at=row.at))
    done.baselines += 1
    if row.request:
        _checked_in(uow, row, done, undone=bool(undoes))


def _by_template(uow: UnitOfWork, vault: Vault, commit: Commit, done: Replayed) -> None:
    """A standard change as its check-in kept it; nobody voted on it."""
    data = vault.read(commit.id, asked_path(commit.trailer("Request")))
    asked = statements.request_from(canonical.decode(data)[1], at=commit.at)
    request = asked.but(state="approved", decided_at=commit.at)
    known = uow.find(ChangeRequest, request.id)
    _register_unknown(uow, request, done)
    if known is None:
        ccb_tables.add_request(uow, request)
    elif known.created_at > commit.at:
        raise _another(known.id, "it was written after the library's was done")
    else:
        ccb_tables.put_request(uow, request.but(created_at=known.created_at, submitted_at=known.submitted_at))
    note_number(uow, ccb_tables.SERIES, int(request.id.removeprefix("CR-")))


def _checked_in(uow: UnitOfWork, row: LibraryCommit, done: Replayed, *, undone: bool) -> None:
    """Move a request on as its baseline says: checked in, or backed out after that."""
    request = requests.find(uow, row.request).but(state="checked in", changed_at=row.at)
    if undone:
        request = request.but(state="backed out", outcome="backed out", closed_at=row.at)
    ccb_tables.put_request(uow, request)
    requests.plan(uow, request)
    done.requests[request.id] = request.state
    out = tables.checkout_of(uow, request.id)
    if out is not None and out.state == "out":
        checkout.release_leases(uow, out)
        uow.replace(out.but(state="checked in", ended_at=row.at))


def _decisions(
    uow: UnitOfWork, commit: Commit, before: State, after: State, how: _How, done: Replayed
) -> None:
    vault = after.vault
    changes = list(vault.changes(before.commit, commit.id, "records/requests/"))
    after.take({one.path: one.new for one in changes if one.path.endswith((".json", ".sig"))})
    for change in changes:
        if change.path.endswith("-decision.json"):
            decided = Decided.read(after, change.path)
            _request(uow, decided, done)
            _evidence(uow, after, decided)
            release_records.keep_set(uow, vault, decided.request)
            _parts(uow, before, decided, commit=commit.id, how=how, done=done)


def _minutes(uow: UnitOfWork, commit: Commit, before: State, after: State, done: Replayed) -> None:
    """Signed minutes, and the meeting they tell of as it was closed; the newest version is the meeting."""
    for change in after.vault.changes(before.commit, commit.id, FOLDER):
        if not change.path.endswith(".json"):
            continue
        minuted = Minuted.read(after, change.path)
        meeting = minuted.meeting()
        for id in dict.fromkeys((meeting.called_by, minuted.fields["by"])):
            if uow.find(Person, id) is None:
                uow.add(Person(id=id, name=id))
                done.unknown.append(id)
        known = uow.find(Meeting, meeting.id)
        if known is None:
            tables_meetings.add_meeting(uow, meeting)
        elif known.opened_at not in (None, meeting.opened_at):
            raise _another(meeting.id, "it was opened at another moment")
        else:
            uow.replace(meeting)
        key = signatures.verify(
            minuted.data,
            minuted.signature,
            namespace=minutes.NAMESPACE,
            keys=before.keys(minuted.fields["by"]),
        )
        uow.add(minuted.row(key=key, record=commit.id))
        note_number(uow, tables_meetings.NUMBERS, int(meeting.id.removeprefix(f"{tables_meetings.NUMBERS}-")))
        done.minutes += 1


def _request(uow: UnitOfWork, decided: Decided, done: Replayed) -> None:
    """The request as its decision left it; times that only the lost database knew stay empty."""
    decision, content = decided.decision, decided.request
    known = uow.find(ChangeRequest, content.id)
    state = _AFTER.get(decision.result) or (known.state if known else "approved")
    request = content.but(
        state=state,
        round=decision.round,
        board=decision.board,
        policy=decision.policy_id,
        assessment=decision.assessment,
        changed_at=decision.at,
        decided_at=decision.at,
        until=decision.until,
    )
    _register_unknown(uow, request, done)
    if known is None:
        ccb_tables.add_request(uow, request)
    else:
        if known.created_at > decision.at:
            raise _another(known.id, "it was written after the library's was decided")
        request = request.but(
            created_at=known.created_at, submitted_at=known.submitted_at, referred_at=known.referred_at
        )
        ccb_tables.put_request(uow, request)
    note_number(uow, ccb_tables.SERIES, int(request.id.removeprefix("CR-")))
    requests.plan(uow, request)
    done.requests[request.id] = state


def _another(id: str, why: str) -> Refused:
    """Work went on in the older database before it was brought forward, and used a number again."""
    return Refused(
        f"The database holds another {id} than the library: {why}.",
        "Write down what is needed of it, move the database aside and run 'cmdb rebuild'.",
    )


def _register_unknown(uow: UnitOfWork, request: ChangeRequest, done: Replayed) -> None:
    """A candidate may have raised it whom no baseline ever brought under control: only the id is left."""
    for id in dict.fromkeys((request.originator, request.implementer, request.reviewer)):
        if id and uow.find(Person, id) is None:
            uow.add(Person(id=id, name=id))
            done.unknown.append(id)


def _evidence(uow: UnitOfWork, after: State, decided: Decided) -> None:
    head = decided.path.removesuffix("decision.json")
    for name, digest in decided.digests.items():
        data = after.file(f"{head}{name}.json") or b""
        ccb_tables.keep_evidence(uow, Evidence(digest=digest, form=_FORMS[name], text=data.decode()))


def _parts(
    uow: UnitOfWork, before: State, decided: Decided, *, commit: str, how: _How, done: Replayed
) -> None:
    """Votes, overrides and the decision, each with the key that signed it."""
    kind = decided.request.kind
    taken = {one.sequence: one.digest for one in ccb_tables.votes_of(uow, decided.request.id)}
    for vote, signed in decided.votes:
        vote = vote.but(digest=signed.digest, signature=signed.signature)
        if taken.get(vote.sequence, vote.digest) != vote.digest:
            raise _another(vote.request, f"vote {vote.sequence} on it is another")
        if vote.sequence not in taken:
            uow.add(vote.but(key=_key(vote, before, how, kind)))
            done.votes += 1
    for override, signed in decided.overrides:
        override = override.but(digest=signed.digest, signature=signed.signature)
        if uow.find(Override, override.digest) is None:
            uow.add(override.but(key=_key(override, before, how, kind)))
    decision = decided.decision.but(signature=decided.signed.signature, record=commit)
    ccb_tables.add_decision(uow, decision.but(key=_key(decision, before, how, kind)))
    done.decisions += 1


def _key(part: Vote | Override | Decision, before: State, how: _How, kind: str) -> str:
    keys = before.keys(signing.signer_of(part))
    return signing.verify_part(part, site=how.root, kind=kind, keys=keys, verify=how.verify)
