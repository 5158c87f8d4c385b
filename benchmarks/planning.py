"""Planning at size: joint outages of 500 scheduled changes, and better moments for 200 agreements.

    python -m benchmarks.planning joint DATABASE | better

Prints what it found and the CPU seconds of its parts as JSON. Half of the changes come in pairs that
take neighbouring switches at the same time, so that there are joint outages to find.
"""

import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from cmdb import calendar
from cmdb.availability import Facts, agreed_windows
from cmdb.better_moments import Agreed, Job, Moments
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.differences import Done
from cmdb.effects_ahead import effects_ahead
from cmdb.forecast import Ledger, WorkEffect, forecast
from cmdb.graph import GraphDelta
from cmdb.intervals import seconds
from cmdb.joint_ahead import Outlook
from cmdb.model import Dependency
from cmdb.periods import zone_of
from cmdb.promise_costs import Cost
from cmdb.promises import Outage, PlannedWork, ServiceAgreement
from cmdb.reading import Reader
from cmdb.reading_graph import StoredEstate

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHANGES, AGREEMENTS, DAYS, SERVICES = 500, 200, 90, 20
LAYERS = (
    ("room", 2_000),
    ("rack", 20_000),
    ("sw", 40_000),
    ("srv", 200_000),
    ("vm", 400_000),
    ("db", 60_000),
)
ZONES = ("Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")


def works(share: float, dice: random.Random) -> list[PlannedWork]:
    """500 changes in 30 days, most of them at night."""
    found = []
    for number in range(CHANGES):
        start = NOW + timedelta(days=dice.randrange(30), minutes=dice.choice([600, 660, 780, 840]))
        end = start + timedelta(minutes=dice.choice([60, 120, 240]))
        layers = dice.choices(LAYERS, weights=(1, 9, 30, 30, 15, 15), k=dice.randint(1, 3))
        down = {f"{name}-{dice.randrange(int(count * share)):06d}" for name, count in layers}
        if number % 4 == 1:
            start, end = found[-1].window_start, found[-1].window_end
            near = dice.randrange(int(40_000 * share) - 1)
            found[-1] = found[-1].but(down=(f"sw-{near:06d}",))
            down = {f"sw-{near + 1:06d}"}
        found.append(_work(f"CR-{number}", start, end, tuple(sorted(down))))
    return found


def _work(reference: str, start: datetime, end: datetime, down: tuple[str, ...]) -> PlannedWork:
    return PlannedWork(
        reference=reference, window_start=start, window_end=end, down=down, expected=1_800, worst=3_600
    )


def changed(estate: StoredEstate, planned: list[PlannedWork], dice: random.Random) -> list[Done]:
    """What the changes leave behind: what needs the first item each takes down is moved to another one."""
    found = []
    for one in planned:
        keys = estate.keys(one.down[:1])
        sources = sorted(estate.sources(list(keys.values())))[:3]
        names = {fact[0]: fact[1] for fact in estate.facts([*keys.values(), *sources])}
        gone, fresh = [], []
        for need in estate.needs(sources):
            if need.target in keys.values() and need.group is None:
                gone.append((names[need.source], names[need.target], need.kind))
                head, _, number = names[need.target].rpartition("-")
                other = f"{head}-{(int(number) + dice.randint(1, 5)) % 2_000:06d}"
                if other != names[need.source]:
                    fresh.append(Dependency(source=names[need.source], target=other, kind=need.kind))
        found.append(
            Done(one.reference, one.window_end, GraphDelta(disconnected=tuple(gone), connected=tuple(fresh)))
        )
    return found


def joint(database: str, share: float) -> dict[str, Any]:
    """Find all joint outages on the estate as it will be, then those after one change moved."""
    planned = works(share, random.Random(7))
    with Reader.open(database) as reader, reader.question() as estate:
        return timed(estate, planned)


