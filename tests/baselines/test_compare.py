"""Semantic comparison of records, and who changed what."""

from hypothesis import given
from hypothesis import strategies as st

from baselines.compare import Step, compare, flat, links, words

OLD = {
    "id": "lb-edge",
    "name": "Edge",
    "characteristics": {"model": "A"},
    "dependencies": [{"target": "sw-11", "kind": "uses", "strength": "hard", "group": "uplink"}],
    "groups": [{"name": "uplink", "need": "1", "strength": "hard"}],
}
NEW = {
    "id": "lb-edge",
    "name": "Edge",
    "characteristics": {"model": "B", "serial": "9"},
    "dependencies": [{"target": "sw-12", "kind": "uses", "strength": "hard", "group": "uplink"}],
    "groups": [{"name": "uplink", "need": "50%", "strength": "hard"}],
}


def test_each_difference_names_the_request_that_made_it():
    middle = {**OLD, "characteristics": {"model": "B"}}
    steps = [
        Step(request="CR-1", before=OLD, after=middle),
        Step(request="CR-2", before=middle, after=NEW),
    ]
    found = compare("BL-000001", "BL-000003", [("item", "lb-edge", OLD, NEW, steps)])
    assert [(one.field, one.old, one.new, one.request) for one in found.changed] == [
        ("characteristics.model", "A", "B", "CR-1"),
        ("characteristics.serial", None, "9", "CR-2"),
        ("groups.uplink.need", "1", "50%", "CR-2"),
    ]
    assert [(one.target, one.request) for one in found.connected] == [("sw-12", "CR-2")]
    assert [(one.target, one.request) for one in found.disconnected] == [("sw-11", "CR-2")]


def test_a_record_that_came_and_one_that_went_are_named_with_their_request():
    found = compare(
        "BL-000001",
        "BL-000002",
        [
            ("item", "new", None, NEW, [Step(request="CR-5", before=None, after=NEW)]),
            ("item", "gone", OLD, None, [Step(request="CR-6", before=OLD, after=None)]),
        ],
    )
    assert [(one.id, one.request) for one in found.added] == [("new", "CR-5")]
    assert [(one.id, one.request) for one in found.removed] == [("gone", "CR-6")]
    assert len(found.connected) == 1
    assert len(found.disconnected) == 1


def test_equal_records_have_no_difference():
    assert compare("BL-000001", "BL-000001", [("item", "lb-edge", OLD, OLD, [])]).empty


names = st.text("abc", min_size=1, max_size=2)
texts = st.text("xyz", min_size=1, max_size=3)
records = st.fixed_dictionaries(
    {"id": st.just("one")},
    optional={
        "name": texts,
        "owner": texts,
        "characteristics": st.dictionaries(names, texts, min_size=1, max_size=3),
        "dependencies": st.lists(
            st.fixed_dictionaries(
                {"target": names, "kind": st.sampled_from(["uses", "runs on"])},
                optional={"group": names, "strength": st.sampled_from(["hard", "soft"])},
            ),
            unique_by=lambda one: (one["target"], one["kind"]),
            max_size=4,
        ),
    },
)


@given(records, records)
def test_a_comparison_applied_to_the_older_record_gives_the_newer_one(old, new):
    found = compare("BL-000001", "BL-000002", [("item", "one", old, new, [])])
    fields = dict(flat(old))
    needs = dict(links(old))
    for one in found.disconnected:
        del needs[one.target, one.kind]
    for one in found.connected:
        needs[one.target, one.kind] = (one.strength, one.group)
    for one in found.changed:
        if one.field.startswith("dependencies."):
            _, target, kind, name = one.field.split(".")
            strength, group = needs[target, kind]
            needs[target, kind] = (one.new, group) if name == "strength" else (strength, one.new or "")
        elif one.new is None:
            del fields[one.field]
        else:
            fields[one.field] = one.new
    assert fields == flat(new)
    assert needs == links(new)


def test_fields_have_the_words_of_people():
    assert words("characteristics.firmware") == "firmware"
    assert words("groups.uplink.need") == "need of the group uplink"
    assert words("dependencies.sw-11.uses.group") == "group of 'uses sw-11'"
    assert words("belongs_to") == "belongs to"
