"""Statements that something does not apply here: a practice, or an item that a promise reaches.

    state(library, about, reason, until, key, at) -> Statement      one signed record
    withdraw(library, id, reason, key, at)
    standing(uow, at) -> {about: Statement}

Nobody decides silently that a practice is not performed: who said so, when and why is a record, and
it may end. Source: rules.md 10, Conformance.
"""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from baselines import tables_audits
from baselines.audit_life import Statement, Step
from baselines.audits import PLANS, act_on, step_on
from baselines.library import Library
from cmdb import roles
from cmdb.canonical import rfc3339
from cmdb.errors import Invalid, Refused
from cmdb.model import check, shown
from cmdb.store import UnitOfWork

ITEM = "item:"


def state(
    library: Library,
    about: str,
    *,
    reason: str,
    until: datetime | None = None,
    known: Collection[str],
    actor: str,
    key: Path,
    at: datetime,
) -> Statement:
    """Say that a practice of `known`, or an item under agreement, is not applicable here, and why.

    Raises Invalid for anything else, Refused where it was said already.
    """

    def build(uow: UnitOfWork) -> list[Step]:
        roles.require(uow, actor, PLANS, at=at)
        _refuse_unknown(uow, about, known)
        before = standing(uow, at=at).get(about)
        if before is not None:
            raise Refused(
                f"{before.by} said so already: {before.reason}",
                f"Withdraw it first: 'cmdb practice reinstate {before.id} -m WHY'.",
            )
        check("The reason", [] if reason.strip() else ["It is empty."])
        check("The end", [] if until is None or until > at else ["It has to lie ahead."])
        said = {"about": about, "reason": reason, "until": rfc3339(until) if until else ""}
        return [step_on(uow, tables_audits.next_id(uow, "SAY"), "state", actor, at, said)]

    [found] = act_on(library, build, what="practice set aside", actor=actor, key=key, at=at)
    assert isinstance(found, Statement), "a statement was made"
    return found


def withdraw(library: Library, id: str, *, reason: str, actor: str, key: Path, at: datetime) -> Statement:
    """Take a statement back: what it was about applies again."""

    def build(uow: UnitOfWork) -> list[Step]:
        roles.require(uow, actor, PLANS, at=at)
        check("The reason", [] if reason.strip() else ["It is empty."])
        before = uow.get(Statement, id.upper())
        return [step_on(uow, before.id, "withdraw", actor, at, {"words": reason})]

    [found] = act_on(library, build, what="practice reinstate", actor=actor, key=key, at=at)
    assert isinstance(found, Statement), "a statement was withdrawn"
    return found


def standing(uow: UnitOfWork, *, at: datetime) -> dict[str, Statement]:
    """The statements that hold at an instant, by what they are about."""
    return {one.about: one for one in uow.all(Statement) if one.stands(at)}


def excluded_items(uow: UnitOfWork, *, at: datetime) -> frozenset[str]:
    """The items somebody said need not be under control although a promise reaches them."""
    found = standing(uow, at=at)
    return frozenset(one.removeprefix(ITEM) for one in found if one.startswith(ITEM))


def _refuse_unknown(uow: UnitOfWork, about: str, known: Collection[str]) -> None:
    if about in known:
        return
    if about.startswith(ITEM):
        if uow.rows("SELECT 1 FROM item WHERE id = ?", about.removeprefix(ITEM)):
            return
        raise Invalid(f"There is no item '{shown(about[5:])}'.", "List them with 'cmdb item list'.")
    raise Invalid(
        f"'{shown(about)}' is no practice.",
        "Write it as 'cmdb conformance' does, such as '5.5 Activity 7.1', or item:ID.",
    )
