"""The difference between two pieces of evidence reads as sentences of the field."""

from ccb import difference


def test_a_service_that_is_hit_anew_worse_or_no_more_is_said_by_its_effect() -> None:
    old = {"services": [{"service": "mail", "effect": "degraded"}, {"service": "web", "effect": "outage"}]}
    new = {"services": [{"service": "mail", "effect": "outage"}, {"service": "dns", "effect": "degraded"}]}
    assert difference.sentences(old, new) == (
        "dns is now hit: degraded",
        "mail: degraded became outage",
        "web is no longer hit: it was outage",
    )


def test_seconds_are_said_as_people_type_them_and_yes_or_no_in_words() -> None:
    row = {"agreement": "sla", "commitment": "gate", "start": "2026-10-31T23:00:00Z"}
    old = {"planned": [row | {"expected_s": 2280, "worst_s": 5400, "breach_worst": False}]}
    new = {"planned": [row | {"expected_s": 2280, "worst_s": 6300, "breach_worst": True}]}
    assert difference.sentences(old, new) == (
        "cost sla gate 2026-10-31T23:00:00Z, breach in the worst case: no became yes",
        "cost sla gate 2026-10-31T23:00:00Z, worst case: 1h30m became 1h45m",
    )
    down = {"items": ["sw-11"], "expected": 2280, "worst": 5400}
    assert difference.sentences(
        {"down": down}, {"down": down | {"worst": 6305, "items": ["sw-11", "sw-12"]}}
    ) == (
        "new: planned to be down sw-12",
        "planned outage, worst case: 1h30m became 1h45m5s",
    )


def test_clashes_voters_and_single_points_come_and_go() -> None:
    clash = {"kind": "joint outage", "subject": "mail", "other": "CR-9"}
    span = {"start": "2026-11-22T23:30:00Z", "end": "2026-11-23T00:00:00Z"}
    new = {
        "conflicts": [clash | span, {"kind": "agreed window", "subject": "sla"}],
        "voters": ["b"],
        "single_points_added": [{"service": "mail", "item": "sw-1"}],
    }
    assert difference.sentences({"voters": ["a"]}, new) == (
        "new: clash, joint outage of mail with CR-9, 2026-11-22T23:30:00Z to 2026-11-23T00:00:00Z",
        "new: clash, agreed window of sla",
        "new: sw-1 becomes a single point of failure of mail",
        "b is asked as well",
        "a is not asked any more",
    )
    assert "gone: clash, agreed window of sla" in difference.sentences(new, {})


def test_a_proposed_change_is_told_field_by_field() -> None:
    one = {
        "operation": "set",
        "record": "item",
        "id": "sw-11",
        "exact": [{"field": "firmware", "value": "22.4"}],
        "seen": [{"field": "firmware", "value": "21.4"}],
        "open": ["serial"],
    }
    other = one | {"exact": [{"field": "firmware", "value": "22.6"}], "open": []}
    link = {"operation": "connect", "record": "dependency", "id": "a", "kind": "uses", "target": "b"}
    assert difference.sentences({"changes": [one]}, {"changes": [other, link]}) == (
        "new: connect dependency a uses b",
        "set item sw-11 firmware: 22.4 became 22.6",
        "gone: set item sw-11 serial = known afterwards",
    )
    assert difference.sentences({}, {"changes": [one]}) == (
        "new: set item sw-11: firmware = 22.4, serial known afterwards",
    )


def test_what_no_rule_knows_is_named_by_its_field_and_nothing_is_said_of_what_stayed() -> None:
    old = {"policy": {"quorum": 2, "name": "x"}, "risk": "low", "findings": ["a", "b"]}
    new = {"policy": {"quorum": 3, "name": "x"}, "risk": "high", "findings": ["a"]}
    assert difference.sentences(old, new) == (
        "gone: findings b",
        "policy quorum: 2 became 3",
        "risk: low became high",
    )
    assert difference.sentences(old, old) == ()
