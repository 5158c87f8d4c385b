"""Findings: with whom they are, corrected, verified by the auditor, closed; or escalated and kept in view.

    raise_ / assign / correct / reject / verify / close / escalate / review      each one signed record

Assigning a finding makes an action item of it, which its corrections and their verification carry to
closure. "Cannot be resolved here", or its date, makes it the senior manager's, whose dated reviews are
records until it is resolved. Source: rules.md 10; IT Service CMM 5.5, Activity 10.7; 5.7, Activity 6.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from baselines import tables_audits
from baselines.audit_life import FINDING_STEPS, Audit, Finding, Kept, Step, move_of
from baselines.audits import act_on, audit_of, finding_of, holders, step_on
from baselines.library import Library
from cmdb import action_items, notices, roles
from cmdb.canonical import rfc3339
from cmdb.errors import Refused
from cmdb.model import check
from cmdb.store import UnitOfWork
from cmdb.work import ActionItem

SENIOR = "senior manager"
# Who may be asked to see to a finding: whoever leads the work it is about.
ANSWER = (
    "service task leader",
    "first-line manager",
    "service delivery manager",
    "service manager",
    "event manager",
    "configuration manager",
    "subcontract manager",
)


def raise_(
    library: Library, audit: str, *, what: str, about: Sequence[str], actor: str, key: Path, at: datetime
) -> Finding:
    """Raise a finding by hand in an audit that is reported. Its auditor alone may."""

    def build(uow: UnitOfWork) -> list[Step]:
        held = audit_of(uow, audit)
        _refuse_unless(actor == held.auditor, f"{held.id} is audited by {held.auditor}", held.id)
        if held.state != "reported":
            raise Refused(
                f"{held.id} is {held.state}: findings are raised while it is reported.",
                f"Run it first, or plan another: 'cmdb audit run {held.id}'.",
            )
        said = {"audit": held.id, "what": _words(what), "about": list(about), "count": max(len(about), 1)}
        return [step_on(uow, tables_audits.next_id(uow, "FND"), "raise", actor, at, said)]

    return _acted(library, build, None, "raise", actor, key, at)


def assign(
    library: Library, id: str, *, to: str, due: datetime, words: str = "", actor: str, key: Path, at: datetime
) -> Finding:
    """Put a finding with somebody who leads the work it is about, until a date; an action item says so.

    Raises Refused for the auditor, and for somebody who holds no role that answers for work.
    """

    def build(uow: UnitOfWork) -> list[Step]:
        before = _allowed(uow, id, "assign", actor, at)
        person = roles.registered(uow, to)
        if to == _audit(uow, before).auditor:
            raise Refused(
                f"{person.name} audits {before.audit} and cannot correct what is to be verified.",
                "Put it with somebody else: 'cmdb role list'.",
            )
        if not roles.roles_of(uow, to, at=at) & set(ANSWER) and not _answers_somewhere(uow, to, at):
            raise Refused(
                f"{person.name} leads no work: a finding goes to a task leader or a manager.",
                "See who does with 'cmdb role list', or grant it: 'cmdb role grant'.",
            )
        check("The date", [] if due > at else ["It has to be corrected by a date that lies ahead."])
        return [
            step_on(uow, before.id, "assign", actor, at, {"holder": to, "due": rfc3339(due), "words": words})
        ]

    def also(uow: UnitOfWork, finding: Finding) -> None:
        for one in _items(uow, finding):
            if one.owner != to:
                why = f"{finding.id} was put with {to}"
                action_items.carry(uow, one, "closed", evidence=why, evaluation="somebody else's", at=at)
        if not [one for one in _items(uow, finding) if one.owner == to]:
            action_items.initiate(
                uow, origin=f"finding:{finding.id}", what=f"Correct {finding.id}: {finding.what}"[:2_000],
                owner=to, due=due, actor=actor, at=at,
            )  # fmt: skip

    return _acted(library, build, also, "assign", actor, key, at)


def correct(library: Library, id: str, *, words: str, actor: str, key: Path, at: datetime) -> Finding:
    """Say how it was corrected: by whom it is with. The auditor is told to verify it."""

    def also(uow: UnitOfWork, finding: Finding) -> None:
        _follow(uow, finding, "done", words, at)
        text = f"{finding.id} was corrected by {actor}; verify it: {words}"
        notices.tell(
            uow,
            [_audit(uow, finding).auditor],
            about=f"finding:{finding.id}",
            text=text,
            at=at,
            kind="finding",
        )

    return _worded(library, id, "correct", words, actor, key, at, also)


def reject(library: Library, id: str, *, words: str, actor: str, key: Path, at: datetime) -> Finding:
    """Say why a correction does not hold: it is with the same person again, who is told."""

    def also(uow: UnitOfWork, finding: Finding) -> None:
        _follow(uow, finding, "in progress", "", at)
        text = f"The correction of {finding.id} does not hold: {words}"
        notices.tell(uow, [finding.holder], about=f"finding:{finding.id}", text=text, at=at, kind="finding")

    return _worded(library, id, "reject", words, actor, key, at, also)


def verify(library: Library, id: str, *, words: str, actor: str, key: Path, at: datetime) -> Finding:
    """Say what was seen of the correction: the auditor alone, never who corrected. Its action item closes."""

    def also(uow: UnitOfWork, finding: Finding) -> None:
        _follow(uow, finding, "closed", words, at)

    return _worded(library, id, "verify", words, actor, key, at, also)


def close(library: Library, id: str, *, words: str = "", actor: str, key: Path, at: datetime) -> Finding:
    """Close a verified finding. Raises Refused while an action item of it is open."""

    def build(uow: UnitOfWork) -> list[Step]:
        before = _allowed(uow, id, "close", actor, at)
        still = [one.id for one in _items(uow, before)]
        if still:
            raise Refused(
                f"{before.id} has action items that are open: {', '.join(still)}.",
                f"Close them first: 'cmdb action close {still[0]} --evidence TEXT'.",
            )
        return [step_on(uow, before.id, "close", actor, at, {"words": words})]

    return _acted(library, build, None, "close", actor, key, at)


def escalate(library: Library, id: str, *, words: str, actor: str, key: Path, at: datetime) -> Finding:
    """Say that it cannot be resolved here, and why: every senior manager is told.

    Raises Refused where nobody is a senior manager.
    """

    def build(uow: UnitOfWork) -> list[Step]:
        before = _allowed(uow, id, "escalate", actor, at)
        to = holders(uow, [SENIOR], at=at)
        if not to:
            raise Refused(
                "Nobody holds the role senior manager here.",
                "Designate one: 'cmdb role grant PERSON \"senior manager\"'.",
            )
        return [step_on(uow, before.id, "escalate", actor, at, {"words": _words(words), "to": to})]

    def also(uow: UnitOfWork, finding: Finding) -> None:
        text = f"{finding.id} cannot be resolved where it is and is yours: {words}"
        notices.tell(
            uow,
            holders(uow, [SENIOR], at=at),
            about=f"finding:{finding.id}",
            text=text,
            at=at,
            kind="finding",
        )

    return _acted(library, build, also, "escalate", actor, key, at)


def review(
    library: Library, id: str, *, words: str, again: datetime, actor: str, key: Path, at: datetime
) -> Finding:
    """Note a senior manager's review of what was escalated or is overdue, and when the next one is."""

    def build(uow: UnitOfWork) -> list[Step]:
        before = _allowed(uow, id, "review", actor, at)
        if before.state != "escalated" and not before.overdue(at):
            raise Refused(
                f"{before.id} was not escalated, and its date has not passed.",
                f"Whoever it is with may escalate it: 'cmdb finding escalate {before.id} -m WHY'.",
            )
        check("The next review", [] if again > at else ["It has to lie ahead."])
        said = {"words": _words(words), "next": rfc3339(again)}
        return [step_on(uow, before.id, "review", actor, at, said)]

    def also(uow: UnitOfWork, finding: Finding) -> None:
        people = [_audit(uow, finding).auditor, *([finding.holder] if finding.holder else [])]
        text = f"{actor} reviewed {finding.id}: {words}"
        notices.tell(uow, people, about=f"finding:{finding.id}", text=text, at=at, kind="finding")

    return _acted(library, build, also, "review", actor, key, at)


