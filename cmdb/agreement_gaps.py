"""What a service agreement lacks: sentence by sentence, each with what to add.

Nothing here refuses anything: an agreement may be registered with gaps, and this says which are left.
The text of an agreement is looked at by itself (`text_gaps`, pure); what it names beside what is
stored, and what its services rest on, by `gaps_of`.
Source: rules.md 4; IT Service CMM 5.1, Activity 3.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from cmdb import agreement_acceptance, calendar, level_gaps
from cmdb.agreement_acts import signature_problem
from cmdb.agreement_omissions import omissions
from cmdb.agreement_support import unsupported
from cmdb.agreements import problems
from cmdb.catalogue import deviations
from cmdb.errors import Invalid
from cmdb.intervals import length, seconds
from cmdb.model import Party, needed, shown
from cmdb.periods import day_of, zone_of
from cmdb.promises import ServiceAgreement
from cmdb.reading_graph import StoredEstate
from cmdb.store import UnitOfWork

AHEAD = timedelta(days=366)  # how far an agreement without end is looked at for time that is due
NAMED = 5  # ids in a sentence; the rest is counted


class Gap(NamedTuple):
    """One thing an agreement lacks: where (a field of it, or an item), in a sentence, and what to add."""

    agreement: str
    where: str
    says: str
    add: str


def gaps_of(uow: UnitOfWork, agreement: ServiceAgreement, *, now: datetime) -> list[Gap]:
    """Say everything an agreement lacks at a moment: what it says, what it names, what lies below."""
    wrong = problems(uow, agreement)
    readable = not any(one.startswith("zone:") for one in wrong)
    found = [_named(agreement, one) for one in wrong]
    found += text_gaps(agreement, now=now)
    # With a rule nothing can be read from, time that is due cannot be counted: it was said above.
    if readable and not any(one.startswith(("commitments[", "windows[")) for one in wrong):
        found += _time_gaps(agreement, now)
        found += [Gap(agreement.id, *one) for one in level_gaps.unseen(uow, agreement, now=now)]
    found += [Gap(agreement.id, *one) for one in unsupported(uow, agreement)]
    if unsigned := signature_problem(uow, agreement):
        again = f"A signature over what it says now: 'cmdb agreement sign {agreement.id}'."
        found.append(Gap(agreement.id, "signed", unsigned, again))
    if unaccepted := agreement_acceptance.problem(agreement):
        again = f"A signature over what it says now: 'cmdb agreement statement {agreement.id} --name NAME'."
        found.append(Gap(agreement.id, "accepted", unaccepted, again))
    found += [Gap(agreement.id, *one) for one in deviations(uow, agreement)]
    found += _party_gaps(uow, agreement)
    found += _rivals(uow, agreement)
    found += _estate_gaps(uow, agreement)
    return found


def text_gaps(agreement: ServiceAgreement, *, now: datetime) -> list[Gap]:
    """Say what an agreement leaves out, and what it says that nobody can keep or break. Pure."""
    return [
        Gap(agreement.id, *one)
        for one in (
            *_left_out(agreement),
            *omissions(agreement),
            *_dated(agreement, now),
            *_promised(agreement),
        )
    ]


Said = Iterator[tuple[str, str, str]]


def _left_out(one: ServiceAgreement) -> Said:
    if not one.provider:
        yield "provider", "It does not say who provides the services.", "The party that does, as 'provider'."
    if not one.contacts:
        yield "contacts", "It names nobody to tell.", "A name with an email address, under 'contacts'."
    for contact in one.contacts:
        if not contact.email and not contact.phone:
            yield (
                "contacts",
                f"{contact.name} cannot be reached: there is no address and no number.",
                f"The email address or telephone number of {contact.name}.",
            )
    if not one.purpose:
        yield "purpose", "It does not say what it is for.", "What the customer gets from it, as 'purpose'."
    if not one.scope:
        yield "scope", "It does not say what belongs to it.", "What is covered and what is not, as 'scope'."
    if not one.notice:
        yield (
            "notice",
            "Planned work needs no notice: it may be announced the moment it starts.",
            "How long before planned work the customer is told, as 'notice', such as 7d.",
        )
    if not one.windows:
        yield "windows", *_without_windows(one)


def _without_windows(one: ServiceAgreement) -> tuple[str, str]:
    counted = sorted(each.id for each in one.commitments if each.planned == "beyond the agreed windows")
    said = "No maintenance window is agreed"
    if counted:
        said += f", yet {_some(counted)} exempts planned outages inside the agreed windows: none is exempt"
    return f"{said}.", "When planned work may be done, under 'windows'."


def _dated(one: ServiceAgreement, now: datetime) -> Said:
    over = one.end is not None and one.end <= now
    if one.state == "draft":
        yield (
            "state",
            "It is a draft: no forecast, warning or vote goes by it until it is agreed.",
            f"What comes first: 'cmdb agreement review {one.id} --for WHOM --name NAME', for each who must.",
        )
    if over and one.state != "ended":
        yield (
            "end",
            f"Its period is over, but its state is '{one.state}'.",
            "The state 'ended', or a later 'end' that both sides agreed.",
        )
    if one.end is None:
        yield (
            "end",
            "It has no end: it holds until further notice.",
            "The last moment it holds, as 'end'; an agreement is made for a period.",
        )
    if not one.review:
        yield "review", "No date is set to look at it again.", "The day of the next review, as 'review'."
    elif one.review < _today(one, now) and not over:
        yield (
            "review",
            f"Its review was due on {one.review}.",
            "The day of the next review, once this one was held.",
        )


def _today(one: ServiceAgreement, now: datetime) -> str:
    try:
        return day_of(seconds(now), zone_of(one.zone)).isoformat()
    except Invalid:  # said where the zone is looked at
        return now.date().isoformat()


def _promised(one: ServiceAgreement) -> Said:
    for service in sorted(set(one.services) - {each.service for each in one.commitments}):
        yield (
            "commitments",
            f"Nothing is promised about {service}.",
            f"A commitment about {service} with a target and a period.",
        )
    for each in one.commitments:
        if each.observed:
            yield from level_gaps.promised(each)
        elif each.target == 100:
            yield (
                f"commitments {each.id}",
                f"{each.id} promises 100 %: it allows no second of outage, and any breaks it.",
                "A target below 100 that was reached before.",
            )
        elif each.target == 0:
            yield (
                f"commitments {each.id}",
                f"{each.id} promises 0 %: nothing can break it.",
                "A target the customer needs.",
            )


def _named(agreement: ServiceAgreement, problem: str) -> Gap:
    """A problem with what the agreement names, which was right when it was registered."""
    where, said = problem.split(": ", 1)
    add = {
        "customer": "A party that is there and is a customer or end users, as 'customer'.",
        "provider": "A party that is there, as 'provider'.",
        "manager": "The person who answers for it now, as 'manager'.",
        "services": "An item that is a service in its place, or take it out.",
        "zone": "An IANA name such as Europe/Amsterdam, as 'zone'.",
    }.get(where, "A rule that falls on days inside the period of the agreement.")
    said = f"There {said[6:]}" if said.startswith("there ") else said
    return Gap(agreement.id, where, said, add)


def _time_gaps(agreement: ServiceAgreement, now: datetime) -> Iterator[Gap]:
    """Commitments about no time at all in the year ahead, or in the last year of the agreement."""
    zone, start = zone_of(agreement.zone), now
    if agreement.end is not None:
        start = min(start, agreement.end - AHEAD)
    start = max(start, agreement.start)
    end = min(start + AHEAD, agreement.end) if agreement.end is not None else start + AHEAD
    span = seconds(start), seconds(end)
    for one in agreement.commitments:
        if not length(calendar.service_time(one.hours, zone, span)):
            yield Gap(
                agreement.id,
                f"commitments {one.id}",
                f"Nothing is due for {one.id} from {day_of(span[0], zone)} to {day_of(span[1] - 1, zone)}: "
                "its service hours leave not a second.",
                f"Service hours that leave time, as 'hours' of {one.id}.",
            )


def _party_gaps(uow: UnitOfWork, agreement: ServiceAgreement) -> list[Gap]:
    customer = uow.find(Party, agreement.customer)
    if customer is None or customer.contacts or customer.kind not in ("customer", "end users"):
        return []
    return [
        Gap(
            agreement.id,
            "customer",
            f"{customer.name} has no contact: who is told of an outage is not known.",
            f"The contacts of the party '{customer.id}'.",
        )
    ]


def _rivals(uow: UnitOfWork, agreement: ServiceAgreement) -> list[Gap]:
    """Other agreements that promise the same customer the same service at the same time."""
    if agreement.state == "ended":
        return []
    found = []
    for other in uow.all(ServiceAgreement):
        both = sorted(set(other.services) & set(agreement.services))
        if other.id == agreement.id or other.state == "ended" or other.customer != agreement.customer:
            continue
        apart = (agreement.end and agreement.end <= other.start) or (
            other.end and other.end <= agreement.start
        )
        if both and not apart:
            found.append(
                Gap(
                    agreement.id,
                    "services",
                    f"{other.id} promises {_some(both)} to {agreement.customer} at the same time.",
                    f"An end of one before the other begins, or take {_some(both)} out of one.",
                )
            )
    return found


def _estate_gaps(uow: UnitOfWork, agreement: ServiceAgreement) -> list[Gap]:
    """What the promised services rest on that cannot carry a promise: broken groups, candidates."""
    estate = StoredEstate(uow.rows, uow.dialect)
    found = []
    for service, key in sorted(estate.keys(agreement.services).items()):
        below = _below(estate, key)
        found += [Gap(agreement.id, *one) for one in _broken(estate, service, below)]
        drafts = sorted(_drafts(estate, below))
        if drafts:
            found.append(
                Gap(
                    agreement.id,
                    service,
                    f"{service} rests on {_some(drafts)} below control: "
                    "anybody who owns one changes it without a decision.",
                    "A request of the kind 'baseline' that brings them under control: 'cmdb change new'.",
                )
            )
    return found


def _below(estate: StoredEstate, key: int) -> list[int]:
    """An item and everything it needs in a way that carries impact, whether it serves or not."""
    found, frontier = {key}, {key}
    while frontier:
        frontier = {one.target for one in estate.needs(frontier) if one.impact} - found
        found |= frontier
    return sorted(found)


def _broken(estate: StoredEstate, service: str, below: list[int]) -> Said:
    """Groups that need more than they have, and plain dependencies on what does not serve."""
    facts = {fact[0]: fact for fact in estate.facts(below)}
    groups = [
        (facts[one.source][1], one)
        for one in estate.groups_without_slack(below)
        if facts[one.source][8] and needed(one.need, one.members) > one.members
    ]
    for source, one in sorted(groups, key=lambda pair: (pair[0], pair[1].name)):
        name = shown(one.name)
        need = f"'cmdb item need {source} {name} N'"
        yield (
            source,
            f"{service} rests on {source}, which needs {one.need} in '{name}' and has {one.members}.",
            f"Serving members of '{name}', or a need it can meet: a change request, or {need} for a draft.",
        )
    idle = sorted((facts[source][1], facts[target][1]) for source, target in estate.idle_needs(below))
    for source, target in dict.fromkeys(idle):
        yield (
            source,
            f"{service} rests on {source}, which needs {target}, and that does not serve.",
            f"What {source} needs in its place, or {target} in service.",
        )


def _drafts(estate: StoredEstate, keys: Iterable[int]) -> list[str]:
    rows = estate.rows(
        f"SELECT i.id FROM {estate.dialect.keys} item i ON i.key = wanted.value"
        " WHERE i.level = 'draft' AND i.status <> 'retired'",
        estate.dialect.array(list(keys)),
    )
    return [row[0] for row in rows]


def _some(ids: list[str]) -> str:
    """The first few ids, and how many more there are."""
    more = len(ids) - NAMED
    return ", ".join(ids[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
