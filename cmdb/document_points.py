"""What a policy or a plan has to say, point by point in the seed's words, and which points one lacks.

A document says itself where it covers a point (`covers`); nobody guesses from its text. Pure.
Source: IT Service CMM 5.5, 5.6 and 5.7: Commitment 1, Activity 2.
"""

from collections.abc import Mapping
from typing import NamedTuple

from cmdb import estimates
from cmdb.written import Document


class Point(NamedTuple):
    """One point: the word it is named by, what it asks for, and whether the document says where it stands."""

    point: str
    asks: str
    where: str = ""


# By the kind of document; kinds that stand here are the ones a checklist is known for.
POINTS: Mapping[str, Mapping[str, str]] = {
    "CM policy": {
        "responsibility": "Responsibility for CM for each service is explicitly assigned.",
        "life cycle": "CM is implemented throughout the service's life cycle.",
        "scope": "CM is implemented for all external hardware and software subject to the service"
        " commitments, and designated internal hardware and software used for service delivery.",
        "repository": "A repository for configuration items and the associated CM records is made available.",
        "audits": "The configuration baselines and CM activities are audited on a periodic basis.",
    },
    "CM plan": {
        "activities": "The CM activities to be performed.",
        "schedule": "The schedule of activities.",
        "responsibilities": "The assigned responsibilities.",
        "resources": "The resources required, including staff, tools and computer facilities.",
        "other groups": "The CM requirements and activities to be performed by the service delivery group"
        " and other related groups.",
    },
    "event policy": {
        "responsibility": "Responsibility for event management for each service is explicitly assigned.",
        "duration": "Event management is implemented throughout the duration of the service commitments.",
        "repository": "A repository for storing event information is made available.",
        "audits": "The event repository and event management activities are audited on a periodic basis.",
    },
    "event plan": {
        "workload": "Estimates of the event workload.",
        "activities": "The event management activities to be performed.",
        "schedule": "The schedule of the activities.",
        "responsibilities": "The assigned responsibilities.",
        "resources": "The resources required, including staff, tools and computer facilities.",
    },
    "SQA policy": {
        "all services": "The SQA function is in place on all services delivered.",
        "independence": "The SQA group has a reporting channel to senior management that is independent of"
        " the service manager, the service delivery group and the other service related groups.",
    },
    "SQA plan": {
        "responsibilities": "Responsibilities and authority of the SQA group.",
        "resources": "Resource requirements for the SQA group, including staff, tools and facilities.",
        "schedule": "Schedule and funding of the service's SQA group activities.",
        "participation": "The SQA group's participation in establishing the service delivery plan, standards"
        " and procedures.",
        "evaluations": "Evaluations to be performed by the SQA group.",
        "audits": "Audits and reviews to be conducted by the SQA group.",
        "standards": "Standards and procedures to be used as the basis for reviews and audits.",
        "noncompliance": "Procedures for documenting and tracking noncompliance issues to closure.",
        "documentation": "Documentation that the SQA group is required to produce.",
        "feedback": "Method and frequency of providing feedback to the service delivery group and other"
        " service-related groups.",
    },
}
# Kinds without a checklist that the seeds name; any other word is a kind as well.
OTHERS = ("standard", "procedure", "selection criteria", "service strategy", "minutes")
KINDS = (*POINTS, *OTHERS)


def points(document: Document) -> tuple[Point, ...]:
    """Every point a document of its kind has to cover, and where it says it does; none for other kinds."""
    known = POINTS.get(document.kind, {})
    return tuple(Point(name, asks, _where(document, name)) for name, asks in known.items())


def absent(document: Document) -> tuple[Point, ...]:
    """The points a document of its kind does not cover."""
    return tuple(one for one in points(document) if not one.where)


def beside(document: Document) -> tuple[str, ...]:
    """The points it says it covers that no checklist of its kind knows, by name."""
    known = POINTS.get(document.kind, {})
    stated = (
        {one for one in document.covers if one.startswith(estimates.PREFIX)} if "workload" in known else ()
    )
    return tuple(sorted(set(document.covers) - set(known) - set(stated)))


def _where(document: Document, point: str) -> str:
    """Where a point stands; the workload is covered as well by figures the document states itself."""
    found = document.covers.get(point, "")
    if found or point != "workload":
        return found
    return ", ".join(one.of for one in estimates.read(document.covers))
