"""Whatever is typed wrongly gets a reason, a remedy and its exit code, and changes nothing."""

import json
from pathlib import Path

import pytest

from tests.stories.terminal import Terminal

CHANGE = """title: New firmware for sw-21
reason: security
implementer: {implementer}
window: {{start: 2026-11-29T22:00:00Z, end: 2026-11-30T00:00:00Z}}
changes:
  - {{item: sw-21, set: {{firmware: "{firmware}"}}}}
backout: old image
test: ping
"""


def written(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


@pytest.fixture
def cm(port: Terminal) -> Terminal:
    return port.as_("e.dubois")


def raised(port: Terminal, folder: Path, *, by: str = "r.bakker", firmware: str = "22.4") -> str:
    """A change of sw-21 that lies before the board."""
    file = written(folder, "change.yaml", CHANGE.format(implementer=by, firmware=firmware))
    me = port.as_(by)
    id = str(me.types(f"change new --file {file} --json").json["id"])
    for step in ("submit", "assess", "refer"):
        me.does(f"change {step} {id}")
    return id


def approved(port: Terminal, folder: Path, **more: str) -> str:
    id = raised(port, folder, **more)
    for person in ("a.vries", "t.ruiz", "s.okafor", "k.chen", "m.jansen", "l.hansen"):
        if port.types(f"change show {id} --json").json["state"] == "under review":
            port.as_(person).types(f"vote {id} approve")
    assert port.types(f"change show {id} --json").json["state"] == "approved"
    return id


def test_no_site(tmp_path: Path) -> None:
    nowhere = Terminal(tmp_path / "nowhere", tmp_path, person="a.vries")
    nowhere.refused("item list", code=3, says="no site")
    assert not nowhere.site.exists()


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("item show sw-99", 3, "sw-99"),
        ("impact sw-11 sw-99", 3, "sw-99"),
        ("item show 'SW 11'", 3, "SW 11"),
        ("change show CR-99", 3, "CR-99"),
        ("baseline show BL-000099", 3, "BL-000099"),
        ("item register sw-11 --type network-device --name X --owner k.chen", 2, "exists already"),
        ("item register sw-99 --type network-device --name X --owner ghost", 2, "ghost"),
        ("item register 'SW 99' --type network-device --name X --owner k.chen", 2, "SW 99"),
        ("item register sw-99 --type planet --name X --owner k.chen", 2, "planet"),
        ("person deactivate k.chen", 4, "under control"),
        ("item lst", 2, "no command"),
        ("impact", 2, "Missing"),
        ("impact sw-11 --at whenever --for 1h", 2, "whenever"),
        ("impact sw-11 --at 22:00 --for soon", 2, "soon"),
        ("vote CR-4 maybe", 2, "maybe"),
    ],
)
def test_wrong_ids_people_and_words(cm: Terminal, line: str, code: int, says: str) -> None:
    cm.refused(line, code=code, says=says)


def test_a_person_who_owns_something_stays(cm: Terminal) -> None:
    cm.does("person register n.new --name 'Nele New'")
    cm.does("item register new-1 --type server --name N --owner n.new")
    answer = cm.refused("person deactivate n.new", code=4, says="new-1")
    assert "hand-over" in answer.err
    cm.does("item hand-over --from n.new --to e.dubois --apply")
    cm.does("person deactivate n.new")
    cm.refused("item register new-2 --type server --name N --owner n.new", code=2, says="n.new")


def test_a_candidate_that_needs_itself_or_nothing(cm: Terminal) -> None:
    for id in ("new-1", "new-2"):
        cm.does(f"item register {id} --type server --name N --owner e.dubois")
    cm.refused("item connect new-1 new-1", code=2, says="itself")
    cm.refused("item connect new-1 ghost", code=3, says="ghost")
    cm.refused("item connect ghost new-1", code=3, says="ghost")
    cm.does("item connect new-1 new-2")
    answer = cm.types("item connect new-1 new-2 --kind 'runs on' --group pair --need 2")
    assert answer.err.strip() == (
        "'pair' has 1 serving member and needs 2: until then it counts as needing all of them."
    )
    cm.does("item connect new-2 new-1")  # a circle is allowed, and nothing hangs
    assert {one["id"] for one in cm.types("impact new-1 --json").json["items"]} == {"new-1", "new-2"}
    cm.refused("item retire new-2", code=4, says="needed")


