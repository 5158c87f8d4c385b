"""Planning an import of dependencies: both ends, the groups, what is missing."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from cmdb.exchange import csv_native, dependency_rows, plan_dependencies, rows
from cmdb.exchange.item_keys import ItemKeys
from cmdb.exchange.plan import CREATE, REQUEST, UPDATE, Plan
from cmdb.exchange.sheet import Problems
from cmdb.exchange.staging import Staging
from cmdb.model import DependencyRule, ItemType

KNOWN = rows.References(
    types={
        "switch": ItemType(id="switch", name="Switch", kinds=(DependencyRule(kind="runs on", maximum=1),)),
        "server": ItemType(id="server", name="Server"),
    },
    kinds={"uses": (1, True), "runs on": (2, True), "connects to": (5, True), "documents": (6, False)},
    both_ways=frozenset({"connects to"}),
)
ITEMS = [
    (1, "a", "server", "draft", True),
    (2, "b", "server", "draft", True),
    (3, "c", "server", "baselined", True),
    (4, "sw", "switch", "draft", False),
]
USES, CONNECTS, PAIR = 1, 5, 9


@pytest.fixture
def staged() -> Iterable[Staging]:
    with Staging() as scratch:
        yield scratch


def plan(staged: Staging, tmp_path: Path, text: str, current: Sequence[tuple[Any, ...]] = ()) -> Plan:
    file = tmp_path / "dependencies.csv"
    file.write_text(text, encoding="utf-8")
    problems = Problems("dependencies.csv")
    sheet = csv_native.read(file, problems)
    staged.load("known", 5, ITEMS)
    staged.load("idle", 1, [(4,)])
    staged.load("edge_have", 5, current)
    staged.load("group_have", 5, [(PAIR, 1, "pair", "1", "hard")] if current else [])
    found = dependency_rows.dependencies(sheet, KNOWN, problems, ItemKeys(staged).of)
    return plan_dependencies.plan(staged, found, KNOWN, problems)


def test_rows_are_resolved_to_keys_in_the_order_the_store_keeps_them(staged: Staging, tmp_path: Path) -> None:
    found = plan(staged, tmp_path, "source,target\nb,a\na,sw\na,b\n")
    assert (found.create, found.error_total) == (3, 0)
    assert list(plan_dependencies.final_rows(staged, CREATE, after=0)) == [
        (1, 2, 1, 1, None, None, 2),
        (1, 4, 1, 1, None, None, 2),
        (2, 1, 1, 1, None, None, 2),
    ]


def test_rows_of_a_group_may_leave_need_and_strength_to_one_another(staged: Staging, tmp_path: Path) -> None:
    found = plan(
        staged, tmp_path, "source,target,strength,group,need\na,b,soft,pair,2\na,sw,,pair,\na,c,,solo,\n"
    )
    assert found.error_total == 0
    # sw does not serve, so the pair needs 2 and has 1
    assert list(plan_dependencies.final_groups(staged, CREATE, after=6)) == [
        (7, 1, "pair", "2", 0, 1, 0),
        (8, 1, "solo", "1", 1, 1, 0),
    ]
    written = [row[3:] for row in plan_dependencies.final_rows(staged, CREATE, after=6)]
    assert written == [(0, 7, 0, 1), (1, 8, 0, 2), (0, 7, 0, 0)]


def test_a_member_is_counted_once_and_only_where_it_can_help(staged: Staging, tmp_path: Path) -> None:
    found = plan(
        staged,
        tmp_path,
        "source,target,kind,group\na,b,uses,pair\na,b,runs on,pair\na,c,documents,pair\n",
    )
    assert found.error_total == 0
    assert list(plan_dependencies.final_groups(staged, CREATE, after=0)) == [(1, 1, "pair", "1", 1, 1, 0)]


def test_a_connection_is_two_rows_unless_the_file_has_both(staged: Staging, tmp_path: Path) -> None:
    found = plan(staged, tmp_path, "source,target,kind\na,b,connects to\na,c,connects to\nc,a,connects to\n")
    assert (found.create, found.request, found.error_total) == (3, 1, 0)
    assert list(plan_dependencies.labels_with(staged, CREATE)) == [
        "a -> b (connects to)",
        "a -> c (connects to)",
        "b -> a (connects to)",
    ]


def test_rows_of_one_group_that_disagree_are_an_error_naming_both(staged: Staging, tmp_path: Path) -> None:
    found = plan(staged, tmp_path, "source,target,strength,group,need\na,b,soft,pair,2\na,sw,hard,pair,50%\n")
    assert [(one.line, one.column) for one in found.errors] == [(3, "need"), (3, "strength")]
    assert "sw says 50%, b in line 2 says 2" in found.errors[0].reason


def test_dangling_rows_block_and_are_listed_with_what_is_missing(staged: Staging, tmp_path: Path) -> None:
    found = plan(staged, tmp_path, "source,target\na,b\na,ghost\nghost,a\nx,y\n")
    assert (found.create, found.dangling_total) == (1, 3)
    assert [(one.line, one.missing) for one in found.dangling] == [(3, "ghost"), (4, "ghost"), (5, "x, y")]
    assert found.blocked(keep_dangling=False)
    assert not found.blocked(keep_dangling=True)
    assert next(plan_dependencies.kept_dangling(staged)) == ("a", "ghost", "uses", "hard", "", "")


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("a,a,uses,hard,,", "target", "cannot depend on itself"),
        ("A B,a,uses,hard,,", "source", "is no id"),
        (",a,uses,hard,,", "source", "it is empty"),
        ("a,b,leans on,hard,,", "kind", "there is no dependency kind 'leans on'"),
        ("a,b,uses,firm,,", "strength", "is not one of"),
        ("a,b,uses,hard,,2", "need", "the row names no group"),
        ("a,b,uses,hard,pair,none", "need", "neither a whole number"),
        ("sw,a,uses,hard,,", "kind", "which allows runs on, not 'uses'"),
    ],
)
def test_a_bad_row_is_named_with_its_line_column_and_reason(
    staged: Staging, tmp_path: Path, row: str, column: str, reason: str
) -> None:
    found = plan(staged, tmp_path, f"source,target,kind,strength,group,need\na,b,runs on,hard,,\n{row}\n")
    assert [(one.line, one.column) for one in found.errors] == [(3, column)]
    assert reason in found.errors[0].reason


def test_the_same_wrong_manner_is_noted_on_every_row_that_has_it(staged: Staging, tmp_path: Path) -> None:
    found = plan(staged, tmp_path, "source,target,kind\na,b,leans on\nb,a,leans on\n")
    assert [one.line for one in found.errors] == [2, 3]


def test_a_row_twice_is_an_error_and_more_than_a_type_allows_too(staged: Staging, tmp_path: Path) -> None:
    found = plan(staged, tmp_path, "source,target,kind\na,b,uses\na,b,\nsw,a,runs on\nsw,b,runs on\n")
    assert [one.line for one in found.errors] == [3, 5]
    assert "the first is in line 2" in found.errors[0].reason
    assert "may have 1" in found.errors[1].reason


def test_what_exists_is_unchanged_changed_or_left_to_a_request(staged: Staging, tmp_path: Path) -> None:
    current = [
        (1, 2, USES, "hard", None),
        (1, 4, USES, "hard", PAIR),
        (2, 1, USES, "hard", None),
        (3, 1, USES, "hard", None),
        (3, 2, USES, "hard", None),
    ]
    found = plan(
        staged,
        tmp_path,
        "source,target,kind,strength,group,need\na,b,uses,,,\na,sw,uses,hard,pair,2\nc,a,uses,soft,,\nc,b,uses,,,\n",
        current,
    )
    assert (found.create, found.update, found.unchanged, found.request, found.missing) == (0, 1, 2, 1, 1)
    assert list(plan_dependencies.labels_with(staged, UPDATE)) == ["a -> sw (uses)"]
    assert list(plan_dependencies.missing_labels(staged)) == ["b -> a (uses)"]
    assert list(plan_dependencies.proposed(staged)) == [("c", "a", "uses", "soft", "", "")]
    assert list(plan_dependencies.labels_with(staged, REQUEST)) == ["c -> a (uses)"]


def test_a_file_without_columns_for_groups_leaves_groups_as_they_are(staged: Staging, tmp_path: Path) -> None:
    current = [(1, 2, USES, "hard", PAIR)]
    found = plan(staged, tmp_path, "source,target\na,b\n", current)
    assert (found.unchanged, found.update) == (1, 0)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("a,b,uses,firm", "a,b,uses,hard", [(2, "strength"), (3, "")]),
        ("a,b,uses,hard", "a,b,,firm", [(3, "strength"), (3, "")]),
        ("a,b,leans on,hard", "a,b,leans on,hard", [(2, "kind"), (3, "kind"), (3, "")]),
        ("a,ghost,uses,firm", "a,ghost,uses,firm", [(2, "strength"), (3, "strength"), (3, "")]),
    ],
)
def test_a_repeated_row_is_named_although_one_of_the_two_is_bad_otherwise(
    staged: Staging, tmp_path: Path, first: str, second: str, expected: list[tuple[int, str]]
) -> None:
    found = plan(staged, tmp_path, f"source,target,kind,strength\n{first}\n{second}\n")
    assert [(one.line, one.column) for one in found.errors] == expected
    assert "the first is in line 2" in found.errors[-1].reason


def test_a_file_with_two_columns_says_nothing_else_and_ends(staged: Staging, tmp_path: Path) -> None:
    found = plan(staged, tmp_path, "target,source\nb,a\n")
    assert list(plan_dependencies.labels_with(staged, CREATE)) == ["a -> b (uses)"]
    assert found.error_total == 0


def test_an_id_of_digits_is_no_key(staged: Staging, tmp_path: Path) -> None:
    found = plan(staged, tmp_path, "source,target\na,2\n1,b\n")
    assert [(one.source, one.target, one.missing) for one in found.dangling] == [
        ("a", "2", "2"),
        ("1", "b", "1"),
    ]


def test_a_connection_that_exists_the_other_way_keeps_its_own_strength_and_group(
    staged: Staging, tmp_path: Path
) -> None:
    current = [(1, 2, CONNECTS, "hard", PAIR), (2, 1, CONNECTS, "soft", None)]
    found = plan(staged, tmp_path, "source,target,kind\nb,a,connects to\n", current)
    assert (found.create, found.update, found.unchanged) == (0, 0, 2)
