"""An assessment in a real store: what is hit, what it costs, what clashes, who is asked."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ccb import assessment, conflicts
from ccb.clashes import planned_work
from ccb.model import ChangeRequest, DownSet, ProposedChange
from cmdb import holds, planned, tables_graph
from cmdb.commitments import Recurrence, ServiceCommitment
from cmdb.model import Dependency, Item, Party, RedundancyGroup, RoleGrant
from cmdb.promises import Freeze, ServiceAgreement
from cmdb.work import Hold
from tests.ccb.quay import NOW, OUTAGE, SWAP, TONIGHT, Quay


def assessed(quay: Quay, id: str):
    with quay.store.read() as uow:
        return assessment.assess(uow, uow.get(ChangeRequest, id), at=quay.now)


def clashes(quay: Quay, id: str) -> list[tuple[str, str, str]]:
    return [(one["kind"], one["subject"], one["other"]) for one in assessed(quay, id).context["conflicts"]]


def promise(quay: Quay, target: str = "99.9", **more) -> None:
    with quay.store.write() as uow:
        uow.add(Party(id="acme", name="Acme", kind="customer", level="baselined"))
        commitment = ServiceCommitment(id="up", service="mail", target=Decimal(target))
        fields = {"notice": 0, **more}
        uow.add(
            ServiceAgreement(
                id="sla-mail", title="Mail", customer="acme", manager="s.berg", services=("mail",),
                start=NOW - timedelta(days=300), commitments=(commitment,), level="baselined", **fields,
            )
        )  # fmt: skip
        uow.commit()


def add_links(quay: Quay, *links: Dependency, groups: tuple[RedundancyGroup, ...] = ()) -> None:
    with quay.store.write() as uow:
        for group in groups:
            tables_graph.put_group(uow, group)
        for link in links:
            tables_graph.put_dependency(uow, link)
        uow.commit()


def uplink(quay: Quay) -> None:
    """Let mail-app need one of the two switches."""
    add_links(
        quay,
        Dependency(source="mail-app", target="sw-11", group="uplink"),
        Dependency(source="mail-app", target="sw-12", group="uplink"),
        groups=(RedundancyGroup(source="mail-app", name="uplink"),),
    )


def test_what_goes_down_and_what_follows_is_material_with_its_effect(either_quay):
    request = either_quay.raised(OUTAGE)
    material = assessed(either_quay, request.id).material
    assert material["items"] == [{"item": one, "effect": "outage"} for one in ("mail", "mail-app", "sw-11")]
    assert material["services"] == [{"service": "mail", "effect": "outage"}]
    assert material["risk"] == "medium"
    assert material["voters"] == ["k.chen", "o.owner"]


def test_a_forecast_breach_is_material_makes_the_risk_high_and_asks_the_delivery_manager(either_quay):
    promise(either_quay)
    request = either_quay.raised(OUTAGE)
    found = assessed(either_quay, request.id)
    (row,) = found.material["planned"]
    assert (row["expected_s"], row["worst_s"]) == (2280, 5400)
    assert (row["breach_expected"], row["breach_worst"]) == (False, True)
    assert found.material["risk"] == "high"
    assert found.context["risk_set_by"] == "matrix"
    (berg,) = [one for one in found.consents if one.person == "s.berg"]
    assert berg.why == ("delivers sla-mail, which is forecast to lose allowance",)
    assert berg.groups == ("apps",)


def test_an_agreement_that_loses_nothing_asks_nobody(quay):
    promise(quay)
    request = quay.raised(SWAP)
    found = assessed(quay, request.id)
    assert found.material["planned"] == []
    assert [one.person for one in found.consents] == ["r.bakker"]


def test_the_context_is_shown_and_moves_no_digest(quay):
    promise(quay, target="90")
    request = quay.raised(OUTAGE)
    before = assessed(quay, request.id)
    quay.now += timedelta(minutes=5)
    after = assessed(quay, request.id)
    assert before.digest == after.digest
    assert before.as_of != after.as_of


def test_a_conflict_belongs_to_the_later_of_two_requests(either_quay):
    quay = either_quay
    first = quay.raised(OUTAGE.but(changes=SWAP.changes))
    second = quay.raised(OUTAGE.but(changes=SWAP.changes, implementer="p.ng"), by="o.owner")
    assert clashes(quay, first.id) == clashes(quay, second.id) == []  # nobody is scheduled yet
    quay.vote(first.id, "a.vries")
    for person in ("o.owner", "m.jansen"):
        if quay.request(first.id).state == "under review":
            quay.vote(first.id, person)
    assert quay.request(first.id).state == "approved"
    assert clashes(quay, first.id) == []
    found = clashes(quay, second.id)
    assert ("same record", "item sw-12", first.id) in found
    assert ("same item", "mail", first.id) in found
    assert not any(kind == "implementer busy" for kind, *_ in found)


def test_two_requests_harmless_alone_take_the_service_down_together(either_quay):
    quay = either_quay
    uplink(quay)
    one = quay.approved(OUTAGE.but(changes=SWAP.changes, window=TONIGHT))
    assert one.state == "approved"
    other = OUTAGE.but(
        implementer="p.ng",
        changes=(ProposedChange(record="item", id="sw-11", operation="set", exact={"model": "x"}),),
        down=DownSet(items=("sw-12",), expected=60, worst=60),
    )
    later = quay.raised(other, by="o.owner")
    found = assessed(quay, later.id)
    assert {one["service"]: one["effect"] for one in found.material["services"]} == {
        "mail": "reduced redundancy"
    }
    joint = [one for one in found.material["conflicts"] if one["kind"] == "joint outage"]
    assert [one["subject"] for one in joint] == ["mail", "mail-app"]
    assert {one["start"] for one in joint} == {TONIGHT.start}


def test_three_requests_take_a_service_down_that_survives_any_two_of_them(either_quay):
    quay = either_quay
    with quay.store.write() as uow:
        tables_graph.add_item(uow, Item(id="sw-13", type="network-device", name="Third", owner="k.chen"))
        uow.commit()
    add_links(
        quay,
        *(Dependency(source="mail-app", target=one, group="uplink") for one in ("sw-11", "sw-12", "sw-13")),
        groups=(RedundancyGroup(source="mail-app", name="uplink"),),
    )
    names = []
    for item in ("sw-11", "sw-13"):
        draft = OUTAGE.but(changes=SWAP.changes, down=DownSet(items=(item,), expected=60, worst=60))
        names.append(quay.approved(draft).id)
    later = quay.raised(OUTAGE.but(down=DownSet(items=("sw-12",), expected=60, worst=60)))
    found = assessed(quay, later.id)
    joint = [one for one in found.context["conflicts"] if one["kind"] == "joint outage"]
    assert [(one["subject"], one["other"]) for one in joint] == [
        ("mail", f"{names[0]} and {names[1]}"),
        ("mail-app", f"{names[0]} and {names[1]}"),
    ]
    assert joint[0]["sentence"] == (
        f"mail is in outage while this, {names[0]} and {names[1]} are down together."
    )
    assert conflicts.others(joint[0]) == tuple(names)
    assert found.context["not_computed"] == []
    assert not [
        one for one in assessed(quay, names[0]).material["conflicts"] if one["kind"] == "joint outage"
    ]


def test_a_freeze_on_a_service_that_is_hit_is_a_conflict(either_quay):
    quay = either_quay
    request = quay.raised(OUTAGE)
    for id, services in (("fr-1", ("mail",)), ("fr-2", ())):
        freeze = Freeze(id=id, title=id, start=NOW, end=NOW + timedelta(days=9), services=services)
        planned.freeze(quay.store, freeze, actor="a.vries", at=NOW)
    assert [one[:2] for one in clashes(quay, request.id)] == [("freeze", "fr-1"), ("freeze", "fr-2")]
    harmless = quay.raised(SWAP)
    assert [one[:2] for one in clashes(quay, harmless.id)] == [("freeze", "fr-2")]


def test_a_recurring_entry_of_the_calendar_counts_where_it_concerns_what_the_request_touches(quay):
    nights = (Recurrence(rule="FREQ=WEEKLY;BYDAY=SU", start="21:00", length=4 * 3600),)
    mornings = (nights[0].but(start="06:00"),)

    def declared(id: str, **more) -> None:
        entry = Freeze(**{"id": id, "title": id, "start": NOW, "rules": nights, **more})
        planned.freeze(quay.store, entry, actor="a.vries", at=NOW)

    declared("fr-below", below=("mail",))
    declared("fr-item", items=("sw-12",))
    declared("fr-type", types=("hardware",))
    declared("fr-day", rules=mornings)
    declared("ok", kind="agreed window", items=("sw-11",))
    declared("outside", kind="agreed window", types=("network-device",), rules=mornings)
    request, harmless = quay.raised(OUTAGE), quay.raised(SWAP)
    assert [one[:2] for one in clashes(quay, request.id) if one[0] != "same item"] == [
        ("freeze", "fr-below"),
        ("freeze", "fr-type"),
        ("agreed window", "outside"),
    ]
    assert [one[:2] for one in clashes(quay, harmless.id)] == [
        ("freeze", "fr-item"),
        ("freeze", "fr-type"),
        ("agreed window", "outside"),
    ]


def test_notice_and_agreed_windows_are_held_against_the_window(quay):
    promise(quay, notice=7 * 86_400)
    request = quay.raised(OUTAGE)
    assert [one[:2] for one in clashes(quay, request.id)] == [("notice", "sla-mail")]


def test_a_hold_is_shown_but_votes_do_not_hang_on_it(either_quay):
    quay = either_quay
    request = quay.raised(SWAP)
    before = assessed(quay, request.id).digest
    hold = Hold(
        item="sw-12",
        person="a.vries",
        reason="audit",
        placed_at=NOW,
        until=TONIGHT.start + timedelta(hours=1),
    )
    holds.place(quay.store, hold, at=NOW)
    assert clashes(quay, request.id) == [("on hold", "sw-12", "")]
    assert assessed(quay, request.id).digest == before


def test_what_is_checked_out_elsewhere_is_shown(quay):
    first = quay.approved(SWAP)
    second = quay.raised(
        SWAP.but(window=TONIGHT.but(start=TONIGHT.end, end=TONIGHT.end + timedelta(hours=1)))
    )
    assert clashes(quay, second.id) == []
    with quay.store.write() as uow:
        uow.replace(first.but(state="checked out"))
        uow.commit()
    assert clashes(quay, second.id) == [("checked out elsewhere", "item sw-12", first.id)]
    assert clashes(quay, first.id) == []


def link(operation: str, target: str, **exact) -> ProposedChange:
    return ProposedChange(
        record="dependency", id="mail-app", operation=operation, target=target, kind="uses", exact=exact
    )


def test_lost_margin_is_material_and_asks_the_managers_of_the_services_above(either_quay):
    quay = either_quay
    uplink(quay)
    with quay.store.write() as uow:
        uow.add(RoleGrant(id="sm", person="p.ng", role="service manager", service="mail", start=NOW))
        uow.commit()
    request = quay.raised(SWAP.but(changes=(link("disconnect", "sw-12"),)))
    found = assessed(quay, request.id)
    assert found.material["margin"] == ["mail-app"]
    (manager,) = [one for one in found.consents if one.person == "p.ng"]
    assert manager.why == ("manages mail: less redundancy after the change",)


def test_a_new_cycle_is_material_and_one_that_was_there_is_not_new(quay):
    request = quay.raised(
        SWAP.but(
            changes=(
                ProposedChange(
                    record="dependency", id="sw-11", operation="connect", target="mail", kind="uses"
                ),
            )
        )
    )
    assert assessed(quay, request.id).material["cycles"] == [["sw-11", "mail", "mail-app", "sw-11"]]
    add_links(quay, Dependency(source="sw-11", target="mail"))
    soft = quay.raised(SWAP.but(changes=(link("set dependency", "sw-11", strength="soft"),)))
    assert assessed(quay, soft.id).material["cycles"] == []


def test_records_that_moved_are_material(quay):
    request = quay.raised(SWAP)
    before = assessed(quay, request.id)
    quay.set_item("sw-12", characteristics={"model": "MX204"})
    after = assessed(quay, request.id)
    assert before.digest != after.digest
    assert after.material["moved"] == [{"subject": "item sw-12", "field": "model"}]
    assert after.context["moved"][0]["current"] == "MX204"


def test_a_scope_is_assessed_by_its_digest_and_counts_and_hits_nothing(quay):
    with quay.store.write() as uow:
        tables_graph.add_item(uow, Item(id="sw-20", type="network-device", name="New", owner="k.chen"))
        uow.commit()
    change = ProposedChange(
        record="scope",
        id="all",
        operation="bring under control",
        exact={"level": "baselined", "criterion": "spare"},
    )
    draft = SWAP.but(kind="baseline", changes=(change,), window=None)
    request = quay.raised(draft, by="a.vries")
    (scope,) = assessed(quay, request.id).material["scopes"]
    assert (scope["count"], scope["types"]) == (1, [{"type": "network-device", "count": 1}])
    assert len(scope["digest"]) == 64


@pytest.mark.parametrize("state", ["draft", "approved"])
def test_planned_work_is_tentative_until_somebody_agreed_to_it(quay, state):
    request = quay.raised(OUTAGE, to="draft").but(state=state)
    work = planned_work(request)
    assert work.tentative is (state == "draft")
    assert (work.expected, work.worst, work.down) == (2280, 5400, ("sw-11",))
    assert planned_work(request.but(window=None)) is None


def test_other_work_counts_as_it_will_find_the_estate_in_its_own_window(quay):
    """Once the application needs no sw-11 any more, who takes sw-11 down takes nothing of mail."""
    promise(quay, target="90")
    later = TONIGHT.but(start=TONIGHT.start + timedelta(days=2), end=TONIGHT.end + timedelta(days=2))
    quay.approved(OUTAGE.but(window=later))
    link = {"record": "dependency", "id": "mail-app", "target": "sw-11", "kind": "uses"}
    asked = OUTAGE.but(
        window=later.but(start=later.start + timedelta(days=1), end=later.end + timedelta(days=1)),
        down=DownSet(items=("mail-app",), expected=60, worst=60),
        changes=(ProposedChange(record="item", id="mail-app", operation="set", exact={"version": "2"}),),
    )
    id = quay.raised(asked).id
    (before,) = assessed(quay, id).context["agreements"]
    quay.approved(SWAP.but(changes=(ProposedChange(operation="disconnect", **link),)))
    (after,) = assessed(quay, id).context["agreements"]
    assert (before["committed_s"], after["committed_s"]) == (2280, 0)