def test_retiring_what_is_needed_by_request(cm: Terminal, tmp_path: Path) -> None:
    text = CHANGE.format(implementer="k.chen", firmware="x")
    file = written(tmp_path, "retire.yaml", text.replace('set: {firmware: "x"}', "retire: true"))
    answer = cm.refused(f"change new --file {file}", code=2, says="needed")
    assert "sw-21" in answer.err


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("reason: security", "raeson: security", "raeson"),
        ("2026-11-29T22:00:00Z", "tonight", "window.start"),
        ("end: 2026-11-30T00:00:00Z", "end: 2026-11-29T21:00:00Z", "ends before it starts"),
        ("backout:", "down: {items: [sw-21], expected: 90m, worst: 10m}\nbackout:", "worst"),
        ("backout:", "down: {items: [], expected: 1m, worst: 1m}\nbackout:", "empty"),
        ('  - {item: sw-21, set: {firmware: "x"}}', "", "changes"),
        ("sw-21", "sw-99", "sw-99"),
        ("implementer: k.chen", "implementer: ghost", "ghost"),
        ("changes:", "changes: [", "line"),
    ],
)
def test_a_change_file_with_something_wrong(
    cm: Terminal, tmp_path: Path, old: str, new: str, says: str
) -> None:
    text = CHANGE.format(implementer="k.chen", firmware="x")
    assert old in text
    cm.refused(f"change new --file {written(tmp_path, 'c.yaml', text.replace(old, new))}", code=2, says=says)


def test_every_problem_of_a_change_file_is_named_at_once(cm: Terminal, tmp_path: Path) -> None:
    text = CHANGE.format(implementer="k.chen", firmware="x").replace("reason:", "raeson:")
    file = written(tmp_path, "c.yaml", text.replace("2026-11-29T22:00:00Z", "tonight"))
    answer = cm.refused(f"change new --file {file}", code=2, says="raeson")
    assert "window.start" in answer.err
    cm.refused(f"change new --file {tmp_path / 'missing.yaml'}", code=3, says="no file")
    cm.refused(
        f"change new --file {written(tmp_path, 'l.yaml', b'title: caf' + bytes([233]))}", code=2, says="UTF-8"
    )


def test_votes_that_do_not_count(port: Terminal, tmp_path: Path, keys) -> None:
    id = raised(port, tmp_path)
    port.as_("r.bakker").refused(f"vote {id} approve", code=4, says="submitting")  # the originator
    port.as_("p.ng").refused(f"vote {id} approve", code=4, says="seat")  # no member
    port.as_("ghost").refused(f"vote {id} approve", code=4, says="not registered")
    keys.private("a.vries")  # a key of that name which nobody registered
    other = Terminal(port.site, keys.folder, port.now, "a.vries")
    answer = other.refused(f"vote {id} approve", code=4, says="key")
    assert "CMDB_KEY" in answer.err
    empty = tmp_path / "no-keys"
    empty.mkdir()
    Terminal(port.site, empty, port.now, "a.vries").refused(f"vote {id} approve", code=4, says="key")
    port.as_("a.vries").refused(f"vote {id} reject", code=2, says="reason")
    assert port.types(f"change show {id} --json").json["votes"] == []


def test_the_right_key_over_another_statement_is_found_out(port: Terminal, tmp_path: Path) -> None:
    id = raised(port, tmp_path)
    port.as_("a.vries").does(f"vote {id} approve")
    port.tamper("UPDATE vote SET value = 'abstain' WHERE request = ? AND voter = 'a.vries'", id)
    answer = port.as_("e.dubois").types("verify")
    assert answer.code == 5
    assert "a.vries" in answer.err


