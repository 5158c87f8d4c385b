"""Lines of item forms: read back as content, and each sentence of a rule at the line it is about."""

from typing import Any

import pytest

from cmdb.errors import Invalid
from cmdb.model import Item, ItemType
from tui.item_sheets import attributed, content_of, fields_of, item_blanks, link_blanks, missing
from tui.item_source import Sheet
from tui.item_words import command_of

KIND = ItemType(
    id="server",
    name="Server",
    schema={
        "type": "object",
        "properties": {
            "units": {"type": "integer"},
            "model": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "tier": {"enum": ["gold", "silver"]},
        },
        "required": ["tier"],
    },
    recommended=("model",),
)
ITEM = Item(
    id="s-1", type="server", name="One", owner="k.chen", characteristics={"units": 2, "old": {"a": [1]}}
)


def test_required_lines_come_first_then_recommended_then_what_it_has() -> None:
    blanks = [one for one in item_blanks(ITEM, KIND) if one.name.startswith("set:")]
    assert [one.label for one in blanks] == ["tier", "model", "units", "tags", "old"]
    assert [one.need for one in blanks[:3]] == ["required", "recommended", ""]
    assert blanks[0].choices == ("gold", "silver")


def test_a_line_left_as_it_was_keeps_its_content_whatever_it_is() -> None:
    blanks = item_blanks(ITEM, KIND)
    assert fields_of(ITEM, KIND, blanks, {one.name: one.value for one in blanks}) == {}


def test_what_is_typed_is_read_as_the_schema_asks() -> None:
    blanks = item_blanks(ITEM, KIND)
    typed = {
        "set:units": "3",
        "set:model": "22.4",
        "set:tags": "a; b",
        "set:old": "",
        "more": "rack=a3 'x=two words'",
    }
    assert fields_of(ITEM, KIND, blanks, typed)["characteristics"] == {
        "units": 3,
        "model": "22.4",
        "tags": ["a", "b"],
        "rack": "a3",
        "x": "two words",
    }
    assert fields_of(ITEM, KIND, blanks, {"points": " built ;  sold"})["points"] == ("built", "sold")
    with pytest.raises(Invalid):
        fields_of(ITEM, KIND, blanks, {"more": "no equals"})
    with pytest.raises(Invalid):
        fields_of(ITEM, KIND, blanks, {"more": "a='open"})


@pytest.mark.parametrize(
    ("text", "rule", "content"),
    [
        ("true", {"type": "boolean"}, True),
        ("12", {}, 12),
        ("x", {"type": "integer"}, "x"),
        ("007", {}, "007"),
    ],
)
def test_content_that_does_not_fit_stays_text(text: str, rule: Any, content: Any) -> None:
    assert content_of(text, rule) == content


def test_every_sentence_stands_at_the_line_it_is_about() -> None:
    blanks = item_blanks(ITEM, KIND, new=True)
    sentences = {
        "The item 's-1' exists already.": "id",
        "There is no item type 'x'. Use one of: a.": "type",
        "The owner 'x' is not a registered person.": "owner",
        "The name is empty.": "name",
        "There is no group 'x'": "group",
        "characteristics: 'tier' is a required property": "set:tier",
        "units: 'x' is not of type 'integer'": "set:units",
        "model 'x' belongs to s-2 already.": "set:model",
        "The status 'x' is not one of: planned.": "status",
        "A controlled item names the selection criterion it meets; it is empty.": "criterion",
    }
    for sentence, name in sentences.items():
        assert attributed([sentence], blanks) == ({name: sentence}, []), sentence
    assert attributed(["item s-1: The owner 'x' is not active."], blanks, ["s-1"])[0] == {
        "owner": "The owner 'x' is not active."
    }
    assert attributed(["The store is locked."], blanks) == ({}, ["The store is locked."])


def test_what_must_not_be_empty_is_missing_by_its_own_name() -> None:
    assert missing(link_blanks("a"), {}) == {"target": "Needs is missing."}


def test_the_command_of_a_form_says_the_same_with_what_was_altered() -> None:
    sheet = Sheet("amend", ("s-1",), "Change s-1", item_blanks(ITEM, KIND))
    assert command_of(sheet, {"name": "It's two", "set:units": "3"}) == (
        "cmdb item amend s-1 --name 'It'\"'\"'s two' --set units=3"
    )
    link = Sheet("connect", ("a",), "Connect a", link_blanks("a"))
    assert command_of(link, {"target": "b", "group": "g", "need": "2"}) == (
        "cmdb item connect a b --kind uses --group g --need 2"
    )
