"""The doctor finds what is wrong with a machine, a place and a database, and says what to do."""

import os

import pytest

from cmdb import doctor, items, journal
from cmdb.errors import Refused
from cmdb.site import FILE, Site
from tests.builders import AT, found, item, needs

WELL = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
BY = {"actor": "a.vries", "at": AT}


@pytest.fixture
def site(tmp_path, database, store):
    found(store)
    for id in ("a", "b"):
        items.register(store, item(id), **BY)
    items.connect(store, needs("a", "b", group="g"), **BY)
    return Site(path=tmp_path, name="Test", database=database)


def ill(site, *statements, store=None):
    with store.write() as uow:
        if uow.dialect == "postgresql":
            uow.rows("SET LOCAL session_replication_role = replica")
        for one in statements:
            uow.rows(one)
        uow.commit()
    return [one for one in doctor.examine(site, environ=WELL) if one.kind != "place"]


def program(folder, name, said):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{said}'\n")
    (folder / name).chmod(0o755)
    return str(folder)


def test_a_site_that_is_well_has_no_findings(site):
    assert [one for one in doctor.examine(site, environ=WELL) if one.kind != "place"] == []


def test_derived_columns_that_are_wrong_are_found_and_mended(site, store):
    wrong = ill(
        site, "UPDATE dependency SET passes = 0", "UPDATE redundancy_group SET slack = 9", store=store
    )
    assert {one.kind for one in wrong} == {"derived"}
    assert {one.subject for one in wrong} == {"a"}
    assert "--mend" in wrong[0].remedy
    assert doctor.mend(store, **BY) == len(wrong)
    assert ill(site, store=store) == []
    with store.read() as uow:
        [last] = journal.of_subject(uow, "a")[:1]
        assert (last.action, last.subjects) == ("site mend", ("a",))
    assert doctor.mend(store, **BY) == 0
    with pytest.raises(Refused):
        doctor.mend(store, actor="k.chen", at=AT)


def test_a_broken_journal_is_a_fault(site, store):
    [one] = ill(site, "UPDATE journal SET actor = 'x' WHERE sequence = 1", store=store)
    assert (one.kind, one.severity) == ("journal", "fault")
    assert "journal entry 1" in one.text


def test_dangling_dependencies_stay_visible(site, store):
    row = "INSERT INTO dangling VALUES ('a', 'ghost', 'uses', 'hard', '', '', 'deps.csv', '')"
    [one] = ill(site, row, store=store)
    assert "a uses ghost" in one.text
    assert "deps.csv" in one.text


def test_an_old_layout_and_a_missing_database_are_faults(site, store, tmp_path):
    [one] = ill(site, "UPDATE site SET schema_version = 0", store=store)
    assert (one.kind, one.severity) == ("layout", "fault")
    assert "cmdb migrate" in one.remedy
    gone = Site(path=tmp_path, name="Gone", database=str(tmp_path / "gone.db"))
    [one] = [one for one in doctor.examine(gone, environ=WELL) if one.kind == "layout"]
    assert "does not exist" in one.text
    (tmp_path / "gone.db").write_bytes(b"no database at all, only words and words" * 100)
    assert [one.kind for one in doctor.examine(gone, environ=WELL) if one.kind != "place"] == ["database"]


def test_references_that_lead_nowhere_are_faults(sqlite_store, sqlite_database, tmp_path):
    found(sqlite_store)
    with sqlite_store.lay_out() as uow:
        uow.rows("INSERT INTO people_group VALUES ('g', 'G', 'nobody', '[]', '', 'draft')")
        uow.commit()
    site = Site(path=tmp_path, name="X", database=sqlite_database)
    [one] = [one for one in doctor.examine(site, environ=WELL) if one.kind == "database"]
    assert "people_group refers to what is not there" in one.text


def test_programs_that_are_missing_or_old_are_faults(tmp_path):
    missing = list(doctor.of_machine({"PATH": "/nowhere"}))
    assert [one.subject for one in missing] == ["git", "ssh", "ssh-keygen"]
    assert all(one.severity == "fault" and one.remedy for one in missing)
    folder = tmp_path / "bin"
    program(folder, "git", "git version 2.30.2")
    program(folder, "ssh-keygen", "")
    [git] = doctor.of_machine({"PATH": program(folder, "ssh", "OpenSSH_9.2p1")})
    assert "2.30; 2.36 is needed" in git.text
    assert "Install git 2.36" in git.remedy


def test_this_machine_has_what_is_needed():
    assert list(doctor.of_machine(WELL)) == []


@pytest.mark.parametrize(
    ("environ", "subjects"),
    [
        (WELL, []),
        ({"TERM": "dumb", "LC_ALL": "en_GB.utf8"}, ["TERM"]),
        ({"TERM": "xterm", "LANG": "C.UTF-8", "LC_ALL": "C"}, ["locale"]),
        ({}, ["TERM", "locale"]),
    ],
)
def test_a_terminal_that_cannot_show_the_app_is_said(environ, subjects):
    told = list(doctor.of_terminal(environ))
    assert [one.subject for one in told] == subjects
    assert all(one.remedy for one in told)


def test_too_little_room_is_said_in_megabytes(tmp_path, monkeypatch):
    site = Site(path=tmp_path, name="X")
    monkeypatch.setattr(doctor, "ROOM", 0)
    monkeypatch.setattr(doctor, "FILES", 0)
    assert list(doctor.of_place(site)) == []
    monkeypatch.setattr(doctor, "ROOM", 10**18)
    monkeypatch.setattr(doctor, "FILES", 10**18)
    told = [one.text for one in doctor.of_place(site)]
    assert "MB are free" in told[0]
    assert len(told) <= 2


def test_what_the_site_takes_counts_the_database_and_the_library(tmp_path):
    site = Site(path=tmp_path, name="X")
    (tmp_path / "cmdb.db").write_bytes(b"x" * 1000)
    (site.library / "objects").mkdir(parents=True)
    (site.library / "objects" / "pack").write_bytes(b"x" * 500)
    assert doctor._size(site) == 1500


def test_a_password_others_may_read_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "ROOM", 0)
    monkeypatch.setattr(doctor, "FILES", 0)
    file = tmp_path / FILE
    file.write_text("name = 'X'\n")
    site = Site(path=tmp_path, name="X", database="postgresql://cm:secret@db/site")
    file.chmod(0o644)
    [one] = doctor.of_place(site)
    assert "chmod 600" in one.remedy
    file.chmod(0o600)
    assert list(doctor.of_place(site)) == []
