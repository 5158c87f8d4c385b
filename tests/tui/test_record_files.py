"""Records as files for an editor: what is written is read back as the same content."""

from datetime import UTC, datetime

import pytest

from ccb import changefile
from ccb.model import ChangeDraft, ChangeRequest, DownSet, ProposedChange, Window
from cmdb.errors import Invalid
from cmdb.model import Dependency, Item
from tui.record_files import change_file, item_fields, item_file, new_change_file, without_unchanged

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ITEM = Item(
    id="sw-21",
    type="network-device",
    name="Switch: \u202e'\"# [x] 機械",
    owner="k.chen",
    points=("built", "sold"),
    characteristics={"model": "22.4", "units": 2, "ports": ["a", "b"], "text": "two\nlines"},
)
CHANGES = (
    ProposedChange(record="item", id="sw-11", operation="set", exact={"model": "X"}, open=("serial",)),
    ProposedChange(record="item", id="sw-11", operation="set", open=("firmware",)),
    ProposedChange(record="item", id="sw-12", operation="add", exact={"type": "server", "name": "n: #"}),
    ProposedChange(record="item", id="sw-13", operation="retire"),
    ProposedChange(record="item", id="sw-14", operation="return to service"),
    ProposedChange(record="item", id="sw-15", operation="change level", exact={"level": "controlled"}),
    ProposedChange(record="person", id="k.chen", operation="set", exact={"email": "k@example.org"}),
    ProposedChange(
        record="dependency",
        id="a",
        target="b",
        kind="runs on",
        operation="connect",
        exact={"group": "g", "need": "2"},
    ),
    ProposedChange(record="dependency", id="a", target="c", kind="uses", operation="disconnect"),
    ProposedChange(
        record="dependency",
        id="a",
        target="d",
        kind="uses",
        operation="set dependency",
        exact={"strength": "soft"},
    ),
    ProposedChange(
        record="redundancy group", id="a", group="g", operation="set group", exact={"need": "50%"}
    ),
    ProposedChange(
        record="scope",
        id="type:server",
        operation="bring under control",
        exact={"level": "baselined", "criterion": "c", "also": ["subtypes"]},
    ),
)


def test_an_item_file_is_read_back_as_the_item() -> None:
    text = item_file(ITEM, [Dependency(source="sw-21", target="rack-1")])
    assert "It needs rack-1 (uses)" in text
    assert ITEM.but(**item_fields(text, "The file")) == ITEM


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: f"{one.operation} {one.record}")
def test_a_change_file_is_read_back_as_the_same_proposal(change: ProposedChange) -> None:
    request = ChangeRequest(
        id="CR-7",
        title="Title: with 'quotes'",
        reason="two\nlines",
        originator="a.vries",
        implementer="k.chen",
        changes=(change,),
        window=Window(start=NOW, end=datetime(2026, 11, 22, 14, tzinfo=UTC)),
        down=DownSet(items=("sw-11",), expected=2280, worst=5401, start=NOW),
        backout="put it back",
        test="ping",
        evidence=("photo",),
        created_at=NOW,
        changed_at=NOW,
    )
    draft = changefile.parse(change_file(request))
    assert draft.changes == (change,)
    for name in ("title", "reason", "implementer", "window", "down", "backout", "test", "evidence"):
        assert getattr(draft, name) == getattr(request, name)


def test_only_what_was_altered_in_a_new_file_becomes_part_of_the_request() -> None:
    text = new_change_file([ITEM, ITEM.but(id="sw-22")], "k.chen")
    untouched = without_unchanged(changefile.parse(text), {"sw-21": ITEM, "sw-22": ITEM.but(id="sw-22")})
    assert untouched.changes == ()
    altered = text.replace("owner: k.chen", "owner: p.ng", 1)
    draft = without_unchanged(changefile.parse(altered), {"sw-21": ITEM, "sw-22": ITEM.but(id="sw-22")})
    (change,) = draft.changes
    assert (change.id, dict(change.exact)) == ("sw-21", {"owner": "p.ng"})
    assert isinstance(draft, ChangeDraft)


def test_every_problem_of_an_item_file_is_named() -> None:
    text = "type: server\nname: 7\nowner: k.chen\ncolour: red\npoints: x\ncharacteristics: {height: 1.5}\n"
    with pytest.raises(Invalid) as refused:
        item_fields(text, "The file")
    assert [one.split(":")[0] for one in refused.value.problems] == [
        "colour",
        "name",
        "points",
        "characteristics.height",
    ]


@pytest.mark.parametrize("text", ["type: [", "just words", "name: a\nname: b", "", "- a\n- b"])
def test_what_is_no_item_file_is_refused_with_a_way_on(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        item_fields(text, "The file")
    assert refused.value.remedy
