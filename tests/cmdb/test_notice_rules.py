"""Who is told of what is a table: those it concerns always, others as the site says."""

from datetime import timedelta

import pytest

from cmdb import journal, notice_rules, notices
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Group, Person, RoleGrant
from cmdb.roles import ROLES
from cmdb.telling import KINDS, LEAD, NoticeRule
from tests.builders import AT, found

BY = {"actor": "a.vries", "at": AT}


@pytest.fixture
def site(store):
    found(store)
    with store.write() as uow:
        for id in ("m.jansen", "p.ng"):
            uow.add(Person(id=id, name=id))
        uow.add(Group(id="net", name="Network", lead="p.ng", members=("k.chen", "r.gone")))
        start = AT - timedelta(days=1)
        uow.add(RoleGrant(id="g-3", person="m.jansen", role="service manager", start=start))
        uow.add(RoleGrant(id="g-4", person="p.ng", role="service manager", start=start, end=AT))
        uow.commit()
    return store


def told(store, kind, concerned=("k.chen",), **more):
    with store.read() as uow:
        return notice_rules.people(uow, kind, concerned, at=AT, **more)


def test_without_a_word_of_the_site_those_it_concerns_are_told_and_the_ladder_holds(site):
    assert told(site, "vote asked", ("p.ng", "k.chen", "p.ng")) == ("p.ng", "k.chen")
    assert told(site, "promise broken", ("a.vries",)) == ("a.vries", "m.jansen")
    assert told(site, "action overdue") == ("k.chen",)
    assert told(site, "action overdue", after=3) == ("p.ng",)  # the lead of k.chen's group
    assert told(site, "action overdue", after=7) == ("m.jansen",)  # p.ng's grant is over
    assert told(site, "action overdue", after=5) == ()
    assert told(site, "no such kind") == ("k.chen",)


def test_a_site_adds_roles_groups_and_people_and_goes_back_to_the_default(site):
    rule = ("role:configuration manager", "group:net", "person:m.jansen", "lead")
    notice_rules.amend(site, "decision taken", rule, **BY)
    assert told(site, "decision taken", ("m.jansen",)) == ("m.jansen", "a.vries", "p.ng", "k.chen")
    with site.read() as uow:
        assert notice_rules.said(uow) == {("decision taken", 0)}
        assert next(reversed(list(journal.entries(uow)))).changed["told"] == ["", ", ".join(rule)]
    notice_rules.amend(site, "decision taken", (), **BY)
    assert told(site, "decision taken", ("m.jansen",)) == ("m.jansen",)
    notice_rules.restore(site, "decision taken", **BY)
    with pytest.raises(NotFound):
        notice_rules.restore(site, "decision taken", **BY)


def test_a_site_says_the_days_of_a_ladder_itself(site):
    notice_rules.amend(site, "action overdue", ("person:a.vries",), after=3, **BY)
    notice_rules.amend(site, "action overdue", (), after=7, **BY)
    notice_rules.amend(site, "action overdue", ("lead",), after=30, **BY)
    with site.read() as uow:
        assert notice_rules.ladder(uow, "action overdue") == (
            (3, ("person:a.vries",)),
            (14, ("role:senior manager",)),
            (30, (LEAD,)),
        )


def test_whoever_is_added_gets_the_notice_with_the_others_once(site):
    notice_rules.amend(site, "vote asked", ("group:net", "person:k.chen"), **BY)
    with site.write() as uow:
        notices.tell(uow, ["k.chen"], about="change:CR-1", text="vote", at=AT, kind="vote asked")
        uow.commit()
    with site.read() as uow:
        assert [len(notices.inbox(uow, one)) for one in ("k.chen", "p.ng", "r.gone")] == [1, 1, 0]


@pytest.mark.parametrize(
    ("kind", "recipients", "after"),
    [
        ("no such kind", ("lead",), 0),
        ("vote asked", ("role:emperor",), 0),
        ("vote asked", ("group:nobody",), 0),
        ("vote asked", ("person:r.gone",), 0),
        ("vote asked", ("everybody",), 0),
        ("vote asked", ("person:",), 0),
        ("vote asked", ("person:No Id",), 0),
        ("vote asked", ("lead",), 3),  # nothing becomes overdue by a vote that is asked
        ("action overdue", ("lead",), 367),
        ("action overdue", tuple(f"person:p{number}" for number in range(51)), 0),
    ],
)
def test_a_rule_that_names_nobody_or_no_day_is_refused(site, kind, recipients, after):
    with pytest.raises(Invalid):
        notice_rules.amend(site, kind, recipients, after=after, **BY)


def test_only_who_may_say_so_changes_the_rules(site):
    with pytest.raises(Refused, match="say who is told"):
        notice_rules.amend(site, "vote asked", ("lead",), actor="k.chen", at=AT)
    notice_rules.amend(site, "vote asked", ("lead",), actor="m.jansen", at=AT)


def test_every_default_is_a_rule_that_could_be_written():
    for kind, one in KINDS.items():
        for after, recipients in one.ladder:
            NoticeRule(kind=kind, after=after, recipients=recipients)
            assert all(name.partition(":")[2] in ROLES for name in recipients if name.startswith("role:"))
