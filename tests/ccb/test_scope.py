"""A closed set of candidates: what a scope pulls in, its digest, and what keeps it out."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ccb import controlled, scope
from ccb.model import ProposedChange
from cmdb import tables_graph
from cmdb.commitments import ServiceCommitment
from cmdb.errors import Invalid, NotFound
from cmdb.model import Dependency, Group, Item, ItemType, Party, Person
from cmdb.promises import ServiceAgreement
from tests.ccb.quay import NOW, Quay


def of(id: str, **more) -> ProposedChange:
    exact = {"level": "baselined", "criterion": "carries a service", **more}
    return ProposedChange(record="scope", id=id, operation="bring under control", exact=exact)


@pytest.fixture
def drafts(either_quay: Quay) -> Quay:
    """The quay with a new service, what it needs, its people and its promise, all candidates."""
    with either_quay.store.write() as uow:
        for person in ("n.new", "l.lead", "d.manager", "z.apart"):
            uow.add(Person(id=person, name=person))
        uow.add(Group(id="radar-team", name="Radar", lead="l.lead", members=("n.new",)))
        uow.add(Party(id="pilots", name="Pilots", kind="customer"))
        uow.add(Party(id="nobody", name="Nobody", kind="customer"))
        uow.add(ItemType(id="antenna", name="Antenna", parent="hardware"))
        for id, kind, more in (
            ("radar", "service", {}),
            ("radar-app", "application", {"group": "radar-team"}),
            ("head", "antenna", {}),
            ("apart", "server", {}),
        ):
            tables_graph.add_item(uow, Item(id=id, type=kind, name=id, owner="n.new", **more))
        for source, target in (
            ("radar", "radar-app"),
            ("radar-app", "head"),
            ("head", "sw-11"),
            ("apart", "head"),
        ):
            tables_graph.put_dependency(uow, Dependency(source=source, target=target))
        uow.add(
            ServiceAgreement(
                id="sla-radar", title="Radar", customer="pilots", manager="d.manager", services=("radar",),
                start=NOW - timedelta(days=9),
                commitments=(ServiceCommitment(id="up", service="radar", target=Decimal("99.9")),),
            )
        )  # fmt: skip
        uow.commit()
    return either_quay


def keys(quay: Quay, id: str) -> set[tuple[str, str]]:
    with quay.store.read() as uow:
        return {key for key, _ in scope.stream(uow, of(id))}


RADAR = {
    *(("item", one) for one in ("radar", "radar-app", "head")),
    *(("person", one) for one in ("n.new", "l.lead", "d.manager")),
    ("group", "radar-team"),
    ("type", "antenna"),
    ("party", "pilots"),
    ("agreement", "sla-radar"),
}


def test_a_service_pulls_in_its_promises_targets_people_groups_parties_and_types(drafts):
    assert keys(drafts, "service:radar") == RADAR


def test_an_item_pulls_in_what_it_needs_and_not_what_needs_it(drafts):
    assert keys(drafts, "item:head") == {("item", "head"), ("person", "n.new"), ("type", "antenna")}


def test_a_customer_a_type_and_a_single_record_are_scopes_too(drafts):
    assert keys(drafts, "customer:pilots") == RADAR
    assert keys(drafts, "customer:nobody") == {("party", "nobody")}
    assert keys(drafts, "type:antenna") == keys(drafts, "item:head")
    assert keys(drafts, "group:radar-team") == {
        ("group", "radar-team"),
        ("person", "l.lead"),
        ("person", "n.new"),
    }
    assert keys(drafts, "item:sw-11") == set()  # under control already


def test_all_is_every_candidate_and_nothing_under_control(drafts):
    everything = keys(drafts, "all")
    assert everything == RADAR | {("item", "apart"), ("person", "z.apart"), ("party", "nobody")}


def test_records_come_kind_by_kind_after_what_they_refer_to_as_they_would_be(drafts):
    with drafts.store.read() as uow:
        found = list(scope.stream(uow, of("service:radar")))
    kinds = [list(controlled.KINDS).index(kind) for (kind, _), _ in found]
    assert kinds == sorted(kinds)
    assert {fields["level"] for _, fields in found} == {"baselined"}
    assert {fields["criterion"] for (kind, _), fields in found if kind == "item"} == {"carries a service"}


def test_the_summary_counts_by_type_and_its_digest_moves_with_every_candidate(drafts):
    with drafts.store.read() as uow:
        before = scope.summary(uow, of("service:radar"))
    assert before.count == len(RADAR)
    assert before.types["antenna"] == 1
    assert before.types["person"] == 3
    drafts.set_item("apart", name="Somewhere else")
    with drafts.store.read() as uow:
        assert scope.summary(uow, of("service:radar")) == before
    drafts.set_item("head", name="Another head")
    with drafts.store.read() as uow:
        now = scope.summary(uow, of("service:radar"))
    assert (now.digest == before.digest, now.count) == (False, before.count)


def test_many_items_without_a_criterion_are_one_finding_with_what_mends_them_all(drafts):
    with drafts.store.write() as uow:
        for id in ("n-1", "n-2"):
            tables_graph.add_item(uow, Item(id=id, type="server", name=id, owner="n.new"))
        found = scope.summary(uow, of("all", criterion="")).findings
        assert scope.summary(uow, of("all", criterion="shared")).findings == ()
    assert found[0].startswith(
        "6 items have no selection criterion, such as apart, head, n-1: say one for all"
    )
    assert "{control: all, level: baselined, criterion: TEXT}" in found[0]


def test_a_set_has_one_digest_whatever_its_order():
    assert scope.digest_of(["b", "a"]) == scope.digest_of(["a", "b"])
    assert scope.digest_of([]) != scope.digest_of(["a"])


def test_without_a_criterion_or_with_a_dangling_end_nothing_is_controlled(drafts):
    with drafts.store.write() as uow:
        found = scope.summary(uow, of("item:head", criterion=""))
        assert found.findings == (
            "head has no selection criterion: 'cmdb item amend head --criterion TEXT'.",
        )
        with pytest.raises(Invalid) as wrong:
            scope.refuse_findings(found, of("item:head", criterion=""))
        assert wrong.value.problems == found.findings
        with pytest.raises(Invalid, match="no candidate"):
            scope.refuse_findings(scope.summary(uow, of("item:sw-11")), of("item:sw-11"))


def test_a_scope_that_names_nothing_says_what_it_may_be(drafts):
    for wrong in ("service:ghost", "colour:red", "everything", "customer:ghost", "item:"):
        with drafts.store.read() as uow, pytest.raises(NotFound) as missing:
            scope.summary(uow, of(wrong))
        assert "service:ID" in missing.value.remedy


def test_putting_a_scope_raises_exactly_its_records(drafts):
    with drafts.store.write() as uow:
        scope.put(uow, of("service:radar"))
        uow.commit()
    with drafts.store.read() as uow:
        assert {key for key, _ in scope.stream(uow, of("all"))} == {
            ("item", "apart"),
            ("person", "z.apart"),
            ("party", "nobody"),
        }
        head = tables_graph.get_item(uow, "head")
        assert (head.level, head.criterion) == ("baselined", "carries a service")
        assert uow.get(Person, "z.apart").level == "draft"
