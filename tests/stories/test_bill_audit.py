"""A bill of materials is held against what is recorded: what it lists, and what needs what in it."""

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from baselines.bill_of_materials import Part, bill
from cmdb.canonical import instant
from tests.stories.terminal import Terminal
from tests.stories.test_physical_audit import audited

MAP = """
[fields]
id = { column = "name", lower = true }
type = { constant = "application" }
name = "name"
"""


@pytest.fixture
def written(port: Terminal, tmp_path: Path):
    """Write the bill of the whole port, with what a change of it makes of it."""
    with sqlite3.connect(port.site / "cmdb.db") as db:
        needs: dict[str, list[dict[str, str]]] = {}
        for source, target in db.execute(
            "SELECT DISTINCT s.id, t.id FROM dependency d JOIN item s ON s.key = d.source"
            " JOIN item t ON t.key = d.target"
        ):
            needs.setdefault(source, []).append({"target": target})
        parts = [
            Part({"id": id, "type": type, "name": name, "status": status, "dependencies": needs.get(id, []),
                  "characteristics": json.loads(facts)}, (type,), bool(service), "0" * 64)
            for id, type, name, status, service, facts in db.execute(
                "SELECT id, type, name, status, service, characteristics FROM item"
            )
        ]  # fmt: skip
    data = json.loads(bill("port", "1", at=instant("2026-11-22T00:00:00Z"), identity="x", parts=parts))

    def change(**more: Any) -> Path:
        file = tmp_path / "bom.cdx.json"
        file.write_text(json.dumps({**data, **more}), "utf-8")
        return file

    change.data = data  # type: ignore[attr-defined]
    return change


def test_a_bill_of_the_records_themselves_differs_in_nothing(port: Terminal, written) -> None:
    assert audited(port, written()) == []
    assert audited(port, written(), kind="dependencies") == []
    silent = [{**one, "version": "", "properties": 3} for one in written.data["components"]]
    assert audited(port, written(components=silent)) == []  # what a bill does not say is as recorded
    [versioned, *_] = [one["bom-ref"] for one in written.data["components"] if one.get("version")]
    other = [
        {**one, "version": "0.0.1"} if one["bom-ref"] == versioned else one
        for one in written.data["components"]
    ]
    assert audited(port, written(components=other)) == [(versioned, "version", "unauthorised", "")]


def test_what_a_bill_has_otherwise_is_told_item_by_item_and_need_by_need(port: Terminal, written) -> None:
    components = [dict(one) for one in written.data["components"]]
    gone = next(one for one in components if one["bom-ref"] == "sw-11")
    components.remove(gone)
    renamed = next(one for one in components if one["bom-ref"] == "sw-31")
    renamed["name"] = "Another name"
    components[0]["components"] = [{**gone, "bom-ref": "sw-99", "name": "Inside another"}]
    found = {(id, what) for id, what, *_ in audited(port, written(components=components, dependencies=[]))}
    assert found == {("sw-11", "missing"), ("sw-31", "name"), ("sw-99", "new")}
    needs = [dict(one) for one in written.data["dependencies"]]
    fewer = next(one for one in needs if one["ref"] == "app-mail" and one["dependsOn"])
    lost, fewer["dependsOn"] = fewer["dependsOn"], ["sw-31"]
    file = written(dependencies=needs)
    said = json.loads(port.does(f"audit physical {file} --as-kind dependencies --json"))["differences"]
    assert {(one["id"], one["target"], one["what"]) for one in said} == {
        ("app-mail", "sw-31", "new"),
        *(("app-mail", one, "missing") for one in lost),
    }


def test_a_part_of_the_estate_says_nothing_of_what_lies_outside_it(port: Terminal, written) -> None:
    only = [one for one in written.data["components"] if one["bom-ref"] == "app-mail"]
    file = written(components=only, services=[], dependencies=[{"ref": "app-mail"}])
    assert [one for one in audited(port, file, kind="dependencies") if one[0] == "app-mail"] == []