def test_a_check_in_out_of_scope_or_without_its_lease(port: Terminal, tmp_path: Path) -> None:
    id = approved(port, tmp_path)
    work = tmp_path / "work"
    me = port.as_("r.bakker").at("2026-11-29T22:10:00Z")
    me.refused(f"check-in {id} --apply", code=4, says="not checked out")
    me.does(f"check-out {id} --to {work}")
    port.as_("k.chen").at(me.now).refused(f"check-in {id} --from {work} --apply", code=4, says="r.bakker")
    me.at("2026-11-29T20:00:00Z").refused(f"check-in {id} --from {work} --apply", code=4, says="window")
    record = work / "items" / "sw-21.json"
    kept = record.read_text()
    content = json.loads(kept)
    content["name"] = "Something else"
    record.write_text(json.dumps(content))
    written(work / "items", "sw-11.json", kept)
    answer = me.refused(f"check-in {id} --from {work} --apply", code=4, says="name")
    assert "sw-11.json" in answer.err
    (work / "items" / "sw-11.json").unlink()
    record.write_text(kept)
    me.at("2026-12-05T00:00:00Z").refused(f"check-in {id} --from {work} --apply", code=4, says="expired")
    assert "BL-000004" in me.does(f"check-in {id} --from {work} --apply")


def test_a_field_that_moved_meanwhile(port: Terminal, tmp_path: Path) -> None:
    first, second = approved(port, tmp_path, firmware="22.4"), raised(port, tmp_path, firmware="23.1")
    night = port.as_("r.bakker").at("2026-11-29T22:10:00Z")
    night.does(f"check-out {first}")
    night.does(f"check-in {first} --apply")
    night.refused(f"check-out {second}", code=4, says="under review")
    answer = night.types(f"change diff {second}")
    assert "22.4" in answer.out
    assert any(one["stale"] for one in night.types(f"change show {second} --json").json["votes"]) is False
    night.refused(f"change refer {second}", code=4, says=second)


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"id,type,name,owner\nx-1,server,caf\xe9,e.dubois\n", 2, "0xE9"),
        (b"id,type,name,owner\nx-1,server," + b"x" * 200_000 + b",e.dubois\n", 2, "characters"),
        (b"id,type,name,owner,owner\nx-1,server,X,e.dubois,e.dubois\n", 2, "twice"),
        (b"id,type,nmae,owner\nx-1,server,X,e.dubois\n", 2, "name"),
        (b"id,type,name,owner\nx-1,server,X\n", 2, "line 2"),
        (b"id,type,name,owner\nx-1,server,X,ghost\n", 2, "ghost"),
        (b"id,type,name,owner\nx-1,server,X,e.dubois\nx-1,server,Y,e.dubois\n", 2, "line 3"),
        (b'id,type,name,owner\nx-1,server,"X,e.dubois\n', 2, "never closed"),
        (b"", 2, "empty"),
        (b"\xff\xfei\x00d\x00", 2, "UTF-16"),
    ],
)
def test_a_csv_file_with_something_wrong(
    cm: Terminal, tmp_path: Path, content: bytes, code: int, says: str
) -> None:
    file = written(tmp_path, "items.csv", content)
    cm.refused(f"import {file} --as-kind items --apply", code=code, says=says)
    cm.refused(f"import {tmp_path / 'missing.csv'} --as-kind items", code=3, says="no file")


def test_a_byte_order_mark_is_no_error_and_a_formula_comes_in_as_text_and_out_escaped(
    cm: Terminal, tmp_path: Path
) -> None:
    content = '\ufeffid,type,name,owner\nx-1,server,=HYPERLINK("http://x"),e.dubois\n'.replace('"', '""')
    content = content.replace('=HYPERLINK(""http://x"")', '"=HYPERLINK(""http://x"")"')
    cm.does(f"import {written(tmp_path, 'items.csv', content)} --as-kind items --apply")
    assert cm.types("item show x-1 --json").json["name"] == '=HYPERLINK("http://x")'
    assert "'=HYPERLINK" in cm.does("export --format csv")


def test_a_dangling_dependency_blocks_an_import(cm: Terminal, tmp_path: Path) -> None:
    text = "source,target,kind\nsw-11,ghost,uses\nsw-11,sw-11,uses\n"
    file = written(tmp_path, "links.csv", text)
    answer = cm.refused(f"import {file} --as-kind dependencies --apply", code=2, says="ghost")
    assert "itself" in answer.err
