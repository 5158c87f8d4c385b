"""Reviews: planned, their material approved, held with what they came to, and planned again.

A periodic review that is held plans the next one; a date that passes escalates (`cmdb tick`).
Source: rules.md 9, Review; IT Service CMM 5.5, Verification 1 and 2; 5.3, Activity 13.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta

from cmdb import action_items, duty_records, notices, origins
from cmdb.canonical import rfc3339
from cmdb.duties import Review
from cmdb.errors import Refused
from cmdb.model import check
from cmdb.roles import registered
from cmdb.store import Store, UnitOfWork

_STEP: Mapping[str, relativedelta] = {
    "month": relativedelta(months=1),
    "quarter": relativedelta(months=3),
    "half-year": relativedelta(months=6),
    "year": relativedelta(years=1),
}
# What may be said anew of a review that is still to be held.
AMENDABLE = (
    *("title", "planned", "holder", "every", "occasion", "participants", "groups", "material", "approver"),
)


def plan(store: Store, *, actor: str, at: datetime, about: str = "", **fields: Any) -> Review:
    """Plan a review; who holds it, takes part or approves its material is told.

    Raises Invalid with every person and group that does not exist, NotFound for what it is about.
    """
    with store.write() as uow:
        duty_records.allow(uow, actor, at)
        named = origins.known(uow, about) if about else ""
        review = Review(id=duty_records.mint(uow, "RV"), about=named, **fields)
        _check(uow, review)
        _put_new(uow, review, actor=actor, at=at)
        uow.commit()
    return review


def amend(store: Store, id: str, *, actor: str, at: datetime, **changes: Any) -> Review:
    """Change what is planned of a review; those it concerns are told. New material is to be approved anew.

    Raises Refused for one that is held or cancelled.
    """
    with store.write() as uow:
        duty_records.allow(uow, actor, at)
        before = _planned(uow, id)
        review = before.but(**changes)
        if (review.material, review.approver) != (before.material, before.approver):
            review = review.but(approved_at=None)
        _check(uow, review)
        moved = [name for name in AMENDABLE if getattr(review, name) != getattr(before, name)]
        if not moved:
            return before
        uow.replace(review)
        text = f"{id} was changed ({', '.join(moved)}), and is on {rfc3339(review.planned)}: {review.title}"
        _tell(uow, review, text, actor=actor, at=at)
        changed = {name: getattr(review, name) for name in moved}
        duty_records.note(uow, "review amend", "review", id, changed, actor=actor, at=at)
        uow.commit()
    return review


def approve(store: Store, id: str, *, actor: str, at: datetime) -> Review:
    """Approve the material of a review, as the one who is to. Raises Refused for anybody else."""
    with store.write() as uow:
        registered(uow, actor)
        before = _planned(uow, id)
        if actor != before.approver:
            raise Refused(
                f"The material of {id} is approved by {before.approver or 'nobody'}, not by {actor}.",
                f"Name another approver with 'cmdb review amend {id} --approver PERSON'.",
            )
        review = before.but(approved_at=at)
        uow.replace(review)
        duty_records.note(uow, "review approve", "review", id, {"approver": actor}, actor=actor, at=at)
        uow.commit()
    return review


def hold(
    store: Store, id: str, *, actor: str, at: datetime, held_at: datetime, **fields: Any
) -> tuple[Review, Review | None]:
    """Record that a review was held and what it came to; give it, and the next one of a periodic.

    Participants and recipients are told. Raises Refused where its material was not approved.
    """
    with store.write() as uow:
        before = _planned(uow, id)
        if actor != before.holder:
            duty_records.allow(uow, actor, at)
        registered(uow, actor)
        if before.approver and before.approved_at is None:
            raise Refused(
                f"The material of {id} was not approved by {before.approver}.",
                f"Ask for it ('cmdb review approve {id}'), or 'cmdb review amend {id} --approver \"\"'.",
            )
        review = before.but(state="held", held_at=held_at, **fields)
        check(f"Review '{id}'", [] if held_at <= at else ["It cannot have been held in the future."])
        _check(uow, review)
        uow.replace(review)
        text = f"{id} was held, {review.title}: {review.summary}"
        people = [*_people(uow, review), *review.recipients]
        notices.tell(uow, people, about=f"review:{id}", text=text[:2_000], at=at, kind="review held")
        changed = {"held": held_at, "decisions": review.decisions, "recipients": review.recipients}
        duty_records.note(uow, "review hold", "review", id, changed, actor=actor, at=at)
        following = _next(uow, review, actor=actor, at=at)
        uow.commit()
    return review, following


def cancel(store: Store, id: str, *, reason: str, actor: str, at: datetime) -> Review:
    """Say that a planned review is not to be held, and why. That is final."""
    with store.write() as uow:
        duty_records.allow(uow, actor, at)
        check("The reason", [] if reason.strip() else ["A review is cancelled with a reason."])
        review = _planned(uow, id).but(state="cancelled", summary=reason)
        uow.replace(review)
        _tell(uow, review, f"{id} is cancelled, {review.title}: {reason}"[:2_000], actor=actor, at=at)
        duty_records.note(uow, "review cancel", "review", id, {"reason": reason}, actor=actor, at=at)
        uow.commit()
    return review


def listed(
    uow: UnitOfWork, *, kind: str = "", about: str = "", only_planned: bool = True
) -> tuple[Review, ...]:
    """Reviews of a kind and about a record (of any where none is named), the earliest planned first."""
    clauses, parameters = ["1 = 1"], []
    for name, content in (("kind", kind), ("about", about), ("state", "planned" if only_planned else "")):
        if content:
            clauses.append(f"{name} = ?")
            parameters.append(content)
    found = uow.where(Review, " AND ".join(clauses), *parameters)
    return tuple(sorted(found, key=lambda one: (one.planned, int(one.id.removeprefix("RV-")))))


def missed(uow: UnitOfWork, *, at: datetime) -> tuple[Review, ...]:
    """The planned reviews whose time has passed, the longest ago first."""
    return tuple(one for one in listed(uow) if one.missed(at))


def items_of(uow: UnitOfWork, id: str) -> tuple[Any, ...]:
    """The action items that came from a review."""
    return action_items.listed(uow, origin=f"review:{id}", only_open=False)


def _planned(uow: UnitOfWork, id: str) -> Review:
    review = uow.get(Review, id)
    if review.state != "planned":
        raise Refused(
            f"{id} is {review.state}; nothing in it changes any more.",
            "Plan another with 'cmdb review plan'.",
        )
    return review


def _next(uow: UnitOfWork, review: Review, *, actor: str, at: datetime) -> Review | None:
    """Plan the next of a periodic review: the first date of its rhythm that lies ahead."""
    if not review.every:
        return None
    count, step = 1, _STEP[review.every]
    while (planned := review.planned + step * count) <= at:
        count += 1
    following = Review(
        id=duty_records.mint(uow, "RV"),
        planned=planned,
        follows=review.id,
        **{
            name: getattr(review, name)
            for name in AMENDABLE
            if name not in ("planned", "material", "approver")
        },
        kind=review.kind,
        about=review.about,
    )
    _put_new(uow, following, actor=actor, at=at)
    return following


def _put_new(uow: UnitOfWork, review: Review, *, actor: str, at: datetime) -> None:
    uow.add(review)
    text = f"{review.id} is planned for {rfc3339(review.planned)}: {review.title}"
    _tell(uow, review, text, actor=actor, at=at)
    changed = {"kind": review.kind, "planned": review.planned, "holder": review.holder, "every": review.every}
    duty_records.note(uow, "review plan", "review", review.id, changed, actor=actor, at=at)


def _people(uow: UnitOfWork, review: Review) -> tuple[str, ...]:
    named = (review.holder, *review.participants, *duty_records.members(uow, review.groups), review.approver)
    return tuple(dict.fromkeys(one for one in named if one))


def _tell(uow: UnitOfWork, review: Review, text: str, *, actor: str, at: datetime) -> None:
    people = [one for one in _people(uow, review) if one != actor]
    notices.tell(uow, people, about=f"review:{review.id}", text=text, at=at, kind="review planned")


def _check(uow: UnitOfWork, review: Review) -> None:
    people = (review.holder, review.approver, *review.participants, *review.recipients)
    check(f"Review '{review.id}'", duty_records.unknown(uow, people, review.groups))