def timed(estate: StoredEstate, planned: list[PlannedWork]) -> dict[str, Any]:
    """Search, move one change, search again, and follow all work ahead; CPU seconds of each."""
    done = changed(estate, planned, random.Random(9))
    start = time.process_time()
    outlook = Outlook(estate, planned, done)
    found = outlook.found()
    cold = time.process_time()
    one = planned[1]
    outlook.moved(one.reference, one.window_start + timedelta(days=1), one.window_end + timedelta(days=1))
    outlook.found()
    moved = time.process_time()
    sweep = outlook.today
    before = time.process_time()
    services = [f"svc-{number:06d}" for number in range(200)]
    effects_ahead(outlook.differences, sweep, planned, services)
    ahead = time.process_time() - before
    return {
        "cold": cold - start,
        "moved": moved - cold,
        "effects_ahead": ahead,
        "found": len(found.found),
        "differences": sum(1 for one in done if one.delta != GraphDelta()),
        "searched_again": len(outlook.again()),
        "hit": len({key for level in sweep.levels for key in level.losses.alone}),
        "down": sorted({id for work in planned for id in work.down}),
    }


def better() -> dict[str, Any]:
    """Find the best moments of 90 days, and beside it one forecast of one moment."""
    promised = [_agreement(number) for number in range(AGREEMENTS)]
    services = [f"svc-{number}" for number in range(SERVICES)]
    dice = random.Random(5)
    others = [
        WorkEffect(
            work=_work(f"CR-{number}", start, start + timedelta(hours=2), ("x",)),
            effects=dict.fromkeys(dice.sample(services, 3), "outage"),
        )
        for number in range(100)
        for start in (NOW + timedelta(minutes=dice.randrange(DAYS * 1440)),)
    ]
    facts = {one: Facts(outages=_outages(one), now=NOW) for one in services}
    this = WorkEffect(
        work=_work("this", NOW + timedelta(days=3), NOW + timedelta(days=3, hours=2), ("y",)),
        effects=dict.fromkeys(services, "outage"),
    )
    start = time.process_time()
    rows = forecast(promised, this, others, facts, now=NOW, hours=calendar.service_time)
    once = time.process_time()
    job = Job(length=3_600, expected=1_800, worst=3_600, after=0)
    within = seconds(NOW), seconds(NOW + timedelta(days=DAYS))
    whole = within[0], within[1] + job.length
    costs = []
    for one in promised:
        service = one.commitments[0].service
        ledger = Ledger(one, one.commitments[0], others, facts[service], NOW, calendar.service_time)
        costs.append(Cost(one, one.commitments[0], *ledger.laid_out(whole, job.expected, job.worst)))
    agreed = [
        Agreed(one.id, agreed_windows(one.windows, zone_of(one.zone), whole, calendar.service_time))
        for one in promised
    ]
    found = Moments(job, within, costs=costs, agreed=agreed).ranked(zone_of(ZONES[0]), 10)
    return {
        "moments": time.process_time() - once,
        "forecast": once - start,
        "rows": len(rows),
        "found": len(found.moments),
    }


def _agreement(number: int) -> ServiceAgreement:
    """Rolling 90 days, office hours that begin at 60 different times, in five zones."""
    days = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
    start = f"{6 + number % 6:02d}:{number * 7 % 60:02d}"
    hours = ServiceHours(
        rules=(Recurrence(rule=days, start=start, length=36_000),), holiday_calendar="NL", holidays="excluded"
    )
    commitment = ServiceCommitment(
        id="up",
        service=f"svc-{number % SERVICES}",
        target=Decimal("99.9"),
        period="rolling",
        days=90,
        planned="beyond the agreed windows" if number % 2 else "yes",
        hours=hours,
    )
    return ServiceAgreement(
        id=f"sla-{number}",
        title="Promise",
        customer=f"customer-{number}",
        manager="m",
        start=NOW - timedelta(days=400),
        services=(commitment.service,),
        zone=ZONES[number % len(ZONES)],
        windows=(Recurrence(rule="FREQ=WEEKLY;BYDAY=SU", start="01:00", length=21_600),),
        state="published",
        commitments=(commitment,),
    )


def _outages(service: str) -> tuple[Outage, ...]:
    return tuple(
        Outage(
            id=f"{service}-{week}",
            subject=service,
            started=NOW - timedelta(days=7 * week + 1),
            ended=NOW - timedelta(days=7 * week + 1) + timedelta(minutes=7),
            recorded_by="m",
            recorded_at=NOW,
        )
        for week in range(10)
    )


if __name__ == "__main__":
    asked = joint(sys.argv[2], float(sys.argv[3])) if sys.argv[1] == "joint" else better()
    print(json.dumps(asked))
