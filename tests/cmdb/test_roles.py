"""The table role x action: defaults, what the site says instead, periods and services."""

from datetime import timedelta

import pytest

from cmdb import items, people, roles
from cmdb.errors import Invalid, Refused
from cmdb.model import RoleGrant
from tests.builders import AT, found, item

BY = {"actor": "a.vries", "at": AT}


@pytest.fixture
def site(store):
    return found(store)


def held(store, person, at, service=""):
    with store.read() as uow:
        return roles.roles_of(uow, person, at=at, service=service)


def test_every_default_names_roles_that_exist_and_somebody():
    for action, who in roles.MAY.items():
        assert who, action
        assert who <= set(roles.ROLES)


def test_a_role_is_held_from_its_start_until_just_before_its_end(site):
    hour = timedelta(hours=1)
    people.grant(site, RoleGrant(id="g-3", person="k.chen", role="SQA", start=AT, end=AT + hour), **BY)
    assert held(site, "k.chen", AT - hour) == frozenset()
    assert held(site, "k.chen", AT) == {"SQA", "service engineer"}
    assert held(site, "k.chen", AT + hour) == {"service engineer"}


def test_a_role_for_one_service_is_no_role_for_another(site):
    items.register(site, item("mail", type="service"), **BY)
    people.grant(site, RoleGrant(id="g-3", person="k.chen", role="chair", service="mail", start=AT), **BY)
    assert "chair" in held(site, "k.chen", AT, "mail")
    assert "chair" not in held(site, "k.chen", AT, "web")
    assert "chair" not in held(site, "k.chen", AT)


def test_a_site_may_say_otherwise_than_the_defaults(site):
    with pytest.raises(Refused):
        items.hand_over(site, giver="a.vries", taker="k.chen", actor="k.chen", at=AT)
    roles.allow(site, "amend any draft", ["service engineer", "CM group"], **BY)
    items.hand_over(site, giver="a.vries", taker="k.chen", actor="k.chen", at=AT)
    with site.read() as uow:
        assert roles.table(uow)["amend any draft"] == {"service engineer", "CM group"}
        assert roles.table(uow)["import"] == roles.MAY["import"]
        [last] = uow.rows("SELECT actor FROM journal WHERE action = 'role allow'")
    assert last == ("a.vries",)
    with pytest.raises(Refused):
        items.hand_over(site, giver="k.chen", taker="a.vries", **BY)


def test_a_site_cannot_lock_itself_out(site):
    for nobody in ([], ["SQA"]):
        with pytest.raises(Refused, match="Nobody would be left"):
            roles.allow(site, "grant roles", nobody, **BY)


def test_rights_and_roles_that_do_not_exist_are_invalid(site):
    with pytest.raises(Invalid) as refusal:
        roles.allow(site, "fly", ["king"], **BY)
    assert len(refusal.value.problems) == 2


def test_only_who_may_grant_roles_changes_the_table(site):
    with pytest.raises(Refused, match="may grant roles"):
        roles.allow(site, "import", ["chair"], actor="k.chen", at=AT)
