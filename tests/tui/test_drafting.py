"""From a form to a change file: every line is read, or every line that cannot be is named."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ccb import changefile
from ccb.model import ChangeRequest, DownSet, ProposedChange, Window
from cmdb.errors import Invalid
from tui.drafting import document, filled, fits, visible
from tui.drafts import Draft

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_form_becomes_the_change_file_that_says_the_same() -> None:
    draft = Draft(
        title="Replace sw-11",
        items=(("sw-11", 'model=QFX5120 firmware="22 4" serial=?'), ("sw-09", "retire"), ("sw-10", "")),
        reason="end of support",
        implementer="k.chen",
        start="2026-11-22T23:00",
        end="2026-11-23T00:00:00Z",
        expected="38m",
        worst="1h30m",
        down=("sw-11",),
        others="connect lb-edge sw-12 uses group=uplink need=1;"
        " disconnect lb-edge sw-11 uses; add sw-12 type=switch",
        back_out="put it back",
        test_plan="ping",
    )
    content = document(draft, AMSTERDAM, NOW)
    assert content["changes"] == [
        {"item": "sw-11", "set": {"model": "QFX5120", "firmware": "22 4"}, "open": ["serial"]},
        {"item": "sw-09", "retire": True},
        {"connect": ["lb-edge", "sw-12"], "group": "uplink", "need": "1", "kind": "uses"},
        {"disconnect": ["lb-edge", "sw-11"], "kind": "uses"},
        {"item": "sw-12", "add": {"type": "switch"}},
    ]
    read = changefile.parse(json.dumps(content), "The form")
    assert read.window is not None
    assert read.window.start == datetime(2026, 11, 22, 22, tzinfo=UTC)
    assert read.down is not None
    assert (read.down.expected, read.down.worst) == (2280, 5400)
    assert [one.operation for one in read.changes][:2] == ["set", "retire"]


def test_drafts_are_brought_under_control_by_a_baseline_request() -> None:
    items = (("sw-12", "control level=controlled"), ("sw-13", "control"))
    content = document(Draft(title="x", items=items, others="control service:svc-mail"), AMSTERDAM, NOW)
    assert content["kind"] == "baseline"
    read = changefile.parse(json.dumps(content), "The form")
    assert [(one.operation, one.id, one.exact["level"]) for one in read.changes] == [
        ("bring under control", "item:sw-12", "controlled"),
        ("bring under control", "item:sw-13", "baselined"),
        ("bring under control", "service:svc-mail", "baselined"),
    ]


def test_an_emergency_is_written_as_one_and_another_word_is_named() -> None:
    emergency = Draft(title="x", items=(("sw-12", "retire"),), kind="emergency")
    assert document(emergency, AMSTERDAM, NOW)["kind"] == "emergency"
    with pytest.raises(Invalid) as refused:
        document(emergency._replace(kind="urgent"), AMSTERDAM, NOW)
    assert refused.value.problems == ("kind: 'urgent' is neither normal nor emergency.",)


def test_nothing_goes_down_when_no_length_is_given() -> None:
    assert "down" not in document(Draft(title="x", items=(), down=("sw-11",)), AMSTERDAM, NOW)


def test_every_line_that_cannot_be_read_is_named_at_once() -> None:
    draft = Draft(
        title="x",
        items=(("a", "model"), ("b", 'name="open')),
        start="someday",
        end="2026-11-23T00:00",
        others="connect a; dance",
    )
    with pytest.raises(Invalid) as refused:
        document(draft, AMSTERDAM, NOW)
    assert len(refused.value.problems) == 5
    assert refused.value.problems[0].startswith("a: 'model' is not field=value")


def test_a_request_fills_the_form_and_the_form_says_the_same_again() -> None:
    changes = (
        ProposedChange(
            record="item",
            id="sw-11",
            operation="set",
            exact={"model": "QFX 5120", "ports": 48, "slot": "7", "tags": ["a", "b"], "note": ""},
            open=("serial",),
        ),
        ProposedChange(record="item", id="sw-09", operation="retire"),
        ProposedChange(
            record="dependency", id="lb", target="sw-12", kind="runs on", operation="connect",
            exact={"group": "uplink", "need": "1"},
        ),
        ProposedChange(record="item", id="sw-12", operation="add", exact={"name": "a; b"}, open=("serial",)),
        ProposedChange(
            record="dependency", id="lb", target="sw-11", kind="uses", operation="set dependency",
            exact={"group": "up link", "strength": "soft"},
        ),
        ProposedChange(
            record="redundancy group", id="lb", group="up link", operation="set group", exact={"need": "50%"}
        ),
        ProposedChange(record="dependency", id="lb", target="sw-8", kind="uses", operation="disconnect"),
        ProposedChange(record="item", id="sw-08", operation="return to service"),
        ProposedChange(record="item", id="sw-08", operation="set", exact={"model": "EX3"}, open=("serial",)),
        ProposedChange(record="item", id="sw-11", operation="return to service"),
        ProposedChange(record="item", id="sw-09", operation="set", open=("serial",)),
    )  # fmt: skip
    request = ChangeRequest(
        id="CR-1",
        title="Swap",
        originator="k.chen",
        implementer="k.chen",
        changes=changes,
        window=Window(start=NOW, end=NOW.replace(hour=14)),
        down=DownSet(items=("sw-11",), expected=2280, worst=5400, start=NOW),
        created_at=NOW,
        changed_at=NOW,
    )
    draft = filled(request, AMSTERDAM, NOW)
    assert (draft.start, draft.end, draft.expected, draft.worst) == (
        "2026-11-22 13:00",
        "2026-11-22 15:00",
        "38m",
        "1h30m",
    )
    read = changefile.parse(json.dumps(document(draft, AMSTERDAM, NOW)), "The form")
    assert sorted(read.changes, key=str) == sorted(changes, key=str)
    assert (read.window, read.down) == (request.window, request.down)


def test_what_the_form_cannot_show_is_told_apart() -> None:
    level = ProposedChange(record="item", id="sw-11", operation="change level", exact={"level": "controlled"})
    assert not fits(level)


def test_a_problem_names_the_line_of_the_form_and_keeps_its_remedy() -> None:
    draft = Draft(
        title="x", items=(("sw-11", "model=1.5"),), start="22:00", end="+2h", others="connect a b uses group="
    )
    assert document(draft, AMSTERDAM, NOW)["window"] == {
        "start": "2026-11-22T21:00:00Z",
        "end": "2026-11-22T23:00:00Z",
    }
    assert (
        visible("Line 1, changes[0].set.model: put 1.5 in quotes.", draft)
        == "sw-11: model: put 1.5 in quotes."
    )
    assert visible("Line 1, changes[1]: give [source, target].", draft) == "others: give [source, target]."
    assert visible("Line 1, down.worst: 'x' is no duration. Write 38m.", draft) == (
        "at worst: 'x' is no duration. Write 38m."
    )
    assert visible("item sw-11: it has no field 'modle'.", draft) == "item sw-11: it has no field 'modle'."
