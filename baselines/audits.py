"""Audits: planned, run with what was found and the baseline looked at, told, closed; and who may.

    plan(library, draft, key, at) -> Audit
    run(library, id, looked, actor, key, at) -> Audit       the report, its findings, the next audit
    appoint / cancel / close

Every act is one signed record commit (`act_on`); rows and library change together or not at all. Who
audits owns none of what is audited: refused with the list of what they own. Source: rules.md 7; 10;
IT Service CMM 5.5, Activity 10, Verifications 3 and 4; 5.7, Activity 4.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dateutil.relativedelta import relativedelta

from baselines import audit_life, audit_records, independence, tables_audits
from baselines.audit_life import AUDIT_STEPS, KINDS, Audit, Finding, Kept, Step, every_of, move_of
from baselines.library import Library, add_records
from baselines.model import LibraryCommit
from cmdb import action_items, canonical, journal, notices, roles
from cmdb.canonical import rfc3339
from cmdb.completeness import NAMED, Score
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Person, RoleGrant, Value, check, shown
from cmdb.store import UnitOfWork

PLANS = "plan audits"  # the right in the table of roles
WHOLE: dict[str, str] = {  # what an audit covers unless it says otherwise
    "integrity": "library",
    "library system": "library",
    "event repository": "events",
    "process": "5.5",
}
READERS: dict[str, tuple[str, ...]] = {  # roles that are told what an audit found
    "process": ("service manager", "service delivery manager", "senior manager"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned(Value):
    """What is asked for when an audit is planned; `every` as people write it, such as `quarter`."""

    kind: str
    title: str = ""
    scope: str = ""
    checklist: tuple[str, ...] = ()
    auditor: str
    due: datetime
    every: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked(Value):
    """What an audit found: facts in words, scores, what was answered, and the baseline looked at.

    `findings` are (rule, what, records, how many): each becomes one finding.
    """

    baseline: str
    facts: tuple[tuple[str, str], ...] = ()
    scores: tuple[Score, ...] = ()
    answers: tuple[tuple[str, str, str], ...] = ()
    findings: tuple[tuple[str, str, tuple[str, ...], int], ...] = ()


def plan(library: Library, wanted: Planned, *, actor: str, key: Path, at: datetime) -> Audit:
    """Plan an audit. Raises Refused where the auditor owns something of it, with the list."""
    if wanted.every:
        every_of(wanted.every)
    said = {
        "kind": wanted.kind,
        "title": wanted.title or f"{wanted.kind.capitalize()} audit",
        "scope": wanted.scope or WHOLE.get(wanted.kind, "all"),
        "checklist": list(wanted.checklist),
        "auditor": wanted.auditor,
        "due": rfc3339(wanted.due),
        "every": wanted.every,
        "first": rfc3339(wanted.due),
    }

    def build(uow: UnitOfWork) -> list[Step]:
        roles.require(uow, actor, PLANS, at=at)
        if wanted.kind not in KINDS:
            raise Invalid(f"There is no kind '{shown(wanted.kind)}'.", f"Use one of: {'; '.join(KINDS)}.")
        independence.refuse_scope(uow, wanted.kind, str(said["scope"]))
        independence.refuse_owner(uow, wanted.auditor, wanted.kind, str(said["scope"]), at=at)
        return [step_on(uow, tables_audits.next_id(uow, "AUD"), "plan", actor, at, said)]

    def also(uow: UnitOfWork, steps: Sequence[Step]) -> None:
        told = {wanted.auditor} - {actor}
        text = f"You audit {said['title']} ({steps[0].subject}) by {said['due']}: prepare it"
        notices.tell(uow, told, about=f"audit:{steps[0].subject}", text=text, at=at, kind="audit")

    found = act_on(library, build, also=also, what="audit plan", actor=actor, key=key, at=at)[0]
    assert isinstance(found, Audit), "an audit was planned"
    return found


def appoint(
    library: Library,
    id: str,
    *,
    auditor: str = "",
    due: datetime | None = None,
    reason: str,
    actor: str,
    key: Path,
    at: datetime,
) -> Audit:
    """Give an audit another auditor or another date, and say why."""

    def build(uow: UnitOfWork) -> list[Step]:
        roles.require(uow, actor, PLANS, at=at)
        before = audit_of(uow, id)
        if auditor:
            independence.refuse_owner(uow, auditor, before.kind, before.scope, at=at)
            _refuse_corrector(uow, before, auditor)
        said = {"auditor": auditor, "due": rfc3339(due) if due else "", "words": _words("a reason", reason)}
        return [step_on(uow, before.id, "appoint", actor, at, said)]

    return _one(act_on(library, build, what="audit appoint", actor=actor, key=key, at=at))


def cancel(library: Library, id: str, *, reason: str, actor: str, key: Path, at: datetime) -> Audit:
    """Say that a planned audit will not be held, and why. One that comes back comes back no more."""

    def build(uow: UnitOfWork) -> list[Step]:
        roles.require(uow, actor, PLANS, at=at)
        said = {"words": _words("a reason", reason)}
        return [step_on(uow, audit_of(uow, id).id, "cancel", actor, at, said)]

    return _one(act_on(library, build, what="audit cancel", actor=actor, key=key, at=at))


def ready(uow: UnitOfWork, id: str, *, actor: str, at: datetime) -> Audit:
    """The audit an actor may run now. Raises Refused for anybody but its auditor, or one who owns some."""
    audit = audit_of(uow, id)
    move_of(AUDIT_STEPS, audit.id, audit.state, "run")
    if actor != audit.auditor:
        raise Refused(
            f"{audit.id} is for {audit.auditor} to run, not for {actor or 'nobody'}.",
            f"Ask them, or appoint somebody else: 'cmdb audit appoint {audit.id} --auditor PERSON'.",
        )
    independence.refuse_owner(uow, actor, audit.kind, audit.scope, at=at)
    return audit


def run(library: Library, id: str, looked: Looked, *, actor: str, key: Path, at: datetime) -> Audit:
    """Keep what an audit found: its report, its findings, whom it was told, and the audit that follows."""

    def build(uow: UnitOfWork) -> list[Step]:
        audit = ready(uow, id, actor=actor, at=at)
        _refuse_unanswered(audit, looked)
        raised: list[Step] = []
        for rule, what, about, count in looked.findings:
            taken = [one.subject for one in raised]
            said = {"audit": audit.id, "rule": rule, "what": what, "about": list(about), "count": count}
            raised.append(step_on(uow, tables_audits.next_id(uow, "FND", taken), "raise", actor, at, said))
        following = _following(uow, audit, actor, at)
        report = {
            "baseline": looked.baseline,
            "facts": [list(one) for one in looked.facts],
            "scores": [_score(one) for one in looked.scores],
            "answers": [list(one) for one in looked.answers],
            "findings": [one.subject for one in raised],
            "told": readers(uow, audit.kind, at=at),
            "next": following[0].subject if following else "",
        }
        return [step_on(uow, audit.id, "run", actor, at, report), *raised, *following]

    def also(uow: UnitOfWork, steps: Sequence[Step]) -> None:
        audit = audit_of(uow, steps[0].subject)
        count = len(audit.findings)
        found = f"{count:,} finding{'' if count == 1 else 's'}" if count else "nothing wrong"
        text = f"{audit.title} ({audit.id}) was held by {actor} on {audit.baseline}: {found}"
        notices.tell(uow, audit.told, about=f"audit:{audit.id}", text=text, at=at, kind="audit")

    return _one(act_on(library, build, also=also, what="audit run", actor=actor, key=key, at=at))


def close(library: Library, id: str, *, evaluation: str, actor: str, key: Path, at: datetime) -> Audit:
    """Close an audit whose findings are closed, with what it was worth. Raises Refused with those open."""

    def build(uow: UnitOfWork) -> list[Step]:
        audit = audit_of(uow, id)
        move_of(AUDIT_STEPS, audit.id, audit.state, "close")
        if actor != audit.auditor:
            raise Refused(f"{audit.id} is for {audit.auditor} to close.", "Ask them.")
        still = [f"{one.id} is {one.state}" for one in tables_audits.findings(uow, audit=audit.id)]
        origin = f"audit:{audit.id}"
        still += [f"{one.id} is {one.state}" for one in action_items.listed(uow, origin=origin)]
        if still:
            raise Refused(
                f"{audit.id} has {len(still):,} things that are not closed.",
                f"See them with 'cmdb finding list --audit {audit.id}'.",
                still,
            )
        said = {"words": _words("what it was worth", evaluation)}
        return [step_on(uow, audit.id, "close", actor, at, said)]

    return _one(act_on(library, build, what="audit close", actor=actor, key=key, at=at))


def audit_of(uow: UnitOfWork, id: str) -> Audit:
    """An audit by its id, however it was typed. Raises NotFound."""
    return uow.get(Audit, id.upper())


def finding_of(uow: UnitOfWork, id: str) -> Finding:
    """A finding by its id, however it was typed. Raises NotFound."""
    return uow.get(Finding, id.upper())


def readers(uow: UnitOfWork, kind: str, *, at: datetime) -> list[str]:
    """Who is told what an audit of a kind found: the active holders of those roles."""
    return holders(uow, READERS.get(kind, ("service manager",)), at=at)


def holders(uow: UnitOfWork, wanted: Iterable[str], *, at: datetime) -> list[str]:
    """The active people who hold one of these roles at an instant, by id."""
    named = set(wanted)
    active = {row[0] for row in uow.rows("SELECT id FROM person WHERE active")}
    grants = uow.all(RoleGrant)
    return sorted({one.person for one in grants if one.role in named and roles.holds(one, at)} & active)


def step_on(uow: UnitOfWork, subject: str, act: str, actor: str, at: datetime, said: dict[str, Any]) -> Step:
    """The next act on a subject, in the form it is signed: what is empty is left out."""
    before = tables_audits.kept(uow, subject)
    kept = canonical.decode(canonical.encode("said/1", said))[1]
    return Step(
        subject=subject, number=before.steps + 1 if before else 1, act=act, actor=actor, at=at, said=kept
    )


def act_on(
    library: Library,
    build: Callable[[UnitOfWork], list[Step]],
    *,
    what: str,
    actor: str,
    key: Path,
    at: datetime,
    also: Callable[[UnitOfWork, Sequence[Step]], None] | None = None,
) -> list[Kept]:
    """Make the acts `build` gives one signed record commit with their rows and journal entry.

    `build` is asked again under the write lock: raises Refused when its answer moved meanwhile.
    """
    prepared: list[Step] = []
    kept: list[Kept] = []

    def files(uow: UnitOfWork) -> dict[str, bytes]:
        prepared[:] = build(uow)
        for step in prepared:
            audit_life.after(tables_audits.kept(uow, step.subject), step)
        return {audit_records.path_of(one): audit_records.bytes_of(one) for one in prepared}

    def enter(uow: UnitOfWork, _commit: LibraryCommit) -> None:
        if build(uow) != prepared:
            raise Refused("What this is about moved meanwhile; nothing was changed.", "Look and try again.")
        kept.clear()
        for step in prepared:
            value = audit_life.after(tables_audits.kept(uow, step.subject), step)
            tables_audits.keep(uow, step, value)
            kept.append(value)
        if also is not None:
            also(uow, prepared)
        journal.record(
            uow, at=at, actor=actor, action=what, subjects=_subjects(prepared), changed=_changed(prepared[0])
        )

    with library.store.read() as uow:
        roles.registered(uow, actor)
        author = uow.get(Person, actor)
    add_records(
        library,
        files,
        subject=f"{what}: {actor}",
        author=author,
        key=key,
        at=at,
        enter=enter,
    )
    return kept


_FAMILY = {"AUD": "audit", "FND": "finding", "SAY": "statement"}


def _subjects(steps: Sequence[Step]) -> tuple[str, ...]:
    """What the journal finds an act by: its subject, and the audit of a finding."""
    named = [f"{_FAMILY[one.subject.partition('-')[0]]}:{one.subject}" for one in steps]
    named += [f"audit:{one.said['audit']}" for one in steps if "audit" in one.said]
    return tuple(dict.fromkeys(named))


def _changed(step: Step) -> dict[str, Any]:
    """What the journal says of an act: its short words; lists are counted."""
    return {
        name: len(content) if isinstance(content, list) else content for name, content in step.said.items()
    }


def _following(uow: UnitOfWork, audit: Audit, actor: str, at: datetime) -> list[Step]:
    """The plan of the audit that comes after this one, on its next date that lies ahead."""
    if not audit.every:
        return []
    due = next_date(audit, after=max(at, audit.due))
    said = {
        "kind": audit.kind,
        "title": audit.title,
        "scope": audit.scope,
        "checklist": list(audit.checklist),
        "auditor": audit.auditor,
        "due": rfc3339(due),
        "every": audit.every,
        "first": rfc3339(audit.first),
    }
    return [step_on(uow, tables_audits.next_id(uow, "AUD"), "plan", actor, at, said)]


def next_date(audit: Audit, *, after: datetime) -> datetime:
    """The first date of an audit that comes back, after an instant; months are counted from its first."""
    unit, count = every_of(audit.every)
    # Reckoned from the first each time, so that the 31st does not become the 28th for good.
    spent = relativedelta(after, audit.first)
    days = (after - audit.first).days
    whole = {
        "days": days,
        "weeks": days // 7,
        "months": spent.years * 12 + spent.months,
        "years": spent.years,
    }
    times = max(whole[unit] // count, 0)
    while True:
        found = audit.first + relativedelta(**{unit: count * times})  # type: ignore[arg-type]
        if found > after:
            return found.astimezone(UTC)
        times += 1


def _refuse_unanswered(audit: Audit, looked: Looked) -> None:
    answered = {question for question, _answer, _words in looked.answers}
    missing = [one for one in audit.checklist if one not in answered]
    if missing:
        raise Refused(
            f"{len(missing)} of the {len(audit.checklist)} questions of {audit.id} are not answered.",
            f"Answer each by its number: 'cmdb audit run {audit.id} --answer \"1=yes: what you saw\"'.",
            [f"{audit.checklist.index(one) + 1}. {one}" for one in missing],
        )


def _refuse_corrector(uow: UnitOfWork, audit: Audit, auditor: str) -> None:
    """Raise Refused for an auditor with whom findings of the audit are."""
    with_them = [one.id for one in tables_audits.findings(uow, audit=audit.id, holder=auditor)]
    if with_them:
        raise Refused(
            f"{auditor} has to correct findings of {audit.id}, and cannot verify them as well.",
            f"Appoint somebody else, or assign them: 'cmdb finding assign {with_them[0]} --to PERSON'.",
            with_them,
        )


def _score(one: Score) -> dict[str, Any]:
    return {
        "name": one.name,
        "type": one.type,
        "field": one.field,
        "total": one.total,
        "failing": one.failing,
        "about": list(one.about[:NAMED]),
        "text": one.text,
    }


def _words(label: str, text: str) -> str:
    check("What you say", [] if text.strip() else [f"It needs {label}."])
    return text


def _one(found: list[Kept]) -> Audit:
    audit = found[0]
    if not isinstance(audit, Audit):
        raise NotFound("That is no audit.", "List them with 'cmdb audit list'.")
    return audit
