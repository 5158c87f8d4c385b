"""The risk report of the harbour: worst first, by type, with the agreements that hold now."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cmdb import agreements, risk_reports
from cmdb.errors import NotFound
from cmdb.promises import ServiceAgreement
from cmdb.reading_graph import StoredEstate
from cmdb.risk_reports import RiskReport
from cmdb.store import Store
from tests.cmdb.harbour import settle
from tests.cmdb.test_agreements import with_customer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LAST_YEAR = {"start": datetime(2025, 1, 1, tzinfo=UTC), "end": datetime(2025, 12, 31, tzinfo=UTC)}


@pytest.fixture
def harbour(store: Store) -> Store:
    """The harbour with a customer, promised berths now and mail last year."""
    with_customer(settle(store))
    for id, service, span in (
        ("now", "berths", {"start": datetime(2026, 1, 1, tzinfo=UTC)}),
        ("over", "mail", LAST_YEAR),
    ):
        agreements.register(
            store,
            ServiceAgreement(
                id=id, title=id, customer="acme", manager="a.vries", services=(service,), **span
            ),
            actor="a.vries",
            at=NOW,
        )
    return store


def report(harbour: Store, limit: int = 20, **narrowed: Any) -> RiskReport:
    with harbour.read() as uow:
        return risk_reports.report(StoredEstate(uow.rows, uow.dialect), at=NOW, limit=limit, **narrowed)


def test_the_worst_item_stands_first_with_what_it_hits(harbour: Store) -> None:
    found = report(harbour)
    assert found.taken_down == found.serving == 10
    named = {one.id: one for one in found.risks}
    assert list(named)[:2] == ["db-1", "booking-app"]  # both stop berths, the database an item more
    assert named["db-1"].outage == ("berths",)
    assert named["db-1"].blast.items_outage == 2
    assert named["sw-12"].degraded == ("berths",)
    assert not named["sw-12"].single_point
    assert named["sw-11"].degraded == ("radar",)
    assert found.single_points == 2


def test_only_agreements_in_force_count_and_one_about_the_item_itself_does(harbour: Store) -> None:
    found = {one.id: one.agreements for one in report(harbour).risks}
    assert found["db-1"] == found["booking-app"] == found["sw-12"] == ("now",)
    assert found["sw-11"] == ()


def test_each_type_says_what_its_worst_item_does(harbour: Store) -> None:
    types = {one.type: one for one in report(harbour).types}
    assert report(harbour).types[0].type == "database"
    assert (types["database"].single_points, types["database"].worst) == (1, "db-1")
    switches = types["network-device"]
    assert (switches.items, switches.single_points, switches.degraded, switches.worst) == (2, 0, 1, "sw-12")
    assert (types["document"].harmless, types["document"].worst) == (1, "")
    assert "hardware" not in types  # its only item is retired


def test_a_question_is_narrowed_to_a_type_and_to_what_a_service_needs(harbour: Store) -> None:
    assert [one.id for one in report(harbour, type="database").risks] == ["db-1"]
    assert {one.id for one in report(harbour, service="mail").risks} == {"sw-11", "sw-12"}
    assert report(harbour, service="mail").taken_down == 3
    assert report(harbour, service="mail").serving == 10
    assert len(report(harbour, limit=1).risks) == 1
    assert report(harbour, limit=1).single_points == 2


def test_what_is_not_there_is_refused(harbour: Store) -> None:
    for narrowed in ({"type": "nosuch"}, {"service": "nosuch"}):
        with pytest.raises(NotFound, match="nosuch"):
            report(harbour, **narrowed)


def test_it_says_how_far_it_is(harbour: Store) -> None:
    told: list[tuple[str, int]] = []
    report(harbour, told=lambda what, count: told.append((what, count)))
    assert told[-1] == ("Items taken down one by one", 10)
