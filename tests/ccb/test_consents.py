"""Who has to agree because the graph says so, with every reason."""

from datetime import timedelta

from ccb import examination
from ccb.consents import Asked
from ccb.model import ProposedChange
from cmdb.model import RoleGrant
from tests.ccb.quay import NOW, Quay


def grant(quay: Quay, person: str, service: str = "mail", **more) -> None:
    with quay.store.write() as uow:
        fields = {"id": f"{person}-{service}", "start": NOW, **more}
        uow.add(RoleGrant(person=person, role="service manager", service=service, **fields))
        uow.commit()


def managers(quay: Quay, effects, less=()) -> dict[str, tuple[str, ...]]:
    asked = Asked()
    with quay.store.read() as uow:
        asked.managers(uow, effects, less, NOW)
        return {one.person: one.why for one in asked.consents(uow)}


def owners(quay: Quay, *changes: ProposedChange) -> dict[str, tuple[str, ...]]:
    asked = Asked()
    with quay.store.read() as uow:
        asked.owners(examination.proposed(uow, changes))
        return {one.person: one.why for one in asked.consents(uow)}


def set_item(id: str, **exact) -> ProposedChange:
    return ProposedChange(record="item", id=id, operation="set", exact=exact)


def test_the_owner_is_asked_and_on_a_change_of_owner_both_are(either_quay):
    assert owners(either_quay, set_item("sw-11", model="x")) == {"k.chen": ("owns sw-11",)}
    given = owners(either_quay, set_item("sw-11", owner="p.ng"), set_item("sw-12", model="x"))
    assert given == {"k.chen": ("owns sw-11",), "p.ng": ("owns sw-11",), "r.bakker": ("owns sw-12",)}


def test_the_source_of_a_dependency_is_what_changes_and_its_owner_is_asked(quay):
    link = ProposedChange(
        record="dependency", id="mail", operation="connect", target="sw-11", kind="uses", exact={}
    )
    assert owners(quay, link) == {"o.owner": ("owns mail",)}


def test_records_that_nobody_owns_ask_nobody(quay):
    board = ProposedChange(record="board", id="site", operation="set", exact={"name": "x"})
    assert owners(quay, board) == {}


def test_a_service_hit_or_with_less_margin_asks_its_managers_and_says_which(either_quay):
    grant(either_quay, "p.ng")
    grant(either_quay, "s.berg")
    said = managers(either_quay, {"mail": "degraded"}, ["mail"])
    assert said == dict.fromkeys(("p.ng", "s.berg"), ("manages mail: degraded",))
    assert managers(either_quay, {}, ["mail"])["p.ng"] == ("manages mail: less redundancy after the change",)


def test_a_service_without_a_manager_speaks_through_its_owner(quay):
    assert managers(quay, {"mail": "outage"}) == {"o.owner": ("manages mail: outage",)}


def test_only_who_manages_that_service_at_that_time_is_asked(quay):
    grant(quay, "p.ng", start=NOW + timedelta(days=1))
    grant(quay, "s.berg", start=NOW - timedelta(days=9), end=NOW)
    grant(quay, "k.chen", service="mail-app")
    assert list(managers(quay, {"mail": "outage"})) == ["o.owner"]


def test_everybody_is_named_once_with_all_reasons_and_the_groups_they_speak_for(quay):
    asked = Asked()
    with quay.store.read() as uow:
        asked.owners(examination.proposed(uow, [set_item("mail", owner="p.ng")]))
        asked.managers(uow, {"mail": "outage"}, [], NOW)
        found = {one.person: one for one in asked.consents(uow)}
    assert found["o.owner"].why == ("owns mail", "manages mail: outage")
    assert found["p.ng"].groups == ("ops",)
    assert list(found) == sorted(found)
