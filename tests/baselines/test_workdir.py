"""Working directories: written whole, read back with every problem at once."""

import json
import os

import pytest

from baselines import incoming, workdir
from ccb import proposal
from ccb.model import ProposedChange
from cmdb.errors import Invalid, Refused

KEY = ("item", "sw-11")
SWITCH = {
    "id": "sw-11",
    "type": "network-device",
    "name": "[red]Core\u202e 11",
    "owner": "a.vries",
    "status": "in service",
    "level": "baselined",
    "criterion": "carries a service",
    "characteristics": {"model": "QFX5120", "serial": "X1"},
}


@pytest.fixture
def folder(tmp_path):
    workdir.write(tmp_path / "out", {KEY: SWITCH}, {"request": "CR-1"}, "fill in\n")
    return tmp_path / "out"


def test_what_is_written_reads_back_the_same(folder):
    found, problems = workdir.read(folder, (KEY,), "CR-1")
    assert found == {KEY: SWITCH}
    assert problems == []


def test_a_folder_with_something_in_it_is_left_alone(folder):
    with pytest.raises(Refused, match="not empty"):
        workdir.write(folder, {KEY: SWITCH}, {"request": "CR-1"}, "fill in\n")


def test_another_requests_folder_and_any_other_folder_are_refused(folder, tmp_path):
    with pytest.raises(Invalid, match="not for CR-2"):
        workdir.read(folder, (KEY,), "CR-2")
    with pytest.raises(Invalid, match="no working directory"):
        workdir.read(tmp_path, (KEY,), "CR-1")


@pytest.mark.parametrize("what", ["a pipe", "a link", "a huge file", "nested without end"])
def test_a_marker_that_is_none_is_refused_and_never_waited_for(folder, tmp_path, what):
    marker = folder / workdir.MARKER
    text = marker.read_text()
    marker.unlink()
    if what == "a pipe":
        os.mkfifo(marker)
    elif what == "a link":
        (tmp_path / "other.json").write_text(text)
        marker.symlink_to(tmp_path / "other.json")
    elif what == "a huge file":
        with marker.open("wb") as file:
            file.truncate(workdir.MARKER_LIMIT + 1)
    else:
        marker.write_text("[" * 100_000)
    with pytest.raises(Invalid, match="no working directory"):
        workdir.read(folder, (KEY,), "CR-1")


def test_missing_extra_linked_and_broken_files_are_all_named(folder, tmp_path):
    file = folder / "items" / "sw-11.json"
    (folder / "items" / "extra.json").write_text("{}")
    (folder / "notes.txt").write_text("hello")
    (folder / "items" / "link.json").symlink_to(file)
    (folder / "outside").symlink_to(tmp_path)
    file.unlink()
    _found, problems = workdir.read(folder, (KEY,), "CR-1")
    assert len(problems) == 5
    assert any("sw-11.json: this file is missing" in one for one in problems)
    assert sum("a link" in one for one in problems) == 2
    assert sum("not part of the check-out" in one for one in problems) == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"{", b"[]", b"null", b'{"format": "item/1", "id": "other"}', b'{"format": "x/9"}'],
)
def test_a_broken_file_is_named_with_why(folder, content):
    (folder / "items" / "sw-11.json").write_bytes(content)
    found, problems = workdir.read(folder, (KEY,), "CR-1")
    assert found == {}
    assert len(problems) == 1
    assert problems[0].startswith("items/sw-11.json:")


def test_a_file_that_is_no_text_is_said_in_words_and_where(folder):
    (folder / "items" / "sw-11.json").write_bytes(b"ab\xffcd")
    _found, problems = workdir.read(folder, (KEY,), "CR-1")
    assert problems == ["items/sw-11.json: A record is not readable: from byte 3 on it is no text in UTF-8."]


def test_a_directory_in_place_of_a_file_is_named_as_one(folder):
    file = folder / "items" / "sw-11.json"
    file.unlink()
    file.mkdir()
    _found, problems = workdir.read(folder, (KEY,), "CR-1")
    assert problems == ["items/sw-11.json: a directory; only plain files belong here."]


def edited(folder, **changes):
    file = folder / "items" / "sw-11.json"
    record = json.loads(file.read_text())
    file.write_text(json.dumps({**record, **changes}))
    return workdir.read(folder, (KEY,), "CR-1")[0]


def approved(*opened):
    seen = {"model": "QFX5100", **dict.fromkeys(opened)}
    change = ProposedChange(
        record="item", id="sw-11", operation="set", exact={"model": "QFX5120"}, open=opened, seen=seen
    )
    return proposal.proposed({KEY: SWITCH}, [change])


def test_open_fields_are_taken_and_everything_else_must_be_as_approved(folder):
    found = edited(folder, characteristics={"model": "QFX5120", "serial": "Z9"})
    assert incoming.filled(approved("serial"), found) == ({KEY: {"characteristics.serial": "Z9"}}, [])
    problems = incoming.differing(approved(), found)
    assert problems == ["item sw-11: 'serial' is 'Z9'; approved is 'X1'."]


def test_every_field_and_dependency_nobody_approved_is_named(folder):
    found = edited(
        folder,
        name="Other",
        owner="p.ng",
        characteristics={"model": "QFX5120"},
        dependencies=[{"target": "pdu-1", "kind": "uses", "strength": "hard"}],
    )
    assert incoming.filled(approved("serial"), found)[1] == [
        "item sw-11: the open field 'serial' is not filled in."
    ]
    problems = incoming.differing(approved("serial"), found)
    assert [one.split("'")[1] for one in problems] == [
        "serial",
        "name",
        "owner",
        "uses pdu-1",
    ]


def test_a_field_that_comes_back_as_it_was_is_told_from_one_that_was_filled_in():
    known = approved("serial")
    same = {KEY: {"characteristics.serial": "X1"}}
    assert incoming.untouched(known, same) == ["item sw-11: the open field 'serial' is still 'X1'."]
    assert incoming.untouched(known, {KEY: {"characteristics.serial": "Z9"}}) == []
