"""Evidence of services: needs, agreements, what was measured, events, suppliers.

Each query is small, reads in SQL and counts records. Source: rules.md 4; 9; 10, Conformance.
"""

import json
from collections.abc import Mapping
from datetime import timedelta

from baselines.evidence_people import YEAR
from baselines.performed import Answer, Ask, Query, unkept, weighed
from cmdb.canonical import rfc3339

_TERMS: Mapping[str, tuple[str, ...]] = {
    "purpose": ("purpose", "scope", "goals"),
    "services": ("services",),
    "commitments": ("commitments",),
    "schedule": ("windows", "schedule", "delivery"),
    "conditions": ("conditions",),
    "calamities": ("calamities",),
    "reporting": ("reporting",),
    "evaluation": ("evaluation",),
}
MONTH = timedelta(days=31)
QUARTER = timedelta(days=92)


def _agreements(ask: Ask, kinds: tuple[str, ...]) -> list[tuple[str, dict[str, object]]]:
    """Agreements that were there at the moment, by id, with everything they say."""
    names = ("purpose", "scope", "services", "commitments", "windows", "manager", "state", "review")
    marks = ", ".join("?" for _ in kinds)
    rows = ask.rows(
        f"SELECT id, terms, {', '.join(names)} FROM agreement WHERE kind IN ({marks}) AND starts <= ?"
        " AND (ends IS NULL OR ends > ?) ORDER BY id",
        *kinds,
        ask.moment,
        ask.moment,
    )
    found = []
    for id, terms, *said in rows:
        held = {**json.loads(terms or "{}"), **dict(zip(names, said, strict=True))}
        if ask.of_service(str(held["services"])):
            found.append((str(id), held))
    return found


def term(ask: Ask) -> Answer:
    """Every agreement with a customer says this: `term:calamities`."""
    names = _TERMS[ask.argument]
    rows = _agreements(ask, ("customer",))
    good = [
        id for id, held in rows if any(held.get(one) not in (None, "", "[]", "{}", [], {}) for one in names)
    ]
    return weighed(
        [f"agreement:{one}" for one in good],
        [id for id, _held in rows if id not in good],
        missing=f"Agreements say nothing of {ask.argument}" if rows else "No customer agreement is in force",
        mend="cmdb agreement check" if rows else "cmdb agreement register",
        now=True,
    )


def agreed(ask: Ask) -> Answer:
    """Agreements of a kind are in force and bind: `agreed:underpinning`."""
    rows = _agreements(ask, (ask.argument,))
    binding = ("agreed", "published", "under revision")
    return weighed(
        [f"agreement:{id}" for id, held in rows if held["state"] in binding],
        [id for id, held in rows if held["state"] not in binding],
        missing="Agreements are not agreed" if rows else f"No {ask.argument} agreement is in force",
        mend="cmdb agreement agree" if rows else "cmdb agreement register",
        now=True,
    )


def agreement_managed(ask: Ask) -> Answer:
    """Somebody active manages each agreement."""
    rows = _agreements(ask, ("customer", "operational", "underpinning"))
    active = set(ask.ids("SELECT id FROM person WHERE active"))
    return weighed(
        [f"agreement:{id}" for id, held in rows if held["manager"] in active],
        [id for id, held in rows if held["manager"] not in active],
        missing="Nobody active manages some agreements" if rows else "No agreement is in force",
        mend="cmdb agreement amend",
        now=True,
    )


def agreement_reviewed(ask: Ask) -> Answer:
    """Agreements were reviewed, and no review date has passed."""
    rows = _agreements(ask, ("customer",))
    today = ask.moment[:10]
    late = [id for id, held in rows if held["review"] and str(held["review"]) < today]
    done = ask.rows(
        "SELECT sequence FROM journal WHERE action LIKE 'agreement review%' AND at <= ?"
        " ORDER BY sequence DESC",
        ask.moment,
    )
    return weighed(
        [f"journal:{row[0]}" for row in done],
        late,
        missing="Agreements are past their review" if late else "No agreement was reviewed",
        mend="cmdb agreement review",
    )


