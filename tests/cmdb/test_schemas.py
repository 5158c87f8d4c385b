"""Schemas of characteristics: what one may hold, and a check that always ends."""

from typing import Any

import pytest

from cmdb import items, schemas, types
from cmdb.errors import Invalid
from cmdb.model import ItemType
from tests import builders
from tests.builders import AT

EVIL = ("^(a+)+$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){25}")


def said(schema: dict[str, Any], content: Any) -> list[str]:
    return [error.message for error in schemas.checker(schema).iter_errors(content)]


@pytest.mark.parametrize("pattern", EVIL)
def test_a_pattern_that_would_never_end_elsewhere_answers(pattern):
    schema = {"properties": {"serial": {"type": "string", "pattern": pattern}}}
    assert schemas.problems(schema) == []
    assert said(schema, {"serial": "a" * 60_000 + "!"}) in (
        [],
        [f"'{'a' * 59}…' does not match '{pattern}'"],
    )


def test_names_are_matched_in_bounded_time_too():
    schema = {"patternProperties": {"^(a+)+$": {"type": "integer"}}, "additionalProperties": False}
    assert schemas.problems(schema) == []
    assert said(schema, {"aaa": 1}) == []
    assert said(schema, {"aaa": "x"}) == ["'x' is not of type 'integer'"]
    assert len(said(schema, {"a" * 200 + "!": 1})) == 1


def test_names_beyond_those_declared_are_held_against_what_the_schema_says_of_them():
    typed = {"properties": {"a": {}}, "additionalProperties": {"type": "string"}}
    assert said(typed, {"a": 1, "b": "x"}) == []
    assert said(typed, {"a": 1, "b": 2}) == ["2 is not of type 'string'"]
    closed = {"properties": {"a": {}}, "additionalProperties": False}
    assert said(closed, {"a": 1, "b": 2}) == ["'b' is not one of: a"]


@pytest.mark.parametrize("pattern", ["(?=a)b", r"(a)\1", "a{100000}", "(((a{1,1000}){1,1000}){1,1000})"])
def test_a_pattern_without_a_bound_is_refused_when_the_type_is_defined(pattern):
    for schema in ({"properties": {"a": {"pattern": pattern}}}, {"patternProperties": {pattern: {}}}):
        (problem,) = schemas.problems(schema)
        assert "cannot be used" in problem
        assert "bound in time" in problem


def test_a_pattern_is_no_program():
    (problem,) = schemas.problems({"properties": {"a": {"pattern": "a" * 1_001}}})
    assert problem == "A pattern has 1,001 characters; at most 1,000 fit."


def test_a_pattern_stored_by_an_older_program_is_named_and_not_run():
    (wrong,) = said({"properties": {"a": {"pattern": "(?=a)b"}}}, {"a": "b"})
    assert wrong.endswith("Mend the type.")


def test_definitions_do_not_refer_to_themselves():
    schema = {
        "properties": {"a": {"$ref": "#/$defs/one"}},
        "$defs": {"one": {"items": {"$ref": "#/$defs/two"}}, "two": {"anyOf": [{"$ref": "#/$defs/one"}]}},
    }
    assert schemas.problems(schema) == ["The definition 'one' refers to itself: one -> two -> one."]


def test_definitions_do_not_multiply():
    definitions: dict[str, Any] = {"d0": {"type": "string"}}
    for number in range(1, 40):
        below = {"$ref": f"#/$defs/d{number - 1}"}
        definitions[f"d{number}"] = {"anyOf": [below, below]}
    schema = {"properties": {"a": {"$ref": "#/$defs/d39"}}, "$defs": definitions}
    assert schemas.problems(schema) == [
        "The schema comes to more than 2,000 rules with its definitions filled in."
    ]
    few = {"properties": {"a": {"$ref": "#/$defs/d5"}}, "$defs": dict(list(definitions.items())[:6])}
    assert schemas.problems(few) == []
    assert said(few, {"a": "x"}) == []


def test_what_is_nested_without_end_is_said():
    deep: dict[str, Any] = {}
    for _ in range(900):
        deep = {"items": deep}
    (problem,) = schemas.problems(deep)
    assert "nested too deeply" in problem


def test_a_type_with_such_a_pattern_lets_items_be_registered_and_refused(sqlite_store):
    store = builders.found(sqlite_store)
    evil = ItemType(
        id="evil",
        name="Evil",
        parent="item",
        schema={"type": "object", "properties": {"serial": {"type": "string", "pattern": "^(a+)+$"}}},
    )
    types.register(store, evil, actor="a.vries", at=AT)
    fits = builders.item("e-1", type="evil", characteristics={"serial": "a" * 40})
    items.register(store, fits, actor="a.vries", at=AT)
    with pytest.raises(Invalid) as wrong:
        items.register(
            store,
            builders.item("e-2", type="evil", characteristics={"serial": "a" * 40 + "!"}),
            actor="a.vries",
            at=AT,
        )
    assert "does not match" in wrong.value.problems[0]


def test_a_child_keeps_the_definitions_of_its_parent(sqlite_store):
    store = builders.found(sqlite_store)
    upper = {"properties": {"a": {"$ref": "#/$defs/text"}}, "$defs": {"text": {"type": "string"}}}
    lower = {"properties": {"b": {"$ref": "#/$defs/count"}}, "$defs": {"count": {"type": "integer"}}}
    for id, parent, schema in (("upper", "item", upper), ("lower", "upper", lower)):
        types.register(store, ItemType(id=id, name=id, parent=parent, schema=schema), actor="a.vries", at=AT)
    with pytest.raises(Invalid) as wrong:
        items.register(
            store,
            builders.item("l-1", type="lower", characteristics={"a": 1, "b": "x"}),
            actor="a.vries",
            at=AT,
        )
    assert len(wrong.value.problems) == 2
