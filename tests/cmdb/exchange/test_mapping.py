"""Mapping files: foreign columns become native ones."""

from pathlib import Path
from typing import Any

import pytest

from cmdb.errors import Invalid, NotFound
from cmdb.exchange import csv_native, dependency_rows, mapping, people, plan_dependencies, plan_items, rows
from cmdb.exchange.item_keys import ItemKeys
from cmdb.exchange.plan import CREATE
from cmdb.exchange.sheet import Problems
from cmdb.exchange.staging import Staging
from cmdb.model import Group, ItemType

DATA = Path(__file__).parents[2] / "data"


def mapped(tmp_path: Path, file: str, content: str, rules: str) -> tuple[list[Any], list[str]]:
    (tmp_path / file).write_text(content, encoding="utf-8")
    (tmp_path / "map.toml").write_text(rules, encoding="utf-8")
    problems = Problems(file)
    mapper = mapping.read(tmp_path / "map.toml", tmp_path)
    sheet = mapping.sheet(tmp_path / file, mapper, problems)
    return [(line, dict(zip(sheet.header, cells, strict=True))) for line, cells in sheet.rows], [
        one.sentence() for one in problems.kept
    ]


def test_columns_templates_constants_and_steps_make_the_fields(tmp_path: Path) -> None:
    found, wrong = mapped(
        tmp_path,
        "hosts.csv",
        "Host,Site,Tier,Team\nWEB01,AMS,1,#Web\n",
        """
        [fields]
        id = { template = "{Site}-{Host}", lower = true }
        name = "Host"
        type = { constant = "server" }
        owner = { column = "Team", strip = "#", lower = true, table = { "#Web" = "K.Chen" } }
        status = { column = "Tier", table = { "1" = "in service" }, default = "planned" }
        criterion = { column = "Host", replace = [["^WEB(\\\\d+)$", "web server \\\\1"]] }
        """,
    )
    assert wrong == []
    assert found == [
        (
            2,
            {
                "id": "ams-web01",
                "name": "WEB01",
                "type": "server",
                "owner": "k.chen",
                "status": "in service",
                "criterion": "web server 01",
            },
        )
    ]


def test_rows_are_filtered_and_a_field_may_spread_one_row_over_many(tmp_path: Path) -> None:
    found, _ = mapped(
        tmp_path,
        "apps.csv",
        "app,needs,env\nshop,db; cache ;,prod\nlab,db,test\nold,,prod\n",
        """
        [[where]]
        column = "env"
        equals = "prod"
        [fields]
        source = "app"
        target = { column = "needs", split = ";", each = true }
        """,
    )
    assert found == [(2, {"source": "shop", "target": "db"}), (2, {"source": "shop", "target": "cache"})]


def test_yaml_lists_are_rows_with_their_lines_and_text_as_written(tmp_path: Path) -> None:
    found, wrong = mapped(
        tmp_path,
        "apps.yml",
        "apps:\n- name: one\n  version: 1.10\n  on: 2026-11-22\n  tags: [a, b]\n"
        "- name: two\n  live: yes\n- just text\n",
        """
        [source]
        rows = "apps"
        [fields]
        id = "name"
        version = "version"
        day = "on"
        tags = "tags"
        live = "live"
        """,
    )
    assert found == [
        (2, {"id": "one", "version": "1.10", "day": "2026-11-22", "tags": "a;b", "live": ""}),
        (6, {"id": "two", "version": "", "day": "", "tags": "", "live": "yes"}),
    ]
    assert wrong == ["apps.yml, line 3: the row is not a mapping of names to values."]


def test_json_and_json_lines_are_read_too(tmp_path: Path) -> None:
    rules = '[fields]\nid = "n"\nof = "parts"'
    found, _ = mapped(tmp_path, "a.json", '[{"n": 1.50, "parts": {"b": 1}}]', rules)
    assert found == [(1, {"id": "1.50", "of": '{"b": 1}'})]
    found, wrong = mapped(tmp_path, "a.jsonl", '{"n": "x"}\n\n{broken\n[1]\n', rules)
    assert found == [(1, {"id": "x", "of": ""})]
    assert [one.split(":")[0] for one in wrong] == ["a.jsonl, line 3", "a.jsonl, line 4"]


