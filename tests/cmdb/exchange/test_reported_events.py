"""Events from files: folded, planned, entered all or nothing, known again; and a real log of incidents."""

import csv
import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cmdb import event_acts, event_feed, events, journal
from cmdb.errors import Invalid, Refused
from cmdb.events import Wanted
from cmdb.exchange import reported_events
from cmdb.exchange.reported_events import Plan
from cmdb.model import Item, Person, RoleGrant
from cmdb.reported import Event
from cmdb.store import Store
from cmdb.tables_graph import add_item
from tests.cmdb.test_events import BY, NOW, ready

HEAD = "reference,description,reported,items,reporter,state,resolved,closed,on_time\n"
ONE = (
    "INC-1,Mail is slow,2026-11-01T08:00:00Z,mail,Ann,closed,2026-11-01T10:00:00Z,2026-11-02T08:00:00Z,yes\n"
)
TWO = "INC-2,No radar,2026-11-02T09:00:00+01:00,radar;sw-11,Ben,in progress,,,\n"
LOG = Path(__file__).parents[2] / "data" / "incident-log.toml"
FOLDED = """
missing = ["?"]
[fold]
by = "reference"
order = "updated"
same = ["reporter"]
all = ["items"]
[fields]
reference = "number"
updated = { column = "at", time = "%d/%m/%Y %H:%M" }
reported = { column = "opened", time = "%d/%m/%Y %H:%M" }
description = "text"
reporter = "who"
items = { column = "ci", lower = true, default = "mail" }
state = { column = "state", table = { Open = "in progress", Done = "closed" }, default = "no state" }
closed = { column = "closed", time = "%d/%m/%Y %H:%M" }
"""
ROWS = """number,at,opened,text,who,ci,state,closed
7,1/11/2026 09:00,1/11/2026 08:00,Mail is slow,Ann,?,Open,?
8,1/11/2026 09:30,1/11/2026 09:00,No radar,Ben,radar,Open,?
7,3/11/2026 10:00,1/11/2026 08:00,Mail was slow,Ann,MAIL,Done,3/11/2026 10:00
7,2/11/2026 10:00,2/11/2026 08:00,Mail is still slow,Bea,web-1,Open,?
"""


@pytest.fixture
def harbour(store: Store) -> Store:
    return keeper(store)


@pytest.fixture
def local(sqlite_store: Store) -> Store:
    return keeper(sqlite_store)


def keeper(store: Store) -> Store:
    ready(store)
    with store.write() as uow:
        uow.add(RoleGrant(id="g-3", person="k.chen", role="CM group", start=NOW.replace(year=2025)))
        uow.commit()
    return store


def planned(store: Store, folder: Path, text: str, *, mapping: str = "", **how: str) -> Plan:
    file = folder / "log.csv"
    file.write_text(text, encoding="utf-8")
    map_path = None
    if mapping:
        map_path = folder / "log.toml"
        map_path.write_text(mapping, encoding="utf-8")
    return reported_events.plan(store, file, map_path=map_path, at=NOW, **how)


def entered(store: Store, folder: Path, text: str, **how: str) -> Plan:
    plan = planned(store, folder, text, **how)
    assert plan.errors == ()
    reported_events.apply(store, plan, **BY)
    return plan


def held(store: Store) -> dict[str, Event]:
    with store.read() as uow:
        return {one.reference: one for one in events.listed(uow, Wanted())}


def said(plan: Plan) -> list[str]:
    return [one.sentence() for one in plan.errors]


def test_a_file_becomes_events_with_deadlines_and_one_journal_entry(harbour: Store, tmp_path: Path) -> None:
    plan = planned(harbour, tmp_path, HEAD + ONE + TWO)
    assert (len(plan.new), plan.rows, plan.folded, plan.errors, held(harbour)) == (2, 2, 0, (), {})
    reported_events.apply(harbour, plan, **BY)
    one, two = held(harbour)["INC-1"], held(harbour)["INC-2"]
    assert (one.id, one.state, one.items, one.reporter, one.on_time) == (
        "EV-1",
        "closed",
        ("mail",),
        "Ann",
        "yes",
    )
    assert one.resolve_from.startswith("acme-mail/fix")
    assert one.closed_at == datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert (two.items, two.reported, two.occurred) == (("radar", "sw-11"), two.occurred, two.reported)
    with harbour.read() as uow:
        *_, entry = journal.entries(uow)
        assert (entry.action, entry.changed["new"]) == ("import events", 2)
        for subject in ("event:EV-2", "radar", "file:log.csv"):
            assert entry in journal.of_subject(uow, subject)
        assert journal.chain_problem(uow) is None
        assert journal.index_problem(uow) is None
        assert events.listed(uow, Wanted(item="sw-11")) == (two,)
    again = planned(harbour, tmp_path, HEAD + ONE + TWO)
    assert (again.new, again.changed, again.unchanged) == ((), (), 2)
    assert events.record(harbour, two.but(id=events.UNNUMBERED, reference=""), **BY).id == "EV-3"


