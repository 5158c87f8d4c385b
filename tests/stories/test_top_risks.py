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
