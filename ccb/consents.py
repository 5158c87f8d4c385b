"""Who has to agree because the graph says so, each with the reasons.

Asked are the owner of every item and document changed, the named reviewer, the service manager of
every service with a worse effect or less margin, and the service delivery manager of every agreement
forecast to lose allowance. Bringing candidates under control asks no owner: it changes their level,
nothing of what they own. Source: rules.md 6, Consent.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from ccb.model import ChangeRequest, Consent
from ccb.proposal import Proposal
from cmdb import people
from cmdb.canonical import rfc3339
from cmdb.forecast import Forecast
from cmdb.store import UnitOfWork

_AT_ONCE = 500  # services looked up in one statement


class Asked:
    """The people gathered so far, with why each is asked."""

    def __init__(self) -> None:
        self._why: dict[str, dict[str, None]] = {}

    def owners(self, proposed: Proposal) -> None:
        """Ask the owners of items and documents that are changed, as they are and as they would be."""
        for (kind, id), after in proposed.after.items():
            if kind not in ("item", "document"):
                continue
            before = proposed.before.get((kind, id)) or {}
            for owner in dict.fromkeys([before.get("owner", ""), after.get("owner", "")]):
                self._ask(owner, f"owns {id}")

    def reviewer(self, request: ChangeRequest) -> None:
        """Ask the named reviewer."""
        self._ask(request.reviewer, "is the named reviewer")

    def named(self, people: Iterable[str]) -> None:
        """Ask people an earlier assessment found, whose reasons are not kept."""
        for person in people:
            self._ask(person, "is asked by the assessment")

    def managers(
        self, uow: UnitOfWork, effects: Mapping[str, str], less_margin: Iterable[str], at: datetime
    ) -> None:
        """Ask the service manager of each service hit or left with less margin.

        A service nobody was made manager of speaks through its owner.
        """
        why = {service: f"{service}: {effect}" for service, effect in effects.items()}
        for service in less_margin:
            why.setdefault(service, f"{service}: less redundancy after the change")
        managers = _managers(uow, list(why), at)
        for service, reason in sorted(why.items()):
            for person in managers[service]:
                self._ask(person, f"manages {reason}")

    def delivery(self, uow: UnitOfWork, rows: Iterable[Forecast]) -> None:
        """Ask the service delivery manager of each agreement that loses allowance."""
        for row in rows:
            if row.planned_worst_s > 0:
                for (manager,) in uow.rows("SELECT manager FROM agreement WHERE id = ?", row.agreement):
                    self._ask(manager, f"delivers {row.agreement}, which is forecast to lose allowance")

    def consents(self, uow: UnitOfWork) -> tuple[Consent, ...]:
        """Everybody asked, sorted by person, with the groups each speaks for."""
        groups = people.groups_by_person(uow)
        return tuple(
            Consent(person=person, why=tuple(why), groups=tuple(groups.get(person, ())))
            for person, why in sorted(self._why.items())
        )

    def _ask(self, person: str, why: str) -> None:
        if person:
            self._why.setdefault(person, {})[why] = None


def _managers(uow: UnitOfWork, services: Collection[str], at: datetime) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {service: [] for service in services}
    now = rfc3339(at)
    granted = uow.rows(
        "SELECT service, person FROM role_grant WHERE role = 'service manager' AND service <> ''"
        ' AND start <= ? AND ("end" IS NULL OR "end" > ?) ORDER BY service, person',
        now,
        now,
    )
    for service, person in granted:
        if service in found:
            found[service].append(person)
    unmanaged = [service for service in services if not found[service]]
    for first in range(0, len(unmanaged), _AT_ONCE):
        some = unmanaged[first : first + _AT_ONCE]
        marks = ", ".join("?" * len(some))
        for service, owner in uow.rows(f"SELECT id, owner FROM item WHERE id IN ({marks})", *some):
            found[service] = [owner]
    return found
