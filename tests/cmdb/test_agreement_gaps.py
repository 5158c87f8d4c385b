"""What an agreement lacks is said one by one, each with what to add; a whole one lacks nothing."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cmdb import agreement_gaps, agreements, tables_graph
from cmdb.agreement_terms import ELEMENTS
from cmdb.commitments import Recurrence, ServiceCommitment, ServiceHours
from cmdb.model import Contact, Dependency, Party, Person, RedundancyGroup
from cmdb.promises import ServiceAgreement
from cmdb.store import Store
from tests.cmdb.agreed import TERMS
from tests.cmdb.harbour import settle
from tests.cmdb.test_agreements import agreement, with_customer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DESK = Contact(name="Desk", email="desk@acme.example")
WHOLE: dict[str, Any] = {
    "provider": "us",
    "contacts": (DESK,),
    "purpose": "Mail arrives.",
    "scope": "The mail servers.",
    "notice": 86_400,
    "review": "2026-12-01",
    "terms": {
        **{name: one for name, one in TERMS.items() if name != "signed"},
        "schedule": TERMS["schedule"][1:],
        "conditions": [{"id": "clean-dns", "text": "Acme keeps its names in order."}],
    },
}


@pytest.fixture
def harbour(store: Store) -> Store:
    """The harbour, all of it under control, with a customer that can be reached and a provider."""
    return prepared(store)


@pytest.fixture
def local(sqlite_store: Store) -> Store:
    """The same, for what does not depend on the kind of database."""
    return prepared(sqlite_store)


def prepared(store: Store) -> Store:
    with_customer(settle(store))
    with store.write() as uow:
        uow.replace(Party(id="acme", name="Acme", contacts=(DESK,)))
        uow.add(Party(id="us", name="Port IT", kind="internal group"))
        uow.rows("UPDATE item SET level = 'baselined', criterion = 'carries a service'")
        uow.commit()
    return store


def whole(**changes: Any) -> ServiceAgreement:
    return agreement(**{**WHOLE, **changes})


def promise(**changes: Any) -> tuple[ServiceCommitment, ...]:
    return (ServiceCommitment(**{"id": "up", "service": "mail", "target": Decimal("99.9"), **changes}),)


def lacks(store: Store, one: ServiceAgreement, *, now: datetime = NOW) -> dict[str, str]:
    """What is said of an agreement, by where; each says what to add."""
    with store.read() as uow:
        found = agreement_gaps.gaps_of(uow, one, now=now)
    assert all(gap.agreement == one.id and gap.says and gap.add for gap in found)
    assert all(gap.says.endswith(".") and gap.add.endswith(".") for gap in found)
    said = {gap.where: gap.says for gap in found}
    assert len(said) == len(found)
    said.pop("signed", None)  # nothing is signed here: see test_agreement_acts
    return said


def test_a_whole_agreement_lacks_nothing(harbour: Store) -> None:
    agreements.register(harbour, whole(), actor="a.vries", at=NOW)
    assert lacks(harbour, whole()) == {}


def test_everything_it_leaves_out_is_said(local: Store) -> None:
    bare = agreement(windows=(), end=None, state="draft")
    assert set(lacks(local, bare)) == {
        "provider", "contacts", "purpose", "scope", "notice", "windows", "end", "review", "state", *ELEMENTS,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "where", "says"),
    [
        ({"contacts": (Contact(name="Ann"),)}, "contacts", "Ann cannot be reached"),
        ({"review": "2026-11-01"}, "review", "due on 2026-11-01"),
        ({"end": datetime(2026, 6, 1, tzinfo=UTC)}, "end", "over, but its state is 'agreed'"),
        ({"commitments": ()}, "commitments", "Nothing is promised about mail"),
        ({"commitments": promise(target=Decimal(100))}, "commitments up", "100 %"),
        ({"commitments": promise(target=Decimal(0))}, "commitments up", "nothing can break it"),
        (
            {"windows": (), "commitments": promise(planned="beyond the agreed windows")},
            "windows",
            "up exempts planned outages inside the agreed windows: none is exempt",
        ),
        ({"manager": "gone"}, "manager", "Gone Person is not active any more"),
        ({"manager": "nobody"}, "manager", "no person 'nobody'"),
        ({"customer": "us"}, "customer", "'internal group', not a customer"),
    ],
)
def test_each_gap_is_said(local: Store, changes: dict[str, Any], where: str, says: str) -> None:
    with local.write() as uow:
        uow.add(Person(id="gone", name="Gone Person", email="gone@x.example", active=False))
        uow.commit()
    assert says in lacks(local, whole(**changes))[where]


def test_a_customer_nobody_can_reach_is_said(local: Store) -> None:
    with local.write() as uow:
        uow.replace(Party(id="acme", name="Acme"))
        uow.commit()
    assert "Acme has no contact" in lacks(local, whole())["customer"]


def test_services_that_are_not_there_or_are_no_services_are_named(local: Store) -> None:
    with local.read() as uow:
        found = agreement_gaps.gaps_of(uow, whole(services=("mail", "sw-11", "ghost")), now=NOW)
    said = [gap.says for gap in found if gap.where == "services"]
    assert said == ["sw-11 is a network-device, not a service.", "There is no item 'ghost'."]


def test_hours_that_leave_nothing_due_from_now_on_are_said_with_their_days(local: Store) -> None:
    until_june = ServiceHours(
        rules=(Recurrence(rule="FREQ=DAILY;UNTIL=20260630", start="08:00", length=3600),)
    )
    open_ended = whole(end=None, commitments=promise(hours=until_june))
    assert "Nothing is due for up from 2026-11-20 to 2027-11-2" in lacks(local, open_ended)["commitments up"]
    assert "commitments up" not in lacks(local, whole(commitments=promise(hours=until_june)))
    never = ServiceHours(rules=(Recurrence(rule="FREQ=DAILY;UNTIL=20240630", start="08:00", length=3600),))
    assert "falls on no day" in "".join(lacks(local, whole(commitments=promise(hours=never))).values())


def test_another_agreement_about_the_same_service_at_the_same_time_is_a_rival(local: Store) -> None:
    agreements.register(local, whole(id="other"), actor="a.vries", at=NOW)
    assert lacks(local, whole())["services"].startswith("other promises mail to acme")
    assert lacks(local, whole(id="other")) == {}
    for apart in (
        {"start": datetime(2027, 1, 1, tzinfo=UTC), "end": datetime(2028, 1, 1, tzinfo=UTC)},
        {"state": "ended"},
    ):
        assert "services" not in lacks(local, whole(**apart))


def test_a_group_below_that_needs_more_than_it_has_is_said(harbour: Store) -> None:
    with harbour.write() as uow:
        tables_graph.put_group(uow, RedundancyGroup(source="mail", name="uplink", need="3"))
        uow.commit()
    assert lacks(harbour, whole()) == {"mail": "mail rests on mail, which needs 3 in 'uplink' and has 2."}


def test_a_need_of_something_that_does_not_serve_is_said(local: Store) -> None:
    about_radar = whole(services=("radar",), commitments=promise(service="radar"))
    assert lacks(local, about_radar) == {
        "radar": "radar rests on radar, which needs old-radar, and that does not serve."
    }


def test_candidates_below_are_named_and_counted(harbour: Store) -> None:
    with harbour.write() as uow:
        uow.rows("UPDATE item SET level = 'draft'")
        uow.commit()
    assert lacks(harbour, whole())["mail"].startswith("mail rests on mail, sw-11, sw-12 below control")
    berths = whole(services=("berths",), commitments=promise(service="berths"))
    assert "berths, booking-app, db-1, sw-11, sw-12 and 2 more below" in lacks(harbour, berths)["berths"]


@pytest.mark.parametrize(
    ("terms", "where", "says"),
    [
        (
            {"calamities": None},
            "calamities",
            "nothing about the calamities, in which the provider is exempted",
        ),
        ({"security": None}, "security", "nothing about the security considerations"),
        ({"responsibilities": {"ours": ["x"]}}, "responsibilities", "the customer's or the end users'"),
        (
            {"reporting": [{"id": "r", "text": "x", "triggers": ["y"]}]},
            "reporting",
            "No reporting is periodic",
        ),
        (
            {"evaluation": [{"id": "e", "text": "x", "every": "year"}]},
            "evaluation",
            "No evaluation is event-driven",
        ),
        ({"reviews": TERMS["reviews"][:1]}, "reviews", "No review by service manager, senior management"),
        ({"accepted": None}, "accepted", "That the customer accepted it is not on record"),
    ],
)
def test_each_element_that_is_missing_is_said_in_the_words_of_the_field(
    local: Store, terms: dict[str, Any], where: str, says: str
) -> None:
    found = {name: one for name, one in (WHOLE["terms"] | terms).items() if one is not None}
    assert says in lacks(local, whole(terms=found))[where]


def test_what_one_group_promises_another_needs_fewer_elements(local: Store) -> None:
    without = {name: one for name, one in WHOLE["terms"].items() if name not in ("payments", "calamities")}
    one = whole(
        kind="operational", terms={**without, "responsibilities": {"ours": ["x"], "the customer's": ["y"]}}
    )
    assert lacks(local, one) == {}


def beneath(store: Store, target: str, services: tuple[str, ...] = ("sw-11",), **changes: Any) -> None:
    with store.write() as uow:
        promises = tuple(
            ServiceCommitment(id=f"c-{one}", service=one, target=Decimal(target)) for one in services
        )
        uow.add(
            agreement(
                **{"id": "ul-1", "kind": "underpinning", "services": services, "commitments": promises}
                | changes
            )
        )
        uow.commit()


def plain_need(store: Store) -> None:
    """Mail needs sw-11, whatever else it has."""
    with store.write() as uow:
        tables_graph.put_dependency(uow, Dependency(source="mail", target="sw-11", kind="runs on"))
        uow.commit()


def test_a_promise_rests_on_what_others_promised_at_least_as_well(local: Store) -> None:
    plain_need(local)
    beneath(local, "99")
    one = whole(commitments=promise(target=Decimal("99.9")))
    said = lacks(local, one)["commitments up"]
    assert said == "up promises 99.9 % and rests on sw-11, about which ul-1 promises only 99 %."
    assert lacks(local, whole(commitments=promise(target=Decimal(99)))) == {}
    with local.write() as uow:
        uow.rows("UPDATE agreement SET state = 'ended' WHERE id = 'ul-1'")
        uow.commit()
    assert lacks(local, one) == {}


def test_an_agreement_beneath_that_promises_nothing_of_the_kind_is_said(local: Store) -> None:
    plain_need(local)
    beneath(local, "99", commitments=())
    assert "ul-1 promises no availability at all" in lacks(local, whole())["commitments up"]


def test_what_a_supplier_owns_has_to_be_promised_by_somebody(local: Store) -> None:
    plain_need(local)
    with local.write() as uow:
        uow.rows("UPDATE item SET custody = ? WHERE id = 'sw-11'", "supplier's, used to deliver")
        uow.commit()
    assert "rests on sw-11 of a supplier" in lacks(local, whole())["commitments up"]
    beneath(local, "100")
    assert lacks(local, whole()) == {}
