"""What was proved before is remembered elsewhere; what the database derives is held against its records."""

import json
import shutil
from datetime import timedelta

import pytest

from baselines import health, verification
from baselines import proved as memory
from baselines.library import Library
from baselines.proved import Proved
from baselines.vault import Vault
from cmdb import items, journal
from cmdb.errors import Corrupt
from cmdb.model import Item
from cmdb.site import Site
from cmdb.store import Store
from tests.baselines.port import NIGHT, Port, build


@pytest.fixture(scope="module")
def original(tmp_path_factory, keys):
    """A site with everything under control; copied for each test."""
    from cmdb import codec  # the tables of all packages are known by the imports above

    assert codec.registered()
    folder = tmp_path_factory.mktemp("original")
    store = Store.connect(str(folder / "cmdb.db"))
    store.create(site="0123456789abcdef", name="Port")
    port = build(store, folder / "library.git", keys)
    port.library.close()
    return folder, port.root


@pytest.fixture
def port(original, tmp_path, keys):
    folder, root = original
    copy = tmp_path / "site"
    shutil.copytree(folder, copy)
    made = Library(Store.open(str(copy / "cmdb.db")), Vault.open(copy / "library.git"))
    yield Port(made, keys, root)
    made.close()


def failure(port, **more):
    report = verification.verify(port.library, **more)
    assert not report.ok
    return report.failure


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        (
            "UPDATE dependency SET passes = 0 WHERE source = (SELECT key FROM item WHERE id = 'mail')",
            "what it suffers from lb-edge",
        ),
        ("UPDATE redundancy_group SET slack = 9", "the margin of its group"),
        ("UPDATE redundancy_group SET members = 9", "the margin of its group"),
        ("UPDATE item SET serves = NOT serves WHERE id = 'sw-11'", "serves"),
    ],
)
def test_what_the_database_derives_is_held_against_its_records(port, sql, what):
    with port.store.write() as uow:
        uow.rows(sql)
        uow.commit()
    found = failure(port)
    assert found.kind == "derived"
    assert "'cmdb doctor --mend'" in found.detail
    assert what in found.why


def test_an_entry_that_is_no_longer_found_by_what_it_speaks_of_fails(port):
    with port.store.write() as uow:
        uow.rows("DELETE FROM journal_subject WHERE subject = 'sw-11'")
        uow.commit()
    found = failure(port)
    assert found.kind == "journal"
    assert "is not found by what it speaks of" in found.why


def cut(port, after: int) -> None:
    """Take the end of the journal away, behind everybody's back."""
    with port.store.write() as uow:
        uow.rows("DELETE FROM journal_subject WHERE sequence > ?", after)
        uow.rows("DELETE FROM journal WHERE sequence > ?", after)
        uow.commit()


def test_an_end_of_the_journal_cut_off_after_it_was_seen_fails(port):
    with port.store.read() as uow:
        before, _hash = journal.head(uow)
    items.register(
        port.store,
        Item(id="sw-99", type="network-device", name="new", owner="k.chen"),
        actor="a.vries",
        at=NIGHT,
    )
    seen = verification.verify(port.library).proved
    assert seen.journal == before + 1
    cut(port, before)
    assert verification.verify(port.library).ok  # nobody remembers: the rest is a whole journal
    found = failure(port, remembered=seen)
    assert found.kind == "journal"
    assert f"was seen here up to entry {before + 1:,} and now ends at {before:,}" in found.why
    assert "--again" in found.detail


def test_a_journal_rewritten_from_a_point_to_its_end_fails(port):
    with port.store.read() as uow:
        before, _hash = journal.head(uow)
    for at in (NIGHT, NIGHT + timedelta(hours=1)):
        cut(port, before)
        with port.store.write() as uow:
            journal.record(uow, at=at, actor="k.chen", action="item state", subjects=("sw-11",))
            uow.commit()
        if at == NIGHT:
            seen = verification.verify(port.library).proved
    found = failure(port, remembered=seen)
    assert found.why == f"The journal was rewritten: entry {before + 1:,} is not the one that was seen here."


def test_a_journal_lost_with_its_database_since_is_a_gap_and_not_a_cut(port):
    seen = verification.verify(port.library).proved
    cut(port, seen.journal - 1)
    with port.store.write() as uow:
        journal.record(uow, at=NIGHT, actor="a.vries", action=memory.REBUILD)
        uow.commit()
    with port.store.read() as uow:
        assert memory.journal_problem(uow, seen) == ""
        assert memory.journal_problem(uow, seen.but(gaps=1)) != ""


ROOT, HEAD = "a" * 40, "b" * 40


def test_what_another_program_remembered_is_read_as_far_as_it_goes():
    text = json.dumps({"abc": {"root": ROOT, "head": HEAD, "votes": 3, "moons": 2}})
    assert memory.recall(text, "abc") == Proved(root=ROOT, head=HEAD, votes=3)
    assert memory.recall(text, "other") is None
    assert memory.recall("", "abc") is None


@pytest.mark.parametrize(
    "known",
    [
        '{"abc": {"root": "',
        "[]",
        '{"abc": []}',
        '{"abc": {"root": 1, "head": 2}}',
        '{"abc": {"root": "' + ROOT + '"}}',
        '{"abc": {"root": "' + ROOT + '", "head": "--all"}}',
        '{"abc": {"root": "' + ROOT + '", "head": "' + HEAD + '", "votes": "many"}}',
    ],
)
def test_a_damaged_memory_of_what_was_proved_is_told_and_never_taken_for_none(known):
    with pytest.raises(Corrupt, match="damaged") as told:
        memory.recall(known, "abc")
    assert "proved.json" in told.value.remedy


def test_the_doctor_looks_at_what_was_proved_before(port, tmp_path):
    report = verification.verify(port.library)
    known = memory.remember("", report.site, report.proved)
    site = Site(path=tmp_path / "site", name="Port")
    assert health.of_library(site, known) == ()
    cut(port, report.journal - 1)
    (found,) = health.of_library(site, known)
    assert (found.subject, found.severity) == ("journal", "fault")
    forged = memory.remember("", report.site, report.proved.but(head="1" * 40, journal=0))
    assert [one.subject for one in health.of_library(site, forged)] == ["library.git"]
