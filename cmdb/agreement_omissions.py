"""The elements a service agreement of its kind lacks, one by one in the seeds' words. Pure.

Not every agreement needs every element: what one group promises another has no payments, and what a
supplier promises us has no end users of ours. `REQUIRED` says which kind is expected to hold what;
an agreement may stand with less, and is then told so. How far it has come is looked at as well: an
agreement that binds was reviewed by those who must, signed by ours and accepted by the customer.
Source: CMMI-SVC, the service agreement; IT Service CMM 5.1, Commitment 2 and Activities 3 to 5.
"""

from collections.abc import Iterator, Mapping

from cmdb.agreement_terms import ELEMENTS, SIDES
from cmdb.bound import BINDING_STATES
from cmdb.promises import ServiceAgreement

Said = Iterator[tuple[str, str, str]]  # where, what is missing, what to add

_ALL = frozenset(ELEMENTS)
REQUIRED: Mapping[str, frozenset[str]] = {
    "customer": _ALL,
    "operational": _ALL
    - {"acceptable_impact", "intellectual_property", "cost", "funding", "payments", "calamities"},
    "underpinning": _ALL - {"acceptable_impact"},
}
REVIEWERS = ("customer", "service manager", "senior management")  # and the affected groups
_EXAMPLES: Mapping[str, str] = {
    "roles": "the party, its role and its contacts",
    "responsibilities": "what each side has to do, under " + ", ".join(SIDES),
    "schedule": "releases, freezes and upgrades, each with its 'start' or the 'when' it depends on",
    "conditions": "an id and what the customer has to fulfil",
    "calamities": "an id and the situation in which we are exempted",
    "reporting": "who reports what, how often ('every') and on what 'triggers'",
    "evaluation": "how often ('every') and on what 'triggers' it is evaluated with the customer",
    "risks": "an id, the risk and its 'contingency'",
    "payments": "the day it is 'due' and the 'amount'",
}


def omissions(one: ServiceAgreement) -> Said:
    """Say which elements an agreement of its kind lacks, and which it holds only in part."""
    for name, words in ELEMENTS.items():
        if name in REQUIRED[one.kind] and name not in one.terms:
            example = _EXAMPLES.get(name, "a text")
            yield name, f"It says nothing about the {words}.", f"'{name}': {example}."
    yield from _sides(one)
    yield from _rhythm(one)
    if one.state in BINDING_STATES:
        yield from _unsettled(one)


def _sides(one: ServiceAgreement) -> Said:
    said = one.terms.get("responsibilities")
    expected = SIDES if one.kind == "customer" else SIDES[:2]
    missing = [side for side in expected if said and side not in said]
    if missing:
        yield (
            "responsibilities",
            f"It does not say what the responsibilities are that are {' or '.join(missing)}.",
            f"A list under {' and '.join(missing)}.",
        )


def _rhythm(one: ServiceAgreement) -> Said:
    """Reports and evaluations are periodic, evaluations event-driven as well."""
    for name in ("reporting", "evaluation"):
        entries = one.terms.get(name, ())
        if entries and not any("every" in each for each in entries):
            yield name, f"No {name} is periodic.", "How often, as 'every', such as month."
    evaluations = one.terms.get("evaluation", ())
    if evaluations and not any("triggers" in each for each in evaluations):
        yield (
            "evaluation",
            "No evaluation is event-driven.",
            "What brings one about, as 'triggers', such as a broken promise.",
        )


def _unsettled(one: ServiceAgreement) -> Said:
    held = {each["for"] for each in one.terms.get("reviews", ())}
    missing = [each for each in REVIEWERS if each not in held]
    if missing:
        yield (
            "reviews",
            f"No review by {', '.join(missing)} is on record.",
            f"Each review: 'cmdb agreement review {one.id} --for WHOM --name NAME'.",
        )
    if "accepted" not in one.terms:
        yield (
            "accepted",
            "That the customer accepted it is not on record.",
            "Who accepted it and what shows it, when it is agreed or revised.",
        )
    if "signed" not in one.terms and one.level == "draft":
        yield (
            "signed",
            "Nobody of ours signed it.",
            f"A signature: 'cmdb agreement sign {one.id}'.",
        )
