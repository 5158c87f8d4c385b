"""Reports of the library count what plain SQL and git count, and say so where there is nothing."""

import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from baselines import checkin, checkout, library_reports
from baselines.library_reports import Altered
from cmdb.errors import Invalid
from cmdb.store import Store
from tests.baselines.port import FOUNDED, NIGHT, Port, build, set_model
from tests.baselines.test_differences import link
from tests.conftest import Keys

BEFORE, AFTER = FOUNDED - timedelta(days=30), NIGHT + timedelta(seconds=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library") / "library.git"


@pytest.fixture(scope="module")
def port(folder: Path, sqlite_template: bytes, keys: Keys) -> Iterator[Port]:
    """Three baselines: all of it founded, one model changed, another one and a dependency less."""
    database = folder.parent / "cmdb.db"
    database.write_bytes(sqlite_template)
    with (made := build(Store.connect(str(database)), folder, keys)).library:
        for changes in ((set_model("QFX5120"),), (set_model("EX4650"), link("disconnect", "sw-12"))):
            request = made.approved(*changes)
            checkout.check_out(made.library, request.id, actor="k.chen", at=NIGHT)
            key = made.keys.private("k.chen")
            checkin.check_in(made.library, request.id, actor="k.chen", key=key, at=NIGHT)
        left = made.approved(set_model("QFX10002"))
        checkout.check_out(made.library, left.id, actor="k.chen", at=NIGHT)
        yield made


def altered(port: Port, start: datetime = BEFORE, end: datetime = AFTER, **more: Any) -> list[Altered]:
    with port.store.read() as uow:
        return list(library_reports.revisions(port.library, uow, start=start, end=end, **more))


def test_what_a_baseline_altered_is_what_git_says_differs(port: Port, folder: Path) -> None:
    found = {one.baseline.id: one for one in altered(port)}
    with port.store.read() as uow:
        commits = dict(uow.rows("SELECT id, commit_id FROM baseline"))
    assert sorted(found) == sorted(commits)  # every baseline altered something
    for older, newer in zip(sorted(commits), sorted(commits)[1:], strict=False):
        args = ("git", f"--git-dir={folder}", "diff", "--no-renames", "--name-only", commits[older])
        said = subprocess.run([*args, commits[newer]], check=True, capture_output=True, text=True)
        paths = [one for one in said.stdout.split() if not one.startswith("records/")]
        assert len({(one.kind, one.id) for one in found[newer].revisions}) == len(paths) > 0


def test_the_revisions_of_an_item_are_told_field_by_field(port: Port) -> None:
    told = [
        (one.what, one.field, one.old, one.new, each.baseline.id)
        for each in altered(port, ids=("sw-11",))
        for one in each.revisions
    ]
    assert told == [
        ("changed", "characteristics.model", "QFX5120", "EX4650", "BL-000003"),
        ("changed", "characteristics.model", "QFX5100", "QFX5120", "BL-000002"),
        ("added", "", None, None, "BL-000001"),
    ]
    (edge, first) = altered(port, ids=("lb-edge",))
    assert [(one.what, one.field) for one in edge.revisions] == [("disconnected", "uses sw-12")]
    assert [one.new for one in first.revisions] == ["with 2 dependencies"]  # not a line for each


def test_records_are_counted_once_however_much_of_them_changed(port: Port) -> None:
    latest = altered(port)[0]
    assert (latest.records("added"), latest.records("removed"), latest.records("changed")) == (0, 0, 2)


def test_the_status_is_that_of_plain_sql(port: Port) -> None:
    with port.store.read() as uow:
        found = library_reports.status(uow, start=FOUNDED, end=AFTER)
        (every,) = uow.rows("SELECT COUNT(*), MAX(id) FROM baseline")
        levels = dict(uow.rows("SELECT level, COUNT(*) FROM item GROUP BY level"))
        (out,) = uow.rows("SELECT COUNT(*) FROM checkout WHERE state = 'out'")
        then = library_reports.status(uow, start=BEFORE, end=NIGHT)
    assert found.in_force is not None
    assert (found.every, found.in_force.id) == tuple(every)
    assert {level: count for level, count in found.levels.items() if count} == levels
    assert len(found.out) == out[0] == 1
    assert then.before is None
    assert then.in_force is not None
    assert then.in_force.id < found.in_force.id


def test_a_period_in_which_nothing_happened_is_empty_and_one_that_ends_first_is_refused(port: Port) -> None:
    assert altered(port, AFTER, AFTER + timedelta(days=1)) == []
    with port.store.read() as uow:
        assert library_reports.status(uow, start=BEFORE, end=FOUNDED).in_force is None
        with pytest.raises(Invalid, match="ends before it starts"):
            library_reports.status(uow, start=AFTER, end=BEFORE)
        late = library_reports.checkouts(uow, start=BEFORE, end=AFTER, now=NIGHT + timedelta(days=90))
    assert (len(late.out), len(late.late), len(late.period)) == (1, 1, 3)


def test_a_baseline_that_alters_very_much_is_counted_and_not_read(
    port: Port, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_reports, "MOST", 3)
    first = next(one for one in altered(port) if one.baseline.id == "BL-000001")
    assert first.revisions == ()
    assert first.whole > 3
