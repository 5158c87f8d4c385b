"""Planning an import of items: what it would do, and every problem at once."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from cmdb.exchange import csv_native, plan_items, rows
from cmdb.exchange.plan import CREATE, REQUEST, UPDATE, Plan
from cmdb.exchange.sheet import Problems
from cmdb.exchange.staging import Staging
from cmdb.model import ITEM_STATUSES, ItemType

KNOWN = rows.References(
    people={"a.vries": True, "k.chen": True, "old": False},
    leads={"network": "k.chen", "nobody": "", "away": "old"},
    parties=frozenset({"acme"}),
    types={
        "switch": ItemType(id="switch", name="Switch"),
        "rack": ItemType(
            id="rack",
            name="Rack",
            service=True,
            serves=ITEM_STATUSES,
            schema={"properties": {"units": {"type": "integer"}, "cage": {"type": "boolean"}}},
            unique=("serial",),
        ),
    },
    kinds={"uses": (1, True)},
    spent=frozenset({"sw-00"}),
    characteristic_problems=lambda _type, facts: (
        [] if isinstance(facts.get("units", 1), int) else [f"units: '{facts['units']}' is no whole number"]
    ),
)


@pytest.fixture
def staged() -> Iterable[Staging]:
    with Staging() as scratch:
        yield scratch


def plan(staged: Staging, tmp_path: Path, text: str, current: Iterable[tuple[Any, ...]] = ()) -> Plan:
    file = tmp_path / "items.csv"
    file.write_text(text, encoding="utf-8")
    problems = Problems("items.csv")
    sheet = csv_native.read(file, problems)
    staged.load("item_have", 12, current)
    found = rows.items(sheet, KNOWN, problems)
    return plan_items.plan(staged, found, KNOWN, problems, header=sheet.header)


def item(id_: str, *, level: str = "draft", **more: Any) -> tuple[Any, ...]:
    fields = {
        "type": "switch", "name": "Switch", "owner": "a.vries", "grp": None, "status": "in service",
        "level": level, "custody": "ours, used to deliver", "party": None, "criterion": "", "points": "[]",
        "facts": "{}", **more,
    }  # fmt: skip
    return (id_, *fields.values())


def test_new_items_get_what_is_usual_where_the_file_says_nothing(staged: Staging, tmp_path: Path) -> None:
    found = plan(staged, tmp_path, "id,type,name,owner,rack,note\nsw-11,switch,Core 11,a.vries,R7,\n")
    assert (found.create, found.error_total) == (1, 0)
    [row] = plan_items.final_rows(staged, CREATE)
    assert row[:10] == (
        "sw-11", "switch", "Core 11", "a.vries", None, "in service", "ours, used to deliver", None, "", "[]",
    )  # fmt: skip
    assert json.loads(row[10]) == {"rack": "R7"}
    assert row[11:] == (1, 0)


def test_the_owner_of_a_team_s_item_is_the_lead_of_the_team(staged: Staging, tmp_path: Path) -> None:
    found = plan(staged, tmp_path, "id,type,name,group\nsw-11,switch,Core 11,network\n")
    assert found.error_total == 0
    [row] = plan_items.final_rows(staged, CREATE)
    assert (row[3], row[4]) == ("k.chen", "network")


@pytest.mark.parametrize(
    ("header", "row", "reason"),
    [
        ("id,type,name,group", "sw-11,switch,Core,nobody", "has no active lead"),
        ("id,type,name,group", "sw-11,switch,Core,away", "has no active lead"),
        ("id,type,name,owner,group", "sw-11,switch,Core,,nobody", "has no active lead"),
        ("id,type,name,owner,group", "sw-11,switch,Core,,", "no group whose lead could be"),
        ("id,type,name", "sw-11,switch,Core", "no group whose lead could be"),
        ("id,type,name,owner", "sw-11,switch,Core,old", "is not active"),
        ("id,type,name,owner", "sw-11,switch,Core,ghost", "is not registered"),
        ("id,type,name,owner", "SW 11,switch,Core,a.vries", "is no id"),
        ("id,type,name,owner", "sw-11,router,Core,a.vries", "there is no item type 'router'"),
        ("id,type,name,owner", "sw-11,switch,,a.vries", "it is empty"),
        ("id,type,name,owner", "sw-00,switch,Core,a.vries", "was used before"),
        ("id,type,name,owner,status", "sw-11,switch,Core,a.vries,broken", "is not one of"),
        ("id,type,name,owner,custody", "sw-11,switch,Core,a.vries,mine", "is not one of"),
        ("id,type,name,owner,supplier", "sw-11,switch,Core,a.vries,initech", "there is no party"),
        ("id,type,name,owner,units", "r-1,rack,Rack,a.vries,many", "is no whole number"),
        ("id,type,name,owner,level", "sw-11,switch,Core,a.vries,draft", "is not imported"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_reason(
    staged: Staging, tmp_path: Path, header: str, row: str, reason: str
) -> None:
    found = plan(staged, tmp_path, f"{header}\n{row}\n")
    assert found.error_total == 1
    assert reason in found.errors[0].sentence()
    assert found.errors[0].line == (1 if "level" in header else 2)
    assert found.blocked(keep_dangling=True)


def test_every_problem_of_every_row_is_told_at_once(staged: Staging, tmp_path: Path) -> None:
    found = plan(
        staged,
        tmp_path,
        "id,type,name,owner\nBAD,router,,ghost\nsw-1,switch,One,a.vries\nsw-1,switch,Two,a.vries\n",
    )
    assert [(one.line, one.column) for one in found.errors] == [
        (2, "id"),
        (2, "name"),
        (2, "type"),
        (2, "owner"),
        (4, "id"),
    ]
    assert "the first is in line 3" in found.errors[-1].reason


def test_what_exists_is_compared_field_by_field(staged: Staging, tmp_path: Path) -> None:
    current = [
        item("sw-1", facts='{"rack": "R1", "note": "kept"}'),
        item("sw-2", name="Old name", owner="k.chen", party="acme"),
        item("sw-3", level="baselined"),
        item("sw-4"),
        item("sw-5"),
    ]
    found = plan(
        staged,
        tmp_path,
        "id,type,name,supplier,status,rack\nsw-1,switch,Switch,,,R1\nsw-2,switch,New name,,,\n"
        "sw-3,switch,Switch,acme,,\nsw-4,switch,Switch,,planned,R4\n",
        current,
    )
    assert (found.create, found.update, found.unchanged, found.request, found.missing) == (0, 2, 1, 1, 1)
    assert dict(plan_items.changes(staged, UPDATE)) == {
        "sw-2": {"name": ("Old name", "New name"), "party": ("acme", "")},
        "sw-4": {"status": ("in service", "planned"), "rack": (None, "R4")},
    }
    assert dict(plan_items.changes(staged, REQUEST)) == {"sw-3": {"party": ("", "acme")}}
    assert list(plan_items.missing_ids(staged)) == ["sw-5"]
    rewritten = {row[0]: row for row in plan_items.final_rows(staged, UPDATE)}
    assert rewritten["sw-2"][3] == "k.chen"


def test_an_empty_cell_empties_a_characteristic_and_a_missing_column_keeps_it(
    staged: Staging, tmp_path: Path
) -> None:
    current = [item("sw-1", facts='{"rack": "R1", "note": "kept"}')]
    plan(staged, tmp_path, "id,type,name,rack\nsw-1,switch,Switch,\n", current)
    [row] = plan_items.final_rows(staged, UPDATE)
    assert json.loads(row[10]) == {"note": "kept"}


def test_cells_become_what_the_schema_of_the_type_says(staged: Staging, tmp_path: Path) -> None:
    plan(staged, tmp_path, "id,type,name,owner,units,cage\nr-1,rack,Rack,a.vries,42,yes\n")
    [row] = plan_items.final_rows(staged, CREATE)
    assert json.loads(row[10]) == {"units": 42, "cage": True}


def test_a_unique_characteristic_is_held_against_the_file_and_what_exists(
    staged: Staging, tmp_path: Path
) -> None:
    current = [item("r-9", type="rack", facts='{"serial": "S9"}')]
    found = plan(
        staged,
        tmp_path,
        "id,type,name,owner,serial\nr-1,rack,A,a.vries,S1\nr-2,rack,B,a.vries,S1\nr-3,rack,C,a.vries,S9\n"
        "sw-1,switch,D,a.vries,S1\n",
        current,
    )
    assert [one.line for one in found.errors] == [2, 3, 4]
    assert "r-3 and r-9 both have 'S9'" in found.errors[2].reason


def test_cells_that_look_like_formulas_stay_text(staged: Staging, tmp_path: Path) -> None:
    plan(staged, tmp_path, "id,type,name,owner,note\nsw-1,switch,=1+1,a.vries,'=SUM(A1)\n")
    [row] = plan_items.final_rows(staged, CREATE)
    assert (row[2], json.loads(row[10])) == ("=1+1", {"note": "=SUM(A1)"})


def test_a_million_bad_rows_are_counted_but_not_all_kept(staged: Staging) -> None:
    problems = Problems("items.csv")
    for line in range(10_050):
        problems.add(line, "id", "is wrong.")
    assert (len(problems.kept), problems.total) == (10_000, 10_050)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("sw-1,switch,One,ghost", "sw-1,switch,Two,a.vries", [(2, "owner"), (3, "id")]),
        ("sw-1,switch,One,a.vries", "sw-1,switch,Two,ghost", [(3, "owner"), (3, "id")]),
        ("sw-1,switch,One,ghost", "sw-1,switch,Two,ghost", [(2, "owner"), (3, "owner"), (3, "id")]),
    ],
)
def test_a_repeated_id_is_named_although_one_of_its_rows_is_bad_otherwise(
    staged: Staging, tmp_path: Path, first: str, second: str, expected: list[tuple[int, str]]
) -> None:
    found = plan(staged, tmp_path, f"id,type,name,owner\n{first}\n{second}\n")
    assert [(one.line, one.column) for one in found.errors] == expected
    assert "the first is in line 2" in found.errors[-1].reason


def test_one_bad_row_among_thousands_is_found_and_the_others_are_taken(
    staged: Staging, tmp_path: Path
) -> None:
    lines = [f"sw-{number},switch,Switch {number},a.vries,R{number}" for number in range(3_000)]
    lines[1_234] = "sw-1234,switch,Switch,ghost,R1"
    lines[2_999] = "sw-2999,switch, padded ,a.vries,'=1"
    found = plan(staged, tmp_path, "id,type,name,owner,rack\n" + "\n".join(lines) + "\n")
    assert [(one.line, one.column) for one in found.errors] == [(1_236, "owner")]
    assert found.create == 2_999
    written = {row[0]: row for row in plan_items.final_rows(staged, CREATE)}
    assert (written["sw-2999"][2], json.loads(written["sw-2999"][10])) == ("padded", {"rack": "=1"})
    assert written["sw-7"][10] == '{"rack": "R7"}'


def test_a_line_break_inside_a_cell_does_not_pass_for_two_ids(staged: Staging, tmp_path: Path) -> None:
    found = plan(staged, tmp_path, 'id,type,name,owner\n"sw-1\nsw-2",switch,One,a.vries\n')
    assert [(one.line, one.column) for one in found.errors] == [(2, "id")]


def test_a_row_that_says_what_is_known_is_unchanged_however_much_else_is_known(
    staged: Staging, tmp_path: Path
) -> None:
    current = [
        item("sw-1", grp="network", party="acme", criterion="core", points='["a"]', facts='{"rack": "R1"}'),
        item("sw-2", facts='{"note": "n", "rack": "R2"}'),
        item("sw-3", facts='{"rack":"R3"}'),
    ]
    text = "id,type,name,rack\nsw-1,switch,Switch,R1\nsw-2,switch,Switch,R2\nsw-3,switch,Switch,R3\n"
    found = plan(staged, tmp_path, text, current)
    assert (found.unchanged, found.update) == (3, 0)


def test_new_items_without_a_selection_criterion_are_counted(staged: Staging, tmp_path: Path) -> None:
    text = "id,type,name,criterion\nsw-1,switch,A,\nsw-2,switch,B,carries a service\nsw-9,switch,Old,\n"
    assert plan(staged, tmp_path, text, [item("sw-9", name="Older")]).unselected == 1
