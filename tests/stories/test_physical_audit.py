"""A physical audit: what is there is held against what is recorded, and each difference is explained."""

import csv
import io
import json
from collections import Counter
from pathlib import Path

import pytest

from tests.stories.terminal import Terminal


@pytest.fixture
def export(port: Terminal, tmp_path: Path):
    """Write the port's own export with some cells changed, by id; None leaves the row out."""
    rows = list(csv.DictReader(io.StringIO(port.does("export --format csv"))))

    def written(**changes) -> Path:
        file = tmp_path / "found.csv"
        with file.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            for row in rows:
                change = changes.get(row["id"].replace("-", "_"), {})
                if change is not None:
                    writer.writerow({**row, **change})
        return file

    return written


def audited(terminal: Terminal, file: Path, *more: str, kind: str = "items") -> list[tuple[str, ...]]:
    found = json.loads(terminal.does(f"audit physical {file} --as-kind {kind} --json", *more))
    return [
        (one["id"], one["field"] or one["what"], one["verdict"], one["request"])
        for one in found["differences"]
    ]


def approved(port: Terminal) -> None:
    mira = port.as_("m.jansen")
    for step in ("submit", "assess", "refer"):
        mira.does(f"change {step} CR-5")
    while (card := json.loads(port.does("change show CR-5 --json")))["state"] == "under review":
        port.as_(card["outcome"]["missing"][0]).does("vote CR-5 approve")


def test_an_export_of_the_records_themselves_differs_in_nothing(port: Terminal, export) -> None:
    keeper = port.as_("e.dubois")
    assert audited(keeper, export()) == []
    assert "nothing differs" in keeper.does(f"audit physical {export()} --as-kind items --exit-code")
    misspelled = f"audit physical {export()} --as-kind items --type network-devise"
    keeper.refused(misspelled, code=3, says="There is no item type 'network-devise'")


def test_an_export_that_lists_nothing_is_no_proof_of_anything(port: Terminal, tmp_path: Path) -> None:
    keeper, file = port.as_("e.dubois"), tmp_path / "found.csv"
    file.write_text("id,type,name\n", "utf-8")
    keeper.refused(f"audit physical {file} --as-kind items", code=2, says="nothing was compared")
    assert {what for _id, what, *_ in audited(keeper, file, "--type", "power")} == {"missing"}


def test_the_window_of_a_change_says_whether_it_was_done_early_in_time_or_late(
    port: Terminal, export
) -> None:
    file = export(app_mail={"version": "3.9.4"})
    keeper = port.as_("e.dubois")
    assert audited(keeper, file) == [("app-mail", "version", "unauthorised", "")]
    approved(port)
    for now, verdict in (
        ("2026-11-24T10:00:00Z", "early"),
        ("2026-11-25T03:10:00Z", "expected"),
        ("2026-11-25T09:00:00Z", "late"),
    ):
        assert audited(keeper.at(now), file) == [("app-mail", "version", verdict, "CR-5")]
    other = export(app_mail={"version": "4.0"})
    assert audited(keeper, other) == [("app-mail", "version", "wrong value", "CR-5")]
    tonight = port.as_("m.jansen").at("2026-11-25T03:05:00Z")
    tonight.does("check-out CR-5")
    tonight.does("check-in CR-5 --apply")
    undone = export(app_mail={"version": "3.9.2"})
    assert audited(keeper.at("2026-11-25T03:10:00Z"), undone) == [("app-mail", "version", "late", "CR-5")]


def test_what_is_missing_new_or_still_there_is_named_and_its_owner_asked(port: Terminal, export) -> None:
    file = export(sw_13=None, sw_11={"firmware": "[red]hacked"})
    with file.open("a") as stream:
        stream.write("rogue-1,server,Rogue,,,,,,,,,,,\n")
    keeper = port.as_("e.dubois")
    keeper.types(f"audit physical {file} --as-kind items --exit-code")
    found = audited(keeper, file)
    assert {(one[0], one[1], one[2]) for one in found} == {
        ("sw-13", "missing", "unauthorised"),
        ("rogue-1", "new", "unauthorised"),
        ("sw-11", "firmware", "unauthorised"),
    }
    assert keeper.types(f"audit physical {file} --as-kind items --exit-code").code == 1
    assert audited(keeper, file, "--type", "service") == [one for one in found if one[1] != "missing"]
    with port.untouched():
        keeper.does(f"audit physical {file} --as-kind items")
    said = keeper.does(f"audit physical {file} --as-kind items --raise")
    assert "AI-1 e.dubois" in said
    items = json.loads(port.as_("k.chen").does("action list --json"))
    assert any("sw-11 firmware is [red]hacked" in one["what"] for one in items)
    assert json.loads(keeper.does("verify --json"))["ok"]


