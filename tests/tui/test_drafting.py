"""From a form to a change file: every line is read, or every line that cannot be is named."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ccb import changefile
from cmdb.errors import Invalid
from tui.drafting import Draft, document

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


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
    content = document(draft, AMSTERDAM)
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


def test_nothing_goes_down_when_no_length_is_given() -> None:
    assert "down" not in document(Draft(title="x", items=(), down=("sw-11",)), AMSTERDAM)


def test_every_line_that_cannot_be_read_is_named_at_once() -> None:
    draft = Draft(
        title="x",
        items=(("a", "model"), ("b", 'name="open')),
        start="tomorrow",
        end="2026-11-23T00:00",
        others="connect a; dance",
    )
    with pytest.raises(Invalid) as refused:
        document(draft, AMSTERDAM)
    assert len(refused.value.problems) == 5
    assert refused.value.problems[0].startswith("a: 'model' is not field=value")