def test_values_are_looked_up_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "teams.csv").write_text("app,team\nshop,web\n")
    found, _ = mapped(
        tmp_path,
        "apps.csv",
        "app\nshop\nlab\n",
        '[fields]\nid = "app"\n'
        'group = { column = "app", default = "?", '
        'lookup = { file = "teams.csv", key = "app", value = "team" } }\n',
    )
    assert [row["group"] for _, row in found] == ["web", "?"]


def test_rows_written_twice_come_after_all_rows_written_once(tmp_path: Path) -> None:
    found, _ = mapped(
        tmp_path,
        "edges.csv",
        "from,to\na,b\nb,c\n",
        'distinct = ["id"]\n[fields]\nid = "from"\ntype = { constant = "app" }\n'
        '[[also]]\nid = "to"\ntype = { constant = "other" }\n',
    )
    assert [(row["id"], row["type"]) for _, row in found] == [("a", "app"), ("b", "app"), ("c", "other")]


def test_a_mapping_is_wrong_in_every_way_at_once(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        mapped(
            tmp_path,
            "a.csv",
            "x\n1\n",
            'surplus = 1\ndistinct = ["nothing"]\n[source]\nformat = 1\n[[where]]\ncolumn = "x"\n'
            '[fields]\nid = { column = "x", constant = "y" }\n'
            'name = { column = "x", replace = [["(", ""]] }\n'
            'type = { colunm = "x" }\n',
        )
    said = " ".join(refused.value.problems)
    for part in (
        "surplus",
        "distinct",
        "'format' must be text",
        "[[where]] needs",
        "exactly one",
        "cannot be used",
    ):
        assert part in said
    assert "unknown entry 'colunm'" in said


def test_a_column_the_file_does_not_have_is_named_once(tmp_path: Path) -> None:
    found, wrong = mapped(tmp_path, "a.csv", "x\n1\n2\n", '[fields]\nid = "y"\n[[also]]\nid = "z"\n')
    assert found == []
    assert [one.split(":")[0] for one in wrong] == ["a.csv, line 1, column y", "a.csv, line 1, column z"]


def test_missing_and_broken_files_say_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        mapping.read(tmp_path / "none.toml", tmp_path)
    with pytest.raises(Invalid):
        mapped(tmp_path, "a.yml", "a: [", '[fields]\nid = "y"\n')
    with pytest.raises(Invalid):
        mapped(tmp_path, "a.json", "{", '[fields]\nid = "y"\n')
    with pytest.raises(Invalid):
        mapped(tmp_path, "a.xml", "", '[source]\nformat = "xml"\n[fields]\nid = "y"\n')


def test_a_real_register_of_services_and_their_teams_is_read_whole(shared_data: Path) -> None:
    folder = shared_data / "dependency-graph"

    def opened(name: str, rules: str) -> tuple[Any, Problems]:
        problems = Problems(name)
        return mapping.sheet(folder / name, mapping.read(DATA / rules, folder), problems), problems

    problems = Problems("people.csv")
    staff = people.plan_people(csv_native.read(DATA / "govuk-people.csv", problems), {}, {}, problems)
    active = {one.id: True for one in staff.add}
    sheet, problems = opened("repos.yml", "govuk-groups.toml")
    teams = people.plan_groups(sheet, {}, active, problems)
    assert (teams.plan.create, teams.plan.error_total) == (18, 0)
    known = rows.References(
        people=active,
        leads={one.id: one.lead for one in teams.add if isinstance(one, Group)},
        types={name: ItemType(id=name, name=name) for name in ("application", "database", "middleware")},
        kinds={"uses": (1, True)},
    )
    with Staging() as staged:
        sheet, problems = opened("depends_on.csv", "govuk-services.toml")
        items = plan_items.plan(
            staged, rows.items(sheet, known, problems), known, problems, header=sheet.header
        )
        found = list(plan_items.final_rows(staged, CREATE))
    assert (items.create, items.error_total) == (172, 0)
    assert {row[3] for row in found} == {"r.bakker", "k.chen", "p.ng"}
    keys = [(number, row[0], row[1], "draft", True) for number, row in enumerate(found)]
    with Staging() as staged:
        sheet, problems = opened("depends_on.csv", "govuk-dependencies.toml")
        staged.load("known", 5, keys)
        lines = dependency_rows.dependencies(sheet, known, problems, ItemKeys(staged).of)
        needs = plan_dependencies.plan(staged, lines, known, problems)
    assert (needs.create, needs.dangling_total, needs.error_total) == (370, 0, 0)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("replace = [['^(?!x).*', '']]", "Look-ahead"),
        ("replace = [['x', 'a\\1']]", "is no text for 'x'"),
        ("replace = [['x', 'a\\q']]", "is no text for 'x'"),
    ],
)
def test_patterns_run_in_bounded_time_and_others_are_refused_with_the_reason(tmp_path, step, said) -> None:
    with pytest.raises(Invalid) as refused:
        mapped(tmp_path, "a.csv", "x\n1\n", f"[fields]\nid = {{ column = 'x', {step} }}\n")
    assert said in " ".join(refused.value.problems)
    text = "a" * 50_000 + "!"
    found, wrong = mapped(
        tmp_path, "a.csv", f"x\n{text}\n", "[fields]\nid = { column = 'x', replace = [['(a+)+$', '']] }\n"
    )
    assert (found[0][1]["id"], wrong) == (text, [])