def _worded(
    library: Library,
    id: str,
    act: str,
    words: str,
    actor: str,
    key: Path,
    at: datetime,
    also: Callable[[UnitOfWork, Finding], None],
) -> Finding:
    """An act that says nothing but words."""

    def build(uow: UnitOfWork) -> list[Step]:
        before = _allowed(uow, id, act, actor, at)
        if act == "verify" and actor == before.corrected_by:
            raise Refused(
                f"You corrected {before.id} yourself; somebody else has to verify it.",
                f"Appoint another auditor: 'cmdb audit appoint {before.audit} --auditor PERSON'.",
            )
        return [step_on(uow, before.id, act, actor, at, {"words": _words(words)})]

    return _acted(library, build, also, act, actor, key, at)


def _acted(
    library: Library,
    build: Callable[[UnitOfWork], list[Step]],
    also: Callable[[UnitOfWork, Finding], None] | None,
    act: str,
    actor: str,
    key: Path,
    at: datetime,
) -> Finding:
    def after(uow: UnitOfWork, steps: Sequence[Step]) -> None:
        if also is not None:
            also(uow, uow.get(Finding, steps[0].subject))

    found: list[Kept] = act_on(library, build, also=after, what=f"finding {act}", actor=actor, key=key, at=at)
    assert isinstance(found[0], Finding), "the act was on a finding"
    return found[0]


