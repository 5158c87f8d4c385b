"""What is surely right without the whole schema: never more than the schema itself lets through."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb import types
from cmdb.exchange import shapes
from cmdb.model import ItemType

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "units": {"type": "integer", "minimum": 1, "maximum": 50},
        "tier": {"enum": ["gold", "silver", 1]},
        "ports": {"type": "array", "items": {"type": "string", "pattern": "^p"}, "maxItems": 2},
        "live": {"type": "boolean"},
        "note": {},
    },
    "required": ["units"],
    "additionalProperties": False,
}
contents = st.one_of(
    st.integers(-3, 60),
    st.booleans(),
    st.sampled_from(["gold", "bronze", "1", "p1", "line\nbreak", "bell\x07"]),
    st.lists(st.sampled_from(["p1", "p2", "q"]), max_size=3),
)


@given(
    facts=st.dictionaries(st.sampled_from([*SCHEMA["properties"], "other"]), contents),
    strict=st.booleans(),
    required=st.booleans(),
)
def test_what_is_sure_is_right_by_the_whole_schema(
    facts: dict[str, Any], strict: bool, required: bool
) -> None:
    schema = {**SCHEMA, "additionalProperties": not strict, "required": ["units"] if required else []}
    one = ItemType(id="rack", name="Rack", schema=schema)
    problems = types.characteristic_problems(types.validator(one), facts)
    unusual = any(isinstance(content, str) and not content.isprintable() for content in facts.values())
    assert shapes.sure(one)(facts) == (not problems and not unusual)


@pytest.mark.parametrize(
    "more",
    [
        {"dependentRequired": {"units": ["tier"]}},
        {"properties": {"units": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "integer"}}},
        {"additionalProperties": {"type": "string"}},
        {"type": "array"},
    ],
)
def test_a_schema_that_looks_at_more_than_one_at_a_time_is_never_sure(more: dict[str, Any]) -> None:
    one = ItemType(id="rack", name="Rack", schema={"type": "object", **more})
    assert not shapes.sure(one)({"units": 3})


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "object", "properties": {"rack": {"type": "string"}, "note": {}}}, True),
        ({"properties": {"rack": {"type": "string", "pattern": "^R"}}}, False),
        ({"required": ["rack"]}, False),
        ({}, True),
    ],
)
def test_a_type_whose_characteristics_are_any_text_needs_no_check(
    schema: dict[str, Any], expected: bool
) -> None:
    assert shapes.all_text(ItemType(id="rack", name="Rack", schema=schema)) is expected
