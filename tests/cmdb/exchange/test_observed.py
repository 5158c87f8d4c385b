"""Outages from files: planned first, entered all or nothing, known again when the file comes again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cmdb import journal, measurements
from cmdb.errors import Invalid, Refused
from cmdb.exchange import observed
from cmdb.exchange.observed import Plan, Reading
from cmdb.model import RoleGrant
from cmdb.promises import Outage
from cmdb.store import Store
from cmdb.uptime import GapRule
from tests.cmdb.harbour import settle

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULE = GapRule(longest=1800)
OUTAGES = (
    "subject,started,ended,effect,note\n"
    "mail,2026-11-10T10:00:00Z,2026-11-10T11:00:00Z,,certificate\n"
    "db-1,2026-11-11T10:00:00+01:00,2026-11-11T12:00:00+01:00,degraded,\n"
)
CHECKS = (
    "subject,at,state\n"
    "mail,2026-11-10T10:00:00Z,up\n"
    "mail,2026-11-10T10:10:00Z,down\n"
    "mail,2026-11-10T10:20:00Z,down\n"
)


@pytest.fixture
def harbour(store: Store) -> Store:
    settle(store)
    with store.write() as uow:
        uow.add(RoleGrant(id="g", person="a.vries", role="event manager", start=NOW - timedelta(days=90)))
        uow.commit()
    return store


def planned(store: Store, folder: Path, text: str, name: str = "seen.csv", **how: object) -> Plan:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return observed.plan(store, file, Reading(**how), at=NOW)


def entered(store: Store, folder: Path, text: str, **how: object) -> Plan:
    plan = planned(store, folder, text, **how)
    observed.apply(store, plan, actor="a.vries", at=NOW)
    return plan


def held(store: Store) -> list[Outage]:
    with store.read() as uow:
        return sorted(measurements.listed(uow), key=lambda one: one.started)


def test_outages_are_entered_with_one_journal_entry_that_names_the_file(harbour, tmp_path):
    plan = entered(harbour, tmp_path, OUTAGES)
    assert (len(plan.new), plan.unchanged) == (2, 0)
    first, second = held(harbour)
    assert (first.subject, first.effect, first.note) == ("mail", "outage", "certificate")
    assert (second.started, second.effect) == (datetime(2026, 11, 11, 9, tzinfo=UTC), "degraded")
    with harbour.read() as uow:
        (entry,) = journal.of_subject(uow, "mail")
        assert entry.action == "import outages"
        assert entry.changed["sha256"] == plan.digest
        assert uow.rows("SELECT service, effect FROM derived_outage") == [("berths", "degraded")]


def test_the_same_file_again_changes_nothing_and_a_better_one_corrects(harbour, tmp_path):
    entered(harbour, tmp_path, OUTAGES)
    again = planned(harbour, tmp_path, OUTAGES)
    assert (again.new, again.corrected, again.unchanged) == ((), (), 2)
    better = entered(harbour, tmp_path, OUTAGES.replace("T11:00:00Z", "T11:30:00Z"))
    assert [one.replaces for one in better.corrected] == ["out-0001"]
    assert held(harbour)[0].ended == datetime(2026, 11, 10, 11, 30, tzinfo=UTC)
    with harbour.read() as uow:
        assert len(measurements.listed(uow, corrected=True)) == 3


def test_checks_become_outages_and_a_longer_file_ends_what_was_cut_short(harbour, tmp_path):
    first = entered(harbour, tmp_path, CHECKS, rule=RULE, source="probe")
    assert [one.ended for one in first.new] == [datetime(2026, 11, 10, 10, 50, tzinfo=UTC)]
    more = CHECKS + "mail,2026-11-10T10:30:00Z,up\n"
    entered(harbour, tmp_path, more, rule=RULE, source="probe")
    assert [(one.source, one.ended) for one in held(harbour)] == [
        ("probe", datetime(2026, 11, 10, 10, 30, tzinfo=UTC))
    ]


def test_what_the_last_check_still_sees_goes_on_and_a_longer_file_says_when_it_ended(harbour, tmp_path):
    seen = CHECKS.replace("2026-11-10T", "2026-11-20T").replace("T10:", "T11:")
    late = seen.replace("T11:20:00Z", "T11:50:00Z").replace("T11:10:00Z", "T11:40:00Z")
    first = entered(harbour, tmp_path, late, rule=RULE, source="probe")
    assert [(one.started.minute, one.ended) for one in first.new] == [(40, None)]
    assert planned(harbour, tmp_path, late, rule=RULE, source="probe").unchanged == 1


def test_an_outage_known_as_running_ends_and_another_follows_in_the_next_file(harbour, tmp_path):
    entered(harbour, tmp_path, "subject,started,ended\nmail,2026-11-10T10:00:00Z,\n", source="log")
    more = (
        "subject,started,ended\nmail,2026-11-10T10:00:00Z,2026-11-10T11:00:00Z\n"
        "mail,2026-11-12T10:00:00Z,2026-11-12T10:30:00Z\nmail,2026-11-13T10:00:00Z,\n"
    )
    plan = entered(harbour, tmp_path, more, source="log")
    assert (plan.errors, len(plan.corrected), len(plan.new)) == ((), 1, 2)
    assert [one.ended and one.ended.hour for one in held(harbour)] == [11, 10, None]


def test_the_same_checks_read_with_another_rule_for_gaps_join_outages_and_part_them_again(harbour, tmp_path):
    text = CHECKS.replace("T10:20:00Z", "T10:40:00Z") + "mail,2026-11-10T10:45:00Z,up\n"
    text = text.replace("mail,", "db-1,")

    def read(longest: int) -> tuple[list[tuple[int, int]], Plan]:
        plan = entered(harbour, tmp_path, text, rule=GapRule(longest=longest), source="probe")
        assert plan.errors == ()
        return [
            (one.started.minute, one.ended.minute) for one in held(harbour) if one.effect == "outage"
        ], plan

    apart, joined = [(10, 20), (40, 45)], [(10, 45)]
    assert [read(longest)[0] for longest in (600, 1800, 600, 1800)] == [apart, joined, apart, joined]
    found, again = read(1800)
    assert (found, again.new, again.corrected, again.unchanged) == (joined, (), (), 1)
    with harbour.read() as uow:
        told = [one.note for one in measurements.listed(uow) if one.effect == "none"]
        assert told
        assert all(note.startswith("a part of out-") for note in told)
        # What follows for the service follows from what counts now, once.
        [one] = [each for each in measurements.listed(uow) if each.effect == "outage"]
        follows = "SELECT service FROM derived_outage WHERE together = ?"
        assert uow.rows(follows, one.id) == [("berths",)]


def test_another_source_is_another_observation(harbour, tmp_path):
    entered(harbour, tmp_path, CHECKS, rule=RULE, source="probe")
    plan = planned(harbour, tmp_path, CHECKS, rule=RULE, source="other probe")
    assert len(plan.new) == 1


def test_every_bad_row_is_named_at_once_and_nothing_is_written(harbour, tmp_path):
    text = (
        "subject,started,ended,effect\n"
        "nobody,2026-11-10 10:00,,gone\n"
        "mail,2026-11-10T10:00:00Z,2026-11-10T09:00:00Z,\n"
        "mail,2027-01-01T00:00:00Z,,\n"
        "mail,soon,,\n"
    )
    plan = planned(harbour, tmp_path, text)
    with pytest.raises(Invalid) as wrong:
        observed.apply(harbour, plan, actor="a.vries", at=NOW)
    said = "\n".join(wrong.value.problems)
    for words in ("no item 'nobody'", "no zone", "'gone'", "not after the start", "lies ahead", "not a time"):
        assert words in said
    assert held(harbour) == []


def test_times_without_a_zone_are_read_in_the_zone_that_is_said(harbour, tmp_path):
    text = "subject,started,ended\nmail,2026-10-26 02:30,2026-10-26 03:30\n"
    plan = planned(harbour, tmp_path, text, zone="Europe/Amsterdam")
    assert plan.new[0].started == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)
    twice = planned(harbour, tmp_path, text.replace("26 02", "25 02"), zone="Europe/Amsterdam")
    assert "shown twice" in twice.errors[0].reason
    spring = "subject,started\nmail,2026-03-29 02:30\n"
    assert "skipped" in planned(harbour, tmp_path, spring, zone="Europe/Amsterdam").errors[0].reason


def test_a_time_without_a_zone_is_refused_with_both_readings(harbour, tmp_path):
    text = "subject,started\nmail,2026-07-10T10:00:00\n"
    (problem,) = planned(harbour, tmp_path, text, here="Europe/Amsterdam").errors
    assert "2026-07-10T10:00:00Z if UTC is meant, 2026-07-10T08:00:00Z if Europe/Amsterdam" in problem.reason


def test_one_outage_told_twice_in_a_file_is_an_error(harbour, tmp_path):
    text = OUTAGES + "mail,2026-11-10T10:30:00Z,2026-11-10T11:30:00Z,,\n"
    assert "overlaps" in planned(harbour, tmp_path, text).errors[0].reason
    entered(harbour, tmp_path, OUTAGES)
    assert "speaks of it too" in planned(harbour, tmp_path, text).errors[0].reason


def test_a_plan_made_before_something_else_was_written_is_refused(harbour, tmp_path):
    plan = planned(harbour, tmp_path, OUTAGES)
    measurements.record_outage(harbour, subject="radar", started=NOW, actor="a.vries", at=NOW)
    with pytest.raises(Refused, match="since the import was planned"):
        observed.apply(harbour, plan, actor="a.vries", at=NOW)


def test_gaps_and_checks_that_disagree_are_told(harbour, tmp_path):
    text = CHECKS + "mail,2026-11-10T10:20:00Z,up\nmail,2026-11-10T12:00:00Z,up\n"
    plan = planned(harbour, tmp_path, text, rule=RULE)
    assert plan.worse == (5,)
    assert [(one.state, one.end) for one in plan.gaps] == [("down", datetime(2026, 11, 10, 12, tzinfo=UTC))]


def test_empty_files_and_wrong_headers_say_so(harbour, tmp_path):
    assert planned(harbour, tmp_path, "").error_total == 1
    assert planned(harbour, tmp_path, "a,b\n1,2\n").error_total == 4


@pytest.mark.parametrize("zone", ["", "Asia/Tokyo", "America/New_York"])
def test_years_nobody_measured_in_are_named_with_their_line(harbour, tmp_path, zone):
    end = "" if zone else "Z"
    rows = [f"sw-1,{year}-01-01T00:00:00{end}," for year in ("0001", "1969", "9999")]
    plan = planned(harbour, tmp_path, "\n".join(["subject,started,ended", *rows]), zone=zone)
    assert {one.line for one in plan.errors if one.column == "started"} == {2, 3, 4}


def test_a_file_of_blank_lines_has_no_header(harbour, tmp_path):
    assert planned(harbour, tmp_path, "\n\n\n").error_total == 1


def test_a_change_request_that_does_not_exist_is_named_with_its_line(sqlite_store, tmp_path):
    settle(sqlite_store)
    file = tmp_path / "seen.csv"
    file.write_text(
        "subject,started,ended,change\n"
        "mail,2026-11-10T10:00:00Z,2026-11-10T11:00:00Z,CR-1\n"
        "mail,2026-11-11T10:00:00Z,2026-11-11T11:00:00Z,CR-9\n"
    )
    plan = observed.plan(
        sqlite_store, file, Reading(), at=NOW, unknown=lambda _uow, named: set(named) - {"CR-1"}
    )
    [problem] = plan.errors
    assert problem.sentence() == "seen.csv, line 3, column change: There is no change request 'CR-9'."
