"""How complete and correct the records are: each score counts what it says, with the items behind it."""

from datetime import timedelta
from itertools import count

import pytest

from cmdb import completeness, items, journal, tables_promises, types
from cmdb.errors import NotFound, Refused
from cmdb.model import ItemType
from tests.builders import AT, found, item, needs

KEPT = tables_promises
LATER = AT + timedelta(days=400)


@pytest.fixture
def site(store):
    found(store)
    schema = {
        "type": "object",
        "properties": {"rack": {"type": "string"}, "o'clock?": {"type": "string"}, "tag": {"type": "string"}},
    }
    kind = ItemType(
        id="shelf", name="Shelf", parent="server", schema=schema, recommended=("o'clock?",), unique=("tag",)
    )
    types.register(store, kind, actor="a.vries", at=AT)
    for one in (
        item("s-1", type="shelf", characteristics={"tag": "A", "o'clock?": "9"}),
        item("s-2", type="shelf", characteristics={"tag": "B", "o'clock?": ""}),
        item("s-3", type="shelf", status="retired"),
        item("srv-1"),
        item("mail", type="service"),
    ):
        items.register(store, one, actor="a.vries", at=AT)
    items.connect(store, needs("mail", "s-1"), actor="a.vries", at=AT)
    return store


def scored(store, **more):
    with store.read() as uow:
        return {
            (one.type, f"{one.name} {one.field}".strip()): (one.failing, one.total, one.about)
            for one in completeness.scores(uow, **{"at": AT, **more})
        }


def written(store, sql, *parameters):
    with store.write() as uow:
        uow.rows(sql, *parameters)
        uow.commit()


def test_what_is_full_fails_nowhere_and_what_is_retired_is_not_counted(site):
    answers = scored(site)
    assert answers["shelf", "owner active"] == (0, 2, ())
    assert answers["shelf", "unique tag"] == (0, 2, ())
    assert answers["", "dependencies whole"] == (0, 1, ())
    assert ("shelf", "criterion") not in answers  # nothing is under control


def test_recommended_fields_are_counted_empty_or_absent_whatever_they_are_called(site):
    assert scored(site)["shelf", "recommended o'clock?"] == (1, 2, ("s-2",))
    written(site, "UPDATE item SET characteristics = '{}' WHERE id = 's-1'")
    assert scored(site)["shelf", "recommended o'clock?"] == (2, 2, ("s-1", "s-2"))


def test_what_a_type_requires_after_its_items_were_there_is_counted(site):
    written(site, "UPDATE item_type SET json_schema = ? WHERE id = 'shelf'", '{"required": ["rack"]}')
    assert scored(site)["shelf", "required rack"][:2] == (2, 2)


def test_only_what_serves_and_stands_alone_is_an_orphan(site):
    assert scored(site)["shelf", "connected"] == (1, 2, ("s-2",))
    assert scored(site)["server", "connected"] == (1, 1, ("srv-1",))
    assert ("service", "connected") not in scored(site)


def test_those_that_share_what_tells_them_apart_are_all_named(site):
    written(site, """UPDATE item SET characteristics = '{"tag": "A"}' WHERE id = 's-2'""")
    assert scored(site)["shelf", "unique tag"] == (2, 2, ("s-1", "s-2"))


def test_age_is_that_of_the_confirmation_not_of_the_last_edit(site):
    items.confirm(site, ["s-1"], actor="a.vries", at=LATER)
    items.amend(site, item("s-2", type="shelf", name="Other"), actor="a.vries", at=LATER)
    failing, total, about = scored(site, at=LATER)["shelf", "confirmed"]
    assert (total, about) == (2, ("s-2",))
    assert scored(site, at=LATER, stale=timedelta(days=500))["shelf", "confirmed"][0] <= failing


def test_an_owner_confirms_everything_of_theirs_at_once_and_each_is_found_by_the_entry(site):
    items.register(site, item("other", owner="k.chen"), actor="a.vries", at=AT)
    assert items.confirm_owned(site, type="shelf", actor="a.vries", at=LATER) == 2  # the retired one is not
    assert items.confirm_owned(site, before=LATER, actor="a.vries", at=LATER) == 2  # srv-1 and mail
    assert scored(site, at=LATER)["shelf", "confirmed"][0] == 0
    assert scored(site, at=LATER)["server", "confirmed"][2] == ("other",)
    assert items.confirm_owned(site, before=LATER, actor="a.vries", at=LATER) == 0
    with site.read() as uow:
        assert journal.of_subject(uow, "s-1")[0].changed["confirmed"] == 2
        assert journal.chain_problem(uow) is None
        assert uow.rows("SELECT COUNT(*) FROM dependency WHERE confirmed_at IS NOT NULL")[0][0] == 1
    with pytest.raises(NotFound):
        items.confirm_owned(site, type="shelve", actor="a.vries", at=LATER)
    with pytest.raises(Refused):
        items.confirm_owned(site, actor="nobody", at=LATER)


def test_what_a_promise_reaches_has_to_be_under_control_unless_somebody_excluded_it(site):
    assert scored(site)["", "promised and controlled"] == (0, 0, ())
    columns = "id, title, kind, structure, customer, provider, starts, zone, services, purpose, scope, notice"
    written(
        site,
        f"INSERT INTO agreement ({columns}, windows, commitments, manager, contacts, state, review, level)"
        " VALUES ('sla', 'Mail', 'customer', 'service based', 'acme', '', '2026-01-01T00:00:00Z', 'UTC',"
        " '[\"mail\"]', '', '', 0, '[]', '[]', 'a.vries', '[]', 'agreed', '', 'draft')",
    )
    assert scored(site)["", "promised and controlled"] == (2, 2, ("mail", "s-1"))
    assert scored(site, excluded={"s-1"})["", "promised and controlled"] == (1, 2, ("mail",))
    assert scored(site, service="srv-1")["", "promised and controlled"] == (0, 0, ())


def test_a_service_or_a_type_restricts_what_is_counted(site):
    assert {type for type, _name in scored(site, service="mail")} == {"", "service", "shelf"}
    assert scored(site, service="mail")["shelf", "responsible group"] == (1, 1, ("s-1",))
    assert {type for type, _name in scored(site, type="shelf")} == {"", "shelf"}
    with pytest.raises(NotFound):
        scored(site, type="shelve")


def test_every_item_behind_a_score_is_listed_page_by_page(site, monkeypatch):
    monkeypatch.setattr(completeness, "PAGE", 2)
    numbers = count(1)
    for _ in range(5):
        items.register(site, item(f"srv-x{next(numbers)}"), actor="a.vries", at=AT)
    with site.read() as uow:
        for one in completeness.scores(uow, at=LATER):
            if one.type and one.failing:
                behind = list(completeness.behind(uow, one, at=LATER))
                assert len(behind) == one.failing, one
                assert tuple(behind[: completeness.NAMED]) == one.about


def test_a_share_is_rounded_down_so_that_a_hundred_means_all():
    one = completeness.Score(name="x", total=10_000, failing=1, text="", remedy="")
    assert one.share == "99.9 %"
    assert one.but(failing=0).share == "100.0 %"
    assert one.but(total=0, failing=0).share == "-"
