"""What would hurt most: a configuration manager asks which items take most with them."""

from tests.stories.terminal import Terminal


def test_the_worst_items_are_named_with_what_they_take_and_the_words_say_what_is_covered(
    port: Terminal,
) -> None:
    said = port.does("report risks --limit 3")
    assert "every item that serves: 62" in said
    assert "single points of failure" in said
    assert said.index("hall-1") < said.index("cluster-quay") < said.index("fw-1")
    found = port.types("report risks --limit 3 --json").json
    worst = found["items"][0]
    assert worst["id"] == "hall-1"
    assert worst["single_point"]
    for one in found["items"]:
        hit = {
            each["id"]: each["effect"] for each in port.types(f"impact {one['id']} --json").json["services"]
        }
        assert one["services_outage"] == sorted(id for id, effect in hit.items() if effect == "outage")
        assert one["services_degraded"] == sorted(id for id, effect in hit.items() if effect == "degraded")


def test_a_single_point_of_the_report_is_one_of_the_service(port: Terminal) -> None:
    found = port.types("report risks --limit 1000 --service svc-vessel-traffic --json").json
    alone = port.types("spof svc-vessel-traffic --json").json["single_points"]
    assert {one["id"] for one in found["items"] if "svc-vessel-traffic" in one["services_outage"]} == {
        one["id"] for one in alone
    }
    assert port.does("report risks --format md --limit 1").startswith("# Top risks")
    assert port.does("report risks --format csv --limit 1").count("\n") == 2
    port.refused("report risks --type nosuch", code=3, says="nosuch")


def test_the_risks_of_a_moment_are_those_its_baseline_has(port: Terminal) -> None:
    port.now = "2026-11-23T08:00:00Z"
    before = port.types("report risks --limit 1000 --json").json
    port.now = "2026-11-23T09:00:00Z"
    desk = port.as_("e.dubois")
    baseline = desk.types("baseline list --json").json[0]["id"]
    desk.does("item register probe-1 --type network-device --name Probe --owner k.chen")
    desk.does("item connect probe-1 hall-1 --kind uses")
    assert port.types("report risks --limit 1000 --json").json["taken_down"] == before["taken_down"] + 1
    then = port.types("report risks --limit 1000 --as-of 2026-11-23T08:00:00Z --json").json
    assert then["baseline"] == baseline
    for name in ("as_of", "not_recorded", "baseline"):
        then.pop(name)
    assert then == before | {"made_at": then["made_at"]}
    first = port.types("report risks --as-of 2026-11-20T12:00:00Z --json").json
    held_by = first["baseline"]
    assert held_by < baseline
    for one in first["items"][:5]:
        hit = port.types(f"impact {one['id']} --baseline {held_by} --json").json["services"]
        assert one["services_outage"] == sorted(each["id"] for each in hit if each["effect"] == "outage")
    for form in ("text", "md", "html", "csv"):
        assert "hall-1" in port.does(f"report risks --as-of 2026-11-20T12:00:00Z --format {form}"), form
    assert held_by in port.does("report risks --as-of 2026-11-20T12:00:00Z")
    port.refused("report risks --as-of 2020-01-01", code=3, says="No baseline was in force")
    port.refused("report risks --as-of 2030-01-01", code=2, says="lies ahead")
