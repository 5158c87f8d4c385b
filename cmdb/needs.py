"""What customers need: noted, amended from a day on, and compared then with now and with what is promised.

A need is never overwritten: amended, it ends on a day and goes on under the same id with what it says
from that day on, so that the needs of the day an agreement was made can always be laid beside today's.
Source: IT Service CMM 5.1, Activities 1, 2 and 4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import cmdb.tables_catalogue
import cmdb.tables_promises  # noqa: F401 - and the agreements that are read here
from cmdb import agreement_versions, journal
from cmdb.agreement_records import plain
from cmdb.amounts import base_of, comparable, written
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Party, Value, check, shown
from cmdb.offers import Need, StandardService
from cmdb.promises import ServiceAgreement
from cmdb.roles import require
from cmdb.store import Store, UnitOfWork

_LOWER = ("<=", "<")
_CONTENT = ("topic", "service", "standard", "what", "quantity", "comparator", "target", "unit", "priority")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared(Value):
    """A need then and now: `new`, `gone`, `changed` with the fields that are, or `same`; and what answers it.

    `unmet` says, in sentences, why what is promised is no answer to it now.
    """

    id: str
    state: str
    before: Need | None
    now: Need | None
    fields: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()


def add(store: Store, need: Need, *, actor: str, at: datetime) -> Need:
    """Note a need. Raises Invalid for what it names that is not there, or an id that is taken."""
    with store.write() as uow:
        require(uow, actor, "keep agreements", at=at)
        if uow.all(Need, id=need.id):
            raise Invalid(
                f"The need '{need.id}' exists already.",
                f"Amend it with 'cmdb need amend {need.id}', or choose another id.",
            )
        check(f"Need '{need.id}'", _problems(uow, need))
        uow.add(need)
        _journal(uow, need, "need add", {"what": need.what, "since": need.since}, actor, at)
        uow.commit()
    return need


def amend(store: Store, id: str, changes: Mapping[str, Any], *, since: str, actor: str, at: datetime) -> Need:
    """Change what is needed from a day on; what was needed until then is kept.

    Raises NotFound, Refused for a need that is over or a day before it began.
    """
    with store.write() as uow:
        require(uow, actor, "keep agreements", at=at)
        before = _open(uow, id)
        after = before.but(**{**changes, "since": since})
        _refuse_earlier(before, since)
        if after.but(since=before.since) == before:
            raise Invalid("Nothing would change.", f"See what it says: 'cmdb need list {before.customer}'.")
        check(f"Need '{id}'", _problems(uow, after))
        if since == before.since:
            uow.replace(after)
        else:
            uow.replace(before.but(until=since))
            uow.add(after)
        old, new = plain(before), plain(after)
        changed = {
            name: {"old": old.get(name), "new": new.get(name)}
            for name in sorted({*old, *new})
            if old.get(name) != new.get(name)
        }
        _journal(uow, after, "need amend", changed, actor, at)
        uow.commit()
    return after


def drop(store: Store, id: str, *, until: str, actor: str, at: datetime) -> Need:
    """Note that something is no longer needed from a day on. Raises NotFound, Refused."""
    with store.write() as uow:
        require(uow, actor, "keep agreements", at=at)
        before = _open(uow, id)
        _refuse_earlier(before, until)
        after = before.but(until=until)
        uow.replace(after)
        _journal(uow, after, "need drop", {"until": until}, actor, at)
        uow.commit()
    return after


def listed(uow: UnitOfWork, customer: str = "", *, on: str = "") -> tuple[Need, ...]:
    """Needs, of one customer or all; those of a day where one is given, else everything ever noted."""
    if customer:
        uow.get(Party, customer)
    found = uow.all(Need, customer=customer) if customer else uow.all(Need)
    return tuple(one for one in found if not on or one.held(on))


def agreed_on(uow: UnitOfWork, customer: str) -> str:
    """The day the customer last agreed on something: accepted a version, or it began. Raises NotFound."""
    days = [
        str(one.terms.get("accepted", {}).get("on") or one.start.date().isoformat())
        for one in uow.all(ServiceAgreement, customer=customer)
        if one.binding
    ]
    if not days:
        raise NotFound(
            f"No agreement with {shown(customer)} binds.",
            "Say which day to compare with: 'cmdb need compare CUSTOMER --then DATE'.",
        )
    return max(days)


def compare(uow: UnitOfWork, customer: str, *, then: str, now: str) -> tuple[Compared, ...]:
    """Lay the needs of two days side by side, and each need of the later one beside what is promised."""
    old = {one.id: one for one in listed(uow, customer, on=then)}
    new = {one.id: one for one in listed(uow, customer, on=now)}
    promised = _promised(uow)
    return tuple(_compared(id, old.get(id), new.get(id), promised) for id in sorted({*old, *new}))


def _compared(
    id: str, before: Need | None, now: Need | None, promised: Mapping[str, ServiceAgreement]
) -> Compared:
    fields: tuple[str, ...] = ()
    if before is not None and now is not None:
        fields = tuple(one for one in _CONTENT if getattr(before, one) != getattr(now, one))
    state = "new" if before is None else "gone" if now is None else "changed" if fields else "same"
    unmet = tuple(_unmet(now, promised)) if now is not None else ()
    return Compared(id=id, state=state, before=before, now=now, fields=fields, unmet=unmet)


def _unmet(need: Need, promised: Mapping[str, ServiceAgreement]) -> Sequence[str]:
    """Why a need is not answered by the commitments it names."""
    if not need.commitments:
        return ["no commitment answers it."] if need.topic == "service" else []
    found = []
    for name in need.commitments:
        id, _, commitment = name.partition(":")
        agreement = promised.get(id)
        if agreement is None or not agreement.binding:
            found.append(f"{id} does not bind.")
            continue
        said = next((one for one in agreement.commitments if one.id == commitment), None)
        if said is None:
            found.append(f"{id} promises no '{commitment}' any more.")
        elif need.target is not None and said.attribute == need.quantity and comparable(said.unit, need.unit):
            less = base_of(said.target, said.unit) < base_of(need.target, need.unit)
            more = base_of(said.target, said.unit) > base_of(need.target, need.unit)
            if more if need.comparator in _LOWER else less:
                found.append(
                    f"{name} promises {written(said.target, said.unit)}, "
                    f"{written(need.target, need.unit)} is needed."
                )
    return found


def _promised(uow: UnitOfWork) -> dict[str, ServiceAgreement]:
    return {one.id: agreement_versions.versions(one)[-1] for one in uow.all(ServiceAgreement)}


def _open(uow: UnitOfWork, id: str) -> Need:
    found = sorted(uow.all(Need, id=id), key=lambda one: one.since)
    if not found:
        raise NotFound(f"There is no need '{shown(id)}'.", "List them with 'cmdb need list'.")
    if found[-1].until:
        raise Refused(
            f"{id} is no longer needed since {found[-1].until}.",
            "Note a new one with 'cmdb need add'.",
        )
    return found[-1]


def _refuse_earlier(before: Need, since: str) -> None:
    if since < before.since:
        raise Refused(
            f"{before.id} says what it says since {before.since}; {shown(since)} lies before.",
            f"Give a day from {before.since} on, with --since.",
        )


def _problems(uow: UnitOfWork, need: Need) -> list[str]:
    found = []
    party = uow.find(Party, need.customer)
    if party is None:
        found.append(f"There is no party '{shown(need.customer)}'.")
    elif party.kind not in ("customer", "end users"):
        found.append(f"{party.id} is a party of the kind '{party.kind}', not a customer.")
    if need.service and not uow.rows("SELECT 1 FROM item WHERE id = ?", need.service):
        found.append(f"There is no item '{shown(need.service)}'.")
    if need.standard and uow.find(StandardService, need.standard) is None:
        found.append(f"The catalogue has no '{shown(need.standard)}'.")
    for name in need.commitments:
        id, _, commitment = name.partition(":")
        agreement = uow.find(ServiceAgreement, id)
        if agreement is None:
            found.append(f"There is no agreement '{shown(id)}'.")
        elif commitment not in {one.id for one in agreement.commitments}:
            found.append(f"{id} has no commitment '{shown(commitment)}'.")
    return found


def _journal(
    uow: UnitOfWork, need: Need, action: str, changed: Mapping[str, Any], actor: str, at: datetime
) -> None:
    subjects = (f"need:{need.id}", f"party:{need.customer}", *filter(None, [need.service]))
    journal.record(uow, at=at, actor=actor, action=action, subjects=subjects, changed=changed)
