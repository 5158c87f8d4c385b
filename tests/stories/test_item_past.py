"""Items as they were agreed: one with what it needed then, or the list, of a baseline or a moment."""


def test_an_item_is_shown_as_a_baseline_held_it_with_what_needed_it_then(port):
    me = port.as_("k.chen")
    now, then = me.types("item show sw-31 --json").json, me.types("item show sw-31 --baseline 1 --json").json
    assert {one["target"] for one in now["dependencies"]} == {"sw-11", "sw-13"}
    assert [one["target"] for one in then["dependencies"]] == ["sw-11"]
    assert then["baseline"] == "BL-000001"
    needed = me.types("item show sw-13 --baseline BL-000001 --json").json["dependants"]
    assert "sw-31" not in {one["source"] for one in needed}
    assert "sw-31" in {one["source"] for one in me.types("item show sw-13 --json").json["dependants"]}
    said = me.does("item show sw-11 --as-of 2026-11-21")
    assert "EX4600" in said
    assert "EX4600" not in me.does("item show sw-11 --baseline latest")


def test_a_list_is_that_of_the_baseline_and_nothing_that_came_later(port):
    me = port.as_("k.chen")
    me.does("item register later-1 --type server --name Later --owner k.chen")
    listed = {one["id"] for one in me.types("item list --baseline 1 --json").json}
    assert listed == {one["id"] for one in me.types("item list --json").json} - {"later-1"}
    services = me.types("item list is:service --baseline 1 --json").json
    assert {one["id"][:4] for one in services} == {"svc-"}
    assert {one["owner"] for one in me.types("item list --baseline 1 --owner p.ng --json").json} == {"p.ng"}
    assert "No item matches." in me.types("item list nothing-like-it --as-of 2026-11-21").words


def test_what_no_baseline_can_answer_is_refused_with_what_can(port):
    me = port.as_("k.chen")
    me.refused("item show nothing --baseline 1", code=3, says="BL-000001 holds no item 'nothing'")
    me.refused("item show sw-11 --baseline 99", code=3, says="There is no baseline '99'")
    me.refused("item show sw-11 --as-of 2026-01-01", code=3, says="No baseline was in force")
    me.refused("item show sw-11 --as-of 2027-01-01", code=2, says="lies ahead")
    me.refused("item list operating:down --baseline 1", code=2, says="How items stood is in no baseline")
    me.refused("impact sw-11 --baseline SB-000001", code=3, says="There is no baseline 'SB-000001'")


def test_what_a_service_hung_on_and_why_is_told_of_the_past_too(port):
    me = port.as_("k.chen")
    now = {one["id"] for one in me.types("spof svc-gate-yard --json").json["single_points"]}
    then = me.types("spof svc-gate-yard --as-of 2026-11-21 --json").json
    assert {one["id"] for one in then["single_points"]} - now == {"sw-11"}  # one link from sw-31 then
    assert then["baseline"] == "BL-000002"
    said = me.does("why svc-gate-yard sw-11 --baseline 1")
    assert said.startswith("On the estate of BL-000001, 2026-11-20")
    assert "sw-31 is in outage because it uses sw-11 (hard)" in said
    assert "app-gate-os, and inherits that margin was lost" in me.does("why svc-gate-yard sw-11")
    remedy = "'cmdb why-not app-gate-os --down sw-13 --baseline BL-000001'"
    me.refused("why app-gate-os sw-13 --baseline 1", code=4, says=remedy)
    assert "inherited from what lost margin" in me.does("why-not svc-gate-yard sw-13 --baseline 1")
    me.refused("spof sw-99 --baseline 1", code=3, says="BL-000001 holds no item 'sw-99'")
