"""What an event does to services and promises, worked out on the estate as it is.

What was reported as down is taken for down; of an event that has taken nothing down yet every item it
concerns, so that the answer says what would follow. Inside a transaction; writes nothing.
Source: rules.md 3, 4 and 9; IT Service CMM 5.6, Activity 4.2.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from cmdb import agreements, event_deadlines, impact
from cmdb.agreement_versions import in_force
from cmdb.availability import counts
from cmdb.bound import bound_services
from cmdb.event_deadlines import Deadlines
from cmdb.impact import Impact
from cmdb.promises import Claim, ServiceAgreement
from cmdb.reading_graph import StoredEstate
from cmdb.reading_promises import StoredPromises
from cmdb.reported import Event, EventImpact, Stake
from cmdb.store import UnitOfWork

REDUCED = "reduced redundancy"  # what only lost margin breaks no promise yet
_CAPPED = {"outage": "degraded"}  # what is merely degraded takes nothing out


class Affected(NamedTuple):
    """The services an event concerns, with what it does to each."""

    answer: Impact
    services: tuple[tuple[str, str], ...]


class Promised:
    """The agreements of one transaction, read once however many events ask for them."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._every: tuple[ServiceAgreement, ...] | None = None
        self._affected: dict[tuple[tuple[str, ...], str], Affected] = {}

    @property
    def every(self) -> tuple[ServiceAgreement, ...]:
        """Every binding agreement."""
        if self._every is None:
            self._every = tuple(one for one in agreements.listed(self._uow) if one.binding)
        return self._every

    def affected(self, event: Event) -> Affected:
        """The services an event concerns; the same items are followed once."""
        key = event.down or event.items, event.effect
        if key not in self._affected:
            self._affected[key] = affected(self._uow, event)
        return self._affected[key]

    def deadlines(self, event: Event, services: Collection[str]) -> Deadlines:
        """Until when an event has to be answered and resolved."""
        if not self.every:
            return Deadlines()
        named = [one for one in self.every if one.id == event.agreement] if event.agreement else self.every
        if event.outside:
            return Deadlines()
        wanted = set(services) or {one for each in named for one in each.services if event.agreement}
        claims = _claims(self._uow, event.claims)
        return event_deadlines.deadlines(
            named, wanted, kind=event.kind, reported=event.reported, claims=claims
        )


def affected(uow: UnitOfWork, event: Event) -> Affected:
    """Follow what an event takes down, or would; a request takes nothing, its services are concerned."""
    down = event.down or event.items
    answer = impact.impact(StoredEstate(uow.rows, uow.dialect), down)
    if event.kind == "service request":
        hit = {one.id for one in answer.services} & set(event.items)
        return Affected(answer, tuple((one, "none") for one in sorted(hit)))
    degraded = event.effect == "degraded"
    return Affected(
        answer,
        tuple(
            (one.id, _CAPPED.get(one.effect, one.effect) if degraded else one.effect)
            for one in answer.services
        ),
    )


def analysed(uow: UnitOfWork, event: Event, *, at: datetime, promised: Promised) -> EventImpact:
    """Give what an event does to services and to which commitments, as of a moment."""
    found = promised.affected(event)
    request = event.kind == "service request"
    worst = found.answer.effect
    return EventImpact(
        at=at,
        down=found.answer.down,
        supposed=not event.down,
        effect="none" if request else _CAPPED.get(worst, worst) if event.effect == "degraded" else worst,
        items=0 if request else len(found.answer.items),
        services=found.services,
        stakes=tuple(_stakes(uow, event, dict(found.services), at)),
    )


def _stakes(uow: UnitOfWork, event: Event, services: dict[str, str], at: datetime) -> Sequence[Stake]:
    if event.outside:
        return []
    wanted = bound_services(uow.rows, services) if services else set()
    if event.agreement and not wanted:
        named = [uow.get(ServiceAgreement, event.agreement)]
        wanted = set(named[0].services)
    else:
        named = list(StoredPromises(uow.rows, uow.dialect).agreements_of(wanted, at, whole=True))
        named = [one for one in named if event.agreement in ("", one.id)]
    stakes = []
    for agreement in named:
        left = {
            (one.commitment, one.service): one.left_s
            for one in agreements.standings_of(uow, agreement.id, at=at, now=at)
        }
        for one in in_force(agreement, at).commitments:
            effect = services.get(one.service, "none")
            if one.service not in wanted or effect == REDUCED:
                continue
            if not _touches(event, one.attribute, counts(effect, one)):
                continue
            stakes.append(
                Stake(
                    agreement=agreement.id,
                    customer=agreement.customer,
                    commitment=one.id,
                    service=one.service,
                    effect=effect,
                    says=one.says if one.observed else f"availability {one.says}",
                    left_s=left.get((one.id, one.service)),
                )
            )
    return sorted(stakes, key=lambda one: (one.agreement, one.commitment, one.service))


def _touches(event: Event, attribute: str, takes: bool) -> bool:
    """Whether a commitment about an attribute is at stake: by time lost, or by how long we take over it."""
    if attribute == "availability":
        return event.kind == "incident" and takes
    return attribute in (event_deadlines.RESPONSE, event_deadlines.RESOLUTION[event.kind])


def _claims(uow: UnitOfWork, ids: Collection[str]) -> tuple[Claim, ...]:
    return tuple(one for id in ids if (one := uow.find(Claim, id)) is not None)
