"""People, groups, parties and who may do what, on both databases."""

from datetime import timedelta

import pytest

from cmdb import documents, items, people
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Contact, Group, Party, Person, PublicKey, RoleGrant
from cmdb.written import Document
from tests.builders import AT, found, item

BY = {"actor": "a.vries", "at": AT}
KEY = PublicKey(text="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA", comment="laptop")


@pytest.fixture
def site(store):
    return found(store)


def get(store, kind, id):
    with store.read() as uow:
        return uow.get(kind, id)


def test_a_person_comes_back_as_they_went_in(site):
    whole = Person(id="p.ng", name="吴 ' \\ %", email="p@x", login="png", keys=(KEY,))
    people.register(site, whole, **BY)
    assert get(site, Person, "p.ng") == whole


def test_a_login_and_a_key_belong_to_one_person(site):
    people.register(site, Person(id="p.ng", name="P", keys=(KEY,)), **BY)
    with pytest.raises(Invalid) as refusal:
        people.register(site, Person(id="q", name="Q", login="anna", keys=(KEY.but(comment="x"),)), **BY)
    assert refusal.value.problems == (
        "The login 'anna' belongs to a.vries.",
        "A key of q is registered for p.ng.",
    )


def test_who_owns_items_cannot_leave_and_the_remedy_is_one_command(site):
    for number in range(25):
        items.register(site, item(f"i-{number:02d}", owner="k.chen"), **BY)
    with pytest.raises(Refused) as refusal:
        people.deactivate(site, "k.chen", **BY)
    assert "owns 25 items" in refusal.value.reason
    assert refusal.value.problems[0] == "i-00"
    assert refusal.value.problems[-1] == "... and 5 more"
    assert "cmdb item hand-over --from k.chen" in refusal.value.remedy
    items.hand_over(site, giver="k.chen", taker="a.vries", **BY)
    assert not people.deactivate(site, "k.chen", **BY).active


def test_who_owns_documents_cannot_leave_either_and_the_drafts_go_along(site):
    document = Document(id="cm-plan", kind="CM plan", title="Plan", owner="k.chen")
    documents.register(site, document, {}, **BY)
    with pytest.raises(Refused, match="owns 1 document, and each has one active owner") as refusal:
        people.deactivate(site, "k.chen", **BY)
    assert refusal.value.problems == ("document cm-plan",)
    with site.write() as uow:
        uow.replace(document.but(level="baselined", status="retired"))
        uow.commit()
    assert not people.deactivate(site, "k.chen", **BY).active  # what is retired binds nobody


def test_a_hand_over_gives_the_documents_too(site):
    items.register(site, item("i-1", owner="k.chen"), **BY)
    documents.register(site, Document(id="a", kind="plan", title="A", owner="k.chen"), {}, **BY)
    assert items.hand_over(site, giver="k.chen", taker="a.vries", **BY) == (2, ())
    assert get(site, Document, "a").owner == "a.vries"
    assert not people.deactivate(site, "k.chen", **BY).active


def test_the_last_who_can_grant_roles_cannot_leave_or_be_stripped(site):
    for act in (
        lambda: people.deactivate(site, "a.vries", **BY),
        lambda: people.revoke(site, "g-1", **BY),
    ):
        with pytest.raises(Refused, match="Nobody would be left"):
            act()
    people.grant(site, RoleGrant(id="g-3", person="k.chen", role="configuration manager", start=AT), **BY)
    people.revoke(site, "g-1", **BY)
    with pytest.raises(Refused, match="Nobody would be left"):
        people.revoke(site, "g-3", actor="k.chen", at=AT)


def test_a_key_is_added_once(site):
    assert people.add_key(site, "k.chen", KEY, **BY).keys == (KEY,)
    with pytest.raises(Invalid, match="registered for this person"):
        people.add_key(site, "k.chen", KEY, **BY)


def test_records_under_control_change_by_request_only(site):
    people.register_group(site, Group(id="net", name="Net", lead="k.chen"), **BY)
    people.register_party(site, Party(id="acme", name="ACME", contacts=(Contact(name="Al"),)), **BY)
    with site.write() as uow:
        for table in ("person", "people_group", "party"):
            uow.rows(f"UPDATE {table} SET level = 'controlled'")
        uow.commit()
    for act in (
        lambda: people.amend(site, Person(id="k.chen", name="New"), **BY),
        lambda: people.add_key(site, "k.chen", KEY, **BY),
        lambda: people.amend_group(site, Group(id="net", name="New"), **BY),
        lambda: people.amend_party(site, Party(id="acme", name="New"), **BY),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert "cmdb change new" in refusal.value.remedy


def test_nobody_brings_a_record_under_control_by_hand(site):
    for act in (
        lambda: people.register(site, Person(id="p", name="P", level="baselined"), **BY),
        lambda: people.amend(site, Person(id="k.chen", name="K", level="baselined"), **BY),
        lambda: people.register_group(site, Group(id="g", name="G", level="controlled"), **BY),
        lambda: people.register_party(site, Party(id="g", name="G", level="controlled"), **BY),
    ):
        with pytest.raises(Invalid):
            act()


def test_a_group_names_people_who_exist(site):
    with pytest.raises(Invalid) as refusal:
        people.register_group(site, Group(id="g", name="G", lead="x", members=("k.chen", "y", "x")), **BY)
    assert refusal.value.problems == ("There is no person 'x'.", "There is no person 'y'.")
    group = Group(id="g", name="G", members=("k.chen",))
    people.register_group(site, group, **BY)
    assert people.amend_group(site, group.but(lead="a.vries"), **BY) == get(site, Group, "g")


def test_every_problem_of_a_grant_is_said(site):
    bad = RoleGrant(
        id="G 9", person="nobody", role="king", service="mail", start=AT, end=AT - timedelta(hours=1)
    )
    with pytest.raises(Invalid) as refusal:
        people.grant(site, bad, **BY)
    assert len(refusal.value.problems) == 5
    assert refusal.value.reason == "The role 'king' for nobody is not valid."  # no id that nobody chose


def test_a_grant_ends_when_revoked_and_only_once(site):
    people.revoke(site, "g-2", actor="a.vries", at=AT + timedelta(hours=1))
    assert get(site, RoleGrant, "g-2").end == AT + timedelta(hours=1)
    with pytest.raises(Refused, match="ended on"):
        people.revoke(site, "g-2", actor="a.vries", at=AT + timedelta(hours=2))


def test_who_is_found_by_their_login(site):
    with site.read() as uow:
        assert people.who(uow, login="anna") == "a.vries"
        assert people.who(uow, login="nobody") == ""


def test_who_may_not_register_people_is_told_whom_to_ask(site):
    with pytest.raises(Refused) as refusal:
        people.register(site, Person(id="p", name="P"), actor="k.chen", at=AT)
    assert "configuration manager" in refusal.value.remedy
    with pytest.raises(Refused, match="not active"):
        people.register(site, Person(id="p", name="P"), actor="r.gone", at=AT)


def test_what_is_not_there_is_not_found(site):
    for act in (
        lambda: people.amend(site, Person(id="p", name="P"), **BY),
        lambda: people.deactivate(site, "p", **BY),
        lambda: people.amend_group(site, Group(id="p", name="P"), **BY),
        lambda: people.amend_party(site, Party(id="p", name="P"), **BY),
        lambda: people.revoke(site, "p", **BY),
    ):
        with pytest.raises(NotFound) as refusal:
            act()
        assert "cmdb" in refusal.value.remedy
