"""What a promise about an observed quantity lacks: that nobody can break or keep it, or nobody looks.

Sentences for `cmdb.agreement_gaps`: where, what is lacking, what to add.
Source: rules.md 4; IT Service CMM, Service Tracking and Oversight, Activity 4.
"""

from collections.abc import Iterator
from datetime import datetime

from cmdb.amounts import comparable
from cmdb.availability import period_of
from cmdb.commitments import ServiceCommitment, statistic_of
from cmdb.intervals import moment, seconds
from cmdb.periods import day_of, zone_of
from cmdb.promises import ServiceAgreement
from cmdb.reading_observations import CURRENT, first_and_last
from cmdb.store import UnitOfWork

Said = Iterator[tuple[str, str, str]]

_ADD = "What was measured: 'cmdb observation import FILE', or 'cmdb observation record"


def promised(one: ServiceCommitment) -> Said:
    """What is promised about a quantity that nobody can keep, or nobody can break."""
    where = f"commitments {one.id}"
    kind = statistic_of(one.statistic).kind
    if kind == "share" and one.target == 100:
        say = f"{one.id} promises 100 %: not one may miss."
        yield where, say, "A target below 100 that was reached before."
    nothing = kind == "count" and one.comparator == ">=" and one.target <= 0
    if nothing or (kind == "share" and one.comparator == ">=" and one.target == 0):
        yield where, f"{one.id} promises {one.limit}: nothing can break it.", "A target the customer needs."
    if one.hours.rules and one.outside and one.clock:
        yield (
            where,
            f"{one.id} has service hours, but counts what is outside them and by the clock on the wall.",
            f"No service hours for {one.id}, or leave out 'outside' or 'clock'.",
        )


def unseen(uow: UnitOfWork, agreement: ServiceAgreement, *, now: datetime) -> Said:
    """Promises about quantities that nobody measures, not any more, or in another unit."""
    if not agreement.binding or agreement.start > now:
        return
    for one in agreement.commitments:
        if not one.observed:
            continue
        where, what = f"commitments {one.id}", f"{one.attribute} of {one.service}"
        times = first_and_last(uow.rows, one.service, one.attribute)
        period = period_of(agreement, one, now)
        before = period_of(agreement, one, moment(period[0] - 1))
        add = f"{_ADD} {one.service} ...'."
        if times is None:
            yield where, f"No {what} was ever observed: nobody can say whether {one.id} is kept.", add
        elif seconds(times[1]) < before[0]:
            day = day_of(seconds(times[1]), zone_of(agreement.zone))
            yield where, f"No {what} was observed since {day}.", add
        unfit = _unfit(uow, one) if one.statistic != "count" else []
        if unfit:
            yield (
                where,
                f"{what.capitalize()} was observed in {', '.join(unfit)} too, which {one.id} cannot count.",
                f"A correction of those in '{one.counted_in}': 'cmdb observation list {one.service}'.",
            )


def _unfit(uow: UnitOfWork, one: ServiceCommitment) -> list[str]:
    """The units of what was observed that a commitment cannot be counted in."""
    units = uow.rows(
        "SELECT DISTINCT o.unit FROM observation o WHERE o.service = ? AND o.quantity = ?"
        f" AND NOT o.withdrawn AND {CURRENT}",
        one.service,
        one.attribute,
    )
    return sorted(
        f"'{unit}'" if unit else "no unit" for (unit,) in units if not comparable(unit, one.counted_in)
    )
