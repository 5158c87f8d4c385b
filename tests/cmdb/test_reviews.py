"""Reviews are planned, prepared, held and planned again; what they came to is kept."""

from datetime import UTC, datetime, timedelta

import pytest

from cmdb import action_items, journal, notices, reviews
from cmdb.duties import Review
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import Group
from tests.builders import AT, found

BY = {"actor": "a.vries", "at": AT}
SOON = AT + timedelta(days=7)


@pytest.fixture
def site(store):
    found(store)
    with store.write() as uow:
        uow.add(Group(id="net", name="Network", lead="k.chen", members=("r.gone",)))
        uow.commit()
    return store


def planned(store, **more):
    fields = {"kind": "senior management", "title": "CM review", "planned": SOON, "holder": "a.vries"}
    return reviews.plan(store, **{**fields, "every": "quarter", **BY, **more})


def look(store, question):
    with store.read() as uow:
        return question(uow)


def texts(store, person):
    return [one.text for one in look(store, lambda uow: notices.inbox(uow, person))]


def test_a_review_goes_from_plan_to_summary_and_those_it_concerns_hear_of_it(site):
    one = planned(site, groups=("net",), material="figures of the quarter", approver="k.chen")
    assert one.id == "RV-1"
    assert texts(site, "k.chen") == ["RV-1 is planned for 2026-11-29T12:00:00Z: CM review"]
    with pytest.raises(Refused, match="was not approved by k.chen"):
        reviews.hold(site, "RV-1", summary="fine", held_at=AT, **BY)
    with pytest.raises(Refused, match="approved by k.chen"):
        reviews.approve(site, "RV-1", **BY)
    reviews.approve(site, "RV-1", actor="k.chen", at=AT)
    held, following = reviews.hold(
        site,
        "RV-1",
        summary="Two of five audits are late.",
        held_at=SOON,
        participants=("a.vries", "k.chen"),
        issues=("audits late",),
        risks=("no successor",),
        decisions=("hire one",),
        recipients=("a.vries",),
        actor="a.vries",
        at=SOON,
    )
    assert (held.state, held.decisions, held.approved_at) == ("held", ("hire one",), AT)
    assert texts(site, "k.chen")[1] == "RV-1 was held, CM review: Two of five audits are late."
    assert (following.id, following.planned, following.follows) == (
        "RV-2", datetime(2027, 2, 28, 12, tzinfo=UTC), "RV-1",
    )  # fmt: skip
    assert (following.material, following.approved_at, following.every) == ("", None, "quarter")
    assert look(site, lambda uow: uow.get(Review, "RV-1")) == held
    actions = [one.action for one in look(site, lambda uow: journal.of_subject(uow, "review:RV-1"))]
    assert actions == ["review hold", "review approve", "review plan"]


def test_a_review_that_was_triggered_is_held_once(site):
    planned(site, every="", occasion="the outage of Sunday")
    assert reviews.hold(site, "RV-1", summary="x", held_at=AT, **BY)[1] is None
    with pytest.raises(Refused, match="RV-1 is held"):
        reviews.hold(site, "RV-1", summary="x", held_at=AT, **BY)
    assert look(site, reviews.listed) == ()


def test_the_next_of_a_periodic_review_lies_ahead_however_late_this_one_was(site):
    planned(site, every="month", planned=datetime(2026, 1, 31, 9, tzinfo=UTC))
    _held, following = reviews.hold(site, "RV-1", summary="late", held_at=AT, **BY)
    assert following.planned == datetime(2026, 11, 30, 9, tzinfo=UTC)


def test_a_missed_date_is_seen_until_it_is_held_moved_or_cancelled(site):
    for _ in range(3):
        planned(site)
    late = SOON + timedelta(seconds=1)
    missed = lambda: [one.id for one in look(site, lambda uow: reviews.missed(uow, at=late))]  # noqa: E731
    assert look(site, lambda uow: reviews.missed(uow, at=SOON)) == ()
    assert missed() == ["RV-1", "RV-2", "RV-3"]
    reviews.hold(site, "RV-1", summary="x", held_at=AT, **BY)
    reviews.amend(site, "RV-2", planned=SOON + timedelta(days=9), **BY)
    reviews.cancel(site, "RV-3", reason="the service ended", **BY)
    assert missed() == []


def test_new_material_is_to_be_approved_anew(site):
    planned(site, material="a", approver="k.chen")
    reviews.approve(site, "RV-1", actor="k.chen", at=AT)
    assert reviews.amend(site, "RV-1", title="Other", **BY).approved_at == AT
    assert reviews.amend(site, "RV-1", material="b", **BY).approved_at is None
    assert reviews.amend(site, "RV-1", material="b", **BY).approved_at is None


def test_what_has_to_be_done_has_the_review_as_its_origin(site):
    planned(site)
    item = action_items.add(site, origin="review:rv-1", what="Hire", owner="k.chen", **BY)
    assert item.origin == "review:RV-1"
    assert look(site, lambda uow: reviews.items_of(uow, "RV-1")) == (item,)


def test_it_may_be_about_a_record_and_is_found_by_it(site):
    planned(site, about="person:k.chen", kind="SQA")
    assert len(look(site, lambda uow: reviews.listed(uow, about="person:k.chen", kind="SQA"))) == 1
    assert look(site, lambda uow: reviews.listed(uow, kind="customer")) == ()
    with pytest.raises(NotFound):
        planned(site, about="agreement:none")


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "party"},
        {"every": "fortnight"},
        {"every": "", "occasion": " "},
        {"title": ""},
        {"title": "a\nb"},
        {"holder": "nobody"},
        {"participants": ("nobody",)},
        {"groups": ("nobody",)},
        {"approver": "k.chen"},
        {"material": "x\x1b[2J"},
    ],
)
def test_a_plan_that_is_wrong_is_refused(site, wrong):
    with pytest.raises(Invalid):
        planned(site, **wrong)
    assert look(site, reviews.listed) == ()


def test_only_who_may_keeps_reviews_but_who_is_to_hold_one_may_say_it_was_held(site):
    with pytest.raises(Refused, match="keep reviews and plans"):
        planned(site, actor="k.chen")
    planned(site, holder="k.chen")
    planned(site)
    for act in (
        lambda: reviews.amend(site, "RV-1", title="x", actor="k.chen", at=AT),
        lambda: reviews.cancel(site, "RV-1", reason="x", actor="k.chen", at=AT),
        lambda: reviews.hold(site, "RV-2", summary="x", held_at=AT, actor="k.chen", at=AT),
    ):
        with pytest.raises(Refused):
            act()
    assert reviews.hold(site, "RV-1", summary="x", held_at=AT, actor="k.chen", at=AT)[0].state == "held"


def test_nothing_is_held_in_the_future_or_without_a_word(site):
    planned(site)
    with pytest.raises(Invalid):
        reviews.hold(site, "RV-1", summary="x", held_at=AT + timedelta(seconds=1), **BY)
    with pytest.raises(Invalid):
        reviews.hold(site, "RV-1", summary=" ", held_at=AT, **BY)
    with pytest.raises(Invalid):
        reviews.cancel(site, "RV-1", reason=" ", **BY)