def _allowed(uow: UnitOfWork, id: str, act: str, actor: str, at: datetime) -> Finding:
    """A finding on which an actor may act so. Raises Refused with who may instead."""
    before = finding_of(uow, id)
    by = move_of(FINDING_STEPS, before.id, before.state, act).by
    auditor = _audit(uow, before).auditor
    may: dict[str, set[str]] = {
        "auditor": {auditor},
        "holder": {before.holder},
        "either": {auditor, before.holder},
        SENIOR: set(holders(uow, [SENIOR], at=at)),
    }
    whom = may[by] - {""}
    _refuse_unless(
        actor in whom, f"It is for {' or '.join(sorted(whom)) or 'a senior manager'} to do", before.id
    )
    return before


def against(uow: UnitOfWork, finding: Finding, *, actor: str, at: datetime) -> dict[str, str]:
    """Every act on a finding with why the actor may not do it now; empty text where nothing is against it."""
    found = {}
    for act in dict.fromkeys(move.act for move in FINDING_STEPS if move.start):
        try:
            _allowed(uow, finding.id, act, actor, at)
            found[act] = ""
        except Refused as refused:
            found[act] = f"{refused.reason} {refused.remedy}"
    if not found["verify"] and actor == finding.corrected_by:
        found["verify"] = f"You corrected {finding.id} yourself; somebody else has to verify it."
    if not found["review"] and finding.state != "escalated" and not finding.overdue(at):
        found["review"] = f"{finding.id} was not escalated, and its date has not passed."
    return found


def _refuse_unless(allowed: bool, why: str, subject: str) -> None:
    if not allowed:
        noun = "finding" if subject.startswith("FND") else "audit"
        raise Refused(f"{why}, not for you.", f"Ask them; see it with 'cmdb {noun} show {subject}'.")


def _audit(uow: UnitOfWork, finding: Finding) -> Audit:
    return uow.get(Audit, finding.audit)


def _answers_somewhere(uow: UnitOfWork, person: str, at: datetime) -> bool:
    return person in holders(uow, ANSWER, at=at)


def _items(uow: UnitOfWork, finding: Finding) -> tuple[ActionItem, ...]:
    return action_items.listed(uow, origin=f"finding:{finding.id}")


def _follow(uow: UnitOfWork, finding: Finding, state: str, evidence: str, at: datetime) -> None:
    """Carry the open action items of a finding along, as far as their own steps allow."""
    for one in _items(uow, finding):
        action_items.carry(uow, one, state, evidence=evidence, at=at)


def _words(text: str) -> str:
    check("What you say", [] if text.strip() else ["It is empty."])
    return text


def said(step: Step) -> str:
    """What an act said, in its own words; whom and until when where it says so."""
    facts: list[Any] = [step.said.get("words"), step.said.get("what")]
    facts += [f"with {step.said['holder']} until {step.said['due']}"] if "holder" in step.said else []
    facts += [f"next review {step.said['next']}"] if step.act == "review" and "next" in step.said else []
    return "; ".join(str(one) for one in facts if one)