def test_aliases_that_stand_for_more_than_anybody_needs_are_refused(tmp_path: Path) -> None:
    rules = "[source]\nrows = 'rows'\n[fields]\nid = 'id'\n"
    found, _ = mapped(tmp_path, "a.yaml", "base: &b {id: one}\nrows:\n  - *b\n  - {<<: *b, x: 1}\n", rules)
    assert [row["id"] for _, row in found] == ["one", "one"]
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{one}: &a{one} [{', '.join([f'*a{one - 1}'] * 9)}]\n" for one in range(1, 12)
    )
    with pytest.raises(Invalid, match="its aliases written out"):
        mapped(tmp_path, "a.yaml", f"{bomb}rows: [{{id: 1}}]\n", rules)
    with pytest.raises(Invalid, match="no YAML"):
        mapped(tmp_path, "a.yaml", "rows: &r [*r]\n", rules)


PACKAGES = """
[source]
format = "FORMAT"
[fields]
id = { template = "web-1-{package}", lower = true }
name = "package"
type = { constant = "application" }
version = "version"
"""


@pytest.mark.parametrize(
    ("form", "listed", "wanted"),
    [
        (
            "dpkg",
            "adduser\t3.134\nlibc6:amd64\t2.36-9+deb12u9\n\n",
            ["adduser 3.134", "libc6 2.36-9+deb12u9"],
        ),
        (
            "dpkg",
            (
                "Desired=Unknown/Install\n| Status=Not/Inst\n|/ Err?=(none)/Reinst-required\n"
                "||/ Name           Version   Architecture Description\n+++-===============\n"
                "ii  adduser        3.134     all          add and remove users\n"
                "rc  libfoo:amd64   1:2.0~rc1 amd64        left behind\n"
            ),
            ["adduser 3.134", "libfoo 1:2.0~rc1"],
        ),
        (
            "pip",
            (
                "Package    Version Editable project location\n---------- ------- ------\nclick      8.1.7\n"
                "cmdb       0.1.0   /srv/cmdb\n"
            ),
            ["click 8.1.7", "cmdb 0.1.0"],
        ),
        (
            "pip",
            "# editable\nclick==8.1.7\nthing @ file:///srv/thing.whl\n",
            ["click 8.1.7", "thing file:///srv/thing.whl"],
        ),
    ],
)
def test_what_dpkg_and_pip_list_is_read_a_package_a_line(
    tmp_path: Path, form: str, listed: str, wanted: list[str]
) -> None:
    found, wrong = mapped(tmp_path, "packages.txt", listed, PACKAGES.replace("FORMAT", form))
    assert wrong == []
    assert [f"{row['name']} {row['version']}" for _line, row in found] == wanted
    assert all(row["id"].startswith("web-1-") for _line, row in found)


def test_a_line_that_names_no_package_is_said(tmp_path: Path) -> None:
    found, wrong = mapped(
        tmp_path, "packages.txt", "click==8.1.7\n-e /srv/x\n", PACKAGES.replace("FORMAT", "pip")
    )
    assert len(found) == 1
    assert wrong == ["packages.txt, line 2: '-e /srv/x' names no package with its version."]
