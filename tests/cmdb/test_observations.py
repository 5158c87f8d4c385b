"""Observations in the store: recorded, corrected, listed, and counted the moment they are there."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cmdb import agreements, claims, journal, observations, reading_observations
from cmdb.amounts import amount
from cmdb.commitments import ServiceCommitment
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.observed import Observation
from cmdb.service_levels import BROKEN, MET, NOTHING
from cmdb.store import Store
from tests.cmdb.harbour import settle
from tests.cmdb.test_agreements import NOW, agreement, with_customer

BY: dict[str, Any] = {"actor": "a.vries", "at": NOW}
RESPOND = ServiceCommitment(
    id="respond",
    service="mail",
    attribute="response time",
    comparator="<=",
    target=Decimal(30),
    unit="min",
    statistic="p95",
)
UP = ServiceCommitment(id="up", service="mail", target=Decimal("99.9"))


@pytest.fixture
def harbour(store: Store) -> Store:
    """Mail promised to Acme: to be up, and to respond."""
    with_customer(settle(store))
    agreements.register(store, agreement(commitments=(UP, RESPOND)), **BY)
    return store


@pytest.fixture
def local(sqlite_store: Store) -> Store:
    """The same, for what does not depend on the kind of database."""
    with_customer(settle(sqlite_store))
    agreements.register(sqlite_store, agreement(commitments=(UP, RESPOND)), **BY)
    return sqlite_store


def recorded(store: Store, value: str | None = "12m", *, seen: datetime = NOW, **more: Any) -> Observation:
    told = {
        "service": "mail",
        "quantity": "Response Time",
        "value": amount(value) if value else None,
        **BY,
        **more,
    }
    return observations.record(store, seen=seen, **told)


def state(store: Store) -> tuple[str, int]:
    with store.read() as uow:
        (level,) = observations.levels_of(uow, "ag-1", at=NOW, now=NOW)
    return level.state, level.counted


def test_what_is_recorded_counts_at_once_and_stands_in_the_journal(harbour: Store) -> None:
    assert state(harbour) == (NOTHING, 0)
    made = recorded(harbour, reference="INC-7", source="desk")
    assert (made.id, made.quantity, made.value, made.unit) == (
        "obs-0001",
        "response time",
        Decimal(12),
        "min",
    )
    assert state(harbour) == (MET, 1)
    recorded(harbour, "2h", seen=NOW - timedelta(days=1))
    assert state(harbour) == (BROKEN, 2)
    with harbour.read() as uow:
        *_, last = journal.entries(uow)
        assert (last.action, last.subjects) == ("observation record", ("observation:obs-0002", "mail"))
        assert journal.chain_problem(uow) is None
        assert agreements.standings_of(uow, "ag-1", at=NOW, now=NOW)[0].commitment == "up"


def test_a_value_without_a_unit_takes_the_one_that_is_promised(local: Store) -> None:
    assert recorded(local, "45").unit == "min"
    other = recorded(local, "45", quantity="queue length")
    assert other.unit == ""


def test_a_stretch_of_time_is_recorded_by_its_ends(local: Store) -> None:
    made = recorded(local, started=NOW - timedelta(minutes=20), value=None)
    assert (made.value, made.unit) == (Decimal(1200), "s")
    assert state(local) == (MET, 1)


def test_a_correction_keeps_the_old_value_and_counts_in_its_place(harbour: Store) -> None:
    first = recorded(harbour, "2h", note="by phone")
    second = observations.correct(harbour, first.id, value=amount("20m"), **BY)
    assert (second.replaces, second.at, second.note) == (first.id, first.at, "by phone")
    assert state(harbour) == (MET, 1)
    with harbour.read() as uow:
        assert observations.listed(uow) == (second,)
        assert set(observations.listed(uow, corrected=True)) == {first, second}
    with pytest.raises(Refused, match="was corrected by obs-0002"):
        observations.correct(harbour, first.id, value=amount("3m"), **BY)


def test_a_correction_moves_it_in_time_or_takes_it_back(harbour: Store) -> None:
    first = recorded(harbour, "2h")
    moved = observations.correct(harbour, first.id, seen=NOW - timedelta(days=60), **BY)
    assert state(harbour) == (NOTHING, 0)
    assert (moved.value, moved.unit) == (Decimal(2), "h")
    gone = observations.correct(harbour, moved.id, withdrawn=True, note="not ours", **BY)
    with harbour.read() as uow:
        assert observations.listed(uow) == ()
        assert reading_observations.first_and_last(uow.rows, "mail", "response time") is None
        assert len(observations.listed(uow, corrected=True)) == 3
    assert gone.replaces == moved.id


def test_a_corrected_stretch_stays_one_until_it_is_given_a_value(local: Store) -> None:
    first = recorded(local, value=None, started=NOW - timedelta(minutes=20))
    longer = observations.correct(local, first.id, started=NOW - timedelta(minutes=25), **BY)
    assert longer.value == 1500
    plain = observations.correct(local, longer.id, value=amount("5 min"), **BY)
    assert (plain.started, plain.value, plain.unit) == (None, Decimal(5), "min")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"seen": NOW + timedelta(seconds=1)}, "lies ahead"),
        ({"value": "3 kg"}, "This cannot be counted"),
        ({"value": None}, "What was seen is missing"),
        ({"started": NOW - timedelta(hours=1)}, "given twice"),
        ({"quantity": "availability"}, "is not valid"),
    ],
)
def test_what_cannot_have_been_seen_or_counted_is_refused(
    local: Store, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Invalid) as refused:
        recorded(local, **changes)
    assert sentence in refused.value.reason


def test_only_a_service_is_observed_and_only_by_who_may(local: Store) -> None:
    with pytest.raises(NotFound, match="no service 'sw-11'"):
        recorded(local, service="sw-11")
    with pytest.raises(Refused, match="may record observations"):
        recorded(local, actor="k.chen")
    with local.read() as uow:
        assert observations.listed(uow) == ()


def test_an_accepted_claim_takes_it_out_and_a_refused_one_does_not(harbour: Store) -> None:
    recorded(harbour, "2h", seen=NOW - timedelta(hours=2))
    start, end = NOW - timedelta(hours=3), NOW - timedelta(hours=1)
    claim = claims.raise_claim(
        harbour, agreement="ag-1", kind="calamity", start=start, end=end, evidence="flood", **BY
    )
    assert state(harbour) == (BROKEN, 1)
    claims.decide(harbour, claim.id, "accepted", by="Bram", **BY)
    assert state(harbour) == (NOTHING, 0)


def test_very_many_are_entered_with_ids_of_their_own(harbour: Store) -> None:
    one = recorded(harbour)
    more = [one.but(id="obs-0", at=NOW - timedelta(minutes=place)) for place in range(250)]
    with harbour.write() as uow:
        made = observations.enter(uow, more)
        assert observations.enter(uow, []) == ()
        uow.commit()
    assert (made[0].id, made[-1].id) == ("obs-0002", "obs-0251")
    assert recorded(harbour).id == "obs-0252"
    with harbour.read() as uow:
        assert len(observations.listed(uow, limit=0)) == 252
        assert len(observations.listed(uow, limit=7)) == 7
        assert uow.get(Observation, "obs-0100") == made[98]


def test_the_list_is_cut_by_service_quantity_and_time(local: Store) -> None:
    first = recorded(local, seen=NOW - timedelta(days=3))
    second = recorded(local, quantity="queue length", value="7")
    with local.read() as uow:
        assert observations.listed(uow, quantity="Queue Length") == (second,)
        assert observations.listed(uow, since=NOW - timedelta(days=1)) == (second,)
        assert observations.listed(uow, until=NOW - timedelta(days=1)) == (first,)
        assert observations.listed(uow, service="berths") == ()


def test_the_periods_before_are_told_oldest_first(local: Store) -> None:
    recorded(local, "2h", seen=datetime(2026, 9, 10, tzinfo=UTC))
    recorded(local, "15m", seen=datetime(2026, 10, 10, tzinfo=UTC))
    with local.read() as uow:
        (now,) = observations.levels_of(uow, "ag-1", at=NOW, now=NOW)
        held = agreement(commitments=(UP, RESPOND))
        before = observations.trend(uow, held, RESPOND, before=now, count=3, now=NOW)
        all_of_them = observations.trend(uow, held, RESPOND, before=now, count=99, now=NOW)
    assert [one.state for one in before] == [NOTHING, BROKEN, MET]
    assert [one.used for one in before] == [0.0, 1.0, 0.5]
    assert len(all_of_them) == 10  # January to October
