"""What other programs are given: each format is read back by a reader that is not ours, and says the same."""

import csv
import io
import json
from importlib.resources import files

import networkx
import pytest
import yaml
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from tests.stories.terminal import Terminal

SHEETS = ("people", "groups", "parties", "items", "dependencies")
HOSTILE = "{{ lookup('pipe', 'id') }} [red] \u05e9\u05dc\u05d5\u05dd <&]]>"


class Inventory(yaml.SafeLoader):
    """Reads the one tag of Ansible's that is used, and tells where it stood."""


Inventory.add_constructor("!unsafe", lambda loader, node: ("unsafe", loader.construct_scalar(node)))


@pytest.fixture
def keeper(port: Terminal) -> Terminal:
    """The port, with an item that has everything hostile about it."""
    keeper = port.as_("e.dubois")
    for id, more in (
        ("vm:22", ["--set", f"note={HOSTILE}", "--set", "address=10.0.0.{% if %}"]),
        ("vm_22", []),
    ):
        keeper.does(
            f"item register {id} --type virtual-machine --owner k.chen --status 'in service'",
            *("--name", HOSTILE, *more),
        )
    return keeper


def records(keeper: Terminal, *more: str) -> dict[str, dict]:
    return {one["id"]: one for one in map(json.loads, keeper.does("export", *more).splitlines())}


def test_a_baseline_gives_what_it_holds_and_today_what_came_since(keeper: Terminal) -> None:
    now, agreed = records(keeper), records(keeper, "--baseline", "latest")
    assert list(now) == sorted(now)
    assert {id: now[id] for id in agreed} == agreed
    assert now.keys() - agreed.keys() == {"vm:22", "vm_22"}
    first = records(keeper, "--baseline", "1")
    moved = json.loads(keeper.does("baseline compare 1 latest --json"))
    assert {id for id in first if first[id] != agreed[id]} == {one["id"] for one in moved["changed"]} != set()


def test_sheets_of_the_baseline_in_force_import_again_and_change_nothing(keeper: Terminal, tmp_path) -> None:
    for kind in SHEETS:
        text = keeper.does(f"export --format csv --kind {kind} --baseline latest")
        (tmp_path / f"{kind}.csv").write_text(text, encoding="utf-8")
        told = json.loads(keeper.does(f"import {tmp_path / kind}.csv --as-kind {kind} --json"))
        assert told["unchanged"] == len(list(csv.reader(io.StringIO(text)))) - 1 > 1, kind
        assert (told["create"], told["update"], told["errors"]) == (0, 0, [])


def test_the_bill_of_materials_is_what_its_official_schema_asks_for(keeper: Terminal) -> None:
    folder = files("cyclonedx.schema").joinpath("_res")
    main = json.loads(folder.joinpath("bom-1.6.SNAPSHOT.schema.json").read_text("utf-8"))
    beside = [f"{name}.SNAPSHOT.schema.json" for name in ("spdx", "jsf-0.82")]
    known = [(one, json.loads(folder.joinpath(one).read_text("utf-8"))) for one in beside]
    base = main["$id"].rsplit("/", 1)[0]
    near = [
        (at, Resource.from_contents(one, DRAFT7)) for name, one in known for at in (name, f"{base}/{name}")
    ]
    check = Draft7Validator(main, registry=Registry().with_resources(near))
    bills = [keeper.does("export --format cyclonedx", *more) for more in ((), ("--baseline", "latest"))]
    for text in bills:
        check.validate(json.loads(text))
    names = [
        {one["bom-ref"]: one["name"] for one in [*told["components"], *told["services"]]}
        for told in map(json.loads, bills)
    ]
    assert names[0] == {id: one["name"] for id, one in records(keeper).items()}
    assert names[0].keys() - names[1].keys() == {"vm:22", "vm_22"}
    assert bills[1] == keeper.does("export --format cyclonedx --baseline latest")


def test_graphml_read_back_has_every_item_and_dependency_with_its_group(keeper: Terminal) -> None:
    graph = networkx.parse_graphml(keeper.does("export --format graphml"), force_multigraph=True)
    kept = records(keeper)
    assert {id: graph.nodes[id]["name"] for id in graph} == {id: one["name"] for id, one in kept.items()}
    assert graph.nodes["vm:22"]["characteristics.note"] == HOSTILE
    assert {id for id in graph if graph.nodes[id]["service"]} == {
        id for id, one in kept.items() if one["type"] == "service"
    }
    needs = {
        (id, link["target"], link["kind"], link["strength"], link.get("group"))
        for id, one in kept.items()
        for link in one.get("dependencies", ())
    }
    edges = [
        (source, target, told["kind"], told["strength"], told.get("group"))
        for source, target, told in graph.edges(data=True)
    ]
    assert len(edges) == len(needs)
    assert set(edges) == needs
    assert all(("need" in told) == ("group" in told) for *_ends, told in graph.edges(data=True))


def test_the_inventory_holds_what_serves_and_no_text_ansible_would_run(keeper: Terminal) -> None:
    told = yaml.load(keeper.does("export --format ansible"), Inventory)["all"]
    hosts, groups = told["hosts"], {name: set(one["hosts"]) for name, one in told["children"].items()}
    assert {"srv-01", "vm-mail", "fw-1", "vm_22", "vm_22_2"} <= hosts.keys()
    assert (hosts["vm_22"]["cmdb"]["id"], hosts["vm_22_2"]["cmdb"]["id"]) == ("vm_22", "vm:22")
    assert hosts["vm_22_2"]["cmdb"]["name"] == ("unsafe", HOSTILE)
    assert hosts["vm_22_2"]["ansible_host"] == ("unsafe", "10.0.0.{% if %}")
    assert set(hosts["fw-1"]) == {"cmdb"}
    assert groups["type_server"] == {"srv-01", "srv-02", "srv-03"}
    assert {"fw-1", "sw-11", "vm_22"} <= groups["owner_k_chen"]
    databases = yaml.load(keeper.does("export --format ansible --type software"), Inventory)["all"]
    assert "db-booking" in databases["hosts"]
    assert "srv-01" not in databases["hosts"]
    assert "db-booking" in databases["children"]["type_software"]["hosts"]
    keeper.refused("export --format ansible --type ghost", code=3, says="no item type 'ghost'")


def test_a_picture_of_a_baseline_shows_what_it_held(keeper: Terminal) -> None:
    drawn = [
        keeper.does(f"export --format dot --of sw-31 --down {more}") for more in ("", "--baseline latest")
    ]
    assert drawn[0] == drawn[1]
    assert "vm_22" in keeper.does("export --format dot")
    assert "vm_22" not in keeper.does("export --format dot --baseline latest")
    near = keeper.does("export --format dot --baseline latest --of sw-31 --limit 3")
    assert "The nearest 3 items; more lie beyond." in near
    keeper.refused("export --format dot --baseline latest --of vm_22", code=3, says="holds no item 'vm_22'")


def test_what_cannot_be_exported_is_refused_with_the_reason(keeper: Terminal) -> None:
    for words, says, code in (
        ("--baseline BL-000099", "There is no baseline", 3),
        ("--baseline service:mail", "There is no baseline", 3),
        ("--format graphml --of sw-11", "are for pictures", 2),
        ("--format csv --type server", "which items are hosts", 2),
        ("--format dot --down", "one item", 2),
    ):
        keeper.refused(f"export {words}", code=code, says=says)
