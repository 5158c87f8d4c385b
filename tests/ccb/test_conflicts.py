"""What stands against a change: every kind of conflict, in words and with its time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ccb import conflicts
from ccb.conflicts import Scheduled
from ccb.model import ChangeRequest, ProposedChange, Window
from cmdb.commitments import ServiceCommitment
from cmdb.joint_outages import JointHit, JointOutage
from cmdb.promises import Freeze, ServiceAgreement
from cmdb.work import Hold

NIGHT = datetime(2026, 11, 22, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)


def change(id: str = "sw-11", **more) -> ProposedChange:
    return ProposedChange(**{"record": "item", "id": id, "operation": "set", "exact": {"model": "x"}, **more})


def request(number: int = 1, *changes: ProposedChange, **more) -> ChangeRequest:
    fields = {
        "id": f"CR-{number}",
        "title": "Work",
        "originator": "r.bakker",
        "implementer": f"person-{number}",
        "changes": changes or (change(f"item-{number}"),),
        "window": Window(start=NIGHT, end=NIGHT + 2 * HOUR),
        "created_at": NIGHT - timedelta(days=3),
        "changed_at": NIGHT - timedelta(days=2),
        **more,
    }
    return ChangeRequest(**fields)


def other(*changes: ProposedChange, effects=None, **more) -> Scheduled:
    found = request(2, *changes, **more)
    return Scheduled(
        request=found, records=frozenset(one.subject for one in found.changes), effects=effects or {}
    )


def told(found) -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in found]


def test_the_same_record_item_and_implementer_clash_only_while_the_windows_overlap():
    mine = request(1, change("sw-11"), implementer="k.chen")
    theirs = {"implementer": "k.chen", "effects": {"mail": "outage", "quiet": "degraded"}}
    found = conflicts.overlaps(mine, [other(change("sw-11"), **theirs)], {"mail": "degraded"})
    assert told(found) == [
        ("same record", "item sw-11"),
        ("same item", "mail"),
        ("implementer busy", "k.chen"),
    ]
    assert {(one.other, one.start, one.end) for one in found} == {("CR-2", NIGHT, NIGHT + 2 * HOUR)}
    touching = Window(start=NIGHT + 2 * HOUR, end=NIGHT + 3 * HOUR)
    assert conflicts.overlaps(mine, [other(change("sw-11"), window=touching, **theirs)], {}) == []
    assert conflicts.overlaps(mine.but(window=None), [other(change("sw-11"), **theirs)], {}) == []


def test_different_dependencies_of_one_item_are_different_records():
    link = {"record": "dependency", "operation": "connect", "kind": "uses", "exact": {}}
    mine = request(1, change("mail", target="sw-11", **link))
    assert conflicts.overlaps(mine, [other(change("mail", target="sw-12", **link))], {}) == []
    assert told(conflicts.overlaps(mine, [other(change("mail", target="sw-11", **link))], {})) == [
        ("same record", "mail uses sw-11")
    ]


def test_a_joint_outage_names_every_request_in_it_and_services_first():
    hits = (JointHit("zmail", "Mail", "degraded", True, ("zmail",)), JointHit("app", "", "outage", False, ()))

    def joint(*changes: str) -> JointOutage:
        return JointOutage(changes=changes, start=NIGHT, end=NIGHT + HOUR, items=hits, groups=())

    found = conflicts.joint_outages(request(1), [joint("CR-1", "CR-2"), joint("CR-1", "CR-3", "CR-12")])
    assert told(found) == [("joint outage", "zmail"), ("joint outage", "app")] * 2
    assert [one.sentence for one in found[:3]] == [
        "zmail is degraded while this and CR-2 are down together.",
        "app is in outage while this and CR-2 are down together.",
        "zmail is degraded while this, CR-3 and CR-12 are down together.",
    ]
    assert [one.other for one in found] == ["CR-2", "CR-2", "CR-3 and CR-12", "CR-3 and CR-12"]
    assert {(one.start, one.end) for one in found} == {(NIGHT, NIGHT + HOUR)}
    assert conflicts.others({"other": "CR-3 and CR-12"}) == ("CR-3", "CR-12")
    assert conflicts.others({"kind": "notice"}) == ()


def agreement(**more) -> ServiceAgreement:
    return ServiceAgreement(
        id="sla",
        title="Mail",
        customer="acme",
        manager="m.jansen",
        start=NIGHT,
        services=("mail",),
        commitments=(ServiceCommitment(id="up", service="mail", target=Decimal("99.9")),),
        **more,
    )


@pytest.mark.parametrize(
    ("spans", "clash"),
    [
        (None, False),  # it agrees no windows: nothing to be outside of
        ([], True),
        ([(NIGHT, NIGHT + 2 * HOUR)], False),
        ([(NIGHT, NIGHT + HOUR), (NIGHT + HOUR, NIGHT + 2 * HOUR)], True),  # longer than either
        ([(NIGHT + HOUR, NIGHT + 5 * HOUR)], True),
    ],
)
def test_a_window_outside_or_longer_than_those_agreed_is_a_conflict(spans, clash):
    agreed = {} if spans is None else {"sla": spans}
    found = conflicts.agreements(request(), [agreement()], agreed)
    assert told(found) == ([("agreed window", "sla")] if clash else [])


def test_notice_counts_from_the_submission_and_says_how_much_is_missing():
    asks = agreement(notice=3 * 86_400)
    late = request(submitted_at=NIGHT - timedelta(days=2, hours=22, minutes=30))
    (found,) = conflicts.agreements(late, [asks], {})
    assert found.sentence == "sla asks for 72 h notice; it is short by 1 h 30 min."
    assert conflicts.agreements(request(submitted_at=NIGHT - timedelta(days=3)), [asks], {}) == []


def test_a_freeze_clashes_where_it_touches_the_window():
    freeze = Freeze(id="fr-1", title="Year end", start=NIGHT + HOUR, end=NIGHT + 9 * HOUR)
    (found,) = conflicts.calendar(request(), [(freeze, [(NIGHT + HOUR, NIGHT + 9 * HOUR)])])
    assert (found.kind, found.subject) == ("freeze", "fr-1")
    assert (found.start, found.end) == (NIGHT + HOUR, NIGHT + 2 * HOUR)
    assert conflicts.calendar(request(), [(freeze, [(NIGHT + 2 * HOUR, NIGHT + 9 * HOUR)])]) == []
    assert conflicts.calendar(request().but(window=None), [(freeze, [(NIGHT, NIGHT + HOUR)])]) == []


def test_a_window_of_the_calendar_has_to_hold_the_whole_window_of_the_request():
    agreed = Freeze(id="w-1", title="Sunday", start=NIGHT, end=NIGHT + 9 * HOUR, kind="agreed window")
    assert conflicts.calendar(request(), [(agreed, [(NIGHT, NIGHT + 9 * HOUR)])]) == []
    (found,) = conflicts.calendar(request(), [(agreed, [(NIGHT + HOUR, NIGHT + 9 * HOUR)])])
    assert (found.kind, found.subject) == ("agreed window", "w-1")
    assert len(conflicts.calendar(request(), [(agreed, [])])) == 1


def test_records_that_somebody_holds_are_named_with_who_and_until_when():
    def hold(item: str, until: datetime) -> Hold:
        return Hold(item=item, person="s.berg", reason="audit", placed_at=NIGHT - HOUR, until=until)

    mine = request(1, change("sw-11"), change("sw-12"))
    out = [request(2, change("sw-12")), request(3, change("sw-13")), mine]
    found = conflicts.in_the_way(
        mine, [hold("sw-11", NIGHT + HOUR), hold("sw-12", NIGHT), hold("x", NIGHT)], out
    )
    assert [one.sentence for one in found] == [
        "sw-11 is on hold by s.berg: audit.",
        "item sw-12 is checked out for CR-2.",
    ]
    assert told(conflicts.in_the_way(mine.but(window=None), [hold("sw-12", NIGHT)], [])) == [
        ("on hold", "sw-12")
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (45, "45 s"), (90, "1 min 30 s"), (3600, "1 h"), (5400, "1 h 30 min"), (90_000, "25 h")],
)
def test_lengths_of_time_are_written_as_people_do(seconds, words):
    assert conflicts.span(seconds) == words


def test_what_two_requests_share_is_told_once_and_everything_else_as_it_is():
    times = {"other": "CR-3", "start": "2026-11-22T23:30:00Z", "end": "2026-11-23T00:00:00Z"}
    shared = [
        {"kind": "joint outage", "subject": f"svc-{n}", "sentence": f"svc-{n} is down.", **times}
        for n in range(6)
    ]
    alone = {"kind": "notice", "subject": "sla", "other": "", "sentence": "sla asks for 48 h notice."}
    told = conflicts.told([*shared, alone])
    assert told == [
        (
            "Together with CR-3, 2026-11-22T23:30:00Z to 2026-11-23T00:00:00Z: svc-0, svc-1, svc-2, svc-3"
            " and 2 more down or degraded, none of them by one alone."
        ),
        "sla asks for 48 h notice.",
    ]
    assert conflicts.told(shared[:1], time=lambda start, end: f"{start[11:16]}-{end[11:16]}") == [
        "svc-0 is down, 23:30-00:00."
    ]
