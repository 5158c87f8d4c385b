"""Hours and money are entered once, withdrawn when wrong, and add up."""

from decimal import Decimal

import pytest

from cmdb import action_items, duty_reports, work_log
from cmdb.errors import Invalid, NotFound, Refused
from tests.builders import AT, found

BY = {"actor": "k.chen", "at": AT}
TODAY = "2026-11-22"


@pytest.fixture
def site(store):
    found(store)
    for number in (1, 2):
        action_items.add(store, what=f"X{number}", owner="k.chen", actor="a.vries", at=AT)
    return store


def log(store, record="action:AI-1", **more):
    fields = {"person": "k.chen", "day": TODAY, "today": TODAY, "spent": 5400, **BY}
    return work_log.log(store, record, **{**fields, **more})


def listed(store, **more):
    with store.read() as uow:
        return [one.id for one in work_log.listed(uow, **more)]


def test_time_and_money_add_up_without_what_was_withdrawn(site):
    log(site, "action:ai-1")
    log(site, cost=Decimal("99.50"), spent=0, note="a cable")
    log(site, spent=60)
    log(site, "action:AI-2")
    work_log.withdraw(site, "WL-3", reason="typed twice", **BY)
    with site.read() as uow:
        assert work_log.spent_on(uow, "action:AI-1") == (5400, Decimal("99.50"))
        assert work_log.spent_on(uow, "action:AI-9") == (0, Decimal(0))
    assert listed(site) == ["WL-1", "WL-2", "WL-4"]
    assert listed(site, everything=True) == ["WL-1", "WL-2", "WL-3", "WL-4"]
    with pytest.raises(Refused):
        work_log.withdraw(site, "WL-3", reason="again", **BY)


def test_work_is_found_by_person_record_and_day(site):
    log(site, day="2026-11-01")
    log(site, "action:AI-2", person="a.vries", actor="a.vries")
    assert listed(site, person="a.vries") == ["WL-2"]
    assert listed(site, record="action:AI-1") == ["WL-1"]
    assert listed(site, since="2026-11-02") == ["WL-2"]
    assert listed(site, until="2026-11-22") == ["WL-1"]


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"record": "action:AI-9"}, NotFound),
        ({"record": "AI-1"}, Invalid),
        ({"record": "person:k.chen"}, Invalid),  # nobody spends hours on a person
        ({"spent": 0}, Invalid),
        ({"spent": -1}, Invalid),
        ({"spent": 10**10}, Invalid),
        ({"cost": Decimal("-1")}, Invalid),
        ({"cost": Decimal("0.001")}, Invalid),
        ({"cost": Decimal("NaN")}, Invalid),
        ({"cost": Decimal("1e30")}, Invalid),
        ({"day": "2026-11-23"}, Invalid),
        ({"day": "yesterday"}, Invalid),
        ({"note": "\x00"}, Invalid),
        ({"person": "nobody", "actor": "a.vries"}, Invalid),
    ],
)
def test_what_is_wrong_is_refused(site, wrong, kind):
    with pytest.raises(kind):
        log(site, **wrong)
    assert listed(site, everything=True) == []


def test_others_work_is_entered_and_withdrawn_by_who_keeps_plans(site):
    with pytest.raises(Refused):
        log(site, person="a.vries")
    log(site, actor="a.vries")
    work_log.withdraw(site, "WL-1", reason="not his", actor="a.vries", at=AT)
    log(site, person="a.vries", actor="a.vries")
    with pytest.raises(Refused):
        work_log.withdraw(site, "WL-2", reason="x", **BY)


def test_the_report_sums_by_kind_record_person_and_month(site):
    log(site, day="2026-10-31", spent=3600)
    log(site, spent=1800)
    log(site, "action:AI-2", spent=7200, cost=Decimal("5.25"), person="a.vries", actor="a.vries")
    with site.read() as uow:
        found_ = duty_reports.work(uow, since="2026-10-01", until="2026-12-01")
        november = duty_reports.work(uow, since="2026-11-01", until="2026-12-01")
        with pytest.raises(Invalid):
            duty_reports.work(uow, since="2026-11-01", until="2026-11-01")
    assert (found_.total.spent, found_.total.cost, found_.total.entries) == (12_600, Decimal("5.25"), 3)
    assert [(one.name, one.spent) for one in found_.records] == [("action:AI-2", 7200), ("action:AI-1", 5400)]
    assert [(one.name, one.spent) for one in found_.people] == [("a.vries", 7200), ("k.chen", 5400)]
    assert [(one.name, one.spent) for one in found_.months] == [("2026-10", 3600), ("2026-11", 9000)]
    assert [one.name for one in found_.kinds] == ["action"]
    assert november.total.entries == 2
