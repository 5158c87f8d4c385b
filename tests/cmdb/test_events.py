"""Events from the report to the close: guards, impact, deadlines, outages, notices; on both databases."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cmdb import (
    action_items,
    agreements,
    event_acts,
    event_feed,
    event_life,
    events,
    journal,
    measurements,
    notices,
)
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.errors import CmdbError, Invalid, NotFound, Refused
from cmdb.events import Wanted
from cmdb.exchange import mapping
from cmdb.exchange.event_rows import COLUMNS
from cmdb.model import Contact, Party, RoleGrant
from cmdb.promises import Outage, ServiceAgreement
from cmdb.reported import KINDS, STATES, Event
from cmdb.store import Store
from tests.cmdb.harbour import settle

PAGE = Path(__file__).parents[2] / "docs" / "events.md"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
LATER = NOW + timedelta(hours=2)
BY: dict[str, Any] = {"actor": "k.chen", "at": NOW}
OFFICE = ServiceHours(
    rules=(Recurrence(rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", start="08:00", length=36_000),)
)


@pytest.fixture
def harbour(store: Store) -> Store:
    return ready(store)


@pytest.fixture
def local(sqlite_store: Store) -> Store:
    return ready(sqlite_store)


def ready(store: Store) -> Store:
    """The harbour with a customer, who was promised mail: up, answered in an hour, mended in eight."""
    settle(store)
    with store.write() as uow:
        for grant, role in (("g-1", "service engineer"), ("g-2", "service delivery manager")):
            uow.add(RoleGrant(id=grant, person="k.chen", role=role, start=NOW.replace(year=2025)))
        desk = Contact(name="Rob", email="R.Bakker@harbour.example")
        uow.add(Party(id="acme", name="Acme", contacts=(desk,)))
        uow.commit()
    promise(store, "acme-mail")
    return store


def promise(store: Store, id: str, **more: Any) -> ServiceAgreement:
    fields: dict[str, Any] = {"service": "mail", "comparator": "<=", "unit": "h", "hours": OFFICE}
    commitments = (
        ServiceCommitment(id="up", service="mail", target=Decimal("99.5")),
        ServiceCommitment(
            id="answer", attribute="response time", target=Decimal(1), statistic="p95", **fields
        ),
        ServiceCommitment(
            id="fix", attribute="resolution time", target=Decimal(8), statistic="maximum", **fields
        ),
        ServiceCommitment(
            id="do", attribute="request processing time", target=Decimal(48), statistic="mean",
            clock="elapsed", **fields,
        ),
    )  # fmt: skip
    made = ServiceAgreement(
        id=id, title="Mail", customer="acme", services=("mail",), manager="a.vries", commitments=commitments,
        start=datetime(2026, 1, 1, tzinfo=UTC), zone="Europe/Amsterdam", **more,
    )  # fmt: skip
    return agreements.register(store, made, **BY)


def told(**more: Any) -> Event:
    fields: dict[str, Any] = {
        "id": events.UNNUMBERED,
        "description": "Mail does not go out",
        "occurred": NOW - timedelta(hours=1),
        "reported": NOW,
        "reporter": "Ann Acme",
        "contact": "+31 6 1234",
        "items": ("mail",),
        "recorded_at": NOW,
    }
    return Event(**{**fields, **more})


def recorded(store: Store, **more: Any) -> Event:
    return events.record(store, told(**more), **BY)


def down(store: Store, *items: str, **more: Any) -> Event:
    return recorded(store, items=items, down=items, effect=more.pop("effect", "outage"), **more)


def look(store: Store, question: Any) -> Any:
    with store.read() as uow:
        return question(uow)


def outages(store: Store, event: Event) -> tuple[Outage, ...]:
    return look(store, lambda uow: event_feed.outages_of(uow, event))


def in_progress(store: Store, event: Event) -> Event:
    for act in (event_acts.analyse, event_acts.confirm, event_acts.start):
        event = act(store, event.id, **BY)
    return event


def acted(store: Store, event: Event) -> str:
    made = action_items.add(store, what="Mend it", owner="k.chen", origin=events.origin(event.id), **BY)
    return made.id


def test_an_event_goes_from_the_report_to_the_close(harbour: Store) -> None:
    event = down(harbour, "mail", party="acme")
    assert (event.id, event.state) == ("EV-1", "recorded")
    event = event_acts.analyse(harbour, "ev-1", **BY)
    assert event.impact is not None
    assert event.impact.effect == "outage"
    assert [one.name for one in event.impact.stakes] == ["acme-mail/answer", "acme-mail/fix", "acme-mail/up"]
    with pytest.raises(Refused, match="Nobody confirmed"):
        event_acts.start(harbour, "1", **BY)
    event = event_acts.confirm(harbour, "1", note="only outgoing", priority="high", **BY)
    assert (event.confirmed_by, event.impact_note, event.priority) == ("k.chen", "only outgoing", "high")
    assert event_acts.start(harbour, "1", **BY).responsible == "k.chen"
    with pytest.raises(Refused, match="Neither an action item nor a change request") as refusal:
        event_acts.resolve(harbour, "1", how="restarted", **BY)
    assert "still runs" in str(refusal.value.problems)
    item = acted(harbour, event)
    event = event_acts.resolve(harbour, "1", how="restarted", ended=NOW, **BY)
    assert (event.state, event.resolved_at, event.ended) == ("resolved", NOW, NOW)
    with pytest.raises(Refused, match=f"{item} of EV-1 is still open"):
        event_acts.close(harbour, "1", **BY)
    for state in ("reviewed", "approved"):
        action_items.step(harbour, item, state, **BY)
    action_items.step(harbour, item, "closed", evidence="mail arrives", evaluation="good", **BY)
    event = event_acts.close(harbour, "1", actor="k.chen", at=LATER)
    assert (event.state, event.closed_at) == ("closed", LATER)
    assert look(harbour, lambda uow: events.find(uow, "1")) == event
    acts = look(harbour, lambda uow: [one.action for one in journal.of_subject(uow, "mail")])
    assert acts[:6] == [
        f"event {one}" for one in ("close", "resolve", "start", "confirm", "analyse", "record")
    ]
    assert look(harbour, journal.chain_problem) is None


def test_every_act_is_possible_exactly_where_the_table_has_it(local: Store) -> None:
    down(local, "web-1", ended=NOW)
    rows = {(one.origin, one.action): one.to for one in event_life.TRANSITIONS}
    impact = event_acts.analyse(local, "1", **BY).impact
    for state in STATES:
        event = told(
            id="EV-9", state=state, impact=impact, confirmed_by="k.chen", confirmed_at=NOW, fixed_by="CR-1"
        )
        facts = event_life.Facts(event=event)
        offered = {action for action, reason in event_life.offered(facts) if reason is None}
        for action in event_life.ACTIONS:
            if (state, action) in rows:
                assert event_life.advance(action, facts) == rows[state, action]
                assert action in offered
            else:
                with pytest.raises(Refused) as refusal:
                    event_life.advance(action, facts)
                assert "'cmdb event" in refusal.value.remedy
                assert action not in offered
    with pytest.raises(Invalid):
        event_life.advance("bless", facts)


def test_what_was_down_counts_against_the_promise_and_follows_every_correction(harbour: Store) -> None:
    event = down(harbour, "mail", "web-1")
    assert [(one.subject, one.started, one.ended, one.source) for one in outages(harbour, event)] == [
        ("mail", event.occurred, None, "event EV-1"),
        ("web-1", event.occurred, None, "event EV-1"),
    ]
    first = event.outages
    event = events.amend(harbour, "1", {"ended": NOW}, **BY)
    assert all(one.ended == NOW for one in outages(harbour, event))
    assert set(event.outages).isdisjoint(first), "the old values are kept"
    (up,) = look(harbour, lambda uow: agreements.standings_of(uow, "acme-mail", at=NOW, now=LATER))
    assert up.used_s == 3600
    event = events.amend(harbour, "1", {"occurred": NOW - timedelta(minutes=30), "down": ("mail",)}, **BY)
    (up,) = look(harbour, lambda uow: agreements.standings_of(uow, "acme-mail", at=NOW, now=LATER))
    assert (up.used_s, [one.subject for one in outages(harbour, event)]) == (1800, ["mail"])
    effects = look(harbour, lambda uow: [one.effect for one in measurements.listed(uow, subject="web-1")])
    assert effects == ["none"]
    event_acts.withdraw(harbour, "1", reason="told twice", **BY)
    (up,) = look(harbour, lambda uow: agreements.standings_of(uow, "acme-mail", at=NOW, now=LATER))
    assert up.used_s == 0


def test_an_outage_that_runs_already_is_linked_and_left_to_who_told_it(local: Store) -> None:
    there = measurements.began(local, "mail", NOW - timedelta(hours=2), **BY)
    event = down(local, "mail")
    assert event.outages == (there.id,)
    assert len(look(local, lambda uow: measurements.listed(uow, subject="mail"))) == 1
    event = events.amend(local, "1", {"ended": NOW}, **BY)
    assert outages(local, event) == (there,)
    event_acts.withdraw(local, "1", reason="the monitor told it", **BY)
    assert outages(local, event) == (there,)


def test_an_outage_corrected_by_hand_is_followed_and_one_linked_by_hand_is_kept(local: Store) -> None:
    event = down(local, "mail", ended=NOW)
    by_hand = measurements.correct(local, event.outages[0], ended=NOW - timedelta(minutes=5), **BY)
    assert outages(local, event) == (by_hand,)
    other = measurements.record_outage(
        local, subject="web-1", started=NOW - timedelta(hours=3), ended=NOW - timedelta(hours=2), **BY
    )
    event = events.link(local, "1", outages=(other.id,), **BY)
    assert event.outages == (by_hand.id, other.id)
    event = events.amend(local, "1", {"priority": "low"}, **BY)
    assert outages(local, event) == (by_hand, other), "what is not about it changes no outage"
    event = events.amend(local, "1", {"ended": NOW - timedelta(minutes=1)}, **BY)
    assert [one.ended for one in outages(local, event)] == [event.ended, other.ended]
    with pytest.raises(NotFound):
        events.link(local, "1", outages=("out-9999",), **BY)


def test_a_request_names_its_agreement_or_lies_outside(local: Store) -> None:
    inside = recorded(local, kind="service request", agreement="acme-mail", items=("web-1",))
    assert inside.resolve_by == NOW + timedelta(hours=48)
    assert not inside.outside
    outside = recorded(local, kind="service request", items=("mail",))
    assert (outside.outside, outside.resolve_by) == (True, None)
    analysed = event_acts.analyse(local, inside.id, **BY)
    assert analysed.impact is not None
    assert (analysed.impact.effect, [one.commitment for one in analysed.impact.stakes]) == (
        "none",
        ["answer", "do"],
    )
    for wrong in (
        {"agreement": "acme-mail"},
        {"kind": "service request", "down": ("mail",), "effect": "outage"},
    ):
        with pytest.raises(Invalid):
            told(**wrong)
    with pytest.raises(Invalid, match="not valid"):
        recorded(local, kind="service request", agreement="nobody")


def test_what_may_happen_is_analysed_as_if_it_had_and_takes_nothing_down(local: Store) -> None:
    event = recorded(local, potential=True, occurred=LATER, items=("sw-11", "sw-12"))
    assert event.outages == ()
    impact = event_acts.analyse(local, "1", **BY).impact
    assert impact is not None
    assert (impact.supposed, dict(impact.services)["mail"]) == (True, "outage")
    with pytest.raises(Invalid):
        recorded(local, potential=True, down=("mail",), effect="outage")
    with pytest.raises(Invalid, match="not valid"):
        recorded(local, occurred=LATER, reported=LATER)


def test_what_is_degraded_takes_nothing_out(local: Store) -> None:
    down(local, "mail", effect="degraded")
    impact = event_acts.analyse(local, "1", **BY).impact
    assert impact is not None
    assert (impact.effect, dict(impact.services)["mail"]) == ("degraded", "degraded")
    assert "up" not in [one.commitment for one in impact.stakes], "degraded does not count as out there"


def test_a_changed_scope_has_to_be_confirmed_anew(local: Store) -> None:
    event = in_progress(local, down(local, "mail"))
    event = events.amend(local, event.id, {"description": "Mail goes nowhere"}, **BY)
    assert event.confirmed_by == "k.chen"
    event = events.amend(local, event.id, {"items": ("mail", "web-1")}, **BY)
    assert (event.confirmed_by, event.confirmed_at) == ("", None)


def test_those_concerned_are_told_of_every_step_but_not_who_took_it(harbour: Store) -> None:
    event = recorded(harbour, party="acme", items=("sw-11", "db-1"), person="a.vries")
    event_acts.analyse(harbour, event.id, **BY)

    def heard(person: str) -> list[str]:
        return look(
            harbour, lambda uow: [one.text for one in notices.inbox(uow, person) if one.about == "event:EV-1"]
        )

    assert [one.split(":")[0] for one in heard("a.vries")] == ["EV-1 is analysed", "EV-1 is recorded"]
    assert len(heard("r.bakker")) == 2, "owner of db-1, and reachable at Acme by the same address"
    assert heard("k.chen") == []
    events.amend(harbour, event.id, {"responsible": "r.bakker"}, **BY)
    assert heard("r.bakker")[0] == "EV-1 is corrected: responsible"


def test_events_are_listed_by_state_kind_item_period_and_whether_they_are_late(harbour: Store) -> None:
    recorded(harbour, priority="low")
    recorded(
        harbour, kind="service request", reported=NOW - timedelta(days=9), occurred=NOW - timedelta(days=9)
    )
    recorded(harbour, items=("web-1", "db-1"), responsible="a.vries", caused_by="CR-7")
    for _ in range(8):
        recorded(
            harbour, items=("manual",), reported=NOW - timedelta(days=30), occurred=NOW - timedelta(days=31)
        )
    event_acts.withdraw(harbour, "2", reason="told twice", **BY)

    def ids(limit: int = 0, **wanted: Any) -> list[str]:
        with harbour.read() as uow:
            found = events.listed(uow, Wanted(**wanted), limit=limit)
            assert limit or len(found) == events.counted(uow, Wanted(**wanted))
        return [one.id for one in found]

    assert ids(limit=5) == ["EV-3", "EV-1", "EV-2", "EV-11", "EV-10"]
    assert ids(states=("withdrawn",)) == ["EV-2"] == ids(kind=KINDS[1])
    assert ids(item="db-1") == ["EV-3"] == ids(responsible="a.vries") == ids(change="CR-7")
    assert ids(since=NOW - timedelta(days=10), until=NOW) == ["EV-2"]
    assert ids(priority="low", overdue_at=NOW) == []
    assert ids(overdue_at=NOW + timedelta(days=5)) == ["EV-1"]


def test_nothing_is_recorded_that_names_what_does_not_exist(harbour: Store) -> None:
    wrong = {"items": ("nowhere", "mail"), "party": "nobody", "responsible": "x.y", "claims": ("claim-0009",)}
    with pytest.raises(Invalid) as refusal:
        recorded(harbour, **wrong)
    assert len(refusal.value.problems) == 4
    with pytest.raises(Refused, match="may only read"):
        events.record(harbour, told(), actor="nobody", at=NOW)
    with pytest.raises(Refused, match="holds no role"):
        recorded(harbour)
        event_acts.analyse(harbour, "EV-1", actor="r.bakker", at=NOW)
    for id in ("EV-9", "", "\0", "²", "event 1\n"):
        with pytest.raises(NotFound):
            event_acts.analyse(harbour, id, **BY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"items": ()},
        {"items": ("mail", "mail")},
        {"description": " \n"},
        {"description": "x" * 10_001},
        {"reporter": ""},
        {"reporter": "a\x1bb"},
        {"occurred": LATER},
        {"down": ("web-1",), "effect": "outage"},
        {"effect": "outage"},
        {"ended": NOW},
        {"state": "resolved", "resolved_at": NOW - timedelta(days=1)},
        {"resolved_at": NOW},
        {"closed_at": NOW},
        {"priority": "urgent"},
        {"confirmed_by": "k.chen"},
    ],
)
def test_what_cannot_be_is_no_event(wrong: dict[str, Any]) -> None:
    with pytest.raises(CmdbError) as refusal:
        told(**wrong)
    assert refusal.value.problems


def test_the_page_shows_the_table_and_a_mapping_that_can_be_read(tmp_path: Path) -> None:
    page = PAGE.read_text("utf-8")
    assert event_life.page() in page
    [sample] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "map.toml").write_text(sample, "utf-8")
    mapper = mapping.read(tmp_path / "map.toml", tmp_path)
    assert set(mapper.columns) <= set(COLUMNS)
    assert mapper.fold is not None
    assert mapper.fold.ways["kind"] == "same"


def test_the_priority_of_an_incident_follows_from_what_is_at_stake_unless_somebody_says_one(
    local: Store,
) -> None:
    def confirmed(*items: str, **more: str) -> str:
        event = down(local, *items, **more)
        event_acts.analyse(local, event.id, **BY)
        return event_acts.confirm(local, event.id, **BY).priority

    assert confirmed("mail", party="acme") == "high"  # it takes from the allowance
    assert confirmed("mail", priority="low") == "low"
    event = recorded(local)
    event_acts.analyse(local, event.id, **BY)
    assert event_acts.confirm(local, event.id, priority="critical", **BY).priority == "critical"
