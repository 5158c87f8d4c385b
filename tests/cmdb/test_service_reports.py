"""The service report holds the same figures as the standing of each period, and explains them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cmdb import agreements, claims, measurements, planned, service_reports
from cmdb.commitments import ServiceCommitment
from cmdb.errors import Invalid, NotFound
from cmdb.promises import PlannedWork
from cmdb.service_reports import ServiceReport
from cmdb.store import Store
from tests.cmdb.harbour import settle
from tests.cmdb.test_agreements import NOW, agreement, with_customer

BY: dict[str, Any] = {"actor": "a.vries", "at": NOW}
OCTOBER = datetime(2026, 10, 5, 12, tzinfo=UTC)


@pytest.fixture
def harbour(store: Store) -> Store:
    """Mail promised to Acme by the month and over seven days, with an outage in October."""
    with_customer(settle(store))
    week = ServiceCommitment(id="week", service="mail", target=Decimal("99.9"), period="rolling", days=7)
    agreements.register(store, agreement(commitments=(*agreement().commitments, week)), **BY)
    measurements.record_outage(
        store, subject="mail", started=OCTOBER, ended=OCTOBER + timedelta(hours=1), note="disk", **BY
    )
    return store


def reported(store: Store, **changes: Any) -> ServiceReport:
    stretch = {"start": datetime(2026, 9, 1, tzinfo=UTC), "end": NOW, "now": NOW}
    with store.read() as uow:
        return service_reports.report(uow, "ag-1", **(stretch | changes))


def test_every_period_stands_as_it_does_alone_and_a_rolling_one_is_told_once(harbour: Store) -> None:
    found = reported(harbour)
    months = [one for one in found.delivered if one.standing.commitment == "up"]
    assert [one.standing.start.month for one in months] == [8, 9, 10]  # in UTC; each begins at midnight
    assert [one.over for one in months] == [True, True, False]
    with harbour.read() as uow:
        for one in months:
            alone = agreements.standings_of(uow, "ag-1", at=one.standing.start, now=NOW)
            assert one.standing == alone[0]
    assert len([one for one in found.delivered if one.standing.commitment == "week"]) == 1


def test_a_period_that_was_over_before_anything_was_recorded_is_not_told_as_kept(harbour: Store) -> None:
    found = reported(harbour)
    assert found.kept_since == OCTOBER
    assert [one.standing.start.month for one in found.unrecorded] == [8]  # in UTC: it is September


def test_outages_claims_and_what_was_exempt_are_told(harbour: Store) -> None:
    (outage,) = reported(harbour).outages["mail"]
    assert (outage.started, outage.note) == (OCTOBER, "disk")
    assert [one.standing.used_s for one in reported(harbour).broken] == [3600]
    end = OCTOBER + timedelta(minutes=50)
    claim = claims.raise_claim(
        harbour, agreement="ag-1", kind="calamity", start=OCTOBER, end=end, evidence="flood", **BY
    )
    claims.decide(harbour, claim.id, "accepted", by="Bram", **BY)
    found = reported(harbour)
    assert [one.claimed_s for one in found.delivered if one.standing.commitment == "up"] == [0, 3000, 0]
    assert [one.decided_by for one in found.claims] == ["Bram"]
    assert found.broken == ()


def test_what_follows_from_an_item_names_its_outage_and_what_it_took(harbour: Store) -> None:
    end = OCTOBER + timedelta(days=2)
    for switch in ("sw-11", "sw-12"):
        measurements.record_outage(
            harbour, subject=switch, started=end - timedelta(minutes=30), ended=end, note="fuse", **BY
        )
    found = reported(harbour)
    direct, follows = found.outages["mail"]
    assert [one.subject for one in found.causes.values()] == ["sw-11"]
    assert found.causes[follows.id].note == "fuse"
    assert direct.id not in found.causes
    took = [{each.commitment: each.taken for each in one} for one in found.counts["mail"]]
    assert took == [{"up": 3600, "week": 3600}, {"up": 1800, "week": 1800}]


def test_where_the_measured_and_the_derived_differ_is_told(harbour: Store) -> None:
    for switch in ("sw-11", "sw-12"):
        measurements.record_outage(
            harbour,
            subject=switch,
            started=OCTOBER + timedelta(minutes=30),
            ended=OCTOBER + timedelta(minutes=90),
            **BY,
        )
    assert reported(harbour).differs == {"mail": 3600}


def test_work_ahead_that_touches_a_service_is_told_with_its_effect(harbour: Store) -> None:
    start = NOW + timedelta(days=2)
    for name, down in (("CR-1", ("sw-11", "sw-12")), ("CR-2", ("manual",))):
        with harbour.write() as uow:
            planned.plan(
                uow,
                PlannedWork(
                    reference=name,
                    window_start=start,
                    window_end=start + timedelta(hours=2),
                    down=down,
                    expected=600,
                    worst=900,
                ),
            )
            uow.commit()
    (ahead,) = reported(harbour).ahead
    assert (ahead.work.reference, ahead.effects) == ("CR-1", {"mail": "outage"})


def test_a_stretch_that_makes_no_sense_is_refused(harbour: Store) -> None:
    with pytest.raises(Invalid, match="ends before"):
        reported(harbour, end=datetime(2026, 8, 1, tzinfo=UTC))
    with pytest.raises(Invalid, match="not in force"):
        reported(harbour, start=datetime(2024, 1, 1, tzinfo=UTC), end=datetime(2025, 1, 1, tzinfo=UTC))
    with harbour.read() as uow, pytest.raises(NotFound):
        service_reports.report(uow, "ag-9", start=OCTOBER, end=NOW, now=NOW)


def test_a_stretch_that_has_not_begun_reports_nothing(harbour: Store) -> None:
    ahead = NOW + timedelta(days=1)
    assert reported(harbour, start=ahead, end=ahead + timedelta(days=1)).delivered == ()
