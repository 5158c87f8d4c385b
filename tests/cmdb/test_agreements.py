"""Agreements in the store: registered whole or not at all, amended while drafts, shown as they stand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cmdb import agreements, journal, measurements, reading_promises
from cmdb import tables_promises as _tables
from cmdb.bound import bound_services
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Party, RoleGrant
from cmdb.promises import Claim, ServiceAgreement
from cmdb.store import Store
from tests.cmdb.harbour import settle

assert _tables.__doc__  # its rows are laid out by the store fixtures
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BY: dict[str, Any] = {"actor": "a.vries", "at": NOW}


@pytest.fixture
def harbour(store: Store) -> Store:
    """The harbour with a customer, and Anna as service delivery manager."""
    return with_customer(settle(store))


@pytest.fixture
def local(sqlite_store: Store) -> Store:
    """The same, for what does not depend on the kind of database."""
    return with_customer(settle(sqlite_store))


def with_customer(store: Store) -> Store:
    with store.write() as uow:
        uow.add(Party(id="acme", name="Acme"))
        uow.add(
            RoleGrant(
                id="g-1", person="a.vries", role="service delivery manager", start=NOW.replace(year=2025)
            )
        )
        uow.add(RoleGrant(id="g-2", person="k.chen", role="SQA", start=NOW.replace(year=2025)))
        uow.commit()
    return store


def agreement(**changes: Any) -> ServiceAgreement:
    fields: dict[str, Any] = {
        "id": "ag-1",
        "title": "Mail for Acme",
        "customer": "acme",
        "manager": "a.vries",
        "start": datetime(2026, 1, 1, tzinfo=UTC),
        "end": datetime(2027, 1, 1, tzinfo=UTC),
        "zone": "Europe/Amsterdam",
        "services": ("mail",),
        "windows": (Recurrence(rule="FREQ=WEEKLY;BYDAY=SU", start="02:00", length=7200),),
        "commitments": (
            ServiceCommitment(
                id="up",
                service="mail",
                target=Decimal("99.9"),
                hours=ServiceHours(rules=(Recurrence(rule="FREQ=DAILY", start="06:00", length=16 * 3600),)),
            ),
        ),
    }
    return ServiceAgreement(**{**fields, **changes})


def test_a_registered_agreement_is_there_with_a_journal_entry(harbour: Store) -> None:
    agreements.register(harbour, agreement(), **BY)
    with harbour.read() as uow:
        assert agreements.listed(uow) == (agreement(),)
        [entry] = journal.of_subject(uow, "agreement:ag-1")
        assert (entry.action, entry.actor) == ("agreement register", "a.vries")
        assert [one.action for one in journal.of_subject(uow, "mail")] == ["agreement register"]


def test_what_the_read_path_reads_is_what_was_stored(harbour: Store) -> None:
    bare = agreement(id="ag-2", end=None, windows=(), commitments=())
    for one in (agreement(), bare):
        agreements.register(harbour, one, **BY)
    with harbour.read() as uow:
        promises = reading_promises.StoredPromises(uow.rows, uow.dialect)
        assert promises.agreements_of(["mail", "radar"], NOW) == (agreement(), bare)
        assert promises.agreements_of(["radar"], NOW) == ()
        assert bound_services(uow.rows, ["mail", "radar"]) == {"mail"}
        assert promises.agreements_of(["mail"], datetime(2027, 1, 1, tzinfo=UTC)) == (bare,)
        assert promises.agreements_of(["mail"], datetime(2025, 1, 1, tzinfo=UTC)) == ()


def test_everything_that_refers_to_nothing_is_listed_at_once_and_nothing_is_stored(local: Store) -> None:
    wrong = agreement(
        customer="cables",
        provider="nobody",
        manager="x.unknown",
        services=("mail", "sw-11", "ghost"),
        zone="Mars/One",
    )
    with pytest.raises(Invalid) as refused:
        agreements.register(local, wrong, **BY)
    said = "\n".join(refused.value.problems)
    for sentence in (
        "cables is a party of the kind 'supplier', not a customer",
        "there is no party 'nobody'",
        "there is no person 'x.unknown'",
        "sw-11 is a network-device, not a service",
        "there is no item 'ghost'",
        "There is no time zone 'Mars/One'",
    ):
        assert sentence in said
    with local.read() as uow:
        assert agreements.listed(uow) == ()


def test_rules_are_read_by_the_calendar_before_they_are_promised(local: Store) -> None:
    hours = ServiceHours(rules=(Recurrence(rule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),))
    never = agreement(commitments=(agreement().commitments[0].but(hours=hours),))
    with pytest.raises(Invalid) as refused:
        agreements.register(local, never, **BY)
    [said] = refused.value.problems
    assert said.startswith("commitments[0].hours.rules[0]: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' falls on no")
    assert said.endswith("day from 2026-01-01 to 2027-01-01.")
    wrong = agreement(windows=(Recurrence(rule="sundays"),))
    with pytest.raises(Invalid, match="is not valid") as refused:
        agreements.register(local, wrong, **BY)
    assert "windows[0]: 'sundays' is not read" in refused.value.problems[0]
    unknown = agreement(
        commitments=(agreement().commitments[0].but(hours=ServiceHours(holiday_calendar="XX")),)
    )
    with pytest.raises(Invalid) as refused:
        agreements.register(local, unknown, **BY)
    assert "There is no holiday calendar 'XX'" in refused.value.problems[0]


def test_a_draft_is_amended_and_the_journal_says_what_changed(local: Store) -> None:
    agreements.register(local, agreement(), **BY)
    agreements.amend(local, agreement(title="Mail, better"), **BY)
    with local.read() as uow:
        assert uow.get(ServiceAgreement, "ag-1").title == "Mail, better"
        entry = journal.of_subject(uow, "agreement:ag-1")[0]
        assert entry.changed == {"title": {"old": "Mail for Acme", "new": "Mail, better"}}


def test_an_agreement_under_control_changes_only_by_request(local: Store) -> None:
    with local.write() as uow:
        uow.add(agreement(level="baselined"))
        uow.commit()
    with pytest.raises(Refused, match="changes only by an approved request") as refused:
        agreements.amend(local, agreement(title="Quietly worse"), **BY)
    assert "cmdb change new" in refused.value.remedy
    with pytest.raises(Invalid, match="cannot be registered as controlled"):
        agreements.register(local, agreement(id="ag-9", level="controlled"), **BY)


def test_only_who_keeps_agreements_may_and_an_id_is_taken_once(local: Store) -> None:
    with pytest.raises(Refused, match="holds no role that may keep agreements"):
        agreements.register(local, agreement(), actor="k.chen", at=NOW)
    agreements.register(local, agreement(), **BY)
    with pytest.raises(Invalid, match="exists already"):
        agreements.register(local, agreement(), **BY)
    with pytest.raises(NotFound):
        agreements.amend(local, agreement(id="ag-7"), **BY)


def test_the_standing_counts_outages_and_accepted_claims(harbour: Store) -> None:
    agreements.register(harbour, agreement(), **BY)
    noon = datetime(2026, 11, 10, 12, tzinfo=UTC)
    measurements.record_outage(harbour, subject="mail", started=noon, ended=noon + timedelta(hours=1), **BY)
    with harbour.write() as uow:
        uow.add(
            Claim(
                id="c-1",
                agreement="ag-1",
                start=noon,
                end=noon + timedelta(minutes=20),
                state="accepted",
                decided_by="a.vries",
            )
        )
        uow.commit()
    with harbour.read() as uow:
        [now] = agreements.standings_of(uow, "ag-1", at=NOW, now=NOW)
        assert (now.used_s, now.counted_s) == (40 * 60, 30 * 16 * 3600 - 20 * 60)
        [before] = agreements.standings_of(uow, "ag-1", at=NOW - timedelta(days=31), now=NOW)
        assert before.used_s == 0
        with pytest.raises(NotFound):
            agreements.standings_of(uow, "ag-2", at=NOW, now=NOW)


def test_what_is_allowed_but_may_surprise_is_said() -> None:
    commitment = agreement().commitments[0]
    said = agreements.remarks(
        agreement(
            services=("mail", "radar"),
            state="draft",
            commitments=(commitment.but(target=Decimal(100)), commitment.but(id="none", target=Decimal(0))),
        )
    )
    assert [one.split()[0] for one in said] == ["up", "none", "radar", "It"]
    assert agreements.remarks(agreement()) == ()
