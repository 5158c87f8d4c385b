"""The change request file: what it says, and every problem with path and line."""

from datetime import UTC, datetime

import pytest

from ccb import changefile
from ccb.model import DownSet, ProposedChange, Window
from cmdb.errors import Invalid

FILE = """\
title: Replace core switch sw-11
kind: normal            # standard | normal | emergency
reason: end of support
implementer: k.chen
window: {start: 2026-11-22T22:00:00Z, end: 2026-11-23T00:00:00Z}
down: {items: [sw-11], expected: 38m, worst: 1h30m}
changes:
  - {item: sw-11, set: {model: QFX5120, firmware: "22.4"}, open: [serial]}
  - {item: sw-12, add: {type: switch, name: Core switch 12, owner: k.chen}}
  - {connect: [lb-edge, sw-12], kind: uses, group: uplink, need: 1}
  - {disconnect: [lb-edge, sw-11], kind: uses}
  - {item: sw-09, retire: true}
backout: put sw-11 back, 12 min, tried 14 Nov
test: ping matrix
"""
ONE = "title: x\nchanges: [{item: a, retire: true}]\n"


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(Invalid) as wrong:
        changefile.parse(text)
    assert wrong.value.remedy
    return wrong.value.problems


def test_the_file_of_the_manual_is_read_whole():
    draft = changefile.parse(FILE)
    assert draft.title == "Replace core switch sw-11"
    assert draft.window == Window(
        start=datetime(2026, 11, 22, 22, tzinfo=UTC), end=datetime(2026, 11, 23, tzinfo=UTC)
    )
    assert draft.down == DownSet(items=("sw-11",), expected=2280, worst=5400)
    assert draft.changes == (
        ProposedChange(
            record="item",
            id="sw-11",
            operation="set",
            exact={"model": "QFX5120", "firmware": "22.4"},
            open=("serial",),
        ),
        ProposedChange(
            record="item",
            id="sw-12",
            operation="add",
            exact={"type": "switch", "name": "Core switch 12", "owner": "k.chen"},
        ),
        ProposedChange(
            record="dependency",
            id="lb-edge",
            target="sw-12",
            kind="uses",
            operation="connect",
            exact={"group": "uplink", "need": "1"},
        ),
        ProposedChange(
            record="dependency", id="lb-edge", target="sw-11", kind="uses", operation="disconnect"
        ),
        ProposedChange(record="item", id="sw-09", operation="retire"),
    )


def test_every_other_kind_of_change_can_be_written():
    text = (
        "title: Many\nchanges:\n"
        "  - {person: p.ng, set: {name: P. Ng}}\n"
        "  - {policy: site-change, set: {quorum: 2, four_eyes: true}}\n"
        "  - {dependency: [a, b], kind: runs on, set: {strength: soft}}\n"
        "  - {redundancy: [a, pool], need: 2}\n"
        "  - {item: a, level: baselined}\n"
        "  - {item: b, return to service: true}\n"
        "  - {item: c, set: {party: }}\n"
        "  - {item: d, open: [serial]}\n"
    )
    found = changefile.parse(text).changes
    assert [one.operation for one in found] == [
        *("set", "set", "set dependency", "set group", "change level", "return to service", "set", "set"),
    ]
    assert found[1].exact == {"quorum": 2, "four_eyes": True}
    assert found[6].exact == {"party": ""}
    control = changefile.parse(
        "title: x\nkind: baseline\nchanges: [{control: all, level: controlled, criterion: sold}]\n"
    )
    assert control.changes[0].exact == {"level": "controlled", "criterion": "sold"}
    assert control.changes[0].operation == "bring under control"