def test_a_bill_in_the_words_of_others_takes_a_mapping_file(port: Terminal, written, tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(MAP)
    theirs = [{"bom-ref": "pkg:pypi/Requests@2", "name": "Requests", "version": "2", "type": "library"}]
    file = written(components=theirs, services=[], dependencies=[])
    port.refused(f"audit physical {file} --as-kind items", code=2, says="cannot be compared")
    found = audited(port, file, "--map", str(tmp_path / "map.toml"))
    assert ("requests", "new", "unauthorised", "") in found


def test_everything_wrong_with_a_bill_is_said_at_once(port: Terminal, written, tmp_path: Path) -> None:
    one = written.data["components"][0]
    wrong = [one, one, {"name": "X"}, 7, {"bom-ref": "a", "name": "A", "components": 3}]
    file = written(components=wrong, services={}, dependencies=[{"ref": "ghost", "dependsOn": ["a"]}, 3])
    said = port.refused(f"audit physical {file} --as-kind items", code=2, says="7 problems").err
    for words in (
        "is listed twice", "components[2] lacks bom-ref", "components[3] is no object", "services is no list",
        "components[4].components is no list", "names 'ghost'", "dependencies[1] is no ref",
    ):  # fmt: skip
        assert words in said, words
    for text in ('{"bomFormat": "CycloneDX"', '{"bomFormat": "SPDX"}', '{"bomFormat": "Cyclo\x00"}'):
        file.write_text(text)
        port.refused(f"audit physical {file} --as-kind items", code=2, says="bom.cdx.json is no")
    file.write_bytes(b'{"bomFormat": "CycloneDX", "components": "\xff\xfe"}')
    port.refused(f"audit physical {file} --as-kind items", code=2, says="UTF-8")
    file.write_text('{"bomFormat": "CycloneDX"}')
    port.refused(f"audit physical {file} --as-kind items", code=2, says="nothing was compared")


def test_a_bad_cell_of_a_bill_is_named_by_its_component_and_the_audit_by_the_bill(
    port: Terminal, written, tmp_path: Path
) -> None:
    more = [
        {"type": "application", "bom-ref": "x\ny", "name": "two lines"},
        {"type": "application", "bom-ref": "Not An Id", "name": "Bad"},
    ]
    file = written(components=[*written.data["components"], *more])
    refused = port.types(f"audit physical {file} --as-kind items")
    assert refused.code == 2
    assert "bom.cdx.json, component 'Not An Id', column id: 'Not An Id' is no id" in refused.err
    assert "component 'Not An Id', column type: it is empty" in refused.err
    assert ", line " not in refused.err
    (tmp_path / "map.toml").write_text(
        MAP.replace("lower = true", 'replace = [["Bad", "two"], ["two .*", "two"]]')
    )
    refused = port.types(f"audit physical {file} --as-kind items --map {tmp_path / 'map.toml'}")
    assert (
        "component 'Not An Id', column id: 'two' is in the file twice; the first is in component"
        in refused.err
    )
    needs = [*written.data["dependencies"], {"ref": "Not An Id", "dependsOn": ["app-mail"]}]
    file = written(components=[*written.data["components"], more[1]], dependencies=needs)
    refused = port.types(f"audit physical {file} --as-kind dependencies")
    assert "bom.cdx.json, 'Not An Id' needs 'app-mail', column source: 'Not An Id' is no id" in refused.err
    long = [*written.data["components"], {**more[1], "name": "n" * 70_000}]
    refused = port.types(f"audit physical {written(components=long)} --as-kind items")
    assert f"components[{len(long) - 1}] has a name of more than 65,536 characters" in refused.err
    file = written()
    found = json.loads(port.does(f"audit physical {file} --as-kind items --json"))
    assert found["file"] == "bom.cdx.json"
    assert found["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
