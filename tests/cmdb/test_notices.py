"""Notices: written with what they tell, read once, by whom they are for."""

import pytest

from cmdb import notices
from cmdb.errors import Invalid
from tests.builders import AT, found


@pytest.fixture
def site(store):
    return found(store)


def tell(store, people, text, *, commit=True):
    with store.write() as uow:
        notices.tell(uow, people, about="change:CR-1", text=text, at=AT)
        if commit:
            uow.commit()


def inbox(store, person, **more):
    with store.read() as uow:
        return [one.text for one in notices.inbox(uow, person, **more)]


def test_each_person_is_told_once_and_reads_the_newest_first(site):
    tell(site, ["k.chen", "a.vries", "k.chen"], "one")
    tell(site, ["k.chen"], "two")
    assert inbox(site, "k.chen") == ["two", "one"]
    assert inbox(site, "a.vries") == ["one"]
    assert inbox(site, "nobody") == []


def test_a_notice_lives_and_dies_with_what_it_tells(site):
    tell(site, ["k.chen"], "never happened", commit=False)
    assert inbox(site, "k.chen") == []


def test_what_is_read_leaves_the_inbox_and_is_kept(site):
    tell(site, ["k.chen", "a.vries"], "one")
    tell(site, ["k.chen"], "two")
    assert notices.read(site, "k.chen", at=AT, sequences=[1, 2]) == 1
    assert inbox(site, "k.chen") == ["two"]
    assert inbox(site, "k.chen", unread=False) == ["two", "one"]
    assert inbox(site, "a.vries") == ["one"]
    assert notices.read(site, "k.chen", at=AT) == 1
    assert notices.read(site, "k.chen", at=AT) == 0


def test_a_notice_says_something_to_somebody(site):
    for people, text in ((["k.chen"], " "), (["Not An Id"], "x")):
        with pytest.raises(Invalid):
            tell(site, people, text)
