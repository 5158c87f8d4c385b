"""Who was trained in what is recorded with its evidence, and who was not is found."""

import pytest

from cmdb import training
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Group, Person
from tests.builders import AT, found

BY = {"actor": "a.vries", "at": AT}
TODAY = "2026-11-22"


@pytest.fixture
def site(store):
    found(store)
    with store.write() as uow:
        uow.add(Person(id="p.ng", name="Peter"))
        uow.add(Group(id="cm", name="CM", lead="a.vries", members=("k.chen", "p.ng", "r.gone")))
        uow.commit()
    return store


def recorded(store, *people, subject="CM procedures", **more):
    fields = {"day": "2026-11-01", "evidence": "list of those present", **BY, **more}
    return training.record(store, people, subject=subject, **fields)


def lacking(store, subject="CM procedures", today=TODAY):
    with store.read() as uow:
        return training.lacking(uow, subject, "cm", today=today)


def listed(store, **more):
    with store.read() as uow:
        return [one.id for one in training.listed(uow, **more)]


def test_who_of_a_group_lacks_a_training_is_its_active_people_without_one_that_counts(site):
    assert lacking(site) == (("a.vries", ""), ("k.chen", ""), ("p.ng", ""))
    recorded(site, "k.chen", "a.vries", until="2026-11-22")
    recorded(site, "p.ng", subject="cm  PROCEDURES", day="2026-12-01")  # ahead: it does not count yet
    assert lacking(site) == (("p.ng", ""),)
    assert lacking(site, today="2026-11-23") == (
        ("a.vries", "2026-11-22"),
        ("k.chen", "2026-11-22"),
        ("p.ng", ""),
    )
    assert lacking(site, today="2026-12-01") == (("a.vries", "2026-11-22"), ("k.chen", "2026-11-22"))
    assert len(lacking(site, subject="first aid")) == 3
    with site.read() as uow, pytest.raises(NotFound):
        training.lacking(uow, "x", "nobody", today=TODAY)


def test_trainings_are_listed_by_person_subject_and_day(site):
    recorded(site, "k.chen", "p.ng")
    recorded(site, "k.chen", subject="Library", kind="orientation", until="2026-11-02")
    assert listed(site) == ["TR-1", "TR-2", "TR-3"]
    assert listed(site, person="k.chen") == ["TR-1", "TR-3"]
    assert listed(site, subject=" library ") == ["TR-3"]
    assert listed(site, today=TODAY) == ["TR-1", "TR-2"]


def test_a_wrong_record_is_withdrawn_and_kept(site):
    recorded(site, "k.chen")
    assert training.withdraw(site, "TR-1", reason="another Chen", **BY).withdrawn == "another Chen"
    assert listed(site) == ["TR-1"]
    assert listed(site, today=TODAY) == []
    with pytest.raises(Refused):
        training.withdraw(site, "TR-1", reason="again", **BY)
    with pytest.raises(NotFound):
        training.withdraw(site, "TR-9", reason="x", **BY)


def test_all_are_recorded_or_none(site):
    with pytest.raises(Invalid):
        recorded(site, "k.chen", "nobody")
    assert listed(site) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": " "},
        {"day": "2026-02-30"},
        {"evidence": " "},
        {"kind": "course"},
        {"until": "2026-10-31"},
        {"until": "soon"},
    ],
)
def test_what_is_wrong_is_refused(site, wrong):
    with pytest.raises(Invalid):
        recorded(site, "k.chen", **wrong)


def test_nobody_records_their_own_training_without_the_right(site):
    with pytest.raises(Refused):
        recorded(site, "k.chen", actor="k.chen")