def test_every_problem_is_said_at_once_with_its_path_and_line():
    found = problems(
        "title: x\n"
        "colour: blue\n"
        "window: {start: 2026-11-22T22:00:00, end: tomorrow}\n"
        "down: {items: [], expected: 38 minutes}\n"
        "changes:\n"
        "  - {item: sw-11, set: {firmware: 22.4}, by: me}\n"
        "  - {sets: {}}\n"
        "  - {connect: sw-11}\n"
        "groups: ops\n"
    )
    said = "\n".join(found)
    assert "Line 2, colour: this key is unknown" in said
    assert "Line 3, window.start: The time '2026-11-22T22:00:00' has no zone" in said
    assert "Line 3, window.end: 'tomorrow' is not a time" in said
    assert "Line 4, down.expected: '38 minutes' is no duration" in said
    assert "Line 6, changes[0].set.firmware: put 22.4 in quotes" in said
    assert "Line 6, changes[0].by: this key is unknown" in said
    assert "Line 7, changes[1]: it names nothing to change" in said
    assert "Line 8, changes[2].connect: give [source, target]" in said
    assert "Line 9, groups: it is no list of texts" in said


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("title: x\nchanges: []\n", "Line 2, changes: the list is empty"),
        ("title: x\n", "Line 1, changes: it is missing"),
        ("changes: [{item: a, retire: true}]\n", "Line 1, title: it is missing"),
        (
            "title: x\nkind: urgent\nchanges: [{item: a, retire: true}]\n",
            "Line 2, kind: 'urgent' is not one of",
        ),
        ("title: x\nchanges: [{item: a, retire: yes please}]\n", "retire: write 'true'"),
        ("title: x\nchanges: [{item: a, set: {b: c}, retire: true}]\n", "give exactly one of"),
        ("title: x\nchanges: [{item: a}]\n", "give exactly one of"),
        ("title: x\nchanges: [{item: a, set: {}}]\n", "changes[0].set: it is no mapping"),
        ("title: x\nchanges: [a]\n", "changes[0]: it is no mapping such as"),
        ("title: x\nchanges: [{item: 7, retire: true}]\n", "changes[0].item: it is no text"),
        (
            f"{ONE}window: {{start: 2026-11-23T00:00Z, end: 2026-11-22T22:00Z}}\n",
            "Line 3, window: The window ends before it starts",
        ),
        ("title: x\nwindow: tonight\nchanges: [{item: a, retire: true}]\n", "window: it is no mapping of"),
        (
            "title: x\ndown: {items: [a]}\nchanges: [{item: a, retire: true}]\n",
            "down.expected: it is missing",
        ),
    ],
)
def test_each_mistake_has_its_own_sentence(text, sentence):
    assert sentence in "\n".join(problems(text))


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "title: [\n", "a: 1\na: 2\n", "a: &x 1\nb: *x\n", "\x00"])
def test_what_is_no_mapping_in_yaml_is_refused_in_one_sentence(text):
    with pytest.raises(Invalid) as wrong:
        changefile.parse(text, "night.yaml")
    assert wrong.value.reason.startswith("night.yaml")


def test_durations_are_read_as_people_write_them():
    given = ("38m", "1h30m", "90s", "2h", "1d", "1d2h3m4s", "0s", "0")
    assert [changefile.seconds(one) for one in given] == [2280, 5400, 90, 7200, 86400, 93784, 0, 0]
    for wrong in ("", "soon", "1.5h", "-3m", "3m1h", "٣m"):
        with pytest.raises(Invalid):
            changefile.seconds(wrong)


def test_a_number_without_a_unit_is_refused_with_both_readings():
    text = "title: x\ndown: {items: [a], expected: 38, worst: 90}\nchanges: [{item: a, retire: true}]\n"
    assert problems(text) == (
        "Line 2, down.expected: '38' has no unit. Write 38m for minutes or 38s for seconds.",
        "Line 2, down.worst: '90' has no unit. Write 90m for minutes or 90s for seconds.",
    )


def test_times_nobody_plans_in_are_refused_when_read_and_all_at_once():
    text = (
        "title: x\nwindow: {start: 9001-01-01T00:00:00Z, end: 1066-10-14T00:00:00Z}\n"
        "down: {items: [a], expected: 38m, worst: 99999d, from: 0001-01-01T00:00:00Z}\n"
        "changes: [{item: a, retire: true}]\n"
    )
    found = problems(text)
    assert [one.split(":")[0] for one in found] == [
        "Line 2, window.start",
        "Line 2, window.end",
        "Line 3, down.worst",
        "Line 3, down.from",
    ]
    assert "lies outside the years 1970 to 2999" in found[0]
    assert "'99999d' is longer than 366 days" in found[2]
    long = "title: x\nwindow: {start: 2026-01-01T00:00:00Z, end: 2028-01-01T00:00:00Z}\nchanges: []\n"
    assert "Line 2, window: it is longer than 366 days." in problems(long)


def test_half_characters_and_aliases_are_refused_at_their_line_with_what_to_write():
    for text, said in (
        ('title: x\nreason: "\\ud83d\\ude00 done"\n' + ONE[9:], "line 2: .* write .*U0001F600"),
        ('title: "\\udc00"\n' + ONE[9:], "line 1: .* half a character"),
        ("title: &t x\nreason: *t\n" + ONE[9:], "line 2: aliases"),
    ):
        with pytest.raises(Invalid, match=said):
            changefile.parse(text)


@pytest.mark.parametrize(("written", "read"), [("2d", 172_800), ("1h30m", 5400), (3600, 3600)])
def test_the_time_for_votes_is_written_as_any_other_duration(written, read):
    text = f"title: x\nchanges: [{{policy: p, set: {{deadline: {written}}}}}]\n"
    assert changefile.parse(text).changes[0].exact == {"deadline": read}


def test_a_time_for_votes_that_is_none_is_named_with_its_place():
    [problem] = problems("title: x\nchanges: [{policy: p, set: {deadline: soon}}]\n")
    assert problem.startswith("Line 2, changes[0].set.deadline: 'soon' is no duration.")