def test_rows_of_one_event_are_folded_as_the_mapping_says(harbour: Store, tmp_path: Path) -> None:
    plan = entered(harbour, tmp_path, ROWS, mapping=FOLDED, zone="Europe/Amsterdam")
    assert (plan.rows, plan.folded, len(plan.new)) == (4, 2, 2)
    one = held(harbour)["7"]
    assert (one.description, one.state) == ("Mail is slow", "closed"), "first told, last known, by 'order'"
    assert one.items == ("mail", "web-1")
    assert one.reported == datetime(2026, 11, 1, 7, tzinfo=UTC)
    assert one.closed_at == datetime(2026, 11, 3, 9, tzinfo=UTC)
    (remark,) = plan.remarks
    assert (remark.line, remark.column) == (5, "reporter")
    assert "'Bea', line 2 says 'Ann'" in remark.reason
    unordered = FOLDED.replace('order = "updated"\n', "")
    (first, _second) = planned(harbour, tmp_path, ROWS, mapping=unordered, zone="UTC").changed
    assert first[1].state == "closed", "it came further here than the last row of the file says"


def test_without_a_fold_an_event_stands_on_one_row(local: Store, tmp_path: Path) -> None:
    plan = planned(local, tmp_path, HEAD + ONE + TWO + ONE)
    (sentence,) = said(plan)
    assert sentence.startswith("log.csv, line 4, column reference: 'INC-1' is named in line 2 too; to fold")
    with pytest.raises(Invalid):
        reported_events.apply(local, plan, **BY)
    assert held(local) == {}


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "reason"),
    [
        ("INC-2", "", 3, "reference", "is empty"),
        ("No radar", "", 3, "description", "is empty"),
        ("radar;sw-11", "nowhere", 3, "items", "there is no item 'nowhere'"),
        ("radar;sw-11", " ; ", 3, "", "concerns no item"),
        ("in progress", "Parked", 3, "state", "'Parked' is none of recorded,"),
        ("2026-11-02T09:00:00+01:00", "2/11/2026", 3, "reported", "2/11/2026"),
        ("2026-11-02T09:00:00+01:00", "2026-11-02T09:00:00", 3, "reported", "has no zone"),
        ("2026-11-02T09:00:00+01:00", "2027-11-02T09:00:00Z", 3, "reported", "lies ahead"),
        (",yes", ",perhaps", 2, "on_time", "neither yes nor no"),
        ("Ann", "A" * 201, 2, "", "201 characters"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line_and_column(
    local: Store, tmp_path: Path, old: str, new: str, line: int, column: str, reason: str
) -> None:
    plan = planned(local, tmp_path, (HEAD + ONE + TWO).replace(old, new), here="Europe/Amsterdam")
    assert [(one.line, one.column) for one in plan.errors] == [(line, column)]
    assert reason in plan.errors[0].reason


@pytest.mark.parametrize(
    ("old", "new", "column", "kept"),
    [
        ("2026-11-01T10:00:00Z", "2026-10-01T10:00:00Z", "resolved", {"resolved_at": None}),
        (
            "2026-11-01T10:00:00Z",
            "2026-11-05T10:00:00Z",
            "resolved",
            {"resolved_at": datetime(2026, 11, 2, 8, tzinfo=UTC)},
        ),
        ("closed,", "recorded,", "resolved", {"state": "recorded", "resolved_at": None, "closed_at": None}),
        (",2026-11-02T08:00:00Z", ",", "state", {"state": "closed", "closed_at": None}),
        ("Ann", "", "reporter", {"reporter": "not recorded"}),
    ],
)
def test_what_is_odd_is_taken_in_one_way_and_said(
    local: Store, tmp_path: Path, old: str, new: str, column: str, kept: dict[str, object]
) -> None:
    plan = planned(local, tmp_path, HEAD + ONE.replace(old, new, 1))
    assert plan.errors == ()
    assert (plan.remarks[0].line, plan.remarks[0].column) == (2, column)
    assert {name: getattr(plan.new[0], name) for name in kept} == kept


def test_a_later_export_changes_what_it_speaks_of_and_nothing_else(harbour: Store, tmp_path: Path) -> None:
    entered(harbour, tmp_path, HEAD + ONE + TWO)
    events.amend(harbour, "EV-2", {"priority": "high", "responsible": "a.vries"}, **BY)
    done = TWO.replace("in progress,,", "closed,,2026-11-03T08:00:00Z").replace("No radar", "Radar was dark")
    plan = entered(harbour, tmp_path, HEAD + ONE + done)
    assert (len(plan.changed), plan.unchanged) == (1, 1)
    two = held(harbour)["INC-2"]
    assert (two.id, two.state, two.description) == ("EV-2", "closed", "Radar was dark")
    assert (two.priority, two.responsible) == ("high", "a.vries")


def test_a_state_never_goes_back_and_what_was_withdrawn_here_stays_so(local: Store, tmp_path: Path) -> None:
    text = (
        HEAD
        + TWO.replace("in progress", "recorded")
        + TWO.replace("in progress", "recorded").replace("-2,", "-3,")
    )
    entered(local, tmp_path, text)
    event_acts.analyse(local, "EV-1", **BY)
    event_acts.withdraw(local, "EV-2", reason="told twice", **BY)
    plan = planned(local, tmp_path, text)
    assert (plan.changed, plan.unchanged) == ((), 2)
    assert "was withdrawn here" in plan.remarks[0].reason
    moved = planned(local, tmp_path, text.replace("recorded", "in progress"))
    assert [after.state for _before, after in moved.changed] == ["in progress"]


def test_what_a_file_says_was_down_becomes_an_outage(local: Store, tmp_path: Path) -> None:
    head = "reference,description,reported,items,down,effect,occurred,ended\n"
    row = "INC-1,No mail,2026-11-01T08:30:00Z,mail,mail,degraded,2026-11-01T08:00:00Z,2026-11-01T09:00:00Z\n"
    entered(local, tmp_path, head + row)
    with local.read() as uow:
        (outage,) = event_feed.outages_of(uow, held(local)["INC-1"])
    assert (outage.subject, outage.effect, outage.source) == ("mail", "degraded", "event EV-1")
    assert outage.ended == datetime(2026, 11, 1, 9, tzinfo=UTC)
    assert planned(local, tmp_path, head + row).unchanged == 1


def test_events_that_move_together_are_found_by_their_new_items_and_their_outages_follow(
    harbour: Store, tmp_path: Path
) -> None:
    head = "reference,description,reported,items,down,effect,occurred,ended\n"
    row = "INC-1,No mail,2026-11-01T08:30:00Z,mail,mail,outage,2026-11-01T08:00:00Z,2026-11-01T09:00:00Z\n"
    two = row.replace("INC-1", "INC-2")
    entered(harbour, tmp_path, head + row + two)
    moved = row.replace(",mail,mail,outage,", ",radar,radar,outage,") + two.replace("T09:00", "T10:00")
    assert len(entered(harbour, tmp_path, head + moved).changed) == 2
    with harbour.read() as uow:
        assert uow.rows("SELECT item, event FROM event_item ORDER BY event") == [
            ("radar", "EV-1"),
            ("mail", "EV-2"),
        ]
        first, second = (event_feed.outages_of(uow, held(harbour)[one]) for one in ("INC-1", "INC-2"))
    assert [one.subject for one in first] == ["radar"]
    assert [one.ended for one in second] == [datetime(2026, 11, 1, 10, tzinfo=UTC)]


def test_a_plan_is_refused_once_something_moved_and_without_the_right(local: Store, tmp_path: Path) -> None:
    plan = planned(local, tmp_path, HEAD + ONE)
    with pytest.raises(Refused, match="holds no role"):
        reported_events.apply(local, plan, actor="r.bakker", at=NOW)
    entered(local, tmp_path, HEAD + TWO)
    with pytest.raises(Refused, match="was changed here since"):
        reported_events.apply(local, plan, **BY)
    assert list(held(local)) == ["INC-2"]


@pytest.mark.parametrize(
    "wrong",
    [
        'fold = "reference"',
        "[fold]\norder = 'x'",
        '[fold]\nby = "nothing"',
        '[fold]\nby = "reference"\nfirst = ["state"]\nlast = ["state"]',
        "missing = '?'",
    ],
)
def test_a_fold_that_cannot_be_is_named(local: Store, tmp_path: Path, wrong: str) -> None:
    top, rest = (wrong + "\n", "") if not wrong.startswith("[") else ("", "\n" + wrong)
    fields = '[fields]\nreference = "reference"\nstate = "state"\n'
    with pytest.raises(Invalid, match="mapping file"):
        planned(local, tmp_path, HEAD + ONE, mapping=top + fields + rest)


def test_a_form_of_time_that_names_no_day_is_refused(local: Store, tmp_path: Path) -> None:
    for form in ("%H:%M", "%Q", "%d/%m"):
        mapping = f'[fields]\nreported = {{ column = "reported", time = "{form}" }}\n'
        with pytest.raises(Invalid, match="mapping file") as refusal:
            planned(local, tmp_path, HEAD + ONE, mapping=mapping)
        assert "is no form of a time" in refusal.value.problems[0]


def hostile() -> list[Callable[[str], str]]:
    return [
        lambda text: "",
        lambda text: "\n\n",
        lambda text: text.replace(",", ";"),
        lambda text: text.replace("reference", "reference,reference"),
        lambda text: text.replace("INC-1", "=HYPERLINK(1)"),
        lambda text: text.replace("Mail is slow", "\x1b[31mred"),
        lambda text: text.replace("mail,", '"mail;../../etc;--apply",'),
        lambda text: text.replace("Ann", '"unclosed'),
    ]


@pytest.mark.parametrize("spoil", hostile())
def test_no_file_breaks_the_import(local: Store, tmp_path: Path, spoil: Callable[[str], str]) -> None:
    try:
        plan = planned(local, tmp_path, spoil(HEAD + ONE))
    except Invalid:
        return
    if plan.errors:
        assert all(one.reason and one.file == "log.csv" for one in plan.errors)
        assert held(local) == {}
    else:
        reported_events.apply(local, plan, **BY)
        assert len(held(local)) == len(plan.new)


def test_a_real_log_of_incidents_is_imported_and_every_incident_is_there(
    sqlite_store: Store, shared_data: Path, tmp_path: Path
) -> None:
    (packed,) = (shared_data / "incidents").glob("*.csv.gz")
    file = tmp_path / "log.csv"
    file.write_bytes(gzip.decompress(packed.read_bytes()))
    last: dict[str, dict[str, str]] = {}
    names = set()
    with file.open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            names.add(row["category"].lower().replace(" ", "-").replace("?", "no-category"))
            at = datetime.strptime(row["sys_updated_at"], "%d/%m/%Y %H:%M")  # noqa: DTZ007
            before = last.get(row["number"])
            if before is None or at >= datetime.strptime(before["sys_updated_at"], "%d/%m/%Y %H:%M"):  # noqa: DTZ007
                last[row["number"]] = row
    store = keeper(sqlite_store)
    with store.write() as uow:
        uow.add(Person(id="m.desk", name="Desk"))
        for name in sorted(names):
            add_item(uow, Item(id=name, type="application", name=name, owner="m.desk"))
        uow.commit()
    plan = reported_events.plan(store, file, map_path=LOG, zone="UTC", at=NOW)
    assert said(plan) == []
    assert plan.rows == plan.folded + len(plan.new)
    assert {one.reference for one in plan.new} == set(last)
    reported_events.apply(store, plan, **BY)
    states = {"Closed": "closed", "Resolved": "resolved", "New": "recorded"}
    with store.read() as uow:
        stored = dict(uow.rows("SELECT reference, state FROM event"))
        late = uow.rows("SELECT COUNT(*) FROM event WHERE on_time = 'no'")[0][0]
    assert stored == {
        number: states.get(row["incident_state"], "in progress") for number, row in last.items()
    }
    assert late == sum(row["made_sla"] == "false" for row in last.values())
