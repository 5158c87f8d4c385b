"""Observations from files: planned first, entered all or nothing, known again when the file comes again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cmdb import agreements, journal, observations
from cmdb.amounts import amount
from cmdb.errors import Invalid, Refused
from cmdb.exchange import measured
from cmdb.exchange.measured import Plan, Reading
from cmdb.store import Store
from tests.cmdb.harbour import settle
from tests.cmdb.test_agreements import NOW, agreement, with_customer
from tests.cmdb.test_observations import BY, RESPOND

FILE = (
    "service,quantity,at,value,reference\n"
    "mail,response time,2026-11-10T10:00:00Z,270 min,INC-1\n"
    "mail,Response Time,2026-11-10T11:00:00+01:00,PT4H30M,INC-2\n"
    "mail,response time,2026-11-11T10:00:00Z,4:30:00,INC-3\n"
    "mail,response time,2026-11-11T10:00:00Z,12,INC-4\n"
)


@pytest.fixture
def harbour(store: Store) -> Store:
    with_customer(settle(store))
    agreements.register(store, agreement(commitments=(RESPOND,)), **BY)
    return store


def planned(store: Store, folder: Path, text: str, name: str = "desk.csv", **how: object) -> Plan:
    (folder / name).write_text(text, encoding="utf-8")
    return measured.plan(store, folder / name, Reading(**how), at=NOW)


def entered(store: Store, folder: Path, text: str, **how: object) -> Plan:
    plan = planned(store, folder, text, **how)
    measured.apply(store, plan, **BY)
    return plan


def held(store: Store) -> list[tuple[str, str, str]]:
    with store.read() as uow:
        found = observations.listed(uow)
    return sorted((one.reference, str(one.value), one.unit) for one in found)


def test_every_usual_way_to_write_a_length_of_time_is_read(harbour: Store, tmp_path: Path) -> None:
    plan = entered(harbour, tmp_path, FILE)
    assert (len(plan.new), plan.unchanged, plan.errors) == (4, 0, ())
    assert held(harbour) == [
        ("INC-1", "270", "min"),
        ("INC-2", "16200", "s"),
        ("INC-3", "16200", "s"),
        ("INC-4", "12", "min"),
    ]
    with harbour.read() as uow:
        *_, entry = journal.entries(uow)
        assert (entry.action, entry.changed["new"], entry.changed["to"]) == (
            "import observations",
            4,
            "obs-0004",
        )
        assert "file:desk.csv" in entry.subjects
        assert journal.chain_problem(uow) is None


def test_the_same_file_again_changes_nothing_and_another_value_corrects(
    harbour: Store, tmp_path: Path
) -> None:
    entered(harbour, tmp_path, FILE)
    assert planned(harbour, tmp_path, FILE).unchanged == 4
    plan = entered(harbour, tmp_path, FILE.replace("12,INC-4", "15,INC-4"))
    assert [(one.replaces, str(one.value)) for one in plan.corrected] == [("obs-0004", "15")]
    assert ("INC-4", "15", "min") in held(harbour)
    with harbour.read() as uow:
        assert len(observations.listed(uow, corrected=True)) == 5


def test_what_a_person_corrected_or_withdrew_since_is_not_undone(harbour: Store, tmp_path: Path) -> None:
    entered(harbour, tmp_path, FILE)
    observations.correct(harbour, "obs-0004", value=amount("9 min"), **BY)
    observations.correct(harbour, "obs-0003", withdrawn=True, **BY)
    again = planned(harbour, tmp_path, FILE)
    assert (again.new, again.corrected, again.unchanged) == ((), (), 4)


def test_without_a_reference_the_instant_tells_them_apart_and_equal_ones_are_paired(
    harbour: Store, tmp_path: Path
) -> None:
    head = "service,quantity,at,value\n"
    rows = [f"mail,response time,2026-11-10T10:00:00Z,{value}\n" for value in (5, 7)]
    entered(harbour, tmp_path, head + "".join(rows))
    again = planned(harbour, tmp_path, head + "".join(rows[::-1]))
    assert (again.new, again.corrected, again.unchanged) == ((), (), 2)
    one_more = planned(harbour, tmp_path, head + "".join([*rows, rows[0]]))
    assert (len(one_more.new), one_more.unchanged) == (1, 2)
    other = planned(harbour, tmp_path, head + rows[0] + rows[1].replace(",7", ",8"))
    assert [str(one.value) for one in other.corrected] == ["8"]


def test_a_stretch_of_time_comes_with_both_its_ends(harbour: Store, tmp_path: Path) -> None:
    text = "started,ended\n2026-11-10T10:00:00Z,2026-11-10T10:45:00Z\n"
    plan = entered(harbour, tmp_path, text, service="mail", quantity="response time")
    assert [(str(one.value), one.unit) for one in plan.new] == [("2700", "s")]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("gone,response time,2026-11-10T10:00:00Z,5,,", "there is no service 'gone'"),
        ("sw-11,response time,2026-11-10T10:00:00Z,5,,", "there is no service 'sw-11'"),
        ("mail,response time,2026-11-10T10:00:00,5,,", "has no zone"),
        ("mail,response time,2027-11-10T10:00:00Z,5,,", "lies ahead"),
        ("mail,response time,never,5,,", "is not a time"),
        (
            "mail,response time,2026-11-10T10:00:00Z,4:30,,",
            "Write 4:30:00 for hours and minutes, or 0:04:30.",
        ),
        ("mail,response time,2026-11-10T10:00:00Z,3 kg,,", "it is in 'kg'"),
        ("mail,response time,2026-11-10T10:00:00Z,,,", "is missing, and when it started too"),
        ("mail,response time,,5,,", "both are empty"),
        ("mail,response time,2026-11-10T10:00:00Z,5,,2026-11-10T11:00:00Z", "both are given"),
        ("mail,response time,,,2026-11-10T12:00:00Z,2026-11-10T11:00:00Z", "it started after it ended"),
        ("mail,response time,,,,2026-11-10T11:00:00Z", "what ended has started"),
        ("mail,availability,2026-11-10T10:00:00Z,5,,", "counted from outages"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_nothing_is_written(
    harbour: Store, tmp_path: Path, row: str, said: str
) -> None:
    head = "service,quantity,at,value,started,ended\n"
    good = "mail,response time,2026-11-09T10:00:00Z,5,,\n"
    plan = planned(harbour, tmp_path, head + good + row + "\n")
    assert [one.line for one in plan.errors][:1] == [3]
    assert any(said in one.reason for one in plan.errors)
    with pytest.raises(Invalid, match=r"desk.csv has \d problem"):
        measured.apply(harbour, plan, **BY)
    assert held(harbour) == []


def test_a_time_without_a_zone_is_refused_with_both_readings(harbour: Store, tmp_path: Path) -> None:
    text = FILE.replace("2026-11-10T10:00:00Z", "2026-11-10T10:00:00")
    (error,) = planned(harbour, tmp_path, text, here="Europe/Amsterdam").errors
    assert "2026-11-10T10:00:00Z if UTC is meant" in error.reason
    assert "2026-11-10T09:00:00Z if Europe/Amsterdam is" in error.reason
    (first, *_) = planned(harbour, tmp_path, text, zone="Europe/Amsterdam").new
    assert first.at == datetime(2026, 11, 10, 9, tzinfo=UTC)


def test_one_reference_twice_is_said_and_so_is_a_column_nobody_knows(harbour: Store, tmp_path: Path) -> None:
    twice = planned(harbour, tmp_path, FILE.replace("INC-4", "INC-3"))
    assert "line 4 too" in twice.errors[0].reason
    assert "is not known here" in planned(harbour, tmp_path, "service,colour\nmail,red\n").errors[0].reason


def test_a_site_that_moved_since_the_plan_is_planned_again(harbour: Store, tmp_path: Path) -> None:
    plan = planned(harbour, tmp_path, FILE)
    observations.record(harbour, service="mail", quantity="response time", value=amount("3m"), seen=NOW, **BY)
    with pytest.raises(Refused, match="since the import was planned"):
        measured.apply(harbour, plan, **BY)


def test_a_foreign_file_is_read_through_a_mapping(harbour: Store, tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text(
        "distinct = ['reference']\n[fields]\nreference = 'number'\nservice = {constant = 'mail'}\n"
        "quantity = {constant = 'response time'}\n"
        "started = {column = 'opened', replace = [['^(..)/(..)/(....) (.*)$', '\\3-\\2-\\1T\\4']]}\n"
        "ended = {column = 'resolved', replace = [['^(..)/(..)/(....) (.*)$', '\\3-\\2-\\1T\\4']]}\n"
        "[[where]]\ncolumn = 'resolved'\nnot_in = ['?']\n",
        encoding="utf-8",
    )
    text = (
        "number,opened,resolved\nI1,10/11/2026 09:00,10/11/2026 09:30\nI1,10/11/2026 09:00,10/11/2026 09:30\n"
        "I2,10/11/2026 09:00,?\n"
    )
    how = {"mapping": tmp_path / "desk.toml", "zone": "Europe/Amsterdam"}
    (only,) = planned(harbour, tmp_path, text, **how).new
    assert (only.reference, str(only.value)) == ("I1", "1800")
    assert only.at == datetime(2026, 11, 10, 8, 30, tzinfo=UTC)
