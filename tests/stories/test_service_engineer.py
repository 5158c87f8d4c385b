"""A service engineer asks what breaks, raises a change from the answer, and does it."""

import json
from pathlib import Path

from tests.stories.terminal import Terminal, vote_all

CHANGE = """title: Replace the memory of the mail server
reason: it reports errors
implementer: m.jansen
window: {start: 2026-11-29T03:00:00Z, end: 2026-11-29T05:00:00Z}
down: {items: [app-mail], expected: 4m, worst: 10m}
changes:
  - {item: app-mail, set: {name: Mail server with new memory}, open: [version]}
backout: old modules back, 5 min
test: a message of 50 MB goes out
"""


def ask(port: Terminal) -> None:
    """What fails, why, why not, and what it costs."""
    asked = json.loads(port.does("impact app-mail --at 2026-11-29T03:00:00Z --for 10m --json"))
    assert asked["effect"] == "outage"
    assert ("svc-mail", "outage") in {(one["id"], one["effect"]) for one in asked["services"]}
    assert asked["window"] == {"start": "2026-11-29T03:00:00Z", "end": "2026-11-29T03:10:00Z"}
    (row,) = [one for one in asked["agreements"] if one["commitment"] == "mail"]
    assert row["left_after_s"] <= row["left_before_s"]
    assert "m.jansen" in {one.get("person") for one in asked["tell"]}
    assert "svc-mail is in outage because it" in port.does("why svc-mail --down app-mail")
    assert "svc-customs" in port.does("why-not svc-customs --down app-mail")
    coded = port.types("impact app-mail --exit-code")
    assert coded.code == 12


def raise_change(port: Terminal, tmp_path: Path) -> None:
    """From the file to the decision."""
    file = tmp_path / "memory.yaml"
    file.write_text(CHANGE)
    assert "CR-6 is a draft" in port.does(f"change new --file {file}")
    port.does("change submit CR-6")
    port.does("change assess CR-6")
    port.does("change refer CR-6")
    port.does("change comment CR-6", "The modules lie in the cage.")
    port.refused("check-out CR-6", code=4, says="no decision carries it")
    card = json.loads(port.does("change show CR-6 --json"))
    waiting = [
        one["name"].split()[1]
        for one in card["requirements"]
        if one["name"].startswith("consent") and one["status"] == "unsatisfied"
    ]
    vote_all(port, "CR-6", *dict.fromkeys(["a.vries", "t.ruiz", "k.chen", *waiting]))
    assert json.loads(port.does("change show CR-6 --json"))["state"] == "approved"


def test_columns_are_added_to_a_list_by_the_words_of_its_filter(port: Terminal) -> None:
    assert "WH5120-0417  network" in port.does("item list type:network-device show:serial,group")
    [found] = port.types("item list sw-11 show:serial,ghost --json").json
    assert found["shown"] == {"serial": "WH5120-0417"}


def test_from_a_question_to_a_closed_change(port: Terminal, tmp_path: Path) -> None:
    port = port.as_("m.jansen")
    ask(port)
    raise_change(port, tmp_path)
    work = tmp_path / "work"
    port.does(f"check-out CR-6 --to {work}")
    port.refused(f"check-in CR-6 --from {work} --apply", code=4, says="window has not started")
    port = port.at("2026-11-29T03:00:00Z")
    port.does("change start CR-6")
    record = work / "items" / "app-mail.json"
    content = json.loads(record.read_text())
    content["characteristics"]["version"] = "3.9.4"
    record.write_text(json.dumps(content))
    with port.untouched():
        assert "item app-mail" in port.does(f"check-in CR-6 --from {work}")
    assert "BL-000004" in port.does(f"check-in CR-6 --from {work} --apply")

    port = port.at("2026-11-29T03:20:00Z")
    port.refused("change close CR-6 --outcome 'as planned'", code=4, says="finish")
    port.does("change finish CR-6")
    port.does("change close CR-6 --outcome 'as planned' --outage 6m")
    shown = json.loads(port.does("change show CR-6 --json"))
    assert (shown["state"], shown["baseline"]) == ("closed", "BL-000004")
    assert shown["comments"][0]["text"] == "The modules lie in the cage."
    found = json.loads(port.does("baseline compare BL-000003 BL-000004 --json"))
    assert {(one["id"], one["field"], one["new"], one["change"]) for one in found["changed"]} == {
        ("app-mail", "characteristics.version", "3.9.4", "CR-6"),
        ("app-mail", "name", "Mail server with new memory", "CR-6"),
    }
    assert "CR-6" in port.does("item history app-mail")
    assert json.loads(port.does("verify --json"))["ok"]
