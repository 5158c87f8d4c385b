"""The elements of a service agreement in words: for the command line and the card of the app. Pure.

Each element is a title and its lines, in the order in which a person reads an agreement.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from cmdb.agreement_versions import number_of, versions
from cmdb.canonical import instant
from cmdb.commitments import ServiceCommitment
from cmdb.freezes import said as days_said
from cmdb.instants import length
from cmdb.promises import ServiceAgreement
from tui import clockface

_ORDER = (
    *(
        "goals",
        "roles",
        "responsibilities",
        "schedule",
        "conditions",
        "calamities",
        "reporting",
        "evaluation",
    ),
    *("acceptance", "quality", "acceptable_impact", "risks", "intellectual_property", "customer_resources"),
    *("cost", "payments", "funding", "security", "safety"),
)
_LIFE = ("reviews", "accepted", "signed", "published", "former")

Lines = list[str]


def elements(one: ServiceAgreement, zone: tzinfo | None = None) -> list[tuple[str, Lines]]:
    """Every element that is agreed, under its name, and then what is on record of its life."""
    found = [("notice", [length(one.notice)])] if one.notice else []
    found += [("windows", [_window(each) for each in one.windows])] if one.windows else []
    found += [("counted", [_counted(each) for each in one.commitments])] if one.commitments else []
    for name in (*_ORDER, *_LIFE):
        if name in one.terms:
            found.append((name.replace("_", " "), _WORDS.get(name, _text)(one.terms[name], zone)))
    return found


def versions_of(one: ServiceAgreement, zone: tzinfo | None = None) -> list[tuple[int, str, str]]:
    """Number, from and until of every version, the newest first; none where there is but one."""
    found = versions(one)
    if len(found) == 1:
        return []
    return [
        (
            number_of(each),
            clockface.clock(each.start, zone),
            clockface.clock(each.end, zone) if each.end else "further notice",
        )
        for each in reversed(found)
    ]


def _counted(one: ServiceCommitment) -> str:
    """In which periods and hours a commitment counts, and what does not count."""
    hours = one.hours
    due = " or ".join(_window(each) for each in hours.rules) or "around the clock"
    if hours.holiday_calendar and not hours.always:
        due += f", {'and' if hours.holidays == 'included' else 'not'} on holidays of {hours.holiday_calendar}"
    told = [f"over {one.days} days" if one.period == "rolling" else f"by the {one.period}", due]
    if not one.observed:
        told.append(_PLANNED[one.planned])
        told.append("degraded counts" if one.degraded else "degraded does not")
    return f"{one.id} ({one.service}): {'; '.join(told)}"


_PLANNED = {
    "yes": "planned outages count",
    "no": "planned outages do not count",
    "beyond the agreed windows": "planned outages count beyond the agreed windows",
}


def _window(rule: Any) -> str:
    return f"{days_said(rule)} at {rule.start} for {length(rule.length)}"


def _text(content: Any, _zone: tzinfo | None) -> Lines:
    return str(content).split("\n")


def _roles(content: Sequence[Mapping[str, Any]], _zone: tzinfo | None) -> Lines:
    said = []
    for one in content:
        said.append(f"{one['party']}: {one['role']}")
        for contact in one.get("contacts", ()):
            reached = [contact[name] for name in ("email", "phone") if name in contact]
            reached += [f"key {contact['key'].split()[0]}"] if "key" in contact else []
            said.append(f"  {', '.join([contact['name'], *reached])}")
    return said


def _responsibilities(content: Mapping[str, Sequence[str]], _zone: tzinfo | None) -> Lines:
    return [f"{side}: {duty}" for side, duties in content.items() for duty in duties]


def _schedule(content: Sequence[Mapping[str, Any]], zone: tzinfo | None) -> Lines:
    said = []
    for one in content:
        when = f"when {one['when']}" if "when" in one else clockface.clock(instant(one["start"]), zone)
        until = f" to {clockface.clock(instant(one['end']), zone)}" if "end" in one else ""
        about = f" ({', '.join(one['services'])})" if "services" in one else ""
        said.append(f"{one['kind']} {one['id']}: {one['title']}{about}, {when}{until}")
    return said


def _named(content: Sequence[Mapping[str, Any]], _zone: tzinfo | None) -> Lines:
    said = []
    for one in content:
        about = f" ({', '.join(one['services'])})" if "services" in one else ""
        said.append(f"{one['id']}{about}: {one['text']}")
        if "contingency" in one:
            said.append(f"  then: {one['contingency']}")
    return said


def _meetings(content: Sequence[Mapping[str, Any]], _zone: tzinfo | None) -> Lines:
    said = []
    for one in content:
        often = [f"every {one['every']}"] if "every" in one else []
        often += [f"on {each}" for each in one.get("triggers", ())]
        whom = f", with {', '.join(one['with'])}" if "with" in one else ""
        said.append(f"{one['id']}: {one['text']}; {', '.join(often)}{whom}")
    return said


def _payments(content: Sequence[Mapping[str, Any]], _zone: tzinfo | None) -> Lines:
    return [
        f"{one['due']}  {' '.join(one[name] for name in ('currency', 'amount', 'text') if name in one)}"
        for one in content
    ]


def _reviews(content: Sequence[Mapping[str, Any]], _zone: tzinfo | None) -> Lines:
    return [
        f"{one['on']}  {one['name']} for {one['for']}" + (f": {one['note']}" if "note" in one else "")
        for one in content
    ]


def _accepted(one: Mapping[str, Any], _zone: tzinfo | None) -> Lines:
    digest = [f"  SHA-256 {one['sha256']}"] if "sha256" in one else []
    digest += ["  signed with the key of the agreement"] if "signature" in one else []
    return [f"{one['on']}  {one['name']}: {one['evidence']}", *digest]


def _signed(one: Mapping[str, Any], zone: tzinfo | None) -> Lines:
    return [f"{clockface.clock(instant(one['at']), zone)}  {one['by']}, over {one['digest'][:16]}"]


def _published(one: Mapping[str, Any], _zone: tzinfo | None) -> Lines:
    return [f"{one['on']}  to {', '.join(one['to'])}"]


def _former(content: Sequence[Mapping[str, Any]], zone: tzinfo | None) -> Lines:
    return [
        f"version {one['version']} until {clockface.clock(instant(one['until']), zone)}: "
        f"otherwise in {', '.join(sorted({*one['fields'], *one.get('without', ())} - _ALWAYS))}"
        for one in content
    ]


_ALWAYS = {"reviews", "accepted", "signed"}
_WORDS: Mapping[str, Callable[[Any, tzinfo | None], Lines]] = {
    "roles": _roles,
    "responsibilities": _responsibilities,
    "schedule": _schedule,
    "conditions": _named,
    "calamities": _named,
    "risks": _named,
    "reporting": _meetings,
    "evaluation": _meetings,
    "payments": _payments,
    "reviews": _reviews,
    "accepted": _accepted,
    "signed": _signed,
    "published": _published,
    "former": _former,
}
