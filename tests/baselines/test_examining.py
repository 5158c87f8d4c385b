"""What each kind of audit looks at, on both databases, and what it finds there."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from baselines import conformance, examining, exclusions
from baselines.performed import PARTLY, PERFORMED
from baselines.whole_layout import LAID_OUT
from ccb.physical_audit import Explained
from cmdb import agreements, measurements
from cmdb.commitments import ServiceCommitment
from cmdb.exchange.differing import Difference
from cmdb.model import Party
from cmdb.promises import ServiceAgreement
from tests.baselines.port import NIGHT
from tests.baselines.test_audits import planned
from tests.baselines.test_audits import port as port  # a site with an auditor, q.sato

assert LAID_OUT, "every room has its tables"


def rules(looked):
    return [(rule, count) for rule, _what, _about, count in looked.findings]


def promised(port):
    """An agreement on mail: how long it is up, and how fast it answers."""
    with port.store.write() as uow:
        uow.add(Party(id="acme", name="Acme"))
        uow.commit()
    up = ServiceCommitment(id="up", service="mail", target=Decimal("99.9"))
    fast = ServiceCommitment(
        id="fast", service="mail", attribute="response time", comparator="<=", target=Decimal("2"), unit="s",
        statistic="mean",
    )  # fmt: skip
    sla = ServiceAgreement(
        id="sla", title="Mail", customer="acme", manager="m.jansen", start=datetime(2026, 1, 1, tzinfo=UTC),
        services=("mail",), commitments=(up, fast), state="agreed",
    )  # fmt: skip
    agreements.register(port.store, sla, actor="a.vries", at=NIGHT)


def test_a_claim_is_met_broken_expired_or_missing(port):
    promised(port)
    audit = planned(port, "functional")
    assert rules(examining.functional(port.library, audit, at=NIGHT)) == [("evidence missing", 1)]
    measurements.record_outage(
        port.store, subject="mail", started=NIGHT - timedelta(hours=9), ended=NIGHT, actor="a.vries", at=NIGHT
    )
    found = rules(examining.functional(port.library, audit, at=NIGHT))
    assert found == [("evidence not met", 1), ("evidence missing", 1)]
    nothing = planned(port, "functional", scope="type:service")
    assert rules(examining.functional(port.library, nothing, at=NIGHT)) == []


def test_records_of_events_are_held_against_what_they_have_to_say(port):
    assert rules(examining.event_repository(port.library, at=NIGHT)) == []
    with port.store.write() as uow:
        columns = [
            "id", "kind", "agreement", "description", "occurred", "reported", "reporter", "contact", "person",
            "party", "items", "circumstances", "down", "effect", "outages", "impact_note", "confirmed_by",
            "priority", "responsible", "respond_from", "resolve_from", "state", "resolution", "caused_by",
            "fixed_by", "claims", "source", "reference", "on_time", "recorded_by", "recorded_at",
        ]  # fmt: skip
        content = dict.fromkeys(columns, "") | {
            "id": "EV-1", "kind": "incident", "description": "it rang", "reported": "2026-06-01T00:00:00Z",
            "state": "in progress", "resolve_by": "2026-06-02T00:00:00Z", "items": "[]",
        }  # fmt: skip
        names = ", ".join(f'"{one}"' for one in (*content, "potential"))
        marks = ", ".join("?" for _ in (*content, "potential"))
        uow.rows(f"INSERT INTO event ({names}) VALUES ({marks})", *content.values(), False)
        uow.commit()
    looked = examining.event_repository(port.library, at=NIGHT)
    assert {rule for rule, _count in rules(looked)} == {
        "described", "reporter", "items", "impact", "in time", "left open"
    }  # fmt: skip
    assert all(about == ("EV-1",) for _rule, _what, about, _count in looked.findings)
    with port.store.write() as uow:
        uow.rows("UPDATE event SET state = 'withdrawn'")
        uow.commit()
    assert rules(examining.event_repository(port.library, at=NIGHT)) == [], "what was withdrawn is none"


def test_each_practice_that_is_not_performed_is_a_finding_and_a_goal_is_none(port):
    audit = planned(port, "process", scope="5.7")
    looked = examining.process(port.library, audit, at=NIGHT)
    named = {rule for rule, _count in rules(looked)}
    assert "5.7 Activity 1" in named
    assert not any("Goal" in rule or "." in rule.partition(" ")[2] for rule in named)


def test_every_practice_is_answered_for_on_this_database_for_the_site_and_for_one_service(port):
    promised(port)
    with port.store.read() as uow:
        for service in ("", "mail"):
            found = {one.practice.id: one for one in conformance.assess(uow, (), at=NIGHT, service=service)}
            assert found["5.5 Activity 4.6"].state == PERFORMED
            assert found["5.5 Activity 4.2"].total == 4
            assert found["5.1 Activity 3"].state == PARTLY


def test_one_finding_for_each_owner_who_has_to_answer_however_many_differences(port):
    def differences():
        for number in range(50):
            one = Difference(record="item", id=f"sw-{number}", what="missing")
            yield Explained(difference=one, verdict="unauthorised", owner="k.chen" if number % 2 else "")
        yield Explained(difference=one, verdict="expected", owner="k.chen")

    looked = examining.physical(port.library, differences(), file="found.csv", digest="0")
    assert [count for _rule, _what, _about, count in looked.findings] == [25, 25]
    assert all(len(about) == 20 for _rule, _what, about, _count in looked.findings)
    assert ("expected", "1") in looked.facts


def test_what_is_in_scope_is_what_the_audit_covers_and_what_nobody_registered(port):
    with port.store.read() as uow:
        for scope, inside in (
            ("all", {"sw-11", "mail", "new"}),
            ("item:sw-11", {"sw-11", "new"}),
            ("type:service", {"mail", "new"}),
            ("service:mail", {"sw-11", "mail", "new"}),
        ):
            covers = examining.in_scope(uow, scope)
            assert {one for one in ("sw-11", "mail", "new") if covers(one)} == inside


def test_an_item_somebody_set_aside_is_not_missed_under_control(port):
    promised(port)
    with port.store.write() as uow:
        uow.rows("UPDATE item SET level = 'draft' WHERE id = 'sw-12'")
        uow.commit()
    audit = planned(port, "completeness")
    assert ("promised and controlled", 1) in rules(examining.complete(port.library, audit, at=NIGHT))
    key = port.keys.private("a.vries")
    exclusions.state(
        port.library, "item:sw-12", reason="a spare", known=(), actor="a.vries", key=key, at=NIGHT
    )
    assert ("promised and controlled", 1) not in rules(examining.complete(port.library, audit, at=NIGHT))
