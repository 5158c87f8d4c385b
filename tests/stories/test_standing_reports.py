"""A site says which reports it wants: each is made once for every period, and sent to whoever it is for."""

import csv
import io

import pytest

from tests import mailbox
from tests.mailbox import Postbox

CHANGES = 'name = "changes"\nrun = "report changes"\ntell = ["person:a.vries", "group:network"]\n'
EVENTS = 'name = "events"\nrun = "report events --per day"\nevery = "week"\nform = "csv"\nfolder = "out"\n'
MONDAY = "2026-11-30T06:00:00Z"


WRONG = [
    ('run = "report changes"\n', "'name' is missing"),
    ('name = "../x"\nrun = "report changes"\n', "no word of letters"),
    ('name = "a"\nrun = "verify"\n', "is no report"),
    ('name = "a"\nrun = "report changes --to /tmp/x"\n', "Leave out --to"),
    ('name = "a"\nrun = "report changes"\nevery = "fortnight"\n', "every"),
    ('name = "a"\nrun = "report changes"\ntell = ["a.vries"]\n', "is nobody"),
    ('name = "a"\nrun = "report changes"\ntell = [1]\n', "list of texts"),
    ('name = "a"\nrun = "report changes\'"\n', "cannot be read"),
    ('name = "a"\nrun = "report service sla-none"\n', "no service agreement 'sla-none'"),
    ('name = "a"\nrun = "report nothing"\n', "nothing"),
    (CHANGES + "[[report]]\n" + CHANGES, "Two are named 'changes'"),
]


@pytest.fixture
def wanting(port):
    """The port of Westhaven that wants some reports: gives a way to say which."""

    def said(*entries: str, more: str = ""):
        toml = port.site / "site.toml"
        text = toml.read_text("utf-8").partition("[[report]]")[0].partition("[mail]")[0].rstrip()
        toml.write_text(f"{text}\n" + "".join(f"[[report]]\n{one}" for one in entries) + more, "utf-8")
        return port.as_("a.vries")

    return said


def test_a_report_is_made_once_for_each_period_and_those_it_is_for_are_told(wanting):
    me = wanting(CHANGES, EVENTS)
    assert "changes-2026-10.html for a.vries, group:network, k.chen, r.bakker" in me.types("tick").err
    page = (me.site / "reports" / "changes-2026-10.html").read_text("utf-8")
    assert "2026-10-01 00:00" in page
    assert "No request was raised, decided or closed." in page  # the estate began in November
    assert me.types("tick").err == "Nothing became due.\n"
    later = me.at(MONDAY)
    later.types("tick")
    assert sorted(one.name for one in (me.site / "out").iterdir()) == [
        "events-2026-W46.csv",
        "events-2026-W48.csv",
    ]
    assert "changes-2026-10" in me.does("inbox")
    assert len(list((me.site / "reports").iterdir())) == 1  # October is told once, November is not over


def test_what_it_counts_is_the_period_and_nothing_else(wanting):
    me = wanting('name = "changes"\nrun = "report changes"\nevery = "day"\nform = "csv"\n')
    me.at("2026-11-21T12:00:00Z").types("tick")
    (file,) = (me.site / "reports").iterdir()
    assert file.name == "changes-2026-11-20.csv"
    kept = {row["id"] for row in csv.DictReader(io.StringIO(file.read_text("utf-8")))}
    every = me.types("change list --json").json
    assert kept == {one["id"] for one in every if one["created_at"].startswith("2026-11-20")}


def test_the_mail_brings_the_report(wanting):
    where = mailbox.free_port()
    mail = f'\n[mail]\nhost = "127.0.0.1"\nport = {where}\nsecurity = "none"\nsender = "cmdb@port.example"\n'
    me, box = wanting(CHANGES, more=mail), Postbox()
    with mailbox.running(box, where):
        me.types("tick")
        me.types("tick")
    brought = [
        (one["To"].addresses[0].username, part.get_filename(), part.get_content_type())
        for one in box.arrived
        for part in one.iter_attachments()
    ]
    assert sorted(brought) == [
        (person, "changes-2026-10.html", "text/html")
        for person in ("a.vries", "network")  # the group's own address
    ]


def test_conformance_is_made_with_what_moved_in_the_period(wanting):
    me = wanting('name = "practice"\nrun = "conformance --practice \'5.5 Activity 9\'"\nform = "md"\n')
    me.at("2026-12-02T06:00:00Z").types("tick")
    text = (me.site / "reports" / "practice-2026-11.md").read_text("utf-8")
    assert "What moved since" in text


def test_a_folder_that_cannot_be_made_is_said(wanting):
    me = wanting('name = "a"\nrun = "report changes"\nfolder = "site.toml/x"\n')
    assert "cannot be made" in me.types("tick").err


def test_an_entry_that_cannot_be_is_said_and_holds_nothing_else_up(wanting):
    due = []
    for entry, says in WRONG:
        me = wanting(entry)
        answer = me.types("tick")
        assert (answer.code, says in answer.err) == (4, True), entry
        due.append("action item" in answer.out)
        left = list((me.site / "reports").iterdir()) if (me.site / "reports").is_dir() else []
        assert left == [], entry
    assert due == [True] + [False] * (len(WRONG) - 1)  # what became due was noted all the same, once
