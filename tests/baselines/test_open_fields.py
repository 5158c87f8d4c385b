"""Open fields: what they were and are, filled into the working directory and never over an edit."""

import json

import pytest

from baselines import checkin, checkout, open_fields
from cmdb import tables_graph, types
from cmdb.errors import Invalid, NotFound, Refused
from cmdb.model import ItemType
from tests.baselines.port import NIGHT, build, set_model

SERIAL = (("item", "sw-11"), "characteristics.serial")
OWNER = (("item", "sw-11"), "owner")


@pytest.fixture
def port(sqlite_store, tmp_path, keys):
    with (built := build(sqlite_store, tmp_path / "library.git", keys)).library:
        with built.store.write() as uow:
            rules = {"properties": {"serial": {"type": "string", "pattern": "^SN-[0-9]+$"}}}
            types.put(uow, uow.get(ItemType, "network-device").but(schema=rules))
            uow.commit()
        yield built


def out(port, tmp_path, *, folder=True):
    request = port.approved(set_model("QFX5120", "serial", "owner"))
    place = tmp_path / "work" if folder else None
    checkout.check_out(port.library, request.id, folder=place, actor="k.chen", at=NIGHT)
    return request.id


def fill(port, id, contents, **more):
    room = more.pop("room", port.library.vault.path.parent / "room")
    return open_fields.fill(port.library, id, contents, room=room, actor="k.chen", at=NIGHT, **more)


def of(port, id):
    with port.store.read() as uow:
        return open_fields.opened(uow, id)


def test_open_fields_say_what_they_were_and_what_the_file_has(port, tmp_path):
    id = out(port, tmp_path)
    found = of(port, id)
    assert [(one.spelled, one.was, one.now, one.file) for one in found.fields] == [
        ("sw-11.serial", "X1", "X1", "items/sw-11.json"),
        ("sw-11.owner", "k.chen", "k.chen", "items/sw-11.json"),
    ]
    (tmp_path / "work" / "items" / "sw-11.json").write_text("{")
    broken = of(port, id)
    assert [one.file for one in broken.fields] == ["", ""]
    assert "items/sw-11.json" in broken.problems[0]


def test_what_is_filled_in_stands_in_the_file_and_is_checked_in(port, tmp_path):
    id = out(port, tmp_path)
    after = fill(port, id, {SERIAL: "SN-7"})
    assert after.named("sw-11.serial").now == after.named("serial").now == "SN-7"
    record = json.loads((tmp_path / "work" / "items" / "sw-11.json").read_text())
    assert record["characteristics"] == {"model": "QFX5120", "serial": "SN-7"}
    assert not (tmp_path / "work" / "being-written.tmp").exists()
    key = port.keys.private("k.chen")
    checkin.check_in(port.library, id, unchanged=True, actor="k.chen", key=key, at=NIGHT)
    with port.store.read() as uow:
        assert tables_graph.get_item(uow, "sw-11").characteristics["serial"] == "SN-7"


def test_an_edit_made_meanwhile_is_refused_and_stays_and_other_edits_are_kept(port, tmp_path):
    id = out(port, tmp_path)
    file = tmp_path / "work" / "items" / "sw-11.json"
    record = json.loads(file.read_text())
    file.write_text(json.dumps({**record, "owner": "p.ng"}))
    fill(port, id, {SERIAL: "SN-7"}, seen={SERIAL: "X1"})
    assert json.loads(file.read_text())["owner"] == "p.ng"
    with pytest.raises(Refused, match="edited meanwhile") as refusal:
        fill(port, id, {SERIAL: "SN-8"}, seen={SERIAL: "X1"})
    assert refusal.value.problems == ("sw-11.serial is 'SN-7' in items/sw-11.json now; it was 'X1'.",)
    assert of(port, id).named("serial").now == "SN-7"


def test_the_rules_of_the_type_are_held_before_anything_is_written(port, tmp_path):
    id = out(port, tmp_path)
    with port.store.read() as uow:
        found = open_fields.opened(uow, id)
        assert open_fields.objections(uow, found, {SERIAL: "nonsense"}) == (
            "item sw-11: serial: 'nonsense' does not match '^SN-[0-9]+$'",
        )
        assert open_fields.objections(uow, found, {SERIAL: "SN-1"}) == ()
        [said] = open_fields.objections(uow, found, {SERIAL: "SN-1", OWNER: "ghost"})
    assert "ghost" in said
    for wrong in ({SERIAL: "nonsense"}, {SERIAL: ""}):
        with pytest.raises(Invalid, match="Nothing was filled in"):
            fill(port, id, wrong)
    with pytest.raises(NotFound, match="model"):
        fill(port, id, {(("item", "sw-11"), "characteristics.model"): "QFX9"})
    assert of(port, id).named("serial").now == "X1"


def test_a_check_out_without_a_directory_gets_one(port, tmp_path):
    id = out(port, tmp_path, folder=False)
    assert of(port, id).folder is None
    after = fill(port, id, {SERIAL: "SN-7"}, room=tmp_path / "room")
    assert after.folder == tmp_path / "room"
    assert of(port, id).named("serial").now == "SN-7"


def test_only_who_checked_it_out_fills_in(port, tmp_path):
    id = out(port, tmp_path)
    with pytest.raises(Refused, match=r"checked out by k\.chen"):
        open_fields.fill(port.library, id, {SERIAL: "SN-7"}, room=tmp_path / "room", actor="p.ng", at=NIGHT)
    with pytest.raises(NotFound) as unknown:
        of(port, id).named("colour")
    assert unknown.value.problems == ("item sw-11.serial", "item sw-11.owner")


def test_what_was_shown_is_what_is_signed(port, tmp_path):
    id = out(port, tmp_path)
    fill(port, id, {SERIAL: "SN-7"})
    key = port.keys.private("k.chen")
    with pytest.raises(Refused, match="edited since you looked"):
        checkin.check_in(port.library, id, unchanged=True, seen="0" * 64, actor="k.chen", key=key, at=NIGHT)