def needs(ask: Ask) -> Answer:
    """What customers need is noted for each who has an agreement."""
    noted = ask.ids("SELECT DISTINCT customer FROM customer_need WHERE since <= ?", ask.moment[:10])
    customers = ask.ids(
        "SELECT DISTINCT customer FROM agreement WHERE kind = 'customer' AND starts <= ? ORDER BY customer",
        ask.moment,
    )
    return weighed(
        [f"party:{one}" for one in noted],
        [one for one in customers if one not in noted],
        missing="Nobody noted what customers need",
        mend="cmdb need add",
    )


def needs_compared(ask: Ask) -> Answer:
    """What customers need was noted again later, so that then and now can be compared."""
    found = ask.ids(
        "SELECT DISTINCT n.customer FROM customer_need n JOIN customer_need o ON o.customer = n.customer"
        " AND o.since < n.since WHERE n.since <= ? ORDER BY n.customer",
        ask.moment[:10],
    )
    return weighed(
        [f"party:{one}" for one in found],
        missing="What customers need was noted once at most, and never compared",
        mend="cmdb need compare",
    )


def tracked(ask: Ask) -> Answer:
    """What is promised was measured within a quarter: outages or observations of services under agreement."""
    since = rfc3339(ask.at - QUARTER)
    seen = set(
        ask.ids("SELECT DISTINCT service FROM observation WHERE at >= ? AND at <= ?", since, ask.moment)
    ) | set(
        ask.ids(
            "SELECT DISTINCT subject FROM outage WHERE started <= ? AND (ended IS NULL OR ended >= ?)",
            ask.moment,
            since,
        )
    )
    seen |= set(ask.ids("SELECT DISTINCT service FROM derived_outage"))
    promised = {
        one
        for _id, held in _agreements(ask, ("customer",))
        for one in json.loads(str(held["services"]))
        if not ask.service or one == ask.service
    }
    return weighed(
        [f"item:{one}" for one in sorted(promised & seen)],
        sorted(promised - seen),
        missing="Services under agreement were not measured in a quarter"
        if promised
        else "No service is under agreement",
        mend="cmdb observation import FILE",
    )


def events(ask: Ask) -> Answer:
    """Events are recorded."""
    return _events(ask, "", "No event is recorded", "cmdb event record")


def _events(ask: Ask, condition: str, missing: str, mend: str, *parameters: str) -> Answer:
    """Events of which something holds, the newest first."""
    if not ask.keeps("event"):
        return unkept("events")
    told = f"FROM event e WHERE reported <= ? AND state <> 'withdrawn'{condition}"
    found, total = ask.some("id", told, "reported DESC, id", ask.moment, *parameters)
    return weighed([f"event:{one}" for one in found], missing=missing, mend=mend, total=total)


def event_shared(ask: Ask) -> Answer:
    """Events were passed on: somebody else than who recorded it took part in it."""
    return _events(
        ask,
        " AND (SELECT COUNT(DISTINCT j.actor) FROM journal j JOIN journal_subject s ON s.sequence ="
        " j.sequence WHERE s.subject = 'event:' || e.id AND j.at <= ?) > 1",
        "No event passed from one to another",
        "cmdb event start",
        ask.moment,
    )


def event_procedure(ask: Ask) -> Answer:
    """Events went through the states of the procedure here, one after the other."""
    return _events(
        ask,
        " AND EXISTS (SELECT 1 FROM journal j JOIN journal_subject s ON s.sequence = j.sequence"
        " WHERE s.subject = 'event:' || e.id AND j.action = 'event resolve' AND j.at <= ?)",
        "No event went through the procedure to its resolution",
        "cmdb event resolve",
        ask.moment,
    )


def event_archive(ask: Ask) -> Answer:
    """Events that are over are kept."""
    return _events(ask, " AND closed_at <= ?", "No event is closed and kept", "cmdb event close", ask.moment)


