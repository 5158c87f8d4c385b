"""Observations: what was measured of a quantity that is promised, as people and programs record it.

A correction keeps the old observation. What lies ahead cannot have been seen. The value has to be in
a unit that whatever is promised about the quantity can be counted in. How a promise stands is counted
when it is asked for, from the observations as they are then.
Source: rules.md 4; IT Service CMM, Service Tracking and Oversight, Activities 4 and 11.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import cmdb.tables_promises  # noqa: F401 - registers the rows of what is kept here
from cmdb import agreement_versions, calendar, journal, reading_observations
from cmdb.amounts import SECOND, Amount, comparable, unit_of, written
from cmdb.availability import period_of
from cmdb.bound import NOW, Tables
from cmdb.canonical import rfc3339
from cmdb.codec import table_of
from cmdb.commitments import ServiceCommitment, quantity_of
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.intervals import Span, moment, seconds
from cmdb.model import shown
from cmdb.numbers import next_number, note_number
from cmdb.observed import Observation, lasted
from cmdb.promises import ServiceAgreement
from cmdb.reading_observations import CURRENT
from cmdb.reading_promises import StoredPromises
from cmdb.roles import require
from cmdb.service_levels import Level, Miss, levels, misses
from cmdb.store import Store, UnitOfWork

SERIES = "obs"


def record(
    store: Store,
    *,
    service: str,
    quantity: str,
    seen: datetime,
    started: datetime | None = None,
    value: Amount | None = None,
    reference: str = "",
    source: str = "",
    note: str = "",
    actor: str,
    at: datetime,
) -> Observation:
    """Record one value seen at an instant, or without a value the stretch from `started` to `seen`.

    A value without a unit takes the one that is promised. Raises Invalid for a time that lies ahead
    or a unit nothing promised can be counted in, NotFound for what is no service.
    """
    named = quantity_of(quantity)
    with store.write() as uow:
        require(uow, actor, "record observations", at=at)
        given = _value(uow, service, named, value, started, seen)
        made = Observation(
            id=f"{SERIES}-{next_number(uow, SERIES):04d}",
            service=service,
            quantity=named,
            at=seen,
            started=started,
            value=given.value,
            unit=given.unit,
            reference=reference,
            source=source,
            note=note,
            recorded_by=actor,
            recorded_at=at,
        )
        _refuse(uow, made, at)
        uow.add(made)
        _journal(uow, made, "observation record", actor, at)
        uow.commit()
    return made


def correct(
    store: Store,
    id: str,
    *,
    seen: datetime | None = None,
    started: datetime | None = None,
    value: Amount | None = None,
    withdrawn: bool = False,
    note: str = "",
    actor: str,
    at: datetime,
) -> Observation:
    """Replace an observation by a corrected one; the old one is kept and counts no more.

    What is not given stays. `withdrawn` says that there was nothing to see.
    """
    with store.write() as uow:
        require(uow, actor, "record observations", at=at)
        before = current(uow, id)
        when = seen or before.at
        # Given a value, what was a stretch of time is a value from now on.
        since = started or (None if value else before.started)
        given = Amount(before.value, before.unit)
        if value or since:
            given = _value(uow, before.service, before.quantity, value, since, when)
        made = before.but(
            id=f"{SERIES}-{next_number(uow, SERIES):04d}",
            at=when,
            started=since,
            value=given.value,
            unit=given.unit,
            note=note or before.note,
            withdrawn=withdrawn,
            replaces=before.id,
            recorded_by=actor,
            recorded_at=at,
        )
        _refuse(uow, made, at)
        uow.add(made)
        _journal(uow, made, "observation correct", actor, at)
        uow.commit()
    return made


def enter(uow: UnitOfWork, made: Sequence[Observation]) -> tuple[Observation, ...]:
    """Store very many observations, each with an id of its own; their journal entry is the caller's.

    They are checked already: see `unit_refusal` and `is_service`.
    """
    if not made:
        return ()
    first = next_number(uow, SERIES)
    note_number(uow, SERIES, first + len(made) - 1)
    numbered = tuple(one.but(id=f"{SERIES}-{first + place:04d}") for place, one in enumerate(made))
    table = table_of(Observation)
    columns = list(table.columns_of(numbered[0]))
    uow.many(
        f"INSERT INTO observation ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        [tuple(table.columns_of(one).values()) for one in numbered],
    )
    return numbered


def current(uow: UnitOfWork, id: str) -> Observation:
    """Give an observation that counts. Raises NotFound, or Refused when a correction replaced it."""
    found = uow.get(Observation, id)
    replaced = uow.rows("SELECT id FROM observation WHERE replaces = ?", id)
    if replaced:
        raise Refused(f"{id} was corrected by {replaced[0][0]}.", f"Go on with {replaced[0][0]}.")
    return found


def listed(
    uow: UnitOfWork,
    *,
    service: str = "",
    quantity: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    corrected: bool = False,
    limit: int = 0,
) -> tuple[Observation, ...]:
    """Observations, newest first; corrected and withdrawn ones only when asked for. `limit` 0: all."""
    where, parameters = ["1 = 1"], []
    for clause, wanted in (
        ("o.service = ?", service),
        ("o.quantity = ?", quantity_of(quantity)),
        ("o.at >= ?", rfc3339(since) if since else ""),
        ("o.at < ?", rfc3339(until) if until else ""),
    ):
        if wanted:
            where.append(clause)
            parameters.append(wanted)
    if not corrected:
        where += [CURRENT, "NOT o.withdrawn"]
    table = table_of(Observation)
    rows = uow.rows(
        f"SELECT {', '.join(f'o.{one}' for one in table.kinds)} FROM observation o"
        f" WHERE {' AND '.join(where)} ORDER BY o.at DESC, o.id DESC"
        + (f" LIMIT {limit:d}" if limit else ""),
        *parameters,
    )
    return tuple(table.read(row) for row in rows)


def promised(
    uow: UnitOfWork, service: str, quantity: str
) -> list[tuple[ServiceAgreement, ServiceCommitment]]:
    """What is promised about a quantity of a service, in every agreement that has not ended."""
    return [
        (agreement, one)
        for agreement in uow.all(ServiceAgreement)
        if agreement.state != "ended"
        for one in agreement.commitments
        if one.observed and (one.service, one.attribute) == (service, quantity)
    ]


def is_service(uow: UnitOfWork, id: str) -> bool:
    """Whether an id names a service."""
    return bool(uow.rows("SELECT 1 FROM item WHERE id = ? AND service", id))


def unit_refusal(promised_in: Collection[str], unit: str) -> str:
    """Why a value in a unit cannot be counted by anything promised; empty where it can."""
    if not promised_in or any(comparable(unit, one) for one in promised_in):
        return ""
    kinds = " or ".join(sorted({_unit_said(one) for one in promised_in}))
    return f"it is in {_unit_said(unit)}, and what is promised is counted in {kinds}."


def _unit_said(unit: str) -> str:
    return f"'{shown(unit)}'" if unit else "no unit"


def units_promised(uow: UnitOfWork, service: str, quantity: str) -> tuple[str, ...]:
    """The units in which what is promised about a quantity is counted; a count takes any."""
    found = [one for _, one in promised(uow, service, quantity)]
    if any(one.statistic == "count" for one in found):
        return ()
    return tuple(dict.fromkeys(one.counted_in for one in found))


def levels_of(uow: UnitOfWork, id: str, *, at: datetime, now: datetime) -> list[Level]:
    """How each observed commitment of an agreement stands in the period around `at`, up to `now`.

    Where the agreement changed version in it, in the part `at` lies in. Raises NotFound.
    """
    agreement = uow.get(ServiceAgreement, id)
    found = []
    for one in agreement_versions.promised(agreement, at, at + timedelta(seconds=1)):
        if one.observed:
            counted = levels_in(uow, agreement, one, [period_of(agreement, one, at)], now=now)
            found.append(next((each for each in reversed(counted) if each.start <= at), counted[0]))
    return found


def levels_in(
    uow: UnitOfWork,
    agreement: ServiceAgreement,
    commitment: ServiceCommitment,
    periods: Sequence[Span],
    *,
    now: datetime,
    tables: Tables = NOW,
) -> list[Level]:
    """How an observed commitment stands in each of some periods; what was seen is read once.

    A period in which the agreement changed version gives one level for each of its parts.
    """
    if not periods:
        return []
    found = reading_observations.seen(
        uow.rows,
        commitment.service,
        commitment.attribute,
        moment(min(start for start, _ in periods)),
        moment(max(end for _, end in periods)),
        tables=tables,
    )
    claims = StoredPromises(uow.rows, uow.dialect, tables).claims_of([agreement.id])
    return [
        counted
        for period in periods
        for counted in levels(
            agreement, commitment, period, found, claims, now=now, hours=calendar.service_time
        )
    ]


def misses_in(
    uow: UnitOfWork,
    agreement: ServiceAgreement,
    commitment: ServiceCommitment,
    periods: Sequence[Span],
    *,
    now: datetime,
    tables: Tables = NOW,
) -> list[Miss]:
    """Each observation in some periods that by itself is not as promised, by time."""
    if not periods:
        return []
    start, end = (moment(bound) for bound in (min(one[0] for one in periods), max(one[1] for one in periods)))
    found = reading_observations.seen(
        uow.rows, commitment.service, commitment.attribute, start, end, tables=tables
    )
    claims = StoredPromises(uow.rows, uow.dialect, tables).claims_of([agreement.id])
    return [
        one
        for period in periods
        for one in misses(agreement, commitment, period, found, claims, now=now, hours=calendar.service_time)
    ]


def trend(
    uow: UnitOfWork,
    agreement: ServiceAgreement,
    commitment: ServiceCommitment,
    *,
    before: Level,
    count: int,
    now: datetime,
) -> list[Level]:
    """How a commitment stood in so many periods before one, the oldest first; fewer at its beginning."""
    periods: list[Span] = []
    start = before.start
    while len(periods) < count and agreement.start < start:
        period = period_of(agreement, commitment, _second_before(start))
        periods.append(period)
        start = moment(period[0])
    return levels_in(uow, agreement, commitment, periods[::-1], now=now)


def _second_before(at: datetime) -> datetime:
    return moment(seconds(at) - 1)


def _value(
    uow: UnitOfWork,
    service: str,
    quantity: str,
    value: Amount | None,
    started: datetime | None,
    seen: datetime,
) -> Amount:
    """The value of an observation with its unit: what was given, or the seconds of its stretch of time."""
    if started is not None:
        if value is not None:
            raise Invalid(
                "The value is given twice.", "Give the value, or when it started and ended, not both."
            )
        return Amount(lasted(started, seen), SECOND)
    if value is None:
        raise Invalid("What was seen is missing.", "Give the value, or when it started and when it ended.")
    units = units_promised(uow, service, quantity)
    if value.unit or not units:
        return Amount(value.value, unit_of(value.unit))
    if len(units) > 1:
        raise Invalid(
            f"{written(*value)} has no unit, and more than one is promised: {', '.join(units)}.",
            f"Say which, such as {written(value.value, units[0])}.",
        )
    return Amount(value.value, units[0])


def _refuse(uow: UnitOfWork, made: Observation, at: datetime) -> None:
    """Raise what speaks against keeping an observation."""
    if not is_service(uow, made.service):
        raise NotFound(
            f"There is no service '{shown(made.service)}'.",
            "List them with 'cmdb service list'; what is promised names services.",
        )
    if made.at > at:
        raise Invalid(
            f"It was seen at {rfc3339(made.at)}, which lies ahead; it is {rfc3339(at)} now.",
            "Only what has happened can be observed: correct the time.",
        )
    wrong = unit_refusal(units_promised(uow, made.service, made.quantity), made.unit)
    if wrong and not made.withdrawn:
        raise Invalid(
            f"This cannot be counted: {wrong}",
            "Write the value in that unit; lengths of time are turned into each other.",
        )


def _journal(uow: UnitOfWork, made: Observation, action: str, actor: str, at: datetime) -> None:
    journal.record(
        uow,
        at=at,
        actor=actor,
        action=action,
        subjects=(f"observation:{made.id}", made.service),
        changed={
            "quantity": made.quantity,
            "at": rfc3339(made.at),
            **({"started": rfc3339(made.started)} if made.started else {}),
            "value": written(made.value, made.unit),
            "reference": made.reference,
            "withdrawn": made.withdrawn,
            "replaces": made.replaces,
        },
    )
