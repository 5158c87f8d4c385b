"""The bill of materials of a release is CycloneDX 1.6, and says what the records say."""

import json
import subprocess
from datetime import UTC, datetime
from importlib.resources import files

import pytest
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from baselines.bill_of_materials import Part, bill
from tests.baselines import wharf
from tests.baselines.port import build

AT = datetime(2026, 11, 22, 22, tzinfo=UTC)


def schema(name):
    folder = files("cyclonedx.schema").joinpath("_res")
    return json.loads(folder.joinpath(f"{name}.SNAPSHOT.schema.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def official():
    """The official schema, as the library of the CycloneDX project ships it."""
    main = schema("bom-1.6")
    beside = {f"{name}.SNAPSHOT.schema.json": schema(name) for name in ("spdx", "jsf-0.82")}
    base = main["$id"].rsplit("/", 1)[0]
    known = [(f"{base}/{name}", Resource.from_contents(one, DRAFT7)) for name, one in beside.items()]
    known += [(name, Resource.from_contents(one, DRAFT7)) for name, one in beside.items()]
    return Draft7Validator(main, registry=Registry().with_resources(known), format_checker=FormatChecker())


def written(*parts, product="mail", version="1.0", identity="x"):
    data = bill(product, version, at=AT, identity=identity, parts=parts)
    assert data == bill(product, version, at=AT, identity=identity, parts=reversed(parts))
    return json.loads(data)


def part(id, *types, service=False, **fields):
    types = types or ("item",)
    return Part({"id": id, "name": id, "type": types[0], **fields}, types, service, "a" * 64)


def test_a_release_has_a_bill_that_the_official_schema_accepts(store, tmp_path, keys, official):
    with (port := build(store, tmp_path / "library.git", keys)).library:
        wharf.built(port, tmp_path / "mail.tar")
    told = subprocess.run(
        ["tar", "xOf", tmp_path / "mail.tar", "mail-1.0/bom.cdx.json"], capture_output=True, check=True
    ).stdout
    found = json.loads(told)
    official.validate(found)
    assert [one["name"] for one in found["components"]] == ["lb-edge", "sw-11", "sw-12"]
    assert [one["name"] for one in found["services"]] == ["mail"]
    assert {one["type"] for one in found["components"]} == {"device"}
    needs = {one["ref"]: one["dependsOn"] for one in found["dependencies"]}
    assert (needs["mail"], needs["lb-edge"]) == (["lb-edge"], ["sw-11", "sw-12"])


def test_the_schema_of_this_test_refuses_what_is_no_bill(official):
    found = written(part("a"))
    official.validate(found)
    for wrong in (
        {**found, "specVersion": 1.6},
        {**found, "components": [{"type": "switch", "name": "a"}]},
        {**found, "serialNumber": "x"},
    ):
        assert not official.is_valid(wrong)


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (("server", "hardware", "item"), "device"),
        (("package", "software", "item"), "library"),
        (("plan", "document", "item"), "file"),
        (("virtual-machine", "item"), "platform"),
        (("container", "item"), "container"),
        (("something-of-ours",), "application"),
    ],
)
def test_an_item_is_what_the_nearest_of_its_types_is_called(official, types, expected):
    found = written(part("a", *types))
    official.validate(found)
    assert found["components"][0]["type"] == expected


def test_only_what_is_in_the_release_is_needed_by_anything_in_it(official):
    needy = part("a", dependencies=[{"target": "b"}, {"target": "left-out"}, {"target": "b"}])
    found = written(needy, part("b"))
    official.validate(found)
    assert {"ref": "a", "dependsOn": ["b"]} in found["dependencies"]


def test_no_item_takes_the_name_of_the_product_itself(official):
    found = written(part("mail@1.0"), part("release:mail@1.0"))
    official.validate(found)
    references = [one["bom-ref"] for one in (*found["components"], found["metadata"]["component"])]
    assert len(set(references)) == 3


def test_versions_that_are_text_are_named_and_others_are_not(official):
    found = written(
        part("a", characteristics={"version": "5.2"}),
        part("b", characteristics={"version": 5}),
        part("ünïcode", characteristics={}),
    )
    official.validate(found)
    assert [one.get("version") for one in found["components"]] == ["5.2", None, None]


def test_the_serial_number_names_the_release_and_nothing_else():
    assert written(part("a"))["serialNumber"] == written(part("b"))["serialNumber"]
    assert written(identity="x")["serialNumber"] != written(identity="y")["serialNumber"]