def event_details(ask: Ask) -> Answer:
    """Events say what, when, who reported it, and which items."""
    return _of_events(
        ask,
        "description <> '' AND occurred <> '' AND reporter <> '' AND"
        " EXISTS (SELECT 1 FROM event_item i WHERE i.event = e.id)",
        "Events lack what, when, who or which items",
        "cmdb event list",
    )


def event_impact(ask: Ask) -> Answer:
    """What events do to promises was computed and confirmed."""
    return _of_events(
        ask,
        "(confirmed_by <> '' OR reported > '{recent}')",
        "Nobody confirmed what events do to promises",
        "cmdb event confirm",
    )


def event_resolved(ask: Ask) -> Answer:
    """Events were resolved by the time that was agreed."""
    return _of_events(
        ask,
        "(resolve_by IS NULL OR resolved_at <= resolve_by"
        " OR (resolved_at IS NULL AND resolve_by >= '{now}'))",
        "Events were not resolved in time",
        "cmdb event list",
    )


def event_measured(ask: Ask) -> Answer:
    """It is known until when events had to be resolved, so that the share of those late is counted."""
    return _of_events(
        ask,
        "(resolve_by IS NOT NULL OR on_time <> '')",
        "Of events it is not known until when they had to be resolved",
        "cmdb event analyse",
    )


def _of_events(ask: Ask, condition: str, missing: str, mend: str) -> Answer:
    if not ask.keeps("event"):
        return unkept("events")
    said = condition.replace("{now}", ask.moment).replace("{recent}", rfc3339(ask.at - timedelta(days=2)))
    since = rfc3339(ask.at - YEAR)
    base = f"FROM event e WHERE reported >= '{since}' AND reported <= '{ask.moment}' AND state <> 'withdrawn'"
    [(good, total)] = ask.rows(f"SELECT SUM(CASE WHEN {said} THEN 1 ELSE 0 END), COUNT(*) {base}")
    # What compares with a time nobody said is neither so nor not so: it lacks it as well.
    fails = f"CASE WHEN {said} THEN 0 ELSE 1 END = 1"
    lacking = ask.ids(f"SELECT id {base} AND {fails} ORDER BY id LIMIT 6") if good != total else []
    found = ask.ids(f"SELECT id {base} AND {said} ORDER BY reported DESC LIMIT {ask.most}")
    return weighed(
        [f"event:{one}" for one in found],
        lacking,
        missing=missing if total else "No event is recorded within a year",
        mend=mend if total else "cmdb event record",
        total=int(good or 0),
        absent=int(total) - int(good or 0),
    )


def event_reports(ask: Ask) -> Answer:
    """Events are there to report on, by item and by period."""
    return events(ask)


def supplied(ask: Ask) -> Answer:
    """Items that suppliers hold for us are named, with whom they belong to."""
    found = ask.ids(
        "SELECT id FROM item WHERE custody = 'supplier''s, used to deliver' AND party IS NOT NULL"
        " AND status <> 'retired' ORDER BY id"
    )
    lacking = ask.ids(
        "SELECT id FROM item WHERE custody = 'supplier''s, used to deliver' AND party IS NULL"
        " AND status <> 'retired' ORDER BY id LIMIT 6"
    )
    return weighed(
        [f"item:{one}" for one in found],
        lacking,
        missing="It is not said whose items of suppliers are" if lacking else "No item is a supplier's",
        mend="cmdb item list",
        now=True,
    )


QUERIES: Mapping[str, Query] = {
    "term": term,
    "agreed": agreed,
    "agreement managed": agreement_managed,
    "agreement reviewed": agreement_reviewed,
    "needs": needs,
    "needs compared": needs_compared,
    "tracked": tracked,
    "events": events,
    "event shared": event_shared,
    "event procedure": event_procedure,
    "event archive": event_archive,
    "event details": event_details,
    "event impact": event_impact,
    "event resolved": event_resolved,
    "event measured": event_measured,
    "event reports": event_reports,
    "supplied": supplied,
}
