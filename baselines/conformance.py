"""Conformance: practice by practice, how far each is performed, and the records that show it.

    assess(uow, sections, service=..., at=...) -> tuple[Verdict, ...]
    trend(before, after) -> tuple[Moved, ...]

A practice is what its query and its numbered points come to; a goal is what its practices come to.
Somebody's standing statement makes one not applicable, and says who. Nothing here is stored.
Source: rules.md 10, Conformance; IT Service CMM 5.1, 5.3 to 5.7.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from baselines import (
    evidence_audits,
    evidence_control,
    evidence_items,
    evidence_papers,
    evidence_people,
    evidence_services,
    exclusions,
)
from baselines.audit_life import Statement
from baselines.performed import (
    KEPT,
    NOT_APPLICABLE,
    NOT_PERFORMED,
    PARTLY,
    PERFORMED,
    STATES,
    Answer,
    Ask,
    Practice,
    Query,
    joined,
)
from baselines.practices_55 import PRACTICES as CM
from baselines.practices_others import PRACTICES as OTHERS
from baselines.practices_services import PRACTICES as SERVICES
from cmdb.errors import Invalid
from cmdb.model import shown
from cmdb.store import UnitOfWork

ALL: tuple[Practice, ...] = (*SERVICES, *CM, *OTHERS)
SECTIONS: Mapping[str, str] = {
    "5.1": "Service Commitment Management",
    "5.3": "Service Tracking and Oversight",
    "5.4": "Subcontract Management",
    "5.5": "Configuration Management",
    "5.6": "Event Management",
    "5.7": "Service Quality Assurance",
}
QUERIES: Mapping[str, Query] = joined(
    evidence_people.QUERIES,
    evidence_papers.QUERIES,
    evidence_audits.QUERIES,
    evidence_control.QUERIES,
    evidence_items.QUERIES,
    evidence_services.QUERIES,
)


class Verdict(NamedTuple):
    """How far one practice is performed: records by id, what is missing, what mends it, or who said why not.

    `now` tells that it was counted on the records as they are now, whatever moment was asked about.
    """

    practice: Practice
    state: str
    records: tuple[str, ...] = ()
    total: int = 0
    missing: str = ""
    mend: str = ""
    now: bool = False
    statement: Statement | None = None


class Moved(NamedTuple):
    """A practice that stands otherwise than at an earlier moment."""

    practice: Practice
    before: str
    after: str


def known() -> frozenset[str]:
    """The ids of all practices, with the numbered points."""
    return frozenset(one.id for one in ALL)


def practices(sections: Sequence[str]) -> tuple[Practice, ...]:
    """The practices of these sections, or of every one. Raises Invalid for a section nobody has."""
    wrong = [one for one in sections if one not in SECTIONS]
    if wrong:
        raise Invalid(f"There is no section '{shown(wrong[0])}'.", f"Use one of: {', '.join(SECTIONS)}.")
    return tuple(one for one in ALL if not sections or one.section in sections)


def assess(
    uow: UnitOfWork,
    sections: Sequence[str] = ("5.5",),
    *,
    at: datetime,
    service: str = "",
    most: int = KEPT,
) -> tuple[Verdict, ...]:
    """How far each practice of these sections is performed at an instant, in the order of the model.

    With `service`, only what concerns that service is asked, where a query can tell. At most `most`
    records are named of each. Raises Invalid for a service that does not exist.
    """
    wanted = practices(sections)
    if service and not uow.rows("SELECT 1 FROM item WHERE id = ? AND service", service):
        raise Invalid(f"There is no service '{shown(service)}'.", "List them with 'cmdb service list'.")
    said = exclusions.standing(uow, at=at)
    known_once: dict[str, object] = {}
    found: dict[str, Verdict] = {}
    points: dict[str, list[str]] = {}
    for one in wanted:
        points.setdefault(one.above, []).append(one.id)
    # Points before what they belong to, goals last: each is made of those that are there by then.
    for one in sorted(wanted, key=lambda one: (one.top, one.sums)):
        statement = said.get(one.id) or said.get(one.above)
        if statement is not None:
            found[one.id] = Verdict(one, NOT_APPLICABLE, statement=statement)
            continue
        parts = [found[id] for id in points.get(one.id, ())]
        if one.sums:
            parts += [found[id] for id in one.query.partition(":")[2].split("|")]
        ask = Ask(uow=uow, at=at, service=service, most=most, known=known_once)
        found[one.id] = _verdict(one, _asked(one, ask), parts, most)
    return tuple(found[one.id] for one in wanted)


def counted(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How many practices stand in each state, points not counted apart."""
    top = [one.state for one in verdicts if one.practice.top]
    return {state: top.count(state) for state in STATES}


def trend(before: Sequence[Verdict], after: Sequence[Verdict]) -> tuple[Moved, ...]:
    """The practices that stand otherwise after than before, points included."""
    was = {one.practice.id: one.state for one in before}
    return tuple(
        Moved(one.practice, was[one.practice.id], one.state)
        for one in after
        if was.get(one.practice.id, one.state) != one.state
    )


def _asked(practice: Practice, ask: Ask) -> Answer | None:
    """What the query of a practice finds; None for one that is its points alone."""
    if not practice.query or practice.sums:
        return None
    name, _, ask.argument = practice.query.partition(":")
    # Two practices may rest on the same evidence: it is looked for once.
    found: Answer = ask.once(f"answer {practice.query}", lambda: QUERIES[name](ask))
    return found


def _verdict(practice: Practice, own: Answer | None, parts: Sequence[Verdict], most: int) -> Verdict:
    """One practice from what its query found and what its points come to."""
    states = [one.state for one in parts if one.state != NOT_APPLICABLE]
    states += [own.state] if own else []
    if not states:
        return Verdict(practice, NOT_APPLICABLE, statement=parts[0].statement if parts else None)
    if all(one == PERFORMED for one in states):
        state = PERFORMED
    elif all(one == NOT_PERFORMED for one in states):
        state = NOT_PERFORMED
    else:
        state = PARTLY
    if own is not None and own.state != PERFORMED:
        missing, mend = own.missing, own.mend
    else:
        lacking = [one for one in parts if one.state in (PARTLY, NOT_PERFORMED)]
        names = ", ".join(one.practice.id.partition(" ")[2] for one in lacking)
        missing = f"See {names}." if lacking else ""
        mend = lacking[0].mend if lacking else ""
    records = (own.records if own else _records(parts))[:most]
    return Verdict(
        practice,
        state,
        records,
        own.total if own else max(len(set(records)), *(one.total for one in parts), 0),
        missing if state != PERFORMED else "",
        mend if state != PERFORMED else "",
        own.now if own else any(one.now for one in parts),
    )


def _records(parts: Iterable[Verdict]) -> tuple[str, ...]:
    """One record of each point first, then the rest."""
    lists = [one.records for one in parts]
    found = [records[0] for records in lists if records]
    found += [id for records in lists for id in records]
    return tuple(dict.fromkeys(found))
