"""The versions of a service agreement: what it said when, each in force from one moment to the next.

The record of an agreement holds its newest version and, in `former`, what every earlier one said
otherwise: the fields as they were, and the names of those that were not there. So a vote covers what
was and what will be, and a library alone says what bound when. Nothing here reads a clock.
Source: rules.md 4: a period is cut where the agreement changes version.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cmdb.agreement_records import from_record, record_of
from cmdb.canonical import instant, rfc3339
from cmdb.commitments import ServiceCommitment
from cmdb.errors import Corrupt, Invalid, NotFound
from cmdb.promises import ServiceAgreement

# What is no part of a version: who it is, how controlled, and how far it has come.
OUTSIDE = frozenset(
    {"id", "level", "state", "review", "version", "effective", "former", "published", "start"}
)
# Part of a version, but no reason for a new one: they are about the version there is.
ABOUT = frozenset({"reviews", "accepted", "signed", "manager", "contacts", "title"})

Fields = Mapping[str, Any]
_NEVER = "9999"  # later than any instant, as text


def number_of(agreement: ServiceAgreement) -> int:
    """The number of the newest version."""
    return int(agreement.terms.get("version", 1))


def versions(agreement: ServiceAgreement) -> tuple[ServiceAgreement, ...]:
    """Every version as an agreement of its own, the oldest first, each with the time it is in force.

    The newest one stands last; what was in force until an earlier version ended may leave a gap.
    """
    former = agreement.terms.get("former", ())
    if not former:
        return (agreement,)
    record: dict[str, Any] = record_of(agreement)
    record.pop("former")
    starts = [record["start"], *(one["until"] for one in former)]
    found = [from_record({**record, "start": starts[-1]})]
    for at in range(len(former) - 1, -1, -1):
        gone = {*former[at].get("without", ()), "version", "effective"}
        record = {**{name: one for name, one in record.items() if name not in gone}, **former[at]["fields"]}
        part = {**record, "start": starts[at], "end": min(former[at]["until"], record.get("end") or _NEVER)}
        if at:
            part |= {"version": former[at]["version"], "effective": starts[at]}
        found.append(from_record(part))
    return tuple(reversed(found))


def in_force(agreement: ServiceAgreement, at: datetime) -> ServiceAgreement:
    """The version in force at a moment; before the first one the first, after the last one the last."""
    found = versions(agreement)
    return next((one for one in reversed(found) if one.start <= at), found[0])


def parts(
    agreement: ServiceAgreement, commitment: ServiceCommitment
) -> tuple[tuple[ServiceAgreement, ServiceCommitment], ...]:
    """What a commitment said in each version that held it, the oldest first.

    Its periods are part of what it is: by the month and by the quarter are two promises, each counted
    in its own periods while it was in force, because nobody agreed to the one for the time of the other.
    """
    if "former" not in agreement.terms:
        return ((agreement, commitment),)
    return tuple(
        (one, each)
        for one in versions(agreement)
        for each in one.commitments
        if _same(each) == _same(commitment)
    )


def _same(one: ServiceCommitment) -> tuple[str, str, str, str, int]:
    return one.id, one.service, one.attribute, one.period, one.days


def promised(agreement: ServiceAgreement, start: datetime, end: datetime) -> tuple[ServiceCommitment, ...]:
    """Every commitment in force at some moment of a stretch, as it was said last, in the order of its id.

    One whose periods became others is given for both, the older first.
    Of a stretch before or after the agreement, or one that promises nothing, those of the nearest version.
    """
    if "former" not in agreement.terms:
        return agreement.commitments
    found: dict[tuple[object, ...], ServiceCommitment] = {}
    for one in versions(agreement):
        if one.start < end and (one.end is None or one.end > start):
            found |= {_same(each): each for each in one.commitments}
    return (
        tuple(sorted(found.values(), key=lambda one: (one.id, one.service)))
        or in_force(agreement, start).commitments
    )


def during(version: ServiceAgreement, at: datetime) -> datetime:
    """A moment in which a version was in force: `at`, or the nearest to it."""
    last = version.end - timedelta(seconds=1) if version.end else at
    return max(version.start, min(at, last))


def numbered(agreement: ServiceAgreement, number: int) -> ServiceAgreement:
    """One version by its number. Raises NotFound."""
    for one in versions(agreement):
        if number_of(one) == number:
            return one
    raise NotFound(
        f"{agreement.id} has no version {number}.",
        f"It has {number_of(agreement)}: 'cmdb agreement show {agreement.id} --version N'.",
    )


def differs(before: Fields, after: Fields) -> tuple[str, ...]:
    """The fields in which two records differ so that it takes a new version, by name."""
    return tuple(
        sorted(
            name
            for name in {*before, *after} - OUTSIDE - ABOUT
            if (before.get(name) or None) != (after.get(name) or None)
        )
    )


def revised(before: ServiceAgreement, after: ServiceAgreement, effective: datetime) -> ServiceAgreement:
    """The agreement as its next version: what `after` says, from `effective` on; what `before` said is kept.

    Raises Invalid when nothing would change, or when it would begin before the version there is.
    """
    old, new = record_of(before), record_of(after)
    current = versions(before)[-1]
    wrong = []
    if not differs(old, new):
        wrong.append("It says the same as the version there is.")
    if effective <= current.start:
        wrong.append(
            f"It would begin at {rfc3339(effective)}, the version there is began at {rfc3339(current.start)}."
        )
    if after.end is not None and effective >= after.end:
        wrong.append(f"It would begin at {rfc3339(effective)}, when the agreement is over.")
    if wrong:
        raise Invalid(f"This is no next version of {before.id}.", "Correct what is listed.", wrong)
    names = {*old, *new} - OUTSIDE
    changed = sorted(name for name in names if old.get(name) != new.get(name))
    entry: dict[str, Any] = {
        "version": number_of(before),
        "until": rfc3339(effective),
        "fields": {name: old[name] for name in changed if name in old},
    }
    without = [name for name in changed if name not in old]
    if without:
        entry["without"] = without
    terms = {
        **after.terms,
        "version": number_of(before) + 1,
        "effective": rfc3339(effective),
        "former": [*before.terms.get("former", ()), entry],
    }
    return after.but(start=before.start, terms=terms)


def problems(agreement: ServiceAgreement) -> list[str]:
    """Say what does not fit together in the versions of an agreement. Pure."""
    former, effective = agreement.terms.get("former", ()), agreement.terms.get("effective")
    if not former and not effective and number_of(agreement) == 1:
        return []
    wrong = []
    if [one["version"] for one in former] != list(range(1, number_of(agreement))):
        wrong.append(f"former: version {number_of(agreement)} follows on every version from 1, one by one.")
    if former and former[-1]["until"] != effective:
        wrong.append("effective: a version begins when the one before it ends.")
    moments = [agreement.start, *(instant(one["until"]) for one in former)]
    if moments != sorted(set(moments)):
        wrong.append("former: every version ends after it began.")
    if not wrong:
        try:
            versions(agreement)
        except Corrupt as broken:
            wrong.append(f"former: an earlier version is no agreement: {' '.join(broken.problems)}")
    return wrong