def test_a_dependency_that_is_gone_is_missing_even_when_its_source_has_no_other(
    port: Terminal, tmp_path: Path
) -> None:
    keeper = port.as_("e.dubois")
    lines = port.does("export --format csv --kind dependencies").splitlines()
    file = tmp_path / "needs.csv"
    file.write_text("\n".join([lines[0], *lines[2:]]) + "\n")
    found = audited(keeper, file, kind="dependencies")
    assert [one[1:3] for one in found] == [("missing", "unauthorised")]
    assert lines[1].startswith(found[0][0])


def test_rows_that_cannot_be_read_are_all_named(port: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("id,type,name\nsw 2,server,X\nsw-2,castle,Y\nsw-3,server,A\nsw-3,server,B\n")
    keeper = port.as_("e.dubois")
    answer = keeper.refused(f"audit physical {file} --as-kind items", code=2, says="cannot be compared")
    for word in ("line 2", "line 3", "line 5", "castle", "twice"):
        assert word in answer.words
    keeper.refused(f"audit physical {tmp_path / 'no.csv'} --as-kind items", code=3, says="no.csv")


MAP = """
distinct = ["id"]
[fields]
id = { template = "{cluster}.{node}", lower = true }
name = "node"
type = { constant = "server" }
owner = { constant = "e.dubois" }
"""


def test_two_dates_of_a_real_estate_differ_in_what_their_keeper_counted(
    port: Terminal, shared_data: Path, tmp_path: Path
) -> None:
    keeper = port.as_("e.dubois")
    mapping = tmp_path / "nodes.toml"
    mapping.write_text(MAP)
    old, new = (shared_data / "estate" / date / "conftool-nodes.csv" for date in ("2018-06-08", "2020-06-30"))
    keeper.does(f"import {old} --as-kind items --map {mapping} --apply")
    found = audited(keeper, new, "--map", str(mapping))
    ours = [one for one in found if "." in one[0]]
    assert Counter(one[1] for one in ours) == {"new": 344, "missing": 226}


def test_what_is_missing_under_one_id_and_new_under_another_is_told_as_probably_renamed(
    port: Terminal, export
) -> None:
    keeper = port.as_("e.dubois")
    file = export(sw_31={"id": "sw-99"}, ais_1={"id": "ais-9", "name": "Something else"})
    found = json.loads(keeper.does(f"audit physical {file} --as-kind items --json"))
    assert found["renamed"] == [
        {"missing": "sw-31", "new": "sw-99", "why": "the same name, Gatehouse switch"}
    ]
    assert {one["what"] for one in found["differences"]} == {"new", "missing"}  # nothing is decided by it
    assert "Probably renamed" in keeper.does(f"audit physical {file} --as-kind items")


def test_the_library_of_another_organisation_is_held_against_what_is_recorded(port: Terminal) -> None:
    keeper = port.as_("e.dubois")
    theirs = f"audit physical --library {port.site / 'library.git'}"
    for kind in ("items", "dependencies"):
        assert "nothing differs" in keeper.does(f"{theirs} --as-kind {kind}")
    older = json.loads(keeper.does(f"{theirs} --of BL-000002 --as-kind items --json"))
    assert {one["id"] for one in older["differences"]} == {"sw-11"}
    assert older["file"] == "library.git@BL-000002"
    keeper.refused(f"{theirs} --of BL-000099 --as-kind items", code=3, says="has no baseline BL-000099")
    keeper.refused("audit physical --as-kind items", code=2, says="one of the two")
    keeper.refused("audit physical x.csv --of BL-000001 --as-kind items", code=2, says="one of the two")
    keeper.refused(f"audit physical --library {port.site} --as-kind items", code=4, says="cannot be copied")
