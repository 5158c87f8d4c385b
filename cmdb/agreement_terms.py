"""The elements of a service agreement beside what is counted: their plain form, and what is wrong with it.

An agreement keeps them in `ServiceAgreement.terms`, as they stand in its canonical record: text, lists
and mappings of text. `ELEMENTS` says in the seeds' words what each one is. Text that people only read
is a section; what a program asks for (who reports how often, which calamity a claim may name, when
nothing may be touched) is data. Functions alone, because the read path loads this beside the values.
Nothing here reads a clock or a database.
Source: rules.md 4, Service agreement; CMMI-SVC, the service agreement; IT Service CMM 5.1, Activity 3.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from cmdb.canonical import instant
from cmdb.dated import date_problems, span_problems
from cmdb.errors import Invalid
from cmdb.model import PublicKey, choice_problems, id_problems, name_problems, shown, text_problems
from cmdb.promises import Freeze, ServiceAgreement

Check = Callable[[str, Any], list[str]]

LONGEST = 500  # entries of one list: more is no agreement anybody read
SIDES = ("ours", "the customer's", "the end users'")
SCHEDULED = ("maintenance", "freeze", "release", "upgrade", "other")
EVERY = ("day", "week", "month", "quarter", "half year", "year")

# Every section of text, and what the seeds call it.
SECTIONS: Mapping[str, str] = {
    "goals": "goals of the services to be delivered",
    "acceptance": "service acceptance criteria",
    "quality": "quality criteria",
    "acceptable_impact": "acceptable impact on customer and end-user activities",
    "intellectual_property": "intellectual property considerations",
    "customer_resources": "customer-supplied resources",
    "cost": "expected cost",
    "funding": "funding schedule",
    "security": "security considerations",
    "safety": "safety considerations",
}
# Every element that is data, and what the seeds call it.
LISTS: Mapping[str, str] = {
    "roles": "parties and their roles",
    "responsibilities": "customer and end-user roles and responsibilities",
    "schedule": "service delivery schedule",
    "conditions": "service conditions, which the customer has to fulfil",
    "calamities": "calamities, in which the provider is exempted",
    "reporting": "agreements on reporting the actual service levels",
    "evaluation": "planning of service evaluation",
    "risks": "risk and contingency identification",
    "payments": "payment schedule",
}
ELEMENTS: Mapping[str, str] = {**LISTS, **SECTIONS}
# What is on record of how it came about: a file may give it, or the life cycle writes it.
RECORDED = ("reviews", "accepted")
# What the life cycle alone writes. See `cmdb.agreement_life` and `cmdb.agreement_versions`.
LIFE = ("signed", "published", "version", "effective", "former")
NAMES = frozenset({*ELEMENTS, *RECORDED, *LIFE})
FILED = (*ELEMENTS, *RECORDED)


def problems(terms: Mapping[str, Any], services: Iterable[str] = ()) -> list[str]:
    """Say everything that is wrong with the elements, each with the path of what is.

    `services` are those of the agreement: what an element says about another is a mistake.
    """
    found = [
        f"{shown(name)}: there is no such element of an agreement." for name in terms if name not in NAMES
    ]
    for name, content in terms.items():
        if name in SECTIONS:
            found += _section(name, content)
        elif name in _CHECKS:
            found += _CHECKS[name](name, content)
    return found or _strangers(terms, set(services))


def ids_of(agreement: ServiceAgreement, name: str) -> tuple[str, ...]:
    """The ids of the entries of a list, such as `calamities`, in the order they are agreed."""
    return tuple(one["id"] for one in agreement.terms.get(name, ()))


def entry(agreement: ServiceAgreement, name: str, id: str) -> Mapping[str, Any] | None:
    """One entry of a list by its id, or None."""
    return next((one for one in agreement.terms.get(name, ()) if one["id"] == id), None)


def freezes(agreements: Iterable[ServiceAgreement]) -> tuple[Freeze, ...]:
    """The freezes that binding agreements hold in their delivery schedules; about their services each."""
    return tuple(
        Freeze(
            id=f"{one.id}:{each['id']}"[:128],
            title=each["title"],
            start=instant(each["start"]),
            end=instant(each["end"]),
            services=tuple(each.get("services", ())) or one.services,
            reason=f"agreed in {one.id}",
        )
        for one in agreements
        if one.binding
        for each in one.terms.get("schedule", ())
        if each["kind"] == "freeze"
    )


def agreed_windows(agreements: Iterable[ServiceAgreement]) -> tuple[Freeze, ...]:
    """The windows for planned work that binding agreements name, as the calendar shows its own."""
    return tuple(
        Freeze(
            id=f"{one.id[:112]}:agreed-windows",
            title=one.title,
            kind="agreed window",
            start=one.start,
            end=one.end,
            rules=tuple(dict.fromkeys(one.windows)),
            zone=one.zone,
            services=one.services,
            reason=f"agreed in {one.id}",
        )
        for one in agreements
        if one.binding and one.windows
    )


def _section(path: str, content: Any) -> list[str]:
    wrong = _text(path, content)
    if not wrong and not content.strip():
        wrong = [f"{path}: it is empty: write it, or leave it out."]
    return wrong


def _text(path: str, content: Any) -> list[str]:
    if not isinstance(content, str):
        return [f"{path}: expected a text."]
    return [f"{path}: {one}" for one in text_problems("the text", content)]


def _name(path: str, content: Any) -> list[str]:
    if not isinstance(content, str):
        return [f"{path}: expected a text."]
    return [f"{path}: {one}" for one in name_problems("it", content)]


def _key(path: str, content: Any) -> list[str]:
    try:
        PublicKey(text=" ".join(str(content).split()[:2]))
    except Invalid as wrong:
        return [f"{path}: {one}" for one in wrong.problems]
    return _name(path, content)


def _id(path: str, content: Any) -> list[str]:
    if not isinstance(content, str):
        return [f"{path}: expected an id."]
    return [f"{path}: {one}" for one in id_problems("the id", content)]


def _date(path: str, content: Any) -> list[str]:
    return [f"{path}: {one}" for one in date_problems("the day", content if isinstance(content, str) else "")]


def _instant(path: str, content: Any) -> list[str]:
    try:
        at = instant(content)
    except (Invalid, ValueError, TypeError, AttributeError):
        return [f"{path}: '{shown(str(content))}' is no time with its zone, such as 2026-12-20T00:00:00Z."]
    return [f"{path}: {one}" for one in span_problems("it", at, None)]


def _whole(path: str, content: Any) -> list[str]:
    good = isinstance(content, int) and not isinstance(content, bool) and 1 <= content <= 100_000
    return [] if good else [f"{path}: '{shown(str(content))}' is no whole number from 1."]


def _amount(path: str, content: Any) -> list[str]:
    try:
        amount = Decimal(content)
        good = isinstance(content, str) and amount.is_finite() and len(amount.as_tuple().digits) <= 15
    except (InvalidOperation, TypeError, ValueError):
        good = False
    return [] if good else [f"{path}: '{shown(str(content))}' is no amount; write it like 1250.00."]


def _mapping(path: str, content: Any) -> list[str]:
    return [] if isinstance(content, Mapping) else [f"{path}: expected fields."]


def _one_of(words: tuple[str, ...]) -> Check:
    def checked(path: str, content: Any) -> list[str]:
        text = content if isinstance(content, str) else str(content)
        return [f"{path}: {one}" for one in choice_problems("it", text, words)]

    return checked


def _each(check: Check, *, empty: bool = False) -> Check:
    def checked(path: str, content: Any) -> list[str]:
        if not isinstance(content, list | tuple):
            return [f"{path}: expected a list."]
        if not content and not empty:
            return [f"{path}: the list is empty: fill it, or leave it out."]
        if len(content) > LONGEST:
            return [f"{path}: it has {len(content):,} entries; at most {LONGEST} fit."]
        found = [wrong for at, one in enumerate(content) for wrong in check(f"{path}[{at}]", one)]
        return found or _twice(path, content)

    return checked


def _twice(path: str, content: Iterable[Any]) -> list[str]:
    ids = [one["id"] for one in content if isinstance(one, Mapping) and "id" in one]
    return [f"{path}: '{shown(one)}' is listed twice." for one in sorted(set(ids)) if ids.count(one) > 1]


def _fields(required: Mapping[str, Check], optional: Mapping[str, Check], rule: Check | None = None) -> Check:
    known = {**required, **optional}

    def checked(path: str, content: Any) -> list[str]:
        if not isinstance(content, Mapping):
            return [f"{path}: expected fields: {', '.join(known)}."]
        found = [
            f"{path}.{shown(str(name))}: there is no such field; known are {', '.join(known)}."
            for name in content
            if name not in known
        ]
        found += [f"{path}.{name}: is missing." for name in required if name not in content]
        for name, check in known.items():
            if name in content:
                found += check(f"{path}.{name}", content[name])
        return found or (rule(path, content) if rule else [])

    return checked


def _when(path: str, content: Mapping[str, Any]) -> list[str]:
    """An entry of the schedule comes at a fixed time or when something happens; a freeze lasts."""
    if ("start" in content) == ("when" in content):
        return [f"{path}: give either 'start' or, for what depends on a condition, 'when'."]
    if content["kind"] == "freeze" and not ("start" in content and "end" in content):
        return [f"{path}: a freeze has a 'start' and an 'end'."]
    if "end" not in content:
        return []
    if "start" not in content:
        return [f"{path}: what has an 'end' has a 'start'."]
    wrong = span_problems("it", instant(content["start"]), instant(content["end"]))
    return [f"{path}: {one}" for one in wrong]


def _due(path: str, content: Mapping[str, Any]) -> list[str]:
    return (
        []
        if content.keys() & {"every", "triggers"}
        else [f"{path}: say how often, as 'every', or 'triggers'."]
    )


def _sides(path: str, content: Any) -> list[str]:
    if not isinstance(content, Mapping) or not content:
        return [f"{path}: expected lists under {', '.join(SIDES)}."]
    found = [
        f"{path}.{shown(str(name))}: it is not one of {'; '.join(SIDES)}."
        for name in content
        if name not in SIDES
    ]
    for name, duties in content.items():
        found += _each(_section)(f"{path}.{shown(str(name))}", duties) if name in SIDES else []
    return found


def _strangers(terms: Mapping[str, Any], services: set[str]) -> list[str]:
    if not services:
        return []
    return [
        f"{name}[{at}].services: '{shown(service)}' is not among the services of the agreement."
        for name in ("schedule", "conditions")
        for at, one in enumerate(terms.get(name, ()))
        for service in one.get("services", ())
        if service not in services
    ]


_CONTACT = _fields({"name": _name}, {"email": _name, "phone": _name, "key": _key})
_MEETING = _fields(
    {"id": _id, "text": _section},
    {"every": _one_of(EVERY), "triggers": _each(_name), "with": _each(_name)},
    _due,
)
_CHECKS: Mapping[str, Check] = {
    "roles": _each(_fields({"party": _id, "role": _name}, {"contacts": _each(_CONTACT)})),
    "responsibilities": _sides,
    "schedule": _each(
        _fields(
            {"id": _id, "kind": _one_of(SCHEDULED), "title": _name},
            {"start": _instant, "end": _instant, "when": _name, "services": _each(_id)},
            _when,
        )
    ),
    "conditions": _each(_fields({"id": _id, "text": _section}, {"services": _each(_id)})),
    "calamities": _each(_fields({"id": _id, "text": _section}, {})),
    "reporting": _each(_MEETING),
    "evaluation": _each(_MEETING),
    "risks": _each(_fields({"id": _id, "text": _section}, {"contingency": _section})),
    "payments": _each(_fields({"due": _date, "amount": _amount}, {"currency": _name, "text": _section})),
    "reviews": _each(
        _fields({"for": _name, "name": _name, "on": _date}, {"note": _section, "recorded": _id})
    ),
    "accepted": _fields(
        {"name": _name, "on": _date, "evidence": _section},
        {"sha256": _name, "signature": _section, "until": _instant},
    ),
    "signed": _fields({"by": _id, "at": _instant, "digest": _name, "signature": _section}, {}),
    "published": _fields({"on": _date, "to": _each(_name)}, {}),
    "version": _whole,
    "effective": _instant,
    "former": _each(
        _fields({"version": _whole, "until": _instant, "fields": _mapping}, {"without": _each(_name)})
    ),
}
